"""What the photographs say for and against each warning, with every new photograph: numbers, no verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer.recovery.band import HALF_ON_DAY, Band
from analyzer.recovery.claims import level
from analyzer.recovery.curve import (
    BASELINE_PRIOR_SD,
    PEAK_PRIOR_SD,
    Grid,
    shapes,
    slowness_posterior,
    whitener,
)
from analyzer.recovery.noise import Floats, Track

HALF_LEFT = 0.5  # of the peak, on day 7: a warning pattern by contract
NOT_FADED = 0.75  # residual that still counts as "has not begun to fade"
STEP_PRIOR_SD = 5.0  # a*, of a second rise
RISE_LOOKBACK = 3  # a rise may have begun with one of so many photographs before the latest
RISE_FROM_DAY = 1.5  # redness may still build up on the first day


@dataclass(frozen=True)
class Slowness:
    """Probability, with each photograph (n,), that the course is slower than the band, that it leaves half the peak on
    day 7, that more is left now than any claim describes, and that fading has not begun."""

    slow: Floats
    half_left: Floats
    outside: Floats
    not_fading: Floats
    residual: Floats  # the expected residual at that photograph
    residual_sd: Floats
    peak_z: Floats  # how clearly redness rose above the noise, in standard errors of the peak


@dataclass(frozen=True)
class Rise:
    """The second rise seen with each photograph (n,): its size, its error and its first photograph (-1: none)."""

    size: Floats
    se: Floats
    onset: NDArray[np.int_]


def slowness(track: Track, band: Band, last_only: bool = False) -> Slowness:
    """How slow the course is, from every photograph so far; each row knows only the rows before it.

    ``last_only`` leaves every probability but the last at 0, for speed.
    """
    grid = slowness_posterior(track, whitener(track))
    family = shapes()
    n = len(track)
    out, slow, still = np.zeros(n), np.zeros(n), np.zeros(n)
    half = grid.weights @ (residual_of_shapes(HALF_ON_DAY) >= HALF_LEFT) * (track.days >= HALF_ON_DAY)
    gone = level("gone")
    slow_day_of_gone = _day_of(band, gone)
    for row in range(n - 1 if last_only else 0, n):
        day = float(track.days[row])
        if day <= 0:
            continue
        weights, now = grid.weights[row], grid.residuals[row]
        # Once the band itself counts as gone, "slower" means that 10 % was reached later than the band reaches it.
        asked = min(day, slow_day_of_gone)
        then = now if asked == day else family.residuals(np.array([asked]))[0]
        slow[row] = weights @ (then > band.slow(asked))
        out[row] = weights @ (now >= band.slowest(day))
        still[row] = weights @ (now >= NOT_FADED)
    mean = np.einsum("nm,nm->n", grid.weights, grid.residuals)
    spread = np.sqrt(np.maximum(np.einsum("nm,nm->n", grid.weights, grid.residuals**2) - mean**2, 0.0))
    peak_z = np.einsum("nm,nm->n", grid.weights, grid.peak / grid.peak_sd)
    return Slowness(slow, half, out, still, mean, spread, peak_z)


def second_rise(track: Track) -> Rise:
    """A step up after the course had begun, beside the best falling course: size and error, for each photograph.

    For each photograph the onset with the strongest evidence among the last ``RISE_LOOKBACK`` is taken; the onset
    is never the photograph itself, so that at least two show the rise.
    """
    n = len(track)
    size, se, onset = np.zeros(n), np.full(n, np.inf), np.full(n, -1)
    white = whitener(track)
    grid = slowness_posterior(track, white)
    first = int(np.searchsorted(track.days, 0.0))
    for start in range(first + 2, n - 1):
        if track.days[start] < RISE_FROM_DAY:
            continue
        rows = slice(start + 1, min(start + 1 + RISE_LOOKBACK, n))
        step_size, step_se = _step(track, grid, white, start, rows)
        for row, one, error in zip(range(rows.start, rows.stop), step_size, step_se, strict=True):
            if one / error > size[row] / se[row]:
                size[row], se[row], onset[row] = one, error, start
    return Rise(size, se, onset)


def _step(track: Track, grid: Grid, white: Floats, start: int, rows: slice) -> tuple[Floats, Floats]:
    """Mean and SD of a step beginning at ``start``, for the prefixes ending with each of ``rows``."""
    last = rows.stop
    y = white[:last, :last] @ (track.a[:last] - track.a.mean())
    one = white[:last, :last].sum(axis=1)
    s = white[:last, start:last].sum(axis=1)
    r = white[:last, :last] @ grid.residuals[:last]

    def upto(part: Floats) -> Floats:
        total: Floats = np.cumsum(part, axis=0)[rows]
        return total

    sy, s1, ss, sr = upto(s * y)[:, None], upto(s * one)[:, None], upto(s * s)[:, None], upto(s[:, None] * r)
    y1, y_r = upto(one * y)[:, None], upto(r * y[:, None])
    p11 = upto(one * one)[:, None] + BASELINE_PRIOR_SD**-2.0
    prr, p1r = upto(r * r) + PEAK_PRIOR_SD**-2.0, upto(r * one[:, None])
    determinant = p11 * prr - p1r**2
    # The part of the step that neither the baseline nor the course can take up.
    along_one, along_r = (prr * s1 - p1r * sr) / determinant, (p11 * sr - p1r * s1) / determinant
    precision = ss - along_one * s1 - along_r * sr + STEP_PRIOR_SD**-2.0
    size = (sy - along_one * y1 - along_r * y_r) / precision
    log_weight = np.log(grid.weights[rows] + 1e-300) + 0.5 * size**2 * precision - 0.5 * np.log(precision)
    log_weight -= log_weight.max(axis=1, keepdims=True)
    weights = np.exp(log_weight)
    weights /= weights.sum(axis=1, keepdims=True)
    mean = (weights * size).sum(axis=1)
    spread = (weights * (1.0 / precision + (size - mean[:, None]) ** 2)).sum(axis=1)
    return mean, np.sqrt(spread)


def _day_of(band: Band, residual: float) -> float:
    """The day on which the band's slow edge comes down to that residual."""
    return float(band.half_life_h(0.95) / 24.0 * np.log2(1.0 / residual))


def residual_of_shapes(day: float) -> Floats:
    """Residual (m,) of every shape of the grid on one day."""
    residuals: Floats = shapes().residuals(np.array([day]))[0]
    return residuals
