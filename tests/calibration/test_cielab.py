"""CIELAB and CIEDE2000 against published tables and against colour-science."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from calibration import cielab

# Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", Color Res Appl 2005;30:21, table 1:
# L1 a1 b1 L2 a2 b2 and the difference.
SHARMA = np.array(
    [
        [50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425],
        [50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615],
        [50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412],
        [50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669],
        [50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461],
        [50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065],
        [50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492],
        [50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977],
        [50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030],
        [50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)


def test_delta_e00_gives_the_published_differences() -> None:
    differences = cielab.delta_e00(SHARMA[:, :3], SHARMA[:, 3:6])
    assert np.round(differences, 4) == pytest.approx(SHARMA[:, 6], abs=1e-9)


def test_delta_e00_does_not_depend_on_the_order_of_the_pair() -> None:
    forward = cielab.delta_e00(SHARMA[:, :3], SHARMA[:, 3:6])
    assert cielab.delta_e00(SHARMA[:, 3:6], SHARMA[:, :3]) == pytest.approx(forward, abs=1e-9)


def test_lab_agrees_with_colour_science_in_and_out_of_gamut() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import colour

    xyz = np.random.default_rng(1).uniform(0.0, 1.2, (500, 3))
    white = cielab.WHITE_D65[:2] / cielab.WHITE_D65.sum()
    ours, theirs = cielab.xyz_to_lab(xyz), colour.XYZ_to_Lab(xyz, illuminant=white)
    assert np.abs(ours - theirs).max() < 1e-3


def test_srgb_primaries_and_white_have_their_published_lab() -> None:
    # Lindbloom's calculator, sRGB, D65 without adaptation.
    linear = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    published = np.array(
        [[100, 0, 0], [53.2408, 80.0925, 67.2032], [87.7347, -86.1827, 83.1793], [32.2970, 79.1875, -107.8602]]
    )
    assert np.abs(cielab.linear_srgb_to_lab(linear) - published).max() < 0.02


def test_srgb_coding_agrees_with_the_standard() -> None:
    # IEC 61966-2-1: the two branches and middle grey.
    assert cielab.encode_srgb(np.array([0.0, 0.0031308, 0.2140411, 1.0])) == pytest.approx(
        [0, 0.04045, 0.5, 1], abs=1e-5
    )


@given(arrays(np.float64, (7, 3), elements=st.floats(-0.05, 1.5)))
def test_lab_and_xyz_are_inverses(xyz: np.ndarray) -> None:
    assert cielab.lab_to_xyz(cielab.xyz_to_lab(xyz)) == pytest.approx(xyz, abs=1e-9)


@given(arrays(np.float64, (9,), elements=st.floats(0, 1)))
def test_srgb_coding_and_decoding_are_inverses(linear: np.ndarray) -> None:
    assert cielab.decode_srgb(cielab.encode_srgb(linear)) == pytest.approx(linear, abs=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floating_types_are_kept(dtype: type) -> None:
    colours = np.full((2, 4, 3), 0.4, dtype=dtype)
    assert cielab.xyz_to_lab(colours).dtype == dtype
    assert cielab.lab_to_xyz(colours).dtype == dtype
    assert cielab.linear_srgb_to_lab(colours).dtype == dtype
    assert cielab.encode_srgb(colours).dtype == dtype
    assert cielab.delta_e00(colours, colours).dtype == dtype


def test_a_colour_that_is_not_a_number_stays_so() -> None:
    lab = cielab.xyz_to_lab(np.array([[np.nan, 0.5, 0.5], [0.3, 0.5, 0.5]]))
    assert np.isnan(lab[0, 1])
    assert np.isfinite(lab[1]).all()


def test_individual_typology_angle_by_hand() -> None:
    lab = np.array([[70.0, 10.0, 20.0], [50.0, 10.0, 15.0], [40.0, 12.0, 10.0], [60.0, 10.0, -3.0]])
    assert cielab.individual_typology_angle(lab) == pytest.approx([45.0, 0.0, -45.0, 89.94], abs=0.01)
