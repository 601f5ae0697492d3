"""Is a HEIF file (HEIC, AVIF) whole? Decoders fill missing tiles without a word, so the boxes are checked before.

What is checked: every piece of data that the file's table of contents names lies inside the file, no tile of a grid
is missing, HEVC pictures are made of whole units and AV1 pictures have no holes of zeros. What cannot be seen: single
changed bytes, as there is no checksum.
Source: ISO/IEC 14496-12 (boxes, ``meta``, ``iloc``, ``iinf``, ``iref``), 23008-12 (``ispe``), 14496-15 (HEVC units).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from calibration.refusal import HOLE_IN_NOISE, unreadable

_MOST_PIECES = 100_000  # 48 megapixels in tiles are some 200; entries of no bytes each could be billions
_NO_SUCH_BYTES = b"\0\0\0"  # HEVC breaks up three zero bytes, so inside a unit they are a hole


@dataclass(frozen=True)
class Box:
    """One box: its type and where its content lies in the file. ``end`` may lie outside when the file is cut."""

    kind: bytes
    start: int
    end: int


@dataclass
class Contents:
    """The table of contents: where each item's data lies, what it is, what it is made from and how it is described.

    ``properties`` is the file's one list of descriptions, ``described_by`` each item's numbers in it, from 1.
    """

    primary: int = 0
    extents: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    kinds: dict[int, bytes] = field(default_factory=dict)
    tiles: dict[int, list[int]] = field(default_factory=dict)
    properties: list[Box] = field(default_factory=list)
    described_by: dict[int, list[int]] = field(default_factory=dict)

    def described(self, item: int) -> list[Box]:
        """The properties of ``item``."""
        numbers = self.described_by.get(item, [])
        return [self.properties[number - 1] for number in numbers if 0 < number <= len(self.properties)]


@dataclass(frozen=True)
class Declared:
    """What a whole file says of its pictures: their (width, height) before turning, and the primary's H.273 codes."""

    sizes: tuple[tuple[int, int], ...]
    primaries_and_transfer: tuple[int, int] | None


def brands(data: bytes) -> frozenset[bytes]:
    """The major and compatible brands of the ``ftyp`` box that ``data`` starts with; empty without one."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(data[:4], "big"), len(data), 512)
    return frozenset(data[at : at + 4] for at in (8, *range(16, end - 3, 4)))


def check_whole(data: bytes) -> Declared:
    """What the file declares of its pictures. Raises ``UnreadablePhoto`` when any of their data is missing."""
    try:
        contents = _read_contents(data)
        for item, extents in contents.extents.items():
            if any(end > len(data) for _, end in extents):
                raise unreadable("cut_short")
            kind = contents.kinds.get(item)
            if kind == b"hvc1":
                _check_units(data, extents, _unit_length_bytes(data, contents.described(item)))
            if kind == b"av01" and any(data.find(HOLE_IN_NOISE, start, end) >= 0 for start, end in extents):
                raise unreadable("parts_missing")
        declared = Declared(tuple(_sizes(data, contents)), _codes_of_colour(data, contents))
    except (struct.error, IndexError) as error:
        raise unreadable("contents_damaged") from error
    for tiles in contents.tiles.values():
        if not all(tile in contents.extents for tile in tiles):
            raise unreadable("parts_missing")
    return declared


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes between ``start`` and ``end``; stops at the first thing that is not a box."""
    at = start
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        header = 8
        if size == 1:
            size, header = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif size == 0:
            size = end - at
        if size < header or not kind.isascii():
            return
        yield Box(kind, at + header, at + size)
        at += size


def _read_contents(data: bytes) -> Contents:
    contents = Contents()
    found = set()
    for box in boxes(data, 0, len(data)):
        if box.kind in (b"meta", b"mdat") and box.end > len(data):
            raise unreadable("cut_short")
        if box.kind == b"meta" and b"meta" not in found:
            _read_meta(data, box, contents)
        found.add(box.kind)
    if b"meta" not in found:
        raise unreadable("no_still")
    if not contents.extents:
        raise unreadable("contents_empty")
    return contents


def _read_meta(data: bytes, meta: Box, contents: Contents) -> None:
    inner = {box.kind: box for box in reversed(list(boxes(data, meta.start + 4, meta.end)))}
    if any(box.end > meta.end for box in inner.values()):
        raise unreadable("contents_damaged")
    if b"pitm" in inner:
        fields = _Fields(data, inner[b"pitm"])
        contents.primary = fields.take(4 if fields.take(4) >> 24 else 2)
    if b"iloc" in inner:
        _read_locations(data, inner[b"iloc"], inner.get(b"idat"), contents)
    if b"iinf" in inner:
        _read_kinds(data, inner[b"iinf"], contents)
    if b"iref" in inner:
        _read_tiles(data, inner[b"iref"], contents)
    if b"iprp" in inner:
        _read_properties(data, inner[b"iprp"], contents)


