"""Spots: patches of skin that stay red, or grow redder, while the rest of the face fades.

A photograph's change since before is compared with its own surroundings, so that lamp, calibration and the fading of
the whole face drop out. A spot has to stand out at one place on two photographs of different days - and as blood
does: blood makes skin redder and darker at once. Shade, hair and marks that do not lie on each other do not. A
highlight that has gone does, too; it is told by its shape and by what becomes of b* (``shine``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from analyzer.surface.difference import ChangeMap, Plane, blurred, masked_blur
from analyzer.surface.face_map import region_at
from analyzer.surface.layout import Mask, layout
from analyzer.surface.pairs import WhileFading
from analyzer.surface.places import apart, most_around
from analyzer.surface.shine import Turn, is_highlight_gone, together

# Size of the surroundings (standard deviation of the Gaussian): wider than any spot, narrower than a cheek.
AROUND_CM = 1.3
# What stands out by more than this is not part of the surroundings.
STANDS_OUT = 1.0
# A spot's middle stands out by at least this (a*) in both photographs, for the skin's own L* (``OF_LIGHTNESS``), and
# by so many times the face's own scatter. In very dark skin the same blood hardly reddens; shade and pigment lower a*.
LEAST_CONTRAST, LEAST_Z, OF_LIGHTNESS = (0.7, 1.2), 3.0, (30.0, 42.0)
# Blood: L* falls by at least this share of what a* rises, and by no more than so many times that, for the skin's own L*
# (simulated skin: 0.8 to 2 in light, up to 5.5 in very dark skin). Pigment darkens light skin by five times what it
# reddens it.
LEAST_DARKER, MOST_DARKER = 0.4, (7.0, 3.6)
# So much of the fall of L* counts towards a spot's strength, which has to reach this: of the same blood, dark skin
# shows half in a* and the more in L*.
DARKER_COUNTS, LEAST_STRENGTH = 0.4, 2.4
# What stood out in a* before the treatment, a highlight above all, is read otherwise under another lamp: of all beyond
# the first of these so large a share may come and go, and does not count towards the strength.
ORDINARY, COMES_AND_GOES = 1.0, 0.4
# Its area, where it stands out by half as much as in its middle. A spot of 1 cm2 measures 0.65 to 1.4: the scale comes
# from the irises, the average face is not this one, and blurring takes from the brim.
LEAST_AREA_CM2, AREA_TOLERANCE = 1.0, 0.62
# "Stays": the later photograph still shows this share of it, of a* and L* together; midway between all and half.
STAYS = 0.7
# Where needles went in, spots are everywhere on the first day. A blotchy skin that reddens again as a whole has no
# spot; its rise is a flag of its own.
ASKED = WhileFading(from_day=1.5, most_days=4.0, share=0.6, hardly_red=1.5)


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

    ``contrast`` is how much more a* rose than around it, ``darker`` how much more L* fell, ``yellower`` how much more
    b* rose. Before the treatment it was redder than its surroundings by ``before`` (paler: below 0), lighter by
    ``lighter``, and of CIELAB ``colour`` (SIDE, SIDE, 3). ``level`` is the change of the whole face since then (a*),
    ``level_se`` its standard error.
    """

    day: float
    level: float
    level_se: float
    contrast: Plane
    darker: Plane
    yellower: Plane
    before: Plane
    lighter: Plane
    colour: Plane
    seen: Mask
    scatter: float
    texel_area: Plane

    @property
    def strength(self) -> Plane:
        """How strongly each place looks like added blood, in a* of light skin, beyond what another lamp may do."""
        by_lamp = np.float32(COMES_AND_GOES) * np.maximum(np.abs(self.before) - np.float32(ORDINARY), 0)
        return np.asarray(self.like_blood - by_lamp, np.float32)

    @property
    def like_blood(self) -> Plane:
        """The same, whatever the lamp may do."""
        return np.asarray(self.contrast + np.float32(DARKER_COUNTS) * np.maximum(self.darker, 0), np.float32)


def standout(change: ChangeMap, day: float) -> Standout:
    """How much every place stands out of its surroundings."""
    against = surroundings(change)
    then, seen = change.before, change.seen
    rise = [against(change.after[..., i] - then[..., i]) for i in range(3)]
    return Standout(
        day, change.face_delta, change.common_se, rise[1], -rise[0], rise[2], against(then[..., 1]),
        against(then[..., 0]), then, seen, scatter_of(rise[1], seen), change.texel_area,
    )  # fmt: skip


