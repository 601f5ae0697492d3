from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import analyzer
from analyzer import words
from analyzer.records.courses import URGENCY
from analyzer.treatment import BODY_AREAS, PROCEDURES, SKIN_TONES

ROOMS = Path(analyzer.__file__).parent


def said_in_code() -> list[tuple[str, set[str]]]:
    """Every ``say("key", fact=...)`` with a literal key in the program, and the facts it gives."""
    calls = []
    for path in ROOMS.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "from analyzer.words import" not in text:  # a command's ``say`` is another one
            continue
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"):
                continue
            if isinstance(node.args[0], ast.Constant):
                calls.append((node.args[0].value, {str(one.arg) for one in node.keywords}))
    return calls


def test_every_sentence_the_code_asks_for_exists_and_gets_its_facts() -> None:
    calls = said_in_code()
    assert len(calls) > 50
    for key, facts in calls:
        where, _, name = key.rpartition(".")
        needed = {field for _, field, _, _ in string.Formatter().parse(words.table(where)[name]) if field}
        assert needed <= facts, key


@pytest.mark.parametrize("kind", ["status", "status_short", "status_icon"])
def test_every_status_has_its_words_and_its_own_shape(kind: str) -> None:
    table = words.table(kind)
    assert set(table) == set(URGENCY)
    assert len(set(table.values())) == len(URGENCY)


def test_every_choice_of_the_treatment_record_has_its_words() -> None:
    assert set(words.table("form.procedures")) == set(PROCEDURES)
    assert set(words.table("form.areas")) == set(BODY_AREAS)
    assert set(words.table("form.tones")) == set(SKIN_TONES)


def test_the_standing_sentence_names_the_four_signs() -> None:
    sentence = words.say("app.urgent_standing").lower()
    for sign in ("pus", "blisters", "fever", "rising pain"):
        assert sign in sentence
    assert "call your clinic today" in sentence


def test_an_unknown_sentence_is_an_error() -> None:
    with pytest.raises(KeyError):
        words.say("patient.no_such_sentence")


def test_names_are_made_safe() -> None:
    assert words.plain('<img src="x">') == "&lt;img src=&quot;x&quot;&gt;"
    assert words.day(-0.04) == "0.0"
