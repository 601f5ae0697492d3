"""Care of the day, as the documents have it, and what they say of the time ahead."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from analyzer.records.courses import Course
from analyzer.recovery.aftercare import CareItem, aftercare
from analyzer.recovery.milestones import MilestoneItem, milestones
from analyzer.words import document_name, plain, say

# Those that are next; the rest is months away.
MOST_AHEAD = 8


def care_today(course: Course, today: float) -> None:
    """What the documents advise for ``today`` (days since treatment), conflicts first; then the milestones ahead."""
    with st.expander(say("today.title")):
        items = aftercare(today, course.patient.treatment)
        if items:
            st.caption(say("today.ask"))
            st.html(f'<ul class="rubor-list">{"".join(_care(item) for item in items)}</ul>')
        else:
            st.write(say("today.none"))
    ahead = [one for one in milestones(course.patient.treatment, today) if one.when in ("now", "ahead")][:MOST_AHEAD]
    if ahead:
        with st.expander(say("today.ahead")):
            st.html(f'<ul class="rubor-list">{"".join(_milestone(one) for one in ahead)}</ul>')


def _care(item: CareItem) -> str:
    """One topic; who says what is shown only where the documents do not agree."""
    told = item.to_json()
    lines = [f"<strong>{plain(told['message'])}</strong>"]
    if item.conflict:
        lines.append(plain(told["note"]))
    lines += _sources((one["state"], one["document"], one["heading"]) for one in told["says"])
    return f"<li>{'<br>'.join(lines)}</li>"


def _milestone(item: MilestoneItem) -> str:
    told = item.to_json()
    low, high = (None if one is None else f"{one:g}" for one in (told["from_day"], told["to_day"]))
    span = say("today.onwards", low=low or 0) if high is None else say("today.span", low=low or 0, high=high)
    lines = [f"<strong>{plain(span)}</strong>: {plain(told['state'])}"]
    if told["note"]:
        lines.append(plain(told["note"]))
    lines += _sources([("", told["document"], told["heading"])])
    return f"<li>{'<br>'.join(lines)}</li>"


def _sources(said: Iterable[tuple[str, str, str]]) -> list[str]:
    return [
        f'<span class="rubor-quiet">{plain(state)} ({plain(document_name(document))}, “{plain(heading)}”)</span>'
        for state, document, heading in said
    ]
