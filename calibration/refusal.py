"""The two ways to refuse a file before its pixels are known, said in one plain sentence each."""

from __future__ import annotations

from math import ceil

from calibration.errors import PhotoTooLarge, UnreadablePhoto
from calibration.problems import because, problem

MAX_MEGAPIXELS = 100.0

# Densely coded data looks like noise (measured, with flat pictures too: at most 3 zero bytes in a row in AV1 and in
# lossless WebP), so 64 are where a broken copy left a hole.
HOLE_IN_NOISE = bytes(64)


def unreadable(why: str, /, **facts: object) -> UnreadablePhoto:
    """The error for a file that cannot be read whole; ``why`` is a key of the ``reasons`` in ``translations``."""
    return UnreadablePhoto(problem("unreadable", reason=because(why, **facts)))


def check_size(width: int, height: int) -> None:
    """Refuse, from its header alone, a picture without pixels or with more than are worth decoding."""
    if width <= 0 or height <= 0:
        raise unreadable("no_pixels")
    megapixels = width * height / 1e6
    if megapixels > MAX_MEGAPIXELS:
        raise PhotoTooLarge(problem("too_large", megapixels=ceil(megapixels), limit=f"{MAX_MEGAPIXELS:.0f}"))
