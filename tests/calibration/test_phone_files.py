"""Files as phones, chats and picture editors really make them: each is read as what it shows."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps, PngImagePlugin

from calibration import heif, raster
from calibration.clean import strip_metadata
from calibration.errors import InputError, UnreadablePhoto
from calibration.photo import Photo, decode_photo, read_photo

FORMATS = Path(__file__).parents[1] / "data" / "formats"
P3 = (FORMATS / "DisplayP3-v4.icc").read_bytes()


def gradients(width: int = 144, height: int = 96) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    channels = 60 + 120 * x / width, 50 + 100 * y / height, 180 - 100 * x * y / (width * height)
    return np.stack(channels, axis=-1).astype(np.uint8)


SCENE = gradients()
IMAGE = Image.fromarray(SCENE)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def error_of(data: bytes, truth: np.ndarray = SCENE) -> float:
    """Mean difference from ``truth`` in 8-bit codes."""
    pixels = decode_photo(data, "x").pixels
    assert pixels.shape == truth.shape
    scale = 257.0 if pixels.dtype == np.uint16 else 1.0
    return float(np.abs(pixels / scale - truth).mean())


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    return png[:33] + b"".join(chunks) + png[33:]


# --- HEIC, written by another program (libheif with x265) -----------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_heic_is_turned_once_though_both_container_and_exif_say_so(orientation: int) -> None:
    marked = Image.fromarray(SCENE)
    exif = Image.Exif()
    exif[0x0112] = orientation
    marked.info["exif"] = exif.tobytes()
    truth = np.asarray(ImageOps.exif_transpose(marked))
    assert error_of((FORMATS / "heic" / f"orientation_{orientation}.heic").read_bytes(), truth) < 1.5


@pytest.mark.parametrize("name", ["10_bit", "12_bit", "two_pictures"])
def test_other_heics(name: str) -> None:
    data = (FORMATS / "heic" / f"{name}.heic").read_bytes()
    assert error_of(data) < 1.5
    assert (decode_photo(data, "x").pixels.dtype == np.uint16) is name.endswith("bit")


def test_a_heic_with_transparency_lies_on_white() -> None:
    photo = read_photo(FORMATS / "heic" / "alpha.heic")
    assert np.abs(photo.pixels[:, :60].astype(int) - SCENE[:, :60]).mean() < 2
    assert photo.pixels[:, 90:].min() > 250


def test_a_grey_heic() -> None:
    grey = np.asarray(IMAGE.convert("L").convert("RGB"))
    assert error_of((FORMATS / "heic" / "grey.heic").read_bytes(), grey) < 1.5


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["orientation_6", "alpha", "10_bit"]), st.floats(0, 1), st.binary(min_size=1, max_size=4))
def test_damaged_heics_raise_nothing_but_refusals(name: str, place: float, patch: bytes) -> None:
    whole = (FORMATS / "heic" / f"{name}.heic").read_bytes()
    at = int(place**2 * len(whole))
    try:
        photo = decode_photo(whole[:at] + patch + whole[at + len(patch) :], "x")
    except InputError:
        return
    assert photo.pixels.ndim == 3


@pytest.mark.parametrize("code", [(9, 16), (12, 13), (4660, 13)])
def test_codes_of_colour_may_stand_at_the_tiles(code: tuple[int, int]) -> None:
    """A grid whose own description says nothing of colour; codes that are no H.273 codes count as none."""
    tile = heif.Box(b"colr", 0, 11)
    contents = heif.Contents(primary=1, tiles={1: [2, 3]}, properties=[tile], described_by={2: [1]})
    said = heif._codes_of_colour(b"nclx" + struct.pack(">HHHB", *code, 0, 0), contents)
    assert said == (code if code[0] < 256 else None)


# --- JPEG ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"progressive": True},
        {"subsampling": 0},
        {"subsampling": 2, "restart_marker_rows": 1},
        {"keep_rgb": True},
        {"keep_rgb": True, "progressive": True},
    ],
)
def test_every_way_to_code_a_jpeg(options: dict[str, object]) -> None:
    assert error_of(encoded(IMAGE, "JPEG", quality=95, **options)) < 1


def test_a_jpeg_with_13_megabytes_of_metadata() -> None:
    jpeg = encoded(IMAGE, "JPEG", quality=95)
    block = b"http://ns.adobe.com/xmp/extension/\0" + os.urandom(65000)
    segment = struct.pack(">BBH", 0xFF, 0xE1, len(block) + 2) + block
    loaded = jpeg[:2] + 200 * segment + jpeg[2:]
    assert error_of(loaded) < 1
    assert len(strip_metadata(loaded, "x.jpg")) < 2 * len(jpeg)


def test_a_gain_map_and_a_film_behind_the_picture_are_left_alone() -> None:
    """Ultra HDR and motion photographs: the first picture is the one that was seen on the phone."""
    base = encoded(IMAGE, "JPEG", quality=95)
    gain_map = encoded(Image.new("L", (36, 24), 200), "JPEG")
    assert error_of(base + gain_map + b"\0\0\0\x18ftypmp42" + bytes(5000)) < 1


# --- PNG -------------------------------------------------------------------------------------------------------------


def test_a_png_with_megabytes_of_text_and_profile_is_read() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", "x" * 3_000_000)
    info.add_text("Comment", "a" * 80_000_000, zip=True)
    data = encoded(IMAGE, "PNG", pnginfo=info, icc_profile=P3 + os.urandom(2_000_000))
    photo = decode_photo(data, "x.png")
    np.testing.assert_array_equal(photo.pixels, SCENE)
    assert not photo.space.is_srgb


@pytest.mark.parametrize(("kind", "depth"), [(2, 4), (3, 16), (7, 8), (6, 4)])
def test_a_kind_of_pixels_that_png_does_not_know_is_refused(kind: int, depth: int) -> None:
    png = encoded(IMAGE, "PNG")
    with pytest.raises(UnreadablePhoto, match="header"):
        decode_photo(png[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", 144, 96, depth, kind, 0, 0, 0)) + png[33:], "x")


def test_a_linear_png_by_its_gamma() -> None:
    """Gamma 1.0 by the old chunk alone: the codes are light itself."""
    data = with_chunks(encoded(IMAGE, "PNG"), chunk(b"gAMA", struct.pack(">I", 100_000)))
    photo = decode_photo(data, "x.png")
    np.testing.assert_allclose(photo.linear(), SCENE / 255, atol=1e-5)
    same(photo, decode_photo(strip_metadata(data, "x.png"), "x.png"))


def test_display_p3_by_gamma_and_primaries() -> None:
    places = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    said = chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"cHRM", struct.pack(">8I", *places))
    photo = decode_photo(with_chunks(encoded(IMAGE, "PNG"), said), "x.png")
    by_profile = decode_photo(encoded(IMAGE, "PNG", icc_profile=P3), "x.png")
    np.testing.assert_allclose(photo.linear(), by_profile.linear(), atol=2e-3)
    same(photo, decode_photo(strip_metadata(with_chunks(encoded(IMAGE, "PNG"), said), "x.png"), "x.png"))


def test_primaries_under_another_white_are_adapted() -> None:
    """Primaries of sRGB named under white D50: white must stay white (Bradford), not turn blue."""
    places = (34567, 35850, 64000, 33000, 30000, 60000, 15000, 6000)
    said = chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"cHRM", struct.pack(">8I", *places))
    white = with_chunks(encoded(Image.new("RGB", (8, 8), "white"), "PNG"), said)
    np.testing.assert_allclose(decode_photo(white, "x.png").linear(), 1.0, atol=1e-4)


@pytest.mark.parametrize(
    "said",
    [
        chunk(b"gAMA", struct.pack(">I", 45455)),
        chunk(b"gAMA", struct.pack(">I", 45455))
        + chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
        chunk(b"gAMA", struct.pack(">I", 0)),
        chunk(b"gAMA", struct.pack(">I", 100_000)) + chunk(b"sRGB", b"\0"),
        chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"cHRM", bytes(32)),
    ],
)
def test_the_old_chunks_of_an_srgb_picture_change_nothing(said: bytes) -> None:
    assert decode_photo(with_chunks(encoded(IMAGE, "PNG"), said), "x.png").space.is_srgb


def same(before: Photo, after: Photo) -> None:
    np.testing.assert_array_equal(before.pixels, after.pixels)
    np.testing.assert_array_equal(before.linear(), after.linear())


# --- TIFF ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
@pytest.mark.parametrize("mode", ["RGB", "CMYK", "YCbCr", "P"])
def test_every_packing_of_a_tiff(packing: str, mode: str) -> None:
    if mode in ("P", "CMYK") and packing == "jpeg":
        mode = "RGB"
    image = IMAGE.quantize(256) if mode == "P" else IMAGE.convert(mode)
    truth = np.asarray(image.convert("RGB"))
    assert error_of(encoded(image, "TIFF", compression=packing), truth) < 1.5


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planar", [1, 2])
def test_tiled_and_planar_tiffs_in_both_byte_orders(order: str, planar: int) -> None:
    """Written by hand after TIFF 6.0: 64 x 48 in tiles of 32 x 16, or in one plane a channel."""
    pixels = SCENE[:48, :64]
    if planar == 1:
        blocks = [pixels[y : y + 16, x : x + 32].tobytes() for y in (0, 16, 32) for x in (0, 32)]
        extra = [(322, 3, 32), (323, 3, 16)]
        places, sizes = 324, 325
    else:
        blocks = [np.ascontiguousarray(pixels[..., channel]).tobytes() for channel in range(3)]
        extra = [(278, 3, 48)]
        places, sizes = 273, 279
    entries: list[tuple[int, int, object]] = [
        (256, 3, 64), (257, 3, 48), (258, 3, [8, 8, 8]), (259, 3, 1), (262, 3, 2), (277, 3, 3),
        (284, 3, planar), *extra,
    ]  # fmt: skip
    start = 8
    at = [start + sum(map(len, blocks[:index])) for index in range(len(blocks))]
    entries += [(places, 4, at), (sizes, 4, [len(block) for block in blocks])]
    body = b"".join(blocks)
    directory_at = start + len(body)
    tail_at = directory_at + 2 + 12 * len(entries) + 4
    fields, tail = [], b""
    for tag, kind, value in sorted(entries, key=lambda one: one[0]):
        values = value if isinstance(value, list) else [value]
        packed = struct.pack(f"{order}{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(packed) > 4:
            where = struct.pack(f"{order}I", tail_at + len(tail))
            tail += packed
            packed = where
        fields.append(struct.pack(f"{order}HHI", tag, kind, len(values)) + packed.ljust(4, b"\0"))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", directory_at)
    data = head + body + struct.pack(f"{order}H", len(fields)) + b"".join(fields) + bytes(4) + tail
    np.testing.assert_array_equal(decode_photo(data, "x.tif").pixels, pixels)
    with pytest.raises(UnreadablePhoto):
        decode_photo(data[: len(data) // 2], "x.tif")


def test_the_largest_tiff_is_read_without_a_warning() -> None:
    data = encoded(Image.new("L", (9600, 9600), 90), "TIFF", compression="packbits", tiffinfo={278: 9600})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert raster.decode(data).pixels[5000, 5000] == 90


# --- WebP and AVIF ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 95}])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_coding_of_a_webp(options: dict[str, object], mode: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    data = encoded(IMAGE.convert(mode), "WEBP", exif=exif, icc_profile=P3, **options)
    assert error_of(data, SCENE[::-1, ::-1]) < 1.5
    assert not decode_photo(data, "x").space.is_srgb


@pytest.mark.parametrize("depth", [8, 10, 12])
def test_deep_avifs(depth: int) -> None:
    codes = (cv2.cvtColor(SCENE, cv2.COLOR_RGB2BGR).astype(np.uint32) * (2**depth - 1) + 127) // 255
    codes = codes.astype(np.uint8 if depth == 8 else np.uint16)
    options = [cv2.IMWRITE_AVIF_DEPTH, depth, cv2.IMWRITE_AVIF_QUALITY, 95, cv2.IMWRITE_AVIF_SPEED, 10]
    assert error_of(cv2.imencode(".avif", codes, options)[1].tobytes()) < 1.5


def test_a_name_too_long_for_any_folder_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="could not open it"):
        read_photo(Path("a" * 5000 + ".jpg"))
