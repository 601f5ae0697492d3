"""The patient's page: how it is going, what was noticed, the trend, and adding photographs. Phone first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from analyzer.exports.charts import Measure, trend_chart, trend_of
from analyzer.records.access import LOCAL_USER
from analyzer.records.courses import Course, worklist
from analyzer.records.patients import add_session, change_patient, create_patient
from analyzer.web.context import archive
from analyzer.web.pages import parts
from analyzer.web.pages.care import care_today
from analyzer.web.pages.daily_check import daily_check
from analyzer.web.pages.forms import session_form, treatment_form
from analyzer.web.pages.surface import surface_section
from analyzer.web.pages.upload import ask_missing_times, upload_section
from analyzer.words import day, plain, say
from calibration.errors import RuborError

# Later than this after treatment the documents of "today" no longer mean the calendar's today.
RECENT_DAYS = 31.0


def show() -> None:
    st.title(say("patient.title"))
    courses = worklist(archive(), LOCAL_USER)
    if not courses:
        st.markdown(say("patient.welcome"))
        _begin_record()
        return
    courses = sorted(courses, key=lambda one: one.patient.name.casefold())
    course = parts.chosen_patient(courses, say("patient.choose"), "choose-my")
    parts.verdict_card(course)
    parts.standing_sentence()
    parts.flag_list(course)
    parts.series_problems(course)
    _ask_another(course)
    ask_missing_times(course)
    upload_section(course)
    daily_check(course)
    _trend(course)
    _where(course)
    _documents_today(course)
    _strip(course)
    _records(course)


def _begin_record() -> None:
    sent = treatment_form("new-record", say("form.create"))
    if sent is None:
        return
    try:
        st.session_state["patient_id"] = create_patient(archive(), LOCAL_USER, *sent).id
    except RuborError as error:
        st.error(str(error))
    else:
        st.rerun()


def _ask_another(course: Course) -> None:
    """What the verdict asks for, or what the latest photograph does: another photograph, and how."""
    asked = course.document["verdict"].get("ask") if course.document else None
    if asked:
        st.info(asked)
        return
    latest = course.photographs[-1] if course.photographs else None
    asks = [one for one in latest.problems if one.code not in ("no_time", "made_up")] if latest else []
    if asks:
        st.info(asks[0].sentence)


def _trend(course: Course) -> None:
    if course.document is None:
        return
    st.header(say("patient.trend"))
    band = parts.band_of(course)
    measures: tuple[Measure, Measure] = ("residual", "delta")
    trends = [trend_of(course.document, band, "face", measure) for measure in measures]
    trend = next((one for one in trends if one.points), None)
    if trend is None:
        st.write(say("patient.trend_none"))
        return
    st.altair_chart(trend_chart(trend, height=240), width="stretch", alt=say("patient.trend_alt"))
    meaning = say("patient.trend_help" if trend.measure == "residual" else "patient.trend_help_plain")
    st.caption(f"{meaning} {say('clinician.shapes')}")
    with st.expander(say("patient.table")):
        parts.trend_table(trend)


def _where(course: Course) -> None:
    if course.document is not None:
        with st.expander(say("surface.title")):
            surface_section(course)


def _documents_today(course: Course) -> None:
    now = _day_today(course)
    if now is None or now < 0:
        return
    windows = parts.windows_of(course)
    claims = [one for one in windows["claims"] if one["sign"] == "redness" and _speaks_of(one, 24 * now)]
    with st.expander(say("patient.says", day=day(now))):
        if claims:
            parts.claim_sentences(claims)
            st.caption(say("patient.says_disagree"))
        else:
            st.write(say("patient.says_none"))
    care_today(course, now)


def _speaks_of(claim: Mapping[str, Any], hour: float) -> bool:
    """Whether the claim speaks of this hour, and of a patient like this one."""
    if not claim["applies"] or claim["from_h"] is None or claim["to_h"] is None:
        return False
    return bool(claim["from_h"] <= hour <= claim["to_h"])


def _day_today(course: Course) -> float | None:
    """Today's day after treatment while it is recent, else the day of the latest photograph."""
    elapsed = (datetime.now(UTC) - course.patient.treatment.treated_at).total_seconds() / 86_400.0
    return elapsed if elapsed <= RECENT_DAYS else course.last_day


def _strip(course: Course) -> None:
    if not course.photographs:
        return
    st.header(say("patient.photographs"))
    figures = []
    for one in course.photographs:
        when = one.captured_at.strftime(say("time.moment")) if one.captured_at else say("clinician.untimed")
        figures.append(
            f'<figure><img src="/photo/{plain(one.id)}?w=160" alt="{plain(one.name)}" loading="lazy">'
            f"<figcaption>{plain(when)}</figcaption></figure>"
        )
    st.html(f'<div class="rubor-strip">{"".join(figures)}</div>')


def _changed(change: Callable[[], object]) -> None:
    try:
        change()
    except RuborError as error:
        st.error(str(error))
    else:
        st.rerun()


def _records(course: Course) -> None:
    with st.expander(say("patient.edit")):
        sent = treatment_form(
            f"edit-{course.patient.id}", say("form.save"), course.patient.name, course.patient.treatment
        )
        if sent is not None:
            name, latest = sent
            treatment = replace(latest, earlier=course.patient.treatment.earlier)
            _changed(partial(change_patient, archive(), LOCAL_USER, course.patient.id, name, treatment))
    with st.expander(say("patient.session")):
        st.caption(say("patient.session_help"))
        session = session_form(f"session-{course.patient.id}", say("form.add_session"), course.patient.treatment)
        if session is not None:
            _changed(partial(add_session, archive(), LOCAL_USER, course.patient.id, session))
    with st.expander(say("patient.new")):
        _begin_record()
