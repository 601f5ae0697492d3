"""A stranger in a series is asked about; one person, whatever the pose, is not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from analyzer.face import find_face
from analyzer.reading import FaceReading, Reading, SkinTone, tone_class
from analyzer.same_person import may_be_two_people, other_person, proportions
from analyzer.series_doubts import doubted
from analyzer.skin_pattern import Patterns

FACES = Path(__file__).parents[2] / "samples" / "portraits"
ROUND, LONG = "jose_hernandez__usa", "robert_satcher__usa"


@cache
def seen(name: str, turn: float = 0.0, size: float = 1.0) -> tuple[float, ...]:
    with Image.open(FACES / f"{name}.jpg") as picture:
        srgb = np.asarray(picture.convert("RGB"))
    height, width = srgb.shape[:2]
    move = cv2.getRotationMatrix2D((width / 2, height / 2), turn, size)
    face = find_face(np.asarray(cv2.warpAffine(srgb, move, (width, height), borderMode=cv2.BORDER_REPLICATE))).face
    assert face is not None
    return proportions(face)


def reading(file: str, shape: tuple[float, ...] | None, ita: float = 30.0, *, card: bool = True) -> Reading:
    face = FaceReading(found=True, count=1, box=(0, 0, 1, 1), yaw=0.0, pitch=0.0, roll=0.0, proportions=shape)
    tone = SkinTone(ita, tone_class(ita))
    return Reading(file, None, 100, 100, True, calibration={"found": card}, face=face, skin_tone=tone)


def test_one_person_at_any_size_and_lean_is_one_person() -> None:
    series = [reading(f"{turn}", seen(ROUND, turn, size)) for turn, size in ((0, 1), (6, 0.8), (-8, 0.7), (10, 0.6))]
    assert other_person(series) == set()


def test_another_head_is_asked_about() -> None:
    series = [reading("a", seen(LONG)), reading("b", seen(LONG, 6)), reading("c", seen("boris_morukov__russia"))]
    assert other_person(series) == {"c"}
    told = doubted(series)
    assert [[one.code for one in each.problems] for each in told] == [[], [], ["other_person"]]
    assert all(one.severity == "warn" for one in told[2].problems)


def test_a_clearly_other_tone_is_asked_about_only_with_a_card() -> None:
    own = seen(ROUND)
    assert other_person([reading("a", own, 48), reading("b", own, 42), reading("c", own, -20)]) == {"c"}
    # Redness of +7 a* takes about 20 degrees off the ITA of one person.
    assert other_person([reading("a", own, 48), reading("b", own, 28), reading("c", own, 45)]) == set()
    without = [reading(name, own, ita, card=False) for name, ita in (("a", 48), ("b", 42), ("c", -20))]
    assert other_person(without) == set()


def test_two_photographs_or_no_majority_name_nobody() -> None:
    one, other = seen(LONG), seen("boris_morukov__russia")
    assert other_person([reading("a", one), reading("b", other)]) == set()
    assert other_person([reading(f"{k}", each) for k, each in enumerate((one, one, other, other))]) == set()


def likeness(skin: float, parts: float) -> Patterns:
    """What the face maps of two photographs say of their marks."""
    found = Patterns({})
    found.__dict__["likeness"], found.__dict__["parts_likeness"] = (
        np.array([[1, one], [one, 1]]) for one in (skin, parts)
    )
    return found


def test_of_two_photographs_marks_and_proportions_are_asked_together() -> None:
    one, other = reading("a", seen(LONG)), reading("b", seen("boris_morukov__russia"))
    assert may_be_two_people(one, other, likeness(0.1, 0.5))
    assert may_be_two_people(one, other, likeness(0.3, 0.9))  # far beyond what any lens does
    assert not may_be_two_people(one, other, likeness(0.6, 0.9))  # the skin's own marks have the last word
    # Marks that do not agree are not enough: other light does that, too. A clearly other tone is.
    again = reading("c", seen(LONG, 6))
    assert not may_be_two_people(one, again, likeness(0.1, 0.5))
    assert may_be_two_people(one, reading("d", seen(LONG, 6), -40), likeness(0.1, 0.5))
    assert not may_be_two_people(one, reading("e", seen(LONG, 6), -40, card=False), likeness(0.1, 0.5))


def test_a_turned_head_or_too_little_skin_asks_nothing() -> None:
    one, other = reading("a", seen(LONG)), reading("b", seen("boris_morukov__russia"))
    assert other.face is not None
    turned = replace(other, face=replace(other.face, yaw=20.0))
    assert not may_be_two_people(one, turned, likeness(0.1, 0.5))
    assert not may_be_two_people(one, reading("c", seen(LONG, 6)), likeness(float("nan"), 0.5))


def test_only_coarse_numbers_are_kept_and_read_back() -> None:
    shape = seen(ROUND)
    assert len(shape) == 8
    assert all(abs(value * 100 - round(value * 100)) < 1e-9 for value in shape)
    kept = Reading.from_json(reading("a", shape).to_json())
    assert kept.face is not None
    assert kept.face.proportions == shape
