"""When the evidence is enough to warn, and when a warning is over: a region's story, photograph by photograph.

No warning rests on one photograph: at least two, of different moments, must show a rise, and slowness must hold without
any one of the latest. A warning ends after two photographs in a row, on different days, inside the band, and comes
back only with new evidence. Each step looks at the photographs so far alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzer.recovery.band import HALF_ON_DAY
from analyzer.recovery.course import Course
from analyzer.recovery.noise import APART_DAYS
from analyzer.recovery.results import Severity
from analyzer.recovery.rises import Rise, measure_rise, shown_twice
from analyzer.recovery.weighing import Weighed, weigh
from analyzer.series import OTHER_DAY

SLOW_FROM_DAY = 3.0  # no document expects most of the redness gone before (R34, R48)
SETTLED_DAY = 10.0
FEWEST_RISE_A = 1.5  # a*: the pattern to warn of is 2.5, and it is measured with an error near 0.8


@dataclass(frozen=True)
class Limits:
    """How probable a course must be to warn of it. Regions other than the main one need more: there are several.

    On day 7 the evidence of half the peak is fresh and the next days will tell: it must be ``outside_early`` then,
    and comes down to ``outside`` by ``SETTLED_DAY``.
    """

    outside: float
    outside_early: float
    outside_blind: float  # where the peak or the baseline was not seen
    beyond: float
    slow: float
    not_fading: float
    without_one: float  # what remains of it without any one of the latest photographs


MAIN = Limits(
    outside=0.44, outside_early=0.80, outside_blind=0.80, beyond=0.90, slow=0.70, not_fading=0.60, without_one=0.20
)
OTHER = Limits(
    outside=0.85, outside_early=0.95, outside_blind=0.95, beyond=0.97, slow=2.0, not_fading=2.0, without_one=0.50
)


@dataclass
class Episode:
    """One warning: its photographs are rows of ``course.evidence``. ``row`` is the one whose evidence is shown."""

    code: str
    severity: Severity
    opened_row: int
    from_row: int
    row: int
    to_day: float | None = None
    rise: Rise | None = None

    def covers(self, row: int, day: float) -> bool:
        return self.opened_row <= row and (self.to_day is None or day <= self.to_day)


def episodes(course: Course, main: bool) -> list[Episode]:
    """Every warning of one region, open and ended."""
    limits = MAIN if main else OTHER
    rises = _rises(course, limits)
    return rises + _slow(course, rises, limits)


def _rises(course: Course, limits: Limits) -> list[Episode]:
    story: list[Episode] = []
    closed_row = -1
    for place, row in enumerate(course.after):
        if story and story[-1].to_day is None:
            if two_inside(course, place, story[-1].opened_row):
                story[-1].to_day, closed_row = float(course.evidence.days[row]), int(row)
        elif (rise := _rise_now(course, int(row), closed_row, limits)) is not None:
            onset = int(course.weighed.onset[row])
            story.append(Episode("rebound", "outside", int(row), onset, int(row), rise=rise))
    return story


def _rise_now(course: Course, row: int, closed_row: int, limits: Limits) -> Rise | None:
    """The second rise that the photographs up to ``row`` show, if they do."""
    known, onset = course.weighed, int(course.weighed.onset[row])
    if onset <= closed_row or known.rise[row] + known.half_left[row] < limits.outside:
        return None
    if known.rise[row] < max(known.half_left[row], limits.outside / 2.0):
        return None
    rise = measure_rise(course.evidence, onset, row)
    return rise if rise.size >= FEWEST_RISE_A and shown_twice(course.evidence, onset, row, rise) else None


def _slow(course: Course, rises: list[Episode], limits: Limits) -> list[Episode]:
    story: list[Episode] = []
    current: Episode | None = None
    closed_row = -1
    for place, row in enumerate(course.after):
        day = float(course.evidence.days[row])
        # What came back is a rise, not a slow fall.
        risen = any(one.covers(int(row), day) for one in rises)
        found = None if risen else _slow_now(course, place, limits, current.severity if current else None)
        if current is None:
            if found is not None and (closed_row < 0 or _fresh(course, place, closed_row)):
                still = found == "watch" and course.weighed.not_fading[row] >= limits.not_fading
                code = "not_fading" if still else "prolonged"
                current = Episode(code, found, int(row), int(row), int(row))
                story.append(current)
        elif found == "outside":
            current.code, current.severity, current.row = "prolonged", "outside", int(row)
        elif two_inside(course, place, current.opened_row):
            current.to_day = day
            current, closed_row = None, int(row)
    return story


def _fresh(course: Course, place: int, closed_row: int) -> bool:
    """Whether at least two photographs after the end of the last warning lie above the band."""
    row = int(course.after[place])
    return sum(not course.inside(int(at), row) for at in course.after[: place + 1] if at > closed_row) >= 2


def _slow_now(course: Course, place: int, limits: Limits, said: Severity | None) -> Severity | None:
    """What the photographs up to this one say of slowness beyond what is ``said`` already; None for nothing."""
    row = int(course.after[place])
    day = float(course.evidence.days[row])
    if said == "outside" or day < SLOW_FROM_DAY or not course.measurable_at(row) or not _two_moments(course, place):
        return None
    if _outside(course.weighed, row, limits, course.start_seen, day):
        doubted = [_without(course, at, row) for at in _latest(course, place)]
        if all(_outside(one, -1, limits, course.start_seen, day, doubt=True) for one in doubted):
            return "outside"
    if said is None and course.weighed.slow[row] >= limits.slow:
        weakest = min(float(_without(course, at, row).slow[-1]) for at in _latest(course, place))
        return "watch" if weakest >= limits.without_one else None
    return None


def _outside(known: Weighed, row: int, limits: Limits, start_seen: bool, day: float, doubt: bool = False) -> bool:
    """Whether a course with half the peak left on day 7, or more than any claim describes, is likely enough."""
    if day < HALF_ON_DAY:
        return False
    half = float(np.interp(day, (HALF_ON_DAY, SETTLED_DAY), (limits.outside_early, limits.outside)))
    half = half if start_seen else max(half, limits.outside_blind)
    beyond = limits.beyond
    if doubt:
        half, beyond = min(half, limits.without_one), limits.outside
    left = float(known.half_left[row])
    likely = left + float(known.rise[row]) >= half and left >= float(known.rise[row])
    return likely or float(known.beyond[row]) * (1.0 - float(known.rise[row])) >= beyond


def _latest(course: Course, place: int) -> list[int]:
    """The latest photographs on which a claim of slowness could rest."""
    return [int(at) for at in course.after[max(1, place - 2) : place + 1]]


def _without(course: Course, at: int, row: int) -> Weighed:
    """The evidence up to ``row`` if the photographs of the moment of ``at`` had not been taken."""
    days = course.evidence.days
    keep = (np.arange(len(days)) <= row) & (np.abs(days - days[at]) >= APART_DAYS)
    left = course.evidence.rows(keep)
    return weigh(left, course.band, last_day=float(days[row]))


def two_inside(course: Course, place: int, opened_row: int) -> bool:
    """The latest two photographs, both after the warning was raised, on different days, inside the band."""
    if place < 1:
        return False
    now, days = int(course.after[place]), course.evidence.days
    earlier = [int(at) for at in course.after[:place] if days[now] - days[at] >= OTHER_DAY]
    if not earlier or earlier[-1] <= opened_row:
        return False
    return all(course.inside(at, now) for at in range(earlier[-1], now + 1))


def _two_moments(course: Course, place: int) -> bool:
    days = course.evidence.days[course.after[: place + 1]]
    return bool(days[-1] - days[0] >= APART_DAYS)
