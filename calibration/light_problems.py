"""What the card and its vote say about the light and the picture: a poor lamp, a colour filter, uneven or mixed light.

Each answer is a problem of the contract and what it adds to the uncertainty of a*. What each code means, how it is
decided and how often it is right and wrong stands in docs/method.md and docs/accuracy.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration import prior, spectra
from calibration.card_light import PLACES
from calibration.cielab import linear_srgb_to_lab, xyz_to_lab
from calibration.colour_rendering import Rendering
from calibration.lamp_verdict import judge_lamp
from calibration.problems import Problem, problem
from calibration.tone import GREYS, ToneCurve

Floats = NDArray[np.float64]

# From this probability on a lamp is called poor, and what a* is uncertain by then: the more, the poorer it is.
_POOR = 0.4
# Where nothing explains the card well - a faded one, a strange phone - more must speak for it.
_SURELY_POOR = 0.75
_POOR_A_SE, _A_SE_PER_RA, _FAIR_RA = 0.5, 0.02, 60.0
# A poor lamp that is like none of the library leaves more of the card unexplained than this, and more of skin.
_FAMILIAR, _A_SE_PER_UNEXPLAINED = 0.010, 300.0
# Pale colours boosted more than strong ones, as a filter does, are undone only roughly.
_A_SE_PER_VIBRANCE = 1.3

# How far a phone and a lamp alone take the card from what they should show, each as the value that no ordinary
# photograph reaches by itself. What no lamp and camera explain (real cards, old and new: up to 0.022); common turn of
# all hues in degrees (up to 7); colourfulness as a ratio (0.77 to 1.33); tint between light and middle greys, natural
# logarithm (0.11); spread of the colourfulness between patches, natural logarithm (0.17).
_MISFIT, _TWIST, _COLOURFULNESS, _TINT, _SPREAD = 0.030, 12.0, 0.36, 0.24, 0.35
# What was undone beyond a phone's taste: a boost of colour, natural logarithm (real phones up to 1.25).
_UNDONE, _PALEST, _MOST_VIVID = 0.28, 0.95, 1.25
# Their squares' sum: ordinary photographs reach 1.1.
_STRANGE = 1.25
_FILTER_A_SE = 1.5
# And for what it leaves unexplained beyond what ordinary photographs do, cube-root units: few levels of grey, say.
_ORDINARY_MISFIT, _A_SE_PER_MISFIT = 0.012, 200.0
# Strange, yet no filter: a poor lamp that leaves less than this unexplained (filters from 0.012), and is less strange.
_EXPLAINED, _TOO_STRANGE = 0.0105, 4.0
# A mild filter is not told from a phone's taste: what is a little strange is a little doubted. What is unexplained
# counts by the patches like skin (``alike_patches``), not here.
_A_LITTLE_STRANGE, _A_SE_PER_STRANGE = 0.6, 1.2

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
    *,
    undone: ToneCurve,
    unexplained: float,
) -> Doubts:
    """``linear`` (24, 3) are the patches with the phone's curve and the light's fall-off ``slopes`` taken out.

    ``reflectance`` (24, wavelengths) of the card's patches, where it is not the usual card; ``undone``: what phone or
    filter did to the picture; ``unexplained``: the misfit that is left, in cube-root units.
    """
    surfaces = spectra.patches().values if reflectance is None else reflectance
    expected = prior.expected_patches(outcome, pool)
    # A second lamp tints one side of the card. That is mixed light, neither a poor lamp nor a filter.
    even = in_one_light(linear, expected, usable)
    told = judge_lamp(even, usable.astype(float), surfaces)
    look = even, usable, told.misfit, spectra.xyz_d65(surfaces), told.card
    strange, left = strangeness(*look, undone.boost), strangeness(*look)
    problems: list[Problem] = []
    explained = told.misfit < _EXPLAINED
    poor = told.poor > (_POOR if explained else _SURELY_POOR)
    filtered = strange > _STRANGE and not (poor and explained and strange < _TOO_STRANGE)
    if filtered:
        # What a filter did to the card says nothing about the lamp.
        problems.append(problem("colour_filter"))
        # What was undone is no error any more, but who changes one thing changes others.
        variance = _FILTER_A_SE**2 * float(np.clip(left, 1.0, 6.0))
        variance += (_A_SE_PER_MISFIT * max(unexplained - _ORDINARY_MISFIT, 0.0)) ** 2
    else:
        variance = _mild_a_se(left) ** 2 + told.poor * _poor_a_se(told.rendering, unexplained) ** 2
        if poor:
            problems.append(problem("poor_lamp"))
    variance += (_A_SE_PER_VIBRANCE * undone.vibrance) ** 2
    if np.linalg.norm(slopes) > _STEEP or shadow(linear, expected, usable) > _SHADOW:
        problems.append(problem("uneven_light"))
        variance += _SHADOW_A_SE**2
    return Doubts(tuple(problems), float(np.sqrt(variance)), told.rendering)


def in_one_light(linear: Floats, expected: Floats, usable: NDArray[np.bool_]) -> Floats:
    """The patches ``linear`` (24, 3) without a tint that grows from one end of the card to the other, beside
    ``expected`` (24, 3); slopes as small as one lamp leaves by chance are let be."""
    known = usable & (linear.min(axis=1) > _DARKEST) & (expected.min(axis=1) > _DARKEST)
    even = linear.copy()
    if known.sum() < 8:
        return even
    for channel in (0, 2):
        ratio = np.log(linear[known, channel] / linear[known, 1] * expected[known, 1] / expected[known, channel])
        slope, _ = _robust_plane(ratio, PLACES[known])
        slope *= max(0.0, 1 - _BY_CHANCE / max(float(np.linalg.norm(slope)), 1e-9))
        even[:, channel] *= np.exp(-PLACES @ slope)
    return even


# A patch darker than this in a channel shows noise, not the lamp. Tint from edge to edge (natural logarithm) that one
# lamp leaves by chance: 0.065 in a tenth of ordinary photographs, with two lamps 0.15 to 0.3.
_DARKEST, _BY_CHANCE = 0.02, 0.06


def _robust_plane(values: Floats, places: Floats) -> tuple[Floats, Floats]:
    """Slopes (2,) of a plane through ``values`` (n,) at ``places`` (n, 2), and what is off it (n,); deaf to a few."""
    design = np.column_stack([places, np.ones(len(values))])
    plane: Floats = np.zeros(3)
    weight: Floats = np.ones(len(values))
    for _ in range(4):
        plane = np.asarray(np.linalg.lstsq(design * weight[:, None], values * weight, rcond=None)[0], np.float64)
        weight = 1 / np.sqrt(1 + ((values - design @ plane) / 0.04) ** 2)
    return plane[:2], np.asarray(values - design @ plane)


def _mild_a_se(strange: float) -> float:
    """What a* is in doubt by where the colours are a little odd, but not so odd that anything is named."""
    return _A_SE_PER_STRANGE * float(np.sqrt(max(strange - _A_LITTLE_STRANGE, 0.0)))


def _poor_a_se(shown: Rendering, unexplained: float) -> float:
    known = _POOR_A_SE + _A_SE_PER_RA * max(_FAIR_RA - shown.ra, 0.0)
    return float(np.hypot(known, _A_SE_PER_UNEXPLAINED * max(unexplained - _FAMILIAR, 0.0)))


def strangeness(
    linear: Floats, usable: NDArray[np.bool_], misfit: float, truth: Floats, shown: Floats, boost: float = 1.0
) -> float:
    """How far these colours are from what phone and lamp alone make: a sum of squares, each part by its own limit.

    ``truth`` and ``shown`` (24, 3): XYZ of the patches under D65, and as the likely lamp shows them. The nearer counts,
    where that lamp explains the card. ``boost`` has been undone: beyond a phone's taste it was a filter's.
    """
    undone = float(np.log(boost / np.clip(boost, _PALEST, _MOST_VIVID)))
    goals = (truth, shown) if misfit < _EXPLAINED else (truth,)
    odd = min(_oddity(colour_look(linear, usable, goal), undone) for goal in goals)
    return float((misfit / _MISFIT) ** 2 + odd)


def _oddity(look: ColourLook, undone: float) -> float:
    parts = (
        look.twist / _TWIST,
        np.log(look.colourfulness) / _COLOURFULNESS + undone / _UNDONE,
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
    _, off = _robust_plane(np.log(seen[known] / wanted[known]), PLACES[known])
    return float(np.quantile(np.abs(off), 5 / 6))
