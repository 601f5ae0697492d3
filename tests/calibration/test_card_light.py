"""The light's fall-off over the card and on to the face: found, taken out, and given its uncertainty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration import spectra
from calibration.card_light import PLACES, fall_off, first_look, levelled, light_field
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import xyz_to_lab
from calibration.correction import calibrate
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_SKINS
from calibration.simulated_camera import Isp, Phone, simulate_patches
from calibration.tone import ToneCurve

STRAIGHT = ToneCurve(np.array([1.0, 0.0, 0.0, 0.0]), 1.2, 1.0, False, 0.0)
CARD = spectra.patches().values
ALL = np.ones(24)
# A card 600 pixels wide, upright, its first patch at 100, 200.
CENTRES = np.array([100.0, 200.0]) + (PLACES + 0.5) * np.array([500.0, 300.0])


@given(across=st.floats(-0.25, 0.25), down=st.floats(-0.25, 0.25))
def test_a_fall_off_is_found_and_taken_out(across: float, down: float) -> None:
    expected = spectra.xyz_d65(CARD)
    seen = expected * np.exp(PLACES @ [across, down])[:, None]
    slopes = fall_off(seen, expected, ALL)
    assert slopes == pytest.approx([across, down], abs=0.03)
    assert levelled(seen, STRAIGHT, np.array([across, down])) == pytest.approx(expected, rel=1e-3)


def looked_at(gradient: tuple[float, float], se: float) -> CardReading:
    rgb = np.full((24, 3), 0.3)
    slopes = np.array(gradient) / np.array([500.0, 300.0])
    errors = np.full(2, se) / np.array([500.0, 300.0])
    return CardReading(
        "classic-24", CENTRES[[0, 5, 23, 18]], False, rgb, rgb / 300, np.zeros(24), CENTRES, slopes, errors
    )


def test_the_first_look_takes_what_patches_show_within_themselves() -> None:
    assert first_look(looked_at((0.2, -0.1), 0.005)) == pytest.approx([0.2, -0.1], abs=0.01)
    # A slope as uncertain as slopes usually are large is believed by half.
    assert first_look(looked_at((0.2, 0.0), 0.08)) == pytest.approx([0.1, 0.0], abs=0.01)


def test_a_fall_off_along_the_greys_does_not_pass_for_a_tone_curve() -> None:
    """The lamp that the card is read to have stays the same when the light comes from either side."""
    phone = Phone(camera=HELD_OUT_CAMERAS[1], infrared_cut_nm=660)
    isp = Isp(exposure=0.65, tone="s_curve", tone_strength=0.5, saturation=1.1)
    found = []
    for slope in (-0.25, 0.0, 0.25):
        lit = CARD * np.exp(PLACES @ np.array([slope, 0.0]))[:, None]
        rgb = simulate_patches(phone.sensitivity(), spectra.lamps()["D55"], isp, lit)
        even = looked_at((slope, 0.0), 0.01)
        clipped = ((rgb >= 1) | (rgb <= 0)).any(axis=1).astype(float)
        found.append(
            calibrate(CardSearch("auto", replace(even, rgb=rgb, rgb_se=np.full((24, 3), 1e-3), clipped=clipped)))
        )
    assert all(one.lamp is not None and one.light is not None for one in found)
    ccts = [one.lamp.cct_k for one in found if one.lamp is not None]
    assert max(ccts) - min(ccts) < 400
    slopes = [float(one.light.slope[0]) * 500 for one in found if one.light is not None]
    assert slopes == pytest.approx([-0.25, 0.0, 0.25], abs=0.04)


def test_one_odd_patch_makes_no_fall_off() -> None:
    expected = spectra.xyz_d65(CARD)
    seen = expected.copy()
    seen[5] *= 1.5
    assert np.abs(fall_off(seen, expected, ALL)).max() < 0.03


def test_the_field_goes_on_beyond_the_card_and_grows_less_certain() -> None:
    field = light_field(CENTRES, np.array([0.1, 0.0]))
    assert field is not None
    assert field.at(field.centre) == pytest.approx(1.0)
    # 500 pixels from the first to the last column make a tenth of a logarithm.
    assert field.at(field.centre + np.array([500.0, 0.0])) == pytest.approx(np.exp(0.1))
    assert field.at(field.centre + np.array([0.0, 800.0])) == pytest.approx(1.0)
    assert field.log_se(field.centre) == pytest.approx(0, abs=1e-9)
    assert (
        field.log_se(field.centre + np.array([1000.0, 0.0])) > field.log_se(field.centre + np.array([500.0, 0.0])) > 0
    )
    assert light_field(np.zeros((24, 2)), np.array([0.1, 0.0])) is None


def test_a_card_held_aslant_says_less_about_the_light_on_the_face() -> None:
    """Turned about its long axis by 20, 40 and 60 degrees, as an orthographic picture shows it."""
    errors = []
    for degrees in (0, 20, 40, 60):
        field = light_field(CENTRES * [1.0, np.cos(np.radians(degrees))], np.zeros(2))
        assert field is not None
        assert field.tilt == pytest.approx(np.cos(np.radians(degrees)))
        errors.append(field.log_se(field.centre))
    assert errors == sorted(errors)
    # What straight light loses at 60 degrees is half of it.
    assert errors[-1] == pytest.approx(0.25)


@pytest.mark.parametrize("slopes", [(0.12, 0.0), (0.0, -0.12), (-0.1, 0.1)])
def test_skin_beside_an_unevenly_lit_card_is_measured_as_in_even_light(slopes: tuple[float, float]) -> None:
    """Side light that differs by a third from the card to the face moves a* by less than 0.3."""
    skins = spectra.skins().only(HELD_OUT_SKINS).values[::8]
    phone = Phone(camera=HELD_OUT_CAMERAS[1], infrared_cut_nm=660)
    face = np.array([350.0 + 700.0 * np.sign(slopes[0]), -400.0])
    even, lit = (seen(phone, skins, np.array(one), face) for one in ((0.0, 0.0), slopes))
    assert np.abs(lit[:, 1] - even[:, 1]).mean() < 0.3
    truth = xyz_to_lab(spectra.xyz_d65(skins))
    assert np.abs(lit[:, 1] - truth[:, 1]).mean() < 1.3


def seen(phone: Phone, skins: np.ndarray, slopes: np.ndarray, face: np.ndarray) -> np.ndarray:
    """CIELAB of ``skins`` at ``face`` beside the card, the light falling off by ``slopes`` over the card and beyond."""
    per_pixel = slopes / np.array([500.0, 300.0])
    card_light = np.exp(PLACES @ slopes)
    face_light = np.exp(np.clip((face - CENTRES.mean(axis=0)) @ per_pixel, -0.35, 0.35))
    surfaces = np.concatenate([CARD * card_light[:, None], skins * face_light])
    isp = Isp(exposure=0.7, tone="s_curve", tone_strength=0.5, saturation=1.1)
    rgb = simulate_patches(phone.sensitivity(), spectra.lamps()["D55"], isp, surfaces)
    clipped = ((rgb[:24] >= 1) | (rgb[:24] <= 0)).any(axis=1).astype(float)
    reading = CardReading(
        "classic-24", CENTRES[[0, 5, 23, 18]], False, rgb[:24], np.full((24, 3), 1e-3), clipped, CENTRES
    )
    places = np.tile(face, (len(skins), 1))
    return calibrate(CardSearch("auto", reading)).to_lab(rgb[24:], places)
