"""A white film on the skin is noticed on the tones where it can be; bare skin is hardly ever taken for it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzer.look import made_up_by_look, white_film
from analyzer.reading import Reading, RegionReading
from calibration import spectra
from calibration.cielab import WHITE_D65, individual_typology_angle, xyz_to_lab
from calibration.simulated_skin import SkinModel, known_skins


def skins(low: float, high: float) -> NDArray[np.float64]:
    """XYZ of skins that no fit has seen, of an ITA between ``low`` and ``high`` degrees."""
    found = np.concatenate([spectra.xyz_d65(known_skins(SkinModel("held_out", seed))[0]) for seed in (60, 61, 62)])
    lab = xyz_to_lab(found)
    ita = individual_typology_angle(lab)
    return found[(ita > low) & (ita <= high) & (lab[:, 1] > 4) & (lab[:, 1] < 25) & (lab[:, 0] > 24)]


def regions(xyz: NDArray[np.float64], off: float = 0.0) -> dict[str, RegionReading]:
    L, a, b = (float(value) for value in xyz_to_lab(xyz))
    one = RegionReading(1, 1000, L, a, b + off, 1.0, 0.7, a, 0.2)
    return dict.fromkeys(("forehead", "left_cheek", "right_cheek"), one)


def filmed(xyz: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    return (1 - share) * xyz + share * 0.92 * WHITE_D65


@pytest.mark.parametrize("ita", [(55, 70), (41, 55), (28, 41), (10, 28), (-30, 10), (-75, -30)])
def test_bare_skin_of_any_tone_is_rarely_taken_for_filmed(ita: tuple[float, float]) -> None:
    random = np.random.default_rng(0)
    found = [white_film(regions(one, random.normal(0, 1.5))) for one in skins(*ita)]
    assert np.mean(found) <= 0.03


@pytest.mark.parametrize(("ita", "least"), [((-75, -30), 0.9), ((-30, 10), 0.3)])
def test_a_thin_white_film_shows_on_dark_and_brown_skin(ita: tuple[float, float], least: float) -> None:
    assert np.mean([white_film(regions(filmed(one, 0.2))) for one in skins(*ita)]) >= least


def test_only_a_measured_photograph_with_a_card_is_judged() -> None:
    pale = regions(filmed(skins(-75, -30)[0], 0.2))
    with_card = Reading("a", None, 1, 1, True, calibration={"found": True}, regions=pale)
    assert [(one.code, one.severity) for one in made_up_by_look(with_card)] == [("made_up", "warn")]
    assert made_up_by_look(Reading("a", None, 1, 1, True, calibration={"found": False}, regions=pale)) == ()
    assert made_up_by_look(Reading("a", None, 1, 1, False, calibration={"found": True}, regions=pale)) == ()
