"""Baseline and curve, against hand-computed cases and an independent simulation."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.recovery.band import Band, stored_fit
from analyzer.recovery.baseline import delta_errors, estimate_baseline
from analyzer.recovery.curve import fit_curve, prefix_posterior, shapes, tame_odd, whitener
from analyzer.recovery.noise import FLUSH_SD, SHARED_SHARE, Track, covariance

BAND = Band(stored_fit().median_h, stored_fit().sigma)


def track(days: list[float], a: list[float], se: float = 0.5, lamp: str | None = None) -> Track:
    n = len(days)
    return Track(np.array(days), np.array(a), np.full(n, se), (lamp,) * n, tuple(range(n)))


def falling(half_life: float, days: list[float], peak: float = 6.0, base: float = 12.0) -> list[float]:
    return [base + (peak * 2.0 ** (-day / half_life) if day >= 0 else 0.0) for day in days]


def test_errors_of_one_and_of_two_photographs_by_hand() -> None:
    one = covariance(np.array([0.0]), np.array([0.6]), (None,))
    assert one[0, 0] == pytest.approx(0.6**2 + FLUSH_SD**2)
    far = covariance(np.array([0.0, 1000.0]), np.array([0.6, 0.6]), ("warm", "warm"))
    assert far[0, 1] == pytest.approx(SHARED_SHARE * 0.36 * 0.5)
    other = covariance(np.array([0.0, 0.0]), np.array([0.6, 0.6]), ("warm", "cold"))
    assert other[0, 1] == pytest.approx(FLUSH_SD**2)


def test_a_baseline_is_the_mean_and_three_photographs_do_not_count_as_three() -> None:
    one = estimate_baseline(track([-1.0, 1.0], [12.0, 18.0]))
    assert one is not None
    assert (one.a, one.photos) == (12.0, 1)
    assert one.a_se == pytest.approx(np.sqrt(0.25 + FLUSH_SD**2))
    three = estimate_baseline(track([-3.0, -2.0, -1.0], [11.0, 12.0, 13.0]))
    assert three is not None
    assert three.a == pytest.approx(12.0)
    assert one.a_se / np.sqrt(3) < three.a_se < one.a_se
    assert estimate_baseline(track([0.0, 1.0], [12.0, 13.0])) is None


def test_a_shared_lamp_cancels_in_the_difference() -> None:
    days = [-30.0, 5.0]
    same = delta_errors(track(days, [12.0, 13.0], lamp="warm"))[1]
    apart = delta_errors(track(days, [12.0, 13.0]))[1]
    assert apart == pytest.approx(np.sqrt(2 * (0.25 + FLUSH_SD**2)), rel=1e-6)
    assert same < apart


def test_the_marginal_likelihood_is_the_gaussian_one() -> None:
    """Weights of two shapes against the density of the whole series, written out with its full covariance."""
    from scipy.stats import multivariate_normal

    seen = track([-1.0, 0.2, 1.0, 2.0], [12.0, 19.0, 17.0, 14.0])
    residuals = np.array([[0.0, 0.0], [0.9, 0.95], [0.5, 0.8], [0.25, 0.6]])
    grid = prefix_posterior(seen, residuals, np.array([0.5, 0.5]), whitener(seen))
    noise = covariance(seen.days, seen.se, seen.lamps)
    density = [
        multivariate_normal(np.zeros(4), noise + 15.0**2 + 8.0**2 * np.outer(r, r)).logpdf(seen.a - seen.a.mean())
        for r in residuals.T
    ]
    # The peak is far above zero under both, so its cut at zero changes nothing.
    assert np.log(grid.weights[-1, 0] / grid.weights[-1, 1]) == pytest.approx(density[0] - density[1], abs=1e-3)
    assert np.allclose(grid.weights.sum(axis=1), 1.0)


@pytest.mark.parametrize("half_life", [0.4, 0.8, 1.5, 3.0])
def test_exact_photographs_give_the_curve_back(half_life: float) -> None:
    days = [-3.0, -2.0, -1.0, 0.02, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0]
    curve = fit_curve(track(days, falling(half_life, days), se=0.1), BAND)
    assert curve is not None
    assert curve.measurable
    assert curve.half_life_days == pytest.approx(half_life, rel=0.2)
    assert curve.peak == pytest.approx(6.0, rel=0.1)
    assert curve.clear_day == pytest.approx(curve.half_life_days * np.log2(20))


def test_intervals_hold_what_they_promise() -> None:
    """Half-lives drawn from the band, errors from the noise model: the interval holds nine in ten or more."""
    rng = np.random.default_rng(11)
    days = [-2.0, -1.0, *(np.arange(12) + 0.2).tolist()]
    hits = []
    for _ in range(200):
        half_life = float(np.exp(rng.normal(np.log(BAND.median_h), BAND.sigma))) / 24
        seen = track(days, falling(half_life, days))
        noisy = rng.multivariate_normal(seen.a, covariance(seen.days, seen.se, seen.lamps))
        curve = fit_curve(Track(seen.days, noisy, seen.se, seen.lamps, seen.index), BAND)
        assert curve is not None
        hits.append(curve.half_life_ci95[0] <= half_life <= curve.half_life_ci95[1])
    assert 0.90 <= np.mean(hits) <= 1.0


def test_one_wild_photograph_moves_the_curve_little() -> None:
    days = [-2.0, -1.0, 0.1, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    a = falling(1.0, days)
    wild = list(a)
    wild[7] += 9.0
    tamed, odd = tame_odd(track(days, wild))
    assert odd == (7,)
    straight, bent = fit_curve(track(days, a), BAND), fit_curve(tamed, BAND)
    assert straight is not None
    assert bent is not None
    assert bent.half_life_days == pytest.approx(straight.half_life_days, rel=0.25)


def test_two_that_agree_are_not_wild() -> None:
    days = [-2.0, -1.0, 0.1, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    a = falling(0.6, days)
    a[-2] += 4.0
    a[-1] += 4.0
    assert tame_odd(track(days, a))[1] == ()


def test_shapes_start_at_the_peak_and_never_rise() -> None:
    residuals = shapes().residuals(np.linspace(0, 40, 200))
    assert np.allclose(residuals[0], 1.0)
    assert (np.diff(residuals, axis=0) <= 1e-12).all()
    assert shapes().prior.sum() == pytest.approx(1.0)


def test_no_photograph_after_gives_no_curve() -> None:
    assert fit_curve(track([-2.0, -1.0], [12.0, 12.1]), BAND) is None
