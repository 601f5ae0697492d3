"""EXIF as phones write it and as programs break it; Pillow writes it here, so it is the independent judge."""

from __future__ import annotations

import struct
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from calibration import exif


def block(orientation: int = 6, prefix: bytes = b"Exif\0\0", interop: str | None = None, space: int = 1) -> bytes:
    written = Image.Exif()
    written[0x010F] = "Phone maker"
    written[0x0112] = orientation
    photo = written.get_ifd(0x8769)
    photo[0x9003], photo[0x9011], photo[0xA001] = "2026:05:03 08:12:00", "-03:30", space
    if interop:
        photo[0xA005] = {1: interop}
    return prefix + written.tobytes()[6:]


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0", b"\0\0\0\x06Exif\0\0"])
def test_with_any_prefix(prefix: bytes) -> None:
    facts = exif.parse(block(prefix=prefix))
    assert facts.orientation == 6
    assert facts.captured_at is not None
    assert facts.captured_at.isoformat() == "2026-05-03T08:12:00-03:30"
    assert not facts.adobe_rgb


@pytest.mark.parametrize(("magic", "order"), [(b"II*\0", "<"), (b"MM\0*", ">")])
def test_both_byte_orders(magic: bytes, order: str) -> None:
    tiff = magic + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, 8, 0, 0)
    assert exif.parse(tiff).orientation == 8


@pytest.mark.parametrize(("space", "interop", "adobe"), [(2, None, True), (65535, "R03", True), (65535, "R98", False)])
def test_adobe_rgb(space: int, interop: str | None, adobe: bool) -> None:
    assert exif.parse(block(space=space, interop=interop)).adobe_rgb is adobe


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_orientation_that_does_not_exist_is_none(orientation: int) -> None:
    assert exif.parse(block(orientation)).orientation == 1


@pytest.mark.parametrize("junk", [None, b"", b"Exif\0\0", b"Exif\0\0II*\0", b"http://ns.adobe.com/xap/1.0/", bytes(99)])
def test_no_exif(junk: bytes | None) -> None:
    assert exif.parse(junk) == exif.Exif()


@pytest.mark.parametrize("adobe", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_minimal_block_is_sound(orientation: int, adobe: bool) -> None:
    written = exif.minimal(orientation, adobe)
    ours = exif.parse(written)
    assert (ours.orientation, ours.adobe_rgb, ours.captured_at) == (orientation, adobe, None)
    theirs = Image.Exif()
    theirs.load(b"Exif\0\0" + written)
    assert theirs[0x0112] == orientation
    assert dict(theirs.get_ifd(0x8769)) == ({0xA001: 2} if adobe else {})


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 250), st.binary(max_size=12), st.integers(0, 250))
def test_damaged_blocks_give_what_they_can_and_never_raise(at: int, patch: bytes, length: int) -> None:
    whole = block()
    facts = exif.parse((whole[:at] + patch + whole[at + len(patch) :])[: max(at, length)])
    assert 1 <= facts.orientation <= 8
    assert facts.captured_at is None or isinstance(facts.captured_at, datetime)
