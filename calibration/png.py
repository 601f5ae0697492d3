"""PNG files: their chunks, whether they are whole, and what they say of colour.

Checked: every chunk lies inside the file and matches its checksum, and the end chunk is there. (That the packed data
unpacks to as many rows as the header promises, libpng itself makes sure of.)
Source: PNG (Third Edition), W3C 2025, sections 5, 8 and 11.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from calibration.refusal import unreadable
from calibration.rgb_space import Primaries

MAGIC = b"\x89PNG\r\n\x1a\n"

_LARGEST_PROFILE = 16 * 2**20
_FOR_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_HEADER = struct.Struct(">IIBBBBB")
# Depths that each kind of pixel may have: grey, RGB, palette, grey with alpha, RGB with alpha.
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


@dataclass
class Chunks:
    """The first chunk of each kind but the pixels; ``essential`` is where the chunks lie that pixels are made from."""

    content: dict[bytes, bytes] = field(default_factory=dict)
    essential: list[tuple[int, int]] = field(default_factory=list)


def read_chunks(data: bytes) -> Chunks:
    """Every chunk up to the end chunk, its checksum compared. Raises ``UnreadablePhoto``."""
    chunks = Chunks()
    view = memoryview(data)
    at = len(MAGIC)
    while b"IEND" not in chunks.content:
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if at + 12 > len(data) or end > len(data):
            raise unreadable("cut_short")
        if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise unreadable("data_damaged")
        kind = data[at + 4 : at + 8]
        if kind in _FOR_PIXELS:
            chunks.essential.append((at, end))
        if kind != b"IDAT":
            chunks.content.setdefault(kind, data[at + 8 : end - 4])
        at = end
    return chunks


def read_size(chunks: Chunks) -> tuple[int, int]:
    """Width and height. Raises ``UnreadablePhoto`` for a header that no PNG may have."""
    content = chunks.content.get(b"IHDR", b"")
    if len(content) != _HEADER.size:
        raise unreadable("no_picture")
    width, height, depth, kind, packing, filtering, interlace = _HEADER.unpack(content)
    if depth not in _DEPTHS.get(kind, ()) or packing or filtering or interlace > 1:
        raise unreadable("header_damaged")
    return width, height


def only_pixels(data: bytes, chunks: Chunks) -> bytes:
    """The same picture without anything beside its pixels: decoders stumble over texts and profiles of many megabytes,
    and turn or recolour by their own lights."""
    view = memoryview(data)
    return b"".join([MAGIC, *(view[start:end] for start, end in chunks.essential)])


def profile(chunks: Chunks) -> bytes | None:
    """The embedded ICC profile, unpacked; None without one or when it does not unpack."""
    name, _, packed = chunks.content.get(b"iCCP", b"").partition(b"\0")
    if not name or not packed:
        return None
    try:
        return zlib.decompressobj().decompress(packed[1:], _LARGEST_PROFILE)
    except zlib.error:
        return None


def gamma_and_primaries(chunks: Chunks) -> Primaries | None:
    """What the older chunks ``gAMA`` and ``cHRM`` say; None where they are not both sound, or where sRGB is named.

    Programs write them beside nearly every sRGB picture; only where they say something else do they matter.
    """
    gamma, chromaticities = chunks.content.get(b"gAMA", b""), chunks.content.get(b"cHRM", b"")
    if b"sRGB" in chunks.content or len(gamma) != 4:
        return None
    power = int.from_bytes(gamma, "big")
    places = struct.unpack(">8I", chromaticities) if len(chromaticities) == 32 else None
    return Primaries(power, places) if 20_000 <= power <= 200_000 else None
