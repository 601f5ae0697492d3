"""What the photographs say for and against each kind of course, with every new photograph: numbers, no verdict.

A photograph shows ``baseline + peak * r(day) + rise(day)`` plus the errors of :mod:`analyzer.recovery.noise`. Given the
shape r and the onset of a rise, the rest is linear and is integrated out exactly; shapes and onsets run over a grid.
The size of a series' own errors is known to within about 15 %, which makes the likelihood a Student's t. All of it
is computed for every prefix of the series at once, and each row knows only the rows up to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analyzer.recovery.band import HALF_ON_DAY, Band
from analyzer.recovery.noise import Floats, Track
from analyzer.recovery.shapes import RISE_WEIGHT, improving_shapes, prior, residuals_on, shapes

BASELINE_PRIOR_SD = 15.0  # a*, about the first photograph: wide, so that photographs decide
PEAK_PRIOR_SD = 8.0  # a*, half-normal: a sunburn is 5 to 15
ERRORS_DF = 30.0  # how well the size of the errors is known: as from so many photographs before

RISE_PRIOR = (3.8, 1.8)  # a*, mean and SD: 2.5 is the pattern to warn of, the rise of an infection is larger
RISE_LASTS = (4.0, 25.0)  # days in which a rise halves
RISE_SPAN = 12  # photographs after its onset in which a rise can still be told
RISE_FROM_DAY = 1.5  # redness may still build up on the first day
IMPROVED = 0.6  # of the peak: a second rise comes after so much improvement
NOT_FADED = 0.75  # residual that still counts as "has not begun to fade"


@dataclass(frozen=True, eq=False)
class Fit:
    """Baseline and peak under m shapes for each of n prefixes; every array (n, m) unless said.

    ``log_likelihood`` is the marginal one, up to a constant of the row.
    """

    peak: Floats
    peak_sd: Floats
    log_likelihood: Floats


@dataclass(frozen=True, eq=False)
class Weighed:
    """What is known with each photograph, each (n,): probabilities, and the expected residual and peak.

    ``half_left``: half the peak on day 7, and no rise. ``rise``: a second rise, ``onset`` (int) the photograph it most
    likely began with (-1: none). Of courses without a rise: ``slow`` slower than the band, ``beyond`` more left now
    than any claim describes, ``not_fading`` three quarters or more left; ``best`` is the likeliest shape of all.
    """

    half_left: Floats
    rise: Floats
    onset: NDArray[np.int_]
    slow: Floats
    beyond: Floats
    not_fading: Floats
    residual: Floats
    residual_sd: Floats
    peak: Floats
    peak_z: Floats
    best: NDArray[np.int_]

    @classmethod
    def joined(cls, versions: Sequence[Weighed]) -> Weighed:
        """The first row of the first version, the second of the second and so on."""
        rows = range(len(versions))
        return cls(
            **{
                one.name: np.array(
                    [getattr(version, one.name)[row] for row, version in zip(rows, versions, strict=True)]
                )
                for one in fields(cls)
            }
        )


def weigh(track: Track, band: Band, last_day: float | None = None) -> Weighed:
    """Every kind of course weighed by the photographs, for every prefix of the track.

    ``last_day`` asks the last row about a later day than its photograph's.
    """
    grid = shapes()
    known = prior(grid, band)
    residuals = grid.residuals(track.days)
    fit = fit_prefixes(track, residuals)
    log_weight = fit.log_likelihood + known.log_weight
    rising = _rises(track, band)  # (n, RISE_SPAN), by how many photographs ago
    plain, risen = _log_sum(log_weight), _log_sum(rising)
    total = np.logaddexp(plain, risen)
    weights = np.exp(log_weight - plain[:, None])
    rise = np.exp(risen - total)
    lag = rising.argmax(axis=1)
    onset = np.where(np.isfinite(risen), np.arange(len(track)) - lag, -1)
    asked = track.days if last_day is None else np.append(track.days[:-1], last_day)
    left = residuals if last_day is None else grid.residuals(asked)
    mean = np.einsum("nm,nm->n", weights, left)
    spread = np.sqrt(np.maximum(np.einsum("nm,nm->n", weights, left**2) - mean**2, 0.0))
    slow, beyond = _slowness(asked, band, weights, left)
    return Weighed(
        half_left=np.where(asked >= HALF_ON_DAY, (weights @ known.half_left) * (1.0 - rise), 0.0),
        rise=rise,
        onset=onset,
        slow=slow,
        beyond=beyond,
        not_fading=np.einsum("nm,nm->n", weights, (left >= NOT_FADED).astype(float)),
        residual=mean,
        residual_sd=spread,
        peak=np.einsum("nm,nm->n", weights, np.maximum(fit.peak, 0.0)),
        peak_z=np.einsum("nm,nm->n", weights, fit.peak / fit.peak_sd),
        best=log_weight.argmax(axis=1),
    )


@dataclass(frozen=True, eq=False)
class _Sums:
    """Inner products of whitened rows, summed up to each row: (n, 1) with the series, (n, m) with the shapes.

    ``p11`` and ``prr`` are the precisions of baseline and peak, their priors in them.
    """

    yy: Floats
    y1: Floats
    p11: Floats
    yr: Floats
    r1: Floats
    prr: Floats

    @classmethod
    def of(cls, y: Floats, one: Floats, r: Floats) -> _Sums:
        yr, r1, rr = (np.cumsum(part, axis=0) for part in (r * y[:, None], r * one[:, None], r * r))
        yy, y1, ones = (np.cumsum(part)[:, None] for part in (y * y, one * y, one * one))
        return cls(yy, y1, ones + BASELINE_PRIOR_SD**-2.0, yr, r1, rr + PEAK_PRIOR_SD**-2.0)

    @cached_property
    def determinant(self) -> Floats:
        return self.p11 * self.prr - self.r1**2

    @cached_property
    def peak(self) -> Floats:
        return (self.p11 * self.yr - self.r1 * self.y1) / self.determinant

    @cached_property
    def baseline(self) -> Floats:
        return (self.prr * self.y1 - self.r1 * self.yr) / self.determinant

    @cached_property
    def peak_sd(self) -> Floats:
        return np.sqrt(self.p11 / self.determinant)

    @cached_property
    def misfit(self) -> Floats:
        return self.yy - self.baseline * self.y1 - self.peak * self.yr


def fit_prefixes(track: Track, residuals: Floats) -> Fit:
    """Baseline and peak integrated out, for every prefix and each of the ``residuals`` (n, m); the peak is positive."""
    from scipy.special import log_ndtr

    white = track.white
    sums = _Sums.of(white @ (track.a - track.a[:1]), white.sum(axis=1), white @ residuals)
    peak, peak_sd = sums.peak, sums.peak_sd
    likelihood = _log_student(sums.misfit, 1) - 0.5 * np.log(sums.determinant) + log_ndtr(peak / peak_sd)
    return Fit(peak, peak_sd, likelihood)


def _log_student(misfit: Floats, photographs: int) -> Floats:
    """Log density of the misfit (rows, ...) of prefixes of so many photographs and more, their errors' size unknown."""
    count = np.arange(photographs, photographs + len(misfit), dtype=float).reshape(-1, *[1] * (misfit.ndim - 1))
    density: Floats = -0.5 * (ERRORS_DF + count) * np.log1p(np.maximum(misfit, 0.0) / ERRORS_DF)
    return density


