"""What a series tells of its photographs: a stranger's skin, a film on one's own; and nothing of bare, fading skin."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from analyzer.changes import references
from analyzer.pipeline import PhotoAnalysis, analyze_photo, build_series
from analyzer.reading import Reading
from analyzer.recovery import judge
from analyzer.same_person import marks_say
from analyzer.series_doubts import doubted, doubted_in
from analyzer.skin_pattern import Patterns, shared_with_most
from analyzer.surface.difference import masked_blur
from analyzer.surface.face_map import FaceMap
from analyzer.surface.layout import layout
from analyzer.treatment import read_treatment
from calibration.cielab import lab_to_xyz, xyz_to_lab

SAMPLES = Path(__file__).parents[2] / "samples"
OWN = ("before_1.jpg", "before_2.jpg", "d02.jpg", "d05.jpg")
STRANGER = "p03_rebound/before_1.jpg"


@cache
def analysed(name: str) -> PhotoAnalysis:
    return analyze_photo(SAMPLES / name)


def reading(name: str) -> Reading:
    one = analysed(name).reading
    return replace(one, file=name, problems=())


def face_map(name: str) -> FaceMap:
    found = analysed(name).face_map
    assert found is not None
    return found


def own(names: Iterable[str] = OWN) -> list[str]:
    return [f"p01_light_skin/{name}" for name in names]


def filmed(one: FaceMap, hiding: float) -> FaceMap:
    """The map with foundation of the face's own mean colour on it, in the face's own light and shade."""
    xyz = lab_to_xyz(one.lab.astype(np.float64))
    skin = layout().skin
    shade = masked_blur(xyz[..., 1].astype(np.float32), skin, 2.5)[0] / np.median(xyz[..., 1][skin])
    stuff = np.median(xyz[one.seen], axis=0) * shade[..., None]
    lab = xyz_to_lab(np.where(skin[..., None], (1 - hiding) * xyz + hiding * stuff, xyz))
    codes = np.round((lab - [0, -16, -16]) / [0.4, 0.25, 0.25]).clip(0, 255).astype(np.uint8)
    return replace(one, codes=codes)


def told(names: Iterable[str], maps: dict[str, FaceMap] | None = None) -> dict[str, list[str]]:
    given = {name: face_map(name) for name in names} | (maps or {})
    return {one.file: [why.code for why in one.problems] for one in doubted([reading(name) for name in given], given)}


def test_one_persons_fading_skin_raises_no_doubt() -> None:
    assert set(map(tuple, told(own()).values())) == {()}
    assert set(marks_say(Patterns({name: face_map(name) for name in own()})).values()) == {"own"}


def test_a_strangers_marks_are_noticed_among_two_photographs_of_one_person() -> None:
    doubts = told([*own(OWN[:2]), STRANGER])
    assert doubts.pop(STRANGER) == ["other_person"]
    assert not any(doubts.values())


def test_a_stranger_with_the_same_proportions_is_noticed_by_the_marks() -> None:
    names = [*own(OWN[:3]), STRANGER]
    given = {name: face_map(name) for name in names}
    face = reading(names[0]).face
    readings = [replace(reading(name), face=face, skin_tone=reading(names[0]).skin_tone) for name in names]
    assert [[why.code for why in one.problems] for one in doubted(readings, given)] == [[], [], [], ["other_person"]]


def test_own_marks_overrule_odd_proportions() -> None:
    names = own()
    odd = reading(names[3])
    assert odd.face is not None
    assert odd.face.proportions is not None
    bent = replace(
        odd.face, proportions=tuple(value + 0.06 * (-1) ** k for k, value in enumerate(odd.face.proportions))
    )
    readings = [reading(name) for name in names[:3]] + [replace(odd, face=bent)]
    assert [why.code for why in doubted(readings)[3].problems] == ["other_person"]
    given = {name: face_map(name) for name in names}
    assert not any(one.problems for one in doubted(readings, given))


@pytest.mark.parametrize("hiding", [0.5, 0.7, 0.9])
def test_foundation_on_one_day_is_noticed_and_no_stranger(hiding: float) -> None:
    names = own()
    doubts = told(names, {names[3]: filmed(face_map(names[3]), hiding)})
    assert doubts.pop(names[3]) == ["made_up"]
    assert not any(doubts.values())


def test_the_same_film_every_day_is_not_told() -> None:
    names = own()
    assert not any(told([], {name: filmed(face_map(name), 0.5) for name in names}).values())


def test_two_photographs_raise_nothing() -> None:
    names = own(OWN[:2])
    assert not any(told(names, {names[1]: filmed(face_map(names[1]), 0.9)}).values())


def test_what_looks_filmed_never_counts_as_bare_whatever_was_said() -> None:
    names = own()
    readings = [reading(name) for name in names]
    maps = {name: face_map(name) for name in names} | {names[3]: filmed(face_map(names[3]), 0.7)}
    treatment = read_treatment(SAMPLES / "p01_light_skin" / "treatment.toml")
    series = build_series("p", treatment, readings, bare_skin=dict.fromkeys(names, True), maps=maps)
    assert [one.bare_skin for one in series.observations] == [True, True, True, False]
    assert [(one.code, one.message.startswith(f"{names[3]}: ")) for one in series.problems] == [("made_up", True)]


def test_a_stranger_is_named_among_the_series_problems() -> None:
    names = [*own(OWN[:3]), STRANGER]
    treatment = read_treatment(SAMPLES / "p01_light_skin" / "treatment.toml")
    maps = {name: face_map(name) for name in names}
    series = build_series("p", treatment, [reading(name) for name in names], maps=maps)
    assert [(one.code, one.severity) for one in series.problems] == [("other_person", "warn")]
    assert series.problems[0].message.startswith(STRANGER)


def test_only_most_of_a_series_can_be_its_measure() -> None:
    two_and_two = np.array([[1, 0.9, 0.1, 0.1], [0.9, 1, 0.1, 0.1], [0.1, 0.1, 1, 0.9], [0.1, 0.1, 0.9, 1]])
    assert shared_with_most(two_and_two) == pytest.approx([0.1] * 4)
    three_and_two = np.full((5, 5), 0.1)
    three_and_two[:3, :3] = three_and_two[3:, 3:] = 0.9
    assert shared_with_most(three_and_two) == pytest.approx([0.9] * 3 + [0.1] * 2)


TREATMENT = read_treatment(SAMPLES / "p01_light_skin" / "treatment.toml")


def in_light(name: str, factor: float) -> Reading:
    """The sample's reading, had ``factor`` times the light fallen on the face: X, Y and Z times that (CIE 15)."""
    one, scale = reading(f"p01_light_skin/{name}"), factor ** (1 / 3)
    regions = {
        region: replace(
            colour,
            L=(colour.L + 16) * scale - 16,
            a=colour.a * scale,
            b=colour.b * scale,
            change_a=(colour.change_a or 0.0) + colour.a * (scale - 1),
        )
        for region, colour in one.regions.items()
    }
    return replace(one, regions=regions)


