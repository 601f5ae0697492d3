"""A band learned from a clinic's own series: the documents are where it starts, the clinic's patients where it goes.

A series tells its half-life only roughly. So no half-life is estimated patient by patient: each series gives a
likelihood over half-lives, with baseline and peak integrated out and the errors of its photographs in it, and the
population's median and spread are weighed against all of them together (a hierarchical model, solved on a grid). The
documents count as many series as they are documents. A small share of series may be anything at all, so that a
complication that was photographed does not become what is expected.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from analyzer.reading import FACE
from analyzer.recovery.band import population
from analyzer.recovery.claims import load_claims, tone_group
from analyzer.recovery.noise import Floats, bounded_se, covariance
from analyzer.recovery.settings import BandFit, Learned, document_settings
from analyzer.recovery.shifts import shifts_for, together
from analyzer.series import Series
from calibration.errors import NothingToAnalyze
from calibration.problems import problem

FEWEST_SERIES = 50
FEWEST_AFTER = 3  # readings after the treatment, with one before it
UNTIL_DAY = 42.0

BASELINE_PRIOR_SD = 15.0  # a*, about the mean of the series
PEAK_PRIOR_SD = 8.0  # a*, and positive
COURSE_SD = 0.3  # a*: courses are not exactly exponential
ANYTHING_SHARE = 0.03  # of series, with any half-life at all

_LOG_H = np.linspace(math.log(0.5), math.log(1500.0), 141)  # hours
_MU = np.linspace(math.log(1.0), math.log(400.0), 150)
_SIGMA = np.geomspace(0.1, 2.0, 45)


@dataclass(frozen=True)
class LearnedBand:
    """The population as learned, and how: what :func:`analyzer.recovery.clinic.clinic_toml` writes down."""

    fit: BandFit
    learned: Learned


def learn(series: Sequence[Series], today: date | None = None) -> LearnedBand:
    """Learn the population of half-lives from ``series``.

    The record of each series shifts its own half-life as it would shift the band, so that the result is the population
    of plain facial treatments. Raises ``NothingToAnalyze`` with fewer than 50 series that can be used (one reading
    before the treatment and three after it).
    """
    used = [one for one in series if _usable(one)]
    if len(used) < FEWEST_SERIES:
        raise NothingToAnalyze(problem("too_few_series", count=len(used), needed=FEWEST_SERIES))
    prior = population(document_settings())
    voices = len({claim.document for claim in load_claims()})
    likelihood = np.stack([_likelihood(one) for one in used], axis=1)
    log_posterior = _log_prior(prior, voices) + _log_evidence(likelihood)
    weights = np.exp(log_posterior - log_posterior.max())
    weights /= weights.sum()
    over_mu, over_sigma = weights.sum(axis=1), weights.sum(axis=0)
    fit = BandFit(float(math.exp(over_mu @ _MU)), float(over_sigma @ _SIGMA))
    low, high = (float(math.exp(one)) for one in _interval(_MU, over_mu))
    learned = Learned(
        series=len(used),
        date=(today or date.today()).isoformat(),
        prior_weight=voices / (voices + len(used)),
        median_h_ci95=(low, high),
        sigma_ci95=_interval(_SIGMA, over_sigma),
    )
    return LearnedBand(fit, learned)


def _usable(series: Series) -> bool:
    days, _, _ = _readings(series)
    return bool((days < 0).any() and (days >= 0).sum() >= FEWEST_AFTER)


def _readings(series: Series) -> tuple[Floats, Floats, Floats]:
    """Days since the first session, a* and its standard error (n,), until the next session.

    Of the face, or else of the region read most often.
    """
    bare = [one for one in series.observations if one.usable and one.bare_skin]
    names = [name for one in bare for name in one.regions]
    region = FACE if FACE in names or not names else max(sorted(set(names)), key=names.count)
    start, *later = (session.treated_at for session in series.treatment.sessions)
    kept = []
    for one in bare:
        day = (one.captured_at - start).total_seconds() / 86_400.0
        colour = one.regions.get(region)
        next_came = bool(later) and one.captured_at >= later[0]
        if colour is not None and math.isfinite(colour.a) and day <= UNTIL_DAY and not next_came:
            kept.append((day, colour.a, bounded_se(colour.a_se, one.calibrated, bool(one.exposed))))
    days, a, se = (np.array([row[place] for row in sorted(kept)], dtype=np.float64) for place in range(3))
    return days, a, se


def _likelihood(series: Series) -> Floats:
    """(k,) likelihood of one series over the half-life that a plain treatment would have had, largest 1."""
    from scipy.special import log_ndtr

    days, a, se = _readings(series)
    treatment, numbers = series.treatment.sessions[0], document_settings()
    shifts = shifts_for(treatment, tone_group(treatment.skin_tone), numbers.shifts)
    half_lives = np.exp(_LOG_H) * together(shifts, numbers.shifts) / 24.0
    matrix = covariance(days, se, [None] * len(days)) + COURSE_SD**2 * np.eye(len(days))
    white = np.linalg.inv(np.linalg.cholesky(matrix))
    y, one = white @ (a - a.mean()), white.sum(axis=1)
    course = np.where(days[:, None] < 0, 0.0, 2.0 ** -(np.maximum(days, 0.0)[:, None] / half_lives))
    r = white @ course
    p11, prr = one @ one + BASELINE_PRIOR_SD**-2.0, (r * r).sum(axis=0) + PEAK_PRIOR_SD**-2.0
    s1r, s1y, sry = one @ r, one @ y, r.T @ y
    determinant = p11 * prr - s1r**2
    peak = (p11 * sry - s1r * s1y) / determinant
    base = (prr * s1y - s1r * sry) / determinant
    quadratic = y @ y - base * s1y - peak * sry
    positive = log_ndtr(peak / np.sqrt(p11 / determinant))
    log_likelihood = -0.5 * quadratic - 0.5 * np.log(determinant) + positive
    found: Floats = np.exp(log_likelihood - log_likelihood.max())
    return found


def _log_evidence(likelihood: Floats) -> Floats:
    """(mu, sigma) log probability of all series, each half-life integrated out; ``likelihood`` is (k, n)."""
    flat = likelihood.mean(axis=0)
    total = np.zeros((len(_MU), len(_SIGMA)))
    for place, sigma in enumerate(_SIGMA):
        density = np.exp(-0.5 * ((_LOG_H[None, :] - _MU[:, None]) / sigma) ** 2)
        density /= density.sum(axis=1, keepdims=True)
        shares = (1.0 - ANYTHING_SHARE) * (density @ likelihood) + ANYTHING_SHARE * flat
        total[:, place] = np.log(shares).sum(axis=1)
    return total


def _log_prior(prior: BandFit, voices: int) -> Floats:
    """(mu, sigma) what the documents say, as if each of them were one series whose half-life was known."""
    sigma, mu = _SIGMA[None, :], _MU[:, None]
    of_mu = -0.5 * voices * ((mu - math.log(prior.median_h)) / sigma) ** 2 - np.log(sigma)
    of_sigma = -(voices + 2.0) * np.log(sigma) - 0.5 * voices * (prior.sigma / sigma) ** 2
    # The grid of sigma is even in its logarithm: the density takes one factor of sigma more.
    both: Floats = of_mu + of_sigma + np.log(sigma)
    return both


def _interval(grid: Floats, weights: Floats) -> tuple[float, float]:
    middle = np.cumsum(weights) - 0.5 * weights
    low, high = np.interp((0.025, 0.975), middle, grid)
    return float(low), float(high)


__all__ = ["FEWEST_SERIES", "LearnedBand", "learn"]
