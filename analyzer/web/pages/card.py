"""The question which colour card is used, what the answer changes, and teaching the colours of a home print."""

from __future__ import annotations

import streamlit as st

from analyzer.records.access import LOCAL_USER
from analyzer.records.card_choice import ANY, CARDS, NEWER, OLDER, PRINTED, CardChoice, learn_print
from analyzer.records.courses import Course
from analyzer.records.patients import choose_card
from analyzer.records.photographs import measure_missing
from analyzer.web.context import archive
from analyzer.words import say, table
from calibration.errors import RuborError
from calibration.photo import SUFFIXES


def card_section(course: Course) -> None:
    """Ask which card it is. Without an answer any card is taken, a bought one for the older edition."""
    patient = course.patient
    with st.expander(say("card.title")):
        names = table("card.kinds")
        chosen = st.radio(
            say("card.question"),
            CARDS,
            index=CARDS.index(patient.card.name),
            format_func=lambda one: str(names[one]),
            help=say("card.help"),
            key=f"card-{patient.id}",
        )
        if chosen != patient.card.name:
            _change(course, CardChoice(chosen))
        _difference(course)
        if chosen == PRINTED:
            _teach(course)


def _difference(course: Course) -> None:
    """What the other edition would have made of the latest photograph that was measured with an assumed one."""
    for one in reversed(course.photographs):
        higher = one.reading.calibration.get("other_edition_a") if one.reading and one.reading.calibration else None
        if higher is not None:
            word = say("card.higher" if higher >= 0 else "card.lower")
            st.caption(say("card.difference", change=f"{abs(higher):.1f}", word=word))
            return


def _teach(course: Course) -> None:
    """One photograph of the print beside a bought card tells what colours the print really has."""
    if course.patient.card.paired is not None:
        st.success(say("card.paired"))
    st.caption(say("card.pair_help"))
    names = table("card.kinds")
    with st.form(f"pair-{course.patient.id}", border=False):
        beside = st.selectbox(say("card.beside"), (ANY, OLDER, NEWER), format_func=lambda one: str(names[one]))
        photo = st.file_uploader(say("card.pair_photo"), type=[suffix.lstrip(".") for suffix in SUFFIXES])
        sent = st.form_submit_button(say("card.pair"), width="stretch")
    if not sent:
        return
    if photo is None:
        st.error(say("card.pair_missing"))
        return
    try:
        learned = learn_print(photo.getvalue(), photo.name, beside)
    except RuborError as error:
        st.error(str(error))
    else:
        _change(course, learned)


def _change(course: Course, card: CardChoice) -> None:
    """Keep the answer and read the photographs again with it."""
    choose_card(archive(), LOCAL_USER, course.patient.id, card)
    with st.spinner(say("card.again")):
        measure_missing(archive(), LOCAL_USER, course.patient.id)
    st.rerun()
