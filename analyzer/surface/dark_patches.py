"""Dark patches: places that hold more melanin than before while the redness goes, as marks after an inflammation do.

As with spots, a change is compared with its own surroundings, at one place in two photographs of different days. What
tells melanin from the rest is how the colour goes: blood leaves the melanin index alone; shade lets a* and b* fall
with the light, while skin behind melanin keeps them or becomes yellower; a highlight that has gone gives back both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from analyzer.pigment import melanin_indices, typology_angle
from analyzer.surface.difference import ChangeMap, Plane
from analyzer.surface.face_map import region_at
from analyzer.surface.layout import Mask
from analyzer.surface.pairs import WhileFading
from analyzer.surface.places import apart, most_around
from analyzer.surface.shine import Turn, is_highlight_gone, together
from analyzer.surface.spots import (
    AREA_TOLERANCE,
    LEAST_AREA_CM2,
    patch_at,
    scatter_of,
    surroundings,
)

# The index rises by at least this in the patch's middle, in both photographs, and by so many times the usual scatter.
LEAST_RISE, LEAST_Z = 3.0, 3.0
# L* falls by at least this on the patch as a whole, ITA (degrees) by so much for the skin's own L* (``OF_LIGHTNESS``).
LEAST_DARKER, LEAST_ITA_FALL = 0.9, (1.5, 2.0, 3.5)
# b* rises against what shade of that depth would leave by at least this share of the fall of L*, for the skin's own L*.
# Half of what the two-layer model says; below L* 40 more melanin is as grey as shade, and shade is told no more.
LEAST_WARMER, OF_LIGHTNESS = (-1.0, -0.15, 0.12), (27.0, 39.0, 50.0)
# Blood can darken too: a* rises by no more than this share of the fall of L*.
MOST_REDDER = 0.5
# "Stays": the later photograph still shows this share of it.
STAYS = 0.7
ASKED = WhileFading(from_day=3.0, most_days=7.0, share=0.5, hardly_red=1.0)


@dataclass(frozen=True)
class DarkPatch:
    """One patch, as two photographs show it: its region, its middle on the map, in the later photograph how much the
    melanin index rose there and ITA (degrees) changed against the surroundings, and where it is half as dark (cm2).
    """

    region: str
    row: int
    column: int
    rise: float
    rise_se: float
    ita_change: float
    area_cm2: float
    first_day: float
    day: float


@dataclass(frozen=True, eq=False)
class Darkening:
    """One photograph's change against its surroundings, (SIDE, SIDE) each: of the melanin index, how much L* fell, a*
    rose, and b* rose beyond what shade leaves. ``lighter``: how much lighter than them it was before, in CIELAB
    ``before`` (SIDE, SIDE, 3). ``level``: of the whole face's a*, with its standard error.
    """

    day: float
    level: float
    level_se: float
    rise: Plane
    darker: Plane
    redder: Plane
    warmer: Plane
    lighter: Plane
    before: Plane
    seen: Mask
    scatter: float
    texel_area: Plane


def darkening(change: ChangeMap, day: float) -> Darkening:
    """How much darker every place became than its surroundings."""
    against, seen = surroundings(change), change.seen
    index = np.zeros(seen.shape, np.float32)
    index[seen] = melanin_indices(change.after[seen]) - melanin_indices(change.before[seen])
    rise = against(index)
    fall = change.before[..., 0] - change.after[..., 0]
    # Light multiplies L* + 16 and b* alike.
    shade = -fall * change.before[..., 2] / np.maximum(change.before[..., 0] + 16, 1)
    yellower = change.after[..., 2] - change.before[..., 2]
    return Darkening(
        day, change.face_delta, change.common_se, rise, against(fall), against(change.delta),
        against((yellower - shade).astype(np.float32)), against(change.before[..., 0]), change.before, seen,
        scatter_of(rise, seen), change.texel_area,
    )  # fmt: skip


def find_dark_patches(photographs: Sequence[Darkening]) -> list[DarkPatch]:
    """The patches of a series in order of time, each as seen with the photograph that confirms it; all on one map."""
    return [patch for earlier, later in ASKED.pairs(photographs) for patch in _confirmed(earlier, later)]


def _confirmed(earlier: Darkening, later: Darkening) -> list[DarkPatch]:
    both = np.where(earlier.seen & later.seen, np.minimum(earlier.rise, later.rise), 0).astype(np.float32)
    least = max(LEAST_RISE, LEAST_Z * max(earlier.scatter, later.scatter))
    found: list[DarkPatch] = []
    count, places = cv2.connectedComponents((both >= least).astype(np.uint8))
    for number in range(1, count):
        row, column = np.unravel_index(int(np.where(places == number, both, 0).argmax()), both.shape)
        patch = patch_at(both, int(row), int(column))
        area = float(later.texel_area[patch].sum())
        then, now = (float(one.rise[patch].mean()) for one in (earlier, later))
        if area < AREA_TOLERANCE * LEAST_AREA_CM2 or now < STAYS * then:
            continue
        if all(_like_melanin(one, patch) for one in (earlier, later)) and not _like_shine((earlier, later), patch):
            found.append(DarkPatch(
                region_at(int(row), int(column)), int(row), int(column), float(later.rise[row, column]),
                float(np.hypot(later.scatter, 0.5)), _ita_change(later, patch), area, earlier.day, later.day,
            ))  # fmt: skip
    return apart(found, lambda one: one.rise)


def _like_melanin(photograph: Darkening, patch: Mask) -> bool:
    darker, redder, warmer = (
        float(one[patch].mean()) for one in (photograph.darker, photograph.redder, photograph.warmer)
    )
    lightness = float(photograph.before[..., 0][patch].mean())
    least_fall, least_warmer = (np.interp(lightness, OF_LIGHTNESS, one) for one in (LEAST_ITA_FALL, LEAST_WARMER))
    clear = darker >= LEAST_DARKER and _ita_change(photograph, patch) <= -least_fall
    return bool(clear and warmer >= least_warmer * darker and redder <= MOST_REDDER * darker)


def _like_shine(pair: Sequence[Darkening], patch: Mask) -> bool:
    """Whether both lack a highlight of the time before, as the two together tell it."""
    turn = together([Turn(one.darker, one.redder, one.warmer, one.lighter, one.before, one.seen) for one in pair])
    shade = (turn.darker * turn.colour[..., 2] / np.maximum(turn.colour[..., 0] + 16, 1)).astype(np.float32)
    return is_highlight_gone(replace(turn, yellower=turn.yellower - shade), patch)


def _ita_change(photograph: Darkening, patch: Mask) -> float:
    """By how much ITA changed on the patch beyond its surroundings, from its mean colours."""
    lightness, a, b = (float(photograph.before[..., i][patch].mean()) for i in range(3))
    fall = float(photograph.darker[patch].mean())
    yellower = float(photograph.warmer[patch].mean()) - fall * b / (lightness + 16)
    redder = float(photograph.redder[patch].mean())
    return typology_angle(lightness - fall, a + redder, b + yellower) - typology_angle(lightness, a, b)


def rise_at(photograph: Darkening, patch: DarkPatch) -> float:
    """How much the index rose around the patch's middle in another photograph."""
    return most_around(photograph.rise, patch)
