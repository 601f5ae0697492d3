"""This patient's recovery: baseline, peak and speed together, from few, noisy and irregular photographs.

A photograph shows ``baseline + peak * r(day)`` plus the errors of :mod:`analyzer.recovery.noise`. Given r, the rest is
linear and Gaussian and is integrated out exactly; r itself runs over a grid of shapes. So every answer is a posterior
over the grid, for every prefix of the series at once (what was known with each new photograph).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analyzer.recovery.band import Band
from analyzer.recovery.noise import Floats, Track, covariance

BASELINE_PRIOR_SD = 15.0  # a*, about the mean of the series: wide, so that photographs decide
PEAK_PRIOR_SD = 8.0  # a*, half-normal: a sunburn is 5 to 15
ODD_Z = 3.2  # a photograph further than this from what all the others say is odd
PRIOR_DF = 4.0  # Student's t about the band, so that a course no document knows is not argued away
MEASURABLE_Z = 1.5  # standard errors of the peak above zero
CLEAR = 0.05  # residual at which a recovery counts as clear

# Shapes for the question "how slow": the residual is c + (1 - c) * 0.1 ** ((day / T) ** k). k below 1 is a fast start
# with a tail, k above 1 a plateau and then a fall; c above 0 levels off and stays. The prior over log T is flat:
# evidence, not expectation.
SLOWNESS_DAYS = np.geomspace(0.25, 90.0, 30)
STEEPNESS = {0.7: 0.2, 1.0: 0.4, 1.6: 0.25, 2.6: 0.15}  # k and its prior weight
LEVELLING_DAYS = np.geomspace(0.5, 12.0, 6)
LEVELS = (0.3, 0.55, 0.7, 0.85)
LEVELLING_SHARE = 0.15  # of the prior
HALF_LIVES = np.geomspace(0.04, 40.0, 90)  # days, for the plain half-life


@dataclass(frozen=True)
class Grid:
    """Posterior over m shapes for each of n prefixes: ``weights`` (n, m) sum to 1, ``peak`` and ``peak_sd`` (n, m)."""

    residuals: Floats  # (n, m): r at each photograph's day
    weights: Floats
    peak: Floats
    peak_sd: Floats


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


@dataclass(frozen=True)
class Shapes:
    """The grid of courses: parameters and prior weight, each (m,)."""

    T: Floats
    k: Floats
    c: Floats
    prior: Floats

    def residuals(self, days: Floats) -> Floats:
        """Residual of every shape at every day: (n, m); 0 before treatment."""
        after = np.maximum(days, 0.0)[:, None]
        falling = self.c + (1.0 - self.c) * 10.0 ** -((after / self.T) ** self.k)
        values: Floats = np.where(days[:, None] < 0, 0.0, falling)
        return values


@cache
def shapes() -> Shapes:
    """Every course that is weighed for the question how slow this one is."""
    falling = [(T, k, 0.0, weight / len(SLOWNESS_DAYS)) for T in SLOWNESS_DAYS for k, weight in STEEPNESS.items()]
    cells = len(LEVELLING_DAYS) * len(LEVELS)
    levelling = [(T, 1.0, c, 1.0 / cells) for T in LEVELLING_DAYS for c in LEVELS]
    rows = np.array(falling + levelling)
    share = np.r_[np.full(len(falling), 1.0 - LEVELLING_SHARE), np.full(len(levelling), LEVELLING_SHARE)]
    return Shapes(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] * share)


def whitener(track: Track) -> Floats:
    """The inverse Cholesky factor (n, n) of the track's errors; its leading blocks whiten every prefix."""
    matrix = covariance(track.days, track.se, track.lamps)
    return np.linalg.inv(np.linalg.cholesky(matrix))


