"""How wrong a* of a photograph can be, and how errors of several photographs hang together.

Three parts: what is shared under one lamp (calibration and light), what is each photograph's own, and the skin's own
change from day to day (warmth, exercise, time of day). The numbers are priors of ours: no published day-to-day SD of
facial a* was found, and 0.35 is what contact instruments leave on faces.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FLUSH_SD = 0.35  # a*, the skin's own change between days
FLUSH_DAYS = 0.35  # photographs further apart than this see different skin
SHARED_SHARE = 0.45  # of a photograph's error variance, shared with its neighbours in time (lamp, calibration)
LIGHT_KEPT = 0.72  # chance that the next photograph is taken in the light of the one before, where no lamp is named
ONE_SITTING_DAYS = 0.1  # photographs so close in time are taken in one light
LIGHT_DAYS = 30.0  # and nobody's light stays the same for much longer
SAME_LAMP = 0.5  # of the shared part, kept at any distance under a lamp of the same name
CARD_SE = 0.7  # a*, where a reading carries no error of its own
NO_CARD_SE = 2.5
# What exercise, heat, alcohol or cold shortly before may add: no published figure was found, so a prior, a flush of
# some 4 a*. Two such photographs carry no warning below a rise of about 7; a larger or longer one is more than a flush.
EXPOSED_SE = 4.0
APART_DAYS = 1.0 / 24.0  # photographs closer than this are one moment, not two witnesses
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

    @cached_property
    def errors(self) -> Floats:
        """Covariance (n, n) of the errors of the rows."""
        return covariance(self.days, self.se, self.lamps)

    @cached_property
    def white(self) -> Floats:
        """The inverse Cholesky factor (n, n) of the errors; its leading blocks whiten every prefix."""
        return np.linalg.inv(np.linalg.cholesky(self.errors))

    def rows(self, keep: NDArray[np.bool_]) -> Track:
        """The track of the rows where ``keep`` is true."""
        kept = [i for i in range(len(self)) if keep[i]]
        return Track(
            self.days[keep], self.a[keep], self.se[keep],
            tuple(self.lamps[i] for i in kept), tuple(self.index[i] for i in kept),
        )  # fmt: skip


def bounded_se(a_se: float | None, calibrated: bool, exposed: bool = False) -> float:
    """The standard error to work with: the reading's own, or a prior where it has none; larger for stirred skin."""
    known = a_se is not None and math.isfinite(a_se)
    se = float(a_se) if known and a_se is not None else CARD_SE if calibrated else NO_CARD_SE
    low, high = SE_LIMITS
    return min(max(math.hypot(se, EXPOSED_SE) if exposed else se, low), high)


def covariance(days: Floats, se: Floats, lamps: Sequence[str | None]) -> Floats:
    """Covariance (n, n) of the errors of a* of n photographs; positive definite."""
    apart = np.abs(days[:, None] - days[None, :])
    fading = _light_kept(days)
    same = np.array([[one == other for other in lamps] for one in lamps], dtype=float)
    named = np.array([name is not None for name in lamps], dtype=float)
    kept = SAME_LAMP * np.outer(named, named)
    shared = same * (kept + (1.0 - kept) * fading)
    matrix: Floats = SHARED_SHARE * np.outer(se, se) * shared
    matrix += FLUSH_SD**2 * np.exp(-apart / FLUSH_DAYS)
    matrix[np.diag_indices_from(matrix)] += (1.0 - SHARED_SHARE) * se**2
    return matrix


def _light_kept(days: Floats) -> Floats:
    """Chance (n, n) that the light has not changed between two photographs; ``days`` in order.

    A chain from photograph to photograph: people change the place when they take one, not while time goes by.
    """
    gaps = np.diff(days)
    kept = LIGHT_KEPT + (1.0 - LIGHT_KEPT) * np.exp(-gaps / ONE_SITTING_DAYS)
    changes = np.concatenate([[0.0], np.cumsum(gaps / LIGHT_DAYS - np.log(kept))])
    chance: Floats = np.exp(-np.abs(changes[:, None] - changes[None, :]))
    return chance
