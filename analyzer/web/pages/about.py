"""What Rubor promises and what it does not."""

from __future__ import annotations

import streamlit as st

from analyzer.words import say


def show() -> None:
    st.title(say("about.title"))
    st.markdown(say("about.text"))
