"""The skins that the calibration is fitted on: people of every tone, each plain and with two doses of added blood.

Measured skins as they are, and the same people darker (melanin before them): measured spectra have a fine structure
that a model of skin lacks, and a mapping fitted on a model alone is a unit of a* off on real skin. None of them
is among the skins kept aside for judging (``holdout``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.holdout import skins_for_prior
from calibration.skin_optics import redden, skin_reflectance, tan

Floats = NDArray[np.float64]

_SEED = 20261122
# Melanosome fractions that measured people are darkened by, to very light, tan, brown and dark.
_TANS = ((-0.03, -0.005), (0.02, 0.1), (0.1, 0.3), (0.2, 0.5))
# Doses of added blood, weak, strong and very strong, in units that give about 3 a* on light skin.
_DOSES = ((0.3, 1.0), (1.0, 3.0), (3.0, 5.0))
# No skin reflects more, at any wavelength.
_BRIGHTEST = 0.95
# How the face is lit, as a share of the card's light: turned away from the lamp or nearer to it, and not the same from
# day to day. The mapping may lean on lightness only as far as lightness can be trusted.
_SHADE, _SHADE_SD, _SHADE_SD_BETWEEN_DAYS = 0.88, 0.2, 0.1


@dataclass(frozen=True, eq=False)
class TrainingSkins:
    """``reflectance`` (stages, people, wavelengths): stage 0 plain, then redder; times the face's share of the light.

    ``xyz`` (stages, people, 3) is the truth under D65, ``weight`` (stages, people) sums to 1: plain skin counts as much
    as reddened skin does. ``usual_error`` (people,) is by how much a* of each is usually misread, under whatever lamp
    and by whatever camera.
    """

    reflectance: Floats
    xyz: Floats
    weight: Floats
    usual_error: Floats


@cache
def training_skins() -> TrainingSkins:
    """The training skins, the same ones every time."""
    return replace(skins_without_usual_errors(), usual_error=_usual_errors())


def skins_without_usual_errors() -> TrainingSkins:
    """The same before anybody asked how they are misread: what ``usual_errors`` starts from."""
    rng = np.random.default_rng(_SEED)
    plain = _people(rng)
    reddened = [_with_blood(plain, rng.uniform(low, high, len(plain)), rng) for low, high in _DOSES]
    usual = np.exp(rng.normal(np.log(_SHADE), _SHADE_SD, (1, len(plain), 1)))
    day = np.exp(rng.normal(0, _SHADE_SD_BETWEEN_DAYS, (len(reddened), len(plain), 1)))
    reflectance = np.concatenate([plain[None] * usual, np.stack(reddened) * usual * day])
    xyz = spectra.xyz_d65(reflectance)
    return TrainingSkins(reflectance, xyz, _weights(xyz[0, :, 1]), np.zeros(len(plain)))


def _usual_errors() -> Floats:
    """(people,): averages over the library's lamps and cameras, learnt once by ``scripts/learn_usual_errors.py``."""
    text = files("calibration").joinpath("spectra").joinpath("usual_errors.csv").read_text(encoding="utf-8")
    return np.array([float(line) for line in text.split()[1:]])


def _weights(luminance: Floats) -> Floats:
    """(stages, people): half for plain skin, half for reddened. Plain, every person counts the same; the same blood is
    twice the a* in light skin as in dark, so that light skin counts more where changes are fitted."""
    reddened = [luminance**0.75] * len(_DOSES)
    plain = np.full_like(luminance, np.sum(reddened) / luminance.size)
    weight = np.stack([plain, *reddened])
    return np.asarray(weight / weight.sum())


def _people(rng: np.random.Generator) -> Floats:
    measured = skins_for_prior().values
    people = [measured]
    for low, high in _TANS:
        melanin = np.sign(low) * np.geomspace(abs(low), abs(high), len(measured))
        people.append(tan(measured, rng.permutation(melanin), melanin_slope=rng.uniform(2.0, 3.33, len(measured))))
    everyone = np.concatenate(people)
    return np.asarray(everyone[everyone.max(axis=1) < _BRIGHTEST])


def _with_blood(plain: Floats, dose: Floats, rng: np.random.Generator) -> Floats:
    """Added blood, in one of two ways for each person, since nobody has measured which is right after needling.

    Superficial: absorbance that grows slower than Beer's law says (:func:`redden`). Deep: what a dermis with more blood
    throws back less, by the two-layer model.
    """
    count = len(plain)
    oxygenation, shortening = rng.uniform(0.6, 1.0, count), rng.uniform(0.2, 0.9, count)
    superficial = redden(plain, 0.2 * dose, oxygenation, shortening)
    blood = rng.uniform(0.002, 0.008, count)
    before, after = (skin_reflectance(0.03, share, oxygenation) for share in (blood, blood + 0.003 * dose))
    deep = plain * after / before
    return np.where(rng.random(count)[:, None] < 0.35, deep, superficial)
