"""Everything known of one region's course: which photographs count, baseline, curve, and each photograph's place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analyzer.recovery.band import HALF_ON_DAY, Band
from analyzer.recovery.baseline import RegionBaseline, delta_errors, estimate_baseline
from analyzer.recovery.curve import CLEAR, MEASURABLE_Z, Curve, fit_curve
from analyzer.recovery.noise import Floats, Track, bounded_se
from analyzer.recovery.odd import Odd, tamed, weigh_without_odd
from analyzer.recovery.results import Status
from analyzer.recovery.weighing import Weighed
from analyzer.series import Observation, Series

PEAK_SEEN_BY_DAY = 1.0  # without a photograph in the first day the peak is unknown, by contract
START_SEEN_BY_DAY = 2.0  # enough to know roughly how red it was
ONE_SIDED_95 = 1.645
INSIDE_Z = 0.5  # standard errors by which a photograph may lie above the band and still help to close a flag
UNMEASURABLE_A = 1.0  # a* above the baseline, where there was no peak to have a share of
STANDS_OUT_A, STANDS_OUT_SHARE = 1.8, 0.35
LIMIT_A = 200.0  # no CIELAB a* of anything lies beyond; a reading that does is not one


@dataclass(frozen=True)
class Course:
    """One region of one patient. ``track`` has every bare-skin photograph, ``evidence`` only those with a card.

    Every row of ``weighed`` rests on the photographs up to it alone, so that no later one rewrites what was said.
    """

    region: str
    band: Band
    track: Track
    evidence: Track
    main: Course | None = None  # the course that carries the verdict; None for itself

    @cached_property
    def baseline(self) -> RegionBaseline | None:
        return estimate_baseline(self.evidence) or estimate_baseline(self.track)

    @cached_property
    def _weighed_and_odd(self) -> tuple[Weighed, Odd]:
        return weigh_without_odd(self.evidence, self.band)

    @property
    def weighed(self) -> Weighed:
        """What is known with each photograph of ``evidence``, odd ones kept out."""
        return self._weighed_and_odd[0]

    @property
    def odd(self) -> frozenset[int]:
        """The observations that fit nothing else, as known now; a region that follows the others has theirs."""
        if not len(self.evidence):
            return frozenset()
        if self.main is not None and not self.stands_out:
            return self.main.odd
        return frozenset(self.evidence.index[row] for row in self._weighed_and_odd[1])

    @cached_property
    def curve(self) -> Curve | None:
        odd = tuple(row for row, index in enumerate(self.track.index) if index in self.odd)
        return fit_curve(tamed(self.track, odd) if odd else self.track, self.band)

    @cached_property
    def peak_seen(self) -> bool:
        return bool(((self.track.days >= 0) & (self.track.days <= PEAK_SEEN_BY_DAY)).any())

    @cached_property
    def start_seen(self) -> bool:
        """Whether the size of the peak can be told at all: a photograph before, and one soon after."""
        soon = (self.evidence.days >= 0) & (self.evidence.days <= START_SEEN_BY_DAY)
        return self.baseline is not None and bool(soon.any())

    @cached_property
    def stands_out(self) -> bool:
        """Whether two photographs in a row lie so high that a flag is possible at all: a quick look, to save time.

        Above what two before them showed, or from day 7 on by a good part of the first days' redness.
        """
        if len(self.after) < 2:
            return False
        days, a = self.evidence.days[self.after], self.evidence.a[self.after]
        pairs = (a[1:] + a[:-1]) / 2.0
        risen = pairs - np.minimum.accumulate(pairs) >= STANDS_OUT_A
        base = self.baseline.a if self.baseline is not None else float(a.min())
        peak = float((a[days <= START_SEEN_BY_DAY] - base).max(initial=0.0)) or float(a.max() - base)
        left = (days[1:] >= HALF_ON_DAY) & (pairs - base >= max(STANDS_OUT_SHARE * peak, STANDS_OUT_A / 2.0))
        return bool(risen.any() or left.any())

    @cached_property
    def measurable(self) -> bool:
        """Whether redness ever rose above the noise, as a usual course or as one that stays."""
        if self.curve is None or len(self.track) < 2:
            return False
        if self.curve.measurable or len(self.after) < 2 or (self.main is not None and not self.stands_out):
            return self.curve.measurable
        return self.measurable_at(len(self.evidence) - 1)

    def measurable_at(self, row: int) -> bool:
        """The same, as known with a row of ``evidence``."""
        return bool(self.weighed.peak_z[row] >= MEASURABLE_Z)

    @cached_property
    def peak(self) -> float | None:
        """The largest redness above the baseline, None where no photograph of the first day or no baseline shows it."""
        known = self.peak_seen and self.baseline is not None and self.measurable
        return self.curve.peak if known and self.curve is not None else None

    @cached_property
    def after(self) -> NDArray[np.int_]:
        """Rows of ``evidence`` after the treatment."""
        return np.flatnonzero(self.evidence.days >= 0)

    @cached_property
    def _rows(self) -> dict[int, int]:
        return {index: row for row, index in enumerate(self.track.index)}

    def row_of(self, index: int, day: float, a: float) -> int:
        """The row of ``track`` that shows an observation: its own, or that of the picture it is a copy of."""
        if index in self._rows:
            return self._rows[index]
        return int(np.flatnonzero((self.track.days == day) & (self.track.a == a))[0])

    @cached_property
    def delta_se(self) -> Floats:
        """Standard errors (n,) of a* minus baseline of every row of ``track``."""
        return delta_errors(self.track)

    @cached_property
    def evidence_se(self) -> Floats:
        """The same for every row of ``evidence``; 0 where no photograph with a card is from before the treatment."""
        return np.nan_to_num(self.delta_se if self.evidence is self.track else delta_errors(self.evidence))

    def delta(self, a: float) -> float | None:
        return None if self.baseline is None else a - self.baseline.a

    def residual(self, a: float, delta_se: float) -> tuple[float, float] | None:
        """The share of the peak that is left, and its standard error with the peak's in it."""
        delta, peak = self.delta(a), self.peak
        if delta is None or peak is None or self.curve is None:
            return None
        residual = delta / peak
        return residual, math.hypot(delta_se, residual * self.curve.peak_se) / peak

    def inside(self, row: int, known_at: int) -> bool:
        """Whether a row of ``evidence`` lies inside the band by its own reading, as known with a later row.

        Half a standard error of doubt is allowed: this is what closes a flag.
        """
        delta = self.delta(float(self.evidence.a[row]))
        if delta is None:
            return False
        if not self.measurable_at(known_at):
            return delta <= UNMEASURABLE_A
        limit = float(self.weighed.peak[known_at]) * self._slow_edge[row]
        return delta <= limit + INSIDE_Z * float(self.evidence_se[row])

    @cached_property
    def _slow_edge(self) -> list[float]:
        return [max(self.band.slow(float(day)), CLEAR) for day in self.evidence.days]

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


