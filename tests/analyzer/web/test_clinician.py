"""What the clinic's page says of a photograph beside its numbers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from analyzer.web.pages import clinician


@pytest.mark.parametrize(
    ("light", "words"),
    [
        (1.3, ["30 % more light fell on the face"]),
        (0.8, ["20 % less light fell on the face"]),
        (1.05, []),
        (None, []),
    ],
)
def test_light_that_was_taken_out_is_said(
    monkeypatch: pytest.MonkeyPatch, light: float | None, words: list[str]
) -> None:
    said: list[str] = []
    monkeypatch.setattr(clinician.st, "caption", said.append)
    document = {"points": [{"photo_id": "other", "light_on_face": 2.0}, {"photo_id": "this", "light_on_face": light}]}
    course: Any = SimpleNamespace(document=document)
    photograph: Any = SimpleNamespace(id="this")
    clinician._light(course, photograph)
    assert len(said) == len(words)
    assert all(one in told for one, told in zip(words, said, strict=True))


def test_a_course_judged_by_an_older_version_says_nothing_of_light(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(clinician.st, "caption", said.append)
    course: Any = SimpleNamespace(document={"points": [{"photo_id": "this"}]})
    photograph: Any = SimpleNamespace(id="this")
    clinician._light(course, photograph)
    assert said == []
