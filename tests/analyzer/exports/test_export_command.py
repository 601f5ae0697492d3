"""``rubor export``: from a folder or a record of the app, files that are whole, and no photograph unasked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer import pipeline
from analyzer.cli import main
from analyzer.exports.exported import from_record
from analyzer.exports.fhir import fhir_bundle
from analyzer.exports.files import write_whole
from analyzer.pipeline import SeriesReport, build_series
from analyzer.reading import Reading
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


@pytest.fixture
def series_folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    readings: tuple[Reading, ...],
    treatment: Treatment,
    photograph: Callable[..., bytes],
) -> Path:
    """A folder with photographs that are taken as measured: measuring has tests of its own."""
    folder = tmp_path / "p07"
    folder.mkdir()
    (folder / "treatment.toml").write_text("treated_at = 2026-05-01T10:30:00+02:00\n")
    for one in readings:
        (folder / one.file).write_bytes(photograph())

    def measured(folder: Path, **_: Any) -> SeriesReport:
        return SeriesReport(treatment, readings, judge(build_series(folder.name, treatment, readings)))

    monkeypatch.setattr(pipeline, "analyze_series", measured)
    return folder


def rubor(*arguments: object) -> int:
    with pytest.raises(SystemExit) as leaving:
        main([str(one) for one in arguments])
        raise SystemExit(0)
    return int(leaving.value.code or 0)


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


def test_photographs_leave_when_asked(series_folder: Path, tmp_path: Path, readings: tuple[Reading, ...]) -> None:
    assert rubor("export", series_folder, "--format", "dicom", "-o", tmp_path / "d", "--with-photographs") == 0
    assert len(list((tmp_path / "d").glob("photograph_*.dcm"))) == len(readings)
    given = ("--with-photographs", "--pseudonym", "A-17")
    assert rubor("export", series_folder, "--format", "fhir", "-o", tmp_path / "b.json", *given) == 0
    found = [entry["resource"] for entry in json.loads((tmp_path / "b.json").read_bytes())["entry"]]
    assert sum(one["resourceType"] == "Media" for one in found) == len(readings)
    assert next(one for one in found if one["resourceType"] == "Patient")["identifier"][0]["value"] == "A-17"


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
    series_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    readings: tuple[Reading, ...],
    treatment: Treatment,
) -> None:
    refused = tuple(Reading(one.file, one.captured_at, 64, 48, False, (problem("no_face"),)) for one in readings)
    recovery = judge(build_series("p07", treatment, refused))
    monkeypatch.setattr(pipeline, "analyze_series", lambda *_, **__: SeriesReport(treatment, refused, recovery))
    assert rubor("export", series_folder, "--format", "csv", "-o", tmp_path / "x.csv") == 3
    assert "no photograph in p07 could be used" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()


def test_a_record_of_the_app_is_exported_and_the_audit_says_so(
    tmp_path: Path, readings: tuple[Reading, ...], treatment: Treatment, photograph: Callable[..., bytes]
) -> None:
    measured = iter(readings)
    real = standard_analyst()
    archive = open_archive(
        tmp_path, Analyst(real.version, lambda _data, _name, _card: Measurement(next(measured)), real.judge)
    )
    patient = create_patient(archive, LOCAL_USER, "Erika Mustermann", treatment)
    for number, one in enumerate(readings):
        data = photograph(100 + 15 * number)
        add_photograph(
            archive, LOCAL_USER, patient.id, data, f"{number}.jpg", bare_skin=True, captured_at=one.captured_at
        )
    archive.close()

    for name in ("Erika Mustermann", patient.id):
        export = from_record(name, tmp_path)
        assert export is not None
        assert export.pseudonym == patient.id
        assert len(export.usable_points()) == len(readings)
    assert b"Mustermann" not in fhir_bundle(export, with_photographs=True)
    assert len(list(export.photographs())) == len(readings)
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
