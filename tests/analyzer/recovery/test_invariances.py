"""What must not change a verdict, and what a verdict must never do: replayed photograph by photograph."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.recovery import judge
from analyzer.series import Observation, RegionColour, Series
from analyzer.treatment import Treatment

AT = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
KINDS = ("usual", "slow", "stuck", "rebound", "back")


def residual(kind: str, day: float) -> float:
    if day < 0:
        return 0.0
    fast = float(2.0 ** (-day / 0.8))
    return {
        "usual": fast,
        "slow": 0.1 ** (day / 10.0),
        "stuck": 0.85,
        "rebound": fast + (0.8 if day > 5 else 0.0),
        "back": fast + (0.8 if 4 < day < 7 else 0.0),
    }[kind]


def simulated(kind: str, seed: int, noise: float = 0.7, odd: bool = False) -> list[Observation]:
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    days = [-2.1, -1.0, *(np.arange(14) + rng.uniform(0.05, 0.5, 14)).tolist()]
    a = np.array([12.0 + 6.0 * residual(kind, day) for day in days]) + rng.normal(0, noise, len(days))
    if odd:
        a[int(rng.integers(4, len(a)))] += 8.0
    return [
        Observation(f"{i:02d}.jpg", AT + timedelta(days=float(day)), {"face": RegionColour(float(x), noise)})
        for i, (day, x) in enumerate(zip(days, a, strict=True))
    ]


def verdict(observations: Sequence[Observation], treatment: Treatment | None = None) -> dict[str, Any]:
    found: dict[str, Any] = judge(Series("p", treatment or Treatment(AT), tuple(observations))).to_json()["verdict"]
    return found


def flags_of(found: dict[str, Any]) -> list[tuple[str, str, float, float | None]]:
    return [(flag["code"], flag["severity"], flag["from_day"], flag["to_day"]) for flag in found["flags"]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_what_was_said_is_kept_with_every_new_photograph(kind: str, seed: int) -> None:
    """No flag vanishes, none that was closed changes, and an open one only closes or grows."""
    observations = simulated(kind, seed, odd=seed % 2 == 1)
    before: list[tuple[str, str, float, float | None]] = []
    for count in range(4, len(observations) + 1):
        now = flags_of(verdict(observations[:count]))
        for code, severity, from_day, to_day in before:
            later = [one for one in now if one[2] == from_day and (one[0] == code or "rebound" not in (one[0], code))]
            assert len(later) == 1, (count, code, now)
            if to_day is not None:
                assert later[0] == (code, severity, from_day, to_day)
            elif severity == "outside":
                assert later[0][:2] == (code, severity)
        before = now


def test_a_flag_reopens_only_on_new_evidence() -> None:
    observations = simulated("back", 3, noise=0.3)
    ends = [flags_of(verdict(observations[:count])) for count in range(8, len(observations) + 1)]
    assert [one[0] for one in ends[-1]] == ["rebound"]
    assert ends[-1][0][3] is not None
    assert max(len(one) for one in ends) == 1


COURSE = st.tuples(st.sampled_from(KINDS), st.integers(0, 1000), st.booleans())


@settings(max_examples=8, deadline=None)
@given(COURSE, st.floats(-8, 30), st.integers(-11, 13), st.randoms())
def test_order_constant_and_time_zone_do_not_matter(
    course: tuple[str, int, bool], added: float, offset: int, shuffle: random.Random
) -> None:
    observations = simulated(course[0], course[1], odd=course[2])
    expected = verdict(observations)
    mixed = list(observations)
    shuffle.shuffle(mixed)
    assert verdict(mixed) == expected
    zone = timezone(timedelta(hours=offset))
    moved = [replace(one, captured_at=one.captured_at.astimezone(zone)) for one in observations]
    assert verdict(moved, Treatment(AT.astimezone(zone))) == expected
    lifted = [replace(one, regions={"face": RegionColour(one.regions["face"].a + added, 0.7)}) for one in observations]
    found = verdict(lifted)
    assert found["status"] == expected["status"]
    assert flags_of(found) == flags_of(expected)


@settings(max_examples=8, deadline=None)
@given(COURSE, st.integers(0, 15))
def test_a_copy_of_a_photograph_is_no_second_witness(course: tuple[str, int, bool], which: int) -> None:
    observations = simulated(course[0], course[1], odd=course[2])
    copied = [*observations, replace(observations[which], file="copy.jpg")]
    found, expected = verdict(copied), verdict(observations)
    assert found == expected


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000), st.integers(4, 15))
def test_one_wild_photograph_decides_nothing(seed: int, which: int) -> None:
    """Whatever a usual course's one wild photograph shows, the verdict is never outside."""
    observations = simulated("usual", seed, noise=0.3)
    wild = observations[which]
    observations[which] = replace(wild, regions={"face": RegionColour(wild.regions["face"].a + 7.0, 0.3)})
    for count in range(which + 1, len(observations) + 1):
        assert verdict(observations[:count])["status"] == "within"


@pytest.mark.parametrize("se", [0.05, 0.2, 0.7, 2.0, 6.0, None])
def test_errors_as_given_are_believed(se: float | None) -> None:
    """A colorimeter's small errors find what is there; large ones keep silent."""
    stuck = [
        replace(one, regions={"face": RegionColour(one.regions["face"].a, se)}) for one in simulated("stuck", 2, 0.2)
    ]
    usual = [
        replace(one, regions={"face": RegionColour(one.regions["face"].a, se)}) for one in simulated("usual", 2, 0.2)
    ]
    assert verdict(usual)["status"] == "within"
    assert (verdict(stuck)["status"] == "outside") == (se is None or se <= 2.0)


def test_seven_regions_of_a_usual_course_raise_nothing() -> None:
    names = ("face", "forehead", "nose", "left_cheek", "right_cheek", "perioral", "chin")
    alarms = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        observations = [
            replace(
                one, regions={name: RegionColour(one.regions["face"].a + rng.normal(0, 0.4), 0.8) for name in names}
            )
            for one in simulated("usual", seed)
        ]
        alarms += verdict(observations)["status"] != "within"
    assert alarms <= 1
