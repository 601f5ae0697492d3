"""Light and blood told apart by what both do to L* and a*; truth is the spectra of measured people."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.light_level import LIGHT_SD, other_light
from analyzer.reading import tone_class
from calibration import spectra
from calibration.cielab import individual_typology_angle, xyz_to_lab
from calibration.holdout import HELD_OUT_SKINS
from calibration.skin_optics import redden, skin_reflectance

PEOPLE = spectra.skins().only(HELD_OUT_SKINS).values
PLAIN = xyz_to_lab(spectra.xyz_d65(PEOPLE))
CLASSES = np.array([tone_class(float(one)) for one in individual_typology_angle(PLAIN)])


def told(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The change of a* of each person (N, 3 CIELAB) without the light's part, and its standard error."""
    lights = [other_light(b[1] - a[1], b[0] - a[0], b[1], b[0]) for a, b in zip(before, after, strict=True)]
    change = [b[1] - a[1] - light.part_of(b[1]) for a, b, light in zip(before, after, lights, strict=True)]
    return np.array(change), np.array([light.part_se(b[1]) for light, b in zip(lights, after, strict=True)])


@pytest.mark.parametrize("more", [-0.3, -0.15, 0.15, 0.3])
def test_more_light_on_the_face_than_on_the_card_is_no_redness(more: float) -> None:
    lit = xyz_to_lab(spectra.xyz_d65(PEOPLE * math.exp(more)))
    change, se = told(PLAIN, lit)
    by_itself = np.abs(lit[:, 1] - PLAIN[:, 1])
    assert (np.abs(change) < 0.2 * by_itself).all()
    assert (np.abs(change) < 2 * se).all()


@pytest.mark.parametrize("dose", [0.15, 0.3, 0.6])
def test_blood_in_the_same_light_stays_in_every_tone(dose: float) -> None:
    for shortening in (0.3, 0.5):
        red = xyz_to_lab(spectra.xyz_d65(redden(PEOPLE, dose, 0.9, shortening=shortening)))
        change, _ = told(PLAIN, red)
        kept = change / (red[:, 1] - PLAIN[:, 1])
        for tone in set(CLASSES):
            assert 0.93 < np.median(kept[tone == CLASSES]) < 1.12, (tone, shortening)


def test_deep_blood_in_the_same_light_stays() -> None:
    ratio = skin_reflectance(0.03, 0.009, 0.9) / skin_reflectance(0.03, 0.004, 0.9)
    red = xyz_to_lab(spectra.xyz_d65(PEOPLE * ratio))
    change, _ = told(PLAIN, red)
    assert np.median(change / (red[:, 1] - PLAIN[:, 1])) == pytest.approx(1.0, abs=0.06)


def test_redness_under_another_light_is_told_better_than_by_a_star_alone() -> None:
    rng = np.random.default_rng(11)
    light = np.exp(rng.normal(0, 2**0.5 * LIGHT_SD, (len(PEOPLE), 1)))
    blood = redden(PEOPLE, rng.uniform(0.1, 0.5, len(PEOPLE)), 0.9, shortening=0.5)
    true = xyz_to_lab(spectra.xyz_d65(blood))[:, 1] - PLAIN[:, 1]
    seen = xyz_to_lab(spectra.xyz_d65(blood * light))
    change, se = told(PLAIN, seen)
    plainly = seen[:, 1] - PLAIN[:, 1] - true
    assert np.abs(change - true).mean() < 0.6 * np.abs(plainly).mean()
    assert (np.abs(change - true) < 2 * se).mean() > 0.9


def test_without_a_change_there_is_no_other_light_but_some_doubt() -> None:
    none = other_light(0.0, 0.0, 14.0, 60.0)
    assert none.more == 0.0
    assert 0.1 < none.part_se(14.0) < 0.4


def test_more_photographs_from_before_leave_less_room_for_light() -> None:
    one, many = (other_light(0.9, 3.0, 15.0, 63.0, before=count) for count in (1, 8))
    assert 0 < many.more < one.more
    assert many.se < one.se


def test_the_redder_the_less_is_known_of_the_light() -> None:
    doubts = [other_light(rise, -1.1 * rise, 14.0 + rise, 60 - 1.1 * rise).se for rise in (0.0, 2.0, 5.0, 9.0)]
    assert doubts == sorted(doubts)


@given(st.floats(-10, 20), st.floats(-40, 40), st.floats(-5, 40), st.floats(5, 95), st.integers(1, 30))
def test_any_numbers_give_a_light_that_may_be(rise: float, brighter: float, a: float, L: float, before: int) -> None:
    found = other_light(rise, brighter, a, L, before)
    assert math.isfinite(found.more)
    assert 0 < found.se <= LIGHT_SD * math.sqrt(1 + 1 / before) + 1e-12
