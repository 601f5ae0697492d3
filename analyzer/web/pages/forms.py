"""The treatment record as a form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from analyzer.treatment import BODY_AREAS, DEPTH_LIMITS_MM, PASSES_LIMITS, PROCEDURES, SKIN_TONES, Treatment
from analyzer.words import say, table

HERE = "here"
# Every offset in use lies on a quarter of an hour between these.
_OFFSETS = [str(minutes) for minutes in range(-12 * 60, 14 * 60 + 1, 30)]


def treatment_form(
    key: str, submit: str, name: str = "", treatment: Treatment | None = None
) -> tuple[str, Treatment] | None:
    """Ask for name and treatment; what was entered once it is sent, else None."""
    with st.form(key, border=False):
        entered_name = st.text_input(say("form.name"), value=name, max_chars=100, autocomplete="off")
        entered = _treatment_fields(key, treatment, treatment.treated_at if treatment else None)
        sent = st.form_submit_button(submit, type="primary", width="stretch")
    return (entered_name, entered()) if sent else None


def session_form(key: str, submit: str, latest: Treatment) -> Treatment | None:
    """Ask for another session, filled in like the latest one but now; the session once it is sent, else None."""
    with st.form(key, border=False):
        entered = _treatment_fields(key, latest, None)
        sent = st.form_submit_button(submit, width="stretch")
    return entered() if sent else None


def _treatment_fields(key: str, treatment: Treatment | None, treated_at: datetime | None) -> Callable[[], Treatment]:
    """The fields of a treatment inside a form, filled in with ``treatment``; what was entered is made when asked for.

    Without ``treated_at`` the time is now, on this device's clock.
    """
    at = treated_at or _opened(key, local_zone())
    left, right = st.columns(2)
    on = left.date_input(say("form.date"), value=at.date(), format="YYYY-MM-DD")
    clock = right.time_input(say("form.time"), value=at.time(), step=60)
    procedure = _select("form.procedure", "form.procedures", PROCEDURES, treatment.procedure if treatment else None)
    with st.expander(say("form.more"), expanded=treatment is not None):
        zones = [HERE, *_OFFSETS]
        kept = _minutes(at) if treated_at else None
        zone = st.selectbox(
            say("form.zone"), zones, index=zones.index(kept) if kept in zones else 0, format_func=_zone_name
        )
        depth = st.number_input(
            say("form.depth"),
            min(low for low, _ in DEPTH_LIMITS_MM.values()),
            max(high for _, high in DEPTH_LIMITS_MM.values()),
            value=treatment.needle_depth_mm if treatment else None,
            step=0.1,
        )
        passes = st.number_input(
            say("form.passes"), *PASSES_LIMITS, value=treatment.passes if treatment else None, step=1
        )
        area = _select("form.area", "form.areas", BODY_AREAS, treatment.body_area if treatment else None)
        tone = _select("form.tone", "form.tones", SKIN_TONES, treatment.skin_tone if treatment else None)
        known = tuple(table("form.known_conditions"))
        had = treatment.conditions if treatment else ()
        conditions = st.multiselect(
            say("form.conditions"),
            [*known, *(one for one in had if one not in known)],
            default=list(had),
            format_func=lambda one: str(table("form.known_conditions").get(one, one)),
            accept_new_options=True,
            help=say("form.conditions_help"),
        )
        sensitive = st.checkbox(say("form.sensitive"), value=treatment.sensitive_skin if treatment else False)

    def entered() -> Treatment:
        moment = datetime.combine(_day(on), clock or time(12), tzinfo=local_zone() if zone == HERE else _fixed(zone))
        return Treatment(
            treated_at=moment.astimezone(timezone(moment.utcoffset() or timedelta())),
            procedure=procedure,
            needle_depth_mm=round(float(depth), 2) if depth else None,
            passes=int(passes) if passes else None,
            body_area=area,
            skin_tone=tone,
            sensitive_skin=sensitive,
            conditions=tuple(conditions),
        )

    return entered


def moment_form(key: str, zone: tzinfo) -> datetime | None:
    """Ask for a date and a time on the clock ``zone``, filled in with now; the moment once it is sent."""
    now = _opened(key, zone)
    with st.form(key, border=False):
        left, right = st.columns(2)
        on = left.date_input(
            say("patient.date"), value=now.date(), max_value=datetime.now(zone).date(), format="YYYY-MM-DD"
        )
        clock = right.time_input(say("patient.time"), value=now.time(), step=60)
        if not st.form_submit_button(say("patient.when_save"), width="stretch"):
            return None
    return datetime.combine(_day(on), clock or time(12), tzinfo=zone)


def _opened(key: str, zone: tzinfo) -> datetime:
    """The minute in which the form ``key`` was first shown: a field whose default moves on loses what was typed."""
    now = datetime.now(zone).replace(second=0, microsecond=0)
    opened: datetime = st.session_state.setdefault(f"{key}-opened", now)
    return opened


def local_zone() -> tzinfo:
    """The visitor's own zone, as the browser tells it."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _select(label: str, names: str, options: tuple[str, ...], current: str | None) -> str:
    shown = [*options, *([current] if current and current not in options else [])]
    index = shown.index(current) if current else 0
    return str(st.selectbox(say(label), shown, index=index, format_func=lambda one: str(table(names).get(one, one))))


def _minutes(moment: datetime) -> str:
    return str(round((moment.utcoffset() or timedelta()).total_seconds() / 60))


def _fixed(minutes: str) -> timezone:
    return timezone(timedelta(minutes=int(minutes)))


def _zone_name(zone: str) -> str:
    if zone == HERE:
        return say("form.zone_here")
    minutes = int(zone)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _day(value: object) -> date:
    """Streamlit types a date field as many things; a single one gives a date."""
    if not isinstance(value, date):
        raise TypeError(f"not a date: {value!r}")
    return value
