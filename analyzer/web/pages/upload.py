"""Adding photographs: the question, the files, an answer for each, the time where one is missing."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

import streamlit as st

from analyzer.records.access import LOCAL_USER
from analyzer.records.courses import Course
from analyzer.records.photographs import Answer, Photograph, add_photograph, set_time
from analyzer.records.signs import add_check
from analyzer.signs import EXPOSURES
from analyzer.web.context import archive
from analyzer.web.pages.card import card_section
from analyzer.web.pages.forms import moment_form
from analyzer.words import plain, say, table
from calibration.photo import SUFFIXES

ANSWERS = "answers"
ROUND = "upload_round"
WORKERS = min(4, os.cpu_count() or 1)


def upload_section(course: Course) -> None:
    """Ask whether the skin was bare, take in what is chosen, and say what became of each photograph."""
    patient = course.patient
    st.header(say("patient.add"))
    bare = st.radio(
        say("patient.bare"),
        (True, False),
        index=None,
        format_func=lambda one: say("patient.bare_yes" if one else "patient.bare_no"),
        help=say("patient.bare_help"),
        key=f"bare-{patient.id}",
    )
    if bare is None:
        st.caption(say("patient.bare_first"))
    else:
        _take_in(course, bare, _exposures(course))
    card_section(course)
    _outline(course)
    owner, answers = st.session_state.get(ANSWERS, (None, []))
    if answers and owner == patient.id:
        _show_answers(answers)


def _outline(course: Course) -> None:
    """The shape of the last good photograph: the same distance, height and card's place make days comparable."""
    good = [one for one in course.photographs if one.reading is not None and one.reading.usable]
    if good:
        with st.expander(say("outline.title")):
            st.caption(say("outline.help"))
            source, alt = f"/outline/{plain(good[-1].id)}", plain(say("outline.alt"))
            st.html(f'<img class="rubor-outline" src="{source}" alt="{alt}" loading="lazy">')


def _exposures(course: Course) -> list[str]:
    """What stirred the skin shortly before, by the patient's word."""
    words = table("exposure.kinds")
    return st.pills(
        say("exposure.question"),
        EXPOSURES,
        selection_mode="multi",
        format_func=lambda one: str(words[one]),
        help=say("exposure.help"),
        key=f"exposure-{course.patient.id}",
    )


def _take_in(course: Course, bare: bool, exposures: list[str]) -> None:
    """Keep and measure what is chosen at once: a phone may lose its page before a button is pressed."""
    patient = course.patient
    # A new key empties the field, so that a photograph is not taken in again on the next run.
    turn = st.session_state.setdefault(ROUND, 0)
    chosen = st.file_uploader(
        say("patient.uploader"),
        type=[suffix.lstrip(".") for suffix in SUFFIXES],
        accept_multiple_files=True,
        help=say("patient.uploader_help"),
        key=f"upload-{patient.id}-{turn}",
    )
    if not chosen:
        return
    answers = []
    with st.status(say("patient.measuring_all"), expanded=True), ThreadPoolExecutor(WORKERS) as pool:
        bar = st.progress(0.0)
        coming = [
            # Each in a copy of this context: problems are worded in the visitor's language.
            pool.submit(
                copy_context().run,
                partial(add_photograph, archive(), LOCAL_USER, patient.id, file.getvalue(), file.name, bare_skin=bare),
            )
            for file in chosen
        ]
        for count, (file, answer) in enumerate(zip(chosen, coming, strict=True)):
            bar.progress(count / len(chosen), text=say("patient.measuring", name=_literal(file.name)))
            answers.append(answer.result())
            _keep_exposures(course, answers[-1], exposures)
    st.session_state[ANSWERS] = (patient.id, answers)
    st.session_state[ROUND] = turn + 1
    st.rerun()


def _keep_exposures(course: Course, answer: Answer, exposures: list[str]) -> None:
    """Told beside the photograph, at its moment; a photograph without a time has none to be told at."""
    if exposures and answer.photograph is not None and answer.photograph.captured_at is not None:
        at = answer.photograph.captured_at
        add_check(archive(), LOCAL_USER, course.patient.id, at, dict.fromkeys(exposures, 1))


def ask_missing_times(course: Course) -> None:
    """For each photograph without a time: ask for it, on the clock of the treatment."""
    zone = course.patient.treatment.treated_at.tzinfo
    assert zone is not None  # a stored treatment is always aware
    for one in course.photographs:
        if one.captured_at is None:
            st.markdown(f"**{say('patient.when', name=_literal(one.name))}** {say('patient.when_help')}")
            _photo(one)
            moment = moment_form(f"when-{one.id}", zone)
            if moment is not None:
                set_time(archive(), LOCAL_USER, one.id, moment)
                st.rerun()


def _show_answers(answers: list[Answer]) -> None:
    st.header(say("patient.answers"))
    st.html("".join(_answer_html(one) for one in answers))


def _answer_html(answer: Answer) -> str:
    twin = answer.photograph.name if answer.photograph else ""
    lines = [f"<p><strong>{plain(say(f'answer.{answer.outcome}', name=answer.name, twin=twin))}</strong></p>"]
    if answer.outcome != "duplicate":
        lines += [
            f"<p>{plain(one.message)} {plain(one.advice)}</p>" for one in answer.problems if one.code != "no_time"
        ]
    if answer.outcome in ("doubtful", "not_used", "not_kept"):
        lines.append(f"<p>{plain(say('answer.retake'))}</p>")
    return f'<div class="rubor-answer" data-outcome="{answer.outcome}">{"".join(lines)}</div>'


def _photo(photograph: Photograph) -> None:
    st.html(f'<img src="/photo/{plain(photograph.id)}?w=160" alt="{plain(photograph.name)}" width="120">')


def _literal(name: str) -> str:
    """A file name inside Markdown must not become Markdown."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()#+-.!|<>~$:" else letter for letter in name)
