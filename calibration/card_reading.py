"""What was found of a card: its place and the colours of its patches, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calibration.cards import PRINTED
from calibration.problems import Problem

EditionName = Literal["before-2014", "after-2014"]
# Of the bought card. Measured spectra are there of the older one alone, so it is what an unnamed card is taken for.
DEFAULT_EDITION: EditionName = "before-2014"


@dataclass(frozen=True, eq=False)
class PatchSpectra:
    """What this card's patches are, where they are not the measured ColorChecker's.

    ``reflectance`` (24, wavelengths) on the grid of ``calibration.spectra``. ``a_se`` is what skin's a* is uncertain by
    because the patches are not known better; it is the same error in every photograph with the same card, so a change
    of a* carries only ``change_se`` of it. ``edition`` names the maker's edition, if there are several; ``paired`` is
    False for a home print that nobody has measured.
    """

    reflectance: NDArray[np.float64]
    a_se: float = 0.0
    change_se: float = 0.0
    edition: str | None = None
    paired: bool = True

    @property
    def shared_a_se(self) -> float:
        """The part of ``a_se`` that is the same in every photograph with this very card."""
        return float(np.sqrt(max(self.a_se**2 - self.change_se**2, 0.0)))


@dataclass(frozen=True, eq=False)
class CardReading:
    """One card as it was seen.

    ``corners`` (4, 2) are the outer corners of the four corner patches in the card's own order (patch 1
    dark skin, 6 bluish green, 24 black, 19 white), also when mirrored; x, y pixels of the upright photograph.
    ``rgb`` (24, 3) is the mean linear sRGB of each patch's inner part, ``rgb_se`` (24, 3) the standard error of
    that mean, with the light in it that a soft reflection seems to add, ``clipped`` (24,) the share of its pixels with
    a channel at the end of the scale, ``centres`` (24, 2).
    ``gradient`` (2,) is the slope of the light over the card, natural log of luminance per pixel in x and in y, and
    ``gradient_se`` (2,) its standard error; None where the patches are too small to tell. ``patches`` is None for the
    ColorChecker whose spectra are measured.
    """

    card: str
    corners: NDArray[np.float64]
    mirrored: bool
    rgb: NDArray[np.float64]
    rgb_se: NDArray[np.float64]
    clipped: NDArray[np.float64]
    centres: NDArray[np.float64]
    gradient: NDArray[np.float64] | None = None
    gradient_se: NDArray[np.float64] | None = None
    patches: PatchSpectra | None = None

    @property
    def edition(self) -> str | None:
        """The edition that a bought card is taken for; None for our own."""
        if self.card == PRINTED:
            return None
        return self.patches.edition if self.patches else DEFAULT_EDITION


@dataclass(frozen=True)
class CardSearch:
    """The outcome of looking for a card: a reading, or the reason why there is none."""

    looked_for: str
    reading: CardReading | None
    problems: tuple[Problem, ...] = ()
