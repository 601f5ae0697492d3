"""Copies of a photograph without anything beside the picture: no place, no device, no time, no comments."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calibration import colour, exif, jpeg, raster
from calibration.raster import ColourTag

if TYPE_CHECKING:
    from calibration.photo import Photo

_AFTER_IHDR = 8 + 25  # the magic, then a header chunk of 13 bytes


def clean_jpeg(photo: Photo, quality: int = 92, max_side: int | None = None) -> bytes:
    """An sRGB JPEG for showing, with no metadata at all; shrunk by a whole factor to ``max_side`` if that is given."""
    import cv2

    shown = (photo if max_side is None else photo.reduced(max_side)[0]).srgb8()
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    done, code = cv2.imencode(".jpg", cv2.cvtColor(shown, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise RuntimeError("the JPEG encoder failed")
    return code.tobytes()


def strip_metadata(data: bytes, name: str) -> bytes:
    """The same photograph without metadata: :func:`~calibration.photo.decode_photo` gives the same linear pixels.

    A JPEG keeps its coded picture bit by bit; beside it stay only which way is up and the colour profile. Anything
    else becomes a lossless PNG of the upright pixels with the profile. What follows the picture (a second picture, a
    motion photograph's film, a gain map) goes. The capture time goes too: keep ``Photo.captured_at`` elsewhere.
    Raises as ``decode_photo``: only whole photographs are kept. ``name`` is only for the reader's convenience.
    """
    del name
    read = raster.decode(data)
    seen = colour.resolve(read.pixels, read.colour)
    if data.startswith(b"\xff\xd8"):
        return jpeg.without_metadata(data, jpeg.read_layout(data), seen.uses_profile, seen.tag.adobe_rgb)
    return _png(seen.pixels, seen.tag)


def _png(pixels: NDArray[np.uint8] | NDArray[np.uint16], tag: ColourTag) -> bytes:
    import cv2

    done, code = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    if not done:
        raise RuntimeError("the PNG encoder failed")
    png = code.tobytes()
    return png[:_AFTER_IHDR] + _colour_chunk(tag) + png[_AFTER_IHDR:]


def _colour_chunk(tag: ColourTag) -> bytes:
    """The chunks by which a PNG says what ``tag`` says; they must stand before the pixels."""
    if tag.icc:
        return _chunk(b"iCCP", b"profile\0\0" + zlib.compress(tag.icc))
    if tag.cicp:
        return _chunk(b"cICP", bytes([*tag.cicp, 0, 1]))
    if tag.adobe_rgb:
        return _chunk(b"eXIf", exif.minimal(1, adobe_rgb=True))
    if tag.primaries:
        chunks = _chunk(b"gAMA", struct.pack(">I", tag.primaries.power))
        return chunks + (_chunk(b"cHRM", struct.pack(">8I", *tag.primaries.places)) if tag.primaries.places else b"")
    return b""


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
