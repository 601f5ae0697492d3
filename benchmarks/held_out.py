"""Phones, lamps, cards and people that no fit has seen: what the accuracy of colour is judged on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer.light_level import other_light
from analyzer.reading import DARKEST_CLASS, TONE_CLASSES
from calibration import spectra
from calibration.card_reading import CardReading
from calibration.cielab import decode_srgb, encode_srgb, individual_typology_angle, xyz_to_lab
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_LAMPS, HELD_OUT_SKINS
from calibration.simulated_camera import Isp, Phone, effective_sensor, simulate_patches
from calibration.skin_optics import redden, skin_reflectance, tan

Floats = NDArray[np.float64]

CLASSES = (*(name for _, name in TONE_CLASSES), DARKEST_CLASS)
CLASS_LIMITS = tuple(limit for limit, _ in TONE_CLASSES)
PICTURES_PER_PHONE = 6
# Melanosome fractions added to measured people (negative: taken away) until every class is full.
MELANIN = ((-0.045, -0.02), (-0.03, 0.0), (0.0, 0.03), (0.02, 0.1), (0.1, 0.3), (0.2, 0.6))

# What added blood does to a spectrum: plain skin (N, wavelengths) to reddened.
Reddening = Callable[[Floats, np.random.Generator], Floats]


def _between(shortest: float, longest: float) -> Reddening:
    def reddened(plain: Floats, rng: np.random.Generator) -> Floats:
        count = len(plain)
        dose, oxygenation = rng.uniform(0.15, 0.45, count), rng.uniform(0.8, 0.98, count)
        return redden(plain, dose, oxygenation, shortening=rng.uniform(shortest, longest, count))

    return reddened


def _layered(plain: Floats, rng: np.random.Generator) -> Floats:
    count = len(plain)
    oxygenation, blood = rng.uniform(0.8, 0.98, count), rng.uniform(0.002, 0.008, count)
    more = blood + 0.003 * rng.uniform(0.5, 2.2, count)
    return np.asarray(plain * skin_reflectance(0.03, more, oxygenation) / skin_reflectance(0.03, blood, oxygenation))


def _strong(plain: Floats, rng: np.random.Generator) -> Floats:
    count = len(plain)
    return redden(
        plain, rng.uniform(0.5, 0.9, count), rng.uniform(0.8, 0.98, count), shortening=rng.uniform(0.35, 0.85, count)
    )


USUAL = "blood, path shortening 0.35 to 0.85"
REDDENINGS: dict[str, Reddening] = {
    USUAL: _between(0.35, 0.85),
    "the same, strong (twice the dose)": _strong,
    "short paths: shortening 0.9, as forearms differ": _between(0.9, 0.9),
    "deep blood, two-layer model": _layered,
    "long paths: shortening 0.3": _between(0.3, 0.3),
    "Beer's law: no shortening": _between(0.0, 0.0),
}


@dataclass(frozen=True)
class Skins:
    """Skins of people that no fit has seen: ``stages`` (1 + reddenings, N, wavelengths), plain first, as lit on that
    day; true ``lab`` (1 + reddenings, N, 3), and true ``rises`` (1 + reddenings, N) of a* by blood alone, in the light
    of the plain day; ITA class ``tone`` (N,) and the ``collection`` (N,) of measured people that each is from."""

    stages: Floats
    lab: Floats
    rises: Floats
    tone: NDArray[np.intp]
    collection: NDArray[np.str_]

    @property
    def plain(self) -> Floats:
        """(N, wavelengths)."""
        return np.asarray(self.stages[0])

    @property
    def red(self) -> Floats:
        """(N, wavelengths): with the usual blood."""
        return np.asarray(self.stages[1])

    @property
    def plain_a(self) -> Floats:
        """(N,)."""
        return np.asarray(self.lab[0, :, 1])


def held_out_skins(per_class: int, rng: np.random.Generator) -> Skins:
    """``per_class`` skins of each ITA class: measured ones, and the same people with more or less melanin or blood.

    Hardly any measured skin is very light or dark, so these are other people of the held-out set, their melanin
    filter made thinner or thicker; all are kept within lifelike limits of a*, b* and reflectance.
    """
    measured = spectra.skins().only(HELD_OUT_SKINS).values
    pool = [measured]
    for low, high in MELANIN:
        for _ in range(8):
            count = len(measured)
            other = tan(measured, rng.uniform(low, high, count), melanin_slope=rng.uniform(2.0, 3.33, count))
            pool.append(redden(other, rng.uniform(-0.12, 0.12, count), 0.8, shortening=0.6))
    reflectance = np.concatenate(pool)
    lab = xyz_to_lab(spectra.xyz_d65(reflectance))
    tones = np.digitize(-individual_typology_angle(lab), [-limit for limit in CLASS_LIMITS])
    lifelike = (lab[:, 1] > 2) & (lab[:, 1] < 24) & (lab[:, 2] > 4) & (lab[:, 0] < 80)
    lifelike &= reflectance.max(axis=1) < 0.9
    chosen = [rng.permutation(np.flatnonzero(lifelike & (tones == tone)))[:per_class] for tone in range(len(CLASSES))]
    which = np.concatenate(chosen)
    return _seen_on_days(reflectance[which], tones[which], _COLLECTIONS[which % len(measured)], rng)


def measured_skins(rng: np.random.Generator) -> Skins:
    """The held-out people as they were measured, nothing added or taken away."""
    plain = spectra.skins().only(HELD_OUT_SKINS).values
    ita = individual_typology_angle(xyz_to_lab(spectra.xyz_d65(plain)))
    return _seen_on_days(plain, np.digitize(-ita, [-limit for limit in CLASS_LIMITS]), _COLLECTIONS, rng)


_COLLECTIONS = np.array([name.split(".")[0] for name in HELD_OUT_SKINS])


def _seen_on_days(
    plain: Floats, tone: NDArray[np.intp], collection: NDArray[np.str_], rng: np.random.Generator
) -> Skins:
    """``plain`` skins (N, wavelengths) and the same reddened, each day in a little other light."""
    # A face is seldom lit just as the card is, nor the same on two days.
    lit = np.exp(rng.normal(np.log(0.88), 0.15, (len(plain), 1)))
    other_days = [np.exp(rng.normal(0, 0.08, (len(plain), 1))) for _ in REDDENINGS]
    in_one_light = np.stack([plain * lit, *(way(plain, rng) * lit for way in REDDENINGS.values())])
    stages = in_one_light * np.stack([np.ones_like(lit), *other_days])
    a_star = xyz_to_lab(spectra.xyz_d65(in_one_light))[..., 1]
    return Skins(stages, xyz_to_lab(spectra.xyz_d65(stages)), a_star - a_star[0], tone, collection)


@dataclass(frozen=True)
class Picture:
    """One photograph: which ``phone`` and ``lamp``, the card as read, the file's RGB of ``Skins.stages``, and the
    ``sensor`` (3, wavelengths) that nobody is told: a reflectance times it was linear RGB before the tone curve."""

    phone: int
    lamp: str
    reading: CardReading
    rgb: Floats
    sensor: Floats


@dataclass(frozen=True)
class Hardship:
    """What makes a photograph harder.

    ``fading``: mean delta E00 of the patches from what they should be: a card that is faded or printed differently.
    ``local_tone``: strength of the phone's local tone mapping. ``noise``: how many times the usual noise the patches
    are read with. ``jpeg``: error of a patch's mean in 8 bit steps, as coarse chroma blocks leave it. ``other_light``:
    standard deviation of the logarithm of the light on the face by that on the card, which counts as error.
    """

    fading: float = 0.0
    local_tone: float = 0.0
    noise: float = 1.0
    jpeg: float = 0.0
    other_light: float = 0.0


def shots(
    phones: int,
    rng: np.random.Generator,
    cameras: tuple[str, ...] = HELD_OUT_CAMERAS,
    lamp_names: tuple[str, ...] = HELD_OUT_LAMPS,
) -> Iterator[tuple[int, Floats, str, Isp]]:
    """(phone, sensitivity, lamp, processing) of photographs: each phone under several lamps."""
    for number in range(phones):
        phone, isp = Phone.random(rng, cameras), Isp.random(rng)
        for _ in range(PICTURES_PER_PHONE):
            isp = isp.next_picture(rng)
            yield number, phone.sensitivity(), str(rng.choice(lamp_names)), isp


def pictures(
    skins: Skins,
    phones: int,
    rng: np.random.Generator,
    hardship: Hardship,
    cameras: tuple[str, ...] = HELD_OUT_CAMERAS,
    lamp_names: tuple[str, ...] = HELD_OUT_LAMPS,
) -> Iterator[Picture]:
    """The photographs of :func:`shots`, each phone's owner with a card of their own."""
    ordinary = spectra.patches().values
    cards = [faded(ordinary, hardship.fading, rng) for _ in range(phones)]
    for number, sensitivity, lamp, isp in shots(phones, rng, cameras, lamp_names):
        lift = local_lift(skins.stages, hardship.local_tone, rng)
        lift = lift * np.exp(rng.normal(0, hardship.other_light, lift.shape))
        surfaces = np.concatenate([cards[number], (skins.stages * lift).reshape(-1, ordinary.shape[1])])
        light = spectra.lamps()[lamp]
        rgb = simulate_patches(sensitivity, light, isp, surfaces)
        reading = read_card(rgb[:24], rng, hardship)
        sensor = effective_sensor(sensitivity, light, isp)
        yield Picture(number, lamp, reading, rgb[24:].reshape(*skins.lab.shape), sensor)


