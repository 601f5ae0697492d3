"""The door: builds the app and its routes, nothing else.

``rubor serve`` and ``rubor demo`` come in here; so do ``streamlit run streamlit_app.py`` and any ASGI server.
"""

import streamlit as st
from starlette.middleware import Middleware

from analyzer.web.guard import Guard
from analyzer.web.routes import own_routes
from analyzer.web.server import PAGE_SCRIPT, SETTINGS, apply_settings, start_up

apply_settings()
app = st.App(PAGE_SCRIPT, routes=own_routes(), middleware=[Middleware(Guard)], lifespan=start_up)

if __name__ == "__main__":
    app.run(config=SETTINGS)
