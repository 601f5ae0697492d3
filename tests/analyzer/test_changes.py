"""Readings of one person on one scale."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.changes import references, regional_change
from analyzer.light_level import DARKENS, other_light
from analyzer.reading import RegionReading

PLAIN = RegionReading(
    2, 900, 60.0, 14.0, 17.0, 1.5, 0.8, 14.0, 0.3, change_a=14.5, change_a_se=0.4, change_gain=0.9
)  # fmt: skip
# As dark as blood makes skin that is redder by 0.8 times 5 (``analyzer.light_level``): nothing of it is light.
RED = replace(PLAIN, L=60 + DARKENS * 4, a=20.0, change_a=19.5, change_a_se=0.5, change_gain=0.8)
STORED_BEFORE = RegionReading(2, 900, 60 + DARKENS * 3, 17.0, 17.0, 1.5, 0.8, 17.0, 0.3)


def one(region: RegionReading) -> dict[str, RegionReading]:
    return {"left_cheek": region}


def test_a_rise_above_plain_skin_is_read_with_its_gain_and_lies_on_the_plain_skin_s_a_star() -> None:
    other = replace(PLAIN, a=14.6, change_a=14.7)
    reference = references([one(PLAIN), one(other)], [one(RED)])["left_cheek"]
    compared = reference.compared(RED)
    assert compared.a == pytest.approx(14.3 + 0.8 * (19.5 - 14.6), abs=0.02)
    light = other_light(0.8 * 4.9, RED.L - 60, RED.a, RED.L, 2)
    assert compared.a_se == pytest.approx(math.hypot(0.8 * 0.5, light.part_se(RED.a)))
    # The photographs before the treatment keep their mean, and differ by the scale.
    before = [reference.compared(each).a for each in (PLAIN, other)]
    assert sum(before) / 2 == pytest.approx(14.3, abs=0.02)
    assert before[1] - before[0] == pytest.approx(0.2, abs=0.06)


def test_without_a_photograph_from_before_nothing_is_known_to_be_blood() -> None:
    less = replace(RED, L=RED.L - DARKENS * 3, a=17.0, change_a=16.5, change_gain=0.7)
    reference = references([], [one(RED), one(less)])["left_cheek"]
    assert reference.compared(RED).a - reference.compared(less).a == pytest.approx(3.0)
    assert reference.compared(RED).a == pytest.approx(18.5 + 1.5)


def test_a_region_with_a_reading_from_before_the_scale_is_compared_by_a_star_everywhere() -> None:
    reference = references([one(PLAIN)], [one(RED), one(STORED_BEFORE)])["left_cheek"]
    by_a_star = replace(RED, L=60 + DARKENS * 6)
    found = [reference.compared(each).a for each in (PLAIN, by_a_star, STORED_BEFORE)]
    assert found == pytest.approx([14.0, 20.0, 17.0])
    assert reference.compared(by_a_star).a_se == pytest.approx(RED.a_se, abs=0.3)
    assert PLAIN.a + regional_change(PLAIN, STORED_BEFORE).delta_a == pytest.approx(17.0)


def test_a_region_that_only_later_photographs_show_has_its_own_reference() -> None:
    found = references([one(PLAIN)], [{"chin": RED}])
    assert not found["chin"].plain
    assert found["chin"].compared(RED).a == pytest.approx(20.0)


def test_a_face_in_more_light_than_its_card_is_not_called_redder() -> None:
    """Light multiplies XYZ: by 1.2, L* 60 and a* 14 become 64.8 and 14.9."""
    scale = 1.2 ** (1 / 3)
    lit = replace(PLAIN, L=76 * scale - 16, a=14 * scale, change_a=14.5 + 14 * (scale - 1))
    told = references([one(PLAIN)], [one(lit)])["left_cheek"].compared(lit)
    assert lit.a - PLAIN.a > 0.85
    assert abs(told.a - PLAIN.a) < 0.2
    assert abs(regional_change(PLAIN, lit).delta_a) < 0.2


def test_two_photographs_change_alike_in_either_order() -> None:
    there = regional_change(PLAIN, RED).delta_a
    back = regional_change(RED, PLAIN).delta_a
    assert there == pytest.approx(0.8 * 5.0)
    assert back == pytest.approx(-there)


@given(st.lists(st.floats(5, 25), min_size=1, max_size=5), st.floats(-2, 2), st.floats(0.7, 1.2))
def test_a_shift_of_the_scale_that_all_photographs_share_changes_nothing(
    plain: list[float], shift: float, gain: float
) -> None:
    def compared(by: float) -> float:
        before = [one(replace(PLAIN, a=a, change_a=a + by)) for a in plain]
        red = replace(RED, a=21.0, change_a=20.0 + by, change_gain=gain)
        return references(before, [one(red)])["left_cheek"].compared(red).a

    assert compared(shift) == pytest.approx(compared(0.0))