def surroundings(change: ChangeMap) -> Callable[[Plane], Plane]:
    """What takes from any (SIDE, SIDE) the mean of each place's surroundings, of those that do not stand out."""
    sigma = AROUND_CM / (layout().texel_cm * _size(change))
    lighter = change.after[..., 0] - change.before[..., 0]
    # Without what stands out: a spot must not lift its own surroundings.
    calm = change.seen.astype(np.float32)
    for values in (change.delta, -lighter):
        around, _ = masked_blur(values, change.seen, sigma)
        calm *= np.exp(-(np.maximum(values - around, 0) ** 2) / (2 * STANDS_OUT**2))
    share = np.maximum(blurred(calm, sigma), 1e-3)

    def against(values: Plane) -> Plane:
        return np.where(change.seen, values - blurred(values * calm, sigma) / share, 0).astype(np.float32)

    return against


def scatter_of(contrast: Plane, seen: Mask) -> float:
    """How far the seen skin usually scatters about 0 (a standard deviation that single places do not move)."""
    values = contrast[seen]
    return 1.4826 * float(np.median(np.abs(values))) if values.size else 0.0


def _size(change: ChangeMap) -> float:
    inside = layout().inside
    return float(np.sqrt(change.texel_area[inside].sum() / layout().area[inside].sum()))


def find_spots(photographs: Sequence[Standout]) -> list[Spot]:
    """The spots of a series in order of time: each as seen with the photograph that confirms it.

    All must lie on one map (moved onto the same photograph).
    """
    return [spot for earlier, later in ASKED.pairs(photographs) for spot in _confirmed(earlier, later)]


def _confirmed(earlier: Standout, later: Standout) -> list[Spot]:
    pair = (earlier, later)
    both = np.where(earlier.seen & later.seen, np.minimum(earlier.strength, later.strength), 0).astype(np.float32)
    redder = np.minimum(earlier.contrast, later.contrast)
    least = np.interp(later.colour[..., 0], OF_LIGHTNESS, LEAST_CONTRAST)
    least = np.maximum(least, LEAST_Z * max(earlier.scatter, later.scatter))
    found = []
    count, places = cv2.connectedComponents(((both >= LEAST_STRENGTH) & (redder >= least)).astype(np.uint8))
    for number in range(1, count):
        core = places == number
        row, column = np.unravel_index(int(np.where(core, both, 0).argmax()), both.shape)
        patch = patch_at(both, int(row), int(column))
        area = float(later.texel_area[patch].sum())
        then, now = (float(one.like_blood[patch].mean()) for one in pair)
        if area < AREA_TOLERANCE * LEAST_AREA_CM2 or now < STAYS * then:
            continue
        if all(_like_blood(one, patch) for one in pair) and not _like_shine(pair, patch):
            found.append(Spot(
                region_at(int(row), int(column)), int(row), int(column), float(later.contrast[row, column]),
                float(np.hypot(later.scatter, 0.2)), float(earlier.contrast[row, column]), area, earlier.day, later.day,
            ))  # fmt: skip
    return apart(found, lambda one: one.contrast)


def _like_blood(photograph: Standout, patch: Mask) -> bool:
    redder, darker = (float(one[patch].mean()) for one in (photograph.contrast, photograph.darker))
    most = float(np.interp(float(photograph.colour[..., 0][patch].mean()), OF_LIGHTNESS, MOST_DARKER))
    return LEAST_DARKER * redder <= darker <= most * redder


def _like_shine(pair: Sequence[Standout], patch: Mask) -> bool:
    """Whether both lack a highlight of the time before; as lamps read b* not alike, the two together tell it."""
    turns = [Turn(one.darker, one.contrast, one.yellower, one.lighter, one.colour, one.seen) for one in pair]
    return is_highlight_gone(together(turns), patch)


def patch_at(both: Plane, row: int, column: int) -> Mask:
    """The place around the middle that stands out at least half as much."""
    _, places = cv2.connectedComponents((both >= both[row, column] / 2).astype(np.uint8))
    return np.asarray(places == places[row, column], np.bool_)


def contrast_at(photograph: Standout, spot: Spot) -> float:
    """How much the spot's middle stands out in another photograph."""
    return most_around(photograph.contrast, spot)