@pytest.mark.parametrize(("factor", "named"), [(1.0, False), (1.15, False), (0.85, False), (1.7, True), (0.55, True)])
def test_a_face_in_quite_another_light_than_its_card_asks_for_another_photograph(factor: float, named: bool) -> None:
    series = [reading(f"p01_light_skin/{name}") for name in ("before_1.jpg", "before_2.jpg", "d00.jpg", "d02.jpg")]
    told = doubted_in(TREATMENT, [*series, in_light("d05.jpg", factor)])
    assert ["uneven_light" in {why.code for why in one.problems} for one in told] == [False] * 4 + [named]


def test_a_series_tells_how_much_light_fell_on_the_face() -> None:
    files = ("before_1.jpg", "before_2.jpg", "d00.jpg")
    series = build_series(
        "p", TREATMENT, [*(reading(f"p01_light_skin/{one}") for one in files), in_light("d05.jpg", 1.3)]
    )
    points = {Path(one["file"]).stem: one for one in judge(series).to_json()["points"]}
    assert points["d05"]["light_on_face"] == pytest.approx(1.3, abs=0.08)
    assert points["before_2"]["light_on_face"] == pytest.approx(1.0, abs=0.05)
    no_card = replace(reading("p01_light_skin/d00.jpg"), calibration={"found": False})
    uncalibrated = build_series("p", TREATMENT, [reading("p01_light_skin/before_1.jpg"), no_card]).observations[1]
    assert uncalibrated.light_on_face is None


def test_a_photograph_without_a_card_is_no_measure_of_the_light_of_others() -> None:
    """Before the treatment one with a card and one without, which shows the same skin in no known light."""
    known = [reading(f"p01_light_skin/{name}") for name in ("before_1.jpg", "d00.jpg", "d02.jpg")]
    unknown = replace(in_light("before_2.jpg", 3.0), calibration={"found": False})
    alone, beside = (build_series("p", TREATMENT, one).observations for one in (known, [*known, unknown]))
    light = {one.file: one.light_on_face for one in beside}
    assert [light[one.file] for one in alone] == [one.light_on_face for one in alone]
    told = doubted_in(TREATMENT, [*known, unknown])
    assert not any(why.code == "uneven_light" for one in told for why in one.problems)


def test_redness_is_told_through_another_light() -> None:
    """From p01's true redness of 2 a* on its second day, and next to none on its fifth."""
    before = [reading(f"p01_light_skin/{name}").regions for name in ("before_1.jpg", "before_2.jpg")]
    known = references(before, [])["face"]
    for name in ("d02.jpg", "d05.jpg"):
        even = known.compared(in_light(name, 1.0).regions["face"])
        for factor in (0.75, 1.3):
            lit = in_light(name, factor).regions["face"]
            plainly = abs(lit.a - in_light(name, 1.0).regions["face"].a)
            assert abs(known.compared(lit).a - even.a) < 0.35 * plainly
            assert known.compared(lit).light == pytest.approx(math.log(factor), abs=0.1)
