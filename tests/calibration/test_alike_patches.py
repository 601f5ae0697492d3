"""A mild filter has no name, but the patches that look like skin betray it: a_se grows."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration import spectra
from calibration.alike_patches import AlikePatches
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import decode_srgb, encode_srgb, xyz_to_lab
from calibration.correction import calibrate
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_SKINS
from calibration.simulated_camera import Isp, Phone, simulate_patches

Floats = NDArray[np.float64]

LAMPS = ("D55", "LED-B3", "Incandescent", "FL11")
LUMA = np.array([0.2126, 0.7152, 0.0722])


def untouched(coded: Floats) -> Floats:
    return coded


def vibrant(coded: Floats) -> Floats:
    """Pale colours made stronger, strong ones left."""
    luma = (coded @ LUMA)[..., None]
    return np.asarray(luma + (1.6 - 0.6 * np.ptp(coded, axis=-1, keepdims=True)) * (coded - luma))


def whitened(coded: Floats) -> Floats:
    return np.asarray(coded**0.8 * 0.93 + [0.055, 0.07, 0.08])


def faded_blacks(coded: Floats) -> Floats:
    return np.asarray(0.12 + 0.88 * coded)


def paler_hues(coded: Floats) -> Floats:
    """Colours around skin's own hue made paler, others left."""
    luma = (coded @ LUMA)[..., None]
    hue = np.arctan2(np.sqrt(3) * (coded[..., 1] - coded[..., 2]), 2 * coded[..., 0] - coded[..., 1] - coded[..., 2])
    return np.asarray(luma + (1 - 0.3 * np.exp(-(((hue - 0.5) / 0.5) ** 2)))[..., None] * (coded - luma))


FILTERS = {one.__name__: one for one in (untouched, vibrant, whitened, faded_blacks, paler_hues)}


@cache
def judged(name: str) -> tuple[Floats, Floats]:
    """Errors of a* (pictures, people) of measured people under a filter, and the standard errors beside them."""
    rng = np.random.default_rng(11)
    skins = spectra.skins().only(HELD_OUT_SKINS).values
    truth = xyz_to_lab(spectra.xyz_d65(skins))[:, 1]
    errors, promised = [], []
    for lamp in LAMPS * 2:
        phone, isp = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
        surfaces = np.concatenate([spectra.patches().values, skins])
        rgb = simulate_patches(phone.sensitivity(), spectra.lamps()[lamp], isp, surfaces)
        shown = decode_srgb(np.clip(FILTERS[name](encode_srgb(np.clip(rgb, 0, 1))), 0, 1))
        coded = np.round(encode_srgb(shown[:24]) * 2040) / 2040
        clipped = ((coded >= 1) | (coded <= 0)).any(axis=1).astype(float)
        nowhere = np.zeros((24, 2))
        reading = CardReading(
            "classic-24", nowhere[:4], False, decode_srgb(coded), np.full((24, 3), 1e-3), clipped, nowhere
        )
        calibration = calibrate(CardSearch("auto", reading))
        lab = calibration.to_lab(shown[24:])
        errors.append(lab[:, 1] - truth)
        promised.append([calibration.a_se(one) for one in lab])
    return np.array(errors), np.array(promised)


@pytest.mark.parametrize("name", ["vibrant", "whitened", "faded_blacks", "paler_hues"])
def test_a_mild_filter_is_undone_or_widens_the_standard_error(name: str) -> None:
    errors, promised = judged(name)
    plain, usual = judged("untouched")
    undone = np.sqrt((errors**2).mean()) < 1.2 * np.sqrt((plain**2).mean())
    assert undone or np.median(promised) > 1.08 * np.median(usual)
    assert (np.abs(errors) <= 2 * promised).mean() > 0.85


def test_without_a_filter_it_stays_narrow() -> None:
    errors, promised = judged("untouched")
    assert (np.abs(errors) <= 2 * promised).mean() > 0.9
    assert np.median(promised) < 1.3 * np.sqrt((errors**2).mean())


def patches(off: Floats) -> AlikePatches:
    """The card where it should be, but ``off`` (24,) in a*."""
    return AlikePatches(xyz_to_lab(spectra.xyz_d65(spectra.patches().values)), off, np.ones(24))


def test_what_is_wrong_with_skin_s_own_kind_counts_more_than_a_strange_blue() -> None:
    skin = np.array([66.0, 12.0, 17.0])
    light_skin, blue = np.zeros(24), np.zeros(24)
    light_skin[1] = 2.0
    blue[12] = 2.0
    assert patches(light_skin).mean_square(skin) > 20 * patches(blue).mean_square(skin)
    assert patches(np.full(24, 2.0)).mean_square(skin) == pytest.approx(4.0)
