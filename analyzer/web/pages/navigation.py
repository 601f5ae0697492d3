"""The frame of every page: its navigation, its style, and how far the demo is."""

from __future__ import annotations

from importlib.resources import files

import streamlit as st

from analyzer.web.context import is_demo
from analyzer.web.demo import PROGRESS
from analyzer.web.pages import about, before_after, clinician, patient
from analyzer.web.pages.language import language_choice, speak_to_visitor
from analyzer.words import say


def show() -> None:
    """Draw the page that was asked for, in the visitor's language."""
    speak_to_visitor()
    pages = [
        st.Page(patient.show, title=say("nav.patient"), url_path="me", default=True),
        st.Page(clinician.show, title=say("nav.clinician"), url_path="clinic"),
        st.Page(before_after.show, title=say("nav.before_after"), url_path="before-after"),
        st.Page(about.show, title=say("nav.about"), url_path="about"),
    ]
    # Streamlit's own bar folds into an unnamed arrow on a phone; these links stay in sight and wrap.
    page = st.navigation(pages, position="hidden")
    st.set_page_config(page_title=f"{page.title} - {say('app.title')}", page_icon="🔎", layout="centered")
    style = files("analyzer.web").joinpath("style.css").read_text(encoding="utf-8")
    st.html(f"<style>{style}</style>")
    with st.container(horizontal=True, gap="small", key="nav"):
        for one in pages:
            st.page_link(one, width="content")
    if is_demo():
        demo_note()
    page.run()
    language_choice()


def demo_note() -> None:
    """Say that this is the demo; while its samples come in, how far it is."""
    st.caption(say("demo.note"))
    if not PROGRESS.finished:
        _demo_progress()
    for reason in PROGRESS.failures:
        st.warning(say("demo.failed", reason=reason))


@st.fragment(run_every=2.0)
def _demo_progress() -> None:
    speak_to_visitor()  # a fragment that runs by itself runs outside of the page
    if PROGRESS.finished:
        st.rerun()
    total = PROGRESS.total or 1
    text = say("demo.busy", done=PROGRESS.done, total=PROGRESS.total or "…")
    st.progress(min(PROGRESS.done / total, 1.0), text=text)
