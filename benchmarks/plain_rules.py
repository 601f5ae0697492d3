"""The obvious rules for "outside", on the same simulated patients, to compare the verdict with.

All are given one advantage: they know the size of the errors exactly. A photograph's z is how far it stands above the
median of the expected band, in standard deviations of errors and people together; the peak is the largest change
of the first day and a half.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from cohorts import FLUSH_SD, LAMP_SD, PHOTO_SD, Simulated
from numpy.typing import NDArray

from analyzer.recovery.band import expected_band

Floats = NDArray[np.float64]
PHOTO_ERROR = float(np.sqrt(LAMP_SD**2 + PHOTO_SD**2 + FLUSH_SD**2))
FROM_DAY = 1.0  # before, everybody is red


def any_day(z: Floats) -> bool:
    """Any photograph above the 97.5th centile."""
    return bool((z > 1.96).any())


def two_in_a_row(z: Floats) -> bool:
    """Two photographs in a row above it."""
    return bool(((z[1:] > 1.96) & (z[:-1] > 1.96)).any())


def ewma(z: Floats, weight: float = 0.3, limit: float = 2.7) -> bool:
    """Exponentially weighted mean, with its exact variance."""
    mean, variance = 0.0, 0.0
    for one in z:
        mean = (1 - weight) * mean + weight * one
        variance = (1 - weight) ** 2 * variance + weight**2
        if mean > limit * variance**0.5:
            return True
    return False


def cusum(z: Floats, slack: float = 0.5, limit: float = 5.0) -> bool:
    """One-sided cumulative sum."""
    total = 0.0
    for one in z:
        total = max(0.0, total + one - slack)
        if total > limit:
            return True
    return False


RULES: dict[str, Callable[[Floats], bool]] = {
    "any day above P97.5": any_day,
    "two in a row above P97.5": two_in_a_row,
    "EWMA (0.3, 2.7)": ewma,
    "CUSUM (0.5, 5)": cusum,
}


def z_of(one: Simulated) -> Floats:
    """How far each photograph from day 1 on stands above the band's median."""
    days, a = one.days, one.a
    band = expected_band(one.series.treatment)
    delta = a - a[days < 0].mean()
    start = (days >= 0) & (days <= 1.5)
    peak = max(float(delta[start].max()) if start.any() else float(delta.max()), 0.5)
    late = days >= FROM_DAY
    middle = np.array([band.quantile(float(day), 0.5) for day in days[late]])
    people = np.array([band.quantile(float(day), 0.84) for day in days[late]]) - middle
    errors = PHOTO_ERROR * np.sqrt(1.0 + 1.0 / one.baseline_photos)
    return np.asarray((delta[late] - peak * middle) / np.hypot(errors, peak * people), dtype=np.float64)
