"""The four facts Rubor wants from EXIF: which way is up, when, with which offset, and whether it is Adobe RGB.

A reader of its own, because a phone's EXIF is often damaged by the programs it went through: this one takes what it
can read, and answers with nothing where it cannot. It never raises and never warns.
Source: CIPA DC-008-2023 (Exif 3.0), TIFF 6.0.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal

ORIENTATION = 0x0112
EXIF_IFD = 0x8769
DATE_TIME_ORIGINAL = 0x9003
DATE_TIME_DIGITIZED = 0x9004
OFFSET_TIME_ORIGINAL = 0x9011
OFFSET_TIME_DIGITIZED = 0x9012
COLOR_SPACE = 0xA001
INTEROP_IFD = 0xA005
INTEROP_INDEX = 0x0001

_BYTES_PER_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
_EARLIEST_YEAR = 1900  # a camera whose clock was never set may say year 0 or 1


@dataclass(frozen=True)
class Exif:
    """What was understood of a file's EXIF. ``orientation`` is 1 to 8, 1 where it is unknown."""

    orientation: int = 1
    captured_at: datetime | None = None
    adobe_rgb: bool = False


@dataclass(frozen=True)
class Ifd:
    """One directory of a TIFF structure: tag to (type, the value's bytes)."""

    order: Literal["<", ">"]
    entries: dict[int, tuple[int, bytes]]

    def numbers(self, tag: int) -> tuple[int, ...]:
        """The values of a BYTE, SHORT or LONG tag; empty without it."""
        kind, raw = self.entries.get(tag, (0, b""))
        letter = {1: "B", 3: "H", 4: "I", 13: "I"}.get(kind)
        if letter is None:
            return ()
        count = len(raw) // _BYTES_PER_TYPE[kind]
        return struct.unpack(f"{self.order}{count}{letter}", raw)

    def number(self, tag: int, default: int) -> int:
        return next(iter(self.numbers(tag)), default)

    def text(self, tag: int) -> str | None:
        """The value of an ASCII tag up to its first NUL; None without it."""
        kind, raw = self.entries.get(tag, (0, b""))
        if kind not in (2, 7):
            return None
        return raw.split(b"\0")[0].decode("ascii", "replace").strip()


def read_ifd(tiff: bytes, offset: int | None = None) -> Ifd | None:
    """The directory at ``offset`` (default: the first one) of a classic TIFF structure; None if there is none.

    Entries that point outside the data are left out.
    """
    if tiff[:4] == b"II*\0":
        order: Literal["<", ">"] = "<"
    elif tiff[:4] == b"MM\0*":
        order = ">"
    else:
        return None
    try:
        start = struct.unpack_from(f"{order}I", tiff, 4)[0] if offset is None else offset
        count = struct.unpack_from(f"{order}H", tiff, start)[0]
    except struct.error:
        return None
    if start < 8:
        return None
    entries: dict[int, tuple[int, bytes]] = {}
    for at in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, number = struct.unpack_from(f"{order}HHI", tiff, at)
        size = _BYTES_PER_TYPE.get(kind, 0) * number
        where = at + 8 if size <= 4 else struct.unpack_from(f"{order}I", tiff, at + 8)[0]
        if 0 < size <= len(tiff) - where:
            entries.setdefault(tag, (kind, tiff[where : where + size]))
    return Ifd(order, entries)


def parse(blob: bytes | None) -> Exif:
    """Read an EXIF block, with or without the ``Exif`` prefix that JPEG, HEIF and some WebP writers put before it."""
    if not blob:
        return Exif()
    starts = [at for at in (blob.find(b"II*\0", 0, 20), blob.find(b"MM\0*", 0, 20)) if at >= 0]
    tiff = blob[min(starts) :] if starts else b""
    main = read_ifd(tiff)
    if main is None:
        return Exif()
    orientation = main.number(ORIENTATION, 1)
    photo = _sub_ifd(tiff, main, EXIF_IFD)
    return Exif(
        orientation=orientation if 1 <= orientation <= 8 else 1,
        captured_at=_captured_at(photo) if photo else None,
        adobe_rgb=_is_adobe_rgb(tiff, photo) if photo else False,
    )


def minimal(orientation: int, adobe_rgb: bool = False) -> bytes:
    """An EXIF block (TIFF structure, no prefix) that says which way is up, and Adobe RGB if so: nothing else."""
    entry = struct.Struct(">HHIHxx")
    link = struct.pack(">HHII", EXIF_IFD, 4, 1, 8 + 2 + 24 + 4) if adobe_rgb else b""
    main = struct.pack(">H", 1 + adobe_rgb) + entry.pack(ORIENTATION, 3, 1, orientation) + link + bytes(4)
    photo = struct.pack(">H", 1) + entry.pack(COLOR_SPACE, 3, 1, 2) + bytes(4) if adobe_rgb else b""
    return b"MM\0*" + struct.pack(">I", 8) + main + photo


def _sub_ifd(tiff: bytes, ifd: Ifd, tag: int) -> Ifd | None:
    offset = ifd.number(tag, 0)
    return read_ifd(tiff, offset) if offset else None


def _is_adobe_rgb(tiff: bytes, photo: Ifd) -> bool:
    """DCF's optional colour space: cameras say 2 (not in the standard, widely written), or interoperability R03."""
    space = photo.number(COLOR_SPACE, 0)
    interop = _sub_ifd(tiff, photo, INTEROP_IFD)
    return space == 2 or (space != 1 and interop is not None and interop.text(INTEROP_INDEX) == "R03")


def _captured_at(photo: Ifd) -> datetime | None:
    """When the shutter opened. The time of digitizing stands in only where the original time is missing."""
    original = photo.text(DATE_TIME_ORIGINAL)
    if original is not None:
        return _date_time(original, photo.text(OFFSET_TIME_ORIGINAL))
    return _date_time(photo.text(DATE_TIME_DIGITIZED), photo.text(OFFSET_TIME_DIGITIZED))


def _date_time(date: str | None, offset: str | None) -> datetime | None:
    found = _DATE.fullmatch(date or "")
    if not found:
        return None
    try:
        naive = datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
    if naive.year < _EARLIEST_YEAR:
        return None
    sign = _OFFSET.fullmatch(offset or "")
    if not sign:
        return naive
    shift = timedelta(hours=int(sign[2]), minutes=int(sign[3]))
    if shift > timedelta(hours=14) or int(sign[3]) > 59:  # no clock on Earth: the offset is broken, the time is not
        return naive
    return naive.replace(tzinfo=timezone(-shift if sign[1] == "-" else shift))
