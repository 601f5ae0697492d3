"""How far the skin around the eyes goes on: what lies behind an edge and differs is a hand, a mask, cloth or hair.

A hand has the colour of skin, a beige mask nearly, so colour alone cannot tell them. But whatever lies before a face
ends somewhere, with a step in light or colour or a thin shadow. Skin is followed from where it is always seen -
around the eyes, between the brows - and not across such steps, unless beyond one the very same skin goes on (a
wrinkle, a strand of hair, the rim of glasses).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]

# Lengths as shares of the distance between the eyes: how wide an edge is, how wide a gap in it is closed (to both
# sides), how near a line counts as between two parts, how far beside it colours are compared, the smallest patch.
EDGE, GAP, NEAR_LINE, BESIDE, PATCH = 0.025, 0.04, 0.04, 0.16, 0.09
# Two parts are one where lines part less than this share of what lies between them.
MOST_LINED = 0.6
# A step of this height (natural logarithm of light, or of colour where blood does not reach) is an edge where it is
# connected to one of the greater height.
WEAK_STEP, CLEAR_STEP = 0.14, 0.25
# Steps in colour count this many times as much as those in light, because skin has hardly any. Where the middle of all
# steps is higher than on quiet skin - noise, hard light, many wrinkles - they count less, down to the least.
COLOUR_STEPS, QUIET_COLOUR, QUIET_LIGHT, LEAST_QUIET = 2.5, 0.03, 0.08, 0.4
# ln(B/G) rises with blood by this much of what ln(R/G) does: their difference stays.
BLOOD_SLOPE = 0.38
# What may differ beyond an edge that is still the same skin: light, and colour apart from blood; less red, redder.
SAME_LIGHT, SAME_COLOUR, LESS_RED, REDDER = 0.20, 0.055, 0.08, 0.7
# A part of the face that holds this share of the seen skin around the eyes needs no comparing.
CORE_SHARE = 0.2
ROUNDS = 4
# A part of this share of all that could be skin needs not look as the skin just beside it: it is the rest of the face
# when it has its colour, within these limits of light and of colour apart from blood.
LARGE, WHOLE_LIGHT, WHOLE_COLOUR, WHOLE_LESS_RED = 0.06, 0.7, 0.25, 0.24
# With less than this share, the skin seen is an island behind glasses. All other parts are then compared with it, and
# light mirrored by the glasses may have made it brighter by so much, and by so much less yellow.
LITTLE, ISLAND_LIGHT, GLARE = 0.35, 1.0, 0.1
# Thin dark lines: smoothed by this, narrower than twice this, deeper than this (ln Y) and than so many times what is
# usual on this skin, and longer than this (lengths as shares of the distance between the eyes).
VALLEY_SMOOTH, VALLEY_WIDTH, VALLEY, VALLEY_TIMES, VALLEY_LENGTH = 0.008, 0.045, 0.10, 4.0, 0.15


@dataclass(frozen=True, eq=False)
class Logs:
    """Slightly smoothed logarithms (H, W): ``red`` ln(R/G), ``blue`` ln(B/G), ``light`` ln Y, ``long`` ln R."""

    red: Plane
    blue: Plane
    light: Plane
    long: Plane

    @property
    def bloodless(self) -> Plane:
        """Colour that added blood leaves where it is."""
        return np.asarray(self.blue - BLOOD_SLOPE * self.red, np.float32)


def reachable(logs: Logs, passable: Mask, core: Mask, folds: Mask, unit: float) -> Mask:
    """The part of ``passable`` that goes on from ``core`` without a step to something else.

    ``folds`` is where faces crease: lines there part nothing. ``unit`` is the distance between the eyes in pixels.
    Where ``core`` holds nothing passable, nothing is reachable.
    """
    lines = edges(logs, passable, unit) | valleys(logs, passable, unit)
    closed = cv2.dilate(lines.astype(np.uint8), _disc(GAP * unit)) > 0
    count, parts, facts, nearest, away = _parts(passable & ~closed, unit)
    seen = np.bincount(parts[core], minlength=count)
    seen[0] = 0
    if not seen.any():
        return np.zeros_like(passable)
    joined = seen >= CORE_SHARE * seen.sum()
    joined[int(np.argmax(seen))] = True
    waiting = (facts >= (PATCH * unit) ** 2) & ~joined
    waiting[0] = False
    near_line = cv2.dilate((lines & ~folds).astype(np.uint8), _disc(NEAR_LINE * unit)) > 0
    for _ in range(ROUNDS):
        more = _same_skin_beyond(logs, parts, joined, waiting, unit)
        more += _open_border(parts, joined, waiting, passable, near_line, unit)
        if not more:
            break
        joined[more] = True
        waiting[more] = False
    # Rims of glasses around the eyes, strands of hair: what is large and of the same colour is the rest of the face.
    island = joined[parts].sum() < LITTLE * passable.sum()
    if not island:
        waiting &= facts >= LARGE * passable.sum()
    joined[_like_the_whole(logs, parts, joined, waiting, island)] = True
    # The edges' own width is given back where skin lies on it, so that wrinkles do not tear holes.
    return np.asarray(passable & joined[nearest] & (away < 2.5 * GAP * unit))


def _parts(open_: Mask, unit: float) -> tuple[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], Plane]:
    """The connected parts of ``open_``: how many, their map and sizes, and for every pixel the nearest and how far."""
    count, found, facts, _ = cv2.connectedComponentsWithStats(open_.astype(np.uint8), connectivity=4)
    # Crumbs between lines belong to what lies around them.
    large = facts[:, cv2.CC_STAT_AREA] >= (PATCH * unit) ** 2
    large[0] = False
    parts: NDArray[np.int32] = np.where(large[found], found, 0).astype(np.int32)
    open_ = parts > 0
    away, at = cv2.distanceTransformWithLabels(
        (~open_).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    part_of = np.zeros(int(at.max()) + 1, np.int32)
    part_of[at[open_]] = parts[open_]
    sizes = np.asarray(facts[:, cv2.CC_STAT_AREA], np.int32)
    return count, parts, sizes, part_of[at], np.asarray(away, np.float32)


def _open_border(
    parts: NDArray[np.int32], joined: Mask, waiting: Mask, passable: Mask, near_line: Mask, unit: float
) -> list[int]:
    """The waiting parts that no line parts from the joined ones: a narrow place lies between, as between the brows."""
    reach = _disc(1.5 * GAP * unit)
    here = cv2.dilate(joined[parts].astype(np.uint8), reach) > 0
    grown = cv2.dilate(np.where(waiting[parts], parts, 0).astype(np.float32), reach).astype(np.int32)
    between = here & (grown > 0) & passable
    total = np.bincount(grown[between], minlength=len(joined))
    lined = np.bincount(grown[between & near_line], minlength=len(joined))
    return [int(part) for part in np.flatnonzero((total > 0) & (lined < MOST_LINED * total))]


def edges(logs: Logs, core: Mask, unit: float) -> Mask:
    """Lines along which light or colour steps; weak steps count where they go on from clear ones (as Canny has it)."""
    size = max(1.0, EDGE * unit)
    # The gradient of a step of height h, smoothed by s, is h / (s * sqrt(2 pi)).
    height = np.float32(size * np.sqrt(2 * np.pi))
    red_light, light = _gradient(logs.long, size) * height, _gradient(logs.light, size) * height
    # Blood takes green light away and leaves red: the border of a flush steps in one of the two, a shadow in both.
    light = np.where(np.hypot(*red_light) < np.hypot(*light), red_light, light)
    colour = _gradient(logs.bloodless, size) * height
    if core.any():
        for plane, quiet in ((light, QUIET_LIGHT), (colour, QUIET_COLOUR)):
            usual = float(np.median(np.hypot(*plane)[core]))
            plane *= np.float32(np.clip(quiet / max(usual, 1e-6), LEAST_QUIET, 1.0))
    colour *= np.float32(COLOUR_STEPS)
    steps = np.where(np.hypot(*colour) > np.hypot(*light), colour, light)
    across, down = np.clip(1000 * steps, -30000, 30000).astype(np.int16)
    return np.asarray(cv2.Canny(across, down, 1000 * WEAK_STEP, 1000 * CLEAR_STEP, L2gradient=True) > 0)


def valleys(logs: Logs, core: Mask, unit: float) -> Mask:
    """Thin dark lines: where a finger or a cloth lies on the skin, light is missing on both sides of its border."""
    smooth = cv2.GaussianBlur(logs.light, (0, 0), max(0.8, VALLEY_SMOOTH * unit))
    depth = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, _disc(VALLEY_WIDTH * unit)) - smooth
    usual = float(np.median(depth[core])) if core.any() else 0.0
    deep = (depth > max(VALLEY, VALLEY_TIMES * usual)).astype(np.uint8)
    _, parts, facts, _ = cv2.connectedComponentsWithStats(deep, connectivity=8)
    long = np.maximum(facts[:, cv2.CC_STAT_WIDTH], facts[:, cv2.CC_STAT_HEIGHT]) > VALLEY_LENGTH * unit
    long[0] = False
    return np.asarray(long[parts], np.bool_)


def _gradient(plane: Plane, size: float) -> Plane:
    """(2, H, W): across and down, for each pixel."""
    smooth = cv2.GaussianBlur(plane, (0, 0), size)
    return np.stack(
        [cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)]
    )


def _same_skin_beyond(logs: Logs, parts: NDArray[np.int32], joined: Mask, waiting: Mask, unit: float) -> list[int]:
    """The waiting parts that look beside the joined ones as those do there."""
    here = joined[parts].astype(np.float32)
    reach = BESIDE * unit
    near = _spread(here, reach)
    beside = waiting[parts] & (near > 0.02)
    if not beside.any():
        return []
    which = parts[beside]
    off = []
    for plane in (logs.light, logs.long, logs.bloodless, logs.red):
        around = _spread(plane * here, reach)
        off.append(plane[beside] - around[beside] / near[beside])
    same = []
    for part in np.unique(which):
        inside = which == part
        light, long, colour, red = (float(np.median(one[inside])) for one in off)
        light = min(light, long, key=abs)
        # A flush changes light and colour a little with its red.
        flush = min(max(red, 0.0), REDDER)
        off_light, off_colour = light / (SAME_LIGHT + 0.5 * flush), colour / (SAME_COLOUR + 0.25 * flush)
        off_red = red / (REDDER if red > 0 else LESS_RED)
        if off_light**2 + off_colour**2 + off_red**2 < 1:
            same.append(int(part))
    return same


def _like_the_whole(logs: Logs, parts: NDArray[np.int32], joined: Mask, waiting: Mask, island: bool) -> list[int]:
    """The waiting parts that have the colour of all joined ones; ``island``: those may lie behind glasses."""
    here = joined[parts]
    most_light, glare = (ISLAND_LIGHT, GLARE) if island else (WHOLE_LIGHT, 0.0)
    usual = [float(np.median(plane[here])) for plane in (logs.light, logs.bloodless, logs.red)]
    alike = []
    for part in np.flatnonzero(waiting):
        inside = parts == part
        light, colour, red = (
            float(np.median(plane[inside])) - middle
            for plane, middle in zip((logs.light, logs.bloodless, logs.red), usual, strict=True)
        )
        same_colour = -WHOLE_COLOUR - glare < colour < WHOLE_COLOUR and -WHOLE_LESS_RED < red < REDDER
        if abs(light) < most_light and same_colour:
            alike.append(int(part))
    return alike


def _spread(plane: Plane, reach: float) -> Plane:
    """A wide Gaussian mean, taken on a quarter of the size."""
    height, width = plane.shape
    small = cv2.resize(plane, (-(-width // 4), -(-height // 4)), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), reach / 4)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _disc(radius: float) -> NDArray[np.uint8]:
    reach = max(1, round(radius))
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)), np.uint8)
