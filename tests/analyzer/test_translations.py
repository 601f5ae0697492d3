"""Two languages say the same: every sentence is there, with the same facts to fill in, in plain words."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from analyzer import words
from analyzer.recovery import judge
from analyzer.recovery.aftercare import aftercare, load_topics
from analyzer.recovery.claims import load_claims, load_milestones
from analyzer.recovery.milestones import milestones
from analyzer.series import Observation, RegionColour, Series
from analyzer.signs import SignEntry
from analyzer.treatment import Treatment
from calibration.errors import UnreadablePhoto
from calibration.language import LANGUAGES, known, language, speak, speaking
from calibration.photo import decode_photo
from calibration.problems import problem

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
FORBIDDEN = (
    "normal skin",
    "is normal",
    "quite normal",
    "healthy",
    "all is well",
    "nothing to worry",
    "no alarm",
    "diagnos",
    "infect",
)


def leaves(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{path}{key}.")
        elif isinstance(value, str):
            yield f"{path}{key}", value


def read(package: str, name: str) -> dict[str, Any]:
    return tomllib.loads(files(package).joinpath(name).read_text(encoding="utf-8"))


def english() -> dict[str, dict[str, str]]:
    spoken = read("calibration", "translations/en.toml")
    return {
        **{room: dict(leaves(texts)) for room, texts in spoken.items()},
        "aftercare": {said.id: said.state for topic in load_topics() for said in topic.says},
        "claims": {one.id: one.state for one in (*load_claims(), *load_milestones())},
    }


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
@pytest.mark.parametrize("room", ["problems", "reasons", "recovery", "app", "aftercare", "claims"])
def test_a_translation_has_every_sentence_with_the_same_facts(code: str, room: str) -> None:
    ours = english()[room]
    theirs = dict(leaves(read("calibration", f"translations/{code}.toml").get(room, {})))
    assert set(ours) - set(theirs) == set(), "not translated yet"
    assert set(theirs) - set(ours) == set(), "not in English any more"
    for key, text in ours.items():
        assert placeholders(text) == placeholders(theirs[key]), key
        assert text.endswith(".") == theirs[key].endswith("."), key


def test_a_translation_holds_nothing_but_the_rooms() -> None:
    for code in LANGUAGES:
        if code != "en":
            assert set(read("calibration", f"translations/{code}.toml")) == set(english())


def test_what_is_spoken_follows_the_language_and_goes_back() -> None:
    assert language() == "en"
    with speaking("de"):
        assert problem("blurred").message == "Dieses Foto ist unscharf."
        assert words.say("nav.patient") == "Meine Haut"
        assert load_claims()[5].to_json()["state"] == "Keine Rötung, gleichmäßiger Ton."
        assert aftercare(0.5)[0].to_json()["note"].startswith("Die Texte sind sich")
        assert milestones(None, 1)[0].to_json()["label"] == "Für später beschrieben"
    assert language() == "en"
    assert problem("blurred").message == "This photograph is blurred."


def test_a_refused_file_says_why_in_german() -> None:
    with speaking("de"), pytest.raises(UnreadablePhoto) as refused:
        decode_photo(b"GIF89a" + bytes(100), "bild.gif")
    assert refused.value.problem.message.startswith("Diese Datei ")
    assert "sie ist eine GIF-Animation" in refused.value.problem.message


def test_every_reason_in_the_code_is_in_the_texts() -> None:
    asked = set()
    for package in ("analyzer", "calibration"):
        for path in (ROOT / package).rglob("*.py"):
            asked |= set(
                re.findall(r"""(?:because|unreadable|_error)\(\s*"([a-z_]+)""", path.read_text(encoding="utf-8"))
            )
    known_reasons = set(english()["reasons"])
    assert asked <= known_reasons
    named = (ROOT / "calibration" / "raster.py").read_text(encoding="utf-8")
    assert {one for one in known_reasons - asked if f'"{one}"' not in named} == {"printed_card", "bought_card"}


def test_a_whole_verdict_speaks_german() -> None:
    days = (-1.0, 0.2, 1.2, 2.2, 3.2, 4.2)
    a = [12.0 if day < 0 else 12.0 + 6.0 * 2 ** (-day / 0.7) for day in days]
    observations = tuple(
        Observation(f"d{day}", AT + timedelta(days=day), {"face": RegionColour(value, 0.5)})
        for day, value in zip(days, a, strict=True)
    )
    log = (SignEntry(AT + timedelta(days=2), "pus", 1), SignEntry(AT + timedelta(days=2), "swelling", 1))
    series = Series("p01", Treatment(AT), observations, signs=log)
    with speaking("de"):
        document = judge(series).to_json()
    summary = document["verdict"]["summary"]
    assert summary.startswith("Sie haben uns das gemeldet: Eiter. Rufen Sie heute Ihre Praxis an.")
    assert "Am Tag 4 liegt Ihre Rötung" in summary
    assert document["verdict"]["standing"].startswith("Eiter, Blasen, Fieber")
    assert all(one["message"].endswith(".") for one in document["signs"])


