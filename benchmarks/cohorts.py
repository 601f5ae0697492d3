"""Simulated patients with a known course, for the error rates of the verdict.

The courses are not the fitted model's: exponential, straight, a plateau and then a fall, or two-phase. Errors come in
runs of photographs under one lamp. *Normal* has 10 % of the peak left by day 0.5 to 7 (what most of at least one
document's claims allow), *slow* by day 8 to 12 (what some document still describes); *prolonged* has half the peak left
on day 9 or later, *stuck* never falls below half, *rebound* rises by 2.5 a* or more after improvement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from analyzer.series import Observation, RegionColour, Series
from analyzer.treatment import Treatment

TREATED_AT = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
LAMP_SD, PHOTO_SD, FLUSH_SD = 0.45, 0.5, 0.35
LAMP_CHANGES = 1 / 3  # with each photograph
BASELINE_A = 12.0
CLASSES = ("normal", "slow", "prolonged", "stuck", "rebound")

Course = Callable[[float], float]


@dataclass(frozen=True)
class Simulated:
    """One simulated patient. ``rise_day`` is when the rise began (rebound only)."""

    series: Series
    peak: float
    baseline_photos: int
    rise_day: float | None = None

    @property
    def days(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([self.series.day_of(one) for one in self.series.observations])

    @property
    def a(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([one.regions["face"].a for one in self.series.observations])


def falling(rng: np.random.Generator, level: float, day: float) -> Course:
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
    for _ in range(40):
        low, high = ((low + high) / 2, high) if two((low + high) / 2) > level else (low, (low + high) / 2)
    return lambda t: two(t / day * high)


def patient(rng: np.random.Generator, kind: str, number: int, shown: float = 1.0, error: float = 1.0) -> Simulated:
    """One patient of a class of ``CLASSES``: 1 to 3 photographs before, days 0 to 14 with one in five missing.

    ``shown`` scales every change of a* (darker skin shows less), ``error`` the errors of lamp and photograph.
    """
    peak = rng.uniform(2.0, 9.0)
    course = class_course(rng, kind)
    before = np.sort(rng.uniform(-4.0, -0.05, size=int(rng.integers(1, 4))))
    after = np.arange(15) + rng.uniform(0.05, 0.6, size=15)
    days = np.concatenate([before, after[rng.random(15) >= 0.2]])
    truth = shown * np.array([0.0 if t < 0 else peak * course.fall(float(t)) + course.rise(float(t)) for t in days])
    runs = np.cumsum(rng.random(len(days)) < LAMP_CHANGES)
    lamp = rng.normal(0, LAMP_SD, size=runs.max() + 1)[runs]
    a = BASELINE_A + truth + error * (lamp + rng.normal(0, PHOTO_SD, len(days))) + rng.normal(0, FLUSH_SD, len(days))
    se = error * float(np.hypot(LAMP_SD, PHOTO_SD))
    observations = tuple(
        Observation(f"{i:02d}.jpg", TREATED_AT + timedelta(days=float(t)), {"face": RegionColour(float(x), se)})
        for i, (t, x) in enumerate(zip(days, a, strict=True))
    )
    series = Series(f"{kind}-{number}", Treatment(TREATED_AT), observations)
    return Simulated(series, peak * shown, len(before), course.rise_day)


@dataclass(frozen=True)
class ClassCourse:
    """One true course: ``fall`` in shares of the peak, ``rise`` in a* on top of it, and the day the rise began."""

    fall: Course
    rise: Course = lambda _: 0.0
    rise_day: float | None = None


def class_course(rng: np.random.Generator, kind: str) -> ClassCourse:
    """A course of one class of ``CLASSES``."""
    if kind == "normal":
        return ClassCourse(falling(rng, 0.1, rng.uniform(0.5, 7.0)))
    if kind == "slow":
        return ClassCourse(falling(rng, 0.1, rng.uniform(8.0, 12.0)))
    if kind == "prolonged":
        return ClassCourse(falling(rng, 0.5, rng.uniform(9.0, 20.0)))
    if kind == "stuck":
        rest, speed = rng.uniform(0.55, 0.95), rng.uniform(0.3, 3.0)
        return ClassCourse(lambda t: float(rest + (1.0 - rest) * 2.0 ** (-t / speed)))
    fall = falling(rng, 0.1, rng.uniform(1.0, 5.0))
    start, size, lasts = rng.uniform(3.0, 9.0), rng.uniform(2.5, 5.0), rng.uniform(3.0, 20.0)
    while fall(start) > 0.5:  # a second rise comes after improvement
        start = rng.uniform(3.0, 9.0)
    return ClassCourse(fall, lambda t: float(size * 2.0 ** (-(t - start) / lasts)) if t >= start else 0.0, start)


def cohort(kind: str, patients: int, seed: int, shown: float = 1.0, error: float = 1.0) -> list[Simulated]:
    """Patients of one class; another seed, another cohort."""
    rng = np.random.default_rng([seed, CLASSES.index(kind)])
    return [patient(rng, kind, number, shown, error) for number in range(patients)]
