"""A band learned from a clinic's own series: it finds the clinic's truth, and says how sure it is."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from analyzer.recovery.band import stored_fit
from analyzer.recovery.learn import LearnedBand, learn
from analyzer.series import Observation, RegionColour, Series
from analyzer.treatment import Treatment
from calibration.errors import NothingToAnalyze

AT = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
TODAY = date(2026, 6, 1)


def clinic(
    count: int, median_h: float, sigma: float, seed: int, stuck: int = 0, treatment: Treatment | None = None
) -> list[Series]:
    """Series of a clinic: own baselines and peaks, days missing, lamps shared by neighbouring days."""
    random = np.random.default_rng(seed)
    series = []
    for number in range(count):
        half_life = 1e6 if number < stuck else median_h * math.exp(sigma * random.normal()) / 24.0
        peak, base, lamp = random.uniform(3, 9), random.uniform(8, 14), 0.0
        observations = []
        for day in [-1.0, -0.5, *(0.2 + day for day in range(10) if random.random() > 0.2)]:
            lamp = 0.6 * lamp + 0.36 * random.normal()
            red = peak * 2.0 ** (-day / half_life) if day > 0 else 0.0
            a = base + red + lamp + 0.6 * random.normal()
            observations.append(Observation(f"{day}", AT + timedelta(days=day), {"face": RegionColour(a, 0.7)}))
        series.append(Series(f"p{number}", treatment or Treatment(AT), tuple(observations)))
    return series


@pytest.fixture(scope="module")
def slow_clinic() -> LearnedBand:
    return learn(clinic(60, 2.0 * stored_fit().median_h, 0.6, seed=3), TODAY)


def test_a_clinic_twice_as_slow_is_found_within_its_interval(slow_clinic: LearnedBand) -> None:
    low, high = slow_clinic.learned.median_h_ci95
    assert low < 2.0 * stored_fit().median_h < high
    assert low > stored_fit().median_h  # the documents' own figure is ruled out
    assert low < slow_clinic.fit.median_h < high
    sigma_low, sigma_high = slow_clinic.learned.sigma_ci95
    assert sigma_low < 0.6 < sigma_high


def test_what_was_learned_says_from_what(slow_clinic: LearnedBand) -> None:
    assert slow_clinic.learned.series == 60
    assert slow_clinic.learned.date == "2026-06-01"
    assert slow_clinic.learned.prior_weight == pytest.approx(5 / 65)


def test_more_series_make_it_surer(slow_clinic: LearnedBand) -> None:
    more = learn(clinic(180, 2.0 * stored_fit().median_h, 0.6, seed=4), TODAY)
    widths = [math.log(one.learned.median_h_ci95[1] / one.learned.median_h_ci95[0]) for one in (slow_clinic, more)]
    assert widths[1] < 0.75 * widths[0]


def test_few_complications_do_not_become_what_is_expected(slow_clinic: LearnedBand) -> None:
    with_stuck = learn(clinic(60, 2.0 * stored_fit().median_h, 0.6, seed=3, stuck=2), TODAY)
    assert with_stuck.fit.median_h < 1.2 * slow_clinic.fit.median_h
    assert with_stuck.fit.sigma < 1.25 * slow_clinic.fit.sigma


def test_the_record_is_taken_out_so_that_it_is_not_counted_twice(slow_clinic: LearnedBand) -> None:
    """A clinic that treats sensitive skin alone, 1.5 times as slow, learns the band of plain treatments."""
    sensitive = Treatment(AT, sensitive_skin=True)
    found = learn(clinic(60, 3.0 * stored_fit().median_h, 0.6, seed=3, treatment=sensitive), TODAY)
    assert found.fit.median_h == pytest.approx(slow_clinic.fit.median_h, rel=0.1)


def test_fewer_than_fifty_are_refused_with_their_number() -> None:
    series = clinic(60, 14.0, 0.6, seed=1)
    unusable = [Series(one.patient, one.treatment, one.observations[2:]) for one in series[:20]]
    with pytest.raises(NothingToAnalyze, match=r"40 series .* 50 are needed"):
        learn([*series[20:], *unusable])
