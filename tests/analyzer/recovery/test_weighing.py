"""The weighing of courses, against densities written out in full, and odd photographs kept out of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_t

from analyzer.recovery.band import Band, stored_fit
from analyzer.recovery.noise import Track
from analyzer.recovery.odd import tamed, weigh_without_odd
from analyzer.recovery.rises import measure_rise
from analyzer.recovery.shapes import KIND_WEIGHTS, improving_shapes, prior, shapes
from analyzer.recovery.weighing import (
    BASELINE_PRIOR_SD,
    ERRORS_DF,
    PEAK_PRIOR_SD,
    RISE_LASTS,
    RISE_PRIOR,
    RISE_WEIGHT,
    fit_prefixes,
    weigh,
)

BAND = Band(stored_fit().median_h, stored_fit().sigma)
DAYS = [-2.0, -1.0, 0.1, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]


def track(a: np.ndarray | list[float], days: list[float] | None = None, se: float = 0.5) -> Track:  # type: ignore[type-arg]
    n = len(a)
    return Track(np.array((days or DAYS)[:n]), np.array(a, dtype=float), np.full(n, se), (None,) * n, tuple(range(n)))


def falling(half_life: float, peak: float = 6.0) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([12.0 + (peak * 2.0 ** (-day / half_life) if day >= 0 else 0.0) for day in DAYS])


def test_the_likelihood_is_the_one_of_the_whole_series_written_out() -> None:
    """Two shapes for every prefix, against scipy's multivariate t with the full covariance."""
    seen = track([12.0, 12.4, 19.0, 17.0, 14.0])
    residuals = np.array([[0.0, 0.0], [0.0, 0.0], [0.9, 0.95], [0.5, 0.8], [0.25, 0.6]])
    found = fit_prefixes(seen, residuals).log_likelihood
    for n in (4, 5):  # the peak is far above zero in both, so its cut at zero changes nothing
        density = [
            multivariate_t(
                np.zeros(n),
                seen.errors[:n, :n] + BASELINE_PRIOR_SD**2 + PEAK_PRIOR_SD**2 * np.outer(r[:n], r[:n]),
                df=ERRORS_DF,
            ).logpdf(seen.a[:n] - seen.a[0])
            for r in residuals.T
        ]
        assert found[n - 1, 0] - found[n - 1, 1] == pytest.approx(density[0] - density[1], abs=1e-3)


def test_the_probability_of_a_rise_is_the_one_written_out() -> None:
    """Every shape, onset and decay by brute force, each with the full covariance of the series."""
    a = falling(0.8)
    a[7:] += 2.2
    seen = track(a[:10])
    n, half_left = len(seen), prior(shapes(), BAND).half_left
    assert half_left.any()

    def log_density(residual: np.ndarray, rise: np.ndarray | None) -> float:  # type: ignore[type-arg]
        matrix = seen.errors + BASELINE_PRIOR_SD**2 + PEAK_PRIOR_SD**2 * np.outer(residual, residual)
        mean = np.zeros(n)
        if rise is not None:
            matrix = matrix + RISE_PRIOR[1] ** 2 * np.outer(rise, rise)
            mean = RISE_PRIOR[0] * rise
        return float(multivariate_t(mean, matrix, df=ERRORS_DF).logpdf(seen.a - seen.a[0]))

    grid, known = shapes(), prior(shapes(), BAND)
    plain = [
        weight + log_density(r, None)
        for r, weight in zip(grid.residuals(seen.days).T, known.log_weight, strict=True)
        if np.isfinite(weight)
    ]
    grid, known = improving_shapes(), prior(improving_shapes(), BAND)
    risen = []
    for r, weight, half in zip(grid.residuals(seen.days).T, known.log_weight, known.half_left, strict=True):
        for onset in range(4, n - 1):
            if half or not np.isfinite(weight) or seen.days[onset] < 1.5 or r[onset] > 0.6:
                continue
            for lasts in RISE_LASTS:
                rise = np.where(seen.days >= seen.days[onset], 2.0 ** -((seen.days - seen.days[onset]) / lasts), 0.0)
                risen.append(weight + np.log(RISE_WEIGHT / len(RISE_LASTS)) + log_density(r, rise))
    odds = np.logaddexp.reduce(risen) - np.logaddexp.reduce(plain)
    found = weigh(seen, BAND).rise[-1]
    assert np.log(found / (1.0 - found)) == pytest.approx(odds, abs=0.05)  # peaks near zero are cut, here and there


