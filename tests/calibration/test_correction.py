"""The calibration on simulated phones, lamps and skins that its prior has never seen."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration import spectra
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import decode_srgb, encode_srgb, linear_srgb_to_lab, xyz_to_lab
from calibration.correction import Calibration, calibrate, trust_in_patches
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_LAMPS, HELD_OUT_SKINS
from calibration.problems import problem
from calibration.simulated_camera import Isp, Phone, simulate_patches
from calibration.skin_optics import redden

Floats = NDArray[np.float64]

SKINS = spectra.skins().only(HELD_OUT_SKINS).values[::3]
REDDENED = redden(SKINS, 0.3, oxygenation=0.9, shortening=0.6)


def reading_of(rgb: Floats) -> CardReading:
    coded = np.round(encode_srgb(np.clip(rgb, 0, 1)) * 2040) / 2040
    clipped = ((coded >= 1) | (coded <= 0)).any(axis=1).astype(float)
    return CardReading(
        "classic-24", np.zeros((4, 2)), False, decode_srgb(coded), np.full((24, 3), 1e-3), clipped, np.zeros((24, 2))
    )


def photographed(phone: Phone, lamp: str, isp: Isp) -> tuple[Calibration, Floats, Floats]:
    """The calibration from the card, and the file's linear RGB of plain and of reddened skins."""
    surfaces = np.concatenate([spectra.patches().values, SKINS, REDDENED])
    rgb = simulate_patches(phone.sensitivity(), spectra.lamps()[lamp], isp, surfaces)
    calibration = calibrate(CardSearch("auto", reading_of(rgb[:24])))
    return calibration, rgb[24 : 24 + len(SKINS)], rgb[24 + len(SKINS) :]


@cache
def many() -> tuple[Floats, Floats, Floats, Floats]:
    """Errors of a* (pictures, skins): ours on plain and on reddened skin, the phone's own; and our standard errors."""
    rng = np.random.default_rng(11)
    true_plain, true_red = (xyz_to_lab(spectra.xyz_d65(skins))[:, 1] for skins in (SKINS, REDDENED))
    ours, red, own, promised = [], [], [], []
    for _ in range(4):
        phone, isp = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
        for lamp in rng.choice(HELD_OUT_LAMPS, 6, replace=False):
            isp = isp.next_picture(rng)
            calibration, plain_rgb, red_rgb = photographed(phone, str(lamp), isp)
            lab = calibration.to_lab(plain_rgb)
            ours.append(lab[:, 1] - true_plain)
            red.append(calibration.to_lab(red_rgb)[:, 1] - true_red)
            own.append(linear_srgb_to_lab(plain_rgb)[:, 1] - true_plain)
            promised.append([calibration.a_se(one) for one in lab])
    return np.array(ours), np.array(red), np.array(own), np.array(promised)


def test_redness_of_unseen_skin_under_unseen_phones_and_lamps() -> None:
    ours, red, own, _ = many()
    assert np.abs(ours).mean() < 0.9
    assert np.abs(red).mean() < 1.0
    assert np.abs(ours).mean() < 0.3 * np.abs(own).mean()


def test_the_same_skin_repeats_from_lamp_to_lamp() -> None:
    ours, _, own, _ = many()
    by_phone = ours.reshape(4, 6, -1)
    assert by_phone.std(axis=1).mean() < 0.6
    assert by_phone.std(axis=1).mean() < 0.3 * own.reshape(4, 6, -1).std(axis=1).mean()


def test_a_change_under_another_lamp_is_measured() -> None:
    ours, red, *_ = many()
    steps = red.reshape(4, 6, 1, -1) - ours.reshape(4, 1, 6, -1)
    other_lamp = ~np.eye(6, dtype=bool)
    assert np.abs(steps[:, other_lamp]).mean() < 0.8
    assert np.quantile(np.abs(steps[:, other_lamp]), 0.95) < 2.0


def test_the_standard_error_is_a_promise_that_is_kept() -> None:
    ours, _, _, promised = many()
    inside = (np.abs(ours) <= 2 * promised).mean()
    assert inside > 0.93
    assert np.median(promised) < 1.2 * np.sqrt((ours**2).mean())


@pytest.mark.parametrize("isp", [
    Isp(exposure=0.8, tone="s_curve", tone_strength=0.7),
    Isp(exposure=0.8, tone="gamma", tone_strength=0.8),
    Isp(exposure=0.8, tone="film", tone_strength=0.6, saturation=1.2),
    Isp(exposure=0.8, tone="s_curve", tone_strength=0.5, tone_on_luminance=True),
    Isp(exposure=0.8, saturation=1.2),
    Isp(exposure=0.8, saturation=1.2, saturate_linear=True),
    Isp(exposure=0.6, white_balance=(0.12, -0.12), adaptation=0.85),
])  # fmt: skip
def test_what_the_phone_did_to_the_picture_is_undone(isp: Isp) -> None:
    phone = Phone(camera=HELD_OUT_CAMERAS[0], infrared_cut_nm=660)
    plain, *_ = photographed(phone, "D55", Isp(exposure=0.8))
    calibration, skin_rgb, _ = photographed(phone, "D55", isp)
    reference, reference_rgb, _ = photographed(phone, "D55", Isp(exposure=0.8))
    difference = calibration.to_lab(skin_rgb)[:, 1] - reference.to_lab(reference_rgb)[:, 1]
    assert np.abs(difference).mean() < 0.6
    assert plain.patch_fit is not None


def test_a_perfect_camera_in_daylight_is_hardly_touched() -> None:
    calibration, skin_rgb, _ = photographed(Phone(), "D65", Isp())
    truth = xyz_to_lab(spectra.xyz_d65(SKINS))
    error = np.abs(calibration.to_lab(skin_rgb) - truth).mean(axis=0)
    assert (error < [0.3, 0.6, 1.5]).all()
    assert calibration.patch_fit is not None
    assert calibration.patch_fit.mean < 0.5


