"""Which pixels of a face are bare skin: not hair, beard, glasses, cloth, shine or deep shadow.

Everything is judged against this face's own skin, as logarithms of linear RGB: the ratio of channels does not change
with light level, nor does its distance from the face's own middle change with white balance, camera or card. Redness
is what is to be measured, so nothing is ever taken away for being redder than the rest, up to the red of cloth.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]

# The test runs on a face of at most this many pixels between the eyes: hair and pores then have known sizes, and the
# noise of a dark photograph is averaged away.
TEST_EYE_DISTANCE = 120.0
# A face hardly larger is taken as it is.
ONE_SIZE = 0.95

# Skin of every tone, in every light a camera balances for, sends back more red than green and less blue than green.
# Used only to find the first guess of this face's skin where a mask may cover most of it.
PLAUSIBLE_RED, PLAUSIBLE_BLUE = 0.10, 0.05
PLAUSIBLE_SHARE = 0.15
# Under a strong tint, skin still sends back more red than blue by this much in ln(R/B); grey and blue cloth does not.
LEAST_WARMTH = 0.15

# ln(B/G) rises with blood by this much of what ln(R/G) does: their difference stays.
BLOOD_SLOPE = 0.38
# How far from the middle of this face's skin ln(R/G) and ln(B/G) may go: as many of the face's own standard
# deviations, but no less and no more than this. Redness of +12 a* raises ln(R/G) by 0.3 to 0.6 and ln(B/G) by 0.1 to
# 0.25, in very dark skin twice that; only the reddest cloth lies 1.4 above the skin. Grey, blue, green and black
# things lie below; fair hair, which is as light as skin, is yellower by 0.4 to 0.9.
CHROMA_SPREADS, LEAST_SPREAD = 3.5, 0.03
# Where cheeks and nose are flushed and the forehead is not, "less red" and "yellower than this face" are counted from
# its pale parts.
PALE_QUANTILE = 0.25
LESS_RED, MORE_RED, BLUER, YELLOWER = (0.22, 0.50), (1.40, 1.40), (0.30, 0.60), (0.32, 0.45)

# Light falls off smoothly over a face; skin at less than this share of what the smooth fall-off predicts is a deep
# shadow, a nostril, or hair. Black hair has 0.05 to 0.3 of the light of light skin and 0.3 to 0.5 of very dark skin's.
DEEP_SHADOW = np.log(0.52)
# A detail this much darker than the skin around it (or this many of the face's own spreads) is a frame, a mole, a
# crease; a fine one is a hair already at less, and fair hair is yellower than the skin under it.
DARK_DETAIL, DARK_HAIR, YELLOW_HAIR, LIGHT_HAIR = 0.22, 0.12, 0.15, 0.14
DETAIL_SPREADS = 4.5
# Roughness (RMS of ln Y about its surroundings) of hair and beards: at least this, and this many times the face's own.
ROUGH, ROUGH_TIMES = 0.085, 3.0
# Shine adds white light: brighter than the skin around it by this much while this share of its colour is gone ...
SPOT_BRIGHTER, SPOT_PALER = 0.13, 0.25
# ... or, for a broad sheen, brighter than predicted while half of the colour is gone. Less is not shine: tone curves
# make well-lit skin paler, by a third in hard studio light.
SHEEN_BRIGHTER, SHEEN_PALER = 0.12, 0.50
# The last few codes of an 8-bit file: such a channel says "at least this bright", its colour is lost.
CLIPPED = 0.98

# Lengths as shares of the distance between the eyes.
FINE, AROUND, HAIR, ROUGH_PATCH, MARGIN = 0.006, 0.10, 0.03, 0.045, 0.02
SMALLEST_SPECK = 0.0004


@dataclass(frozen=True, eq=False)
class _Logs:
    """Slightly smoothed logarithms (H, W): ``red`` ln(R/G), ``blue`` ln(B/G), ``light`` ln Y."""

    red: Plane
    blue: Plane
    light: Plane


@dataclass(frozen=True, eq=False)
class _Where:
    """Where to look, each (H, W); see :func:`bare_skin`."""

    area: Mask
    core: Mask
    seeds: Mask


def bare_skin(
    linear: NDArray[np.float32],
    area: Mask,
    seeds: Mask,
    eye_distance: float,
    *,
    core: Mask | None = None,
) -> Mask:
    """The part of ``area`` that is bare skin.

    ``linear`` (H, W, 3) linear RGB of the face; the masks are (H, W): ``seeds`` the measured regions, which give the
    skin's own spread, ``core`` where skin is always seen, which says how rough it is and gives the first guess of its
    colour. ``eye_distance`` in pixels. Nothing is skin when neither core nor seeds hold any.
    """
    nothing = np.zeros_like(area)
    where = _Where(area, nothing if core is None else core, seeds)
    factor = TEST_EYE_DISTANCE / eye_distance
    if factor > ONE_SIZE:
        return _judge(linear, where, eye_distance)
    height, width = linear.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = np.asarray(cv2.resize(linear, size, interpolation=cv2.INTER_AREA), np.float32)
    masks = (_shrunk(mask, size) for mask in (where.area, where.core, where.seeds))
    kept = _judge(small, _Where(*masks), TEST_EYE_DISTANCE)
    large = cv2.resize(kept.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    return np.asarray(large & where.area)


def _shrunk(mask: Mask, size: tuple[int, int]) -> Mask:
    return np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)


def _judge(linear: NDArray[np.float32], where: _Where, unit: float) -> Mask:
    clipped = _clipped(linear, unit)
    area = where.area
    core = where.core & area & ~clipped
    known = core if core.any() else where.seeds & area & ~clipped
    if not known.any():
        return np.zeros_like(area)
    logs = _logarithms(linear, known, unit)
    reached = _like_the_core(logs, area, core, unit) if core.any() else area
    if not reached.any():  # dark glasses, or no face at all: the regions speak for themselves
        reached = area
    seeds = reached & where.seeds & ~clipped
    if not seeds.any():
        return np.zeros_like(area)
    right_colour = reached & _has_the_skins_colour(logs, seeds)
    if not right_colour.any():
        return np.zeros_like(area)
    predicted = _smooth_light(logs.light, right_colour, seeds)
    brighter = logs.light - predicted
    skin = right_colour & (brighter > DEEP_SHADOW)
    skin &= ~_shines(logs, brighter, skin, unit)
    skin &= ~_strange_details(logs, skin, seeds, unit)
    # Among the skin that is left: beside a frame or a strand it is no rougher for being beside it.
    skin &= ~_rough(logs.light, skin, skin, seeds, unit)
    return _tidy(skin, area, unit) & ~clipped


def _like_the_core(logs: _Logs, area: Mask, core: Mask, unit: float) -> Mask:
    """What in ``area`` has the colour of the skin in ``core`` and is no rougher."""
    alike = area & _has_the_skins_colour(logs, core)
    # How rough skin is, the skin around the eyes says: a fringe or a beard is not asked about itself.
    return alike & ~_rough(logs.light, alike, area, core, unit)


def _logarithms(linear: NDArray[np.float32], seeds: Mask, unit: float) -> _Logs:
    fine = cv2.GaussianBlur(np.maximum(linear, 0), (0, 0), max(0.6, FINE * unit))
    green = fine[..., 1]
    # A little light is added to every channel: black, whose ratios are noise, becomes grey instead of any colour.
    floor = np.float32(0.03 * np.median(green[seeds]) + 1e-5)
    log = np.log(fine + floor)
    light = np.log(fine @ np.array([0.2126, 0.7152, 0.0722], np.float32) + floor)
    return _Logs(log[..., 0] - log[..., 1], log[..., 2] - log[..., 1], light)


def _has_the_skins_colour(logs: _Logs, seeds: Mask) -> Mask:
    """Pixels whose channel ratios are those of this face's skin, however red."""
    likely = seeds & (logs.red > PLAUSIBLE_RED) & (logs.blue < PLAUSIBLE_BLUE)
    if likely.sum() < PLAUSIBLE_SHARE * seeds.sum():
        likely = seeds & (logs.red - logs.blue > LEAST_WARMTH)
    if likely.sum() < PLAUSIBLE_SHARE * seeds.sum():
        return np.zeros_like(seeds)
    red, red_spread = _core(logs.red[likely])
    pale = float(np.quantile(logs.red[likely], PALE_QUANTILE))
    blue, blue_spread = _core(logs.blue[likely])
    bulk = likely & (np.abs(logs.blue - blue) <= 2.0 * max(blue_spread, LEAST_SPREAD))
    yellow = float(np.quantile(logs.blue[bulk], PALE_QUANTILE))
    palest = max(min(pale, red) - _reach(red_spread, LESS_RED), min(PLAUSIBLE_RED, red - LESS_RED[0]))
    return np.asarray(
        (logs.red > palest)
        & (logs.red < red + _reach(red_spread, MORE_RED))
        & (logs.blue - BLOOD_SLOPE * np.maximum(logs.red - red, 0) < blue + _reach(blue_spread, BLUER))
        & (logs.blue > min(yellow, blue) - _reach(blue_spread, YELLOWER)),
        np.bool_,
    )


