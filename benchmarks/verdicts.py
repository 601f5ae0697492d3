"""How often the verdict is right, on simulated cohorts: ``python benchmarks/verdicts.py [patients per class] [seed]``.

The generator is not the fitted model: courses are exponential, straight, a plateau and then a fall, or two-phase, and
errors come in runs of photographs under one lamp. ``ever`` counts a flag that was raised at any time; ``end`` is the
status of the verdict with the last photograph.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from analyzer.recovery import judge
from analyzer.series import Observation, RegionColour, Series
from analyzer.treatment import Treatment

TREATED_AT = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
LAMP_SD, PHOTO_SD, FLUSH_SD = 0.45, 0.5, 0.35
REPORT_SEED, TUNING_SEED = 20_260_611, 7
CLASSES = ("normal", "slow", "prolonged", "stuck", "rebound")

Course = Callable[[float], float]


@dataclass(frozen=True)
class Simulated:
    """One simulated patient: the series, and from which photograph a rise of 2.5 a* could be seen (rebound only)."""

    series: Series
    rise_day: float | None = None


def course(rng: np.random.Generator, level: float, day: float) -> Course:
    """A falling course from 1 at day 0 that comes down to ``level`` on ``day``, of a random shape."""
    kind = rng.choice(["exponential", "straight", "plateau", "two-phase"])
    if kind == "exponential":
        return lambda t: float(level ** (t / day))
    if kind == "straight":
        return lambda t: max(0.0, 1.0 - (1.0 - level) * t / day)
    if kind == "plateau":
        flat = rng.uniform(0.2, 0.4) * day
        return lambda t: 1.0 if t < flat else float(level ** ((t - flat) / (day - flat)))
    fast, ratio = rng.uniform(0.5, 0.7), rng.uniform(3.0, 5.0)

    def two(x: float) -> float:
        return float(fast * 2.0**-x + (1.0 - fast) * 2.0 ** (-x / ratio))

    low, high = 0.0, 200.0
    for _ in range(60):
        low, high = ((low + high) / 2, high) if two((low + high) / 2) > level else (low, (low + high) / 2)
    return lambda t: two(t / day * high)


def patient(rng: np.random.Generator, kind: str, number: int) -> Simulated:
    """One patient of a class of ``CLASSES``: 1 to 3 photographs before, days 0 to 14 with one in five missing."""
    peak = rng.uniform(2.0, 9.0)
    rise_day = None
    if kind == "normal":
        residual = course(rng, 0.1, rng.uniform(0.5, 7.0))
    elif kind == "slow":
        residual = course(rng, 0.1, rng.uniform(8.0, 12.0))
    elif kind == "prolonged":
        residual = course(rng, 0.5, rng.uniform(9.0, 20.0))
    elif kind == "stuck":
        rest, speed = rng.uniform(0.55, 0.95), rng.uniform(0.3, 3.0)

        def residual(t: float) -> float:
            return float(rest + (1.0 - rest) * 2.0 ** (-t / speed))

    else:
        fall = course(rng, 0.1, rng.uniform(1.0, 5.0))
        start, rise, lasts = rng.uniform(3.0, 9.0), rng.uniform(2.5, 5.0), rng.uniform(3.0, 20.0)
        while fall(start) > 0.5:  # a second rise comes after improvement
            start = rng.uniform(3.0, 9.0)
        rise_day = start

        def residual(t: float) -> float:
            return fall(t) + (rise / peak * 2.0 ** (-(t - start) / lasts) if t >= start else 0.0)

    before = np.sort(rng.uniform(-4.0, -0.05, size=int(rng.integers(1, 4))))
    after = np.arange(15) + rng.uniform(0.05, 0.6, size=15)
    kept = rng.random(15) >= 0.2
    days = np.concatenate([before, after[kept]])
    truth = np.array([0.0 if t < 0 else peak * residual(float(t)) for t in days])
    runs = np.cumsum(rng.random(len(days)) < 1 / 3)
    lamp = rng.normal(0, LAMP_SD, size=runs.max() + 1)[runs]
    a = 12.0 + truth + lamp + rng.normal(0, PHOTO_SD, len(days)) + rng.normal(0, FLUSH_SD, len(days))
    se = float(np.hypot(LAMP_SD, PHOTO_SD))
    observations = tuple(
        Observation(f"{i:02d}.jpg", TREATED_AT + timedelta(days=float(t)), {"face": RegionColour(float(x), se)})
        for i, (t, x) in enumerate(zip(days, a, strict=True))
    )
    return Simulated(Series(f"{kind}-{number}", Treatment(TREATED_AT), observations), rise_day)


def cohort(kind: str, patients: int, seed: int) -> list[Simulated]:
    rng = np.random.default_rng([seed, CLASSES.index(kind)])
    return [patient(rng, kind, number) for number in range(patients)]


@dataclass(frozen=True)
class Rates:
    """Shares of one class: a flag of that severity at any time, the status at the end, and rebounds by photograph."""

    outside_ever: float
    watch_ever: float
    outside_end: float
    watch_end: float
    within_end: float
    second_photo: float | None


def rates(patients: list[Simulated]) -> Rates:
    """Judge every patient and count."""
    documents = [judge(one.series).to_json() for one in patients]
    flags = [document["verdict"]["flags"] for document in documents]
    end = [document["verdict"]["status"] for document in documents]
    risen = [one for one in patients if one.rise_day is not None]
    seen = [_seen_by_second(one) for one in risen]
    known = [one for one in seen if one is not None]
    return Rates(
        outside_ever=_share(any(flag["severity"] == "outside" for flag in one) for one in flags),
        watch_ever=_share(bool(one) for one in flags),
        outside_end=_share(status == "outside" for status in end),
        watch_end=_share(status == "watch" for status in end),
        within_end=_share(status == "within" for status in end),
        second_photo=_share(known) if known else None,
    )


def _seen_by_second(one: Simulated) -> bool | None:
    """Whether the series that ends with the second photograph of the rise has a rebound; None where there is none."""
    days = [one.series.day_of(observation) for observation in one.series.observations]
    after = [row for row, day in enumerate(days) if one.rise_day is not None and day >= one.rise_day]
    if len(after) < 2:
        return None
    known = one.series.observations[: after[1] + 1]
    flags = judge(Series(one.series.patient, one.series.treatment, known)).verdict.flags
    return any(flag.code == "rebound" for flag in flags)


def _share(values: Any) -> float:
    listed = [bool(value) for value in values]
    return sum(listed) / len(listed)


def main(arguments: list[str]) -> None:
    patients = int(arguments[0]) if arguments else 500
    seed = int(arguments[1]) if len(arguments) > 1 else REPORT_SEED
    print(f"{patients} patients a class, seed {seed}; shares in per cent")
    print(f"{'class':<12}{'outside':>9}{'flagged':>9}{'outside':>9}{'watch':>9}{'within':>9}{'2nd photo':>11}")
    print(f"{'':<12}{'ever':>9}{'ever':>9}{'end':>9}{'end':>9}{'end':>9}")
    for kind in CLASSES:
        made = cohort(kind, patients, seed)
        started = time.perf_counter()
        found = rates(made)
        each = 1000 * (time.perf_counter() - started) / patients
        row = (found.outside_ever, found.watch_ever, found.outside_end, found.watch_end, found.within_end)
        second = f"{100 * found.second_photo:>11.1f}" if found.second_photo is not None else f"{'':>11}"
        print(f"{kind:<12}" + "".join(f"{100 * one:>9.1f}" for one in row) + second + f"   {each:.1f} ms each")


if __name__ == "__main__":
    main(sys.argv[1:])
