"""Poor lamps, filters and shadows are named by the card, ordinary phones and lamps are not."""

from __future__ import annotations

import numpy as np
import pytest

from calibration import spectra
from calibration.card_light import PLACES
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import decode_srgb, encode_srgb
from calibration.correction import Calibration, calibrate
from calibration.holdout import HELD_OUT_CAMERAS
from calibration.simulated_camera import Isp, Phone, simulate_patches
from calibration.simulated_filters import FILTERS

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


@pytest.mark.parametrize(("lamp", "camera"), [("FL2", 1), ("FL4", 7), ("FL2", 10)])
def test_a_lamp_with_hardly_any_red_is_named_and_widens_the_uncertainty(lamp: str, camera: int) -> None:
    poor = seen(patches(lamp, camera))
    assert "poor_lamp" in codes(poor)
    assert poor.extra_a_se > seen(patches("D55", camera)).extra_a_se


@pytest.mark.parametrize(("lamp", "camera"), [("D55", 1), ("Incandescent", 4), ("LED-V1", 9), ("FL11", 12)])
def test_ordinary_light_and_phones_raise_nothing(lamp: str, camera: int) -> None:
    assert codes(seen(patches(lamp, camera))) == set()


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_filter_is_named_by_what_it_did_to_the_card(name: str) -> None:
    coded = np.clip(FILTERS[name](encode_srgb(patches("D55"))), 0, 1)
    found = seen(decode_srgb(coded))
    assert "colour_filter" in codes(found)
    assert found.extra_a_se > 1.5


def test_a_shadow_over_a_third_of_the_card_is_uneven_light() -> None:
    shaded = patches("D55") * np.where(PLACES[:, :1] < -0.2, 0.55, 1.0)
    assert "uneven_light" in codes(seen(shaded))
