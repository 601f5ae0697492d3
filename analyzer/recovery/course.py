"""Everything known of one region's course: which photographs count, baseline, curve, and each photograph's place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analyzer.recovery.band import Band
from analyzer.recovery.baseline import RegionBaseline, delta_errors, estimate_baseline
from analyzer.recovery.curve import CLEAR, MEASURABLE_Z, Curve, fit_curve, tame_odd
from analyzer.recovery.evidence import Slowness, slowness
from analyzer.recovery.noise import Floats, Track, bounded_se
from analyzer.recovery.results import Status
from analyzer.series import Observation, Series

PEAK_SEEN_BY_DAY = 1.0  # without a photograph in the first day the peak is unknown, by contract
START_SEEN_BY_DAY = 2.0  # enough to know roughly how red it was
ONE_SIDED_95 = 1.645
LIMIT_A = 200.0  # no CIELAB a* of anything lies beyond; a reading that does is not one


@dataclass(frozen=True)
class Course:
    """One region of one patient. ``track`` has every bare-skin photograph, ``evidence`` only those with a card."""

    region: str
    band: Band
    track: Track
    evidence: Track
    tamed_track: Track  # the same two with single wild photographs given a large error
    tamed: Track
    odd: tuple[int, ...]  # observations that fit nothing else

    @cached_property
    def baseline(self) -> RegionBaseline | None:
        return estimate_baseline(self.evidence) or estimate_baseline(self.track)

    @cached_property
    def curve(self) -> Curve | None:
        return fit_curve(self.tamed_track, self.band)

    @property
    def peak_seen(self) -> bool:
        return bool(((self.track.days >= 0) & (self.track.days <= PEAK_SEEN_BY_DAY)).any())

    @property
    def start_seen(self) -> bool:
        """Whether the size of the peak can be told at all: a photograph before, and one soon after."""
        soon = (self.evidence.days >= 0) & (self.evidence.days <= START_SEEN_BY_DAY)
        return self.baseline is not None and bool(soon.any())

    @cached_property
    def slow(self) -> Slowness:
        """How slow the course is, with each photograph of ``evidence``."""
        return slowness(self.tamed, self.band)

    @cached_property
    def measurable(self) -> bool:
        """Whether redness ever rose above the noise, as a usual course or as one that stays."""
        if self.curve is None or len(self.track) < 2:
            return False
        return self.curve.measurable or (len(self.after) >= 2 and bool(self.slow.peak_z[-1] >= MEASURABLE_Z))

    @property
    def peak(self) -> float | None:
        """The largest redness above the baseline, None where no photograph of the first day or no baseline shows it."""
        known = self.peak_seen and self.baseline is not None and self.measurable
        return self.curve.peak if known and self.curve is not None else None

    @cached_property
    def after(self) -> NDArray[np.int_]:
        """Rows of ``evidence`` after the treatment."""
        return np.flatnonzero(self.evidence.days >= 0)

    @cached_property
    def delta_se(self) -> Floats:
        """Standard errors (n,) of a* minus baseline of every row of ``track``."""
        return delta_errors(self.track)

    def delta(self, a: float) -> float | None:
        return None if self.baseline is None else a - self.baseline.a

    def residual(self, a: float, delta_se: float) -> tuple[float, float] | None:
        """The share of the peak that is left, and its standard error with the peak's in it."""
        delta, peak = self.delta(a), self.peak
        if delta is None or peak is None or self.curve is None:
            return None
        residual = delta / peak
        return residual, math.hypot(delta_se, residual * self.curve.peak_se) / peak

    def inside(self, row: int) -> bool:
        """Whether a row of ``evidence`` lies inside the band by its own reading: what closes a flag."""
        day, a = float(self.evidence.days[row]), float(self.evidence.a[row])
        delta = self.delta(a)
        if delta is None or self.curve is None:
            return False
        if not self.measurable:
            return delta <= 1.0
        return delta <= self.curve.peak * max(self.band.slow(day), CLEAR)

    def status(self, day: float, a: float, delta_se: float) -> Status:
        """The place of one photograph alone: clearly above a limit, or inside. No verdict rests on it alone."""
        if day < 0:
            return "within"
        delta, share = self.delta(a), self.residual(a, delta_se)
        if delta is None:
            return "insufficient"
        if share is None:
            unremarkable = delta - ONE_SIDED_95 * delta_se <= 0 or not self.measurable
            return "within" if unremarkable else "insufficient"
        at_least = share[0] - ONE_SIDED_95 * share[1]
        if at_least > self.band.slowest(day):
            return "outside"
        return "watch" if at_least > self.band.slow(day) else "within"


def build_course(series: Series, order: tuple[Observation, ...], region: str, band: Band) -> Course:
    """The course of one region from the observations in ``order`` (of time)."""
    track = _track(series, order, region, cards_only=False)
    evidence = _track(series, order, region, cards_only=True)
    tamed, odd_rows = tame_odd(evidence)
    tamed_track = tamed if len(evidence) == len(track) else tame_odd(track)[0]
    return Course(region, band, track, evidence, tamed_track, tamed, tuple(evidence.index[row] for row in odd_rows))


def counts(observation: Observation, region: str) -> bool:
    """Whether this photograph says something of the region's bare skin."""
    colour = observation.regions.get(region)
    readable = colour is not None and math.isfinite(colour.a) and abs(colour.a) <= LIMIT_A
    return observation.usable and observation.bare_skin and readable


def _track(series: Series, order: tuple[Observation, ...], region: str, cards_only: bool) -> Track:
    kept = [
        (index, one) for index, one in enumerate(order) if counts(one, region) and (one.calibrated or not cards_only)
    ]
    return Track(
        np.array([series.day_of(one) for _, one in kept], dtype=float),
        np.array([one.regions[region].a for _, one in kept], dtype=float),
        np.array([bounded_se(one.regions[region].a_se, one.calibrated) for _, one in kept], dtype=float),
        tuple(one.lamp for _, one in kept),
        tuple(index for index, _ in kept),
    )
