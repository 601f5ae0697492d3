"""JPEG files: their segments, whether they are whole, their pixels, and a lossless copy without metadata.

libjpeg fills what is missing with grey and only mutters about it, so wholeness is established here:

1. the segments are walked to the end-of-image marker (a thumbnail inside EXIF has one too, so searching is not enough);
2. the decoder is given the coded data *without* that marker and a few bytes of padding instead. Whole data decodes to
   the last row; where data is missing, the decoder runs dry and says so. This costs nothing: it is the one decode;
3. restart markers, where the file has them, must be as many as the picture needs;
4. a run of zero bytes, as broken copies leave it, must not have displaced the picture's end;
5. a file of several scans (progressive) must refine every coefficient to its last bit.

What cannot be seen: single changed bytes that leave the length as it was. JPEG carries no checksum.
Source: ITU-T T.81 (segments B.1, progression G.1.1), T.871 (JFIF).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from calibration import exif
from calibration.refusal import check_size, unreadable

SOI, EOI, SOS, DRI, APP0, APP1, APP2, APP14 = 0xD8, 0xD9, 0xDA, 0xDD, 0xE0, 0xE1, 0xE2, 0xEE
_END_OF_IMAGE = b"\xff\xd9"
_FRAMES_READ = (0xC0, 0xC1, 0xC2)  # baseline, extended sequential and progressive, all Huffman coded
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = 0xC2
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_EXIF, _ICC = b"Exif\0", b"ICC_PROFILE\0"

# The decoder looks up to 8 bytes ahead. Zeros decode in silence. In progressive scans a code may stand for thousands of
# empty blocks: two zero bytes keep such a number small where a cut went through it, and all ones are no code at all.
_SILENT_PADDING = bytes(16)
_INVALID_PADDING = b"\0\0" + b"\xff\x00" * 8
_MOST_SCANS = 100  # a thousand of them on one small file would keep a decoder busy for minutes
_HOLE = bytes(32)
_SLACK = 64


@dataclass(frozen=True)
class Scan:
    """One scan header: the components in it, first and last coefficient, and the bit it refines to."""

    components: tuple[int, ...]
    first: int
    last: int
    low_bit: int


@dataclass
class Layout:
    """Where everything lies. ``segments`` are (marker, start, end), a scan's with its coded data."""

    segments: list[tuple[int, int, int]] = field(default_factory=list)
    frame: int = 0
    precision: int = 0
    width: int = 0
    height: int = 0
    sampling: dict[int, tuple[int, int]] = field(default_factory=dict)
    scans: list[Scan] = field(default_factory=list)
    first_code: int = 0
    code_end: int = 0
    restart_interval: int = 0
    exif: bytes | None = None
    icc_parts: dict[int, bytes] = field(default_factory=dict)

    @property
    def icc(self) -> bytes | None:
        """The embedded profile, its parts put together in their order."""
        return b"".join(self.icc_parts[part] for part in sorted(self.icc_parts)) or None

    @property
    def one_scan(self) -> bool:
        """Whether all components lie in one sequential scan, as in nearly every camera's file."""
        return self.frame != _PROGRESSIVE and len(self.scans[0].components) == len(self.sampling)


def read_layout(data: bytes) -> Layout:
    """Walk the segments up to the end of the first image; what follows it is not looked at.

    Raises ``UnreadablePhoto`` when the file ends before, or is of a kind that no camera writes.
    """
    layout = Layout()
    markers = _markers(data)
    at = 2
    while True:
        at = data.find(b"\xff", at)
        while 0 <= at < len(data) - 1 and data[at + 1] == 0xFF:  # fill bytes
            at += 1
        if not 0 <= at < len(data) - 1:
            raise unreadable("cut_short")
        marker, start = data[at + 1], at
        at += 2
        if marker == EOI:
            break
        if marker in (0x00, 0x01, SOI) or 0xD0 <= marker <= 0xD7:
            continue
        at = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
        if at > len(data) or at < start + 4:
            raise unreadable("cut_short")
        try:
            _read_segment(layout, marker, data[start + 4 : at])
        except (struct.error, IndexError) as error:
            raise unreadable("header_damaged") from error
        if marker == SOS:
            at = _pass_code(markers, at, layout)
        layout.segments.append((marker, start, at))
    if not layout.scans:
        raise unreadable("no_picture")
    return layout


