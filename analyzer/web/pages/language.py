"""The visitor's language: the browser's, until another is chosen at the foot of a page."""

from __future__ import annotations

import streamlit as st

from analyzer.words import say
from calibration.language import LANGUAGES, known, language, speak

CHOSEN_LANGUAGE = "language"


def speak_to_visitor() -> None:
    """Speak what the visitor chose, else the browser's language where it is known, else the environment's.

    Pages and fragments call it: what runs by itself runs outside of the page that made it.
    """
    speak(known(st.session_state.get(CHOSEN_LANGUAGE)) or known(st.context.locale))


def language_choice() -> None:
    """The choice at the foot of every page."""
    st.session_state.setdefault(CHOSEN_LANGUAGE, language())
    st.divider()
    st.segmented_control(
        say("app.language"), list(LANGUAGES), format_func=LANGUAGES.__getitem__, key=CHOSEN_LANGUAGE, required=True
    )
