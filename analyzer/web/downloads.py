"""What a patient's record gives to other programs: the series as JSON, the readings as CSV."""

from __future__ import annotations

import csv
import json
from io import StringIO

from analyzer.records.courses import Course

CSV_COLUMNS = ("patient", "captured_at", "region", "L", "a", "b", "a_se", "file", "bare_skin", "problems")


def series_json(course: Course) -> str:
    """The document ``rubor.series/1``; with ``usable: false`` where nothing was measured yet."""
    document = course.document or {
        "schema": "rubor.series/1",
        "patient": course.patient.name,
        "usable": False,
        "treated_at": course.patient.treatment.treated_at.isoformat(),
        "points": [],
        "problems": [],
    }
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)


def readings_csv(course: Course) -> str:
    """One line per photograph and region, with the columns that ``rubor assess`` reads and a few more."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for photograph in course.photographs:
        reading = photograph.reading
        if reading is None or not reading.usable or photograph.captured_at is None:
            continue
        problems = " ".join(one.code for one in photograph.problems)
        for name, region in reading.regions.items():
            numbers = (f"{value:.3f}" for value in (region.L, region.a, region.b, region.a_se))
            L, a, b, a_se = numbers
            writer.writerow(
                (
                    _text(course.patient.name),
                    photograph.captured_at.isoformat(),
                    name,
                    L,
                    a,
                    b,
                    a_se,
                    _text(photograph.name),
                    int(photograph.bare_skin),
                    problems,
                )
            )
    return out.getvalue()


def _text(value: str) -> str:
    """A spreadsheet runs a cell that begins like a formula; a name must not."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
