"""Small copies of one photograph, each made once and from the next larger one."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.photo import Photo

# A half of at least this share of the size that was asked for will do.
_NEAR_ENOUGH = 0.75

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


class Copies:
    """8-bit copies of ``photo``. Halving is many times faster than shrinking by another factor, and a copy of a copy
    costs a quarter; so every copy starts from the photograph halved as often as can be."""

    def __init__(self, photo: Photo) -> None:
        self.width, self.height = photo.width, photo.height
        self._halved: list[Pixels] = [photo.pixels]
        self._made: dict[int, tuple[NDArray[np.uint8], float]] = {}

    def of(self, long_side: int) -> tuple[NDArray[np.uint8], float]:
        """A copy with sides of at most ``long_side``, less by a quarter at most, and its scale (copy / photograph)."""
        if long_side not in self._made:
            self._made[long_side] = self._make(long_side)
        return self._made[long_side]

    def _make(self, long_side: int) -> tuple[NDArray[np.uint8], float]:
        longest = max(self.width, self.height)
        scale = min(1.0, long_side / longest)
        if scale < 1 and longest / 2 >= _NEAR_ENOUGH * long_side:
            # Between the whole and the half: the half is there for nothing.
            scale = min(scale, 0.5)
        halvings = 0
        while scale * 2 ** (halvings + 1) <= 1:
            halvings += 1
        pixels = self._half(halvings)
        if scale * 2**halvings < 1:
            size = (max(1, round(self.width * scale)), max(1, round(self.height * scale)))
            pixels = _resized(pixels, size, cv2.INTER_LINEAR if halvings else cv2.INTER_AREA)
        small = pixels if pixels.dtype == np.uint8 else pixels >> 8
        return small.astype(np.uint8, copy=False), scale

    def _half(self, times: int) -> Pixels:
        while len(self._halved) <= times:
            larger = self._halved[-1]
            height, width = larger.shape[0] // 2, larger.shape[1] // 2
            if min(height, width) == 0:
                self._halved.append(larger[:1, :1] if height == width == 0 else larger)
                continue
            # An odd last row or column is left out, so that pixels stay where they are.
            self._halved.append(_resized(larger[: 2 * height, : 2 * width], (width, height), cv2.INTER_AREA))
        return self._halved[times]


def _resized(pixels: Pixels, size: tuple[int, int], how: int) -> Pixels:
    small: Pixels = cv2.resize(pixels, size, interpolation=how)  # type: ignore[assignment]
    return small
