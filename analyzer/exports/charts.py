"""Charts of a course: the trend in its expected band, and the documents' windows along the same days.

Meaning is never in colour alone: status is a shape, flags are marked with a line and a letter. Greys and blues
only, so that nothing looks like "go" or "stop".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

from analyzer.words import document_name, say, table

Measure = Literal["residual", "delta"]
Row = dict[str, Any]
Drawing = alt.LayerChart | alt.FacetChart

INK = "#1c2430"
OUTER_BAND, INNER_BAND, MEDIAN = "#dde4ec", "#bccadb", "#6b7f95"
SHAPES = {"within": "circle", "watch": "triangle-up", "outside": "diamond", "insufficient": "square"}
SHADES = {"within": "#1d4f7a", "watch": "#5a3d82", "outside": "#111827", "insufficient": "#7b8794"}
BAND = ("day", "p5", "p25", "p50", "p75", "p95")
PICK = "pick"
Z95 = 1.96
LAST_DAY_SHOWN = 7.0
AXIS_WIDTH = 44
SHORTEST_BAR = 0.04


@dataclass(frozen=True)
class Trend:
    """What a trend chart draws, as rows: also what its table shows."""

    points: list[Row]
    band: list[Row]
    flags: list[Row]
    measure: Measure

    @property
    def days(self) -> tuple[float, float]:
        """The days shown: all points and at least the first week."""
        days = [row["day"] for row in self.points]
        return min([0.0, *days]) - 0.25, max([LAST_DAY_SHOWN, *days]) + 0.25


def trend_of(document: Mapping[str, Any], band: Sequence[Mapping[str, float]], region: str, measure: Measure) -> Trend:
    """Rows for ``region``: residuals in percent of the peak, or changes of a* against the baseline."""
    # Each session counts its own days, so only the latest and the baseline share an axis.
    latest = max(len(document.get("sessions", ())), 1)
    shown = [point for point in document["points"] if point.get("session") in (None, latest)]
    points = [row for point in shown if (row := _point(point, region, measure))]
    peak = (document.get("curve") or {}).get(region, {}).get("peak_delta_a")
    factor = 100.0 if measure == "residual" else peak
    scaled = [] if factor is None else [_scaled(row, factor) for row in band]
    flags = [
        {"day": flag["from_day"], "to_day": flag.get("to_day"), "message": flag["message"]}
        for flag in document["verdict"]["flags"]
        if flag.get("from_day") is not None and flag.get("region") in (None, region, "face")
        if flag.get("session", latest) == latest
    ]
    trend = Trend(points, scaled, flags, measure)
    first, last = trend.days
    return Trend(points, [row for row in scaled if first <= row["day"] <= last], flags, measure)


def trend_chart(trend: Trend, height: int = 300, *, selectable: bool = False) -> Drawing:
    """The trend in its band. With ``selectable`` a click on a point selects its ``photo_id``."""
    x = alt.X("day:Q", title=say("time.days_since"), scale=alt.Scale(domain=list(trend.days), nice=False, zero=False))
    x = x.axis(tickMinStep=1, grid=False, format="d")
    title = say(f"trend.{trend.measure}")
    scale = alt.Scale(domain=_value_domain(trend), nice=True, zero=False)
    axis = alt.Axis(minExtent=AXIS_WIDTH, maxExtent=AXIS_WIDTH, tickCount=5)

    def y(name: str) -> alt.Y:
        return alt.Y(f"{name}:Q", title=title, scale=scale, axis=axis)

    band = _on(trend.band)
    marks = _on(trend.points)
    flags = _on(trend.flags)
    zero = _on([{"zero": 0}]).mark_rule(color=MEDIAN, strokeWidth=1).encode(y=y("zero"))
    points = marks.mark_point(filled=True, size=110, opacity=1, stroke="white", strokeWidth=1).encode(
        x=x,
        y=y("value"),
        shape=alt.Shape("status:N", scale=_scale(SHAPES), legend=None),
        color=alt.Color("status:N", scale=_scale(SHADES), legend=None),
        tooltip=[
            alt.Tooltip("label:N", title=_column("trend", "photograph")),
            alt.Tooltip("day:Q", title=_column("trend", "day"), format=".1f"),
            alt.Tooltip("value:Q", title=title, format=".1f"),
            alt.Tooltip("words:N", title=_column("trend", "status")),
        ],
    )
    if selectable:
        points = points.add_params(alt.selection_point(name=PICK, fields=["photo_id"], on="click"))
    layers: list[alt.Chart] = []
    if trend.band:
        layers += [
            band.mark_area(color=OUTER_BAND, clip=True).encode(x=x, y=y("p5"), y2="p95:Q"),
            band.mark_area(color=INNER_BAND, clip=True).encode(x=x, y=y("p25"), y2="p75:Q"),
            band.mark_line(color=MEDIAN, strokeDash=[5, 3], strokeWidth=1.5, clip=True).encode(x=x, y=y("p50")),
        ]
    layers.append(zero)
    if trend.flags:
        layers += [
            flags.mark_rule(color=INK, strokeDash=[2, 3], strokeWidth=1.5).encode(x=x, tooltip="message:N"),
            flags.mark_text(text="⚑", baseline="top", dx=9, fontSize=15, color=INK).encode(
                x=x, y=alt.value(2), tooltip="message:N"
            ),
        ]
    layers += [
        marks.mark_line(color=SHADES["within"], strokeWidth=1, opacity=0.5).encode(x=x, y=y("value")),
        marks.mark_rule(color=INK, strokeWidth=1.5, clip=True).encode(x=x, y=y("low"), y2="high:Q"),
        points,
    ]
    return _tidy(alt.layer(*layers).properties(height=height))


def windows_chart(claims: Sequence[Mapping[str, Any]], days: tuple[float, float]) -> Drawing | None:
    """A bar for each claim that names hours, under its document's name; None where none does."""
    first, last = days
    bars = [_bar(claim, first, last) for claim in claims if _speaks_before(claim, last)]
    if not bars:
        return None
    bars.sort(key=lambda row: (row["document"], row["from"], row["to"]))
    documents = list(dict.fromkeys(row["document"] for row in bars))
    titles = [{"row": f"title {one}", "from": first, "text": one} for one in documents]
    order = [
        name
        for title, document in zip(titles, documents, strict=True)
        for name in (title["row"], *(row["row"] for row in bars if row["document"] == document))
    ]
    x = alt.X("from:Q", title=say("time.days_since"), scale=alt.Scale(domain=[first, last], nice=False, zero=False))
    x = x.axis(tickMinStep=1, format="d", orient="top", gridColor=OUTER_BAND)
    axis = alt.Axis(labels=False, ticks=False, domain=False, minExtent=AXIS_WIDTH, maxExtent=AXIS_WIDTH)
    y = alt.Y("row:N", sort=order, title=" ", axis=axis)
    tooltip = [
        alt.Tooltip("document:N", title=_column("claims", "document")),
        alt.Tooltip("text:N", title=_column("claims", "id")),
        alt.Tooltip("who:N", title=_column("claims", "who")),
        alt.Tooltip("state:N", title=_column("claims", "state")),
    ]

    def texts(rows: list[Row], **style: Any) -> alt.Chart:
        marks: alt.Chart = _on(rows).mark_text(fontSize=11, color=INK, **style).encode(x=x, y=y, text="text:N")
        return marks

    # A name that would run out of the picture is written to the left of its bar.
    middle = first + 0.6 * (last - first)
    early, late = ([row for row in bars if (row["from"] > middle) is side] for side in (False, True))
    layers = [
        _on(bars).mark_bar(height=15, cornerRadius=2, color=INNER_BAND).encode(x=x, x2="to:Q", y=y, tooltip=tooltip),
        texts(titles, align="left", dx=2, fontWeight="bold"),
        texts(early, align="left", dx=4),
        texts(late, align="right", dx=-4),
    ]
    return _tidy(alt.layer(*layers).properties(height=alt.Step(18)))


