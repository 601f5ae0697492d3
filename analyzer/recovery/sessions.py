"""Several sessions of one patient: each restarts the clock, the baseline from before the first carries over.

A photograph belongs to the latest session before it; its day counts from there. Photographs between two sessions are
part of the earlier recovery and no new baseline, for redness of the earlier session may be left in them. Only where
there is no photograph from before the first session do those of the last two weeks before a later one stand in, and
only once the longest described course of redness (two weeks, R26, R47, R59) is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from analyzer.series import Observation, Series
from calibration.problems import Problem, problem

# Two documents leave at least four weeks between sessions on one area (M17, M18).
CLOSE = timedelta(weeks=4)
OVER_AFTER = timedelta(weeks=2)
STANDS_IN_FOR = timedelta(weeks=2)


@dataclass(frozen=True)
class SessionPart:
    """One session as a series of its own. ``own`` are the observations that belong to it; the others are baseline."""

    number: int
    series: Series
    own: frozenset[int]  # by identity: two photographs may be equal in everything

    def owns(self, observation: Observation) -> bool:
        return id(observation) in self.own


def session_parts(series: Series, order: Sequence[Observation]) -> list[SessionPart]:
    """The sessions in order, each with its baseline and its own observations; those before the first belong to it."""
    sessions = series.treatment.sessions
    starts = [one.treated_at for one in sessions]
    before = [one for one in order if one.captured_at < starts[0]]
    parts = []
    for number, session in enumerate(sessions, start=1):
        own = [one for one in order if _session_at(starts, one.captured_at) == number]
        baseline = before if number > 1 else []
        if number > 1 and not any(one.usable and one.regions for one in before):
            baseline = [one for one in order if _stands_in(one, starts[number - 2], starts[number - 1])]
        mine = before + own if number == 1 else own
        observations = tuple(baseline + mine)
        single = replace(series, treatment=replace(session, earlier=()), observations=observations)
        parts.append(SessionPart(number, single, frozenset(id(one) for one in mine)))
    return parts


def close_sessions(series: Series) -> tuple[Problem, ...]:
    """A note for each session that came sooner after another than the documents advise."""
    starts = [one.treated_at for one in series.treatment.sessions]
    gaps = [(number, later - earlier) for number, (earlier, later) in enumerate(pairwise(starts), start=2)]
    return tuple(problem("sessions_close", number=number, days=gap.days) for number, gap in gaps if gap < CLOSE)


def _session_at(starts: Sequence[datetime], moment: datetime) -> int:
    """The number of the session that a moment belongs to; 0 before the first."""
    return sum(start <= moment for start in starts)


def _stands_in(one: Observation, earlier: datetime, later: datetime) -> bool:
    return earlier + OVER_AFTER <= one.captured_at < later and later - one.captured_at <= STANDS_IN_FOR
