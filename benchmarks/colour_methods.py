"""Other ways from a card to skin's CIELAB, to be judged beside Rubor's: the known ones, and ideas tried against it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np
from held_out import Hardship, Skins, pictures
from numpy.typing import NDArray

from calibration import prior, spectra
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import (
    WHITE_D65,
    decode_srgb,
    encode_srgb,
    linear_srgb_to_lab,
    xyz_to_lab,
    xyz_to_linear_srgb,
)
from calibration.correction import Calibration, calibrate
from calibration.holdout import cameras_for_prior, lamps_for_prior
from calibration.skin_mapping import fit_skin_mapping
from calibration.tone import GREYS, hypotheses
from calibration.training_skins import training_skins

Floats = NDArray[np.float64]
ToLab = Callable[[Floats], Floats]
Method = Callable[[CardReading], ToLab]

OURS = "Rubor"


def as_is(_reading: CardReading) -> ToLab:
    """The phone's own sRGB."""
    return linear_srgb_to_lab


def grey_balance(reading: CardReading) -> ToLab:
    """White balance on the second grey, exposure on the same."""
    grey = spectra.xyz_d65(spectra.patches().values)[19, 1]
    gain = grey / reading.rgb[19]
    return lambda rgb: linear_srgb_to_lab(rgb * gain)


def matrix_3x3(reading: CardReading) -> ToLab:
    """Least-squares 3x3 on the 24 patches, linear light."""
    return _fitted(reading, lambda rgb: rgb)


def root_polynomial(reading: CardReading) -> ToLab:
    """Root polynomial of degree 2 on the 24 patches (Finlayson, Mackiewicz and Hurlbert 2015)."""

    def terms(rgb: Floats) -> Floats:
        r, g, b = (np.maximum(rgb[..., i], 0) for i in range(3))
        return np.concatenate([rgb, np.stack([np.sqrt(r * g), np.sqrt(g * b), np.sqrt(r * b)], axis=-1)], axis=-1)

    return _fitted(reading, terms)


def cheung_2004(reading: CardReading) -> ToLab:
    """Polynomial of 7 terms (Cheung, Westland, Connah and Ripamonti 2004), by colour-science's own function."""
    from colour.characterisation import matrix_augmented_Cheung2004

    return _fitted(reading, lambda rgb: np.asarray(matrix_augmented_Cheung2004(rgb, terms=7)))


def affine_coded(reading: CardReading) -> ToLab:
    """Affine in coded sRGB: the way of PlantCV's auto_correct_color, written anew."""
    wanted = encode_srgb(np.clip(_card_srgb(), 0, 1))
    matrix, *_ = np.linalg.lstsq(_with_one(encode_srgb(reading.rgb)), wanted, rcond=None)
    return lambda rgb: linear_srgb_to_lab(decode_srgb(np.clip(_with_one(encode_srgb(rgb)) @ matrix, 0, 1)))


def _card_srgb() -> Floats:
    return xyz_to_linear_srgb(spectra.xyz_d65(spectra.patches().values))


def _with_one(values: Floats) -> Floats:
    return np.concatenate([values, np.ones((*values.shape[:-1], 1))], axis=-1)


def _fitted(reading: CardReading, terms: Callable[[Floats], Floats]) -> ToLab:
    matrix, *_ = np.linalg.lstsq(terms(reading.rgb), spectra.xyz_d65(spectra.patches().values), rcond=None)
    return lambda rgb: xyz_to_lab(np.maximum(terms(rgb) @ matrix, 1e-6 * WHITE_D65))


def ours(reading: CardReading) -> Calibration:
    """The product."""
    return calibrate(CardSearch("auto", reading))


@cache
def _linear(reading: CardReading) -> tuple[ToLab, Floats]:
    """Our own way back to linear light, so that an idea is judged on what comes after; and the patches in it."""
    tone = ours(reading).tone
    assert tone is not None
    return tone.linearise, tone.linearise(reading.rgb)


def library_vote(reading: CardReading) -> ToLab:
    """The vote alone: one mapping for the mean of the winning pairs, without the joint fit after it."""
    linearise, patches = _linear(reading)
    outcome = prior.vote(patches, np.ones(24), prior.library())
    sensors = prior.effective_sensors(outcome, prior.library())
    sensor = np.einsum("p,pdw->dw", outcome.probability, sensors)
    mapping = fit_skin_mapping(sensor, sensor[None], training_skins())
    return lambda rgb: mapping.to_lab(linearise(rgb))


def posterior_mean(reading: CardReading) -> ToLab:
    """Bayes over the pairs: the 20 likeliest each measure by a mapping of their own; their results are averaged."""
    linearise, patches = _linear(reading)
    outcome = prior.vote(patches, np.ones(24), prior.library())
    sensors = prior.effective_sensors(outcome, prior.library())[:20]
    share = outcome.probability[:20] / outcome.probability[:20].sum()
    mappings = [fit_skin_mapping(one, one[None], training_skins()) for one in sensors]

    def to_lab(rgb: Floats) -> Floats:
        light = linearise(rgb)
        return np.asarray(sum(part * one.to_lab(light) for part, one in zip(share, mappings, strict=True)))

    return to_lab


