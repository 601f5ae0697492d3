"""Any phone's file becomes upright pixels with a known RGB space, a capture time and sane limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from calibration.cielab import encode_srgb
from calibration.errors import NothingToAnalyze
from calibration.problems import because, problem
from calibration.refusal import MAX_MEGAPIXELS, unreadable
from calibration.rgb_space import RgbSpace

__all__ = ["MAX_MEGAPIXELS", "SUFFIXES", "Photo", "RgbSpace", "decode_photo", "read_photo"]

SUFFIXES = (".jpg", ".jpeg", ".png", ".heic", ".heif", ".webp", ".tif", ".tiff", ".avif")

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

_MAX_BYTES = 2**30  # 100 megapixels of 16-bit RGB take 600 MB: what is longer is no photograph
_ROWS_AT_ONCE = 256  # keeps the intermediate floats of a strip in the cache


@dataclass(frozen=True, eq=False)
class Photo:
    """One decoded photograph.

    ``pixels`` is (H, W, 3) uint8 or uint16, RGB, upright, as coded in the file's own space.
    ``captured_at`` is aware when the file names an offset, naive when it does not, None without a time.
    """

    file: str
    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    space: RgbSpace
    captured_at: datetime | None = None

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def crop(self, x0: int, y0: int, x1: int, y1: int) -> Photo:
        """The part from ``x0, y0`` up to but not including ``x1, y1``, kept inside the picture; shares its pixels."""
        return replace(self, pixels=self.pixels[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)])

    def reduced(self, max_side: int) -> tuple[Photo, int]:
        """This photograph shrunk by a whole factor ``k`` so that no side exceeds ``max_side``; and ``k``.

        Pixel ``i, j`` of the small picture is the mean of the coded values in the block ``k*i .. k*i+k-1`` by
        ``k*j .. k*j+k-1``, so a place ``x`` in it is ``k * (x + 0.5) - 0.5`` in the full one, exactly. Blocks that
        reach over the right or lower edge are filled up with the edge's pixels.
        """
        import cv2

        factor = max(1, -(-max(self.width, self.height) // max_side))
        if factor == 1:
            return self, 1
        width, height = -(-self.width // factor), -(-self.height // factor)
        right, below = width * factor - self.width, height * factor - self.height
        whole: Pixels = self.pixels
        if right or below:
            whole = cast("Pixels", cv2.copyMakeBorder(whole, 0, below, 0, right, cv2.BORDER_REPLICATE))
        small = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
        return replace(self, pixels=cast("Pixels", small)), factor

    def linear(self) -> NDArray[np.float32]:
        """(H, W, 3) linear sRGB, unclipped (a wide-gamut file may go below 0 and above 1)."""
        import cv2

        table = self.space.table(256 if self.pixels.dtype == np.uint8 else 65536)
        matrix = self.space.to_srgb.astype(np.float32)
        linear = np.empty(self.pixels.shape, dtype=np.float32)
        for top in range(0, self.height, _ROWS_AT_ONCE):
            rows = slice(top, top + _ROWS_AT_ONCE)
            strip = _look_up(self.pixels[rows], table)
            linear[rows] = strip if self.space.has_srgb_primaries else cv2.transform(strip, matrix)
        return linear

    def srgb8(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 sRGB for showing and for face models; out-of-gamut colours clipped."""
        if self.space.is_srgb:
            if self.pixels.dtype == np.uint8:
                return cast("NDArray[np.uint8]", self.pixels)
            return ((self.pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
        codes = np.round(255 * encode_srgb(np.linspace(0.0, 1.0, 65536))).astype(np.uint8)
        shown = np.empty(self.pixels.shape, dtype=np.uint8)
        for top in range(0, self.height, _ROWS_AT_ONCE):
            rows = slice(top, top + _ROWS_AT_ONCE)
            linear = np.clip(replace(self, pixels=self.pixels[rows]).linear(), 0.0, 1.0)
            linear *= 65535
            linear += 0.5
            shown[rows] = np.take(codes, linear.astype(np.uint16))
        return shown


def _look_up(pixels: NDArray[np.uint8] | NDArray[np.uint16], table: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W, 3): each coded value replaced by its channel's entry in ``table`` (codes, 3)."""
    import cv2

    if pixels.dtype == np.uint8:
        return np.asarray(cv2.LUT(pixels, table[None]), dtype=np.float32)
    return np.stack([table[:, channel][pixels[..., channel]] for channel in range(3)], axis=-1)


def read_photo(path: Path) -> Photo:
    """Decode the file at ``path``. Raises ``NothingToAnalyze`` (no such file), ``UnreadablePhoto``, ``PhotoTooLarge``.

    The time is the file's own capture time, never that of the file system: a copy or a chat changes the latter.
    """
    try:
        if path.is_dir():
            raise NothingToAnalyze(problem("unreadable", reason=because("is_folder", name=path.name or path)))
        if not path.exists():
            raise NothingToAnalyze(problem("unreadable", reason=because("no_file", name=path.name)))
        if not path.is_file():
            raise unreadable("not_a_file")
        if path.stat().st_size > _MAX_BYTES:
            raise unreadable("too_long")
        data = path.read_bytes()
    except OSError as error:
        raise unreadable("no_access", why=error.strerror) from error
    return decode_photo(data, path.name)


def decode_photo(data: bytes, name: str) -> Photo:
    """Decode a photograph held in memory; ``name`` is kept as its file's name. Raises as :func:`read_photo`.

    What the file is, its content says, not its name. Of an animation or a burst, the first picture is taken.
    """
    from calibration import colour, raster

    read = raster.decode(data)
    seen = colour.resolve(read.pixels, read.colour)
    return Photo(name, seen.pixels, seen.space, read.exif.captured_at)
