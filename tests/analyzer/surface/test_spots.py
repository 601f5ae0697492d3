"""Spots: what stays at one place on two days is found, what does not is not."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.surface.difference import Sheet, aligned, change_of
from analyzer.surface.face_map import FaceMap
from analyzer.surface.spots import Spot, contrast_at, find_spots, same_place, standout
from tests.analyzer.surface.conftest import disc, redder

# On the forehead, on a cheek, beside the chin.
PLACES = ((52, 128, "forehead"), (138, 70, "right_cheek"), (140, 190, "left_cheek"))


def seen_on(maps: dict[str, FaceMap], days: dict[float, np.ndarray | float], base: float = 0.0) -> list[Spot]:
    """The spots of a series whose photographs are the second one from before, made redder."""
    onto, other = maps["before_1"], maps["before_2"]
    before = Sheet(onto.lab, onto.seen)
    changes = []
    for day, extra in days.items():
        after = aligned(redder(other, base + np.asarray(extra)), onto)
        changes.append(standout(change_of(before, after, onto, 0.8), day))
    return find_spots(changes)


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
    always = {name: redder(one, spot) for name, one in maps.items()}
    assert seen_on(always, {2.0: 0.0, 3.0: 0.0}) == []


def test_a_spot_can_be_looked_up_in_another_photograph(maps: dict[str, FaceMap]) -> None:
    onto = maps["before_1"]
    spot = disc(onto, *PLACES[0][:2], 1.2, 4.0)
    found = seen_on(maps, {2.0: spot, 3.0: spot})[0]
    before, after = Sheet(onto.lab, onto.seen), aligned(maps["before_2"], onto)
    assert abs(contrast_at(standout(change_of(before, after, onto, 0.8), 5.0), found)) < 1.5
    assert same_place(found, found)
