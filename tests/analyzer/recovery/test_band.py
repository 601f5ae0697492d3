"""The expected band: reproducible from the claims, honest about which it meets, moved only as the documents say."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import lognorm

from analyzer.recovery.band import BandFit, expected_band, fit_band, stored_fit, windows
from analyzer.recovery.claims import load_claims
from analyzer.treatment import BODY_AREAS, PROCEDURES, SKIN_TONES, Treatment

AT = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
PLAIN = Treatment(AT)


def test_the_stored_fit_is_the_fit() -> None:
    made, stored = fit_band(), stored_fit()
    assert made.median_h == pytest.approx(stored.median_h, rel=1e-4)
    assert made.sigma == pytest.approx(stored.sigma, rel=1e-4)


def test_no_single_document_makes_the_band() -> None:
    for document in {claim.document for claim in load_claims()}:
        without = fit_band(leave_out=document)
        assert 0.7 < without.median_h / stored_fit().median_h < 1.4


def test_quantiles_and_centiles_by_hand() -> None:
    band = expected_band(PLAIN, base=BandFit(median_h=24.0, sigma=0.5))
    assert band.quantile(1.0, 0.5) == pytest.approx(0.5)
    assert band.quantile(3.0, 0.5) == pytest.approx(0.125)
    assert band.half_life_h(0.95) == pytest.approx(lognorm(0.5, scale=24.0).ppf(0.95))
    assert band.centile(2.0, 0.25) == pytest.approx(50.0)
    assert band.centile(2.0, 0.5) == pytest.approx(100 * lognorm(0.5, scale=24.0).cdf(48.0))
    assert (band.centile(3.0, -0.1), band.centile(3.0, 1.2)) == (0.0, 100.0)


@given(st.floats(0.04, 42.0), st.floats(0.01, 0.99))
def test_a_centile_undoes_a_quantile(day: float, p: float) -> None:
    band = expected_band(PLAIN)
    residual = band.quantile(day, p)
    if 1e-9 < residual < 1 - 1e-9:
        assert band.centile(day, residual) == pytest.approx(100 * p, abs=0.01)


def test_what_the_band_says_it_meets_it_meets() -> None:
    document = windows(PLAIN)
    population = lognorm(stored_fit().sigma, scale=stored_fit().median_h)
    met = {claim["id"]: claim["met"] for claim in document["claims"]}
    for claim in load_claims():
        if not claim.implies or not claim.applies_to(PLAIN, None):
            assert met[claim.id] is None
            continue
        shares = []
        for one in claim.implies:
            below = float(population.cdf(one.at_h / math.log2(1 / one.level)))
            shares.append((below if one.side == "at_most" else 1 - below) - one.share)
        assert met[claim.id] is (min(shares) >= -0.10), claim.id
    # Halved by day 2, a week at the longest, two weeks for nearly all - and not gone in two hours.
    assert all(met[name] for name in ("R03", "R06", "R34", "R45", "R59"))
    assert met["R43"] is False


def test_the_document_has_the_rows_of_the_contract() -> None:
    document = windows()
    assert document["schema"] == "rubor.windows/1"
    assert document["treatment"] == {}
    days = [row["day"] for row in document["band"]]
    assert days[0] == pytest.approx(1 / 24, abs=1e-4)
    assert days[-1] == 42
    for row in document["band"]:
        assert row["p5"] <= row["p25"] <= row["p50"] <= row["p75"] <= row["p95"] <= row["outside_above"] <= 1
    for first, second in itertools.pairwise(document["band"]):
        assert second["p95"] <= first["p95"]
    assert windows(PLAIN)["treatment"]["procedure"] == "microneedling"


def test_half_the_peak_on_day_seven_is_never_inside() -> None:
    slowest = Treatment(AT, "rf-microneedling", 3.0, 12, "legs", "auto", True, ("rosacea", "eczema", "diabetes"))
    for treatment in (PLAIN, slowest):
        band = expected_band(treatment)
        assert band.slowest(7.0) == pytest.approx(0.5)
        assert band.slowest(9.0) < 0.5
        assert band.slowest(2.9) == 1.0


def test_few_make_no_course_expected_and_two_weeks_do() -> None:
    band = expected_band(PLAIN)
    assert band.slowest_h == 14 * 24
    assert band.slowest(14.0) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("change", "factor"),
    [
        ({"sensitive_skin": True}, 1.5), ({"body_area": "back"}, 1.875), ({"needle_depth_mm": 1.0}, 1.0),
        ({"needle_depth_mm": 2.0}, 1.5), ({"needle_depth_mm": 0.5}, 0.5**0.6), ({"skin_tone": "VI"}, 1.0),
        ({"skin_tone": "I"}, 1.0), ({"procedure": "rf-microneedling"}, 1.4), ({"conditions": ("rosacea",)}, 1.3),
    ],
)  # fmt: skip
def test_the_record_moves_the_band_with_a_claim_for_each(change: dict[str, Any], factor: float) -> None:
    band = expected_band(Treatment(AT, **change))
    assert band.median_h == pytest.approx(stored_fit().median_h * factor)
    known = {claim.id for claim in load_claims()}
    assert len(band.shifts) == 1
    assert band.shifts[0].claims
    assert set(band.shifts[0].claims) <= known


@given(
    st.sampled_from(PROCEDURES), st.none() | st.floats(0.1, 8.0), st.none() | st.integers(1, 30),
    st.sampled_from(BODY_AREAS), st.sampled_from(SKIN_TONES), st.booleans(),
)  # fmt: skip
def test_every_record_has_a_band_that_falls(
    procedure: str, depth: float | None, passes: int | None, area: str, tone: str, sensitive: bool
) -> None:
    band = expected_band(Treatment(AT, procedure, depth, passes, area, tone, sensitive))
    assert 0.5 <= band.median_h / stored_fit().median_h <= 2.0
    limits = [band.slowest(day / 4) for day in range(1, 180)]
    assert limits == sorted(limits, reverse=True)
    assert all(band.slow(day / 4) <= band.slowest(day / 4) + 1e-12 for day in range(1, 180))