def wiener(reading: CardReading) -> ToLab:
    """The sensor as a smooth curve estimated from the 24 patches, then the likeliest spectrum for each colour."""
    linearise, patches = _linear(reading)
    card = spectra.patches().values
    nm = spectra.WAVELENGTHS
    smooth = np.exp(-0.5 * ((nm[:, None] - nm) / 25) ** 2) * (1e-3 * patches.max()) ** 2
    gain = smooth @ card.T @ np.linalg.inv(card @ smooth @ card.T + (2e-3 * patches.max()) ** 2 * np.eye(24))
    sensor = (gain @ patches).T
    people = training_skins().reflectance.reshape(-1, len(nm))
    mean, spread = people.mean(axis=0), np.cov(people.T)
    seen = sensor @ spread @ sensor.T + (1e-3 * patches.max()) ** 2 * np.eye(3)
    back = spread @ sensor.T @ np.linalg.inv(seen)
    return lambda rgb: xyz_to_lab(spectra.xyz_d65(mean + (linearise(rgb) - sensor @ mean) @ back.T))


class Regression:
    """Ridge regression from patches and pixel to a*, trained on simulated phones, lamps, skins and blood.

    The pixel's colour relative to the card's white, to the third degree, times the card's main components: no spectra
    are known to it. Only training cameras, lamps and people; greys are straightened as in the product.
    """

    def __init__(self, phones: int = 120, components: int = 14) -> None:
        rng = np.random.default_rng(20261122)
        skins = training_skins()
        chosen = rng.permutation(skins.xyz.shape[1])[:160]
        lab, nobody = xyz_to_lab(skins.xyz[:, chosen]), np.full(160, "prior")
        shown = Skins(skins.reflectance[:, chosen], lab, lab[..., 1] - lab[0, :, 1], np.zeros(160, np.intp), nobody)
        lamps = lamps_for_prior().names
        readings, pixels = [], []
        for picture in pictures(shown, phones, rng, Hardship(), cameras_for_prior(), lamps):
            linearise = self._straight(picture.reading)
            card = linearise(picture.reading.rgb)
            readings.append(np.log(np.maximum(card / card[18], 1e-3)).ravel())
            pixels.append(linearise(picture.rgb).reshape(-1, 3) / card[18])
        self.mean = np.mean(readings, axis=0)
        _, size, axes = np.linalg.svd(np.array(readings) - self.mean, full_matrices=False)
        self.axes = axes[:components] / (size[:components, None] / np.sqrt(len(readings)))
        truth = shown.lab[..., 1].ravel()
        count = 20 * (components + 1)
        gram, moment = np.zeros((count, count)), np.zeros(count)
        for card_log, seen in zip(readings, pixels, strict=True):
            rows = self._features(seen, card_log)
            gram += rows.T @ rows
            moment += rows.T @ truth
        self.weights = np.linalg.solve(gram + 1e-6 * np.trace(gram) / count * np.eye(count), moment)

    @staticmethod
    def _straight(reading: CardReading) -> ToLab:
        luminance = spectra.xyz_d65(spectra.patches().values)[GREYS, 1]
        ways = hypotheses(reading.rgb[GREYS], luminance, np.ones(6), on_luminance=False)
        return next(one for one in ways if one.boost == 1.0).linearise

    def _features(self, pixels: Floats, card_log: Floats) -> Floats:
        logs = np.log(np.maximum(pixels, 1e-3))
        hue = np.stack([logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1], logs[:, 1] + 1.5], axis=1)
        one, two = _with_one(hue), hue[:, :, None] * hue[:, None]
        squares = two[:, *np.triu_indices(3)]
        cubes = np.stack([squares[:, k] * hue[:, i] for k, i in _CUBES], axis=1)
        colour = np.concatenate([one, squares, cubes], axis=1)
        card = np.concatenate([[1.0], self.axes @ (card_log - self.mean)])
        return np.asarray((colour[:, :, None] * card).reshape(len(colour), -1))

    def __call__(self, reading: CardReading) -> ToLab:
        linearise = self._straight(reading)
        card = linearise(reading.rgb)
        card_log = np.log(np.maximum(card / card[18], 1e-3)).ravel()

        def to_lab(rgb: Floats) -> Floats:
            flat = linearise(rgb).reshape(-1, 3) / card[18]
            lab = np.zeros(rgb.shape)
            lab[..., 1] = (self._features(flat, card_log) @ self.weights).reshape(rgb.shape[:-1])
            return lab

        return to_lab


# The ten cubes of three numbers as one of the six squares (rows of the upper triangle) times one of the three.
_CUBES = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (3, 1), (3, 2), (4, 2), (5, 2))


@cache
def _trained() -> Regression:
    return Regression()


def regression(reading: CardReading) -> ToLab:
    """Ridge regression trained on simulated photographs."""
    return _trained()(reading)


KNOWN: dict[str, Method] = {
    "the phone's sRGB": as_is,
    "grey balance": grey_balance,
    "3x3": matrix_3x3,
    "root polynomial 2 (Finlayson 2015)": root_polynomial,
    "polynomial 7 (Cheung 2004)": cheung_2004,
    "affine in coded RGB (PlantCV's way)": affine_coded,
}
IDEAS: dict[str, Method] = {
    "regression on simulated photographs": regression,
    "Wiener estimate of skin spectra": wiener,
    "library vote, mean sensor": library_vote,
    "posterior mean over lamp x camera pairs": posterior_mean,
    OURS: lambda reading: partial(ours(reading).to_lab),
}
