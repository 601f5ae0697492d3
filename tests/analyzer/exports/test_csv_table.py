"""The tables of an export: judged again to the same, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer.assess import assess
from analyzer.exports.csv_table import csv_files
from analyzer.exports.exported import Exported, intended_use
from analyzer.exports.files import write_whole
from analyzer.pipeline import build_series
from analyzer.reading import LABELS, Reading
from analyzer.recovery import judge
from analyzer.treatment import Treatment

Export = Callable[..., Exported]


def test_the_tables_are_judged_again_to_the_same(tmp_path: Path, exported: Export) -> None:
    export = exported()
    write_whole(csv_files(export, tmp_path / "out"))
    (again,) = assess(tmp_path / "out" / "readings.csv", tmp_path / "out" / "treatments.csv")
    assert again["problems"] == []
    assert again["patient"] == "p07"
    assert again["sessions"] == export.document["sessions"]
    before, after = by_moment(export.document), by_moment(again)
    assert before.keys() == after.keys()
    for key, one in before.items():
        assert one["a"] == pytest.approx(after[key]["a"], abs=1e-4)
        if one["delta_a"] is not None:
            assert one["delta_a"] == pytest.approx(after[key]["delta_a"], abs=1e-3)


def test_what_the_series_compares_is_what_is_judged_again(
    tmp_path: Path, treatment: Treatment, readings: tuple[Reading, ...], exported: Export
) -> None:
    # Every photograph has a scale of its own for changes: 0.3 a* more or less, and a gain.
    scaled = tuple(
        replace(
            one,
            regions={
                name: replace(region, change_a=region.a + 0.3 * (-1) ** place, change_a_se=0.35, change_gain=0.9)
                for name, region in one.regions.items()
            },
        )
        for place, one in enumerate(readings)
    )
    document = judge(build_series("p07", treatment, scaled)).to_json()
    export = replace(exported(), document=document, readings={one.file: one for one in scaled})
    write_whole(csv_files(export, tmp_path / "out"))
    (again,) = assess(tmp_path / "out" / "readings.csv", tmp_path / "out" / "treatments.csv")
    before, after = by_moment(document), by_moment(again)
    plain = by_moment(exported().document)
    moved = []
    for key, one in before.items():
        moved.append(one["a"] - plain[key]["a"])
        for number in ("a", "delta_a", "delta_a_se"):
            assert (one[number] is None) == (after[key][number] is None)
            assert one[number] is None or one[number] == pytest.approx(after[key][number], abs=2e-3)
    assert max(map(abs, moved)) > 0.3


def by_moment(document: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(point["captured_at"], name): one for point in document["points"] for name, one in point["regions"].items()}


def test_the_first_columns_are_those_that_assess_reads(
    tmp_path: Path, exported: Export, readings: tuple[Reading, ...]
) -> None:
    files = csv_files(exported(), tmp_path / "x.csv")
    table = files[tmp_path / "x.csv"].decode()
    assert table.startswith("patient,captured_at,region,L,a,b,a_se,")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == len(readings) * len(LABELS)
    cheek = next(row for row in rows if row["region"] == "left_cheek" and row["file"] == "d+1.0.jpg")
    assert float(cheek["a"]) == pytest.approx(11.4 + 8 * 0.5 ** (1 / 1.5), abs=1e-4)
    assert cheek["captured_at"] == "2026-05-02T10:30:00+02:00"
    assert float(cheek["day"]) == pytest.approx(1.0, abs=1e-3)
    assert cheek["card"] == "classic-24"
    assert {row["status"] for row in rows if row["session"] == ""} == {"baseline"}
    assert next(row for row in rows if row["file"] == "d+7.0.jpg")["problems"] == "no_card"
    sessions = list(csv.DictReader(io.StringIO(files[tmp_path / "x_treatments.csv"].decode())))
    assert sessions == [
        {
            "patient": "p07", "treated_at": "2026-05-01T10:30:00+02:00", "procedure": "microneedling",
            "needle_depth_mm": "1.5", "passes": "4", "body_area": "face", "skin_tone": "auto",
            "sensitive_skin": "true", "conditions": "rosacea",
        }
    ]  # fmt: skip
    assert intended_use().encode() in files[tmp_path / "x_about.txt"]


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", ' "x,y"\n=1'])
def test_no_cell_begins_like_a_formula(name: str, tmp_path: Path, exported: Export) -> None:
    write_whole(csv_files(exported(name), tmp_path))
    for file in ("readings.csv", "treatments.csv"):
        for row in csv.reader(io.StringIO((tmp_path / file).read_text())):
            for cell in row:
                assert cell[:1] not in ("=", "+", "@", "\t", "\r") and (cell[:1] != "-" or is_number(cell))
    (again,) = assess(tmp_path / "readings.csv", tmp_path / "treatments.csv")
    assert again["usable"]  # both tables name the patient alike


def is_number(cell: str) -> bool:
    return math.isfinite(float(cell))
