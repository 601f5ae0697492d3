"""Forms as a person fills them in, run without a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from analyzer.web.pages import forms


def _page() -> None:
    from analyzer.web.pages.forms import treatment_form

    treatment_form("new", "Start")


class Clock(datetime):
    """A clock that goes a minute forward whenever it is read."""

    read = 0

    @classmethod
    def now(cls, tz=None):  # type: ignore[no-untyped-def]
        cls.read += 1
        return datetime(2026, 5, 1, 12, 0, tzinfo=tz or UTC) + timedelta(minutes=cls.read)


def test_a_field_stays_the_same_field_while_the_clock_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field with another default is another field to Streamlit: what was typed into the first one is lost."""
    monkeypatch.setattr(forms, "datetime", Clock)
    page = AppTest.from_function(_page, default_timeout=60).run()
    before = page.time_input[0].id, page.date_input[0].id
    page.run()
    assert not page.exception
    assert (page.time_input[0].id, page.date_input[0].id) == before
    assert Clock.read > 1
