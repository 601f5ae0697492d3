"""Helpers that several tests share: pictures as files and as photographs, and what a search for a card says."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from calibration.card_reading import CardReading, CardSearch
from calibration.errors import UnreadablePhoto
from calibration.photo import Photo, RgbSpace, decode_photo

Points = NDArray[np.float64]
FORMATS = Path(__file__).parents[1] / "data" / "formats"


def plain_srgb() -> RgbSpace:
    """The space of a file without a profile, as the reader makes it."""
    done, code = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))
    assert done
    return decode_photo(code.tobytes(), "plain.png").space


def as_photo(picture: NDArray[np.uint8] | NDArray[np.uint16], space: RgbSpace | None = None) -> Photo:
    return Photo("made.png", np.ascontiguousarray(picture), space or plain_srgb())


def read(search: CardSearch) -> CardReading:
    assert search.reading is not None, [problem.sentence for problem in search.problems]
    return search.reading


def error(reading: CardReading, truth: Points) -> float:
    """The worst corner's distance, in widths of the card."""
    off = np.linalg.norm(reading.corners - truth, axis=1).max()
    return float(off / np.linalg.norm(truth[1] - truth[0]))


def codes(search: CardSearch) -> list[str]:
    """Why nothing was read."""
    assert search.reading is None
    return [problem.code for problem in search.problems]


def scene(width: int = 96, height: int = 64) -> Image.Image:
    """Smooth, without symmetry, and without a colour that any of the spaces would clip."""
    y, x = np.mgrid[0:height, 0:width]
    red = 60 + 120 * x / width
    green = 50 + 100 * y / height
    blue = 180 - 100 * x * y / (width * height)
    return Image.fromarray(np.stack([red, green, blue], axis=-1).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def deep(seed: int = 3, channels: int = 3) -> np.ndarray:
    shape = (40, 56, channels) if channels > 1 else (40, 56)
    return np.random.default_rng(seed).integers(0, 65536, shape).astype(np.uint16)


def reason(data: bytes, name: str = "x.jpg") -> str:
    with pytest.raises(UnreadablePhoto) as refusal:
        decode_photo(data, name)
    assert refusal.value.problem.code == "unreadable"
    return refusal.value.problem.message


def tiff16(pixels: np.ndarray, orientation: int = 1, extra: tuple[tuple[int, int, int], ...] = ()) -> bytes:
    """An uncompressed 16-bit RGB TIFF written by hand."""
    height, width, _ = pixels.shape
    entries = [(256, 4, width), (257, 4, height), (259, 3, 1), (262, 3, 2), (274, 3, orientation), (277, 3, 3)]
    entries += [(278, 4, height), (279, 4, pixels.nbytes), *extra]
    start = 8 + 2 + 12 * (len(entries) + 2) + 4
    fields = [struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries]
    fields += [struct.pack("<HHII", 258, 3, 3, start), struct.pack("<HHII", 273, 4, 1, start + 6)]
    fields.sort(key=lambda field: struct.unpack_from("<H", field))
    directory = struct.pack("<H", len(fields)) + b"".join(fields) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<3H", 16, 16, 16) + pixels.astype("<u2").tobytes()


def grey_profile() -> bytes:
    curve = b"curv" + bytes(4) + struct.pack(">I", 0)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    header = bytearray(128)
    header[8:12], header[12:24], header[36:40] = b"\x04\x30\0\0", b"mntrGRAYXYZ ", b"acsp"
    header[68:80] = struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    start = 128 + 4 + 24
    tags = struct.pack(">I", 2) + b"kTRC" + struct.pack(">II", start, 12) + b"wtpt" + struct.pack(">II", start + 12, 20)
    profile = bytes(header) + tags + curve + white
    return struct.pack(">I", len(profile)) + profile[4:]
