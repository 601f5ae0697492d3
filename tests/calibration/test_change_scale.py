"""The scale for comparing photographs: what it is fitted to, and what it makes of added blood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.card_reading import CardSearch
from calibration.change_scale import ChangeScale, fit_change_scale
from calibration.cielab import xyz_to_lab
from calibration.correction import calibrate
from calibration.training_skins import training_skins
from calibration.usual_errors import sensors, usual_errors

Floats = NDArray[np.float64]


def test_the_usual_errors_are_those_of_the_training_people() -> None:
    skins = training_skins()
    assert skins.usual_error.shape == (skins.reflectance.shape[1],)
    # Learnt again from a few other lamps and cameras, the same people are misread in the same way.
    again = usual_errors(skins, sensors(60)[-12:])
    assert np.corrcoef(skins.usual_error, again)[0, 1] > 0.9
    assert np.std(skins.usual_error - again) < 0.25


def test_a_photograph_that_reads_everyone_as_usual_needs_no_correction() -> None:
    skins = training_skins()
    truth = xyz_to_lab(skins.xyz)
    usual = truth.copy()
    usual[..., 1] += skins.usual_error
    scale = fit_change_scale(usual, truth, skins)
    np.testing.assert_allclose(scale.a_star(usual), usual[..., 1], atol=1e-9)
    np.testing.assert_allclose(scale.gain(usual[1]), 1.0, atol=1e-9)


@pytest.mark.parametrize("off", [-0.8, 0.5])
def test_what_a_lamp_does_to_everyone_is_taken_out(off: float) -> None:
    skins = training_skins()
    truth = xyz_to_lab(skins.xyz)
    found = truth.copy()
    found[..., 1] += skins.usual_error + off + 0.02 * (truth[..., 0] - 60)
    scale = fit_change_scale(found, truth, skins)
    wanted = truth[..., 1] + skins.usual_error
    assert np.abs(scale.a_star(found) - wanted).max() < 0.05


def test_blood_that_is_read_a_fifth_too_strongly_has_a_gain_of_five_sixths() -> None:
    skins = replace(training_skins(), usual_error=np.zeros(training_skins().weight.shape[1]))
    truth = xyz_to_lab(skins.xyz)
    found = truth.copy()
    found[1:, :, 1] += 0.2 * (truth[1:, :, 1] - truth[:1, :, 1])
    gain = fit_change_scale(found, truth, skins)
    # The polynomial takes part of it out: what is left and the gain undo it together.
    rise = gain.a_star(found[2]) - gain.a_star(found[0])
    true = truth[2, :, 1] - truth[0, :, 1]
    corrected = gain.gain(found[2]) * rise
    assert abs(np.mean(corrected - true)) < 0.05 * true.mean()


def test_gain_is_the_ratio_of_true_and_read_rises_of_skins_that_look_alike() -> None:
    looks = np.array([[70.0, 18.0, 17.0], [70.0, 18.0, 17.0], [20.0, 2.0, 20.0]])
    scale = ChangeScale(np.zeros(10), looks, np.array([4.0, 2.0, 3.0]), np.array([3.0, 2.0, 4.5]), np.ones(3))
    assert scale.gain(looks[0]) == pytest.approx((4 * 3 + 2 * 2) / (4 * 4 + 2 * 2))
    assert scale.gain(looks[2]) == pytest.approx(1.5)


def test_without_a_card_a_star_itself_is_compared() -> None:
    told = calibrate(CardSearch("auto", None)).for_changes(np.array([60.0, 15.0, 17.0]))
    assert (told.a, told.gain) == (15.0, 1.0)
    assert told.a_se == pytest.approx(6.0)


def test_a_picture_without_colour_still_has_a_finite_scale() -> None:
    skins = training_skins()
    truth = xyz_to_lab(skins.xyz)
    grey = truth * [1.0, 0.0, 0.0]
    scale = fit_change_scale(grey, truth, skins)
    assert np.isfinite(scale.a_star(grey)).all()
    assert ((scale.gain(grey[1]) >= 0.6) & (scale.gain(grey[1]) <= 1.6)).all()
