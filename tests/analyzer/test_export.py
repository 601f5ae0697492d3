"""What other systems get: tables that judge the same again, FHIR and DICOM that hold, and no photograph unasked."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from analyzer import pipeline
from analyzer.assess import assess
from analyzer.cli import main
from analyzer.exports.csv_table import csv_files
from analyzer.exports.dicom import dicom_files
from analyzer.exports.exported import INTENDED_USE, Exported, from_record
from analyzer.exports.fhir import fhir_bundle
from analyzer.exports.files import write_whole
from analyzer.pipeline import SeriesReport, build_series
from analyzer.reading import LABELS, Reading, RegionReading
from analyzer.records.access import LOCAL_USER
from analyzer.records.analyst import Analyst, Measurement, standard_analyst
from analyzer.records.archive import open_archive
from analyzer.records.database import AuditRow
from analyzer.records.patients import create_patient
from analyzer.records.photographs import add_photograph
from analyzer.recovery import judge
from analyzer.treatment import Treatment
from calibration.errors import UsageError
from calibration.problems import problem

TREATED = datetime.fromisoformat("2026-05-01T10:30:00+02:00")
TREATMENT = Treatment(TREATED, needle_depth_mm=1.5, passes=4, conditions=("rosacea",), sensitive_skin=True)
DAYS = (-2.0, -1.0, 0.2, 1.0, 2.0, 3.0, 5.0, 7.0)
SECRETS = (b"51 deg north", b"Secretive Phone")


def region(name: str, a: float) -> RegionReading:
    return RegionReading(LABELS[name], 5000, 61.25, a, 17.5, 1.9, 0.4, a - 0.1, 0.3)


def reading(day: float, patient: str = "") -> Reading:
    """Redness that falls by half a day and a half, the left cheek a little redder; the last without a card."""
    rise = 8.0 * 0.5 ** (day / 1.5) if day > 0 else 0.0
    regions = {name: region(name, 11.0 + rise + 0.4 * (name == "left_cheek")) for name in LABELS}
    card = {"card": "classic-24", "found": True, "method": "spectral-prior", "lamp": None}
    problems = (problem("no_card"),) if day == DAYS[-1] else ()
    file = f"{patient}d{day:+.1f}.jpg"
    calibration = card if not problems else {**card, "card": None, "found": False}
    return Reading(file, TREATED + timedelta(days=day), 64, 48, True, problems, calibration, regions=regions)


def photograph(red: int = 180) -> bytes:
    """A JPEG that tells where and with what it was taken."""
    exif = Image.Exif()
    exif[0x0110] = "Secretive Phone"
    exif.get_ifd(0x8825)[0x001D] = "51 deg north"
    pixels = np.full((48, 64, 3), (red, 120, 100), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


READINGS = tuple(reading(day) for day in DAYS)


def exported(patient: str = "p07") -> Exported:
    document = judge(build_series(patient, TREATMENT, READINGS)).to_json()

    def photographs() -> Iterator[tuple[str, bytes]]:
        yield from ((one.file, photograph()) for one in READINGS)

    return Exported(patient, "pseudonym-1", TREATMENT, document, {one.file: one for one in READINGS}, photographs)


@pytest.fixture
def series_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with photographs that are taken as measured: measuring has tests of its own."""
    folder = tmp_path / "p07"
    folder.mkdir()
    (folder / "treatment.toml").write_text("treated_at = 2026-05-01T10:30:00+02:00\n")
    for one in READINGS:
        (folder / one.file).write_bytes(photograph())

    def measured(folder: Path, **_: Any) -> SeriesReport:
        return SeriesReport(TREATMENT, READINGS, judge(build_series(folder.name, TREATMENT, READINGS)))

    monkeypatch.setattr(pipeline, "analyze_series", measured)
    return folder


def rubor(*arguments: object) -> int:
    with pytest.raises(SystemExit) as leaving:
        main([str(one) for one in arguments])
        raise SystemExit(0)
    return int(leaving.value.code or 0)


# --- CSV -------------------------------------------------------------------------------------------------------------


def test_the_tables_are_judged_again_to_the_same(tmp_path: Path) -> None:
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


def by_moment(document: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(point["captured_at"], name): one for point in document["points"] for name, one in point["regions"].items()}


def test_the_first_columns_are_those_that_assess_reads(tmp_path: Path) -> None:
    files = csv_files(exported(), tmp_path / "x.csv")
    table = files[tmp_path / "x.csv"].decode()
    assert table.startswith("patient,captured_at,region,L,a,b,a_se,")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == len(DAYS) * len(LABELS)
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
    assert INTENDED_USE.encode() in files[tmp_path / "x_about.txt"]


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", ' "x,y"\n=1'])
def test_no_cell_begins_like_a_formula(name: str, tmp_path: Path) -> None:
    write_whole(csv_files(exported(name), tmp_path))
    for file in ("readings.csv", "treatments.csv"):
        for row in csv.reader(io.StringIO((tmp_path / file).read_text())):
            for cell in row:
                assert cell[:1] not in ("=", "+", "@", "\t", "\r") and (cell[:1] != "-" or is_number(cell))
    (again,) = assess(tmp_path / "readings.csv", tmp_path / "treatments.csv")
    assert again["usable"]  # both tables name the patient alike