def corrected(rise: Floats, gain: Floats, before: Floats, after: Floats) -> Floats:
    """A ``rise`` (...) on the scale for changes as the program reads it: what is redder than before, times its
    ``gain``, less what the light on the face did. ``before`` and ``after`` (..., 3) are the calibrated CIELAB."""
    read = np.asarray(np.where(rise > 0, gain, 1.0) * rise)
    lightness, a_star = after[..., 0], after[..., 1]
    return read - other_light(read, lightness - before[..., 0], a_star, lightness).part_of(a_star)


def faded(card: Floats, delta_e: float, rng: np.random.Generator) -> Floats:
    """The patches (24, wavelengths) a little off, smoothly over the spectrum, by about ``delta_e`` each."""
    place = (spectra.WAVELENGTHS - 560) / 150
    ways = np.stack([np.ones_like(place), place, place**2 - 0.5]) * [[0.7], [0.7], [0.5]]
    return np.clip(card * (1 + 0.056 * delta_e * rng.normal(0, 1, (24, 3)) @ ways), 0.005, 0.98)


def local_lift(stages: Floats, strength: float, rng: np.random.Generator) -> Floats:
    """(stages, N, 1): the gain that local tone mapping gives a face over the card's.

    The mapping splits brightness into a base (the mean of the surroundings, on a logarithmic scale) and detail, and
    flattens the base by ``strength``. The base of a face is mostly its own skin, that of the card its mean patch.
    """
    green = stages[..., 30:41].mean(axis=-1, keepdims=True)
    surroundings = rng.normal(0, 0.3, (*green.shape[:2], 1))
    base = 0.7 * np.log(green) + 0.3 * (np.log(0.2) + surroundings)
    return np.asarray(np.exp(-strength * (base - np.log(0.2))))


def read_card(rgb: Floats, rng: np.random.Generator, hardship: Hardship | None = None) -> CardReading:
    """The card's patches as a photograph would give them: print differences, noise, 8 bit averaged over pixels."""
    noise, jpeg = (hardship.noise, hardship.jpeg) if hardship else (1.0, 0.0)
    seen = np.clip(rgb * (1 + rng.normal(0, 0.004, (24, 1))) + rng.normal(0, 5e-4 * noise, (24, 3)), 0, 1)
    coded = encode_srgb(seen) + rng.normal(0, jpeg / 255, (24, 3))
    coded = np.clip(np.round(coded * 255 * 8) / 8 / 255, 0, 1)
    # What the file cut off is at the end of the scale in every pixel, whatever the print does to their mean.
    cut = (rgb >= 1) | (rgb <= 0)
    clipped = (cut | (coded >= 1) | (coded <= 0)).any(axis=1).astype(float)
    nowhere = np.zeros((24, 2))
    spread = np.full((24, 3), 5e-4 * noise)
    return CardReading("classic-24", nowhere[:4], False, decode_srgb(coded), spread, clipped, nowhere)