def build_course(
    series: Series, order: tuple[Observation, ...], region: str, band: Band, main: Course | None = None
) -> Course:
    """The course of one region from the observations in ``order`` (of time), beside the ``main`` region's."""
    track = _track(series, order, region, cards_only=False)
    evidence = _track(series, order, region, cards_only=True)
    return Course(region, band, track, track if len(evidence) == len(track) else evidence, main)


def counts(observation: Observation, region: str) -> bool:
    """Whether this photograph says something of the region's bare skin."""
    colour = observation.regions.get(region)
    readable = colour is not None and math.isfinite(colour.a) and abs(colour.a) <= LIMIT_A
    return observation.usable and observation.bare_skin and readable


def _track(series: Series, order: tuple[Observation, ...], region: str, cards_only: bool) -> Track:
    """The rows of one region; a second copy of one picture is no second witness and is left out."""
    rows: dict[tuple[float, float, float, str | None], int] = {}
    for index, one in enumerate(order):
        if counts(one, region) and (one.calibrated or not cards_only):
            colour = one.regions[region]
            se = bounded_se(colour.a_se, one.calibrated, bool(one.exposed))
            rows.setdefault((series.day_of(one), colour.a, se, one.lamp), index)
    numbers = np.array([key[:3] for key in rows], dtype=float).reshape(-1, 3)
    return Track(numbers[:, 0], numbers[:, 1], numbers[:, 2], tuple(key[3] for key in rows), tuple(rows.values()))
