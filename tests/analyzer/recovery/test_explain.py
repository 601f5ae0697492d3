"""The explanation of the band: every claim's numbers, checked by hand, and contradictions that follow from them."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from scipy.stats import lognorm

from analyzer.recovery.band import fit_band, stored_fit
from analyzer.recovery.claims import Claim, Implied, claims_by_id, load_claims
from analyzer.recovery.explain import clashes, explain, variants

DOCUMENT = explain()
CLAIMS = {claim["id"]: claim for claim in DOCUMENT["claims"]}


def test_every_claim_says_how_its_words_became_numbers() -> None:
    numbers = DOCUMENT["numbers"]
    assert set(CLAIMS) == set(claims_by_id())
    for name, claim in CLAIMS.items():
        assert len(claim["reading"]) == len(claims_by_id()[name].implies)
        for one in claim["reading"]:
            assert one["level"] == numbers["levels"][one["level_from"]]
            assert one["share"] == numbers["shares"][one["share_from"]]
            if one["hour_from"] != "figure":
                assert one["at_h"] == numbers["words"][one["hour_from"]]
        if claim["met"] is not None:
            assert claim["met"] is all(one["met"] for one in claim["reading"])


def test_one_reading_by_hand() -> None:
    # "Redness usually resolves within 24-48 hours": most (75 %) have at most 10 % left at 48 h.
    (one,) = CLAIMS["R42"]["reading"]
    assert (one["at_h"], one["level"], one["share"], one["side"]) == (48, 0.10, 0.75, "at_most")
    assert one["half_life_h"] == pytest.approx(48 / math.log2(10), abs=0.01)
    population = lognorm(stored_fit().sigma, scale=stored_fit().median_h)
    assert one["band_share"] == pytest.approx(population.cdf(48 / math.log2(10)), abs=0.001)
    assert one["met"] is False
    (few_days,) = CLAIMS["R45"]["reading"]
    assert (few_days["hour_from"], few_days["at_h"]) == ("a few days", 72)


def test_the_fit_is_named_with_what_rests_on_each_document() -> None:
    fit = DOCUMENT["fit"]
    assert fit["median_h"] == pytest.approx(fit["claims_median_h"]) == pytest.approx(fit_band().median_h, abs=1e-3)
    assert len(fit["without"]) == 5
    for name, one in fit["without"].items():
        assert one["median_h"] == pytest.approx(fit_band(leave_out=name).median_h, abs=1e-3)


def test_the_stored_fit_without_each_document_is_the_fit() -> None:
    import tomllib
    from importlib.resources import files

    text = files("analyzer.recovery").joinpath("band_fit.toml").read_text(encoding="utf-8")
    for name, one in tomllib.loads(text)["without"].items():
        made = fit_band(leave_out=name)
        assert (made.median_h, made.sigma) == pytest.approx((one["median_h"], one["sigma"]), rel=1e-3)


def claim(name: str, *implies: Implied) -> Claim:
    return Claim(name, "d", "h", "redness", "most", 0.0, 48.0, "state.", implies)


def test_a_clash_is_arithmetic_not_taste() -> None:
    gone_early = claim("A", Implied(2.0, 0.10, "at_most", 0.75))
    there_late = claim("B", Implied(24.0, 0.10, "at_least", 0.95))
    some_late = claim("C", Implied(24.0, 0.10, "at_least", 0.20))
    assert [(one.one, one.other) for one in clashes([gone_early, there_late, some_late])] == [("A", "B")]
    # Everything falls: more left earlier contradicts nothing.
    assert list(clashes([there_late, claim("D", Implied(48.0, 0.10, "at_most", 0.95))])) == []


def test_no_band_meets_both_sides_of_a_clash_comfortably() -> None:
    """The arithmetic holds for every log-normal population that one could think of."""
    by_id = claims_by_id()
    for pair in DOCUMENT["clashes"]:
        first, second = (by_id[name] for name in pair["claims"])
        for sigma in (0.3, 0.8, 1.5):
            for median in (1.0, 5.0, 20.0, 80.0):
                population = lognorm(sigma, scale=median)
                shares = []
                for one in (*first.implies, *second.implies):
                    below = float(population.cdf(one.at_h / math.log2(1 / one.level)))
                    shares.append((below if one.side == "at_most" else 1 - below) - one.share)
                assert min(shares) < 0, pair


def test_known_contradictions_are_shown_at_both_claims() -> None:
    assert {"R65"} <= set(CLAIMS["R63"]["contradicts"])
    assert {"R63"} <= set(CLAIMS["R65"]["contradicts"])
    assert {"R43"} <= set(CLAIMS["R59"]["contradicts"])
    assert "R11" in CLAIMS["R21"]["contradicts"]  # gone in hours, or a sunburn on day 1 in all


def test_variants_have_every_kind_and_fall() -> None:
    rows = {one["name"]: one for one in variants()}
    for word in (
        "face",
        "body",
        "superficial",
        "standard",
        "deep",
        "radio-frequency",
        "roller",
        "sensitive",
        "rosacea",
    ):
        assert any(word in name for name in rows), word
    for one in rows.values():
        assert one["band"][0]["day"] == pytest.approx(1 / 24, abs=1e-4)
        assert one["band"][-1]["day"] == 42
        for row in one["band"]:
            assert row["p5"] <= row["p25"] <= row["p50"] <= row["p75"] <= row["p95"]
        for earlier, later in pairwise(one["band"]):
            assert later["p50"] <= earlier["p50"]
        for shift in one["shifts"]:
            assert shift["claims"] or shift["basis"] == "ours"
    known = {one.id for one in load_claims()}
    assert all(set(shift["claims"]) <= known for one in rows.values() for shift in one["shifts"])


def test_tones_are_shown_as_each_section_has_them_and_as_used() -> None:
    rows = {one["name"]: one for one in variants()}
    plain = rows["face"]["half_life_h"]["p50"]
    for group in ("lighter", "darker"):
        versions = [one for name, one in rows.items() if name.startswith(group)]
        assert [one["used"] for one in versions].count(True) >= 1
        assert len(versions) == 4
        assert rows[f"{group} tones, as used here"]["half_life_h"]["p50"] == plain
    by_sessions = [rows[f"{group} tones, as R50 and R51 say"]["half_life_h"]["p50"] for group in ("lighter", "darker")]
    by_tones = [rows[f"{group} tones, as R52 and R53 say"]["half_life_h"]["p50"] for group in ("lighter", "darker")]
    assert by_sessions[1] / by_sessions[0] == pytest.approx(96 / 48, rel=0.01)
    assert by_tones[0] / by_tones[1] == pytest.approx(24 / 8, rel=0.01)
