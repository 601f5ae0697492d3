"""PNG files: their chunks, whether they are whole, and what they say of colour.

Checked: every chunk lies inside the file and matches its checksum, the end chunk is there, and the packed data unpacks
to as many rows as the header promises. Source: PNG (Third Edition), W3C 2025, sections 5, 7, 8 and 11.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from calibration.refusal import unreadable

MAGIC = b"\x89PNG\r\n\x1a\n"

_LARGEST_PROFILE = 16 * 2**20
_STEP = 2**20
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: first column and row, and the step between them, of each of the seven passes.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass
class Chunks:
    """The first chunk of each kind, and where the packed pixels lie."""

    content: dict[bytes, bytes] = field(default_factory=dict)
    pixels: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Header:
    """Size, bits per channel, bits per pixel, and whether the rows are interlaced."""

    width: int
    height: int
    depth: int
    bits: int
    interlaced: bool


def read_chunks(data: bytes) -> Chunks:
    """Every chunk up to the end chunk, its checksum compared. Raises ``UnreadablePhoto``."""
    chunks = Chunks()
    view = memoryview(data)
    at = len(MAGIC)
    while b"IEND" not in chunks.content:
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if at + 12 > len(data) or end > len(data):
            raise unreadable("it was cut short")
        if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise unreadable("its data is damaged")
        kind = data[at + 4 : at + 8]
        if kind == b"IDAT":
            chunks.pixels.append((at + 8, end - 4))
        else:
            chunks.content.setdefault(kind, data[at + 8 : end - 4])
        at = end
    return chunks


def read_header(chunks: Chunks) -> Header:
    """The size and the kind of pixels. Raises ``UnreadablePhoto`` for what no PNG may be."""
    content = chunks.content.get(b"IHDR", b"")
    if len(content) != 13:
        raise unreadable("it holds no picture")
    width, height, depth, kind, _, _, interlace = struct.unpack(">IIBBBBB", content)
    if kind not in _CHANNELS or depth not in (1, 2, 4, 8, 16) or interlace > 1:
        raise unreadable("its header is damaged")
    return Header(width, height, depth, _CHANNELS[kind] * depth, interlace == 1)


def check_rows(data: bytes, chunks: Chunks, header: Header) -> None:
    """The packed data must hold all rows: decoders leave the missing ones black. Raises ``UnreadablePhoto``."""
    missing = _unpacked_size(header)
    unpacker = zlib.decompressobj()
    view = memoryview(data)
    try:
        for start, end in chunks.pixels:
            packed: bytes | memoryview = view[start:end]
            while packed and missing > 0 and not unpacker.eof:
                missing -= len(unpacker.decompress(packed, _STEP))
                packed = unpacker.unconsumed_tail
    except zlib.error as error:
        raise unreadable("its data is damaged") from error
    while missing > 0 and (rest := unpacker.decompress(b"", _STEP)):
        missing -= len(rest)
    if missing > 0:
        raise unreadable("parts of the picture are missing")


def profile(chunks: Chunks) -> bytes | None:
    """The embedded ICC profile, unpacked; None without one or when it does not unpack."""
    name, _, packed = chunks.content.get(b"iCCP", b"").partition(b"\0")
    if not name or not packed:
        return None
    try:
        return zlib.decompressobj().decompress(packed[1:], _LARGEST_PROFILE)
    except zlib.error:
        return None


def _unpacked_size(header: Header) -> int:
    """Bytes of all rows, each with its filter byte before it."""
    passes = _PASSES if header.interlaced else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns, rows = -(-(header.width - left) // across), -(-(header.height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * header.bits // 8))
    return total
