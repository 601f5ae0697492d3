"""A report of one series for people, as HTML or PDF: the verdict, the trend, the days, what it rests on.

It holds no photograph: a report is mailed and printed more lightly than a face should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analyzer.exports.page import Page
from analyzer.pipeline import SeriesReport
from analyzer.recovery import windows
from analyzer.recovery.settings import DOCUMENTS
from analyzer.treatment import Treatment
from analyzer.words import say, table
from calibration.errors import writing
from calibration.problems import reworded

_CHART_WIDTH = 640


def write_report(result: SeriesReport, path: Path) -> None:
    """Write ``path`` as HTML or PDF, by its ending. Raises ``UsageError`` where it cannot be written."""
    page = _page(result)
    if path.suffix.lower() == ".pdf":
        from analyzer.exports.pdf import pdf_report

        content = pdf_report(page, chart_png(page))
    else:
        from analyzer.exports.html import html_report

        content = html_report(page, chart_svg(page)).encode("utf-8")
    with writing(path):
        path.write_bytes(content)


def _page(result: SeriesReport) -> Page:
    document = result.to_json()
    band = windows(result.treatment, result.recovery.tone, settings=result.settings)
    said = {claim["id"]: claim for claim in band["claims"]}
    named = dict.fromkeys(
        [*document["verdict"]["claims"], *(one for flag in document["verdict"]["flags"] for one in flag["claims"])]
    )
    return Page(
        title=document["patient"],
        treated=_treatment_in_words(result.treatment) + _band_in_words(result.recovery.band_source),
        verdict=document["verdict"],
        urgent=document["urgent"],
        days=tuple(_row(point, len(document["sessions"]) > 1) for point in document["points"]),
        claims=tuple(_claim_in_words(said[one]) for one in named if one in said),
        problems=tuple(f"{one.file}: {reworded(why).sentence}" for one in result.readings for why in one.problems),
        chart=_chart(document, band["band"]),
    )


def _band_in_words(source: str) -> str:
    """Whose numbers the band is made of, where they are not the documents'."""
    return "" if source == DOCUMENTS else f". {say('report.band', source=source)}"


def _treatment_in_words(treatment: Treatment) -> str:
    what, where = say(f"form.procedures.{treatment.procedure}"), say(f"form.areas.{treatment.body_area}")
    parts = [f"{what}, {where}, {treatment.treated_at.strftime(say('time.date'))}"]
    if treatment.needle_depth_mm is not None:
        parts.append(say("report.depth", depth=f"{treatment.needle_depth_mm:g}"))
    if treatment.passes is not None:
        parts.append(say("report.passes", passes=treatment.passes))
    if treatment.sensitive_skin:
        parts.append(say("report.sensitive"))
    known = table("form.known_conditions")
    return "; ".join([*parts, *(str(known.get(one, one)) for one in treatment.conditions)])


def _row(point: Mapping[str, Any], several: bool) -> tuple[str, ...]:
    """One line of the table of days; with several sessions a day says whose it is."""
    day = f"{point['day']:.1f}"
    if several and point["session"] is not None:
        day = f"{point['session']}: {day}"
    face = point["regions"].get("face")
    if face is None:
        return (day, point["file"], "-", "-", "-", "-", say("report.not_used"))
    delta, se, left, band = (face[key] for key in ("delta_a", "delta_a_se", "residual", "expected_residual"))
    return (
        day,
        point["file"],
        f"{face['a']:.1f}",
        "-" if delta is None else f"{delta:+.1f} ± {2 * se:.1f}",
        "-" if left is None else f"{100 * left:.0f} %",
        "-" if band is None else say("report.expected", low=f"{100 * band['p5']:.0f}", high=f"{100 * band['p95']:.0f}"),
        say("report.baseline") if point["day"] < 0 else say(f"status_short.{point['status']}"),
    )


def _claim_in_words(claim: Mapping[str, Any]) -> str:
    return f"{claim['id']}: {claim['state']} ({claim['who']}; {claim['document']}, {claim['heading']})"


def _chart(document: Mapping[str, Any], band: list[dict[str, float]]) -> Any:
    from analyzer.exports.charts import Measure, trend_chart, trend_of

    measure: Measure = "residual" if any(_has_residual(point) for point in document["points"]) else "delta"
    return trend_chart(trend_of(document, band, "face", measure)).properties(width=_CHART_WIDTH)


def _has_residual(point: Mapping[str, Any]) -> bool:
    return point["regions"].get("face", {}).get("residual") is not None


def chart_svg(page: Page) -> str:
    """The trend as SVG text."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(page.chart.to_dict()))


def chart_png(page: Page) -> bytes:
    """The trend as a PNG, sharp in print."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(page.chart.to_dict(), scale=3))
