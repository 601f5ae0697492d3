"""Pieces that several pages show: the verdict's card, flags, tables, photographs. HTML is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from analyzer.exports.charts import LAST_DAY_SHOWN, Trend
from analyzer.records.courses import Course
from analyzer.records.photographs import Photograph
from analyzer.words import day, document_name, plain, region_name, say, table

STEPS_A_DAY = 8
REGION_ORDER = ("face", "forehead", "left_cheek", "right_cheek", "nose", "perioral", "chin")


def windows_of(course: Course) -> dict[str, Any]:
    """Claims and expected band for the patient's treatment (``rubor.windows/1``)."""
    from analyzer.recovery import windows

    return windows(course.patient.treatment, _tone_of(course))


def band_of(course: Course) -> list[dict[str, float]]:
    """The expected course, day by day, from the treatment to beyond the latest photograph."""
    from analyzer.recovery import expected_band

    band = expected_band(course.patient.treatment, _tone_of(course))
    last = max(LAST_DAY_SHOWN, course.last_day or 0.0) + 1.0
    return [band.row(step / STEPS_A_DAY) for step in range(int(last * STEPS_A_DAY) + 1)]


def _tone_of(course: Course) -> str | None:
    """Skin tone as the earliest measured photograph shows it: the skin at rest, where there is one."""
    tones = (one.reading.skin_tone for one in course.photographs if one.reading is not None)
    return next((tone.tone_class for tone in tones if tone is not None), None)


def standing_sentence() -> None:
    """The sentence that stands before every chart, whatever the verdict."""
    st.html(f'<p class="rubor-standing" role="note">{plain(say("app.urgent_standing"))}</p>')


def verdict_card(course: Course) -> None:
    """The verdict in words with its shape, then the sentence."""
    status, document = course.status, course.document
    lines = [
        f'<p class="rubor-status"><span class="icon" aria-hidden="true">{plain(say(f"status_icon.{status}"))}</span>'
        f"<span>{plain(say(f'status.{status}'))}</span></p>"
    ]
    if document is None:
        lines.append(f"<p>{plain(say('patient.waiting' if course.photographs else 'patient.no_photographs'))}</p>")
    else:
        verdict = document["verdict"]
        lines.append(f"<p>{plain(verdict['summary'])}</p>")
        if verdict.get("as_of_day") is not None:
            as_of = say("patient.as_of", day=day(verdict["as_of_day"]))
            lines.append(f'<p class="rubor-quiet">{plain(as_of)} {plain(say("app.not_a_diagnosis"))}</p>')
    st.html(f'<section class="rubor-card rubor-{status}" data-status="{status}">{"".join(lines)}</section>')


def flag_list(course: Course, *, detailed: bool = False) -> None:
    """Every flag with its message; a closed one says since when. ``detailed`` adds the clinician's sentence."""
    flags = course.document["verdict"]["flags"] if course.document else []
    if not flags:
        return
    items = []
    for flag in flags:
        text = plain(flag["message"])
        if detailed:
            text += f'<br><span class="rubor-quiet">{plain(flag["detail"])}</span>'
        if flag.get("to_day") is not None:
            text = f"<em>{plain(say('patient.flag_closed', day=day(flag['to_day'])))}:</em> {text}"
        items.append(f"<li>{text}</li>")
    (st.subheader if detailed else st.header)(say("patient.flags"))
    st.html(f'<ul class="rubor-list">{"".join(items)}</ul>')


def series_problems(course: Course) -> None:
    """What is odd about the photographs taken together, such as a face that is not like the others."""
    problems = course.document.get("problems", []) if course.document else []
    if problems:
        items = "".join(f"<li>{plain(one['message'])} {plain(one['advice'])}</li>" for one in problems)
        st.html(f'<ul class="rubor-list">{items}</ul>')


def lamp_changes(course: Course) -> None:
    """Photographs in another light than the first ones: their errors are not shared with the baseline."""
    changes = course.document.get("lamp_changes", []) if course.document else []
    if changes:
        with st.expander(say("clinician.lamps")):
            items = "".join(f"<li>{plain(one['message'])}</li>" for one in changes)
            st.html(f'<ul class="rubor-list">{items}</ul>')


