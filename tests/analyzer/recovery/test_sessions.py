"""Several sessions: the clock restarts, the baseline carries over, the verdict is about the latest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analyzer.recovery import Recovery, judge
from analyzer.series import Observation, RegionColour, Series
from analyzer.treatment import Treatment, join_sessions

AT = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
JITTER = (0.2, -0.3, 0.1, 0.3, -0.2, 0.0, -0.1, 0.25, -0.25, 0.15, -0.15, 0.05)


def usual(day: float) -> float:
    return float(2.0 ** (-day / 0.7))


def record(*weeks: float) -> Treatment:
    return join_sessions([Treatment(AT + timedelta(weeks=one)) for one in weeks])


def course(start: float, residual: Callable[[float], float], days: int = 10, peak: float = 6.0) -> list[Observation]:
    """Daily photographs from ``start`` weeks on."""
    return [
        Observation(
            f"w{start:g}d{day}.jpg",
            AT + timedelta(weeks=start, days=day + 0.2),
            {"face": RegionColour(12.0 + peak * residual(day + 0.2) + JITTER[day % len(JITTER)], 0.5)},
        )
        for day in range(days)
    ]


BEFORE = [
    Observation(f"b{day}.jpg", AT - timedelta(days=day), {"face": RegionColour(12.0 + JITTER[day], 0.5)})
    for day in (2, 1)
]


def test_each_session_restarts_the_clock_and_the_baseline_carries_over() -> None:
    observations = (*BEFORE, *course(0, usual), *course(5, usual))
    recovery = judge(Series("p", record(0, 5), observations))
    document = recovery.to_json()
    assert document["sessions"] == [(AT + timedelta(weeks=week)).isoformat() for week in (0, 5)]
    assert document["treated_at"] == document["sessions"][-1]
    assert [point["session"] for point in document["points"]] == [None] * 2 + [1] * 10 + [2] * 10
    assert [round(point["day"], 1) for point in document["points"][2:4]] == [0.2, 1.2]
    assert [round(point["day"], 1) for point in document["points"][12:14]] == [0.2, 1.2]
    assert document["baseline"]["photos"] == 2
    assert document["points"][12]["regions"]["face"]["residual"] == pytest.approx(usual(0.2), abs=0.15)
    assert document["verdict"]["status"] == "within"
    assert document["verdict"]["as_of_day"] == pytest.approx(9.2)
    assert document["problems"] == []
    assert Recovery.from_json(json.loads(json.dumps(document))).to_json() == document


def test_the_first_session_is_judged_as_if_alone() -> None:
    first = [*BEFORE, *course(0, lambda day: usual(day) + (0.7 if day > 4 else 0.0))]
    alone = judge(Series("p", record(0), tuple(first))).to_json()
    both = judge(Series("p", record(0, 5), (*first, *course(5, usual)))).to_json()
    assert both["points"][: len(first)] == alone["points"]
    flag = alone["verdict"]["flags"][0]
    assert flag["code"] == "rebound"
    assert flag["to_day"] is None
    assert both["verdict"]["flags"] == [{**flag, "to_day": 35.0}]
    assert both["verdict"]["status"] == "within"


def test_the_latest_session_carries_the_verdict() -> None:
    observations = (*BEFORE, *course(0, usual), *course(5, lambda _: 0.9))
    verdict = judge(Series("p", record(0, 5), observations)).verdict
    assert verdict.status == "outside"
    assert [(flag.code, flag.session) for flag in verdict.flags] == [("prolonged", 2)]
    nothing_yet = judge(Series("p", record(0, 5), observations[:12])).verdict
    assert nothing_yet.status == "insufficient"


def test_sessions_closer_than_four_weeks_are_noted() -> None:
    observations = (*BEFORE, *course(0, usual), *course(2, usual))
    problems = judge(Series("p", record(0, 2), observations)).problems
    assert [one.code for one in problems] == ["sessions_close"]
    assert "14 days" in problems[0].message
    assert "M17" in problems[0].message


def test_photographs_between_sessions_are_no_baseline_unless_there_is_none() -> None:
    late = [
        replace(one, captured_at=AT + timedelta(weeks=5, days=-day), file=f"late{day}.jpg")
        for day, one in ((2, BEFORE[0]), (1, BEFORE[1]))
    ]
    redder = [replace(one, regions={"face": RegionColour(14.0, 0.5)}) for one in late]
    series = Series("p", record(0, 5), (*BEFORE, *course(0, usual), *redder, *course(5, usual)))
    assert judge(series).baseline["face"]["a"] == pytest.approx(12.0, abs=0.2)
    blind = judge(Series("p", record(0, 5), (*course(0, usual), *late, *course(5, usual))))
    assert blind.baseline_photos == 2
    assert blind.baseline["face"]["a"] == pytest.approx(12.0, abs=0.2)
    assert [point.session for point in blind.points] == [1] * 12 + [2] * 10
    too_soon = judge(Series("p", record(0, 1), (*course(0, lambda _: 0.5, days=6), *course(1, usual))))
    assert too_soon.baseline_photos == 0