def is_number(cell: str) -> bool:
    return math.isfinite(float(cell))


# --- FHIR ------------------------------------------------------------------------------------------------------------

REQUIRED = {
    "Patient": {"id", "identifier"},
    "Device": {"id", "deviceName"},
    "Procedure": {"id", "status", "subject"},
    "Observation": {"id", "status", "code", "subject", "effectiveDateTime", "valueQuantity", "bodySite", "method"},
    "DiagnosticReport": {"id", "status", "code", "subject", "effectivePeriod", "result", "conclusion"},
    "Media": {"id", "status", "content", "subject"},
}
STATUS = {"Procedure": "completed", "Observation": "final", "DiagnosticReport": "final", "Media": "completed"}


def resources(bundle: bytes) -> dict[str, dict[str, Any]]:
    document = json.loads(bundle)
    assert document["resourceType"] == "Bundle"
    assert document["type"] == "collection"
    assert datetime.fromisoformat(document["timestamp"]).tzinfo is not None
    found = {entry["fullUrl"]: entry["resource"] for entry in document["entry"]}
    assert len(found) == len(document["entry"])
    return found


def references(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "reference" in value:
            yield value
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


@pytest.mark.parametrize("with_photographs", [False, True])
def test_every_resource_is_whole_and_every_reference_leads_somewhere(with_photographs: bool) -> None:
    found = resources(fhir_bundle(exported(), with_photographs))
    for url, one in found.items():
        kind = one["resourceType"]
        assert one.keys() >= REQUIRED[kind]
        assert url == f"urn:uuid:{one['id']}"
        assert one.get("status") == STATUS.get(kind)
        for reference in references(one):
            assert found[reference["reference"]]["resourceType"] == reference["type"]
        for empty in ({}, [], "", None):  # FHIR knows no empty element
            assert empty not in list(values(one))
    kinds = [one["resourceType"] for one in found.values()]
    assert kinds.count("Observation") == len(DAYS) * len(LABELS)
    assert kinds.count("Media") == (len(DAYS) if with_photographs else 0)
    assert not {"Condition", "RiskAssessment", "ClinicalImpression"} & set(kinds)


def values(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield one
        yield from values(one)


def test_an_observation_says_what_where_when_and_how() -> None:
    observations = [one for one in resources(fhir_bundle(exported())).values() if one["resourceType"] == "Observation"]
    one = next(o for o in observations if o["bodySite"]["text"] == "Left cheek" and "05-02" in o["effectiveDateTime"])
    assert one["valueQuantity"] == {
        "value": pytest.approx(11.4 + 8 * 0.5 ** (1 / 1.5), abs=1e-4),
        "unit": "a*",
        "system": "http://unitsofmeasure.org",
        "code": "1",
    }
    assert one["bodySite"]["coding"] == [
        {"system": "http://snomed.info/sct", "code": "60819002", "display": "Cheek structure"}
    ]
    assert "classic-24" in one["method"]["text"]
    parts = {part["code"]["coding"][0]["code"]: part["valueQuantity"] for part in one["component"]}
    assert parts["L-star"]["value"] == 61.25
    assert parts["delta-a-star"]["value"] > 4
    assert parts["days-since-treatment"] == {
        "value": 1.0,
        "unit": "d",
        "system": "http://unitsofmeasure.org",
        "code": "d",
    }
    without_card = next(o for o in observations if "05-08" in o["effectiveDateTime"])
    assert "uncalibrated" in without_card["method"]["text"]


def test_the_report_carries_the_verdict_in_words_and_what_it_is_not() -> None:
    export = exported()
    report = next(one for one in resources(fhir_bundle(export)).values() if one["resourceType"] == "DiagnosticReport")
    assert export.document["verdict"]["summary"] in report["conclusion"]
    assert export.document["verdict"]["standing"] in report["conclusion"]
    assert INTENDED_USE in report["conclusion"]
    assert "conclusionCode" not in report


def test_nobody_is_named_and_identifiers_last() -> None:
    first, second = fhir_bundle(exported("Erika Mustermann")), fhir_bundle(exported("Erika Mustermann"))
    assert b"Mustermann" not in first
    assert list(resources(first)) == list(resources(second))


def test_media_hold_a_bare_photograph() -> None:
    media = [one for one in resources(fhir_bundle(exported(), True)).values() if one["resourceType"] == "Media"]
    jpeg = base64.b64decode(media[0]["content"]["data"])
    picture = Image.open(io.BytesIO(jpeg))
    assert picture.size == (media[0]["width"], media[0]["height"]) == (64, 48)
    assert not any(secret in jpeg for secret in SECRETS)
    assert not picture.getexif()


# --- DICOM -----------------------------------------------------------------------------------------------------------


def read(content: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(content))


def named(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning) if "ConceptNameCodeSequence" in item else ""


def test_the_report_is_a_comprehensive_sr_with_every_measure(tmp_path: Path) -> None:
    files = dicom_files(exported(), tmp_path / "r.dcm")
    assert list(files) == [tmp_path / "r.dcm"]
    report = read(files[tmp_path / "r.dcm"])
    assert report.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.33"
    assert report.file_meta.MediaStorageSOPInstanceUID == report.SOPInstanceUID
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert (report.Modality, report.VerificationFlag, report.PatientID) == ("SR", "UNVERIFIED", "pseudonym-1")
    content = {named(item): item for item in report.ContentSequence}
    groups = content["Imaging Measurements"].ContentSequence
    assert len(groups) == len(DAYS) * len(LABELS)
    cheek = next(
        group for group in groups
        if group.ContentSequence[0].TextValue == "Left cheek" and group.ObservationDateTime.startswith("20260502")
    )  # fmt: skip
    site = next(item for item in cheek.ContentSequence if named(item) == "Finding Site")
    assert site.ConceptCodeSequence[0].CodeValue == "60819002"
    assert site.ContentSequence[0].ConceptCodeSequence[0].CodeMeaning == "Left"
    numbers = {
        item.ConceptNameCodeSequence[0].CodeValue: item.MeasuredValueSequence[0]
        for item in cheek.ContentSequence
        if item.ValueType == "NUM"
    }
    assert float(numbers["a-star"].NumericValue) == pytest.approx(11.4 + 8 * 0.5 ** (1 / 1.5), abs=1e-4)
    assert numbers["day"].MeasurementUnitsCodeSequence[0].CodeValue == "d"
    said = [item.TextValue for item in content["Conclusions"].ContentSequence]
    assert INTENDED_USE in said
    for codes in every(report, "CodeValue"):
        assert len(codes.CodeValue) <= 16 and len(codes.CodingSchemeDesignator) <= 16 and len(codes.CodeMeaning) <= 64


def every(dataset: Dataset, keyword: str) -> Iterator[Dataset]:
    if keyword in dataset:
        yield dataset
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from every(item, keyword)


def test_photographs_are_vl_images_without_metadata(tmp_path: Path) -> None:
    files = dicom_files(exported(), tmp_path, with_photographs=True)
    assert len(files) == 1 + len(DAYS)
    image = read(files[tmp_path / "photograph_001.dcm"])
    assert image.SOPClassUID == "1.2.840.10008.5.1.4.1.1.77.1.4"
    assert image.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.50"
    assert (image.Rows, image.Columns, image.PhotometricInterpretation) == (48, 64, "YBR_FULL_422")
    assert (image.LossyImageCompression, image.RecognizableVisualFeatures) == ("01", "YES")
    frame = next(pydicom.encaps.generate_frames(image.PixelData, number_of_frames=1))
    np.testing.assert_allclose(np.asarray(Image.open(io.BytesIO(frame))).mean(axis=(0, 1)), (180, 120, 100), atol=2)
    assert image.ICCProfile[36:40] == b"acsp"
    assert not any(secret in content for content in files.values() for secret in SECRETS)
    report = read(files[tmp_path / "measurements.dcm"])
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert {one.ReferencedSOPInstanceUID for one in evidence} == {
        read(content).SOPInstanceUID for path, content in files.items() if path.name.startswith("photograph")
    }


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "output", "expected"),
    [
        ("csv", "out.csv", {"out.csv", "out_treatments.csv", "out_about.txt"}),
        ("csv", "out", {"readings.csv", "treatments.csv", "about.txt"}),
        ("fhir", "out.json", {"out.json"}),
        ("dicom", "out.dcm", {"out.dcm"}),
        ("dicom", "out", {"measurements.dcm"}),
    ],
)
def test_the_command_writes_numbers_and_no_photograph(
    series_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, output: str, expected: set[str]
) -> None:
    place = tmp_path / "there" / output
    assert rubor("export", series_folder, "--format", form, "-o", place) == 0
    folder = place if place.is_dir() else place.parent
    assert {path.name for path in folder.iterdir()} == expected
    assert b"\xff\xd8\xff" not in b"".join(path.read_bytes() for path in folder.iterdir())
    heard = capsys.readouterr()
    assert heard.out == ""
    assert "Wrote" in heard.err