def _rises(track: Track, band: Band) -> Floats:
    """Log weight (n, RISE_SPAN) of a rise that began with the photograph so many before each; -inf where it cannot."""
    n = len(track)
    found = np.full((n, RISE_SPAN), -np.inf)
    first = int(np.searchsorted(track.days, 0.0))
    onsets = [row for row in range(first + 1, n - 1) if track.days[row] >= RISE_FROM_DAY]
    if not onsets:
        return found
    grid = improving_shapes()
    known = prior(grid, band)
    residuals = grid.residuals(track.days)[:, ~known.half_left]
    course = _Improving(track, residuals, known.log_weight[~known.half_left])
    for onset in onsets:
        rows = np.arange(onset + 1, min(onset + RISE_SPAN, n))
        found[rows, rows - onset] = course.rise_weight(onset, len(rows))
    return found


class _Improving:
    """Courses that improve, to which a rise is added: what does not depend on the onset, made once."""

    def __init__(self, track: Track, residuals: Floats, log_weight: Floats) -> None:
        self.days, self.residuals, self.log_weight = track.days, residuals, log_weight
        self.white = white = track.white
        self.y, self.one, self.r = white @ (track.a - track.a[:1]), white.sum(axis=1), white @ residuals
        self.sums = _Sums.of(self.y, self.one, self.r)

    def rise_weight(self, onset: int, count: int) -> Floats:
        """Log weight (count,) of a rise from ``onset`` on, for the prefixes that end with each later photograph."""
        from scipy.special import log_ndtr

        seen = slice(onset, onset + count + 1)  # whitened rows that the rise reaches; the first is the onset itself
        later = slice(onset + 1, onset + count + 1)
        lasting = 2.0 ** -((self.days[seen, None] - self.days[onset]) / np.array(RISE_LASTS))
        z = self.white[seen, seen] @ lasting  # (count + 1, decays)

        def upto(part: Floats) -> Floats:
            total: Floats = np.cumsum(part, axis=0)[1:]
            return total

        zy = upto(z * self.y[seen, None])[:, :, None]
        z1 = upto(z * self.one[seen, None])[:, :, None]
        zz = upto(z * z)[:, :, None]
        zr = upto(z[:, :, None] * self.r[seen][:, None, :])
        y1, p11 = self.sums.y1[later][:, None], self.sums.p11[later][:, None]

        def of_shapes(part: Floats) -> Floats:
            return part[later][:, None, :]

        yr, r1, prr = of_shapes(self.sums.yr), of_shapes(self.sums.r1), of_shapes(self.sums.prr)
        determinant = of_shapes(self.sums.determinant)
        # The part of the rise that neither the baseline nor the course can take up.
        by_baseline, by_peak = (prr * z1 - r1 * zr) / determinant, (p11 * zr - r1 * z1) / determinant
        mean, sd = RISE_PRIOR
        precision = zz - by_baseline * z1 - by_peak * zr + sd**-2.0
        along = zy - by_baseline * y1 - by_peak * yr + mean * sd**-2.0
        size = along / precision
        misfit = of_shapes(self.sums.misfit) - size * along + (mean / sd) ** 2
        peak_z = (of_shapes(self.sums.peak) - by_peak * size) / of_shapes(self.sums.peak_sd)
        likelihood = _log_student(misfit, onset + 2) - 0.5 * np.log(determinant * precision) - np.log(sd)
        # A second rise comes after improvement.
        share = np.where(self.residuals[onset] <= IMPROVED, self.log_weight, -np.inf)
        weight = likelihood + log_ndtr(peak_z) + share + np.log(RISE_WEIGHT / len(RISE_LASTS))
        return _log_sum(weight.reshape(count, -1))


def _slowness(days: Floats, band: Band, weights: Floats, residuals: Floats) -> tuple[Floats, Floats]:
    """Probability (n,) of a course slower than the band, and of one that leaves more now than any claim describes."""
    slow, beyond = np.zeros(len(days)), np.zeros(len(days))
    # Once the band itself counts as gone, "slower" means that this was reached later than the band reaches it.
    gone_on = band.gone_day
    then = residuals_on(round(gone_on, 3))
    for row in np.flatnonzero(days > 0):
        day = float(days[row])
        asked = residuals[row] if day < gone_on else then
        slow[row] = weights[row] @ (asked > band.slow(min(day, gone_on)))
        beyond[row] = weights[row] @ (residuals[row] >= band.slowest(day))
    return slow, beyond


def _log_sum(log_weight: Floats) -> Floats:
    """Log of the sum of weights along the last axis; -inf for none."""
    top = log_weight.max(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.log(np.exp(log_weight - np.where(np.isfinite(top), top, 0.0)).sum(axis=-1))
    result: Floats = total + np.where(np.isfinite(top), top, 0.0)[..., 0]
    return result
