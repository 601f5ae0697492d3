"""The clinic's page: who needs a look first, and one patient's course with every photograph and claim."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from analyzer.exports.charts import PICK, Measure, measure_name, trend_chart, trend_of, windows_chart
from analyzer.light_level import light_words
from analyzer.records.access import LOCAL_USER
from analyzer.records.courses import Course, day_of, worklist
from analyzer.records.patients import delete_patient
from analyzer.records.photographs import Photograph, delete_photograph
from analyzer.recovery.milestones import milestones
from analyzer.web.context import archive
from analyzer.web.pages import parts
from analyzer.web.pages.surface import surface_section
from analyzer.words import day, region_name, say

PICKED = "picked_photograph"
LONG_RUN_DAYS = 180.0
MEASURES: tuple[Measure, Measure] = ("residual", "delta")


def show() -> None:
    st.title(say("clinician.title"))
    courses = worklist(archive(), LOCAL_USER)
    if not courses:
        st.write(say("clinician.none"))
        return
    st.header(say("clinician.list"))
    _list(courses)
    course = parts.chosen_patient(courses, say("clinician.choose"), "choose-clinic")
    st.header(course.patient.name)
    parts.verdict_card(course)
    parts.standing_sentence()
    parts.flag_list(course, detailed=True)
    parts.series_problems(course)
    parts.lamp_changes(course)
    _course(course)
    st.subheader(say("clinician.exports"))
    base = f"/export/{course.patient.id}"
    parts.links([(say("clinician.export_json"), f"{base}.json"), (say("clinician.export_csv"), f"{base}.csv")])
    if st.button(say("clinician.delete_patient"), key="delete-patient"):
        st.dialog(say("clinician.delete_patient"))(_confirm_patient)(course)


def _list(courses: list[Course]) -> None:
    header = tuple(say(f"clinician.col_{name}") for name in ("patient", "status", "day", "flags", "photographs"))
    rows = [
        (
            one.patient.name,
            f"{say(f'status_icon.{one.status}')} {say(f'status_short.{one.status}')}",
            "" if one.last_day is None else day(one.last_day),
            len(one.open_flags),
            len(one.photographs),
        )
        for one in courses
    ]
    parts.html_table(header, rows, label=say("clinician.list"), numbers=(2, 3, 4))


def _course(course: Course) -> None:
    if course.document is not None:
        _trend_and_windows(course, course.document)
    st.subheader(say("clinician.photograph"))
    if not course.photographs:
        st.write(say("clinician.photograph_none"))
        return
    _photograph(course)


def _trend_and_windows(course: Course, document: dict[str, Any]) -> None:
    st.subheader(say("clinician.trend"))
    left, right = st.columns(2)
    regions = parts.regions_of(course)
    windows = parts.windows_of(course)
    if regions:
        with left:
            region = parts.region_select(regions, "region", say("clinician.region"))
        measure = right.selectbox(say("clinician.measure"), MEASURES, format_func=measure_name, key="measure")
        trend = trend_of(document, parts.band_of(course), region, measure)
        if trend.points:
            chart = trend_chart(trend, selectable=True)
            alt = say("clinician.trend_alt", measure=measure_name(measure), region=region_name(region))
            key = f"trend-{course.patient.id}-{region}-{measure}"
            event = st.altair_chart(chart, width="stretch", key=key, on_select="rerun", alt=alt)
            _take_pick(event, key)
            st.caption(f"{say('clinician.trend_help')} {say('clinician.shapes')}")
            with st.expander(say("clinician.table")):
                parts.trend_table(trend)
        else:
            st.write(say("clinician.trend_empty"))
        days = trend.days
    else:
        days = (-0.25, 14.25)
    claims = [one for one in windows["claims"] if one["sign"] == "redness"]
    bars = windows_chart([one for one in claims if one["applies"]], days)
    st.subheader(say("clinician.windows"))
    if bars is not None:
        st.altair_chart(bars, width="stretch", alt=say("clinician.windows_alt"))
    with st.expander(say("clinician.windows_table")):
        parts.claims_table(claims)
    _milestones(course)


def _milestones(course: Course) -> None:
    """What the documents say of the result in the long run, on a time line of half a year."""
    described = [one.to_json() for one in milestones(course.patient.treatment)]
    chart = windows_chart(described, (0.0, LONG_RUN_DAYS))
    if chart is not None:
        with st.expander(say("clinician.milestones")):
            st.altair_chart(chart, width="stretch", alt=say("clinician.milestones_alt"))


def _take_pick(event: Any, key: str) -> None:
    """A newly selected point chooses its photograph; a selection already taken does not hold it fast."""
    picked = (event.get("selection") or {}).get(PICK) or []
    photo_id = picked[0].get("photo_id") if picked else None
    if photo_id and st.session_state.get(f"{key}-taken") != photo_id:
        st.session_state[PICKED] = photo_id
    st.session_state[f"{key}-taken"] = photo_id


def _photograph(course: Course) -> None:
    by_id = {one.id: one for one in course.photographs}
    if st.session_state.get(PICKED) not in by_id:
        st.session_state[PICKED] = course.photographs[-1].id
    chosen = st.selectbox(
        say("clinician.photograph"),
        list(by_id),
        format_func=lambda one: _title(by_id[one], course),
        key=PICKED,
        label_visibility="collapsed",
    )
    photograph = by_id[chosen]
    left, right = st.columns([2, 3])
    if photograph.captured_at is None:
        caption = say("clinician.photograph_alt_untimed", name=photograph.name)
    else:
        when = day(day_of(photograph, course.patient))
        caption = say("clinician.photograph_alt", name=photograph.name, day=when)
    with left:
        st.html(parts.photo_html(photograph, caption, 960))
        surface_section(course, photograph.id)
    with right:
        _reading(photograph)
        _light(course, photograph)
        if st.button(say("clinician.delete_photograph"), key="delete-photograph"):
            st.dialog(say("clinician.delete_photograph"))(_confirm_photograph)(photograph)


def _reading(photograph: Photograph) -> None:
    if photograph.reading is None:
        st.write(say("clinician.reading_none"))
        return
    regions = photograph.reading.regions
    if regions:
        rows = [
            (region_name(name), f"{one.L:.1f}", f"{one.a:.1f}", f"{one.b:.1f}", f"{one.a_se:.2f}")
            for name, one in regions.items()
        ]
        header = (say("clinician.region"), "L*", "a*", "b*", "± a*")
        parts.html_table(header, rows, label=say("clinician.reading"), numbers=(1, 2, 3, 4))
    if photograph.problems:
        st.caption(say("clinician.problems"))
        for one in photograph.problems:
            st.markdown(f"- **{one.code}** ({one.severity}): {one.message}")


def _light(course: Course, photograph: Photograph) -> None:
    """What was taken out of the photograph's change, where it is worth a word."""
    points = course.document["points"] if course.document else []
    light = next((one.get("light_on_face") for one in points if one["photo_id"] == photograph.id), None)
    if light is not None and (words := light_words("clinician", math.log(light))):
        st.caption(words)


def _title(photograph: Photograph, course: Course) -> str:
    if photograph.captured_at is None:
        return f"{photograph.name} - {say('clinician.untimed')}"
    when = say("time.day", day=day(day_of(photograph, course.patient)))
    return f"{when} - {photograph.name}"


def _confirm_photograph(photograph: Photograph) -> None:
    st.write(say("clinician.delete_photograph_sure", name=photograph.name))
    if _sure("photograph"):
        delete_photograph(archive(), LOCAL_USER, photograph.id)
        st.rerun()


def _confirm_patient(course: Course) -> None:
    name, count = course.patient.name, len(course.photographs)
    st.write(say("clinician.delete_patient_sure", name=name, count=count))
    if _sure("patient"):
        delete_patient(archive(), LOCAL_USER, course.patient.id)
        st.rerun()


def _sure(what: str) -> bool:
    left, right = st.columns(2)
    if right.button(say("clinician.delete_no"), key=f"keep-{what}", width="stretch"):
        st.rerun()
    return left.button(say("clinician.delete_yes"), key=f"sure-{what}", type="primary", width="stretch")
