"""Pairing: what colours a home print really has, learned from one photograph with a bought card beside it.

The bought card tells lamp, camera and tone curve, as always. Under the likely pairs of lamp and camera, each patch of
the print showed three numbers; of all spectra that inks can make (``printed_card_inks``), the likeliest one that
shows these numbers is taken (a Gaussian prior over many simulated printers, solved for each pair, averaged over them).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calibration import prior, spectra
from calibration.card_reading import CardReading, CardSearch
from calibration.cards import PRINTED
from calibration.correction import Calibration, calibrate, trust_in_patches
from calibration.detection import find_card
from calibration.errors import NothingToAnalyze
from calibration.paired_card import PairedCard
from calibration.photo import Photo
from calibration.printed_card import printed_patches
from calibration.printed_card_inks import PrintPrior
from calibration.problems import because, problem

Floats = NDArray[np.float64]

# What a patch's reading is off by beside noise: light between the two cards, gloss, flare; relative, and a floor.
_READING_ERROR, _READING_FLOOR = 0.015, 0.002
# What a field that is trusted by half may be off by beside.
_DISTRUSTED = 0.02
# How far a spectrum may stray from what the simulated printers span.
_UNKNOWN_INK = 0.008


def pair(photo: Photo, reference: str = "auto") -> PairedCard:
    """Learn the colours of the print in ``photo`` beside a bought card, ``reference``.

    Raises ``NothingToAnalyze`` (``pair_incomplete``) when one of the two cards cannot be read.
    """
    printed = find_card(photo, PRINTED)
    if printed.reading is None:
        raise _incomplete("printed_card", printed)
    name = "classic-24" + reference.removeprefix("auto") if reference.startswith("auto") else reference
    bought = find_card(_without(photo, printed.reading), name)
    if bought.reading is None or bought.reading.card == PRINTED:
        raise _incomplete("bought_card", bought)
    calibration = calibrate(bought)
    if calibration.tone is None:
        raise _badly_lit("bought_card")
    if (printed.reading.clipped > 0.05).any():
        raise _badly_lit("printed_card")
    reflectance = learn(bought.reading, calibration, printed.reading)
    return PairedCard(printed_patches().version, photo.file, bought.reading.card, reflectance)


def _without(photo: Photo, printed: CardReading) -> Photo:
    """The photograph with the print's fields painted over, lest they be taken for a covered bought card."""
    import cv2

    pixels = photo.pixels.copy()
    middle = printed.corners.mean(axis=0)
    outline = np.rint(middle + 1.1 * (printed.corners - middle)).astype(np.int32)
    grey = int(np.iinfo(pixels.dtype).max // 2)
    cv2.fillConvexPoly(pixels, outline, (grey, grey, grey))
    return replace(photo, pixels=pixels)


def _incomplete(which: str, search: CardSearch) -> NothingToAnalyze:
    why = search.problems[-1]
    said = because("pair_absent", which=because(which))
    if why.code == "card_unreadable":
        said = because("pair_unread", which=because(which), why=why.message.partition(": ")[2].rstrip("."))
    return NothingToAnalyze(problem("pair_incomplete", reason=said))


def _badly_lit(which: str) -> NothingToAnalyze:
    return NothingToAnalyze(problem("pair_incomplete", reason=because("pair_badly_lit", which=because(which))))


def learn(bought: CardReading, calibration: Calibration, printed: CardReading) -> Floats:
    """(24, wavelengths) likeliest reflectances of the print's patches."""
    if calibration.tone is None:
        raise ValueError("the bought card was not calibrated")
    pool = prior.library_for(bought.patches.reflectance) if bought.patches else prior.library()

    def even_light(reading: CardReading) -> Floats:
        light = calibration.light.at(reading.centres)[:, None] if calibration.light else 1.0
        return np.asarray(calibration.tone.linearise(reading.rgb) / light) if calibration.tone else reading.rgb

    outcome = prior.vote(even_light(bought), trust_in_patches(bought), pool)
    weights = pool.lamps[pool.lamp_of(outcome.pairs), None] * pool.cameras[outcome.pairs % len(pool.cameras)]
    weights /= weights.sum(axis=-1, keepdims=True)
    seen, before, trust = even_light(printed), printed_patches().prior(), trust_in_patches(printed)
    covariances, learned = _covariances(before), np.zeros_like(before.mean)
    for share, weight, matrix in zip(outcome.probability, weights, outcome.matrices, strict=True):
        learned += share * _likeliest(seen, matrix.T @ weight, before.mean, covariances, trust)
    return np.clip(learned, 0.002, 1.0)


def _covariances(before: PrintPrior) -> Floats:
    """(24, wavelengths, wavelengths): how each field's spectrum varies among printers."""
    nm = spectra.WAVELENGTHS
    smooth = _UNKNOWN_INK**2 * np.exp(-0.5 * ((nm[:, None] - nm) / 40) ** 2)
    return np.stack([spread.T @ spread / len(spread) + smooth for spread in before.spread])


def _likeliest(seen: Floats, sensors: Floats, mean: Floats, covariances: Floats, trust: Floats) -> Floats:
    """(24, wavelengths) of greatest posterior probability: ``seen`` (24, 3) by ``sensors`` (3, wavelengths).

    The less a field is trusted (24,), the more it is left at what printers make of it on average.
    """
    doubt = _DISTRUSTED * (1 / np.maximum(trust, 1e-3) - 1)
    noise = (_READING_ERROR * np.abs(seen) + _READING_FLOOR + doubt[:, None]) ** 2
    shared = covariances @ sensors.T
    surprise = np.linalg.solve(sensors @ shared + noise[:, :, None] * np.eye(3), (seen - mean @ sensors.T)[..., None])
    return np.asarray(mean + (shared @ surprise)[..., 0])
