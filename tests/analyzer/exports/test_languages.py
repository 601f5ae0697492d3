"""What leaves the program in German is German: reports, exports, and the reasons why lines were left out."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest

from analyzer.assess import assess
from analyzer.exports.csv_table import csv_files
from analyzer.exports.dicom import dicom_files
from analyzer.exports.exported import Exported
from analyzer.exports.fhir import fhir_bundle
from analyzer.exports.report import write_report
from analyzer.pipeline import SeriesReport, build_series
from analyzer.reading import Reading
from analyzer.recovery import judge
from analyzer.signs import read_signs
from analyzer.treatment import Treatment
from calibration.language import speaking

# Words that no German sentence holds, and nearly every English one does.
ENGLISH = frozenset({"the", "is", "are", "of", "and", "with", "from", "for", "on", "to", "it", "not", "no", "your"})


def english_in(text: str) -> set[str]:
    return ENGLISH & set(re.findall(r"[A-Za-z]+", text.lower()))


@pytest.fixture
def german() -> Iterator[None]:
    with speaking("de"):
        yield


def test_the_words_tell_english_from_german(exported: Callable[..., Exported]) -> None:
    assert english_in(exported().document["verdict"]["summary"])
    with speaking("de"):
        assert not english_in(exported().document["verdict"]["summary"])


@pytest.mark.usefixtures("german")
def test_a_report_is_german_but_for_what_documents_are_called(
    tmp_path: Path, readings: tuple[Reading, ...], treatment: Treatment
) -> None:
    result = SeriesReport(treatment, readings, judge(build_series("p07", treatment, readings)))
    write_report(result, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Microneedling, Gesicht, 01.05.2026 10:30; Nadeln 1.5 mm" in page
    # Who says it, document and heading, at the end of a claim, are names.
    bare = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    words = re.sub(r" \([^()]*; [^<]*\)</li>", "</li>", bare)
    assert not english_in(re.sub(r"<[^>]*>", " ", words))


@pytest.mark.usefixtures("german")
def test_exports_say_german_sentences_and_name_the_language(tmp_path: Path, exported: Callable[..., Exported]) -> None:
    found = [one["resource"] for one in json.loads(fhir_bundle(exported()))["entry"]]
    report = next(one for one in found if one["resourceType"] == "DiagnosticReport")
    assert report["language"] == "de"
    said = [report["conclusion"], *(note["text"] for one in found for note in one.get("note", ()))]
    said += [one["method"]["text"] for one in found if one["resourceType"] == "Observation"]
    (content,) = dicom_files(exported(), tmp_path / "r.dcm").values()
    document = pydicom.dcmread(io.BytesIO(content))
    assert document.ContentSequence[0].ConceptCodeSequence[0].CodeValue == "de"
    said += [one.TextValue for one in document.ContentSequence[-1].ContentSequence]
    about = csv_files(exported(), tmp_path / "x.csv")[tmp_path / "x_about.txt"].decode()
    said.append(about.partition("rubor assess")[0])
    assert len(said) > 10
    for sentence in said:
        assert not english_in(sentence), sentence


@pytest.mark.usefixtures("german")
def test_what_is_wrong_with_a_line_is_said_in_german(tmp_path: Path) -> None:
    times = ("2026-05-04T08:00:00+02:00", "yesterday", "2026-05-04T08:00:00")
    lines = [f"{times[0]},sneezing,1", f"{times[1]},fever,1", f"{times[2]},fever,1", f"{times[0]},fever,9"]
    (tmp_path / "signs.csv").write_text("\n".join(["captured_at,sign,severity", *lines]))
    said = [one.sentence for one in read_signs(tmp_path)[1]]
    assert len(said) == len(lines)
    cells = ["yesterday,9", "2026-05-04T08:00:00,9", f"{times[0]},", f"{times[0]},red", f"{times[0]},9e9"]
    (tmp_path / "r.csv").write_text("\n".join(["patient,captured_at,a", *(f"p,{cell}" for cell in cells)]))
    (tmp_path / "t.csv").write_text(
        "patient,treated_at,procedure,needle_depth_mm,passes,body_area,sensitive_skin,conditions,lotion\n"
        + "\n".join(f"p,{row}" for row in treatments())
    )
    (document,) = assess(tmp_path / "r.csv", tmp_path / "t.csv")
    messages: list[dict[str, Any]] = document["problems"]
    said += [f"{one['message']} {one['advice']}" for one in messages]
    assert sum(one["code"] == "bad_line" for one in messages) == len(cells) + len(treatments())
    for sentence in said:
        assert not english_in(re.sub(r"(?:bekannt sind|eines von) [^.]*", "", sentence)), sentence


def treatments() -> list[str]:
    """Lines of which each is wrong in a way of its own."""
    good = "2026-05-01T10:30:00+02:00"
    return [
        "soon,,,,,,,", "2026-05-01T10:30:00,,,,,,,", "1026-05-01T10:30:00+02:00,,,,,,,", ",,,,,,,",
        f"{good},tattoo,,,,,,", f"{good},,deep,,,,,", f"{good},,9,,,,,", f"{good},,,99,,,,", f"{good},,,,tail,,,",
        f"{good},,,,,maybe,,", f"{good},,,,,,{'x' * 99},", f"{good},,,,,,{';'.join(['x'] * 30)},", f"{good},,,,,,,oil",
    ]  # fmt: skip
