"""One cheek redder than the other than it was before: what no document speaks of, and what deserves watching.

Told from the face maps where there are some, cheek against mirrored cheek; else from the regions' means.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from analyzer.recovery.course import Course
from analyzer.recovery.flag_words import make_flag
from analyzer.recovery.results import Flag
from analyzer.series import OTHER_DAY

if TYPE_CHECKING:
    from analyzer.surface.halves import SideGap

SIDES = ("left_cheek", "right_cheek")
SIDED_A = 2.5  # a*, what an instrument's user calls just perceptible erythema (COLIPA)
SIDED_Z = 3.0
SIDED_FROM_DAY = 1.0
# On the maps, which compare the very same skin: so much a*, and so much darker as well (L* for each a*), as blood makes
# it. A lamp at the side makes skin lighter or darker and as much redder or paler; it is neither.
MAP_SIDED_A, MAP_SIDED_Z, LEAST_DARKER = 1.8, 3.5, 0.3


def side_flag(left: Course, right: Course) -> list[Flag]:
    """One cheek redder than the other by more than at the baseline, in two photographs or more."""
    if left.baseline is None or right.baseline is None:
        return []
    of_right = {index: row for row, index in enumerate(right.evidence.index)}
    pairs = [(row, of_right[index]) for row, index in enumerate(left.evidence.index) if index in of_right]
    usual = left.baseline.a - right.baseline.a
    days = np.array([left.evidence.days[row] for row, _ in pairs])
    gap = np.array([left.evidence.a[row] - right.evidence.a[other] - usual for row, other in pairs])
    # The lamp and the calibration are the same for both cheeks of a photograph; only what is its own remains.
    se = np.array([0.75 * np.hypot(left.evidence.se[row], right.evidence.se[other]) for row, other in pairs])
    base = 0.75 * float(np.hypot(left.baseline.a_se, right.baseline.a_se))
    story: list[tuple[float, float | None, float, float]] = []
    late = [i for i in range(len(pairs)) if days[i] >= SIDED_FROM_DAY]
    for before, now in pairwise(late):
        both = gap[[before, now]]
        mean, error = float(both.mean()), float(np.hypot(np.sqrt((se[[before, now]] ** 2).sum()) / 2.0, base))
        agree = both[0] * both[1] > 0 and np.abs(both).min() >= 0.75 * SIDED_A
        apart = days[now] - days[before] >= OTHER_DAY
        if story and story[-1][1] is None:
            if apart and np.abs(both).max() < SIDED_A / 2.0:
                story[-1] = (story[-1][0], float(days[now]), *story[-1][2:])
        elif apart and agree and abs(mean) >= SIDED_A and abs(mean) / error >= SIDED_Z:
            story.append((float(days[before]), None, mean, error))
    flags = []
    for from_day, to_day, mean, error in story:
        region = SIDES[0] if mean > 0 else SIDES[1]
        facts = {"difference": round(mean, 2), "difference_se": round(error, 2), "photos": 2}
        flags.append(make_flag("one_sided", "one_sided", "watch", region, from_day, to_day, facts, ()))
    return flags


def map_side_flags(gaps: Sequence[tuple[float, SideGap]]) -> list[Flag]:
    """One cheek redder and darker than its mirror image, in two photographs of different days; by day, in order."""
    flags: list[Flag] = []
    story: tuple[float, float, float] | None = None
    late = [(day, gap) for day, gap in gaps if day >= SIDED_FROM_DAY]
    for (before, one), (now, other) in pairwise(late):
        if now - before < OTHER_DAY:
            continue
        mean, darker = (one.a + other.a) / 2.0, (one.darker + other.darker) / 2.0
        # Both lean on the same photographs from before: their errors do not average out.
        error = max(one.se, other.se)
        if story is not None:
            if max(abs(one.a), abs(other.a)) < MAP_SIDED_A / 2.0:
                flags.append(_map_flag(*story, now))
                story = None
            continue
        agree = one.a * other.a > 0 and min(abs(one.a), abs(other.a)) >= 0.75 * MAP_SIDED_A
        if agree and abs(mean) >= max(MAP_SIDED_A, MAP_SIDED_Z * error) and darker / mean >= LEAST_DARKER:
            story = (before, mean, error)
    return flags if story is None else [*flags, _map_flag(*story, None)]


def _map_flag(from_day: float, mean: float, error: float, to_day: float | None) -> Flag:
    facts = {"difference": round(mean, 2), "difference_se": round(error, 2), "photos": 2}
    return make_flag("one_sided", "one_sided", "watch", SIDES[0] if mean > 0 else SIDES[1], from_day, to_day, facts, ())
