"""A JPEG that lost any part of its code is refused, however the end was patched up; a whole one never is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from calibration import jpeg
from calibration.errors import InputError, UnreadablePhoto
from calibration.photo import decode_photo


def textured(width: int = 320, height: int = 240) -> Image.Image:
    noise = np.random.default_rng(7).integers(0, 256, (height, width, 3)).astype(np.uint8)
    return Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2))


def encoded(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


FILES = {
    "baseline": encoded(textured(), quality=92),
    "444": encoded(textured(), quality=92, subsampling=0),
    "own tables": encoded(textured(), optimize=True),
    "restarts": encoded(textured(), restart_marker_rows=1),
    "progressive": encoded(textured(), quality=92, progressive=True),
    "grey": encoded(textured().convert("L")),
    "grey progressive": encoded(textured().convert("L"), progressive=True),
    "cmyk": encoded(textured().convert("CMYK")),
    "cmyk progressive": encoded(textured().convert("CMYK"), progressive=True),
    "odd size": encoded(textured(317, 203), progressive=True),
    "flat": encoded(Image.new("RGB", (800, 600), (200, 150, 140)), optimize=True),
    "flat progressive": encoded(Image.new("RGB", (800, 600), (200, 150, 140)), progressive=True),
    "half flat": encoded(textured(800, 600).crop((-800, 0, 800, 1200)), optimize=True),
    "one block": encoded(textured(8, 8)),
    "one pixel": encoded(textured(1, 1), progressive=True),
}
# Zeros are the very code of a flat picture, so the file below is not damaged by them.
TEXTURED = [name for name in FILES if "flat" not in name and "one" not in name]


def cuts(name: str) -> list[int]:
    """Places inside the coded data, near its start, at random, and near its end."""
    layout = jpeg.read_layout(FILES[name])
    first, last = layout.first_code + 8, layout.code_end - 70
    inside = np.random.default_rng(2).integers(first, last, 12).tolist()
    return [first, *sorted(inside), last]


@pytest.mark.parametrize("name", FILES)
def test_whole_files_decode_as_pillow_does(name: str) -> None:
    image = Image.open(io.BytesIO(FILES[name]))
    truth = np.asarray(image if image.mode == "CMYK" else image.convert("RGB")).astype(int)
    pixels = jpeg.decode(FILES[name], jpeg.read_layout(FILES[name]))
    assert pixels.shape == truth.shape
    assert np.abs(pixels - truth).max() <= 1


@pytest.mark.parametrize("name", TEXTURED)
@pytest.mark.parametrize("end", ["nothing", "end marker", "zeros", "fill bytes", "next picture"])
def test_cut_anywhere(name: str, end: str) -> None:
    whole = FILES[name]
    for at in cuts(name):
        patch = {
            "nothing": b"",
            "end marker": b"\xff\xd9",
            "zeros": bytes(len(whole) - at),
            "fill bytes": b"\xff" * (len(whole) - at),
            "next picture": b"\xff\xd9" + FILES["baseline"],
        }[end]
        with pytest.raises(UnreadablePhoto):
            decode_photo(whole[:at] + patch, "x.jpg")


@pytest.mark.parametrize("name", ["baseline", "444", "own tables", "grey", "cmyk", "restarts"])
def test_cut_and_filled_up_with_zeros_to_a_proper_end(name: str) -> None:
    whole = FILES[name]
    for at in cuts(name)[:-1]:
        with pytest.raises(UnreadablePhoto):
            decode_photo(whole[:at] + bytes(len(whole) - at - 2) + b"\xff\xd9", "x.jpg")


@pytest.mark.parametrize("name", ["baseline", "own tables", "progressive", "cmyk"])
def test_a_piece_missing_from_the_middle(name: str) -> None:
    whole = FILES[name]
    layout = jpeg.read_layout(whole)
    start = (layout.first_code + layout.code_end) // 2
    with pytest.raises(UnreadablePhoto):
        decode_photo(whole[:start] + whole[start + 3000 :], "x.jpg")


@pytest.mark.parametrize("name", FILES)
def test_without_its_end_marker_nothing_is_whole(name: str) -> None:
    with pytest.raises(UnreadablePhoto, match="cut short"):
        decode_photo(FILES[name][:-2], "x.jpg")


def test_a_scan_missing_at_the_end() -> None:
    """The last scans of a progressive file only refine: without them all rows are there, but coarse."""
    whole = FILES["progressive"]
    last_scan = [start for marker, start, _ in jpeg.read_layout(whole).segments if marker == jpeg.SOS][-1]
    with pytest.raises(UnreadablePhoto, match="cut short"):
        decode_photo(whole[:last_scan] + b"\xff\xd9", "x.jpg")


def test_a_lost_restart_interval() -> None:
    whole = FILES["restarts"]
    first, second = whole.index(b"\xff\xd1"), whole.index(b"\xff\xd2")
    with pytest.raises(UnreadablePhoto, match="missing"):
        decode_photo(whole[:first] + whole[second:], "x.jpg")


def test_fill_bytes_and_a_few_spare_bytes_before_the_end_are_accepted() -> None:
    whole = FILES["baseline"]
    for extra in (b"\xff\xff\xff", b"\0\0\0", b"\x12\x34"):
        decode_photo(whole[:-2] + extra + b"\xff\xd9", "x.jpg")


def test_an_end_marker_inside_a_thumbnail_is_not_the_end() -> None:
    thumbnail = FILES["one block"]
    segment = b"Exif\0\0II*\0" + b"\x08\0\0\0" + bytes(6) + thumbnail
    head = b"\xff\xd8\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment
    whole = head + FILES["baseline"][2:]
    decode_photo(whole, "x.jpg")
    with pytest.raises(UnreadablePhoto):
        decode_photo(whole[: len(whole) // 2], "x.jpg")


@pytest.mark.parametrize("marker", [0xC3, 0xC9, 0xCA])
def test_kinds_that_no_camera_writes(marker: int) -> None:
    data = FILES["baseline"].replace(b"\xff\xc0", bytes([0xFF, marker]))
    with pytest.raises(UnreadablePhoto, match="kind of JPEG"):
        decode_photo(data, "x.jpg")


def test_a_file_of_a_thousand_scans_is_not_decoded() -> None:
    whole = FILES["progressive"]
    scan = next(whole[start:end] for marker, start, end in jpeg.read_layout(whole).segments if marker == jpeg.SOS)
    with pytest.raises(UnreadablePhoto, match="kind of JPEG"):
        decode_photo(whole[:-2] + scan * 1000 + whole[-2:], "x.jpg")


@settings(max_examples=200, deadline=None)
@given(st.integers(2, 700), st.binary(min_size=1, max_size=4))
def test_damaged_headers_raise_nothing_else(at: int, patch: bytes) -> None:
    whole = FILES["baseline"]
    try:
        pixels = decode_photo(whole[:at] + patch + whole[at + len(patch) :], "x.jpg").pixels
    except InputError:
        return
    assert pixels.ndim == 3
