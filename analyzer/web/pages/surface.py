"""Where the redness is: the map of one photograph against those from before the treatment."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analyzer.records.courses import Course
from analyzer.words import day, plain, say


def surface_section(course: Course, photo_id: str | None = None) -> None:
    """The map of the photograph ``photo_id``, or else of the latest one that has a map, with its figures in words."""
    points = [one for one in (course.document or {}).get("points", []) if one.get("surface")]
    point = next((one for one in reversed(points) if photo_id in (None, one["photo_id"])), None)
    if point is None:
        st.caption(say("surface.none"))
        return
    alt = plain(say("surface.alt"))
    st.html(f'<img class="rubor-map" src="/map/{plain(point["photo_id"])}" alt="{alt}" loading="lazy">')
    when = say("time.day", day=day(point["day"]))
    st.caption(f"{when}. {say('surface.help')} {_figures(point['surface'])}")


def _figures(surface: dict[str, Any]) -> str:
    return say("surface.area", area=f"{surface['red_area_cm2']:.0f}", seen=f"{surface['seen_area_cm2']:.0f}")
