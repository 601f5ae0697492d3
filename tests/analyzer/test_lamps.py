"""A change of the lamp's kind since the baseline is named, a lamp read a little differently is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analyzer.lamps import lamp_changes, lamp_kind
from analyzer.series import Observation
from calibration.problems import problem

START = datetime(2026, 5, 1, tzinfo=UTC)


def taken(day: int, cct_k: float | None, *, poor: bool = False, usable: bool = True) -> Observation:
    problems = (problem("poor_lamp"),) if poor else ()
    return Observation(
        f"d{day}.jpg", START + timedelta(days=day), usable=usable, lamp="x", problems=problems, lamp_cct_k=cct_k
    )


@pytest.mark.parametrize(("cct", "kind"), [(2700, "warm"), (3000, "warm"), (4000, "neutral"), (5000, "daylight")])
def test_kinds_follow_what_lamps_are_sold_as(cct: float, kind: str) -> None:
    assert lamp_kind(cct) == kind
    assert lamp_kind(cct, poor=True) == "poor"


def test_a_change_of_kind_is_named_once_for_each_photograph() -> None:
    days = [taken(0, 5600), taken(1, 2800), taken(2, 6100), taken(3, 4000)]
    found = lamp_changes(days, days[:1])
    assert [(one.file, one.before, one.after) for one in found] == [
        ("d1.jpg", "daylight", "warm"),
        ("d3.jpg", "daylight", "neutral"),
    ]
    assert "daylight" in found[0].message
    assert "warm" in found[0].message
    assert found[0].to_json()["file"] == "d1.jpg"


def test_the_same_lamp_read_on_the_other_side_of_a_limit_is_no_change() -> None:
    assert lamp_changes([taken(0, 4700), taken(1, 4950)]) == ()


def test_a_poor_lamp_is_a_change_whatever_its_colour() -> None:
    found = lamp_changes([taken(0, 4200), taken(1, 4200, poor=True)])
    assert [one.after for one in found] == ["poor"]


def test_unknown_lamps_and_refused_photographs_are_passed_over() -> None:
    assert lamp_changes([taken(0, None), taken(1, 5000), taken(2, None), taken(3, 2700, usable=False)]) == ()
    assert lamp_changes([]) == ()
