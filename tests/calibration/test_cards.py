"""The cards' data against the makers' tables as colour-science carries them, and their geometry by hand."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from calibration.cards import load_card, names
from calibration.errors import UnknownCard, UsageError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import colour

TABLES = {
    "after_november_2014": "ColorChecker24 - After November 2014",
    "before_november_2014": "ColorChecker24 - Before November 2014",
}


def test_the_promised_cards_are_there_and_load() -> None:
    assert names() == ("classic-24", "mini-24", "nano-24", "passport-24", "rubor")
    for name in names():
        card = load_card(name)
        assert card.name == name
        assert len(card.patches) == card.rows * card.columns == 24
        assert len(set(card.patches)) == 24


def test_patches_stand_in_the_cards_own_order() -> None:
    patches = load_card("classic-24").patches
    assert (patches[0], patches[5], patches[18], patches[23]) == ("dark skin", "bluish green", "white 9.5", "black 2")


@pytest.mark.parametrize(("edition", "table"), TABLES.items())
def test_reference_is_the_published_one(edition: str, table: str) -> None:
    chart = colour.CCS_COLOURCHECKERS[table]
    published = [colour.XYZ_to_Lab(colour.xyY_to_XYZ(xyy), chart.illuminant) for xyy in chart.data.values()]
    assert np.allclose(load_card("classic-24").lab_d50[edition], published, atol=0.006)


@pytest.mark.parametrize("edition", TABLES)
def test_d65_is_bradfords(edition: str) -> None:
    card = load_card("mini-24")
    d50 = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D50"]
    d65 = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]
    xyz = colour.Lab_to_XYZ(card.lab_d50[edition], d50)
    adapted = colour.adaptation.chromatic_adaptation_VonKries(
        xyz, colour.xy_to_XYZ(d50), colour.xy_to_XYZ(d65), transform="Bradford"
    )
    linear = colour.XYZ_to_sRGB(adapted, d65, apply_cctf_encoding=False)
    assert np.allclose(card.lab_d65(edition), colour.XYZ_to_Lab(adapted, d65), atol=0.05)  # type: ignore[arg-type]
    assert np.allclose(card.linear_srgb(edition), linear, atol=2e-3)  # type: ignore[arg-type]


def test_a_published_patch_by_hand() -> None:
    assert load_card("nano-24").lab_d50["after_november_2014"][0].tolist() == [37.54, 14.37, 14.92]


def test_greys_are_grey_in_d65_too() -> None:
    lab = load_card("passport-24").lab_d65()
    assert np.all(np.abs(lab[18:, 1:]) < 3.2)
    assert np.all(np.diff(lab[18:, 0]) < -10)


@pytest.mark.parametrize("name", names())
def test_centres_lie_where_the_sizes_say(name: str) -> None:
    card = load_card(name)
    centres = card.centres * card.size_mm
    assert np.allclose(centres[0], card.patch_mm / 2)
    assert np.allclose(centres[1] - centres[0], (card.patch_mm + card.gap_mm, 0))
    assert np.allclose(centres[6] - centres[0], (0, card.patch_mm + card.gap_mm))
    assert np.allclose(centres[23], np.array(card.size_mm) - card.patch_mm / 2)
    assert card.corners.tolist() == [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert 0.05 < card.gap_share < 0.35


@pytest.mark.parametrize("name", ["classic", "Classic-24", "", "../errors", "auto", "colorchecker-24.reference"])
def test_an_unknown_name_is_refused_in_one_plain_sentence(name: str) -> None:
    with pytest.raises(UnknownCard) as caught:
        load_card(name)
    assert isinstance(caught.value, UsageError)
    assert "classic-24" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nobody_can_change_the_table_behind_the_others_back() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load_card("classic-24").lab_d50["after_november_2014"][0, 0] = 0.0
