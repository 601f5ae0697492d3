"""One region in one photograph, and its whole curve, as the numbers that leave the program."""

from __future__ import annotations

import math
from functools import lru_cache

from analyzer.recovery.band import Band
from analyzer.recovery.course import Course, counts
from analyzer.recovery.noise import FLUSH_SD, bounded_se
from analyzer.recovery.results import RegionCurve, RegionPoint
from analyzer.series import Observation

LONGEST_INTERVAL = 99.0  # of the peak: an interval wider than this says no more


def delta_error(course: Course, index: int, day: float, one: Observation) -> float:
    """Standard error of a* minus baseline of one observation; also of one that is shown and not judged."""
    colour = one.regions[course.region]
    if counts(one, course.region):
        return float(course.delta_se[course.row_of(index, day, colour.a)])
    base = course.baseline.a_se if course.baseline is not None else 0.0
    return math.hypot(bounded_se(colour.a_se, one.calibrated, bool(one.exposed)), FLUSH_SD, base)


def region_point(course: Course, day: float, a: float, delta_se: float) -> RegionPoint:
    """The region on that day: change since the baseline, share of the peak, and what the band expects."""
    delta = course.delta(a)
    if day < 0:
        known = delta is not None and math.isfinite(delta_se)
        return RegionPoint(
            round(a, 3), round(delta, 3) if delta is not None else None, round(delta_se, 3) if known else None
        )
    expected = _expected(course.band, day)
    if delta is None:
        return RegionPoint(round(a, 3), expected_residual=expected)
    share = course.residual(a, delta_se)
    if share is None:
        return RegionPoint(round(a, 3), round(delta, 3), round(delta_se, 3), expected_residual=expected)
    residual, se = share
    low, high = (min(max(residual + z * se, -LONGEST_INTERVAL), LONGEST_INTERVAL) for z in (-1.96, 1.96))
    return RegionPoint(
        round(a, 3), round(delta, 3), round(delta_se, 3), round(residual, 4), (round(low, 4), round(high, 4)),
        expected, round(course.band.centile(day, residual), 1),
    )  # fmt: skip


def region_curve(course: Course) -> RegionCurve:
    """Peak and speed of the region's recovery; None throughout where redness never rose above the noise."""
    curve = course.curve
    if curve is None or not course.measurable:
        return RegionCurve(None, None, None, None, None)
    peak = course.peak
    low, high = curve.half_life_ci95
    return RegionCurve(
        round(peak, 3) if peak is not None else None,
        round(curve.peak_se, 3) if peak is not None else None,
        round(curve.half_life_days, 3),
        (round(low, 3), round(high, 3)),
        round(curve.clear_day, 2),
    )


@lru_cache(maxsize=512)
def _expected(band: Band, day: float) -> dict[str, float]:
    return {f"p{centile}": round(band.quantile(day, centile / 100), 4) for centile in (5, 50, 95)}
