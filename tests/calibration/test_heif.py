"""A HEIC or AVIF that is not whole is refused; libheif would fill it with grey or garbage and say nothing."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from calibration import heif
from calibration.errors import InputError, UnreadablePhoto
from calibration.photo import decode_photo

FORMATS = Path(__file__).parents[1] / "data" / "formats"
WHOLE = (FORMATS / "display_p3.heic").read_bytes()


def avif(**options: object) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "AVIF", **options)
    return out.getvalue()


def box(kind: bytes, content: bytes, form: str = "short") -> bytes:
    if form == "long":
        return struct.pack(">I4sQ", 1, kind, len(content) + 16) + content
    return struct.pack(">I4s", 0 if form == "open" else len(content) + 8, kind) + content


def small(
    *, method: int = 0, version: int = 1, payload: bytes = b"picture!", beyond: int = 0, form: str = "short"
) -> bytes:
    """A file of one item, its table of contents written by hand; ``beyond`` bytes of its data are missing."""
    ftyp = box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")

    def meta(offset: int) -> bytes:
        length = len(payload) + beyond
        if version == 0:
            item = struct.pack(">HHHII", 1, 0, 1, offset, length)
            iloc = struct.pack(">IHH", 0, 0x4400, 1) + item
        else:
            item = struct.pack(">HHHHII", 1, method, 0, 1, offset, length)
            iloc = struct.pack(">IHH", version << 24, 0x4400, 1) + item
        if version == 2:
            item = struct.pack(">IHHHII", 1, method, 0, 1, offset, length)
            iloc = struct.pack(">IHI", 2 << 24, 0x4400, 1) + item
        idat = box(b"idat", payload) if method == 1 else b""
        pitm = box(b"pitm", struct.pack(">IH", 0, 1))
        ispe = box(b"iprp", box(b"ipco", box(b"ispe", struct.pack(">III", 0, 640, 480))))
        return box(b"meta", bytes(4) + pitm + box(b"iloc", iloc) + ispe + idat)

    if method == 1:
        return ftyp + meta(0)
    start = len(ftyp) + len(meta(0)) + (16 if form == "long" else 8)
    return ftyp + meta(start) + box(b"mdat", payload, form)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.7, 0.95, 0.99, 0.999])
def test_a_cut_heic_is_refused(share: float) -> None:
    with pytest.raises(UnreadablePhoto, match="cut short"):
        decode_photo(WHOLE[: int(len(WHOLE) * share)], "x.heic")


def test_one_missing_byte_is_enough() -> None:
    with pytest.raises(UnreadablePhoto, match="cut short"):
        heif.check_whole(WHOLE[:-1])


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7, 0.95])
def test_a_cut_heic_filled_up_with_zeros_is_refused(share: float) -> None:
    length = int(len(WHOLE) * share)
    with pytest.raises(UnreadablePhoto, match="missing"):
        decode_photo(WHOLE[:length] + bytes(len(WHOLE) - length), "x.heic")


def test_a_hole_in_the_middle_is_refused() -> None:
    middle = len(WHOLE) // 2
    with pytest.raises(UnreadablePhoto, match="missing"):
        decode_photo(WHOLE[:middle] + bytes(4096) + WHOLE[middle + 4096 :], "x.heic")


def test_the_tiny_damaged_file_is_refused() -> None:
    with pytest.raises(UnreadablePhoto):
        decode_photo((FORMATS / "truncated.heic").read_bytes(), "truncated.heic")


def test_what_the_whole_file_declares() -> None:
    declared = heif.check_whole(WHOLE)
    assert max(declared.sizes) == (4032, 3024)
    assert declared.primaries_and_transfer is None  # it has an ICC profile instead
    assert heif.check_whole(avif()).sizes[0] == (64, 48)


def test_what_follows_the_boxes_is_not_looked_at() -> None:
    heif.check_whole(WHOLE + box(b"mpvd", b"film" * 99) + b"\xff\xffSEFT trailer")


@pytest.mark.parametrize("form", ["short", "long", "open"])
@pytest.mark.parametrize("version", [0, 1, 2])
def test_data_in_mdat(form: str, version: int) -> None:
    whole = small(form=form, version=version)
    assert heif.check_whole(whole).sizes == ((640, 480),)
    with pytest.raises(UnreadablePhoto, match="cut short"):
        heif.check_whole(whole[:-1])
    with pytest.raises(UnreadablePhoto, match="cut short"):
        heif.check_whole(small(form=form, version=version, beyond=1))


def test_data_in_idat() -> None:
    heif.check_whole(small(method=1))
    with pytest.raises(UnreadablePhoto, match="missing"):
        heif.check_whole(small(method=1, beyond=1))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_avif_is_refused(share: float) -> None:
    data = avif()
    with pytest.raises(UnreadablePhoto):
        decode_photo(data[: int(len(data) * share)], "x.avif")


def test_colour_codes_of_the_primary_picture() -> None:
    """Pillow writes BT.709 primaries and the sRGB curve."""
    assert heif.check_whole(avif()).primaries_and_transfer == (1, 13)


def test_display_p3_by_codes_alone() -> None:
    at = avif().index(b"nclx") + 4
    data = avif()[:at] + struct.pack(">HH", 12, 13) + avif()[at + 4 :]
    photo = decode_photo(data, "x.avif")
    np.testing.assert_allclose(photo.space.to_srgb[0], [1.2249, -0.2249, 0.0], atol=1e-3)
    data = avif()[:at] + struct.pack(">HH", 9, 16) + avif()[at + 4 :]
    with pytest.raises(UnreadablePhoto, match="HDR"):
        decode_photo(data, "x.avif")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 4100), st.binary(min_size=1, max_size=6))
def test_damaged_boxes_raise_nothing_else(at: int, patch: bytes) -> None:
    data = WHOLE[:at] + patch + WHOLE[at + len(patch) :]
    try:
        declared = heif.check_whole(data)
    except InputError:
        return
    assert all(width >= 0 and height >= 0 for width, height in declared.sizes)


def test_a_table_of_contents_of_endless_entries_is_refused_at_once() -> None:
    """Counts that promise more than the file holds must not be followed: that would keep the reader for hours."""
    associations = box(b"ipma", struct.pack(">II", 1, 0xFFFFFFFF))
    endless = struct.pack(">I", 0x7FFFFFFF) + associations[4:]
    iprp = box(b"iprp", box(b"ipco", box(b"ispe", struct.pack(">III", 0, 64, 48))) + endless)
    item = struct.pack(">HHHHH", 1, 0, 0, 0, 0xFFFF)
    iloc = box(b"iloc", struct.pack(">IHH", 1 << 24, 0x0000, 0xFFFF) + item * 20)
    ftyp = box(b"ftyp", b"heic" + bytes(4) + b"mif1")
    for tables in (iprp, iloc):
        with pytest.raises(UnreadablePhoto):
            heif.check_whole(ftyp + box(b"meta", bytes(4) + tables))
