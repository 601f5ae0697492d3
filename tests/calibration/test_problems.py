"""The table of problems: complete, plain, and kept to the contract."""

from __future__ import annotations

import string

import pytest

from calibration import errors
from calibration.language import texts
from calibration.problems import Problem, codes, problem

# docs/contract.md, the table of codes.
CONTRACT = {
    "reject": {
        "unreadable", "too_large", "too_small", "no_face", "several_faces", "face_too_small", "turned_away",
        "face_covered", "blurred", "too_dark", "overexposed", "screen_photo", "pair_incomplete",
    },
    "warn": {
        "no_card", "unknown_card", "card_unreadable", "card_clipped", "unpaired_card", "uneven_light", "poor_lamp",
        "mixed_light", "colour_filter", "made_up", "no_time", "other_person",
    },
}  # fmt: skip


# What can be wrong with a table of numbers.
OF_TABLES = {"bad_line", "no_treatment", "no_reading", "sessions_close", "too_few_series"}
# With the log of signs.
OF_SIGNS = {"signs_unreadable", "bad_sign", "exposed"}


def test_every_code_of_the_contract_has_its_severity_and_texts() -> None:
    assert codes() == CONTRACT["reject"] | CONTRACT["warn"] | OF_TABLES | OF_SIGNS
    for code in CONTRACT["reject"] | CONTRACT["warn"]:
        sentences = texts("problems")[code].values()
        facts = {name: 1 for text in sentences for _, name, _, _ in string.Formatter().parse(text) if name}
        made = problem(code, **facts)
        assert code in CONTRACT[made.severity]
        assert made.message.endswith((".", "!"))
        assert made.advice.endswith(".")
        assert "{" not in made.sentence


def test_a_problem_survives_json() -> None:
    made = problem("blurred", "warn")
    assert made.severity == "warn"
    assert Problem.from_json(made.to_json()) == made


def test_a_missing_fact_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        problem("turned_away")


def test_an_input_error_is_one_plain_sentence() -> None:
    error = errors.UnreadablePhoto(problem("unreadable", reason="it is empty"))
    assert isinstance(error, errors.RuborError)
    assert "\n" not in str(error)
    assert "it is empty" in str(error)
