"""The joint fit against what the simulation knows: the true sensor, the true light, the true tone curve."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration import prior, spectra
from calibration.card_light import PLACES
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_SKINS
from calibration.joint_fit import fit_jointly
from calibration.simulated_camera import Phone
from calibration.tone import ToneCurve

Floats = NDArray[np.float64]

SKINS = spectra.skins().only(HELD_OUT_SKINS).values
STRAIGHT = ToneCurve(np.array([1.0, 0.0, 0.0, 0.0]), 1.0, 1.0, False, 0.0)
ALL = np.ones(24)
SURE = np.full((24, 3), 1e-4)


def true_sensor(lamp: str, camera: str = HELD_OUT_CAMERAS[0]) -> Floats:
    """(3, wavelengths) of a phone unlike the library's, its channels mixed as a colour matrix does."""
    phone = Phone(camera, 655, filter_width=(1.05, 0.95, 1.05), peak_shift_nm=(2.0, -2.0, 1.0))
    weights = phone.sensitivity() * spectra.lamps()[lamp]
    weights = weights / weights.sum(axis=1, keepdims=True)
    return np.array([[1.5, -0.4, -0.1], [-0.2, 1.4, -0.2], [0.0, -0.5, 1.5]]) @ weights * 0.8


def test_it_shows_skin_nearer_to_the_truth_than_the_vote_does() -> None:
    """Over twelve phones and lamps that the library does not hold, the error of how skin is shown halves."""
    by_vote, by_joint = [], []
    for camera in HELD_OUT_CAMERAS[2::4]:
        for lamp in ("D75", "LED-B3", "FL11", "FL3.14"):
            truth = true_sensor(lamp, camera)
            patches = spectra.patches().values @ truth.T
            outcome = prior.vote(patches, ALL, prior.library())
            voted = np.einsum("p,pdw->dw", outcome.probability, prior.effective_sensors(outcome, prior.library()))
            joint = fit_jointly(patches, SURE, ALL, STRAIGHT, outcome, prior.library())
            skin = SKINS @ truth.T
            by_vote.append(np.abs(SKINS @ voted.T / skin - 1).mean())
            by_joint.append(np.abs(SKINS @ joint.sensor.T / joint.tone.linearise(skin) - 1).mean())
    assert np.mean(by_joint) < 0.65 * np.mean(by_vote)
    assert np.mean(by_joint) < 0.006


def test_a_light_that_falls_off_is_seen() -> None:
    truth = true_sensor("D75")
    lit = spectra.patches().values @ truth.T * np.exp(PLACES @ [0.03, -0.05])[:, None]
    outcome = prior.vote(lit, ALL, prior.library())
    joint = fit_jointly(lit, SURE, ALL, STRAIGHT, outcome, prior.library())
    assert joint.slopes == pytest.approx([0.03, -0.05], abs=0.012)


def test_a_tone_curve_that_was_missed_is_corrected() -> None:
    truth = true_sensor("D75")
    linear = spectra.patches().values @ truth.T
    bent = np.cbrt(linear)
    file = (bent + 0.04 * (bent**2 - bent)) ** 3
    outcome = prior.vote(file, ALL, prior.library())
    joint = fit_jointly(file, SURE, ALL, STRAIGHT, outcome, prior.library())
    ratio = joint.tone.linearise(file)[18:22].mean(axis=1) / linear[18:22].mean(axis=1)
    before = file[18:22].mean(axis=1) / linear[18:22].mean(axis=1)
    assert np.ptp(ratio / ratio[0]) < 0.5 * np.ptp(before / before[0])


def test_what_the_patches_cannot_explain_widens_the_draws() -> None:
    truth = true_sensor("LED-B3")
    patches = spectra.patches().values @ truth.T
    spoilt = patches * (1 + np.random.default_rng(3).normal(0, 0.05, (24, 1)))
    spreads, misfits, unlikely = [], [], []
    for seen in (patches, spoilt):
        outcome = prior.vote(seen, ALL, prior.library())
        joint = fit_jointly(seen, SURE, ALL, STRAIGHT, outcome, prior.library())
        spreads.append((SKINS @ joint.draws.transpose(0, 2, 1)).std(axis=0).mean())
        misfits.append(joint.misfit)
        unlikely.append(joint.unlikely)
    assert spreads[1] > 2 * spreads[0]
    assert misfits[1] > misfits[0]
    assert unlikely[1] > unlikely[0]


def test_small_errors_of_the_patches_stay_small_in_skin() -> None:
    """Half a per cent off in each of the 72 numbers, a third as much or little more in skin's ratio of red to green:
    the errors of the patches average out, and nothing on the way amplifies them."""
    rng, moved = np.random.default_rng(4), []
    for camera in HELD_OUT_CAMERAS[2::6]:
        for lamp in ("D75", "LED-B3", "FL11"):
            truth = true_sensor(lamp, camera)
            patches = spectra.patches().values @ truth.T
            ratios = []
            for error in (np.zeros((24, 3)), *rng.normal(0, 0.005, (3, 24, 3))):
                seen = patches * (1 + error)
                joint = fit_jointly(seen, SURE, ALL, STRAIGHT, prior.vote(seen, ALL, prior.library()), prior.library())
                skin = np.log(SKINS @ joint.sensor.T / joint.tone.linearise(SKINS @ truth.T))
                ratios.append((skin[:, 0] - skin[:, 1]).mean())
            moved.extend(np.array(ratios[1:]) - ratios[0])
    assert np.sqrt(np.mean(np.square(moved))) < 0.004
