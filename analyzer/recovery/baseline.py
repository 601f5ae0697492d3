"""The skin's own redness before treatment: what every later photograph is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzer.recovery.noise import Floats, Track


@dataclass(frozen=True)
class RegionBaseline:
    """Mean a* of one region before treatment, and its standard error with lamp, photograph and skin in it."""

    a: float
    a_se: float
    photos: int


def estimate_baseline(track: Track) -> RegionBaseline | None:
    """The mean of every photograph before treatment, weighted by what each adds; None without one.

    The weights are the generalised least-squares ones, so that three photographs under one lamp do not
    count as three independent ones.
    """
    before = track.days < 0
    if not before.any():
        return None
    weights, variance = _weights(track.errors[np.ix_(before, before)])
    return RegionBaseline(float(weights @ track.a[before]), float(np.sqrt(variance)), int(before.sum()))


def delta_errors(track: Track) -> Floats:
    """Standard error (n,) of a* minus the baseline, for every row; what a lamp shares with it cancels.

    Rows without any baseline in the track get NaN.
    """
    before = track.days < 0
    if not before.any():
        return np.full(len(track), np.nan)
    matrix = track.errors
    weights, variance = _weights(matrix[np.ix_(before, before)])
    cross = matrix[:, before] @ weights
    spread: Floats = np.sqrt(np.maximum(np.diag(matrix) + variance - 2.0 * cross, 1e-6))
    return spread


def _weights(matrix: Floats) -> tuple[Floats, float]:
    raw: Floats = np.asarray(np.linalg.solve(matrix, np.ones(len(matrix))), dtype=np.float64)
    total = float(raw.sum())
    if total <= 0:  # cannot happen with a positive definite matrix, save by rounding
        return np.full(len(matrix), 1.0 / len(matrix)), float(matrix.mean())
    weights: Floats = raw / total
    return weights, 1.0 / total
