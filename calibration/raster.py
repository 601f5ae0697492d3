"""Decode the container formats other than JPEG: PNG, TIFF, WebP, HEIC and AVIF; and tell what a file is by its content.

Every decoder first makes sure that the file is whole, since libraries fill what is missing, and reads the size from
the header. (Where a broken copy put zeros into an uncompressed TIFF, they cannot be told from black pixels.) Pillow's
plug-ins are called directly: ``Image.open`` would warn about large pictures, and a warning is a setting of the whole
process.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from calibration import exif, heif, jpeg, png
from calibration.errors import InputError
from calibration.exif import Exif
from calibration.refusal import HOLE_IN_NOISE, check_size, unreadable
from calibration.rgb_space import Primaries

if TYPE_CHECKING:
    from PIL import Image

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})

# Zero bytes in a row that WebP's two codings never write. Lossy coding writes some for an even area: measured at most
# 300 for 3 megapixels of one colour, so 10000 for the largest.
_HOLES = {b"VP8L": HOLE_IN_NOISE, b"VP8 ": bytes(2**14)}

_PILLOW_WARNS = 80e6  # Pillow warns of a tile (or a picture in one piece) of more pixels, and a warning is no answer

# What people send by mistake, by the first bytes.
_OTHER_KINDS = (
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"%PDF", "pdf"),
    (b"8BPS", "photoshop"),
    (b"PK\x03\x04", "zip"),
    (b"\xff\x0a", "jpeg_xl"),
    (b"\0\0\0\x0cJXL ", "jpeg_xl"),
    (b"\0\0\0\x0cjP  ", "jpeg_2000"),
)


@dataclass(frozen=True)
class ColourTag:
    """What a file says of its colours: an ICC profile, or H.273 codes (primaries, transfer), or Adobe RGB by EXIF, or
    (old PNG) a power curve and primaries."""

    icc: bytes | None = None
    cicp: tuple[int, int] | None = None
    adobe_rgb: bool = False
    primaries: Primaries | None = None


@dataclass(frozen=True, eq=False)
class Raster:
    """Upright pixels as coded, (H, W) grey, (H, W, 3) RGB or (H, W, 4) CMYK, and what the file says of them."""

    pixels: Pixels
    colour: ColourTag
    exif: Exif


def decode(data: bytes) -> Raster:
    """Decode the first picture of ``data``. Raises ``UnreadablePhoto`` and ``PhotoTooLarge``."""
    return _reader(data)(data)


def _reader(data: bytes) -> Callable[[bytes], Raster]:
    """The decoder for this content, whatever the file's name ends in."""
    if not data:
        raise unreadable("empty")
    if data[:3] == b"\xff\xd8\xff":
        return _read_jpeg
    if data[:8] == png.MAGIC:
        return _read_png
    if data[:4] in (b"II*\0", b"MM\0*"):
        return _read_tiff
    if data[:4] in (b"II+\0", b"MM\0+"):
        raise unreadable("bigtiff")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _read_webp
    brands = heif.brands(data)
    if brands & _AVIF_BRANDS:
        return _read_avif
    if brands & _HEIC_BRANDS:
        return _read_heic
    if brands:
        raise unreadable("media")
    for magic, kind in _OTHER_KINDS:
        if data.startswith(magic):
            raise unreadable(kind)
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml", b"<!doctype", b"<html")):
        raise unreadable("page")
    raise unreadable("unknown_kind")


def _read_jpeg(data: bytes) -> Raster:
    layout = jpeg.read_layout(data)
    facts = exif.parse(layout.exif)
    pixels = jpeg.decode(data, layout)
    return Raster(upright(pixels, facts.orientation), ColourTag(layout.icc, None, facts.adobe_rgb), facts)


