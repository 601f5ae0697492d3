"""Flags: when the evidence is enough to warn, and when a warning is over.

No flag rests on one photograph: at least two, at different times, with a card, must show it, and slowness must hold
without any one of the latest. A flag closes after two photographs in a row, on different days, inside the band.
The thresholds were set on simulated cohorts of one seed and are reported on another (benchmarks/verdicts.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analyzer.recovery.band import HALF_ON_DAY
from analyzer.recovery.course import Course
from analyzer.recovery.evidence import Rise, Slowness, second_rise, slowness
from analyzer.recovery.results import Flag, Severity
from analyzer.recovery.texts import day_words, flag_texts, region_words

APART_DAYS = 1.0 / 24.0  # photographs closer than this are one moment, not two witnesses
OTHER_DAY = 0.5  # so far apart, two photographs are of different days
SLOW_FROM_DAY = 3.0  # no document expects most of the redness gone before (R34, R48)
STRONG_START_A = 12.0  # a*, prior of ours for "more than the sunburn the documents speak of" (R16)
STRONG_START_UNTIL_DAY = 1.5
SIDES = ("left_cheek", "right_cheek")
SIDED_A = 2.5  # a*, what an instrument's user calls just perceptible erythema (COLIPA)
SIDED_Z = 3.0
SIDED_FROM_DAY = 1.0


@dataclass(frozen=True)
class Limits:
    """How strong the evidence must be. Regions other than the main one need more: there are several of them."""

    slow: float = 0.70  # probability
    half_left: float = 0.45
    half_left_blind: float = 0.80  # where the peak or the baseline was not seen
    outside: float = 0.90
    without_one: float = 0.30  # what remains of it without any one of the latest photographs
    not_fading: float = 0.60
    rise_z: float = 2.4
    rise_a: float = 2.0


MAIN = Limits()
OTHER = Limits(slow=2.0, half_left=0.85, half_left_blind=0.95, outside=0.97, without_one=0.6, rise_z=3.2, rise_a=2.3)


@dataclass
class _Open:
    """A flag while its story is told, photograph by photograph."""

    code: str
    severity: Severity
    opened_row: int
    from_row: int
    row: int  # the photograph whose evidence is shown
    to_day: float | None = None


def region_flags(course: Course, main: bool = True) -> list[Flag]:
    """Every flag of one region, in order of time, open and closed."""
    if len(course.after) < 2:
        return []
    limits = MAIN if main else OTHER
    slow, rise = course.slow, second_rise(course.evidence)
    rises = _rise_story(course, rise, limits)
    flags = [_rise_flag(course, rise, one) for one in rises]
    flags += [_slow_flag(course, slow, one) for one in _slow_story(course, slow, rises, limits)]
    if main:
        flags += _strong_start(course)
    return sorted(flags, key=lambda flag: (flag.from_day, flag.code))


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
        flags.append(_flag("one_sided", "one_sided", "watch", region, from_day, to_day, facts, ()))
    return flags


def _slow_story(course: Course, slow: Slowness, rises: list[_Open], limits: Limits) -> list[_Open]:
    story: list[_Open] = []
    current: _Open | None = None
    closed_row = -1
    for place, row in enumerate(course.after):
        if place == 0:
            continue
        known = current.severity if current is not None else None
        found = _slow_now(course, slow, place, rises, limits, known)
        if current is None:
            fresh = [at for at in course.after[: place + 1] if at > closed_row and not course.inside(int(at))]
            if found is not None and (closed_row < 0 or len(fresh) >= 2):
                code = "prolonged"
                if found == "watch" and slow.not_fading[row] >= limits.not_fading:
                    code = "not_fading"
                current = _Open(code, found, int(row), int(row), int(row))
                story.append(current)
        elif found == "outside" and current.severity == "watch":
            current.code, current.severity, current.row = "prolonged", "outside", int(row)
        elif _two_inside(course, place, current.opened_row):
            current.to_day = float(course.evidence.days[row])
            current, closed_row = None, int(row)
    return story


def _slow_now(
    course: Course, slow: Slowness, place: int, rises: list[_Open], limits: Limits, known: Severity | None
) -> Severity | None:
    """What the photographs up to this one say of slowness beyond what is ``known`` already; None for nothing."""
    row = int(course.after[place])
    day = float(course.evidence.days[row])
    if known == "outside" or day < SLOW_FROM_DAY or not course.measurable or not _two_moments(course, place):
        return None
    if any(one.from_row <= row and (one.to_day is None or day <= one.to_day) for one in rises):
        return None  # what came back is a rise, not a slow fall
    half = limits.half_left if course.start_seen else limits.half_left_blind
    if day >= HALF_ON_DAY and (slow.half_left[row] >= half or slow.outside[row] >= limits.outside):
        weakest = min(_without(course, at, row, "half_left") for at in _latest(course, place))
        if weakest >= limits.without_one or slow.half_left[row] < half:
            return "outside"
    if known is None and slow.slow[row] >= limits.slow:
        weakest = min(_without(course, at, row, "slow") for at in _latest(course, place))
        return "watch" if weakest >= limits.without_one else None
    return None


def _latest(course: Course, place: int) -> list[int]:
    """The latest photographs on which a claim of slowness could rest."""
    return [int(at) for at in course.after[max(1, place - 2) : place + 1]]


def _without(course: Course, at: int, row: int, what: str) -> float:
    """The evidence up to ``row`` if the photographs of the moment of ``at`` had not been taken."""
    days = course.tamed.days
    keep = (np.arange(len(days)) <= row) & (np.abs(days - days[at]) >= APART_DAYS)
    if not keep.any():
        return 0.0
    left = slowness(course.tamed.rows(keep), course.band, last_only=True)
    return float(getattr(left, what)[-1])


def _rise_story(course: Course, rise: Rise, limits: Limits) -> list[_Open]:
    story: list[_Open] = []
    current: _Open | None = None
    closed_row = -1
    for place, row in enumerate(course.after):
        if current is None:
            onset = int(rise.onset[row])
            strong = rise.size[row] >= limits.rise_a and rise.size[row] >= limits.rise_z * rise.se[row]
            if onset > closed_row and onset >= 0 and strong and _each_shows(course, rise, int(row), onset):
                current = _Open("rebound", "outside", int(row), onset, int(row))
                story.append(current)
        elif _two_inside(course, place, current.opened_row):
            current.to_day = float(course.evidence.days[row])
            current, closed_row = None, int(row)
    return story


def _each_shows(course: Course, rise: Rise, row: int, onset: int) -> bool:
    """Every photograph of the rise stands above those before it, and they are not all of one moment."""
    a, days = course.evidence.a, course.evidence.days
    before = float(np.mean(a[max(course.after[0], onset - 2) : onset]))
    each = bool(np.all(a[onset : row + 1] - before >= 0.5 * rise.size[row]))
    return each and days[row] - days[onset] >= APART_DAYS


def _two_inside(course: Course, place: int, opened_row: int) -> bool:
    """The latest two photographs, both after the flag was raised, on different days, inside the band."""
    if place < 1:
        return False
    now, days = int(course.after[place]), course.evidence.days
    earlier = [int(at) for at in course.after[:place] if days[now] - days[at] >= OTHER_DAY]
    if not earlier or earlier[-1] <= opened_row:
        return False
    return all(course.inside(at) for at in range(earlier[-1], now + 1))


def _two_moments(course: Course, place: int) -> bool:
    days = course.evidence.days[course.after[: place + 1]]
    return bool(days[-1] - days[0] >= APART_DAYS)


def _slow_flag(course: Course, slow: Slowness, one: _Open) -> Flag:
    row, day = one.row, float(course.evidence.days[one.row])
    probability = slow.slow[row]
    name = f"prolonged_{one.severity}" if one.code == "prolonged" else one.code
    if one.code == "not_fading":
        probability = slow.not_fading[row]
    elif one.severity == "outside":
        probability = max(slow.half_left[row], slow.outside[row])
    facts = {
        "residual_percent": round(100 * float(slow.residual[row])),
        "slow_percent": round(100 * course.band.slow(day)),
        "slowest_percent": round(100 * course.band.slowest(day)),
        "probability": round(float(probability), 2),
    }
    evidence = {
        "residual": round(float(slow.residual[row]), 3),
        "residual_se": round(float(slow.residual_sd[row]), 3),
        "expected_p95": round(course.band.slow(day), 3),
        "slowest_described": round(course.band.slowest(day), 3),
        "probability": facts["probability"],
        "day": round(day, 2),
    }
    claims = {"not_fading": ("R03", "R34", "R48", "R56")}.get(one.code) or (
        ("R26", "R41", "R47", "R59") if one.severity == "watch" else ("R06", "R26", "R47", "R59")
    )
    from_day = float(course.evidence.days[one.from_row])
    return _flag(one.code, name, one.severity, course.region, from_day, one.to_day, facts, claims, evidence, day)


def _rise_flag(course: Course, rise: Rise, one: _Open) -> Flag:
    facts = {
        "rise": round(float(rise.size[one.row]), 2),
        "rise_se": round(float(rise.se[one.row]), 2),
        "photos": one.row - one.from_row + 1,
    }
    from_day = float(course.evidence.days[one.from_row])
    return _flag("rebound", "rebound", "outside", course.region, from_day, one.to_day, facts, ("R03", "R12", "R34"))


def _strong_start(course: Course) -> list[Flag]:
    """Two photographs at the start, both clearly above the limit; the latest two inside the band close it."""
    if course.baseline is None:
        return []
    first = [row for row in course.after if course.evidence.days[row] <= STRONG_START_UNTIL_DAY]
    delta = course.evidence.a - course.baseline.a
    se = np.hypot(course.evidence.se, course.baseline.a_se)
    strong = [int(row) for row in first if delta[row] - 2.0 * se[row] > STRONG_START_A]
    if len(strong) < 2 or course.evidence.days[strong[-1]] - course.evidence.days[strong[0]] < APART_DAYS:
        return []
    at = max(strong, key=lambda row: float(delta[row]))
    facts = {"peak": round(float(delta[at]), 2), "peak_se": round(float(se[at]), 2), "limit": STRONG_START_A}
    ends = [p for p in range(1, len(course.after)) if _two_inside(course, p, strong[1])]
    to_day = float(course.evidence.days[course.after[ends[0]]]) if ends else None
    from_day = float(course.evidence.days[strong[0]])
    return [_flag("strong_start", "strong_start", "watch", course.region, from_day, to_day, facts, ("R01", "R16"))]


def _flag(
    code: str,
    text: str,
    severity: Severity,
    region: str,
    from_day: float,
    to_day: float | None,
    facts: Mapping[str, float],
    claims: tuple[str, ...],
    evidence: Mapping[str, float] | None = None,
    said_day: float | None = None,
) -> Flag:
    said = day_words(from_day if said_day is None else said_day)
    message, detail = flag_texts(text, region=region_words(region), day=said, **facts)
    closed = None if to_day is None else round(to_day, 2)
    return Flag(code, severity, region, round(from_day, 2), closed, evidence or facts, claims, message, detail)
