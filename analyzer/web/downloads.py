"""What a patient's record gives to other programs: the series as JSON, the readings as CSV."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from analyzer.exports.csv_table import readings_table
from analyzer.exports.exported import of_course
from analyzer.records.courses import Course


def series_json(course: Course) -> str:
    """The document ``rubor.series/1``; with ``usable: false`` where nothing was measured yet."""
    return json.dumps(_document(course), ensure_ascii=False, indent=1, allow_nan=False)


def readings_csv(course: Course) -> bytes:
    """The same table as ``rubor export --format csv`` writes; its heading alone where nothing was measured yet."""
    return readings_table(of_course(course, _document(course)))


def _document(course: Course) -> Mapping[str, Any]:
    return course.document or {
        "schema": "rubor.series/1",
        "patient": course.patient.name,
        "usable": False,
        "treated_at": course.patient.treatment.treated_at.isoformat(),
        "points": [],
        "problems": [],
    }
