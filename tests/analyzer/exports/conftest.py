"""One patient's judged series, as exports are made from it, and photographs that tell where they were taken."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import numpy as np
import pytest
from PIL import Image

from analyzer.exports.exported import Exported
from analyzer.light_level import DARKENS
from analyzer.pipeline import build_series
from analyzer.reading import LABELS, Reading, RegionReading
from analyzer.recovery import judge
from analyzer.treatment import Treatment
from calibration.problems import problem

TREATED = datetime.fromisoformat("2026-05-01T10:30:00+02:00")
DAYS = (-2.0, -1.0, 0.2, 1.0, 2.0, 3.0, 5.0, 7.0)


def region(name: str, a: float, rise: float = 0.0) -> RegionReading:
    """Skin of ``a``, ``rise`` of which is blood, and darker for it."""
    return RegionReading(LABELS[name], 5000, 61.25 + DARKENS * rise, a + rise, 17.5, 1.9, 0.4, a - 0.1, 0.3)


def reading(day: float, patient: str = "") -> Reading:
    """Redness that falls by half a day and a half, the left cheek a little redder; the last without a card."""
    rise = 8.0 * 0.5 ** (day / 1.5) if day > 0 else 0.0
    regions = {name: region(name, 11.0 + 0.4 * (name == "left_cheek"), rise) for name in LABELS}
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


@pytest.fixture(scope="session")
def treatment() -> Treatment:
    return Treatment(TREATED, needle_depth_mm=1.5, passes=4, conditions=("rosacea",), sensitive_skin=True)


@pytest.fixture(scope="session")
def readings() -> tuple[Reading, ...]:
    """From two days before the treatment to seven after it."""
    return tuple(reading(day) for day in DAYS)


@pytest.fixture(scope="session", name="photograph")
def fixture_photograph() -> Callable[[int], bytes]:
    """A photograph's file, as red as asked for."""
    return photograph


@pytest.fixture(scope="session")
def secrets() -> tuple[bytes, ...]:
    """What is written in every photograph and must not leave with it."""
    return b"51 deg north", b"Secretive Phone"


@pytest.fixture(scope="session")
def exported(treatment: Treatment, readings: tuple[Reading, ...]) -> Callable[..., Exported]:
    """The patient, called as one likes."""

    def of(patient: str = "p07") -> Exported:
        document = judge(build_series(patient, treatment, readings)).to_json()

        def photographs() -> Iterator[tuple[str, bytes]]:
            yield from ((one.file, photograph()) for one in readings)

        return Exported(patient, "pseudonym-1", treatment, document, {one.file: one for one in readings}, photographs)

    return of