def _read_png(data: bytes) -> Raster:
    chunks = png.read_chunks(data)
    check_size(*png.read_size(chunks))
    codes = chunks.content.get(b"cICP", b"")
    facts = exif.parse(chunks.content.get(b"eXIf"))
    tag = ColourTag(
        png.profile(chunks),
        (codes[0], codes[1]) if len(codes) == 4 else None,
        facts.adobe_rgb,
        png.gamma_and_primaries(chunks),
    )
    return Raster(upright(_with_opencv(png.only_pixels(data, chunks)), facts.orientation), tag, facts)


def _read_tiff(data: bytes) -> Raster:
    from PIL import TiffImagePlugin

    ifd = exif.read_ifd(data)
    if ifd is None:
        raise unreadable("cut_short")
    if 50706 in ifd.entries or ifd.number(254, 0) & 1:
        raise unreadable("raw")
    width, height = ifd.number(256, 0), ifd.number(257, 0)
    check_size(width, height)
    _check_strips(data, ifd)
    depths = set(ifd.numbers(258))
    if set(ifd.numbers(339)) - {1} or not depths <= {1, 2, 4, 8, 16}:
        raise unreadable("sample_format")
    kind, profile = ifd.entries.get(34675, (0, b""))
    facts = exif.parse(data)
    plain = ifd.number(262, 2) in (1, 2)
    if depths == {16} and not plain:
        raise unreadable("unusual_tiff")
    if depths == {16} or (plain and width * height > _PILLOW_WARNS):
        pixels = _with_opencv(data)
    else:
        pixels, _ = _with_pillow(TiffImagePlugin.TiffImageFile, data)
    # Both libraries turn a TIFF upright themselves.
    return Raster(pixels, ColourTag(profile if kind else None, None, facts.adobe_rgb), facts)


def _check_strips(data: bytes, ifd: exif.Ifd) -> None:
    for where, size in ((273, 279), (324, 325)):
        offsets, sizes = ifd.numbers(where), ifd.numbers(size)
        if len(offsets) != len(sizes):
            raise unreadable("contents_damaged")
        if any(offset + length > len(data) for offset, length in zip(offsets, sizes, strict=True)):
            raise unreadable("cut_short")
    if not ifd.numbers(273) and not ifd.numbers(324):
        raise unreadable("cut_short")


def _read_webp(data: bytes) -> Raster:
    from PIL import WebPImagePlugin

    chunks = _webp_chunks(data)
    check_size(*_webp_size(chunks))
    facts = exif.parse(chunks.get(b"EXIF"))
    # OpenCV is three times as fast, but knows a still picture only.
    pixels = _with_pillow(WebPImagePlugin.WebPImageFile, data)[0] if b"ANIM" in chunks else _with_opencv(data)
    return Raster(upright(pixels, facts.orientation), ColourTag(chunks.get(b"ICCP"), None, facts.adobe_rgb), facts)