def test_exposure_does_not_move_the_result() -> None:
    phone = Phone(camera=HELD_OUT_CAMERAS[1], infrared_cut_nm=665)
    results = [
        calibration.to_lab(rgb)
        for calibration, rgb, _ in (
            photographed(phone, "LED-B3", Isp(exposure=exposure)) for exposure in (0.35, 0.6, 0.9)
        )
    ]
    assert np.abs(results[0] - results[2]).max() < 0.5
    assert np.abs(results[1] - results[2]).max() < 0.3


def test_a_lamp_is_told_from_another() -> None:
    phone = Phone(camera=HELD_OUT_CAMERAS[1], infrared_cut_nm=665)
    warm, *_ = photographed(phone, "Incandescent", Isp(exposure=0.8))
    cold, *_ = photographed(phone, "D75", Isp(exposure=0.8))
    assert warm.lamp is not None
    assert cold.lamp is not None
    assert warm.lamp.cct_k < 3800 < cold.lamp.cct_k


def test_without_a_card_the_uncertainty_is_wide_and_the_colours_are_the_files_own() -> None:
    calibration = calibrate(CardSearch("auto", None, (problem("no_card"),)))
    rgb = np.array([[0.4, 0.25, 0.2]])
    assert calibration.to_lab(rgb) == pytest.approx(linear_srgb_to_lab(rgb))
    assert calibration.a_se(calibration.to_lab(rgb)[0]) > 4
    assert not calibration.found
    assert calibration.to_json()["found"] is False
    assert [one.code for one in calibration.problems] == ["no_card"]


def test_a_card_with_a_burnt_out_white_is_measured_from_the_rest_and_says_so() -> None:
    phone = Phone(camera=HELD_OUT_CAMERAS[1], infrared_cut_nm=665)
    ordinary, skin_rgb, _ = photographed(phone, "D55", Isp(exposure=0.8))
    burnt, burnt_rgb, _ = photographed(phone, "D55", Isp(exposure=1.25))
    assert "card_clipped" in [one.code for one in burnt.problems]
    assert "card_clipped" not in [one.code for one in ordinary.problems]
    shown = burnt_rgb.max(axis=1) < 0.98
    difference = burnt.to_lab(burnt_rgb)[shown, 1] - ordinary.to_lab(skin_rgb)[shown, 1]
    assert np.abs(difference).mean() < 1.0


def test_the_json_is_what_the_contract_promises() -> None:
    calibration, *_ = photographed(Phone(camera=HELD_OUT_CAMERAS[1]), "LED-B3", Isp(exposure=0.8))
    document = calibration.to_json()
    assert set(document) >= {"card", "found", "corners", "mirrored", "method", "delta_e00", "lamp", "a_uncertainty"}
    assert set(document["delta_e00"]) == {"mean", "max", "left_out_mean"}
    assert document["delta_e00"]["left_out_mean"] >= document["delta_e00"]["mean"]
    assert set(document["lamp"]) == {"cct_k", "like"}
    assert 0.3 < document["a_uncertainty"] < 3


def test_a_small_step_in_the_patches_is_a_small_step_in_redness() -> None:
    """The same picture stored another way has patches up to one per cent off. Nothing may flip: neither the lamp that
    is believed, nor the history of the picture, nor whether a patch counts."""
    rng = np.random.default_rng(5)
    worst, mean = [], []
    for lamp in ("D55", "LED-B1", "FL11", "FL3.14", "3-LED-3 (465/546/614)", "Incandescent"):
        phone, isp = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
        surfaces = np.concatenate([spectra.patches().values, SKINS])
        rgb = simulate_patches(phone.sensitivity(), spectra.lamps()[lamp], isp, surfaces)
        plain = reading_of(rgb[:24])
        direction = rng.normal(0, 0.01, (24, 3))
        found = [
            calibrate(CardSearch("auto", replace(plain, rgb=plain.rgb * (1 + share * direction)))).to_lab(rgb[24:])[
                :, 1
            ]
            for share in np.linspace(0, 1, 9)
        ]
        steps = np.abs(np.diff(found, axis=0)).mean(axis=1)
        worst.append(steps.max())
        mean.append(np.abs(found[-1] - found[0]).mean())
    assert max(worst) < 0.08
    assert np.mean(mean) < 0.2


@pytest.mark.parametrize("start", [-0.02, 0.0])
def test_a_patch_that_leaves_the_space_loses_its_weight_bit_by_bit(start: float) -> None:
    """A channel that is cut off at zero is no measurement; clear of it, on either side, it is."""
    values = np.linspace(start, start + 0.02, 2001)
    rgb = np.full((24, 3), 0.2)
    trust = []
    for value in values:
        rgb[14, 1] = value
        reading = CardReading(
            "classic-24", np.zeros((4, 2)), False, rgb, np.full((24, 3), 1e-3), np.zeros(24), np.zeros((24, 2))
        )
        trust.append(trust_in_patches(reading)[14])
    assert np.abs(np.diff(trust)).max() < 0.01
    assert min(trust) == 0
    assert max(trust) == 1


def test_a_few_clipped_pixels_take_a_little_weight() -> None:
    rgb = np.full((24, 3), 0.2)
    shares = np.linspace(0, 0.3, 24)
    reading = CardReading("classic-24", np.zeros((4, 2)), False, rgb, np.full((24, 3), 1e-3), shares, np.zeros((24, 2)))
    trust = trust_in_patches(reading)
    assert (np.diff(trust) <= 0).all()
    assert np.diff(trust).min() > -0.1
    assert trust[0] == 1
    assert trust[-1] == 0
