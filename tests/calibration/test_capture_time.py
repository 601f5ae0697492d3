"""A photograph's time is when the shutter opened, by the file's own word, or no time at all."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from PIL import Image

from calibration.photo import decode_photo, read_photo


def dated(kind: str = "JPEG", **tags: str) -> bytes:
    numbers = {"original": 0x9003, "digitized": 0x9004, "offset": 0x9011, "offset_digitized": 0x9012}
    exif = Image.Exif()
    exif[0x0132] = "2030:01:01 00:00:00"  # the time of editing is never the time of taking
    for name, value in tags.items():
        exif.get_ifd(0x8769)[numbers[name]] = value
    out = io.BytesIO()
    Image.new("RGB", (32, 24), (180, 120, 110)).save(out, kind, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_capture_time_with_offset(kind: str) -> None:
    data = dated(kind, original="2026:05:03 08:12:00", offset="+02:00")
    expected = datetime(2026, 5, 3, 8, 12, tzinfo=timezone(timedelta(hours=2)))
    got = decode_photo(data, "x").captured_at
    assert got == expected
    assert got is not None
    assert got.isoformat() == "2026-05-03T08:12:00+02:00"


def test_capture_time_without_offset_is_naive() -> None:
    assert decode_photo(dated(original="2026:05:03 08:12:00"), "x").captured_at == datetime(2026, 5, 3, 8, 12)


def test_digitized_stands_in_with_its_own_offset() -> None:
    data = dated(digitized="2026:05:03 08:12:00", offset="+09:00", offset_digitized="-05:30")
    got = decode_photo(data, "x").captured_at
    assert got is not None
    assert got.isoformat() == "2026-05-03T08:12:00-05:30"


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "    :  :     :  :  ", "2026:13:41 08:12:00", "soon", ""])
def test_a_broken_time_is_no_time(text: str) -> None:
    assert decode_photo(dated(original=text), "x").captured_at is None


@pytest.mark.parametrize("offset", ["2", "+99:99", "Z", "+02-00", ""])
def test_a_broken_offset_leaves_the_time_naive(offset: str) -> None:
    data = dated(original="2026:05:03 08:12:00", offset=offset)
    assert decode_photo(data, "x").captured_at == datetime(2026, 5, 3, 8, 12)


def test_no_file_time_is_used(tmp_path: Path) -> None:
    Image.new("RGB", (32, 24)).save(tmp_path / "x.jpg")
    assert read_photo(tmp_path / "x.jpg").captured_at is None
