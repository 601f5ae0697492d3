"""Spots: patches of skin that stay red, or grow redder, while the rest of the face fades.

A photograph's change since before is compared with its own surroundings, so that lamp, calibration and the fading of
the whole face drop out. A spot has to stand out at one place on two photographs of different days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from analyzer.surface.difference import ChangeMap, Plane, masked_blur
from analyzer.surface.face_map import region_at
from analyzer.surface.layout import Mask, layout

# Size of the surroundings (standard deviation of the Gaussian): wider than any spot, narrower than a cheek.
AROUND_CM = 1.3
# What stands out by more than this is not part of the surroundings.
STANDS_OUT = 1.0
# A spot's middle stands out by at least this (a*) in both photographs, and by so many times the face's own scatter.
LEAST_CONTRAST, LEAST_Z = 1.8, 4.0
# Its area, where it stands out by half as much as in its middle. A spot of 1 cm2 measures 0.65 to 1.4: the scale comes
# from the irises, the average face is not this one, and blurring takes from the brim.
LEAST_AREA_CM2, AREA_TOLERANCE = 1.0, 0.62
# "Stays": the later photograph still shows this share of it.
STAYS = 0.75
# Photographs of different days are at least so far apart, and no further than this.
OTHER_DAY, MOST_DAYS = 0.5, 4.0
# Where needles went in, spots are everywhere on the first day.
FROM_DAY = 1.5
# "While the rest fades": the whole face is down to this share of its largest change so far, or to so little (a*). A
# blotchy skin that reddens again as a whole has no spot; its rise is a flag of its own.
FADED, HARDLY_RED = 0.6, 1.5


@dataclass(frozen=True)
class Spot:
    """One spot, as two photographs show it.

    ``region`` is the measured region it lies in or next to; ``row`` and ``column`` its middle on the map;
    ``contrast`` how much redder than its surroundings (a*, in the later photograph; since before the treatment) with
    ``contrast_se``; ``earlier_contrast`` the same in the earlier one; ``area_cm2`` where it is at least half as red.
    """

    region: str
    row: int
    column: int
    contrast: float
    contrast_se: float
    earlier_contrast: float
    area_cm2: float
    first_day: float
    day: float


@dataclass(frozen=True, eq=False)
class Standout:
    """One photograph's change against its surroundings (SIDE, SIDE), and the face's usual scatter of it (a*).

    ``level`` is the change of the whole face since before the treatment (a*).
    """

    day: float
    level: float
    contrast: Plane
    seen: Mask
    scatter: float
    texel_area: Plane


def standout(change: ChangeMap, day: float) -> Standout:
    """How much every place stands out of its surroundings."""
    sigma = AROUND_CM / (layout().texel_cm * _size(change))
    around, _ = masked_blur(change.delta, change.seen, sigma)
    # Once more without what stands out: a spot must not lift its own surroundings.
    calm = change.seen * np.exp(-(np.maximum(change.delta - around, 0) ** 2) / (2 * STANDS_OUT**2))
    total = cv2.GaussianBlur(change.delta * calm, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    share = cv2.GaussianBlur(calm.astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    contrast = np.where(change.seen, change.delta - total / np.maximum(share, 1e-3), 0).astype(np.float32)
    values = contrast[change.seen]
    scatter = 1.4826 * float(np.median(np.abs(values))) if values.size else 0.0
    return Standout(day, change.face_delta, contrast, change.seen, scatter, change.texel_area)


def _size(change: ChangeMap) -> float:
    inside = layout().inside
    return float(np.sqrt(change.texel_area[inside].sum() / layout().area[inside].sum()))


def find_spots(photographs: Sequence[Standout]) -> list[Spot]:
    """The spots of a series in order of time: each as seen with the photograph that confirms it.

    All must lie on one map (moved onto the same photograph).
    """
    spots: list[Spot] = []
    late = [one for one in photographs if one.day >= FROM_DAY]
    for index, later in enumerate(late):
        most = max(one.level for one in photographs if one.day <= later.day)
        if later.level > max(FADED * most, HARDLY_RED):
            continue
        before = [one for one in late[:index] if OTHER_DAY <= later.day - one.day <= MOST_DAYS]
        if before:
            spots += _confirmed(before[-1], later)
    return spots


def _confirmed(earlier: Standout, later: Standout) -> list[Spot]:
    both = np.where(earlier.seen & later.seen, np.minimum(earlier.contrast, later.contrast), 0).astype(np.float32)
    scatter = max(earlier.scatter, later.scatter)
    least = max(LEAST_CONTRAST, LEAST_Z * scatter)
    found = []
    count, places = cv2.connectedComponents((both >= least).astype(np.uint8))
    for number in range(1, count):
        core = places == number
        row, column = np.unravel_index(int(np.where(core, both, 0).argmax()), both.shape)
        patch = _patch(both, int(row), int(column))
        area = float(later.texel_area[patch].sum())
        then, now = (float(one.contrast[patch].mean()) for one in (earlier, later))
        if area >= AREA_TOLERANCE * LEAST_AREA_CM2 and now >= STAYS * then:
            found.append(Spot(
                region_at(int(row), int(column)), int(row), int(column), float(later.contrast[row, column]),
                float(np.hypot(later.scatter, 0.2)), float(earlier.contrast[row, column]), area, earlier.day, later.day,
            ))  # fmt: skip
    return _apart(found)


def _patch(both: Plane, row: int, column: int) -> Mask:
    """The place around the middle that stands out at least half as much."""
    _, places = cv2.connectedComponents((both >= both[row, column] / 2).astype(np.uint8))
    return np.asarray(places == places[row, column], np.bool_)


def _apart(found: list[Spot]) -> list[Spot]:
    """One spot for each patch: of middles within a centimetre, the reddest."""
    kept: list[Spot] = []
    for one in sorted(found, key=lambda spot: -spot.contrast):
        if not any(same_place(one, other) for other in kept):
            kept.append(one)
    return kept


def same_place(one: Spot, other: Spot) -> bool:
    """Whether two sightings are of one spot: less than a centimetre apart."""
    return float(np.hypot(one.row - other.row, one.column - other.column)) < 1.0 / layout().texel_cm


def contrast_at(photograph: Standout, spot: Spot) -> float:
    """How much the spot's middle stands out in another photograph: the most within 2 mm."""
    reach = max(1, round(0.2 / layout().texel_cm))
    rows = slice(max(0, spot.row - reach), spot.row + reach + 1)
    columns = slice(max(0, spot.column - reach), spot.column + reach + 1)
    return float(photograph.contrast[rows, columns].max())