def test_the_environment_and_browsers_tags_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [known(tag) for tag in ("de", "de-AT", "DE_de.UTF-8", "en-GB", "fr", "", None)] == [
        "de", "de", "de", "en", None, None, None,
    ]  # fmt: skip
    monkeypatch.setenv("RUBOR_LANG", "de_DE.UTF-8")
    assert language() == "de"
    with speaking("en"):
        assert language() == "en"
    monkeypatch.setenv("RUBOR_LANG", "xx")
    assert language() == "en"
    with pytest.raises(ValueError, match="no language"):
        speak("xx")


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end: right within a few per cent over a text."""
    word = re.sub(r"[^a-z]", "", word.lower())
    if len(word) <= 3:
        return min(1, len(word))
    word = re.sub(r"(?:[^laeiouy]es|[^laeiouytd]ed|[^laeiouy]e)$", "", word)
    return max(1, len(re.findall(r"[aeiouy]{1,2}", re.sub(r"^y", "", word))))


def grade(text: str) -> float:
    """Flesch-Kincaid grade: the school year that a text asks for (reading age is about five years more)."""
    plain = re.sub(r"\{[^}]*\}", "day", text)
    sentences = [part for part in re.split(r"[.!?:;\n]+", plain) if re.search("[A-Za-z]", part)]
    found = re.findall(r"[A-Za-z'’-]+", plain)
    return 0.39 * len(found) / len(sentences) + 11.8 * sum(map(syllables, found)) / len(found) - 15.59


def test_the_formula_ranks_texts_as_people_do() -> None:
    plain = "The cat sat on the mat. It was a warm day."
    hard = "Infrastructural considerations notwithstanding, the administration's reorganisation remained controversial."
    assert grade(plain) < 2 < 12 < grade(hard)


PATIENT_TABLES = ("summary", "signs", "aftercare", "milestones")
PATIENT_PAGES = ("patient", "check", "exposure", "today", "answer", "about", "outline", "surface", "app")


def for_patients() -> dict[str, str]:
    """Whole sentences that patients read: not labels, not a clinician's detail."""
    texts = english()
    chosen = {
        **{f"problems.{key}": text for key, text in texts["problems"].items()},
        **{
            f"recovery.{key}": text
            for key, text in texts["recovery"].items()
            if key.split(".")[0] in PATIENT_TABLES or key.endswith(".message") or "." not in key
        },
        **{f"app.{key}": text for key, text in texts["app"].items() if key.split(".")[0] in PATIENT_PAGES},
        **{f"aftercare.{key}": text for key, text in texts["aftercare"].items()},
    }
    return {key: text for key, text in chosen.items() if len(text.split()) >= 6}


@pytest.mark.parametrize("room", ["problems", "recovery", "app", "aftercare"])
def test_a_reader_of_twelve_can_follow(room: str) -> None:
    texts = {key: text for key, text in for_patients().items() if key.startswith(f"{room}.")}
    assert len(texts) >= 20
    whole = " ".join(text if text.rstrip().endswith((".", "?", "!")) else f"{text}." for text in texts.values())
    assert grade(whole) <= 7.0
    for key, text in texts.items():
        longest = max(len(part.split()) for part in re.split(r"[.!?:;\n]+", text))
        assert longest <= 32, key


def test_no_diagnosis_and_no_false_calm() -> None:
    allowed = {"app.about.text", "app.app.not_a_diagnosis"}  # they say that Rubor makes none
    texts = {**for_patients(), **{f"recovery.{key}": text for key, text in english()["recovery"].items()}}
    for key, text in texts.items():
        if key in allowed:
            continue
        for word in FORBIDDEN:
            assert word not in text.lower(), key


def test_every_warning_leads_to_the_clinic_or_to_another_photograph() -> None:
    for room, call in (("en", ("clinic", "photograph")), ("de", ("Praxis", "Foto"))):
        with speaking(room):
            from analyzer.recovery.texts import _texts

            for name, entry in _texts()["flags"].items():
                assert any(word in entry["message"] for word in call), name
            for name in ("urgent", "longer", "stronger", "within", "before"):
                assert call[0] in _texts()["signs"][name], name
