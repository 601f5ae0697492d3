"""One cheek against the other: blood on one side is told, light from one side is not."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.recovery.sides import map_side_flags
from analyzer.surface.difference import change_between
from analyzer.surface.face_map import FaceMap
from analyzer.surface.halves import SideGap, cheek_gap
from analyzer.surface.layout import SIDE
from tests.analyzer.surface.conftest import bled, shaded

LEFT = np.where(np.arange(SIDE) > SIDE // 2, 1.0, 0.0)[None, :]
ACROSS = np.linspace(-1.0, 1.0, SIDE)[None, :]


def gap_of(maps: dict[str, FaceMap], changed: FaceMap) -> SideGap:
    gap = cheek_gap(change_between([maps["before_1"]], changed))
    assert gap is not None
    return gap


def test_blood_on_one_side_is_redder_and_darker_there(maps: dict[str, FaceMap]) -> None:
    gap = gap_of(maps, bled(maps["before_2"], 3.0 * LEFT))
    assert gap.a == pytest.approx(3.5, abs=0.9)  # light taken out: what blood darkens is counted back
    assert gap.darker == pytest.approx(2.7, abs=0.8)
    flags = map_side_flags([(2.0, gap), (3.0, gap)])
    assert [(one.code, one.region, one.from_day, one.to_day) for one in flags] == [
        ("one_sided", "left_cheek", 2.0, None)
    ]
    assert map_side_flags([(2.0, gap), (2.2, gap)]) == []  # one day
    assert map_side_flags([(2.0, gap)]) == []


def test_light_from_one_side_is_no_redness(maps: dict[str, FaceMap]) -> None:
    for strength in (-6.0, 6.0):
        gap = gap_of(maps, shaded(maps["before_2"], strength * ACROSS))
        assert abs(gap.a) < 1.0
        assert map_side_flags([(2.0, gap), (3.0, gap)]) == []


def test_the_flag_closes_when_both_sides_are_alike_again() -> None:
    red, even = SideGap(-3.0, -2.0, 0.4), SideGap(-0.2, 0.1, 0.4)
    flags = map_side_flags([(2.0, red), (3.0, red), (5.0, even), (6.0, even)])
    assert [(one.region, one.from_day, one.to_day) for one in flags] == [("right_cheek", 2.0, 6.0)]


def test_redder_but_lighter_is_no_blood() -> None:
    odd = SideGap(3.0, -2.0, 0.4)
    assert map_side_flags([(2.0, odd), (3.0, odd)]) == []


def test_a_face_that_shows_one_cheek_has_no_gap(maps: dict[str, FaceMap]) -> None:
    from dataclasses import replace

    one = maps["before_1"]
    half = replace(one, seen=one.seen & (np.arange(SIDE) > SIDE // 2))
    assert cheek_gap(change_between([one], half)) is None