class _Fields:
    """Reads big-endian whole numbers one after the other, never past the end of its box."""

    def __init__(self, data: bytes, box: Box) -> None:
        self._data, self._at, self._end = data, box.start, min(box.end, len(data))

    def take(self, size: int) -> int:
        if self._at + size > self._end:
            raise IndexError("past the end of a box")
        value = int.from_bytes(self._data[self._at : self._at + size], "big")
        self._at += size
        return value


def _read_locations(data: bytes, iloc: Box, idat: Box | None, contents: Contents) -> None:
    fields = _Fields(data, iloc)
    version = fields.take(4) >> 24
    sizes = fields.take(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version == 2 else 2
    pieces = 0
    for _ in range(fields.take(wide)):
        item = fields.take(wide)
        method = fields.take(2) & 15 if version else 0
        elsewhere = fields.take(2)
        base = fields.take(base_size)
        extents = contents.extents.setdefault(item, [])
        count = fields.take(2)
        pieces += count
        if pieces > _MOST_PIECES:
            raise unreadable("contents_damaged")
        for _ in range(count):
            if version:
                fields.take(index_size)
            offset, length = base + fields.take(offset_size), fields.take(length_size)
            if elsewhere:
                raise unreadable("elsewhere")
            if method == 0:
                extents.append((offset, offset + length if length else max(len(data), offset + 1)))
            elif method == 1:
                extents.append(_inside_idat(offset, length, idat))


def _inside_idat(offset: int, length: int, idat: Box | None) -> tuple[int, int]:
    if idat is None or idat.start + offset + length > idat.end:
        raise unreadable("parts_missing")
    return idat.start + offset, idat.start + offset + length if length else idat.end


def _read_kinds(data: bytes, iinf: Box, contents: Contents) -> None:
    version = data[iinf.start]
    for entry in boxes(data, iinf.start + (8 if version else 6), iinf.end):
        if entry.kind == b"infe" and (version := data[entry.start]) >= 2:
            wide = 4 if version == 3 else 2
            item = int.from_bytes(data[entry.start + 4 : entry.start + 4 + wide], "big")
            contents.kinds[item] = data[entry.start + 6 + wide : entry.start + 10 + wide]


def _read_tiles(data: bytes, iref: Box, contents: Contents) -> None:
    wide = 4 if data[iref.start] else 2
    for reference in boxes(data, iref.start + 4, iref.end):
        if reference.kind == b"dimg":
            fields = _Fields(data, reference)
            item = fields.take(wide)
            contents.tiles[item] = [fields.take(wide) for _ in range(fields.take(2))]


def _read_properties(data: bytes, iprp: Box, contents: Contents) -> None:
    for box in boxes(data, iprp.start, iprp.end):
        if box.kind == b"ipco":
            contents.properties = list(boxes(data, box.start, box.end))
        elif box.kind == b"ipma":
            fields = _Fields(data, box)
            head = fields.take(4)
            wide_item, wide_number = (4 if head >> 24 else 2), (2 if head & 1 else 1)
            for _ in range(fields.take(4)):
                numbers = contents.described_by.setdefault(fields.take(wide_item), [])
                essential = 0x8000 if wide_number == 2 else 0x80
                numbers += [fields.take(wide_number) & ~essential for _ in range(fields.take(1))]


def _sizes(data: bytes, contents: Contents) -> Iterator[tuple[int, int]]:
    for box in contents.properties:
        if box.kind == b"ispe":
            yield struct.unpack_from(">II", data, box.start + 4)


def _codes_of_colour(data: bytes, contents: Contents) -> tuple[int, int] | None:
    """Of the primary picture, or where only its tiles are described, of the first of them."""
    for item in (contents.primary, *contents.tiles.get(contents.primary, [])[:1]):
        for box in contents.described(item):
            if box.kind == b"colr" and data[box.start : box.start + 4] == b"nclx":
                primaries, transfer = struct.unpack_from(">HH", data, box.start + 4)
                return (primaries, transfer) if max(primaries, transfer) < 256 else None
    return None


def _unit_length_bytes(data: bytes, properties: list[Box]) -> int:
    for box in properties:
        if box.kind == b"hvcC":
            return (data[box.start + 21] & 3) + 1
    return 4


def _check_units(data: bytes, extents: list[tuple[int, int]], length_bytes: int) -> None:
    """An HEVC picture is a row of units, each with its length before it, that fills its item to the last byte."""
    coded = b"".join(data[start:end] for start, end in extents)
    at = 0
    while at < len(coded):
        length = int.from_bytes(coded[at : at + length_bytes], "big")
        at += length_bytes
        if length < 2 or at + length > len(coded) or coded.find(_NO_SUCH_BYTES, at, at + length) >= 0:
            raise unreadable("parts_missing")
        at += length
