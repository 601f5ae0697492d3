"""Copies carry the picture and nothing else, and the picture is the same to the last bit."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from calibration import jpeg
from calibration.clean import clean_jpeg, strip_metadata
from calibration.errors import UnreadablePhoto
from calibration.photo import Photo, decode_photo, read_photo

FORMATS = Path(__file__).parents[1] / "data" / "formats"
P3 = (FORMATS / "DisplayP3-v4.icc").read_bytes()
SECRETS = (
    b"Secretive Phone",
    b"serial 12345",
    b"maker's note",
    b"51 deg north",
    b"xmp secret",
    b"a comment",
    b"2026:05",
)


def telling_exif(orientation: int = 6) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0110], exif[0x0112] = "Secretive Phone", orientation
    photo = exif.get_ifd(0x8769)
    photo[0x9003], photo[0xA431], photo[0x927C] = "2026:05:03 08:12:00", "serial 12345", b"maker's note"
    exif.get_ifd(0x8825)[0x001D] = "51 deg north"
    return exif


def telling(kind: str, mode: str = "RGB", **options: object) -> bytes:
    noise = np.random.default_rng(4).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    out = io.BytesIO()
    if kind in ("JPEG", "WEBP"):
        options["xmp"] = b"<x>xmp secret</x>"
    if kind == "JPEG":
        options["comment"] = b"a comment"
    Image.fromarray(noise).convert(mode).save(out, kind, **({"exif": telling_exif()} | options))
    return out.getvalue() + (b"a film: maker's note" if kind == "JPEG" else b"")


def same(before: Photo, after: Photo) -> None:
    np.testing.assert_array_equal(before.pixels, after.pixels)
    np.testing.assert_array_equal(before.linear(), after.linear())


@pytest.mark.parametrize(
    "options",
    [{}, {"icc_profile": P3}, {"progressive": True}, {"mode": "CMYK"}, {"mode": "L"}, {"icc_profile": b"serial 12345"}],
)
def test_a_jpeg_loses_its_secrets_and_nothing_else(options: dict[str, object]) -> None:
    data = telling("JPEG", **options)  # type: ignore[arg-type]
    assert sum(secret in data for secret in SECRETS) == len(SECRETS)
    stripped = strip_metadata(data, "x.jpg")
    assert [secret for secret in SECRETS if secret in stripped] == []
    same(decode_photo(data, "x.jpg"), decode_photo(stripped, "x.jpg"))
    before, after = (jpeg.read_layout(coded) for coded in (data, stripped))
    scans = [
        [coded[a:b] for m, a, b in layout.segments if m == jpeg.SOS]
        for coded, layout in ((data, before), (stripped, after))
    ]
    assert scans[0] == scans[1]  # the coded picture itself, bit by bit
    assert stripped.endswith(b"\xff\xd9")
    assert decode_photo(stripped, "x.jpg").captured_at is None
    assert dict(Image.open(io.BytesIO(stripped)).getexif()) == {0x0112: 6}


def test_other_programs_see_the_same_jpeg() -> None:
    data = telling("JPEG")
    before, after = (Image.open(io.BytesIO(coded)) for coded in (data, strip_metadata(data, "x.jpg")))
    np.testing.assert_array_equal(np.asarray(before), np.asarray(after))
    assert set(after.info) == {"exif", "jfif", "jfif_density", "jfif_unit", "jfif_version", "dpi"}  # dpi: a default


def test_adobe_rgb_by_exif_survives() -> None:
    exif = telling_exif(1)
    exif.get_ifd(0x8769)[0xA001] = 2
    for kind in ("JPEG", "PNG"):
        data = telling(kind, exif=exif)
        stripped = strip_metadata(data, "x")
        assert [secret for secret in SECRETS if secret in stripped] == []
        same(decode_photo(data, "x"), decode_photo(stripped, "x"))
        assert not decode_photo(stripped, "x").space.is_srgb


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("WEBP", {}), ("TIFF", {}), ("AVIF", {}), ("PNG", {"icc_profile": P3})]
)
def test_other_formats_become_a_bare_png(kind: str, options: dict[str, object]) -> None:
    data = telling(kind, **options)
    stripped = strip_metadata(data, "x")
    assert stripped.startswith(b"\x89PNG")
    assert [secret for secret in SECRETS if secret in stripped] == []
    same(decode_photo(data, "x"), decode_photo(stripped, "x"))
    assert set(Image.open(io.BytesIO(stripped)).info) <= {"icc_profile"}


def test_the_iphone_heic_becomes_a_png_of_the_same_light() -> None:
    before = read_photo(FORMATS / "display_p3.heic")
    stripped = strip_metadata((FORMATS / "display_p3.heic").read_bytes(), "x.heic")
    after = decode_photo(stripped, "x.png")
    np.testing.assert_array_equal(before.pixels, after.pixels)
    np.testing.assert_array_equal(before.space.to_srgb, after.space.to_srgb)
    np.testing.assert_array_equal(before.space.curves, after.space.curves)
    assert b"eXIf" not in stripped[:2000]
    assert after.captured_at is None


def test_display_p3_by_codes_alone_survives() -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 100, 90)).save(out, "AVIF")
    at = out.getvalue().index(b"nclx") + 4
    data = out.getvalue()[:at] + b"\0\x0c\0\x0d" + out.getvalue()[at + 4 :]
    assert not decode_photo(data, "x").space.is_srgb
    same(decode_photo(data, "x"), decode_photo(strip_metadata(data, "x"), "x"))


def test_16_bits_survive() -> None:
    pixels = np.random.default_rng(4).integers(0, 65536, (40, 60, 3)).astype(np.uint16)
    data = cv2.imencode(".tif", pixels)[1].tobytes()
    stripped = strip_metadata(data, "x.tif")
    assert decode_photo(stripped, "x").pixels.dtype == np.uint16
    same(decode_photo(data, "x"), decode_photo(stripped, "x"))


def test_only_whole_photographs_are_kept() -> None:
    data = telling("JPEG")
    with pytest.raises(UnreadablePhoto):
        strip_metadata(data[: len(data) // 2], "x.jpg")


def test_the_copy_for_showing_is_bare_and_srgb() -> None:
    photo = decode_photo(telling("JPEG", icc_profile=P3, quality=95), "x.jpg")
    shown = clean_jpeg(photo, quality=98)
    markers = {marker for marker, _, _ in jpeg.read_layout(shown).segments}
    assert not markers & {*range(0xE1, 0xF0), 0xFE}
    decoded = decode_photo(shown, "x.jpg")
    assert decoded.space.is_srgb
    assert np.abs(decoded.pixels.astype(int) - photo.srgb8()).mean() < 25  # pure noise, so coarse; its mean is not:
    np.testing.assert_allclose(decoded.pixels.mean(axis=(0, 1)), photo.srgb8().mean(axis=(0, 1)), atol=2)
    small = decode_photo(clean_jpeg(photo, max_side=20), "x.jpg")
    assert (small.width, small.height) == (14, 20)