def _webp_chunks(data: bytes) -> dict[bytes, bytes]:
    """The first chunk of each kind, once all of them lie inside the file."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise unreadable("cut_short")
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= end:
        kind, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > end:
            raise unreadable("cut_short")
        chunks.setdefault(kind, data[at + 8 : at + 8 + size])
        if kind in _HOLES and _HOLES[kind] in chunks[kind]:
            raise unreadable("parts_missing")
        at += 8 + size + size % 2
    return chunks


def _webp_size(chunks: dict[bytes, bytes]) -> tuple[int, int]:
    """Width and height from the header of the extended, the lossless or the lossy form."""
    if len(canvas := chunks.get(b"VP8X", b"")) >= 10:
        return int.from_bytes(canvas[4:7], "little") + 1, int.from_bytes(canvas[7:10], "little") + 1
    if len(lossless := chunks.get(b"VP8L", b"")) >= 5:
        bits = int.from_bytes(lossless[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if len(lossy := chunks.get(b"VP8 ", b"")) >= 10:
        width, height = struct.unpack_from("<HH", lossy, 6)
        return width & 0x3FFF, height & 0x3FFF
    raise unreadable("no_picture")


def _read_avif(data: bytes) -> Raster:
    from PIL import AvifImagePlugin

    declared = heif.check_whole(data)
    for width, height in declared.sizes:
        check_size(width, height)
    pixels, info = _with_pillow(AvifImagePlugin.AvifImageFile, data)
    facts = exif.parse(info.get("exif"))  # Pillow writes the container's turn into it
    tag = ColourTag(info.get("icc_profile"), declared.primaries_and_transfer, facts.adobe_rgb)
    return Raster(upright(pixels, facts.orientation), tag, facts)


def _read_heic(data: bytes) -> Raster:
    import pi_heif

    declared = heif.check_whole(data)
    for width, height in declared.sizes:
        check_size(width, height)
    try:
        container = pi_heif.open_heif(BytesIO(data), convert_hdr_to_8bit=False)
        image = container[container.primary_index]
        check_size(*image.size)
        pixels = np.array(image)[: image.size[1], : image.size[0]]
        depth = int(image.info["bit_depth"])
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, IndexError, MemoryError) as error:
        raise unreadable("data_damaged") from error
    if pixels.dtype == np.uint16:
        pixels = full_scale(pixels, depth)
    facts = exif.parse(image.info.get("exif"))  # its orientation is history: the container's turn is already done
    tag = ColourTag(image.info.get("icc_profile"), declared.primaries_and_transfer, facts.adobe_rgb)
    return Raster(_on_white(pixels), tag, facts)


def full_scale(pixels: NDArray[np.uint16], depth: int) -> NDArray[np.uint16]:
    """Codes of 10 or 12 bits that libheif shifted up to 16, which leaves white below 65535, put on the full scale."""
    return np.asarray(np.round((pixels >> (16 - depth)) * (65535.0 / (2**depth - 1))), dtype=np.uint16)


def _with_pillow(plugin: Callable[[BytesIO], Image.Image], data: bytes) -> tuple[Pixels, dict[str, Any]]:
    """The first frame as (H, W) grey, RGB or CMYK of 8 bits, and Pillow's notes on the file."""
    try:
        image = plugin(BytesIO(data))
        check_size(*image.size)
        image.load()
        info = {str(key): value for key, value in image.info.items()}
        if image.has_transparency_data:
            image = image.convert("RGBA")
        elif image.mode in ("1", "LA"):
            image = image.convert("L")
        elif image.mode not in ("L", "RGB", "CMYK"):
            image = image.convert("RGB")
        pixels = np.array(image)
    except InputError:
        raise
    except Exception as error:  # damaged files raise whatever the code happens to stumble over, in every library
        raise unreadable("data_damaged") from error
    return (pixels if image.mode == "CMYK" else _on_white(pixels)), info


def _with_opencv(data: bytes) -> Pixels:
    """(H, W) grey or RGB of 8 bits or 16, which Pillow would cut down to 8; not turned upright, but for a TIFF."""
    import cv2

    try:
        pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise unreadable("data_damaged") from error
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        raise unreadable("data_damaged")
    if pixels.ndim == 3:
        to_rgb = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
        pixels = cv2.cvtColor(pixels, to_rgb)
    return _on_white(cast("Pixels", pixels))


def _on_white(pixels: Pixels) -> Pixels:
    """RGBA laid on white paper; other pixels as they are."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels
    white = np.iinfo(pixels.dtype).max
    rgb, alpha = pixels[..., :3], pixels[..., 3:]
    if alpha.min() == white:
        return cast("Pixels", np.ascontiguousarray(rgb))
    share = alpha.astype(np.float32) / white
    return cast("Pixels", np.round(rgb * share + white * (1 - share)).astype(pixels.dtype))


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn and mirror as EXIF orientation 1 to 8 asks (Exif 3.0, tag 274)."""
    import cv2

    if orientation in (5, 6, 7, 8):
        pixels = cast("Pixels", cv2.transpose(pixels))
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    return pixels if flip is None else cast("Pixels", cv2.flip(pixels, flip))
