"""Verdicts: what is said, when, and what is never said."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.recovery import Recovery, judge
from analyzer.series import Observation, RegionColour, Series
from analyzer.treatment import Treatment

AT = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
BEFORE = (-2.0, -1.0)
STATUSES = {"within", "watch", "outside", "insufficient"}
# A fixed, hand-made error for each photograph, a few tenths as good photographs have.
JITTER = (0.2, -0.3, 0.1, 0.3, -0.2, 0.0, -0.1, 0.25, -0.25, 0.15, -0.15, 0.05, 0.3, -0.2, 0.1, -0.1, 0.2, 0.0)


def observed(day: float, a: float | Mapping[str, float], se: float | None = 0.5) -> Observation:
    values = {"face": a} if isinstance(a, float | int) else a
    regions = {name: RegionColour(float(value), se) for name, value in values.items()}
    return Observation(f"d{day:+.3f}.jpg", AT + timedelta(days=day), regions)


def series(observations: Sequence[Observation], treatment: Treatment | None = None) -> Series:
    return Series("p01", treatment or Treatment(AT), tuple(observations))


def made(residual: Callable[[float], float], days: Sequence[float], peak: float = 6.0) -> list[Observation]:
    every = [*BEFORE, *days]
    return [
        observed(day, 12.0 + (peak * residual(day) if day >= 0 else 0.0) + JITTER[i % len(JITTER)])
        for i, day in enumerate(every)
    ]


def daily(until: int, start: float = 0.2) -> list[float]:
    return [start + day for day in range(until)]


def usual(day: float) -> float:
    return float(2.0 ** (-day / 0.7))


def test_a_usual_recovery_is_within_from_the_second_photograph_on() -> None:
    observations = made(usual, daily(12))
    for count in range(4, len(observations) + 1):
        verdict = judge(series(observations[:count])).verdict
        assert verdict.status == "within", count
        assert verdict.flags == ()
        assert verdict.claims


def test_a_patient_whose_redness_never_rose_is_within() -> None:
    recovery = judge(series(made(lambda _: 0.0, daily(8))))
    assert recovery.verdict.status == "within"
    assert recovery.verdict.summary.startswith("No redness beyond what can be measured")
    assert all(point.regions["face"].residual is None for point in recovery.points)
    assert recovery.curve["face"].half_life_days is None


def test_half_the_peak_left_after_day_nine_is_outside() -> None:
    verdict = judge(series(made(lambda day: 0.5 ** (day / 11.0), daily(13)))).verdict
    assert verdict.status == "outside"
    flag = next(flag for flag in verdict.flags if flag.code == "prolonged")
    assert flag.severity == "outside"
    assert flag.open
    assert flag.evidence["probability"] > 0.45
    assert "R59" in flag.claims


def test_nothing_is_outside_for_slowness_alone_before_day_seven() -> None:
    stuck = made(lambda _: 1.0, daily(14))
    early = judge(series([one for one in stuck if one.captured_at < AT + timedelta(days=7)])).verdict
    assert early.status == "watch"
    assert [flag.code for flag in early.flags] == ["not_fading"]
    late = judge(series(stuck)).verdict
    assert late.status == "outside"


def test_slow_but_described_is_watch_and_not_outside() -> None:
    observations = made(lambda day: 0.1 ** (day / 10.0), daily(9), peak=8.0)
    verdict = judge(series(observations)).verdict
    assert verdict.status == "watch"
    assert [(flag.code, flag.severity) for flag in verdict.flags] == [("prolonged", "watch")]
    assert {"R26", "R47"} <= set(verdict.flags[0].claims)


def test_a_rebound_is_found_with_the_second_photograph_that_shows_it() -> None:
    observations = made(lambda day: usual(day) + (0.7 if day > 4 else 0.0), daily(7))
    first = judge(series(observations[:7])).verdict
    assert first.status == "within"
    assert first.ask is not None
    second = judge(series(observations[:8])).verdict
    assert second.status == "outside"
    flag = next(flag for flag in second.flags if flag.code == "rebound")
    assert flag.from_day == pytest.approx(4.2)
    assert flag.evidence["rise"] == pytest.approx(4.2, abs=1.0)
    assert flag.to_day is None


def test_a_flag_closes_after_two_days_inside_and_is_kept() -> None:
    observations = made(lambda day: usual(day) + (0.7 if 4 < day < 7 else -0.05), daily(12))
    documents = [judge(series(observations[:count])).verdict for count in range(8, len(observations) + 1)]
    assert documents[0].status == "outside"
    assert documents[-1].status == "within"
    flag = documents[-1].flags[0]
    assert flag.code == "rebound"
    assert flag.to_day == pytest.approx(8.2)


def test_one_odd_photograph_raises_no_flag_and_asks_for_another() -> None:
    observations = made(usual, daily(6))
    last = observations[-1]
    odd = replace(last, regions={"face": RegionColour(last.regions["face"].a + 6.0, 0.5)})
    verdict = judge(series([*observations[:-1], odd])).verdict
    assert verdict.flags == ()
    assert verdict.status == "within"
    assert verdict.ask is not None
    assert verdict.ask in verdict.summary
    middle = [*observations[:4], replace(odd, captured_at=AT + timedelta(days=2.5)), *observations[5:]]
    assert judge(series(middle)).verdict.flags == ()


def test_two_pictures_of_one_moment_are_one_witness() -> None:
    observations = made(usual, daily(4))
    burst = [observed(4.2 + minute / 1440, 17.0) for minute in (0, 2)]
    assert judge(series([*observations, *burst])).verdict.flags == ()


def test_photographs_without_a_card_raise_no_flag() -> None:
    observations = made(lambda _: 1.0, daily(12))
    loose = [replace(one, calibrated=False) if one.captured_at > AT else one for one in observations]
    verdict = judge(series(loose)).verdict
    assert verdict.flags == ()
    assert verdict.status == "insufficient"
    assert "card" in verdict.summary


def test_make_up_never_counts_for_within() -> None:
    made_up = [replace(one, bare_skin=one.captured_at < AT) for one in made(usual, daily(6))]
    recovery = judge(series(made_up))
    assert recovery.verdict.status == "insufficient"
    after = [point for point in recovery.points if point.day >= 0]
    assert {point.status for point in after} == {"insufficient"}
    assert all(point.regions["face"].delta_a is not None for point in after)


def test_one_photograph_is_not_enough() -> None:
    verdict = judge(series(made(usual, [0.2]))).verdict
    assert verdict.status == "insufficient"
    assert judge(series(made(usual, []))).verdict.status == "insufficient"
    nothing = judge(series([]))
    assert (nothing.usable, nothing.verdict.status, nothing.verdict.as_of_day) == (False, "insufficient", None)


def test_without_a_baseline_only_the_fall_is_judged() -> None:
    observations = [one for one in made(usual, daily(9)) if one.captured_at > AT]
    recovery = judge(series(observations))
    assert recovery.verdict.status == "within"
    assert "Without a photograph from before" in recovery.verdict.summary
    assert all(point.regions["face"].residual is None for point in recovery.points)
    assert recovery.curve["face"].peak_delta_a is None
    flat = [one for one in made(lambda _: 0.0, daily(9)) if one.captured_at > AT]
    assert judge(series(flat)).verdict.status == "insufficient"


def test_without_a_photograph_of_the_first_day_the_peak_is_unknown() -> None:
    recovery = judge(series(made(usual, daily(8, start=1.1), peak=9.0)))
    assert recovery.curve["face"].peak_delta_a is None
    assert all(point.regions["face"].residual is None for point in recovery.points)
    assert recovery.points[-1].regions["face"].delta_a is not None


def test_one_cheek_redder_than_the_other() -> None:
    days = [*BEFORE, *daily(6)]
    observations = []
    for i, day in enumerate(days):
        red = 12.0 + (6.0 * usual(day) if day >= 0 else 0.0)
        extra = 4.5 if day > 1 else 0.0
        values = {"face": red + 0.2, "left_cheek": red + JITTER[i] + extra, "right_cheek": red + JITTER[i + 3]}
        observations.append(observed(day, values))
    flags = [flag for flag in judge(series(observations)).verdict.flags if flag.code == "one_sided"]
    assert len(flags) == 1
    assert (flags[0].region, flags[0].severity, flags[0].open) == ("left_cheek", "watch", True)


def test_a_very_strong_start_is_said_with_its_evidence() -> None:
    verdict = judge(series(made(usual, [0.05, 0.2, 1.2, 2.2], peak=20.0))).verdict
    assert any(flag.code == "strong_start" and flag.severity == "watch" for flag in verdict.flags)


def test_residual_and_centile_of_a_point() -> None:
    recovery = judge(series(made(usual, [0.02, *daily(9)])))
    document = recovery.to_json()
    point = next(one for one in document["points"] if one["day"] == pytest.approx(1.2))
    face = point["regions"]["face"]
    assert face["residual"] == pytest.approx(face["delta_a"] / document["curve"]["face"]["peak_delta_a"], abs=1e-3)
    assert face["residual"] == pytest.approx(usual(1.2), abs=0.12)
    low, high = face["residual_ci95"]
    assert low < face["residual"] < high
    assert face["expected_residual"]["p5"] < face["expected_residual"]["p50"] < face["expected_residual"]["p95"]
    assert document["baseline"]["photos"] == 2
    assert [one["day"] < 0 for one in document["points"]].count(True) == 2
    assert all(one["regions"]["face"]["residual"] is None for one in document["points"] if one["day"] < 0)


def test_every_verdict_carries_the_standing_sentence() -> None:
    for observations in ([], made(usual, daily(5)), made(lambda _: 1.0, daily(12))):
        assert "call your clinic today" in judge(series(observations)).to_json()["verdict"]["standing"]


def test_what_is_stored_is_read_back() -> None:
    recovery = judge(series(made(lambda day: 0.5 ** (day / 11.0), daily(13))))
    text = json.dumps(recovery.to_json(), allow_nan=False)
    assert Recovery.from_json(json.loads(text)).to_json() == json.loads(text)
    with pytest.raises(ValueError, match="not a rubor"):
        Recovery.from_json({"schema": "rubor.photo/1"})


def test_the_order_given_does_not_matter() -> None:
    observations = made(lambda day: usual(day) + (0.7 if day > 4 else 0.0), daily(9))
    expected = judge(series(observations)).to_json()
    random.Random(3).shuffle(observations)
    assert judge(series(observations)).to_json() == expected


NUMBERS = st.floats(-1e6, 1e6)
REGIONS = st.dictionaries(
    st.sampled_from(["face", "left_cheek", "right_cheek", "wrist"]),
    st.builds(RegionColour, a=NUMBERS, a_se=st.none() | st.floats(0, 1e6)),
    max_size=3,
)
OBSERVATIONS = st.builds(
    Observation,
    file=st.sampled_from(["a.jpg", "b.jpg"]),
    captured_at=st.floats(-60, 400).map(lambda day: AT + timedelta(days=day))
    | st.sampled_from([AT, AT + timedelta(days=1), AT - timedelta(days=1)]),
    regions=REGIONS,
    usable=st.booleans(),
    calibrated=st.booleans(),
    bare_skin=st.booleans(),
    lamp=st.sampled_from([None, "LED-B3", "A"]),
    ita=st.none() | st.floats(-90, 90),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(OBSERVATIONS, max_size=9))
def test_any_series_gets_a_verdict_and_clean_json(observations: list[Observation]) -> None:
    document = judge(series(observations)).to_json()
    json.dumps(document, allow_nan=False)
    assert document["verdict"]["status"] in STATUSES
    assert {point["status"] for point in document["points"]} <= STATUSES
    opened = [flag for flag in document["verdict"]["flags"] if flag["to_day"] is None]
    usable = [one for one in observations if one.usable and one.calibrated and one.bare_skin and one.regions]
    assert len(usable) >= 2 or not opened
    if any(flag["severity"] == "outside" for flag in opened):
        assert document["verdict"]["status"] == "outside"
    backwards = judge(series(observations[::-1])).to_json()
    assert backwards == document
