"""Poor lamps that the library has never seen are told from good ones; the families of unusual lamps are real lamps."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from calibration import spectra
from calibration.cielab import delta_e00, xyz_to_lab
from calibration.colour_rendering import rendering, renderings
from calibration.holdout import HELD_OUT_CAMERAS
from calibration.lamp_verdict import judge_lamp
from calibration.simulated_camera import Isp, Phone, simulate_patches
from calibration.unusual_lamps import unusual_lamps

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import colour

# A phone that does nothing to the tones: the verdict is asked about linear light.
PLAIN = Isp(exposure=0.7)
LED_PEAKS = ([460, 525, 630], [22, 33, 18])


def collected(name: str) -> np.ndarray:
    """A lamp of colour-science's collection, which the project does not hold."""
    known = colour.SDS_LIGHT_SOURCES if name in colour.SDS_LIGHT_SOURCES else colour.SDS_ILLUMINANTS
    return np.interp(spectra.WAVELENGTHS, known[name].wavelengths, known[name].values)


def three_coloured() -> np.ndarray:
    """An RGB LED of 4000 K, its lines as Ohno (2005) describes them."""
    shape, chips = colour.SpectralShape(380, 780, 5), zip(*LED_PEAKS, strict=True)
    lines = [colour.sd_single_led(peak, shape, half_spectral_width=width / 2) for peak, width in chips]
    parts = np.stack([line.values for line in lines])
    power = np.linalg.solve(spectra.observer() @ parts.T, spectra.xyz_of_lamp(spectra.blackbody(4000)))
    assert (power > 0).all()
    return power @ parts


def poor(lamp: np.ndarray, camera: int = 1) -> float:
    phone = Phone(camera=HELD_OUT_CAMERAS[camera], infrared_cut_nm=660)
    patches = simulate_patches(phone.sensitivity(), lamp, PLAIN, spectra.patches().values)
    return judge_lamp(patches, np.ones(24)).poor


@pytest.mark.parametrize("camera", [1, 4, 9])
@pytest.mark.parametrize("name", ["HPS", "Mercury", "H38JA-100/DX (Mercury DX)", "C100S54 (HPS)"])
def test_gas_lamps_are_poor(name: str, camera: int) -> None:
    assert poor(collected(name), camera) > 0.8


@pytest.mark.parametrize("camera", [1, 4, 9])
def test_a_three_coloured_led_is_poor(camera: int) -> None:
    assert rendering(three_coloured()).ra < 60
    assert poor(three_coloured(), camera) > 0.8


@pytest.mark.parametrize("camera", [1, 4, 9])
@pytest.mark.parametrize("name", ["FL2", "FL4"])
def test_old_tubes_are_poor(name: str, camera: int) -> None:
    assert poor(spectra.lamps()[name], camera) > 0.4


@pytest.mark.parametrize("camera", [1, 4, 9])
@pytest.mark.parametrize("name", ["D55", "Incandescent", "LED-B3", "LED-V1", "FL11", "FL3.14"])
def test_good_lamps_are_not(name: str, camera: int) -> None:
    assert poor(spectra.lamps()[name], camera) < 0.3


def test_the_card_looks_as_it_is_in_the_light_that_it_is_in() -> None:
    seen = spectra.response(spectra.patches().values, spectra.lamps()["D65"], spectra.camera("Nikon_D850"))
    told = judge_lamp(seen, np.ones(24))
    truth = spectra.xyz_d65(spectra.patches().values)
    assert delta_e00(xyz_to_lab(told.card), xyz_to_lab(truth)).mean() < 2.5
    assert told.rendering.ra > 85


def test_unusual_lamps_are_light_and_always_the_same() -> None:
    lamps = unusual_lamps()
    assert (lamps >= 0).all()
    assert lamps.max(axis=1) == pytest.approx(1.0)
    assert len(np.unique(lamps.round(6), axis=0)) == len(lamps)
    # From the worst that is sold to what is fit for a home: the families say both yes and no.
    indices = [one.ra for one in renderings(lamps)]
    assert min(indices) < 0
    assert max(indices) > 90


def test_many_lamps_are_judged_as_one_at_a_time() -> None:
    lamps = spectra.lamps().values[::9]
    assert [one.ra for one in renderings(lamps)] == pytest.approx([rendering(lamp).ra for lamp in lamps])
