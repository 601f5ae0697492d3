"""The change between days: right in size, honest about its noise, and registered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analyzer.changes import regional_change
from analyzer.light_level import DARKENS
from analyzer.pipeline import PhotoAnalysis
from analyzer.surface.difference import change_between, common_to, flow_between
from analyzer.surface.face_map import Comparing, FaceMap
from analyzer.surface.halves import side_difference
from analyzer.surface.layout import SIDE
from tests.analyzer.surface.conftest import redder


def test_the_change_is_the_one_that_was_simulated(samples: Path, maps: dict[str, FaceMap]) -> None:
    truth = json.loads((samples / "p01_light_skin" / "d00.json").read_text())["regions"]["face"]["delta_a"]
    change = change_between([maps["before_1"], maps["before_2"]], maps["d00"])
    assert change.face_delta == pytest.approx(truth, abs=1.2)
    assert change.certain[change.seen].mean() > 0.9


def test_two_photographs_of_unchanged_skin_show_no_certain_change(maps: dict[str, FaceMap]) -> None:
    change = change_between([maps["before_1"]], maps["before_2"])
    off = change.delta[change.seen] - np.median(change.delta[change.seen])
    assert off.std() < 0.8
    assert change.certain[change.seen].mean() < 0.05


def test_a_map_that_was_shifted_is_found_again(maps: dict[str, FaceMap]) -> None:
    one = maps["before_1"]
    moved = replace(one, codes=np.roll(one.codes, (1, 2), (0, 1)), seen=np.roll(one.seen, (1, 2), (0, 1)))
    flow = flow_between(one, moved)[60:200, 60:196]
    assert np.median(flow[..., 0]) == pytest.approx(2.0, abs=0.4)
    assert np.median(flow[..., 1]) == pytest.approx(1.0, abs=0.4)
    shown = change_between([one], moved)
    assert np.abs(shown.delta[shown.seen]).mean() < 0.15


def test_redness_does_not_move_the_map(maps: dict[str, FaceMap]) -> None:
    flow = flow_between(maps["before_1"], redder(maps["before_1"], 8.0))
    assert np.abs(flow).max() < 0.05


def test_the_local_error_is_as_large_as_the_noise(maps: dict[str, FaceMap]) -> None:
    one = maps["before_1"]
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 6.0, one.codes.shape[:2])
    change = change_between([one], redder(one, noise))
    scatter = change.delta[change.seen].std()
    assert 0.5 * scatter < np.median(change.local_se[change.seen]) < 2 * scatter
    assert np.abs(change.delta[change.seen]).mean() < 1.0  # smoothed far below the 6 that went in


def test_more_photographs_from_before_make_the_change_more_certain(maps: dict[str, FaceMap]) -> None:
    one = maps["before_1"]
    assert common_to([one, one], one).se < common_to([one], one).se
    plain = replace(one, comparing=None, a_se=1.0)
    assert common_to([plain, plain], plain).se < common_to([plain], plain).se < np.hypot(1.0, 1.0)


def test_a_change_is_on_the_scale_that_the_regions_are_compared_on(
    maps: dict[str, FaceMap], analyses: dict[str, PhotoAnalysis]
) -> None:
    """The same bare skin, once as a map and once as a region's mean: both tell one change of the whole face."""
    before, after = (analyses[name].reading.regions["face"] for name in ("before_1", "d00"))
    told = regional_change(before, after)
    shown = change_between([maps["before_1"]], maps["d00"])
    assert told.delta_a > 2
    assert abs(shown.face_delta - told.delta_a) < 0.5
    calibrations = np.hypot(maps["before_1"].comparing.se, maps["d00"].comparing.se)
    assert calibrations < shown.common_se < calibrations + 0.6


def test_the_shift_moves_all_of_a_change_and_the_gain_only_what_rose(maps: dict[str, FaceMap]) -> None:
    # As dark as blood makes a face that is redder by 1.1 times 5: nothing of it is light.
    one = replace(maps["before_1"], comparing=Comparing(shift=0.2, se=0.5, gain=0.8, L=60.0, a=14.0))
    red = Comparing(shift=1.2, se=0.5, gain=1.1, L=60 + DARKENS * 5.5, a=18.0)
    other = replace(redder(one, 4.0), comparing=red)
    rise = change_between([one], other)
    assert np.allclose(rise.delta[rise.seen], 1.1 * (4.0 + 1.0), atol=0.15)
    fall = change_between([other], one)
    assert np.allclose(fall.delta[fall.seen], -1.1 * (4.0 + 1.0), atol=0.15)


def test_a_face_in_more_light_than_its_card_has_no_redder_map(maps: dict[str, FaceMap]) -> None:
    """Light multiplies XYZ, so L* + 16 and a* with its cube root: the whole map by 1.3 in light."""
    one, scale = maps["before_1"], 1.3 ** (1 / 3)
    mean = one.comparing
    assert mean is not None
    lit = replace(one, comparing=replace(mean, L=(mean.L + 16) * scale - 16, a=mean.a * scale))
    lit = redder(lit, one.lab[..., 1] * (scale - 1))
    shown = change_between([one], lit)
    assert mean.a * (scale - 1) > 0.9
    assert abs(shown.face_delta) < 0.25


def test_without_the_scale_of_every_map_a_star_itself_is_compared(maps: dict[str, FaceMap]) -> None:
    one = replace(maps["before_1"], comparing=Comparing(shift=3.0, se=0.5, gain=0.8, L=60.0, a=14.0))
    shown = change_between([replace(one, comparing=None)], redder(one, 4.0))
    assert np.allclose(shown.delta[shown.seen], 4.0, atol=0.15)


def test_without_a_map_from_before_there_is_no_change(maps: dict[str, FaceMap]) -> None:
    with pytest.raises(ValueError, match="before"):
        change_between([], maps["d00"])


def test_a_side_that_is_redder_is_told_and_an_even_change_is_not(maps: dict[str, FaceMap]) -> None:
    one, other = maps["before_1"], maps["before_2"]
    left = np.where(np.arange(SIDE) > SIDE // 2, 3.0, 0.0)[None, :]
    uneven = side_difference(change_between([one], redder(other, left)))
    even = side_difference(change_between([one], redder(other, 3.0)))
    assert uneven is not None and even is not None
    assert uneven[0] == pytest.approx(3.0, abs=0.8)
    assert uneven[0] > 3 * uneven[1]
    assert abs(even[0]) < 2 * even[1]


def test_a_face_seen_from_one_side_has_no_side_difference(maps: dict[str, FaceMap]) -> None:
    one = maps["before_1"]
    half = replace(one, seen=one.seen & (np.arange(SIDE) > SIDE // 2))
    assert side_difference(change_between([one], half)) is None
