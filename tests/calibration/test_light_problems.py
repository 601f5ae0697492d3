"""Poor lamps, filters and shadows are named by the card, ordinary phones and lamps are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration import spectra
from calibration.card_light import PLACES
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import decode_srgb, encode_srgb
from calibration.correction import Calibration, calibrate
from calibration.detection import find_card
from calibration.holdout import HELD_OUT_CAMERAS
from calibration.light_problems import in_one_light
from calibration.photo import read_photo
from calibration.simulated_camera import Isp, Phone, simulate_patches
from calibration.simulated_filters import FILTERS, saturated, split_toned, turned

REAL = Path(__file__).parents[1] / "data" / "cards"
CENTRES = np.array([100.0, 200.0]) + (PLACES + 0.5) * np.array([500.0, 300.0])
ISP = Isp(exposure=0.7, tone="s_curve", tone_strength=0.5, saturation=1.1)


def patches(lamp: str, camera: int = 1, isp: Isp = ISP) -> np.ndarray:
    phone = Phone(camera=HELD_OUT_CAMERAS[camera], infrared_cut_nm=660)
    return simulate_patches(phone.sensitivity(), spectra.lamps()[lamp], isp, spectra.patches().values)


def seen(rgb: np.ndarray) -> Calibration:
    clipped = ((rgb >= 1) | (rgb <= 0)).any(axis=1).astype(float)
    reading = CardReading("classic-24", CENTRES[[0, 5, 23, 18]], False, rgb, np.full((24, 3), 1e-3), clipped, CENTRES)
    return calibrate(CardSearch("auto", reading))


def codes(calibration: Calibration) -> set[str]:
    return {one.code for one in calibration.problems}


@pytest.mark.parametrize(("lamp", "camera"), [("FL2", 1), ("FL4", 7), ("FL2", 10), ("LED-RGB1", 4)])
def test_a_lamp_with_hardly_any_red_is_named_and_widens_the_uncertainty(lamp: str, camera: int) -> None:
    poor = seen(patches(lamp, camera))
    assert "poor_lamp" in codes(poor)
    assert poor.extra_a_se > seen(patches("D55", camera)).extra_a_se


@pytest.mark.parametrize(("lamp", "camera"), [("D55", 1), ("Incandescent", 4), ("LED-V1", 9), ("FL11", 12)])
def test_ordinary_light_and_phones_raise_nothing(lamp: str, camera: int) -> None:
    assert codes(seen(patches(lamp, camera))) == set()


@pytest.mark.parametrize("name", ["color_checker_2.jpg", "color_checker_4.jpg", "color_checker_mini_3.jpg"])
def test_real_photographs_of_a_bought_card_raise_nothing(name: str) -> None:
    """Real cards differ from the measured one by more than any simulated phone."""
    found = calibrate(find_card(read_photo(REAL / name)))
    assert found.found
    assert not codes(found) & {"poor_lamp", "colour_filter", "uneven_light"}


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_filter_is_named_by_what_it_did_to_the_card(name: str) -> None:
    coded = np.clip(FILTERS[name](encode_srgb(patches("D55"))), 0, 1)
    found = seen(decode_srgb(coded))
    assert "colour_filter" in codes(found)
    assert found.extra_a_se > 1.5


MILD = {
    "split-toned": lambda coded: split_toned(coded, 0.07),
    "hues turned": lambda coded: turned(coded, 10.0),
    "half the colour": lambda coded: saturated(coded, 0.5),
}


@pytest.mark.parametrize("name", sorted(MILD))
def test_a_mild_filter_widens_the_uncertainty_even_where_it_is_not_named(name: str) -> None:
    coded = np.clip(MILD[name](encode_srgb(patches("D55"))), 0, 1)
    assert seen(decode_srgb(coded)).extra_a_se > 1.3 * seen(patches("D55")).extra_a_se


def test_a_shadow_over_a_third_of_the_card_is_uneven_light() -> None:
    shaded = patches("D55") * np.where(PLACES[:, :1] < -0.2, 0.55, 1.0)
    assert "uneven_light" in codes(seen(shaded))


def test_a_tint_that_grows_over_the_card_is_taken_out_and_nothing_else() -> None:
    """Two lamps tint the card's ends in opposite ways; a filter tints by colour, not by place."""
    card, everywhere = spectra.xyz_d65(spectra.patches().values), np.ones(24, bool)
    tint = np.exp(PLACES[:, :1] * np.array([0.25, 0.0, -0.25]))
    left = np.log(in_one_light(card * tint, card, everywhere) / card)
    assert np.abs(left).max() < 0.04
    assert np.abs(np.log(tint)).max() > 0.12
    brighter = card ** np.array([0.9, 1.0, 1.1])
    assert in_one_light(brighter, card, everywhere) == pytest.approx(brighter, rel=0.05)


@pytest.mark.parametrize(("brightest", "burnt"), [(0.94, False), (0.99, True)])
def test_a_yellow_without_blue_is_burnt_only_at_the_top(brightest: float, burnt: bool) -> None:
    """Yellow outside of sRGB has lost its blue, not its light."""
    rgb = patches("D55")
    rgb[15] = [brightest, 0.7, 0.0005]
    reading = CardReading(
        "classic-24",
        CENTRES[[0, 5, 23, 18]],
        False,
        rgb,
        np.full((24, 3), 1e-3),
        np.where(np.arange(24) == 15, 0.6, 0.0),
        CENTRES,
    )
    assert ("card_clipped" in codes(calibrate(CardSearch("auto", reading)))) == burnt
