"""Flags: the warnings of a region's story with their figures, claims and sentences."""

from __future__ import annotations

import numpy as np

from analyzer.recovery.course import Course
from analyzer.recovery.flag_words import make_flag
from analyzer.recovery.noise import APART_DAYS
from analyzer.recovery.results import Flag
from analyzer.recovery.story import Episode, episodes, two_inside

STRONG_START_UNTIL_DAY = 1.5
NOT_FADING_CLAIMS = ("R03", "R34", "R48", "R56")
SLOW_CLAIMS = ("R26", "R41", "R47", "R59")
OUTSIDE_CLAIMS = ("R06", "R26", "R47", "R59")
REBOUND_CLAIMS = ("R03", "R12", "R34")


def region_flags(course: Course, main: bool = True) -> list[Flag]:
    """Every flag of one region, in order of time, open and closed."""
    if len(course.after) < 2 or not (main or course.stands_out):
        return []
    flags = [
        _rise_flag(course, one) if one.code == "rebound" else _slow_flag(course, one) for one in episodes(course, main)
    ]
    if main:
        flags += _strong_start(course)
    return sorted(flags, key=lambda flag: (flag.from_day, flag.code))


def _slow_flag(course: Course, one: Episode) -> Flag:
    known, row = course.weighed, one.row
    day = float(course.evidence.days[row])
    probability, name, claims = known.slow[row], f"prolonged_{one.severity}", SLOW_CLAIMS
    if one.code == "not_fading":
        probability, name, claims = known.not_fading[row], "not_fading", NOT_FADING_CLAIMS
    elif one.severity == "outside":
        probability, claims = max(known.half_left[row] + known.rise[row], known.beyond[row]), OUTSIDE_CLAIMS
    facts = {
        "residual_percent": round(100 * float(known.residual[row])),
        "slow_percent": round(100 * course.band.slow(day)),
        "slowest_percent": round(100 * course.band.slowest(day)),
        "probability": round(float(probability), 2),
    }
    evidence = {
        "residual": round(float(known.residual[row]), 3),
        "residual_se": round(float(known.residual_sd[row]), 3),
        "expected_p95": round(course.band.slow(day), 3),
        "slowest_described": round(course.band.slowest(day), 3),
        "probability": facts["probability"],
        "day": round(day, 2),
    }
    from_day = float(course.evidence.days[one.from_row])
    return make_flag(one.code, name, one.severity, course.region, from_day, one.to_day, facts, claims, evidence, day)


def _rise_flag(course: Course, one: Episode) -> Flag:
    assert one.rise is not None  # a rebound is made of one
    facts = {
        "rise": round(one.rise.size, 2),
        "rise_se": round(one.rise.se, 2),
        "photos": one.row - one.from_row + 1,
    }
    from_day = float(course.evidence.days[one.from_row])
    return make_flag("rebound", "rebound", "outside", course.region, from_day, one.to_day, facts, REBOUND_CLAIMS)


def _strong_start(course: Course) -> list[Flag]:
    """Two photographs at the start, both clearly above the limit; the latest two inside the band close it."""
    if course.baseline is None:
        return []
    limit = course.band.limits.strong_start_a
    first = [row for row in course.after if course.evidence.days[row] <= STRONG_START_UNTIL_DAY]
    delta = course.evidence.a - course.baseline.a
    se = np.hypot(course.evidence.se, course.baseline.a_se)
    strong = [int(row) for row in first if delta[row] - 2.0 * se[row] > limit]
    if len(strong) < 2 or course.evidence.days[strong[-1]] - course.evidence.days[strong[0]] < APART_DAYS:
        return []
    at = max(strong, key=lambda row: float(delta[row]))
    facts = {"peak": round(float(delta[at]), 2), "peak_se": round(float(se[at]), 2), "limit": limit}
    ends = [p for p in range(1, len(course.after)) if two_inside(course, p, strong[1])]
    to_day = float(course.evidence.days[course.after[ends[0]]]) if ends else None
    from_day = float(course.evidence.days[strong[0]])
    return [make_flag("strong_start", "strong_start", "watch", course.region, from_day, to_day, facts, ("R01", "R16"))]
