"""This patient's recovery as one curve: baseline, peak and half-life together, from few and noisy photographs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer.recovery.band import Band
from analyzer.recovery.noise import Floats, Track
from analyzer.recovery.weighing import fit_prefixes

PRIOR_DF = 4.0  # Student's t about the band, so that a course no document knows is not argued away
MEASURABLE_Z = 1.5  # standard errors of the peak above zero
CLEAR = 0.05  # residual at which a recovery counts as clear
HALF_LIVES = np.geomspace(0.04, 40.0, 90)  # days


@dataclass(frozen=True)
class Curve:
    """The fitted course of one region. ``peak`` is its redness above baseline at the start, in a*.

    ``measurable`` is False where redness never rose above the noise: then nothing else means anything.
    """

    peak: float
    peak_se: float
    half_life_days: float
    half_life_ci95: tuple[float, float]
    measurable: bool

    @property
    def clear_day(self) -> float:
        return self.half_life_days * math.log2(1.0 / CLEAR)


def fit_curve(track: Track, band: Band) -> Curve | None:
    """Peak and half-life with the documents' band as the prior of the half-life; None without a photograph after.

    Without a photograph before treatment the baseline is only what the fall levels off to: the intervals are wide then.
    """
    if not (track.days >= 0).any():
        return None
    after = np.maximum(track.days, 0.0)[:, None]
    residuals: Floats = np.where(track.days[:, None] < 0, 0.0, 2.0 ** -(after / HALF_LIVES))
    centred = np.log(HALF_LIVES * 24.0 / band.median_h) / band.sigma
    log_prior = -0.5 * (PRIOR_DF + 1.0) * np.log1p(centred**2 / PRIOR_DF)
    fit = fit_prefixes(track, residuals)
    log_weight = fit.log_likelihood[-1] + log_prior
    weights = np.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    low, middle, high = (float(one) for one in _quantiles(weights, (0.025, 0.5, 0.975)))
    mean, spread = _positive_moments(fit.peak[-1], fit.peak_sd[-1])
    peak = float(weights @ mean)
    peak_se = float(np.sqrt(weights @ (spread**2 + (mean - peak) ** 2)))
    clearly = float(weights @ (fit.peak[-1] / fit.peak_sd[-1])) >= MEASURABLE_Z and len(track) >= 2
    return Curve(peak, peak_se, middle, (low, high), clearly)


def _positive_moments(mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Mean and SD of a normal cut at zero from below (its upper part is kept)."""
    from scipy.special import log_ndtr

    z = mean / sd
    hazard = np.exp(-0.5 * z**2 - 0.5 * math.log(2.0 * math.pi) - log_ndtr(z))
    variance = sd**2 * np.maximum(1.0 - hazard * (z + hazard), 1e-6)
    return mean + sd * hazard, np.sqrt(variance)


def _quantiles(weights: NDArray[np.float64], at: tuple[float, ...]) -> Floats:
    middle = np.cumsum(weights) - 0.5 * weights
    return np.exp(np.interp(at, middle, np.log(HALF_LIVES)))