def _reach(spread: float, limits: tuple[float, float]) -> float:
    return float(np.clip(CHROMA_SPREADS * spread, *limits))


def _core(values: Plane) -> tuple[float, float]:
    """Middle and spread of the bulk of ``values``, whatever a fringe of hair or a mask adds beside it."""
    middle, spread = _middle(values)
    for _ in range(3):
        bulk = values[np.abs(values - middle) <= 2.0 * max(spread, LEAST_SPREAD)]
        middle, spread = _middle(bulk)
    return middle, spread


def _middle(values: Plane) -> tuple[float, float]:
    """Median, and the standard deviation that the median absolute deviation stands for."""
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


def _smooth_light(light: Plane, skin: Mask, seeds: Mask) -> Plane:
    """ln Y as a gentle quadratic surface over the face, fitted to its skin and deaf to hair and shadows."""
    rows, columns = np.nonzero(skin)
    step = max(1, len(rows) // 4000)
    rows, columns = rows[::step], columns[::step]
    height, width = light.shape
    terms = _terms(2.0 * columns / width - 1.0, 2.0 * rows / height - 1.0)
    values = light[rows, columns].astype(np.float64)
    trust = np.where(seeds[rows, columns], 1.0, 0.2)
    weights = trust
    # The bends are held back, so that a beard, which is half of some faces, is not followed.
    hold = np.diag([1e-9, 0.002, 0.002, 0.05, 0.05, 0.05])
    factors = np.zeros(6)
    for _ in range(8):
        weighted = terms * weights[:, None] / weights.sum()
        factors = np.linalg.solve(weighted.T @ terms + hold, weighted.T @ values)
        off = values - terms @ factors
        spread = float(np.clip(1.4826 * np.median(np.abs(off[trust == trust.max()])), 0.08, 0.25))
        weights = trust * (np.clip(1.0 - (off / (4.0 * spread)) ** 2, 0.0, None) ** 2 + 1e-6)
    x, y = (2.0 * np.arange(size) / size - 1.0 for size in (width, height))
    level, to_x, to_y, xx, xy, yy = factors
    across, down = level + to_x * x + xx * x * x, to_y * y + yy * y * y
    return np.asarray(across + down[:, None] + xy * x * y[:, None], np.float32)


def _terms(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _shines(logs: _Logs, brighter: Plane, skin: Mask, unit: float) -> Mask:
    if not skin.any():
        return skin
    red, blue = float(np.quantile(logs.red[skin], PALE_QUANTILE)), float(np.median(logs.blue[skin]))
    colour = (logs.red * red + logs.blue * blue) / (red * red + blue * blue + 1e-9)
    sheen = (brighter > SHEEN_BRIGHTER) & (colour < 1.0 - SHEEN_PALER)
    lighter = logs.light - _mean_around(logs.light, skin, AROUND * unit)
    paler = _mean_around(colour.astype(np.float32), skin, AROUND * unit) - colour
    return np.asarray(sheen | ((lighter > SPOT_BRIGHTER) & (paler > SPOT_PALER)), np.bool_)


def _clipped(linear: NDArray[np.float32], unit: float) -> Mask:
    """Where most pixels have lost a channel. Pixel by pixel, the darker half of the noise would be left to measure."""
    lost = (linear.max(axis=2) >= CLIPPED).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(lost, (0, 0), max(1.0, MARGIN * unit)) > 0.5, np.bool_)


def _strange_details(logs: _Logs, skin: Mask, seeds: Mask, unit: float) -> Mask:
    """Small things that are darker than the skin around them, or thin ones that are yellower or lighter."""
    if not skin.any():
        return skin
    known = skin & seeds if (skin & seeds).any() else skin
    strange = np.zeros_like(skin)
    for plane, size, least in (
        (logs.light, AROUND, DARK_DETAIL),
        (logs.light, HAIR, DARK_HAIR),
        (logs.blue, HAIR, YELLOW_HAIR),
        (-logs.light, HAIR, LIGHT_HAIR),
    ):
        detail = plane - _mean_around(plane, skin, size * unit)
        strange |= detail < -max(least, DETAIL_SPREADS * _middle(detail[known])[1])
    return strange


def _rough(light: Plane, skin: Mask, area: Mask, seeds: Mask, unit: float) -> Mask:
    if not skin.any():
        return skin
    detail = np.where(area, light - _mean_around(light, area, HAIR * unit), 0)
    roughness = np.sqrt(_mean_around(detail.astype(np.float32) ** 2, area, ROUGH_PATCH * unit))
    known = roughness[skin & seeds] if (skin & seeds).any() else roughness[skin]
    return np.asarray(roughness > max(ROUGH, ROUGH_TIMES * float(np.median(known))), np.bool_)


def _mean_around(values: Plane, where: Mask, sigma: float) -> Plane:
    """Gaussian mean over the pixels of ``where`` alone."""
    weight = where.astype(np.float32)
    total = cv2.GaussianBlur(values * weight, (0, 0), sigma)
    return np.asarray(total / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3), np.float32)


def _tidy(skin: Mask, area: Mask, unit: float) -> Mask:
    """Forget specks, keep clear of the borders of what was taken away, drop what is left over in crumbs."""
    taken = (area & ~skin).astype(np.uint8)
    _, parts, facts, _ = cv2.connectedComponentsWithStats(taken, connectivity=8)
    large = facts[:, cv2.CC_STAT_AREA] >= max(3.0, SMALLEST_SPECK * unit * unit)
    large[0] = False
    margin = _disc(MARGIN * unit)
    widened = cv2.dilate(large[parts].astype(np.uint8), margin)
    return np.asarray(cv2.morphologyEx((area & (widened == 0)).astype(np.uint8), cv2.MORPH_OPEN, margin) > 0)


def _disc(radius: float) -> NDArray[np.uint8]:
    reach = max(1, round(radius))
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)), np.uint8)
