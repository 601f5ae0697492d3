from __future__ import annotations

from typing import Any

import pytest
import vl_convert

from analyzer.exports.charts import trend_chart, trend_of, windows_chart

BAND = [
    {"day": day / 2, "p5": 0.1, "p25": 0.2, "p50": 0.3, "p75": 0.4, "p95": 0.5, "outside_above": 0.9}
    for day in range(30)
]


def point(day: float, value: float | None, status: str = "within", usable: bool = True) -> dict[str, Any]:
    region = {
        "a": 12.0,
        "delta_a": 2.0,
        "delta_a_se": 0.5,
        "residual": value,
        "residual_ci95": None if value is None else [value - 0.1, value + 0.1],
    }
    return {
        "file": f"{day}.jpg", "photo_id": f"id{day}", "day": day, "usable": usable, "regions": {"face": region},
        "status": status,
    }  # fmt: skip


def document(
    *points: dict[str, Any], flags: tuple[dict[str, Any], ...] = (), peak: float | None = 8.0
) -> dict[str, Any]:
    return {"points": list(points), "curve": {"face": {"peak_delta_a": peak}}, "verdict": {"flags": list(flags)}}


def test_residuals_are_shown_in_percent_with_their_interval() -> None:
    trend = trend_of(
        document(point(-1, None), point(1, 0.6, "watch"), point(2, 0.3, usable=False)), BAND, "face", "residual"
    )
    assert [(row["day"], row["value"], row["status"]) for row in trend.points] == [(1, pytest.approx(60.0), "watch")]
    assert (trend.points[0]["low"], trend.points[0]["high"]) == (pytest.approx(50.0), pytest.approx(70.0))
    assert trend.band[0]["p95"] == pytest.approx(50.0)


def test_changes_keep_the_baseline_and_scale_the_band_by_the_peak() -> None:
    trend = trend_of(document(point(-1, None), point(1, 0.6)), BAND, "face", "delta")
    assert [row["day"] for row in trend.points] == [-1, 1]
    assert trend.points[0]["high"] - trend.points[0]["low"] == pytest.approx(2 * 1.96 * 0.5)
    assert trend.band[0]["p50"] == pytest.approx(0.3 * 8.0)


def test_without_a_peak_there_is_no_band_in_units_of_colour() -> None:
    assert trend_of(document(point(1, 0.6), peak=None), BAND, "face", "delta").band == []
    assert trend_of(document(point(1, 0.6), peak=None), BAND, "face", "residual").band != []


def test_a_region_that_was_never_seen_gives_an_empty_trend() -> None:
    assert trend_of(document(point(1, 0.6)), BAND, "chin", "residual").points == []


def test_only_the_flags_of_the_region_shown_are_marked() -> None:
    flags = (
        {"from_day": 4.0, "to_day": None, "region": "left_cheek", "message": "cheek"},
        {"from_day": 5.0, "to_day": None, "region": None, "message": "all"},
        {"from_day": None, "to_day": None, "region": None, "message": "no day"},
    )
    trend = trend_of(document(point(1, 0.6), flags=flags), BAND, "forehead", "residual")
    assert [row["message"] for row in trend.flags] == ["all"]


def test_the_trend_draws_each_point_with_the_shape_of_its_status() -> None:
    flag = {"from_day": 4.0, "to_day": None, "region": None, "message": "slow"}
    course = document(point(0.5, 0.9), point(4, 0.8, "watch"), point(7, 0.7, "outside"), flags=(flag,))
    svg = vl_convert.vegalite_to_svg(trend_chart(trend_of(course, BAND, "face", "residual"), selectable=True).to_dict())
    for status in ("inside", "worth watching", "outside"):
        assert f"Status: {status}" in svg
    assert svg.count('aria-roledescription="point"') == 3
    assert "⚑" in svg


def claim(name: str, document: str, from_h: float | None, to_h: float | None) -> dict[str, Any]:
    return {
        "id": name, "document": document, "heading": "Day", "sign": "redness", "who": "most", "from_h": from_h,
        "to_h": to_h, "state": "Gone.", "met": None, "applies": True,
    }  # fmt: skip


def test_windows_are_bars_under_their_documents_name() -> None:
    claims = [claim("R1", "b.txt", 0, 24), claim("R2", "a.txt", 24, 48), claim("R3", "a.txt", None, None)]
    chart = windows_chart([*claims, claim("R4", "a.txt", 400, 500)], (-0.25, 7.25))
    assert chart is not None
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    assert svg.count('aria-roledescription="bar"') == 2
    for text in ("R1 Day", "R2 Day", "a.txt", "b.txt"):
        assert f">{text}<" in svg
    for text in ("R3 Day", "R4 Day"):
        assert f">{text}<" not in svg


def test_no_hours_no_chart() -> None:
    assert windows_chart([claim("R3", "a.txt", None, None)], (0.0, 7.0)) is None


def test_of_several_sessions_the_latest_is_drawn_with_the_baseline() -> None:
    days = [(-1, None, None), (1, 0.9, 1), (3, 0.2, 1), (1, 0.8, 2)]
    points = [point(day, value) | {"session": session} for day, value, session in days]
    flags = tuple(
        {"from_day": 3.0, "to_day": None, "message": f"of {session}", "region": "face", "session": session}
        for session in (1, 2)
    )
    trend = trend_of(document(*points, flags=flags) | {"sessions": ["first", "second"]}, BAND, "face", "delta")
    assert [row["day"] for row in trend.points] == [-1, 1]
    assert [row["message"] for row in trend.flags] == ["of 2"]
