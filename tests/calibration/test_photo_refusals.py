"""What is no whole photograph of a phone is refused in words, however it is damaged."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from calibration import raster
from calibration.errors import InputError, NothingToAnalyze, PhotoTooLarge
from calibration.photo import decode_photo, read_photo
from tests.calibration.conftest import FORMATS, deep, encoded, grey_profile, reason, scene, tiff16


def test_no_such_file_and_folders(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "gone.jpg", "no file named gone.jpg"), (tmp_path, "is a folder")):
        with pytest.raises(NothingToAnalyze, match=words):
            read_photo(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"Dear diary, today my face is red.\n" * 50, "not a picture"),
        (b"%PDF-1.7\n" + bytes(200), "PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing"),
        (b"\0\0\0\x18ftypmp42" + bytes(200), "video"),
        (b"PK\x03\x04" + bytes(99), "ZIP"),
        (b"\xff\xd8\xff", "cut"),
        (b"II*\0" + bytes(4), "cut"),
        (b"\x89PNG\r\n\x1a\n", "cut"),
        (b"RIFF\x10\0\0\0WEBP", "cut"),
        (tiff16(deep(), extra=((50706, 4, 0x01040000),)), "raw"),
        (tiff16(deep(), extra=((339, 3, 3),)), "whole numbers"),
    ],
)
def test_what_is_no_photograph_is_named(data: bytes, words: str) -> None:
    assert words in reason(data)


@pytest.mark.parametrize("kind", ["GIF", "BMP"])
def test_other_pictures_are_named(kind: str) -> None:
    assert kind in reason(encoded(scene(), kind))


def huge_headers() -> dict[str, bytes]:
    """Small files that declare 20000 x 20000 pixels: their headers alone must be enough to refuse them."""
    png = bytearray(encoded(scene(), "PNG"))
    png[16:24] = struct.pack(">II", 20000, 20000)
    png[29:33] = struct.pack(">I", zlib.crc32(bytes(png[12:29])))
    jpg = bytearray(encoded(scene(), "JPEG"))
    at = jpg.index(b"\xff\xc0")
    jpg[at + 5 : at + 9] = struct.pack(">HH", 20000, 20000)
    size = (20000 - 1).to_bytes(3, "little")
    webp = bytearray(encoded(scene(), "WEBP", icc_profile=grey_profile()))
    webp[24:30] = size + size
    heic = bytearray((FORMATS / "display_p3.heic").read_bytes())
    at = heic.index(struct.pack(">II", 4032, 3024))
    heic[at : at + 8] = struct.pack(">II", 20000, 20000)
    avif = bytearray(encoded(scene(), "AVIF"))
    at = avif.index(b"ispe") + 8
    avif[at : at + 8] = struct.pack(">II", 20000, 20000)
    tiff = tiff16(deep()).replace(struct.pack("<HHII", 256, 4, 1, 56), struct.pack("<HHII", 256, 4, 1, 20000))
    tiff = tiff.replace(struct.pack("<HHII", 257, 4, 1, 40), struct.pack("<HHII", 257, 4, 1, 20000))
    files = {"png": png, "jpg": jpg, "webp": webp, "heic": heic, "avif": avif, "tiff": tiff}
    return {k: bytes(v) for k, v in files.items()}


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "heic", "avif", "tiff"])
def test_too_many_megapixels_are_refused_by_the_header(kind: str) -> None:
    with pytest.raises(PhotoTooLarge) as refusal:
        decode_photo(huge_headers()[kind], "x")
    assert "400 megapixels" in refusal.value.problem.message
    assert refusal.value.problem.code == "too_large"


def test_90_megapixels_are_read_without_a_warning() -> None:
    data = encoded(Image.new("1", (10000, 9500), 1), "PNG")
    assert raster.decode(data).pixels.shape == (9500, 10000)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["WEBP", "TIFF", "AVIF", "PNG"]), st.floats(0, 1), st.binary(min_size=1, max_size=4))
def test_damaged_files_raise_nothing_but_refusals(kind: str, place: float, patch: bytes) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = encoded(scene(), kind, exif=exif)
    at = int(place**3 * len(whole))  # mostly headers
    try:
        photo = decode_photo(whole[:at] + patch + whole[at + len(patch) :], "x")
    except InputError:
        return
    assert photo.pixels.shape[2] == 3


def test_a_compressed_text_bomb_does_no_harm() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "a" * 80_000_000, zip=True)
    np.testing.assert_array_equal(
        decode_photo(encoded(scene(), "PNG", pnginfo=info), "x.png").pixels, np.asarray(scene())
    )
