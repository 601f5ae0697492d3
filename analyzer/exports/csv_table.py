"""A tidy table of readings that ``rubor assess`` reads back, and one of treatments beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from analyzer.exports.exported import Exported, intended_use
from analyzer.words import say

# The first seven are what ``rubor assess`` reads; the rest is for people and spreadsheets.
READINGS = (
    "patient", "captured_at", "region", "L", "a", "b", "a_se",
    "file", "session", "day", "delta_a", "delta_a_se", "residual", "status",
    "a_sd", "a_level", "erythema_index", "pixels", "card", "problems",
)  # fmt: skip
TREATMENTS = (
    "patient", "treated_at", "procedure", "needle_depth_mm", "passes", "body_area", "skin_tone", "sensitive_skin",
    "conditions",
)  # fmt: skip


def csv_files(export: Exported, path: Path) -> dict[Path, bytes]:
    """The files of the export by their paths: beside ``path`` if that ends in ``.csv``, else in the folder ``path``."""
    if path.suffix.lower() == ".csv":
        names = path, path.with_name(f"{path.stem}_treatments.csv"), path.with_name(f"{path.stem}_about.txt")
    else:
        names = path / "readings.csv", path / "treatments.csv", path / "about.txt"
    about = intended_use() + "\n\n" + say("export.tables", readings=names[0].name, treatments=names[1].name)
    return {
        names[0]: readings_table(export),
        names[1]: _table(TREATMENTS, _treatments(export)),
        names[2]: about.encode("utf-8"),
    }


def readings_table(export: Exported) -> bytes:
    """One line for each photograph and region, with the columns that ``rubor assess`` reads and a few more."""
    return _table(READINGS, _readings(export))


def _readings(export: Exported) -> Iterator[Mapping[str, Any]]:
    for point in export.usable_points():
        reading = export.readings[point["file"]]
        card = (reading.calibration or {}).get("card") if reading.calibrated else None
        for name in reading.regions:
            region = export.region_of(point["file"], name)
            judged = point["regions"].get(name, {})
            yield {
                "patient": export.patient,
                "captured_at": point["captured_at"],
                "region": name,
                "L": region.L,
                "a": region.a,
                "b": region.b,
                "a_se": region.a_se,
                "file": point["file"],
                "session": point["session"],
                "day": point["day"],
                **{key: judged.get(key) for key in ("delta_a", "delta_a_se", "residual")},
                "status": "baseline" if point["session"] is None else point["status"],
                "a_sd": region.a_sd,
                "a_level": region.a_level,
                "erythema_index": region.erythema_index,
                "pixels": region.pixels,
                "card": card,
                "problems": " ".join(one.code for one in reading.problems),
            }


def _treatments(export: Exported) -> Iterator[Mapping[str, Any]]:
    for session in export.treatment.sessions:
        keys = session.to_json()
        conditions = ";".join(session.conditions)
        yield {"patient": export.patient, **{key: keys[key] for key in TREATMENTS[1:]}, "conditions": conditions}


def _table(columns: Sequence[str], rows: Iterator[Mapping[str, Any]]) -> bytes:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return out.getvalue().encode("utf-8")


def _cell(value: object) -> str:
    """A value as text: numbers with all that is known of them, nothing for unknown, and no formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int):
        return str(value)
    text = " ".join(str(value).split())
    # A spreadsheet runs what begins like a formula; a name or a file name must not.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
