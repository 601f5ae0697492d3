"""Very light to dark: a change of redness is measured about as well on every skin, and a_se is kept on every skin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration import spectra
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import decode_srgb, encode_srgb, individual_typology_angle, xyz_to_lab
from calibration.correction import calibrate
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_SKINS, skins_for_prior
from calibration.simulated_camera import Isp, Phone, simulate_patches
from calibration.skin_optics import redden, tan
from calibration.training_skins import training_skins

Floats = NDArray[np.float64]

# Degrees of ITA between very light, light, intermediate, tan, brown and dark (Chardon 1991).
LIMITS = (55, 41, 28, 10, -30)
LAMPS = ("D75", "LED-B3", "FL11", "FL3.14")
PHONES, EACH = 3, 20


def tone_of(skins: Floats) -> NDArray[np.intp]:
    """0 very light to 5 dark."""
    ita = individual_typology_angle(xyz_to_lab(spectra.xyz_d65(skins)))
    return np.digitize(-ita, [-limit for limit in LIMITS])


def people(rng: np.random.Generator) -> Floats:
    """(6 * EACH, wavelengths): people whom no fit has seen, with more or less melanin, by tone."""
    measured = spectra.skins().only(HELD_OUT_SKINS).values
    melanin = (0.0, -0.04, -0.03, -0.02, 0.05, 0.2, 0.4)
    pool = np.concatenate(
        [tan(measured, more, melanin_slope=rng.uniform(2.0, 3.33, len(measured))) for more in melanin]
    )
    pool = pool[pool.max(axis=1) < 0.9]
    tone = tone_of(pool)
    return np.concatenate([pool[rng.permutation(np.flatnonzero(tone == one))[:EACH]] for one in range(6)])


def reading_of(rgb: Floats) -> CardReading:
    coded = np.round(encode_srgb(np.clip(rgb, 0, 1)) * 2040) / 2040
    clipped = ((coded >= 1) | (coded <= 0)).any(axis=1).astype(float)
    nowhere = np.zeros((24, 2))
    return CardReading("classic-24", nowhere[:4], False, decode_srgb(coded), np.full((24, 3), 1e-3), clipped, nowhere)


@dataclass(frozen=True)
class Judged:
    """All (PHONES, lamps, plain and reddened, 6, EACH): errors of a* and the standard errors ``promised``; the same
    skins on the scale for changes with its ``gain`` and what ``scale_promised``; the ``truth`` (1, 1, 2, 6, EACH)."""

    errors: Floats
    promised: Floats
    scale: Floats
    gain: Floats
    scale_promised: Floats
    truth: Floats


@cache
def judged() -> Judged:
    rng = np.random.default_rng(3)
    plain = people(rng)
    red = redden(plain, rng.uniform(0.15, 0.45, len(plain)), oxygenation=0.9, shortening=0.6)
    truth = xyz_to_lab(spectra.xyz_d65(np.stack([plain, red])))[..., 1]
    surfaces = np.concatenate([spectra.patches().values, plain, red])
    found: list[list[Floats]] = [[] for _ in range(5)]
    for _ in range(PHONES):
        phone, isp = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
        for lamp in LAMPS:
            isp = isp.next_picture(rng)
            rgb = simulate_patches(phone.sensitivity(), spectra.lamps()[lamp], isp, surfaces)
            calibration = calibrate(CardSearch("auto", reading_of(rgb[:24])))
            lab = calibration.to_lab(rgb[24:]).reshape(2, -1, 3)
            told = [[calibration.for_changes(one) for one in stage] for stage in lab]
            found[0].append(lab[..., 1] - truth)
            found[1].append(np.array([[calibration.a_se(one) for one in stage] for stage in lab]))
            for kept, name in zip(found[2:], ("a", "gain", "a_se"), strict=True):
                kept.append(np.array([[getattr(one, name) for one in stage] for stage in told]))
    shape = (PHONES, len(LAMPS), 2, 6, EACH)
    errors, promised, scale, gain, scale_promised = (np.array(one).reshape(shape) for one in found)
    return Judged(errors, promised, scale, gain, scale_promised, truth.reshape(1, 1, *shape[2:]))


def by_tone(pairs: Floats) -> Floats:
    """(6, n) of (PHONES, late lamp, early lamp, 6, EACH), all pairs of different lamps."""
    other = ~np.eye(len(LAMPS), dtype=bool)
    return np.moveaxis(pairs[:, other], 2, 0).reshape(6, -1)


def changes() -> Floats:
    """(6, n): errors of a change, plain under one lamp and reddened under another."""
    what = judged()
    rise = what.scale[:, :, None, 1] - what.scale[:, None, :, 0]
    gain = np.where(rise > 0, what.gain[:, :, None, 1], 1.0)
    return by_tone(gain * rise - (what.truth[:, :, None, 1] - what.truth[:, :, None, 0]))


def test_a_change_is_measured_on_every_tone() -> None:
    size = np.abs(changes()).mean(axis=1)
    assert (size < 0.6).all()
    assert size.max() < 2.0 * size.min()


def test_very_light_skin_is_not_left_behind() -> None:
    size = np.abs(changes())
    assert size[0].mean() < 0.6
    assert np.quantile(size[0], 0.95) < 1.4


def test_the_scale_for_changes_is_better_than_the_difference_of_two_a_star() -> None:
    errors = judged().errors
    difference = by_tone(errors[:, :, None, 1] - errors[:, None, :, 0])
    assert np.abs(changes()).mean() < 0.9 * np.abs(difference).mean()
    assert np.abs(changes().mean()) < np.abs(difference.mean())


def test_standard_errors_on_the_scale_tell_the_error_of_a_change() -> None:
    what, size = judged(), np.abs(changes())
    of_change = np.hypot(what.scale_promised[:, :, None, 1], what.scale_promised[:, None, :, 0])
    inside = (size <= 2 * by_tone(of_change)).mean(axis=1)
    assert (inside > 0.93).all()
    # Two a_se would promise less than the pair can do.
    assert of_change.mean() < np.hypot(what.promised[:, :, None, 1], what.promised[:, None, :, 0]).mean()


def test_the_standard_error_is_kept_on_every_tone() -> None:
    what = judged()
    inside = np.moveaxis(np.abs(what.errors) <= 2 * what.promised, 3, 0).reshape(6, -1).mean(axis=1)
    assert (inside > 0.93).all()
    assert np.median(what.promised[:, :, 0]) < 1.3 * np.sqrt((what.errors[:, :, 0] ** 2).mean())


def test_training_people_are_of_every_tone_and_none_of_those_kept_aside() -> None:
    skins = training_skins()
    # Lit on average as much darker than the card as these faces are.
    tones = np.bincount(tone_of(skins.reflectance[0] / 0.88), minlength=6)
    assert (tones > 30).all()
    assert skins.weight.sum() == pytest.approx(1)
    assert skins.weight[0].sum() == pytest.approx(0.5)
    assert not set(HELD_OUT_SKINS) & set(skins_for_prior().names)
