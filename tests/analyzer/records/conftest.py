"""Records in a fresh folder, with a measuring that is quick: it decodes for real and reads fixed colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from analyzer.reading import LABELS, Reading, RegionReading
from analyzer.records.access import Actor
from analyzer.records.analyst import Analyst, Basis, Measurement
from analyzer.records.archive import Archive, open_archive
from analyzer.records.card_choice import CardChoice
from analyzer.signs import URGENT
from analyzer.treatment import Treatment
from calibration.photo import decode_photo

NURSE = Actor("nurse")


@pytest.fixture
def actor() -> Actor:
    return NURSE


@pytest.fixture
def treatment() -> Treatment:
    return Treatment(datetime.fromisoformat("2026-05-01T10:30:00+02:00"), needle_depth_mm=1.0, conditions=("rosacea",))


@pytest.fixture
def make_photo() -> Callable[..., bytes]:
    """A small JPEG of one grey, with the EXIF that phones write where it is asked for."""

    def make(grey: int = 120, taken: str | None = None, offset: str | None = None, place: bool = False) -> bytes:
        exif = Image.Exif()
        if taken:
            details = exif.get_ifd(0x8769)
            details[0x9003] = taken
            if offset:
                details[0x9011] = offset
        if place:
            exif[0x010F] = "SecretMaker"
            exif.get_ifd(0x8825)[1] = "N"
        out = BytesIO()
        Image.new("RGB", (64, 80), (grey, grey, grey)).save(out, "JPEG", exif=exif)
        return out.getvalue()

    return make


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = open_archive(tmp_path / "data", Analyst("test 1", read, judge))
    yield opened
    opened.close()


def read(data: bytes, name: str, card: CardChoice) -> Measurement:
    photo = decode_photo(data, name)
    a = float(photo.pixels.mean()) / 10.0
    regions = {region: RegionReading(label, 900, 60.0, a, 17.0, 1.5, 0.6, a, 0.3) for region, label in LABELS.items()}
    reading = Reading(name, photo.captured_at, photo.width, photo.height, usable=True, regions=regions)
    return Measurement(replace(reading, calibration={"card": card.name}), f"map of {a:.1f}".encode(), b"outline")


def judge(basis: Basis) -> dict[str, Any]:
    points = [
        {"file": one.file, "day": 1.0, "usable": one.usable, "regions": {}, "status": "within"}
        for one in basis.readings
    ]
    verdict = {"status": "within", "as_of_day": 1.0, "summary": f"{len(basis.readings)} photographs", "flags": []}
    return {
        "schema": "rubor.series/1",
        "patient": basis.patient,
        "points": points,
        "urgent": any(one.sign in URGENT for one in basis.signs),
        "verdict": verdict,
    }