def prefix_posterior(track: Track, residuals: Floats, prior: Floats, white: Floats) -> Grid:
    """Posterior over shapes for every prefix of the track, baseline and peak integrated out.

    ``residuals`` is (n, m), ``prior`` (m,); the peak is kept positive.
    """
    from scipy.special import log_ndtr

    y = white @ (track.a - track.a.mean())
    one = white.sum(axis=1)
    r = white @ residuals
    syy, s1y, s11 = np.cumsum(y * y)[:, None], np.cumsum(one * y)[:, None], np.cumsum(one * one)[:, None]
    sry, s1r, srr = (np.cumsum(part, axis=0) for part in (r * y[:, None], r * one[:, None], r * r))
    p11, prr = s11 + BASELINE_PRIOR_SD**-2.0, srr + PEAK_PRIOR_SD**-2.0
    determinant = p11 * prr - s1r**2
    peak = (p11 * sry - s1r * s1y) / determinant
    base = (prr * s1y - s1r * sry) / determinant
    peak_sd = np.sqrt(p11 / determinant)
    quadratic = syy - base * s1y - peak * sry
    log_weight = -0.5 * quadratic - 0.5 * np.log(determinant) + log_ndtr(peak / peak_sd) + np.log(prior)
    log_weight -= log_weight.max(axis=1, keepdims=True)
    weights = np.exp(log_weight)
    weights /= weights.sum(axis=1, keepdims=True)
    return Grid(residuals, weights, peak, peak_sd)


def slowness_posterior(track: Track, white: Floats) -> Grid:
    """:func:`prefix_posterior` over the grid of shapes, with the flat prior."""
    return prefix_posterior(track, shapes().residuals(track.days), shapes().prior, white)


def fit_curve(track: Track, band: Band) -> Curve | None:
    """Peak and half-life with the documents' band as the prior of the half-life; None without a photograph after.

    Without a photograph before treatment the baseline is only what the fall levels off to: the intervals are wide then.
    """
    if not (track.days >= 0).any():
        return None
    residuals: Floats = np.where(
        track.days[:, None] < 0, 0.0, 2.0 ** -(np.maximum(track.days, 0.0)[:, None] / HALF_LIVES)
    )
    centred = np.log(HALF_LIVES * 24.0 / band.median_h) / band.sigma
    prior = (1.0 + centred**2 / PRIOR_DF) ** (-0.5 * (PRIOR_DF + 1.0))
    grid = prefix_posterior(track, residuals, prior / prior.sum(), whitener(track))
    weights = grid.weights[-1]
    low, middle, high = (float(one) for one in _quantiles(weights, (0.025, 0.5, 0.975)))
    mean, spread = _positive_moments(grid.peak[-1], grid.peak_sd[-1])
    peak = float(weights @ mean)
    peak_se = float(np.sqrt(weights @ (spread**2 + (mean - peak) ** 2)))
    return Curve(peak, peak_se, middle, (low, high), _measurable(track, grid))


def tame_odd(track: Track) -> tuple[Track, tuple[int, ...]]:
    """Give single wild photographs an error as large as their distance from what all the others say.

    Returns the track and the rows concerned, in order. A photograph whose neighbour deviates the same way is left as it
    is: two that agree are evidence, one alone is a question.
    """
    odd: list[int] = []
    after = int((track.days >= 0).sum())
    for _ in range(max(1, len(track) // 6)):
        if len(track) < 5 or after < 3:
            break
        z, distance = left_out(track)
        candidates = [
            row for row in np.argsort(-np.abs(z))[:2] if abs(z[row]) > ODD_Z and row not in odd and _alone(z, int(row))
        ]
        if not candidates:
            break
        row = int(candidates[0])
        odd.append(row)
        se = track.se.copy()
        se[row] = np.hypot(se[row], abs(distance[row]))
        track = Track(track.days, track.a, se, track.lamps, track.index)
    return track, tuple(sorted(odd))


def _alone(z: Floats, row: int) -> bool:
    neighbours = [z[i] for i in (row - 1, row + 1) if 0 <= i < len(z)]
    return not any(one * np.sign(z[row]) > 1.0 for one in neighbours)


def left_out(track: Track) -> tuple[Floats, Floats]:
    """For each row: its distance from what the other rows predict, in SD and in a*, under the best shape."""
    grid = slowness_posterior(track, whitener(track))
    best = int(np.argmax(grid.weights[-1]))
    r = grid.residuals[:, best]
    matrix = covariance(track.days, track.se, track.lamps)
    matrix = matrix + BASELINE_PRIOR_SD**2 + PEAK_PRIOR_SD**2 * np.outer(r, r)
    inverse = np.linalg.inv(matrix)
    precision = np.diag(inverse)
    distance = (inverse @ (track.a - track.a.mean())) / precision
    return distance * np.sqrt(precision), distance


def _measurable(track: Track, grid: Grid) -> bool:
    """Whether redness rose above the noise: the peak is clearly above zero under the likely courses."""
    weights = grid.weights[-1]
    return float(weights @ (grid.peak[-1] / grid.peak_sd[-1])) >= MEASURABLE_Z and len(track) >= 2


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