def test_photographs_leave_when_asked(series_folder: Path, tmp_path: Path) -> None:
    assert rubor("export", series_folder, "--format", "dicom", "-o", tmp_path / "d", "--with-photographs") == 0
    assert len(list((tmp_path / "d").glob("photograph_*.dcm"))) == len(DAYS)
    given = ("--with-photographs", "--pseudonym", "A-17")
    assert rubor("export", series_folder, "--format", "fhir", "-o", tmp_path / "b.json", *given) == 0
    found = resources((tmp_path / "b.json").read_bytes())
    assert sum(one["resourceType"] == "Media" for one in found.values()) == len(DAYS)
    assert next(one for one in found.values() if one["resourceType"] == "Patient")["identifier"][0]["value"] == "A-17"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("nobody", "--format", "csv", "-o", "x.csv"), 3, "no folder and no record named nobody"),
        (("FOLDER", "--format", "xml", "-o", "x"), 2, "xml"),
        (("FOLDER", "--format", "csv"), 2, "-o"),
        (("FOLDER", "--format", "csv", "-o", "x.csv", "--with-photographs"), 2, "numbers alone"),
        (("FOLDER", "--format", "dicom", "-o", "x.dcm", "--with-photographs"), 2, "folder"),
        (("FOLDER", "--format", "fhir", "-o", "x.json", "--pseudonym", "  "), 2, "pseudonym"),
        (("nobody", "--format", "csv", "-o", "x.csv", "--treatment", "t.toml"), 2, "record of the app"),
        (("FOLDER", "--format", "fhir", "-o", "/dev/null/x.json"), 2, "cannot be written"),
    ],
)
def test_what_goes_wrong_is_said_in_one_sentence(
    series_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    status: int,
    words: str,
) -> None:
    monkeypatch.setenv("RUBOR_DATA_DIR", str(tmp_path / "no records"))
    monkeypatch.chdir(tmp_path)
    assert rubor("export", *(str(series_folder) if one == "FOLDER" else one for one in arguments)) == status
    heard = capsys.readouterr()
    assert words in heard.err
    assert "Traceback" not in heard.err
    assert heard.out == ""
    assert {path.name for path in tmp_path.iterdir()} == {"p07"}


