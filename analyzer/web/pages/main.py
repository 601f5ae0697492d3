"""The script Streamlit runs for every visitor: it opens the page that was asked for."""

from analyzer.web.pages.navigation import show

show()