def decode(data: bytes, layout: Layout) -> NDArray[np.uint8]:
    """(H, W, 3) RGB or (H, W, 4) CMYK as coded, not yet upright. Raises ``UnreadablePhoto`` when data is missing."""
    import cv2

    _check_frame(layout)
    if layout.one_scan:
        _check_restarts(data, layout)
        if data.find(_HOLE, layout.first_code, layout.code_end) >= 0:
            _check_end(data, layout)
    else:
        _check_progression(layout)
    if not layout.one_scan or len(layout.sampling) == 4:
        return _decode_in_steps(data, layout)
    code = np.frombuffer(data[: layout.code_end] + _SILENT_PADDING, dtype=np.uint8)
    try:
        pixels = cv2.imdecode(code, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise unreadable("data_damaged") from error
    if pixels is None:
        raise unreadable("cut_short")
    return np.asarray(pixels, dtype=np.uint8)


def without_metadata(data: bytes, layout: Layout, keep_icc: bool, adobe_rgb: bool) -> bytes:
    """The same coded picture with nothing beside it but what its colours and its upright side need.

    Kept: tables, frame, scans, the bare JFIF and Adobe markers (they say how the components are coded), the ICC
    profile if ``keep_icc``, and an EXIF block with the orientation alone (and Adobe RGB, where only EXIF said so).
    """
    kept = [b"\xff\xd8"]
    content = {marker: data[start + 4 : end] for marker, start, end in reversed(layout.segments)}
    if content.get(APP0, b"").startswith(b"JFIF\0"):
        kept.append(_segment(APP0, b"JFIF\0\x01\x01\0" + struct.pack(">HHBB", 1, 1, 0, 0)))
    orientation = exif.parse(layout.exif).orientation
    if orientation != 1 or adobe_rgb:
        kept.append(_segment(APP1, b"Exif\0\0" + exif.minimal(orientation, adobe_rgb)))
    for marker, start, end in layout.segments:
        segment = data[start:end]
        is_profile = marker == APP2 and segment[4:].startswith(_ICC)
        is_adobe = marker == APP14 and segment[4:9] == b"Adobe"
        if is_adobe:
            kept.append(_segment(APP14, segment[4:16]))
        elif (is_profile and keep_icc) or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(segment)
    return b"".join([*kept, _END_OF_IMAGE])


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _read_segment(layout: Layout, marker: int, content: bytes) -> None:
    if marker in _FRAMES:
        if layout.frame:
            raise unreadable("two_pictures")
        layout.frame = marker
        layout.precision, layout.height, layout.width, count = struct.unpack_from(">BHHB", content)
        for at in range(6, 6 + 3 * count, 3):
            layout.sampling[content[at]] = (content[at + 1] >> 4, content[at + 1] & 15)
    elif marker == SOS:
        if not layout.frame:
            raise unreadable("header_damaged")
        count = content[0]
        first, last, bits = struct.unpack_from("3B", content, 1 + 2 * count)
        layout.scans.append(Scan(tuple(content[1 : 1 + 2 * count : 2]), first, last, bits & 15))
    elif marker == DRI:
        layout.restart_interval = struct.unpack(">H", content)[0]
    elif marker == APP1 and content.startswith(_EXIF) and layout.exif is None:
        layout.exif = content
    elif marker == APP2 and content.startswith(_ICC) and len(content) > 14:
        layout.icc_parts.setdefault(content[12], content[14:])


def _markers(data: bytes) -> NDArray[np.intp]:
    """Where a marker stands that can end coded data: 0xFF, then anything but a stuffed zero, a restart or a fill."""
    code = np.frombuffer(data, dtype=np.uint8)
    at = np.flatnonzero(code[:-1] == 0xFF)
    after = code[at + 1]
    return np.asarray(at[(after != 0) & (after != 0xFF) & ((after < 0xD0) | (after > 0xD7))])


def _pass_code(markers: NDArray[np.intp], at: int, layout: Layout) -> int:
    """The end of the entropy-coded data that starts at ``at``."""
    index = int(np.searchsorted(markers, at))
    if index == len(markers):
        raise unreadable("cut_short")
    if len(layout.scans) == 1:
        layout.first_code = at
    layout.code_end = int(markers[index])
    return layout.code_end


def _check_frame(layout: Layout) -> None:
    if layout.frame not in _FRAMES_READ or layout.precision != 8:
        raise unreadable("odd_jpeg")
    if len(layout.sampling) not in (1, 3, 4):
        raise unreadable("odd_channels")
    if len(layout.scans) > _MOST_SCANS:
        raise unreadable("odd_jpeg")
    check_size(layout.width, layout.height)


def _check_restarts(data: bytes, layout: Layout) -> None:
    if not layout.restart_interval:
        return
    factors = list(layout.sampling.values())
    if any(0 in factor for factor in factors):
        raise unreadable("header_damaged")
    one = len(factors) == 1  # a single component is coded block by block, whatever its sampling says
    across, down = (1, 1) if one else (max(h for h, _ in factors), max(v for _, v in factors))
    units = -(-layout.width // (8 * across)) * -(-layout.height // (8 * down))
    needed = -(-units // layout.restart_interval) - 1
    found = sum(1 for _ in _RESTART.finditer(data, layout.first_code, layout.code_end))
    if found not in (needed, needed + 1):  # some writers close the last interval as well
        raise unreadable("parts_missing")


def _check_progression(layout: Layout) -> None:
    """Every coefficient of every component must have been sent to its last bit."""
    missing = {(component, k) for component in layout.sampling for k in range(64)}
    for scan in layout.scans:
        last = scan.last if layout.frame == _PROGRESSIVE else 63
        if scan.low_bit == 0 or layout.frame != _PROGRESSIVE:
            missing -= {(component, k) for component in scan.components for k in range(scan.first, last + 1)}
    if missing:
        raise unreadable("cut_short")


def _check_end(data: bytes, layout: Layout) -> None:
    """A picture must not be complete before its code ends: then the code had a hole, and the rest is displaced."""
    from PIL import JpegImagePlugin

    if layout.code_end - layout.first_code <= 4 * _SLACK:
        return
    image = JpegImagePlugin.JpegImageFile(BytesIO(data[: layout.code_end - _SLACK]))
    image.draft("L", (1, 1))  # an eighth of the size: all the code is read, little is computed
    try:
        image.load()
    except OSError:
        return
    raise unreadable("parts_missing")


def _decode_in_steps(data: bytes, layout: Layout) -> NDArray[np.uint8]:
    """Decode with Pillow's incremental decoder, which tells how much of what it was given it has used.

    After the last scan the decoder looks for a marker and so uses up whatever else it is given. Inside a scan it
    keeps a byte that does not complete a block. That is how a scan cut short is told from a whole one.
    """
    from PIL import Image, JpegImagePlugin

    try:
        image = JpegImagePlugin.JpegImageFile(BytesIO(data[: layout.code_end] + _END_OF_IMAGE))
        image.load_prepare()
        codec, extents, _, arguments = image.tile[0]
        decoder = Image._getdecoder(image.mode, codec, arguments, image.decoderconfig)
        decoder.setimage(image.im, extents)
        left = data[: layout.code_end] + _INVALID_PADDING
        used, status = decoder.decode(left)
        if used >= 0 and not layout.one_scan:
            left = left[used:] + b"\0"
            used, status = decoder.decode(left)
            if used == len(left):
                used, status = decoder.decode(_END_OF_IMAGE)
    except (OSError, SyntaxError, ValueError, IndexError) as error:
        raise unreadable("data_damaged") from error
    if status < 0:
        raise unreadable("data_damaged")
    if used >= 0:
        raise unreadable("cut_short")
    image.tile = []
    return np.asarray(image if image.mode in ("RGB", "CMYK") else image.convert("RGB"))
