"""Spots: what stays at one place on two days is found, what does not is not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from analyzer.surface.difference import Common, aligned, change_of, sheet_of
from analyzer.surface.face_map import FaceMap
from analyzer.surface.pairs import clearly_below
from analyzer.surface.places import same_place
from analyzer.surface.spots import Spot, contrast_at, find_spots, standout
from tests.analyzer.surface.conftest import BROWN, DARK, bled, darkened, disc, gleaming, redder, shaded, toned

# On the forehead, on a cheek, beside the chin.
PLACES = ((52, 128, "forehead"), (138, 70, "right_cheek"), (140, 190, "left_cheek"))


def seen_on(maps: dict[str, FaceMap], days: dict[float, np.ndarray | float], base: float = 0.0) -> list[Spot]:
    """The spots of a series whose photographs are the second one from before, made redder."""
    other = maps["before_2"]
    return spots_of(maps, {day: bled(other, base + np.asarray(extra)) for day, extra in days.items()})


def spots_of(maps: dict[str, FaceMap], days: dict[float, FaceMap]) -> list[Spot]:
    onto = maps["before_1"]
    before = sheet_of(onto)
    changes = [(day, change_of(before, aligned(one, onto), onto, Common(0.8))) for day, one in days.items()]
    return find_spots([standout(change, day) for day, change in changes])


@pytest.mark.parametrize(("row", "column", "region"), PLACES)
def test_a_spot_that_stays_is_found_where_it_is(maps: dict[str, FaceMap], row: int, column: int, region: str) -> None:
    spot = disc(maps["before_1"], row, column, 1.2, 4.0)
    found = seen_on(maps, {0.2: 4.0, 2.0: spot, 3.0: spot}, base=2.0)
    assert [one.region for one in found] == [region]
    assert np.hypot(found[0].row - row, found[0].column - column) < 4
    assert 0.7 < found[0].area_cm2 < 1.7
    assert 2.5 < found[0].contrast < 4.5
    assert (found[0].first_day, found[0].day) == (2.0, 3.0)


def test_clean_skin_that_is_evenly_redder_has_none(maps: dict[str, FaceMap]) -> None:
    assert seen_on(maps, {2.0: 3.0, 3.0: 2.0, 4.0: 1.0}) == []


def test_one_photograph_alone_shows_none(maps: dict[str, FaceMap]) -> None:
    spot = disc(maps["before_1"], *PLACES[0][:2], 1.2, 5.0)
    assert seen_on(maps, {2.0: spot, 3.0: 0.0, 4.0: 0.0}) == []
    assert seen_on(maps, {2.0: spot, 2.2: spot}) == []  # one day


def test_a_spot_that_fades_with_the_rest_is_none(maps: dict[str, FaceMap]) -> None:
    spot = disc(maps["before_1"], *PLACES[0][:2], 1.2, 6.0)
    assert seen_on(maps, {2.0: spot, 3.0: 0.5 * spot}) == []


def test_a_patch_of_skin_that_reddens_again_as_a_whole_is_none(maps: dict[str, FaceMap]) -> None:
    blotch = disc(maps["before_1"], *PLACES[0][:2], 1.2, 4.0)
    assert seen_on(maps, {0.2: 6.0, 2.0: 3.0 + blotch, 3.0: 6.0 + blotch, 4.0: 5.5 + blotch}) == []


def test_a_pimple_is_too_small(maps: dict[str, FaceMap]) -> None:
    spot = disc(maps["before_1"], *PLACES[0][:2], 0.4, 6.0)
    assert seen_on(maps, {2.0: spot, 3.0: spot}) == []


def test_what_was_there_before_the_treatment_is_none(maps: dict[str, FaceMap]) -> None:
    spot = disc(maps["before_1"], *PLACES[0][:2], 1.2, 5.0)
    always = {name: bled(one, spot) for name, one in maps.items()}
    assert seen_on(always, {2.0: 0.0, 3.0: 0.0}) == []


@pytest.mark.parametrize(
    ("levels", "below"),
    [
        (((1.0, 0.9), (0.8, 0.9)), True),
        (((0.2, 0.9), (3.5, 1.0)), True),  # a doubtful lamp must not hide a spot ...
        (((3.0, 0.9), (8.0, 1.0)), False),  # ... but a face that reddens again is no calm one
        (((6.0, 0.9), (5.5, 0.9)), False),
    ],
)
def test_the_rest_of_the_face_has_to_fade(levels: tuple[tuple[float, float], ...], below: bool) -> None:
    pair = [SimpleNamespace(level=level, level_se=se) for level, se in levels]
    assert clearly_below(pair, 1.5) is below


def test_what_is_no_blood_is_no_spot(maps: dict[str, FaceMap]) -> None:
    patch, other = disc(maps["before_1"], *PLACES[0][:2], 1.2, 5.0), maps["before_2"]
    # A highlight that has gone leaves skin redder but no darker; pigment makes it darker and hardly redder.
    for changed in (redder(other, patch), darkened(other, patch), shaded(other, patch), shaded(other, -patch)):
        assert spots_of(maps, {2.0: changed, 3.0: changed}) == []


@pytest.mark.parametrize("brighter", [6.0, 9.0, 12.0])
@pytest.mark.parametrize(("row", "column"), [place[:2] for place in PLACES])
def test_a_highlight_that_has_gone_is_no_spot(maps: dict[str, FaceMap], row: int, column: int, brighter: float) -> None:
    brown = {name: toned(one, BROWN) for name, one in maps.items()}
    onto, other = brown["before_1"], brown["before_2"]
    shone = {**brown, "before_1": gleaming(onto, disc(onto, row, column, 1.4, brighter))}
    # Skin that shone before looks redder and darker now, by as much as a spot does ...
    change = change_of(sheet_of(shone["before_1"]), aligned(other, onto), onto, Common(0.8))
    place = standout(change, 2.0)
    assert place.contrast[row, column] > 1.0 and place.darker[row, column] > 2.0
    # ... but yellower, too.
    assert spots_of(shone, {2.0: other, 3.0: other}) == []


def test_a_spot_on_very_dark_skin_is_told_from_pigment_and_shade(maps: dict[str, FaceMap]) -> None:
    dark = {name: toned(one, DARK) for name, one in maps.items()}
    other = dark["before_2"]
    patch = disc(dark["before_1"], *PLACES[1][:2], 1.2, 1.0)
    # What much blood does there, by the simulated skins: L* -4.6, a* +1.4, b* -1.8.
    blood = replace(other, codes=_moved(other, patch, [-4.6, 1.4, -1.8]))
    assert [one.region for one in spots_of(dark, {2.0: blood, 3.0: blood})] == ["right_cheek"]
    melanin = replace(other, codes=_moved(other, patch, [-3.5, 0.0, -0.6]))
    for changed in (melanin, shaded(other, 5.0 * patch)):
        assert spots_of(dark, {2.0: changed, 3.0: changed}) == []


def _moved(one: FaceMap, patch: np.ndarray, by: list[float]) -> np.ndarray:
    return np.clip(np.round(one.codes + np.multiply.outer(patch, by) / [0.4, 0.25, 0.25]), 0, 255).astype(np.uint8)


def test_a_spot_can_be_looked_up_in_another_photograph(maps: dict[str, FaceMap]) -> None:
    onto = maps["before_1"]
    spot = disc(onto, *PLACES[0][:2], 1.2, 4.0)
    found = seen_on(maps, {2.0: spot, 3.0: spot})[0]
    before, after = sheet_of(onto), aligned(maps["before_2"], onto)
    assert abs(contrast_at(standout(change_of(before, after, onto, Common(0.8)), 5.0), found)) < 1.5
    assert same_place(found, found)