def test_a_folder_without_a_usable_photograph_is_not_exported(
    series_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = tuple(Reading(one.file, one.captured_at, 64, 48, False, (problem("no_face"),)) for one in READINGS)
    recovery = judge(build_series("p07", TREATMENT, refused))
    monkeypatch.setattr(pipeline, "analyze_series", lambda *_, **__: SeriesReport(TREATMENT, refused, recovery))
    assert rubor("export", series_folder, "--format", "csv", "-o", tmp_path / "x.csv") == 3
    assert "no photograph in p07 could be used" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()


def test_a_record_of_the_app_is_exported_and_the_audit_says_so(tmp_path: Path) -> None:
    days = iter(DAYS)
    real = standard_analyst()
    archive = open_archive(
        tmp_path, Analyst(real.version, lambda _data, _name, _card: Measurement(reading(next(days))), real.judge)
    )
    patient = create_patient(archive, LOCAL_USER, "Erika Mustermann", TREATMENT)
    for number, day in enumerate(DAYS):
        at = TREATED + timedelta(days=day)
        data = photograph(100 + 15 * number)
        add_photograph(archive, LOCAL_USER, patient.id, data, f"{number}.jpg", bare_skin=True, captured_at=at)
    archive.close()

    for name in ("Erika Mustermann", patient.id):
        export = from_record(name, tmp_path)
        assert export is not None
        assert export.pseudonym == patient.id
        assert len(export.usable_points()) == len(DAYS)
    assert b"Mustermann" not in fhir_bundle(export, with_photographs=True)
    assert len(list(export.photographs())) == len(DAYS)
    assert from_record("nobody", tmp_path) is None
    with archive.session() as session:
        actions = [row.action for row in session.query(AuditRow).all() if row.object == f"patient {patient.id}"]
    assert actions.count("export") == 2


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_bytes(b"before")
    with pytest.raises(UsageError, match="it is a folder"):
        write_whole({tmp_path / "a": b"after", tmp_path / "b": b"never"})
    assert (tmp_path / "a").read_bytes() == b"before"
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}
    write_whole({tmp_path / "a": b"after", tmp_path / "new" / "c": b"c"})
    assert (tmp_path / "a").read_bytes() == b"after"
    assert (tmp_path / "new" / "c").stat().st_mode & 0o777 == (tmp_path / "a").stat().st_mode & 0o777


def test_other_commands_do_not_load_dicom() -> None:
    code = "import sys, analyzer.cli, analyzer.commands.export; sys.exit('pydicom' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
