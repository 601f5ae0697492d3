"""What the card and its vote say about the light and the picture: a poor lamp, a colour filter, uneven or mixed light.

Each answer is a problem of the contract and what it adds to the uncertainty of a*. What each code means, how it is
decided and how often it is right and wrong stands in docs/method.md and docs/accuracy.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from calibration import prior, spectra
from calibration.card_light import PLACES
from calibration.cielab import linear_srgb_to_lab, xyz_to_lab
from calibration.colour_rendering import Rendering, rendering
from calibration.problems import Problem, problem
from calibration.tone import GREYS

Floats = NDArray[np.float64]

# Colour rendering of the light, averaged over the lamps that the card's vote believes in. Lamps are sold as fit for
# living rooms from Ra 80; old tubes have 50 to 65 and hardly any deep red. The vote tells Ra to about five.
_POOR_RA, _POOR_R9 = 72.0, -40.0
_POOR_LAMP_A_SE = 0.5

# How far a phone and a lamp alone take the card from what they should show, each as the value that no ordinary
# photograph reaches by itself. Misfit of the vote (real cards, old and new: up to 0.026); common turn of all hues
# in degrees (up to 10); colourfulness as a ratio (0.78 to 1.33); tint between light and middle greys, natural
# logarithm (0.16); spread of the colourfulness between patches, natural logarithm (0.28).
_MISFIT, _TWIST, _COLOURFULNESS, _TINT, _SPREAD = 0.040, 16.0, 0.36, 0.32, 0.45
# Their squares' sum: ordinary photographs reach 1.0.
_STRANGE = 1.25
_FILTER_A_SE = 1.5

# Light that differs by so much from edge to edge of the card (natural logarithm), or strays so far from any plane on a
# sixth of the patches: a shadow's edge.
_STEEP, _SHADOW = 0.24, 0.16
_SHADOW_A_SE = 0.7


@dataclass(frozen=True)
class Doubts:
    """What speaks against trusting the card's colours, and the standard error of a* that it adds.

    ``tint`` (2, 2): slopes of ln(R/G) and ln(B/G) per pixel in x and y, where two lamps were seen.
    """

    problems: tuple[Problem, ...] = ()
    a_se: float = 0.0
    rendering: Rendering | None = None
    tint: Floats | None = None


def card_doubts(
    outcome: prior.Vote,
    pool: prior.Library,
    linear: Floats,
    usable: NDArray[np.bool_],
    slopes: Floats,
    reflectance: Floats | None = None,
) -> Doubts:
    """``linear`` (24, 3) are the patches with the phone's curve and the light's fall-off ``slopes`` taken out.

    ``reflectance`` (24, wavelengths) of the card's patches, where it is not the usual card.
    """
    truth = spectra.xyz_d65(spectra.patches().values if reflectance is None else reflectance)
    shown = expected_rendering(outcome, pool)
    problems: list[Problem] = []
    variance = 0.0
    if (strange := strangeness(linear, usable, outcome.misfit, truth)) > _STRANGE:
        # What a filter did to the card says nothing about the lamp.
        problems.append(problem("colour_filter"))
        variance += _FILTER_A_SE**2 * min(strange, 6.0)
    elif shown.ra < _POOR_RA or shown.r9 < _POOR_R9:
        problems.append(problem("poor_lamp"))
        variance += _POOR_LAMP_A_SE**2
    if np.linalg.norm(slopes) > _STEEP or shadow(linear, prior.expected_patches(outcome, pool), usable) > _SHADOW:
        problems.append(problem("uneven_light"))
        variance += _SHADOW_A_SE**2
    return Doubts(tuple(problems), float(np.sqrt(variance)), shown)


def expected_rendering(outcome: prior.Vote, pool: prior.Library) -> Rendering:
    """Colour rendering averaged over the lamps that the vote believes in."""
    lamps, which = np.unique(pool.lamp_of(outcome.pairs), return_inverse=True)
    share = np.bincount(which, outcome.probability)
    known = [_rendering_of(pool.lamps[lamp].tobytes()) for lamp in lamps]
    ra = sum(float(part) * one.ra for part, one in zip(share, known, strict=True))
    r9 = sum(float(part) * one.r9 for part, one in zip(share, known, strict=True))
    return Rendering(ra, r9)


@lru_cache(maxsize=512)
def _rendering_of(lamp: bytes) -> Rendering:
    return rendering(np.frombuffer(lamp))


def strangeness(linear: Floats, usable: NDArray[np.bool_], misfit: float, truth: Floats) -> float:
    """How far these colours are from what phone and lamp alone make: a sum of squares, each part by its own limit.

    ``truth`` (24, 3): XYZ of the patches under D65.
    """
    look = colour_look(linear, usable, truth)
    parts = (
        misfit / _MISFIT,
        look.twist / _TWIST,
        np.log(look.colourfulness) / _COLOURFULNESS,
        look.tint / _TINT,
        look.spread / _SPREAD,
    )
    return float(np.sum(np.square(parts)))


@dataclass(frozen=True)
class ColourLook:
    """How the card's colours look, beside how they are: turn of all hues in degrees, ratio of the chromas and its
    spread (natural logarithm), and the tint that light greys have beside middle ones (natural logarithm)."""

    twist: float
    colourfulness: float
    spread: float
    tint: float


def colour_look(linear: Floats, usable: NDArray[np.bool_], truth: Floats) -> ColourLook:
    """Judge the patches ``linear`` (24, 3), balanced on their greys, by hue and chroma; ``truth`` (24, 3) their XYZ."""
    luminance = truth[GREYS, 1]
    greys, lit = np.maximum(linear[GREYS], 1e-4), usable[GREYS].copy()
    lit[-1] = False
    white = np.exp(np.median(np.log(greys[lit] / luminance[lit, None]), axis=0))
    seen = linear_srgb_to_lab(np.maximum(linear / white, 1e-4))
    wanted, found = (lab[:, 1] + 1j * lab[:, 2] for lab in (xyz_to_lab(truth), seen))
    coloured = (np.abs(wanted) > _COLOURED) & usable
    coloured[GREYS] = False
    if not coloured.any():
        return ColourLook(0.0, 1.0, 0.0, 0.0)
    wanted, found = wanted[coloured], found[coloured]
    turn = np.abs(wanted) * np.exp(1j * np.angle(found / wanted))
    ratio = np.log(np.maximum(np.abs(found), 1e-3) / np.abs(wanted))
    ratios = np.log(greys[:4][lit[:4]])
    tint = np.hypot(np.ptp(ratios[:, 0] - ratios[:, 1]), np.ptp(ratios[:, 2] - ratios[:, 1])) if len(ratios) > 2 else 0
    return ColourLook(
        twist=float(np.degrees(np.angle(turn.sum()))),
        colourfulness=float(np.exp(np.median(ratio))),
        spread=float(ratio.std()),
        tint=float(tint),
    )


# Chroma from which a patch has a hue to judge.
_COLOURED = 18.0


def shadow(linear: Floats, expected: Floats, usable: NDArray[np.bool_]) -> float:
    """How far the light strays from an even fall-off on the odd sixth of the patches, natural logarithm."""
    seen, wanted = linear.mean(axis=1), expected.mean(axis=1)
    known = usable & (wanted > 0.06) & (seen > 0)
    if known.sum() < 8:
        return 0.0
    ratio = np.log(seen[known] / wanted[known])
    design = np.column_stack([PLACES[known], np.ones(known.sum())])
    weight = np.ones(len(ratio))
    for _ in range(4):
        plane, *_ = np.linalg.lstsq(design * weight[:, None], ratio * weight, rcond=None)
        weight = 1 / np.sqrt(1 + ((ratio - design @ plane) / 0.04) ** 2)
    return float(np.quantile(np.abs(ratio - design @ plane), 5 / 6))