def test_every_row_rests_on_the_photographs_up_to_it_alone() -> None:
    rng = np.random.default_rng(5)
    a = falling(1.2) + rng.normal(0, 0.7, len(DAYS))
    a[5] += 7.0  # one wild photograph
    whole, _ = weigh_without_odd(track(a), BAND)
    for n in range(4, len(DAYS) + 1):
        part, _ = weigh_without_odd(track(a[:n]), BAND)
        for name in ("half_left", "rise", "slow", "beyond", "residual", "peak"):
            assert getattr(part, name)[-1] == pytest.approx(getattr(whole, name)[n - 1], abs=1e-9), (n, name)


def test_a_course_is_told_from_another() -> None:
    usual, stuck = weigh(track(falling(0.8)), BAND), weigh(track(falling(100.0)), BAND)
    assert usual.half_left[-1] < 0.01 < 0.99 < stuck.half_left[-1]
    assert usual.slow[-1] < 0.05 < 0.95 < stuck.slow[-1]
    assert (stuck.half_left[np.array(DAYS) < 7.0] == 0).all()
    risen = falling(0.8)
    risen[8:] += 3.5
    found = weigh(track(risen), BAND)
    assert found.rise[7] < 0.1 < 0.9 < found.rise[9]
    assert found.onset[-1] == 8


def test_the_size_of_a_rise_leans_on_the_photographs_alone() -> None:
    for size in (2.5, 9.0):
        a = falling(0.8)
        a[8:] += size
        rise = measure_rise(track(a, se=0.2), 8, len(DAYS) - 1)
        assert rise.size == pytest.approx(size, abs=max(0.6, 2 * rise.se))
        assert rise.shown == pytest.approx(np.full(5, size), abs=1.2)


def test_weights_of_the_kinds_are_all_spread() -> None:
    for grid in (shapes(), improving_shapes()):
        known = prior(grid, BAND)
        assert np.exp(known.log_weight).sum() <= sum(KIND_WEIGHTS.values()) + 1e-9
    assert np.exp(prior(shapes(), BAND).log_weight).sum() == pytest.approx(1.0)


def test_shapes_start_at_the_peak_and_never_rise() -> None:
    residuals = shapes().residuals(np.linspace(0, 40, 200))
    assert np.allclose(residuals[0], 1.0)
    assert (np.diff(residuals, axis=0) <= 1e-12).all()


def test_one_wild_photograph_is_odd_and_two_that_agree_are_not() -> None:
    a = falling(0.6)
    wild = a.copy()
    wild[8] += 9.0
    known, odd = weigh_without_odd(track(wild[:12]), BAND)
    assert odd == (8,)
    assert known.rise[-1] < 0.05
    assert tamed(track(wild), odd).se[8] > 5.0
    wild[9] += 9.0
    assert weigh_without_odd(track(wild[:10]), BAND)[1] == ()


def test_a_long_series_is_weighed_too() -> None:
    days = [-2.0, -1.0, *np.linspace(0.1, 60.0, 150).tolist()]
    a = [12.0 if day < 0 else 12.0 + 5.0 * 2.0**-day for day in days]
    known, odd = weigh_without_odd(track(a, days), BAND)
    assert odd == ()
    assert known.half_left[-1] < 0.01
    assert known.rise.max() < 0.5
