from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from analyzer.records.access import LOCAL_USER, Actor
from analyzer.records.patients import list_patients
from analyzer.records.photographs import list_photographs
from analyzer.web.demo import Progress, start_import

DEMO_USER = Actor("demo")


def jpeg(grey: int, taken: str | None = None) -> bytes:
    exif = Image.Exif()
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    out = BytesIO()
    Image.new("RGB", (60, 80), (grey, grey, grey)).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    folder = tmp_path / "samples"
    patient = folder / "p01"
    patient.mkdir(parents=True)
    (folder / "portraits").mkdir()  # not a patient
    (patient / "treatment.toml").write_text("treated_at = 2026-05-01T10:30:00+02:00\n", encoding="utf-8")
    (patient / "d1.jpg").write_bytes(jpeg(100))
    (patient / "d2.JPG").write_bytes(jpeg(110, "2026:05:03 08:00:00"))
    (patient / "photos.csv").write_text("file,captured_at\nd1.jpg,2026-05-02T08:00:00+02:00\n", encoding="utf-8")
    (patient / "signs.csv").write_text(
        "captured_at,sign,severity\n2026-05-03T08:00:00+02:00,bare_skin,0\n2026-05-03T08:00:00+02:00,swelling,1\n",
        encoding="utf-8",
    )
    return folder


def test_the_samples_come_in_as_a_person_would_bring_them(room: Any, samples: Path) -> None:
    progress = Progress()
    start_import(room.archive, DEMO_USER, samples, progress).join(30)
    assert (progress.total, progress.done, progress.failures, progress.finished) == (2, 2, [], True)
    (patient,) = list_patients(room.archive, DEMO_USER)
    kept = [(one.name, one.captured_at, one.bare_skin) for one in list_photographs(room.archive, DEMO_USER, patient.id)]
    assert patient.name == "p01"
    assert kept == [
        ("d1.jpg", datetime.fromisoformat("2026-05-02T08:00:00+02:00"), True),
        ("d2.JPG", datetime.fromisoformat("2026-05-03T08:00:00+02:00"), False),
    ]


def test_a_broken_sample_is_named_and_the_rest_comes_in(room: Any, samples: Path) -> None:
    (samples / "p00").mkdir()
    (samples / "p00" / "treatment.toml").write_text("treated_at = 5\n", encoding="utf-8")
    progress = Progress()
    start_import(room.archive, DEMO_USER, samples, progress).join(30)
    assert [reason.split(":")[0] for reason in progress.failures] == ["p00"]
    assert progress.finished
    assert len(list_patients(room.archive, DEMO_USER)) == 1


def test_a_stop_ends_the_import(room: Any, samples: Path) -> None:
    progress = Progress()
    progress.stop.set()
    start_import(room.archive, LOCAL_USER, samples, progress).join(30)
    assert (progress.done, progress.finished) == (0, True)
