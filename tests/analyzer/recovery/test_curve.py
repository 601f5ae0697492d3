"""Baseline and curve, against hand-computed cases and an independent simulation."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.recovery.band import Band, stored_fit
from analyzer.recovery.baseline import delta_errors, estimate_baseline
from analyzer.recovery.curve import fit_curve
from analyzer.recovery.noise import FLUSH_SD, LIGHT_KEPT, SHARED_SHARE, Track, covariance

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


def test_the_light_changes_with_the_photograph_and_not_while_time_goes_by() -> None:
    days = np.array([0.0, 0.001, 1.0, 3.0])
    shared = (covariance(days, np.full(4, 0.6), (None,) * 4) - FLUSH_SD**2 * (days[:, None] == days)) / (
        SHARED_SHARE * 0.36
    )
    assert shared[1, 2] == pytest.approx(LIGHT_KEPT, abs=0.06)
    assert shared[2, 3] == pytest.approx(LIGHT_KEPT, abs=0.08)
    assert shared[1, 3] == pytest.approx(shared[1, 2] * shared[2, 3], abs=0.05)
    assert (np.linalg.eigvalsh(covariance(days, np.full(4, 0.6), ("A", None, "A", None))) > 0).all()


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
    days = [-900.0, 5.0]
    same = delta_errors(track(days, [12.0, 13.0], lamp="warm"))[1]
    apart = delta_errors(track(days, [12.0, 13.0]))[1]
    assert apart == pytest.approx(np.sqrt(2 * (0.25 + FLUSH_SD**2)), rel=1e-6)
    assert same < apart


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


def test_no_photograph_after_gives_no_curve() -> None:
    assert fit_curve(track([-2.0, -1.0], [12.0, 12.1]), BAND) is None
