"""Records with two patients' photographs, and a client that speaks to the app's own routes behind the guard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from analyzer.reading import LABELS, Reading, RegionReading
from analyzer.records.access import LOCAL_USER, Actor
from analyzer.records.analyst import Analyst, Basis, Measurement
from analyzer.records.archive import Archive, open_archive
from analyzer.records.card_choice import CardChoice
from analyzer.records.patients import create_patient
from analyzer.records.photographs import add_photograph
from analyzer.treatment import Treatment
from analyzer.web import routes
from analyzer.web.guard import Guard
from calibration.photo import decode_photo

Answer = TypeVar("Answer")
TREATED = datetime.fromisoformat("2026-05-01T10:30:00+02:00")


def finished(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Run to the end, in a thread of its own: a browser driven by the same worker keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as own:
        return own.submit(asyncio.run, coroutine).result()


@pytest.fixture(name="finished")
def fixture_finished() -> Callable[[Coroutine[Any, Any, Answer]], Answer]:
    return finished


class Door:
    """Asks an ASGI app as a browser on this computer would."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8501") as client:
                return await client.get(path, headers=headers)

        return finished(ask())


@pytest.fixture
def door_of() -> type[Door]:
    return Door


@dataclass(frozen=True)
class Room:
    """An archive, ids in it, and a client at its door."""

    archive: Archive
    client: Door
    patient_id: str
    photo_ids: list[str]
    foreign_photo_id: str
    foreign_patient_id: str


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    archive = open_archive(tmp_path / "data", Analyst("test 1", _read, _judge))
    monkeypatch.setattr(routes, "archive", lambda: archive)
    mine, my_photos = _patient(archive, LOCAL_USER, "=Anna", 3)
    other, other_photos = _patient(archive, Actor("somebody else"), "Ben", 1)
    app = Starlette(routes=routes.own_routes(), middleware=[Middleware(Guard)])
    yield Room(archive, Door(app), mine, my_photos, other_photos[0], other)
    archive.close()


def _patient(archive: Archive, actor: Actor, name: str, photographs: int) -> tuple[str, list[str]]:
    patient = create_patient(archive, actor, name, Treatment(TREATED))
    ids = []
    for count in range(photographs):
        answer = add_photograph(
            archive, actor, patient.id, _jpeg(100 + count), f"d{count}.jpg",
            bare_skin=True, captured_at=TREATED + timedelta(days=count),
        )  # fmt: skip
        assert answer.photograph is not None
        ids.append(answer.photograph.id)
    return patient.id, ids


def _jpeg(grey: int) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SecretMaker"
    out = BytesIO()
    Image.new("RGB", (600, 800), (grey, grey, grey)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def _read(data: bytes, name: str, _card: CardChoice) -> Measurement:
    photo = decode_photo(data, name)
    regions = {
        region: RegionReading(label, 900, 60.0, 14.25, 17.0, 1.5, 0.6, 14.0, 0.3) for region, label in LABELS.items()
    }
    return Measurement(Reading(name, photo.captured_at, photo.width, photo.height, usable=True, regions=regions))


def _judge(basis: Basis) -> dict[str, Any]:
    points = [
        {
            "file": one.file,
            "captured_at": one.captured_at.isoformat() if one.captured_at else None,
            "session": 1,
            "day": float(count),
            "usable": True,
            "regions": {"face": {"delta_a": 1.0, "delta_a_se": 0.5, "residual": 0.5}},
            "status": "within",
        }
        for count, one in enumerate(basis.readings)
    ]
    verdict = {"status": "within", "as_of_day": 2.0, "summary": "Fading.", "flags": []}
    return {"schema": "rubor.series/1", "patient": basis.patient, "points": points, "urgent": False, "verdict": verdict}
