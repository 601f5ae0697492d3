"""Our own card, to be printed at home: its shape, its patches as designed, and what a home print may really be.

All lengths are millimetres on the printed card, x to the right and y down from the centre of patch 1, so that one
step of the grid is ``STEP_MM``. Patches are numbered row by row; 19 to 24 are paper and the greys, darker and darker,
and 1 and 6 are greys too, so that all four corners tell the light's fall-off.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from calibration.printed_card_inks import PrintPrior, print_prior

Floats = NDArray[np.float64]

NAME = "rubor"
PATCH_MM, GAP_MM = 14.0, 3.0
STEP_MM = PATCH_MM + GAP_MM
# The dark ground reaches this far beyond the outer patches.
GROUND_MM = 5.0
MARKER_MM = 18.0
# Four markers of OpenCV's DICT_4X4_50, at least six bits from each other, turned or mirrored: upper left, upper right,
# lower right, lower left. Each corner has its own, so turn and mirror image are known from any two.
MARKER_IDS = (0, 23, 26, 40)


@dataclass(frozen=True)
class Box:
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float


CARD = Box(-37.0, -24.0, 159.0, 99.0)
GROUND = Box(-12.0, -12.0, 109.0, 75.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = -33.5, 100.5, -20.5, 53.5
MARKERS = tuple(
    Box(x, y, MARKER_MM, MARKER_MM) for x, y in ((_LEFT, _TOP), (_RIGHT, _TOP), (_RIGHT, _BOTTOM), (_LEFT, _BOTTOM))
)


@dataclass(frozen=True, eq=False)
class PrintedPatches:
    """``inks`` (24, 4) areas of cyan, magenta, yellow and black; ``srgb`` (24, 3) 0..255, what is asked for."""

    version: int
    inks: Floats
    srgb: NDArray[np.int64]

    def prior(self) -> PrintPrior:
        """What the patches' spectra may be when nobody has measured the print."""
        return print_prior(self.inks)


@cache
def printed_patches() -> PrintedPatches:
    """The card as designed, from ``cards/rubor.toml``."""
    table = tomllib.loads(files("calibration").joinpath("cards", f"{NAME}.toml").read_text(encoding="utf-8"))
    codes = [[int(patch["srgb"][start : start + 2], 16) for start in (1, 3, 5)] for patch in table["patch"]]
    inks = np.array([patch["inks"] for patch in table["patch"]], dtype=np.float64)
    inks.setflags(write=False)
    return PrintedPatches(int(table["version"]), inks, np.array(codes))
