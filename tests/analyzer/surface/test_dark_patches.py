"""Dark patches: melanin at one place on two days is found; blood, shade and a tan of the whole face are not."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.surface.dark_patches import DarkPatch, darkening, find_dark_patches, rise_at
from analyzer.surface.difference import Common, Sheet, aligned, change_of
from analyzer.surface.face_map import FaceMap
from tests.analyzer.surface.conftest import BROWN, bled, darkened, disc, gleaming, shaded, toned

PLACES = ((52, 128, "forehead"), (138, 70, "right_cheek"))


def patches_of(maps: dict[str, FaceMap], days: dict[float, FaceMap]) -> list[DarkPatch]:
    onto = maps["before_1"]
    before = Sheet(onto.lab, onto.seen)
    changes = [(day, change_of(before, aligned(one, onto), onto, Common(0.8))) for day, one in days.items()]
    return find_dark_patches([darkening(change, day) for day, change in changes])


@pytest.mark.parametrize(("row", "column", "region"), PLACES)
def test_a_patch_that_darkens_is_found_where_it_is(
    maps: dict[str, FaceMap], row: int, column: int, region: str
) -> None:
    other = maps["before_2"]
    dark = darkened(other, disc(other, row, column, 1.2, 6.0))
    found = patches_of(maps, {0.2: bled(other, 5.0), 3.0: dark, 5.0: dark})
    assert [one.region for one in found] == [region]
    assert np.hypot(found[0].row - row, found[0].column - column) < 4
    assert 0.7 < found[0].area_cm2 < 1.7
    assert found[0].rise > 4 * found[0].rise_se
    assert found[0].ita_change < -4
    assert (found[0].first_day, found[0].day) == (3.0, 5.0)


def test_neither_blood_nor_shade_nor_a_tan_is_a_patch(maps: dict[str, FaceMap]) -> None:
    other = maps["before_2"]
    patch = disc(other, *PLACES[0][:2], 1.2, 6.0)
    for changed in (bled(other, patch), shaded(other, patch), darkened(other, 6.0)):
        assert patches_of(maps, {0.2: bled(other, 5.0), 3.0: changed, 5.0: changed}) == []


@pytest.mark.parametrize("brighter", [5.0, 10.0])
@pytest.mark.parametrize("tone", [(1.0, 1.0, 1.0), BROWN])
@pytest.mark.parametrize(("row", "column"), [place[:2] for place in PLACES])
def test_a_highlight_that_has_gone_is_no_patch(
    maps: dict[str, FaceMap], row: int, column: int, tone: tuple[float, float, float], brighter: float
) -> None:
    faces = {name: toned(one, tone) for name, one in maps.items()}
    onto, other = faces["before_1"], faces["before_2"]
    # Not in the very shape of the discs that spots are made of.
    gleam = disc(onto, row, column, 1.6, brighter) + disc(onto, row + 4, column + 5, 0.8, 2.0)
    assert patches_of({**faces, "before_1": gleaming(onto, gleam)}, {3.0: other, 5.0: other}) == []


def test_one_photograph_alone_shows_none_and_a_red_face_is_not_asked(maps: dict[str, FaceMap]) -> None:
    other = maps["before_2"]
    dark = darkened(other, disc(other, *PLACES[0][:2], 1.2, 6.0))
    assert patches_of(maps, {3.0: dark, 5.0: other}) == []
    assert patches_of(maps, {3.0: dark, 3.1: dark}) == []  # one day
    assert patches_of(maps, {0.2: bled(other, 5.0), 3.0: bled(dark, 5.0), 5.0: bled(dark, 5.0)}) == []


def test_a_freckle_is_too_small(maps: dict[str, FaceMap]) -> None:
    dark = darkened(maps["before_2"], disc(maps["before_1"], *PLACES[0][:2], 0.4, 8.0))
    assert patches_of(maps, {3.0: dark, 5.0: dark}) == []


def test_a_patch_can_be_looked_up_in_another_photograph(maps: dict[str, FaceMap]) -> None:
    onto, other = maps["before_1"], maps["before_2"]
    dark = darkened(other, disc(other, *PLACES[0][:2], 1.2, 6.0))
    found = patches_of(maps, {3.0: dark, 5.0: dark})[0]
    clear = change_of(Sheet(onto.lab, onto.seen), aligned(other, onto), onto, Common(0.8))
    assert rise_at(darkening(clear, 9.0), found) < 0.4 * found.rise