def trend_table(trend: Trend) -> None:
    """The chart's numbers for those who cannot or would rather not look at it."""
    unit = " %" if trend.measure == "residual" else ""
    html_table(
        table("trend.columns").values(),
        [
            (
                day(row["day"]),
                f"{row['value']:.1f}{unit}",
                f"{row['low']:.1f}{unit}",
                f"{row['high']:.1f}{unit}",
                row["words"],
                row["label"],
            )
            for row in trend.points
        ],
        numbers=(0, 1, 2, 3),
        label=say("patient.trend"),
    )


def claims_table(claims: Iterable[Mapping[str, Any]]) -> None:
    """Claims with their document, window and whether the expected band meets them."""
    rows = []
    for claim in claims:
        hours = [claim["from_h"], claim["to_h"]]
        window = " - ".join("?" if one is None else day(one / 24) for one in hours)
        rows.append(
            (
                claim["id"],
                document_name(claim["document"]),
                claim["heading"],
                claim["who"],
                window,
                claim["state"],
                _met(claim),
            )
        )
    html_table(table("claims.columns").values(), rows, label=say("clinician.windows_table"))


def _met(claim: Mapping[str, Any]) -> str:
    if not claim["applies"]:
        return say("clinician.not_for")
    return "" if claim["met"] is None else say(f"claims.met_{'yes' if claim['met'] else 'no'}")


def claim_sentences(claims: Sequence[Mapping[str, Any]]) -> None:
    """Claims as sentences with who they are said of and where they stand."""
    items = []
    for claim in claims:
        source = say(
            "patient.says_source",
            who=table("who").get(claim["who"], claim["who"]),
            document=document_name(claim["document"]),
            heading=claim["heading"],
        )
        items.append(f'<li>{plain(claim["state"])}<br><span class="rubor-quiet">{plain(source)}</span></li>')
    st.html(f'<ul class="rubor-list">{"".join(items)}</ul>')


def html_table(
    header: Iterable[str], rows: Sequence[Sequence[object]], *, label: str, numbers: Sequence[int] = ()
) -> None:
    """A real table (Streamlit's is painted on a canvas), which scrolls by itself on a narrow screen."""

    def cell(tag: str, index: int, value: object) -> str:
        extra = ' class="number"' if index in numbers else ""
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{scope}{extra}>{plain(value)}</{tag}>"

    head = "".join(cell("th", index, value) for index, value in enumerate(header))
    body = "".join(
        "<tr>" + "".join(cell("td", index, value) for index, value in enumerate(row)) + "</tr>" for row in rows
    )
    st.html(
        f'<div class="rubor-scroll" role="region" tabindex="0" aria-label="{plain(label)}">'
        f'<table class="rubor-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def photo_html(photograph: Photograph, caption: str, side: int) -> str:
    """An image tag on the own, guarded route."""
    source = f"/photo/{plain(photograph.id)}?w={side}"
    return f'<img class="rubor-photo" src="{source}" alt="{plain(caption)}" loading="lazy">'


def links(pairs: Iterable[tuple[str, str]]) -> None:
    """Download links on own routes."""
    anchors = "".join(f'<a href="{plain(target)}" download>{plain(text)}</a>' for text, target in pairs)
    st.html(f'<nav class="rubor-links">{anchors}</nav>')


def regions_of(course: Course) -> list[str]:
    """The regions that any point of the course has, the whole face first."""
    if course.document is None:
        return []
    found = {name for point in course.document["points"] for name in point["regions"]}
    rest = sorted(found - set(REGION_ORDER))
    return [name for name in (*REGION_ORDER, *rest) if name in found]


def region_select(regions: Sequence[str], key: str, label: str) -> str:
    return str(st.selectbox(label, regions, format_func=region_name, key=key))


def chosen_patient(courses: Sequence[Course], label: str, key: str) -> Course:
    """The record to look at: the same one on every page until another is chosen."""
    ids = [one.patient.id for one in courses]
    names = {one.patient.id: f"{one.patient.name} - {say(f'status_short.{one.status}')}" for one in courses}
    current = st.session_state.get("patient_id")
    index = ids.index(current) if current in ids else 0
    if len(ids) > 1:
        chosen = st.selectbox(label, ids, index=index, format_func=lambda one: names[one], key=key)
    else:
        chosen = ids[0]
    st.session_state["patient_id"] = chosen
    return courses[ids.index(chosen)]
