"""Any two photographs of one person side by side, at the same scale and in the same colours."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from analyzer.reading import LABELS
from analyzer.records.access import LOCAL_USER
from analyzer.records.courses import Course, day_of, worklist
from analyzer.records.photographs import Photograph
from analyzer.web.context import archive
from analyzer.web.pages import parts
from analyzer.web.pictures import comparison, comparison_doubt
from analyzer.words import day, plain, say
from calibration.errors import RuborError
from calibration.language import language


def show() -> None:
    st.title(say("before_after.title"))
    courses = [one for one in worklist(archive(), LOCAL_USER) if len(one.photographs) > 1]
    if not courses:
        st.write(say("before_after.none"))
        return
    course = parts.chosen_patient(courses, say("clinician.choose"), "choose-compare")
    before, after = _choose_two(course)
    region = parts.region_select(list(LABELS)[::-1], "compare-region", say("before_after.region"))
    anonymise = st.checkbox(say("before_after.anonymise"), value=True)
    if before.id == after.id:
        st.info(say("before_after.same"))
        return
    try:
        with st.spinner(say("before_after.drawing")):
            comparison(archive(), LOCAL_USER, (before.id, after.id), region, anonymise)
    except RuborError as error:
        st.info(str(error))
        return
    if doubt := comparison_doubt(archive(), LOCAL_USER, (before.id, after.id), region, anonymise):
        st.warning(doubt)
    query = urlencode({"region": region, "anonymise": int(anonymise), "lang": language()})
    base = f"/compare/{before.id}/{after.id}"
    alt = say("before_after.alt", before=_name(before, course), after=_name(after, course))
    st.html(f'<img class="rubor-photo" src="{base}.png?{plain(query)}" alt="{plain(alt)}">')
    parts.links(
        [
            (say("before_after.download_png"), f"{base}.png?{query}&save=1"),
            (say("before_after.download_pdf"), f"{base}.pdf?{query}&save=1"),
        ]
    )


def _choose_two(course: Course) -> tuple[Photograph, Photograph]:
    by_id = {one.id: one for one in course.photographs}
    ids = list(by_id)
    usable = [one.id for one in course.photographs if one.reading is not None and one.reading.usable] or ids
    left, right = st.columns(2)

    def select(place: object, label: str, default: str, key: str) -> Photograph:
        with place:  # type: ignore[attr-defined]
            chosen = st.selectbox(
                label, ids, index=ids.index(default), format_func=lambda one: _name(by_id[one], course), key=key
            )
        return by_id[chosen]

    key = course.patient.id
    return (
        select(left, say("before_after.before"), usable[0], f"before-{key}"),
        select(right, say("before_after.after"), usable[-1], f"after-{key}"),
    )


def _name(photograph: Photograph, course: Course) -> str:
    if photograph.captured_at is None:
        return f"{photograph.name}, {say('clinician.untimed')}"
    when = say("time.day", day=day(day_of(photograph, course.patient)))
    return f"{when}, {photograph.name}"
