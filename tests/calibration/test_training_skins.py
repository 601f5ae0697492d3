"""The people that the calibration is fitted on: nobody counts more for being light, nobody is kept for judging."""

from __future__ import annotations

import numpy as np

from calibration.cielab import individual_typology_angle, xyz_to_lab
from calibration.holdout import HELD_OUT_SKINS, skins_for_prior
from calibration.training_skins import training_skins


def test_plain_every_person_counts_the_same_and_half_of_all() -> None:
    plain, *reddened = training_skins().weight
    assert np.allclose(plain, plain[0])
    assert np.isclose(plain.sum(), np.sum(reddened))
    assert np.isclose(training_skins().weight.sum(), 1)


def test_where_changes_are_fitted_light_people_count_more() -> None:
    skins = training_skins()
    lightness = xyz_to_lab(skins.xyz[0])[:, 0]
    order = np.argsort(lightness)
    assert np.all(np.diff(skins.weight[1][order]) >= 0)


def test_there_are_people_of_every_tone() -> None:
    ita = individual_typology_angle(xyz_to_lab(training_skins().xyz[0]))
    for low, high in ((55, 90), (41, 55), (28, 41), (10, 28), (-30, 10), (-90, -30)):
        assert np.sum((ita > low) & (ita <= high)) >= 10


def test_added_blood_makes_everybody_redder() -> None:
    a_star = xyz_to_lab(training_skins().xyz / training_skins().xyz[..., 1:2] * 0.3)[..., 1]
    assert np.all(np.diff(a_star, axis=0).mean(axis=1) > 1)
    assert np.all(a_star[1:] > a_star[0])


def test_nobody_kept_aside_is_among_them() -> None:
    assert not set(skins_for_prior().names) & set(HELD_OUT_SKINS)
