"""Bright four-sided spots on a darker ground: what the patches of a card look like before one knows them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# Below this many pixels a spot has no shape that can be told from noise.
_MIN_AREA = 16
# Of more spots than this the largest are looked at, and as many of the most colourful: a card lies among keys or tiles.
_MAX_SPOTS = 350
# The local mean must take in both patch and ground, whatever size the card has. The widest window alone finds most
# cards; the others find those whose gaps are thin, or whose ground is uneven.
WIDE = (71,)
NARROW = (11, 27)
# Where larger spots were already looked for in a smaller copy, the middle window alone is left to do.
MIDDLE = (35,)
SMALL_SPOT = 60

Outlines = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Quads:
    """N parallelograms: ``centres`` (N, 2) and side vectors ``sides`` (N, 2, 2), one in each row."""

    centres: NDArray[np.float64]
    sides: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.centres)


def outlines(image: NDArray[np.uint8], windows: tuple[int, ...], largest: float | None = None) -> Outlines:
    """(N, 4, 2) corners of the four-sided spots of a small RGB picture that each window shows, up to ``largest``
    pixels across."""
    red, green, blue = cv2.split(image)
    top = cv2.max(cv2.max(red, green), blue)
    colour = np.asarray(cv2.subtract(top, cv2.min(cv2.min(red, green), blue)), dtype=np.uint8)
    value = cv2.GaussianBlur(top, (3, 3), 0)
    found = []
    for window in windows:
        spots = cv2.adaptiveThreshold(value, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, window, -3)
        found += _four_sided(np.asarray(spots, dtype=np.uint8), colour, largest or max(value.shape) / 5)
    return np.array(found, dtype=np.float64).reshape(-1, 4, 2)


def quads_of(found: Outlines) -> Quads:
    """The spots with these corners (N, 4, 2), each once."""
    return _each_once(_parallelograms(found))


def _four_sided(spots: NDArray[np.uint8], colour: NDArray[np.uint8], largest: float) -> list[NDArray[np.float64]]:
    """Corners (4, 2) of those connected spots that are convex quadrilaterals."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(spots, connectivity=4, ltype=cv2.CV_32S)
    width, height, area = (stats[:, index].astype(np.float64) for index in (2, 3, 4))
    fill = area / (width * height)
    narrow = np.maximum(width, height) / np.minimum(width, height)
    likely = (area >= _MIN_AREA) & (fill > 0.4) & (narrow < 4) & (np.maximum(width, height) < largest)
    likely[0] = False
    chosen = np.flatnonzero(likely)
    if len(chosen) > 2 * _MAX_SPOTS:
        # Noise is many and small; a card's patches are among the larger spots or among those with most colour.
        chosen = chosen[np.argsort(area[chosen])]
        middle = stats[chosen, 1] + stats[chosen, 3] // 2, stats[chosen, 0] + stats[chosen, 2] // 2
        order = np.argsort(colour[middle][:-_MAX_SPOTS], kind="stable")
        chosen = np.concatenate([chosen[order[-_MAX_SPOTS:]], chosen[-_MAX_SPOTS:]])
    found = []
    for label in chosen:
        x, y, w, h, size = stats[label]
        mask = (labels[y : y + h, x : x + w] == label).astype(np.uint8)
        corners = _quadrilateral(mask, int(size))
        if corners is not None:
            found.append(corners + np.array([x, y]))
    return found


def _quadrilateral(mask: NDArray[np.uint8], area: int) -> NDArray[np.float64] | None:
    """The convex quadrilateral that the spot fills, or None."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline = max(contours, key=len)
    hull = cv2.convexHull(outline)
    hull_area = cv2.contourArea(hull)
    perimeter = cv2.arcLength(hull, True)
    # Pixel centres lie half a pixel inside the spot's real border.
    if hull_area <= 0 or area < 0.8 * (hull_area + perimeter / 2 + 1):
        return None
    for tolerance in (0.04, 0.07, 0.1):
        corners = cv2.approxPolyDP(hull, tolerance * perimeter, True)
        if len(corners) <= 4:
            break
    if len(corners) != 4 or cv2.contourArea(corners) < 0.75 * hull_area:
        return None
    return corners[:, 0].astype(np.float64)


def _parallelograms(corners: NDArray[np.float64]) -> Quads:
    """The parallelograms nearest to quadrilaterals (N, 4, 2)."""
    first = (corners[:, 1] + corners[:, 2] - corners[:, 0] - corners[:, 3]) / 2
    second = (corners[:, 2] + corners[:, 3] - corners[:, 0] - corners[:, 1]) / 2
    sides = np.stack([first, second], axis=1)
    length = np.linalg.norm(sides, axis=2, keepdims=True)
    return Quads(corners.mean(axis=1), sides * (length + 1) / np.maximum(length, 1e-9))


def _each_once(quads: Quads) -> Quads:
    """Of spots found at several thresholds, the largest is kept: a low threshold eats into the patch."""
    area = np.abs(np.linalg.det(quads.sides))
    order = np.argsort(-area)
    centres, sides, area = quads.centres[order], quads.sides[order], area[order]
    size = np.sqrt(area)
    apart = np.linalg.norm(centres[:, None] - centres, axis=2)
    # Row: a spot; column: a larger one that would make it a repetition, if that one is kept.
    repeats = np.tril((apart < 0.3 * size[:, None]) & (size < 1.7 * size[:, None]), -1)
    kept = np.zeros(len(size), dtype=bool)
    for index in range(len(size)):
        kept[index] = not (repeats[index] & kept).any()
    return Quads(centres[kept], sides[kept])
