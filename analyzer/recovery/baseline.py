"""The skin's own redness before treatment: what every later photograph is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzer.recovery.noise import Floats, Track, covariance


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
    before = track.rows(track.days < 0)
    if len(before) == 0:
        return None
    weights, variance = _weights(before)
    return RegionBaseline(float(weights @ before.a), float(np.sqrt(variance)), len(before))


def delta_errors(track: Track) -> Floats:
    """Standard error (n,) of a* minus the baseline, for every row; what a lamp shares with it cancels.

    Rows without any baseline in the track get NaN.
    """
    before = track.days < 0
    if not before.any():
        return np.full(len(track), np.nan)
    weights, variance = _weights(track.rows(before))
    matrix = covariance(track.days, track.se, track.lamps)
    cross = matrix[:, before] @ weights
    spread: Floats = np.sqrt(np.maximum(np.diag(matrix) + variance - 2.0 * cross, 1e-6))
    return spread


def _weights(before: Track) -> tuple[Floats, float]:
    matrix = covariance(before.days, before.se, before.lamps)
    raw: Floats = np.asarray(np.linalg.solve(matrix, np.ones(len(before))), dtype=np.float64)
    total = float(raw.sum())
    if total <= 0:  # cannot happen with a positive definite matrix, save by rounding
        return np.full(len(before), 1.0 / len(before)), float(matrix.mean())
    weights: Floats = raw / total
    return weights, 1.0 / total