def _bar(claim: Mapping[str, Any], first: float, last: float) -> Row:
    start, end = claim["from_h"] / 24, claim["to_h"] / 24
    return {
        "from": max(start, first),
        "to": min(max(end, start + SHORTEST_BAR), last),
        "row": claim["id"],
        "text": f"{claim['id']} {claim['heading']}",
        "document": document_name(claim["document"]),
        "who": claim["who"],
        "state": claim["state"],
    }


def _speaks_before(claim: Mapping[str, Any], last: float) -> bool:
    return claim["from_h"] is not None and claim["to_h"] is not None and claim["from_h"] / 24 < last


def _point(point: Mapping[str, Any], region: str, measure: Measure) -> Row | None:
    numbers = point["regions"].get(region) if point["usable"] else None
    if not numbers:
        return None
    if measure == "residual":
        value, spread = numbers["residual"], numbers.get("residual_ci95")
        if value is None:
            return None
        value *= 100.0
        low, high = (100.0 * spread[0], 100.0 * spread[1]) if spread else (value, value)
    else:
        value, error = numbers["delta_a"], numbers.get("delta_a_se")
        if value is None:
            return None
        low, high = value - Z95 * (error or 0.0), value + Z95 * (error or 0.0)
    status = point["status"]
    return {
        "photo_id": point.get("photo_id"),
        "label": point["file"],
        "day": point["day"],
        "value": value,
        "low": low,
        "high": high,
        "status": status if status in SHAPES else "insufficient",
        "words": table("status_short").get(status, status),
    }


def _scaled(row: Mapping[str, float], factor: float) -> Row:
    return {name: value if name == "day" else value * factor for name, value in row.items() if name in BAND}


def _value_domain(trend: Trend) -> list[float]:
    """From a little below zero to the highest point; wild error bars are cut off, not followed."""
    values = [row["value"] for row in trend.points]
    full = 100.0 if trend.measure == "residual" else 4.0
    bars = [min(max(row["low"], -0.4 * full), 0.0) for row in trend.points]
    tops = [min(row["high"], max([full, *values]) * 1.15) for row in trend.points]
    return [min([-0.05 * full, *bars, *values]), max([1.05 * full, *tops, *values])]


def _scale(kinds: Mapping[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(kinds), range=list(kinds.values()))


def _on(rows: list[Row]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _tidy(chart: Drawing) -> Drawing:
    axes = chart.configure_axis(
        labelFontSize=12, titleFontSize=12, labelColor=INK, titleColor=INK, titleFontWeight="normal"
    )
    tidy: Drawing = axes.configure_view(stroke=None)
    return tidy


def _column(of: str, name: str) -> str:
    return str(table(f"{of}.columns")[name])


def measure_name(measure: Measure) -> str:
    return say(f"clinician.measure_{measure}")
