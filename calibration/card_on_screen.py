"""Is the card itself there, or its colours on a screen? A screen mixes each field from three lights alone.

Under no real lamp does a real camera see a real card's fields exactly as the published sRGB values say, not even up to
white balance and colour matrix: paint has its own spectrum in each field. A screen that shows those values has not. So
both are asked to explain the patches, with the same tone curves and boosts: every lamp and camera of the library with
the card's spectra, and the published values with any three lights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from calibration import prior, spectra
from calibration.card_light import first_look, levelled
from calibration.card_reading import CardReading, EditionName
from calibration.card_spectra import EDITIONS, edition_spectra
from calibration.cards import Edition, load_card
from calibration.cielab import decode_srgb, encode_srgb
from calibration.correction import trust_in_patches
from calibration.tone import GREYS, ToneCurve, hypotheses

Floats = NDArray[np.float64]

# The best pairs judge together: one alone could be a lucky misfit.
_JUDGES = 5
# A screen explains the card better than any lamp and camera does (natural logarithm of the misfits' ratio; prior
# cameras and lamps kept out of the library: real cards -1.5 to -0.23, screens -0.16 to 0.8), and well (cube roots):
# where neither does, as in photographs of old phones, the ratio says nothing.
_BETTER, _WELL = 0.0, 0.013
# A field's standard error, cube-root units, with which it counts for less.
_SURE = 0.006
# With fewer good patches nothing is said.
_FEWEST = 14


def looks_shown_on_a_screen(reading: CardReading) -> bool:
    """Whether the patches are those that a screen shows which was given the card's published colours."""
    if (_trust(reading) > 0.5).sum() < _FEWEST:
        return False
    on_screen = screen_misfit(reading)
    # Most real cards are told by that alone, and a whole library costs more than one pair.
    if on_screen >= _WELL:
        return False
    # One edition in one lamp that explains the card as well is enough: the others need not be asked.
    as_well = on_screen**2 * np.exp(2 * _BETTER)
    return all(unexplained > as_well for unexplained in _unexplained_by_real_cards(reading))


def screen_misfit(reading: CardReading) -> float:
    """How badly a screen with the published colours explains the patches: cube-root units."""
    return float(np.sqrt(min(_unexplained(reading, _published, 1))))


def real_misfit(reading: CardReading) -> float:
    """How badly a real card in any of the library's lamps, seen by any of its cameras, explains them: as above."""
    return float(np.sqrt(min(_unexplained_by_real_cards(reading))))


def _unexplained_by_real_cards(reading: CardReading) -> Iterator[float]:
    return _unexplained(reading, lambda edition: prior.jury(_library(edition)), _JUDGES)


def _unexplained(reading: CardReading, pool_of: Callable[[EditionName], prior.Library], judges: int) -> Iterator[float]:
    """What each edition with each tone curve leaves unexplained, squared, one after the other."""
    trust = _trust(reading)
    rgb = levelled(reading.rgb, None, first_look(reading))
    for edition in EDITIONS:
        for curve in _curves(rgb, _luminance(edition), trust):
            variance, _ = prior.misfits(curve.linearise(rgb), trust, pool_of(edition))
            # The mean variance of the ``judges`` best pairs.
            best = float(np.partition(variance, judges - 1)[:judges].mean())
            yield best + curve.residual**2


def _trust(reading: CardReading) -> Floats:
    """(24,) from 0 to 1: less for clipped fields, and for those that a reflection makes uncertain."""
    level = np.cbrt(np.maximum(reading.rgb.mean(axis=1), 1e-3))
    error = reading.rgb_se.max(axis=1) / (3 * level**2)
    return np.asarray(trust_in_patches(reading) / np.sqrt(1 + (error / _SURE) ** 2))


def _curves(rgb: Floats, luminance: Floats, trust: Floats) -> Iterator[ToneCurve]:
    greys = rgb[GREYS], luminance[GREYS], trust[GREYS]
    for kind in (False, True):
        yield from hypotheses(*greys, on_luminance=kind)


def _library(edition: EditionName) -> prior.Library:
    """Every lamp and camera looking at the card."""
    patches = edition_spectra(edition)
    return prior.library() if patches is None else prior.library_for(patches.reflectance)


@cache
def _published(edition: EditionName) -> prior.Library:
    """A library of one pair, whose channels are the card's published colours in the 8 bits that a picture of it has."""
    colours = np.clip(load_card("classic-24").linear_srgb(_NAMES[edition]), 0, 1)
    channels = decode_srgb(np.rint(encode_srgb(colours) * 255) / 255).T[None]
    return replace(prior.library(), channels=channels, products=prior.products_of(channels))


@cache
def _luminance(edition: EditionName) -> Floats:
    """(24,) luminance factors of the fields."""
    patches = edition_spectra(edition)
    return np.asarray(spectra.xyz_d65(spectra.patches().values if patches is None else patches.reflectance)[:, 1])


_NAMES: dict[EditionName, Edition] = {"before-2014": "before_november_2014", "after-2014": "after_november_2014"}
