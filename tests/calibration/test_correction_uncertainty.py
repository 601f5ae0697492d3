"""The standard error of a* grows with whatever makes a photograph harder to trust."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration import spectra
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import decode_srgb, encode_srgb
from calibration.correction import calibrate
from calibration.holdout import HELD_OUT_CAMERAS
from calibration.simulated_camera import Isp, Phone, simulate_patches

Floats = NDArray[np.float64]

ISP = Isp(exposure=0.8, tone="s_curve", tone_strength=0.4, saturation=1.1)
PHONES = [Phone(camera=HELD_OUT_CAMERAS[index], infrared_cut_nm=660) for index in (1, 7)]
SKINS = np.array([[66.0, 12.0, 17.0], [60.0, 20.0, 17.0], [38.0, 11.0, 15.0]])


def card(phone: Phone, lamp: str = "D55", isp: Isp = ISP) -> CardReading:
    """The card without any noise but eight bits."""
    rgb = simulate_patches(phone.sensitivity(), spectra.lamps()[lamp], isp, spectra.patches().values)
    coded = np.round(encode_srgb(rgb) * 2040) / 2040
    clipped = ((coded >= 1) | (coded <= 0)).any(axis=1).astype(float)
    nowhere = np.zeros((24, 2))
    return CardReading("classic-24", nowhere[:4], False, decode_srgb(coded), np.full((24, 3), 5e-4), clipped, nowhere)


def promised(reading: CardReading) -> Floats:
    """a_se of light, reddened and dark skin."""
    calibration = calibrate(CardSearch("auto", reading))
    assert calibration.found
    return np.array([calibration.a_se(skin) for skin in SKINS])


def noisy(reading: CardReading, relative: float) -> CardReading:
    """Patches misread by ``relative`` of their value, and a reading that does not know it."""
    off = np.random.default_rng(5).normal(0, relative, (24, 3))
    return replace(reading, rgb=np.clip(reading.rgb * (1 + off), 1e-4, 0.999))


@pytest.mark.parametrize("phone", PHONES)
def test_it_grows_as_the_lamp_renders_colours_worse(phone: Phone) -> None:
    daylight, triphosphor, three_leds = (
        promised(card(phone, lamp)) for lamp in ("D55", "F32T8/TL830 (Triphosphor)", "3-LED-3 (465/546/614)")
    )
    assert (daylight < triphosphor).all()
    assert triphosphor.mean() > 1.4 * daylight.mean()
    assert three_leds.mean() > 1.4 * daylight.mean()


@pytest.mark.parametrize("phone", PHONES)
def test_it_grows_as_a_patch_has_fewer_pixels(phone: Phone) -> None:
    reading = card(phone)
    errors = [promised(replace(reading, rgb_se=reading.rgb_se * factor)) for factor in (1, 10, 40)]
    assert (errors[0] < errors[1]).all()
    assert (errors[1] < errors[2]).all()
    assert errors[2].mean() > 1.3 * errors[0].mean()


@pytest.mark.parametrize("phone", PHONES)
def test_it_grows_as_the_patches_fit_worse(phone: Phone) -> None:
    reading = card(phone)
    errors = [promised(noisy(reading, relative)) for relative in (0.0, 0.03, 0.1)]
    assert errors[0].mean() < errors[1].mean() < errors[2].mean()
    assert errors[2].mean() > 1.5 * errors[0].mean()


@pytest.mark.parametrize("phone", PHONES)
def test_it_grows_as_patches_are_lost(phone: Phone) -> None:
    reading = card(phone)
    few = reading.clipped.copy()
    few[[1, 4, 6, 9, 11, 14, 15, 16]] = 1.0
    one = reading.clipped.copy()
    one[14] = 1.0
    whole, without_one, without_many = (
        promised(replace(reading, clipped=lost)) for lost in (reading.clipped, one, few)
    )
    # Without the odd one the rest may agree a little better.
    assert whole.mean() <= without_one.mean() * 1.05
    assert without_one.mean() < without_many.mean()


def test_one_patch_with_a_reflection_changes_little() -> None:
    reading = card(PHONES[0])
    shiny = reading.rgb.copy()
    shiny[8] = np.minimum(shiny[8] * 1.3 + 0.05, 0.98)
    plain, glossy = (calibrate(CardSearch("auto", replace(reading, rgb=rgb))) for rgb in (reading.rgb, shiny))
    skin = np.array([[0.45, 0.30, 0.24], [0.35, 0.2, 0.16], [0.12, 0.07, 0.05]])
    assert np.abs(plain.to_lab(skin) - glossy.to_lab(skin))[:, 1].max() < 1.0
