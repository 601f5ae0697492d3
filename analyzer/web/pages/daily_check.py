"""The daily check: the urgent question first, then five signs that a photograph cannot show well."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from analyzer.records.access import LOCAL_USER
from analyzer.records.courses import Course
from analyzer.records.signs import add_check
from analyzer.signs import COMMON, HIGHEST_SEVERITY, URGENT
from analyzer.web.context import archive
from analyzer.web.pages.forms import local_zone
from analyzer.web.pages.language import speak_to_visitor
from analyzer.web.pages.parts import html_table
from analyzer.words import day, plain, say, table

SAVED = "check_saved"
SEVERITIES = range(HIGHEST_SEVERITY + 1)
# An urgent sign is a yes or no question; yes is kept as "clearly".
PRESENT = 2
NOTHING = "nothing"


@st.fragment
def daily_check(course: Course) -> None:
    """Ask, keep, and show what was told before. An urgent answer shows its call before anything is saved."""
    speak_to_visitor()
    st.header(say("check.title"))
    urgent = _urgent_question(course)
    if urgent:
        st.html(f'<p class="rubor-standing" role="alert">{plain(say("check.urgent_help"))}</p>')
    with st.expander(say("check.question")):
        severities = {sign: _severity(course, sign) for sign in COMMON}
    if st.button(say("check.save"), width="stretch", key=f"save-check-{course.patient.id}"):
        if urgent is None:
            st.warning(say("check.first"))
        else:
            _keep(course, urgent, severities)
    if st.session_state.get(SAVED) == course.patient.id:
        st.success(say("check.saved"))
    if course.signs:
        with st.expander(say("check.told")):
            _told(course)


def _urgent_question(course: Course) -> tuple[str, ...] | None:
    """The urgent signs that were chosen; None while the question stands open."""
    words = table("check.urgent")
    chosen = st.pills(
        say("check.urgent_question"),
        (*URGENT, NOTHING),
        selection_mode="multi",
        format_func=lambda one: say("check.urgent_none") if one == NOTHING else str(words[one]),
        key=f"urgent-{course.patient.id}",
    )
    return tuple(sign for sign in URGENT if sign in chosen) if chosen else None


def _severity(course: Course, sign: str) -> int:
    words = table("check.severity")
    chosen = st.radio(
        str(table("check.signs")[sign]),
        SEVERITIES,
        format_func=lambda one: str(words[str(one)]),
        horizontal=True,
        key=f"{sign}-{course.patient.id}",
    )
    return int(chosen)


def _keep(course: Course, urgent: tuple[str, ...], severities: dict[str, int]) -> None:
    answers = {sign: PRESENT if sign in urgent else 0 for sign in URGENT} | severities
    add_check(archive(), LOCAL_USER, course.patient.id, datetime.now(local_zone()), answers)
    st.session_state[SAVED] = course.patient.id
    st.rerun()


def _told(course: Course) -> None:
    """What was told, the latest first: one line a sign that was there, and what the documents say of it."""
    document = course.document or {}
    names = table("check.signs") | table("check.urgent")
    words = table("check.severity")
    rows = [
        (day(one["day"]), names.get(one["sign"], one["sign"]), words[str(one["severity"])], one.get("message", ""))
        for one in reversed(document.get("signs", []))
        if one["severity"] > 0
    ]
    if rows:
        html_table(table("check.columns").values(), rows, label=say("check.told"), numbers=(0,))
    else:
        st.write(say("check.told_none"))
