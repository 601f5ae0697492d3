"""PNG, WebP, TIFF and AVIF (and JPEG beside them) that lost a part are refused, also where libraries fill it in."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from calibration.errors import UnreadablePhoto
from calibration.photo import decode_photo


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def deep() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 65536, (40, 56, 3)).astype(np.uint16)


def textured() -> Image.Image:
    return Image.fromarray(deep().astype(np.uint8))


def reason(data: bytes) -> str:
    with pytest.raises(UnreadablePhoto) as refusal:
        decode_photo(data, "x")
    return refusal.value.problem.message


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "PNG16", "TIFF16", "LZW"])
def test_a_cut_file_is_refused(kind: str, share: float) -> None:
    noisy = Image.fromarray(deep().astype(np.uint8))
    whole = {
        "PNG16": lambda: cv2.imencode(".png", deep())[1].tobytes(),
        "TIFF16": lambda: cv2.imencode(".tif", deep())[1].tobytes(),
        "LZW": lambda: encoded(noisy, "TIFF", compression="tiff_lzw"),
    }.get(kind, lambda: encoded(noisy, kind))()
    decode_photo(whole, "x")
    reason(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "lossless", "LZW"])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_a_cut_file_filled_up_with_zeros_is_refused(kind: str, share: float) -> None:
    noisy = Image.fromarray(np.random.default_rng(0).integers(0, 256, (1200, 1600, 3)).astype(np.uint8))
    options = {"AVIF": {"speed": 10}, "lossless": {"lossless": True}, "LZW": {"compression": "tiff_lzw"}}.get(kind, {})
    whole = encoded(noisy, {"lossless": "WEBP", "LZW": "TIFF"}.get(kind, kind), **options)
    decode_photo(whole, "x")
    length = int(len(whole) * share)
    reason(whole[:length] + bytes(len(whole) - length))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "lossless", "LZW"])
def test_one_even_colour_is_not_taken_for_a_hole(kind: str) -> None:
    options = {"JPEG": {"optimize": True}, "lossless": {"lossless": True}, "LZW": {"compression": "tiff_lzw"}}
    even = Image.new("RGB", (1600, 1200), (0, 0, 0))
    data = encoded(even, {"lossless": "WEBP", "LZW": "TIFF"}.get(kind, kind), **options.get(kind, {}))
    assert decode_photo(data, "x").pixels.max() <= 1


def test_a_png_with_too_few_rows_is_refused() -> None:
    """Sound chunks and checksums, but the pixels inside are fewer than the header promises."""
    for depth, make in ((16, deep()), (8, deep().astype(np.uint8))):
        rows = b"".join(b"\0" + row.astype(f">u{depth // 8}").tobytes() for row in make[:20])
        header = struct.pack(">IIBBBBB", 56, 40, depth, 2, 0, 0, 0)
        data = b"\x89PNG\r\n\x1a\n"
        for kind, content in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
            data += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        reason(data)


def test_a_changed_byte_in_a_png_is_noticed() -> None:
    data = bytearray(encoded(textured(), "PNG"))
    data[len(data) // 2] ^= 1
    assert "damaged" in reason(bytes(data))
