"""The spectra behind a card's patches: the maker's editions, and our own printed card.

Only ColorCheckers made before November 2014 have published spectra. Of the later ones the maker tells CIELAB alone; so
each measured spectrum is changed as little and as smoothly as gives the change of colour that the maker tells.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.card_reading import DEFAULT_EDITION, EditionName, PatchSpectra
from calibration.cards import load_card
from calibration.errors import UnknownCard
from calibration.printed_card import printed_patches

Floats = NDArray[np.float64]

EDITIONS: tuple[EditionName, ...] = ("before-2014", "after-2014")
# Root mean square effect of a home print's unknown colours on skin's a*, and on a change of a* seen with the same
# print, over simulated printers, phones and lamps (benchmarks/card_colours.py).
UNPAIRED_A_SE, UNPAIRED_CHANGE_SE = 2.5, 1.5
_STIFFNESS = 200.0


def edition_of(name: str | None) -> EditionName:
    """The edition called ``name``, by default the measured one. Raises ``UnknownCard``."""
    for edition in EDITIONS:
        if name in (edition, None if edition == DEFAULT_EDITION else edition):
            return edition
    raise UnknownCard(f'There is no edition "{name}" of this card; known are {" and ".join(EDITIONS)} (November 2014).')


def edition_spectra(edition: EditionName) -> PatchSpectra | None:
    """The ColorChecker's patches in ``edition``; None for the measured one."""
    return None if edition == DEFAULT_EDITION else PatchSpectra(_later_edition(), edition=edition)


@cache
def _later_edition() -> Floats:
    """(24, wavelengths) reflectance of cards made from November 2014."""
    card = load_card("classic-24")
    measured = spectra.patches().values
    weights = spectra.observer() * spectra.lamps()["D50"]
    weights /= weights.sum(axis=1, keepdims=True)
    white = np.array([0.96422, 1.0, 0.82521])
    wanted = (card.xyz_d50("after_november_2014") - card.xyz_d50("before_november_2014")) / white
    bend = np.diff(np.eye(measured.shape[1]), 2, axis=0)
    cost = np.eye(measured.shape[1]) + _STIFFNESS * bend.T @ bend
    towards = np.linalg.solve(cost, weights.T)
    change = wanted @ np.linalg.solve(weights @ towards, towards.T)
    changed: Floats = np.clip(measured + change, 0.005, 1.0)
    changed.setflags(write=False)
    return changed


@cache
def unpaired_spectra() -> PatchSpectra:
    """Our own card as homes print it on average."""
    return PatchSpectra(printed_patches().prior().mean, a_se=UNPAIRED_A_SE, change_se=UNPAIRED_CHANGE_SE, paired=False)
