"""How wrong a* of a photograph can be, and how errors of several photographs hang together.

Three parts: what is shared under one lamp (calibration and light), what is each photograph's own, and the skin's own
change from day to day (warmth, exercise, time of day). The numbers are priors of ours: no published day-to-day SD of
facial a* was found, and 0.35 is what contact instruments leave on faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FLUSH_SD = 0.35  # a*, the skin's own change between days
FLUSH_DAYS = 0.35  # photographs further apart than this see different skin
SHARED_SHARE = 0.45  # of a photograph's error variance, shared with its neighbours in time (lamp, calibration)
SHARED_DAYS = 1.5  # how far in time it is shared where the lamp is not known to be the same
SAME_LAMP = 0.5  # of the shared part, kept at any distance under a lamp of the same name
CARD_SE = 0.7  # a*, where a reading carries no error of its own
NO_CARD_SE = 2.5
SE_LIMITS = (0.05, 30.0)


@dataclass(frozen=True)
class Track:
    """One region through time, in order: ``days`` since treatment, ``a``, ``se`` (all shape (n,)) and lamp names."""

    days: Floats
    a: Floats
    se: Floats
    lamps: tuple[str | None, ...]
    index: tuple[int, ...]  # which observation of the series each row is

    def __len__(self) -> int:
        return len(self.index)

    def rows(self, keep: NDArray[np.bool_]) -> Track:
        """The track of the rows where ``keep`` is true."""
        kept = [i for i in range(len(self)) if keep[i]]
        return Track(
            self.days[keep], self.a[keep], self.se[keep],
            tuple(self.lamps[i] for i in kept), tuple(self.index[i] for i in kept),
        )  # fmt: skip


def bounded_se(a_se: float | None, calibrated: bool) -> float:
    """The standard error to work with: the reading's own, or a prior where it has none."""
    if a_se is None or not np.isfinite(a_se):
        return CARD_SE if calibrated else NO_CARD_SE
    return float(np.clip(a_se, *SE_LIMITS))


def covariance(days: Floats, se: Floats, lamps: Sequence[str | None]) -> Floats:
    """Covariance (n, n) of the errors of a* of n photographs; positive definite."""
    apart = np.abs(days[:, None] - days[None, :])
    fading = np.exp(-apart / SHARED_DAYS)
    same = np.array([[one == other for other in lamps] for one in lamps], dtype=float)
    named = np.array([name is not None for name in lamps], dtype=float)
    kept = SAME_LAMP * np.outer(named, named)
    shared = same * (kept + (1.0 - kept) * fading)
    matrix: Floats = SHARED_SHARE * np.outer(se, se) * shared
    matrix += FLUSH_SD**2 * np.exp(-apart / FLUSH_DAYS)
    matrix[np.diag_indices_from(matrix)] += (1.0 - SHARED_SHARE) * se**2
    return matrix
