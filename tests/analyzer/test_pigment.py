"""Pigment told apart from blood, held against the model of skin."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.pigment import WEIGHTS, melanin_index, melanin_index_of_lab, typology_angle
from analyzer.reading import Reading, RegionReading
from calibration import spectra
from calibration.cielab import xyz_to_lab, xyz_to_linear_srgb
from calibration.skin_optics import redden, skin_reflectance, tan

# Skins of all tones, from 1 % to 30 % melanosomes.
SKINS = skin_reflectance(np.array([0.01, 0.03, 0.06, 0.12, 0.2]), 0.01)


def index(reflectance: np.ndarray) -> float:
    return melanin_index(xyz_to_linear_srgb(spectra.xyz_d65(reflectance)))


@pytest.mark.parametrize("skin", SKINS)
def test_blood_hardly_moves_the_index(skin: np.ndarray) -> None:
    plain, red = (xyz_to_lab(spectra.xyz_d65(one)) for one in (skin, redden(skin, 0.3)))
    assert red[1] - plain[1] > 3  # a clear redness ...
    assert abs(index(redden(skin, 0.3)) - index(skin)) < 1.6  # ... and no pigment
    assert typology_angle(*red) < typology_angle(*plain) - 2  # which ITA cannot tell


@pytest.mark.parametrize("skin", SKINS[:4])
def test_melanin_moves_it_as_it_moves_the_usual_index(skin: np.ndarray) -> None:
    red = [float(xyz_to_linear_srgb(spectra.xyz_d65(one))[0]) for one in (skin, tan(skin, 0.03))]
    usual = 100 * np.log10(red[0] / red[1])
    assert index(tan(skin, 0.03)) - index(skin) == pytest.approx(usual, rel=0.15)


def test_darker_people_have_more() -> None:
    values = [index(skin) for skin in SKINS]
    assert values == sorted(values)
    assert values[0] < 40 < 55 < values[-1]


def test_a_colour_in_cielab_has_the_index_of_its_rgb() -> None:
    lab = xyz_to_lab(spectra.xyz_d65(SKINS[1]))
    assert melanin_index_of_lab(*map(float, lab)) == pytest.approx(index(SKINS[1]), abs=1e-6)


def test_light_moves_it_less_than_it_moves_the_usual_index() -> None:
    assert abs(WEIGHTS.sum()) < 110
    assert abs(index(1.1 * SKINS[1]) - index(SKINS[1])) < 4.4


def test_black_has_an_index_too() -> None:
    assert np.isfinite(melanin_index([0.0, 0.0, 0.0]))


def test_readings_carry_both_and_older_ones_without_are_read_back() -> None:
    region = RegionReading(2, 900, 60.0, 14.0, 17.0, 1.5, 0.6, 14.0, 0.3, melanin_index=38.2, ita=30.5)
    reading = Reading("a.jpg", None, 10, 10, usable=True, regions={"left_cheek": region})
    document = reading.to_json()
    assert Reading.from_json(document) == reading
    del document["regions"]["left_cheek"]["melanin_index"], document["regions"]["left_cheek"]["ita"]
    older = Reading.from_json(document).regions["left_cheek"]
    assert (older.a, older.melanin_index, older.ita) == (14.0, None, None)
