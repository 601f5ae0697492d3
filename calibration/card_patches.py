"""What the patches of a found card look like: their mean colour in linear light, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.card_fit import FittedCard, places
from calibration.card_grid import transform
from calibration.cards import ReferenceCard
from calibration.photo import Photo

# The inner share of a patch's side that is read: blur, JPEG's coarse colour and the fit's error stay outside. These
# reach so many pixels in; of a larger patch more is read, as most of a reading's noise is JPEG's colour, by blocks.
_LEAST, _MOST, _MARGIN = 0.6, 0.8, 3.5
# More pixels than this make the mean no better, only slower.
_ENOUGH = 900
# Specks, print dots and glints lie this many robust standard deviations off.
_SPECK = 4.0
# A picture clipped in sRGB and stored in a wider space still lies at the edge of sRGB, moved by the rounding of three
# 8-bit codes and by lossy coding (measured up to -0.0034). A dark patch lies near black in all channels: no edge.
_FLOOR, _CEILING, _COLOURFUL = (-0.006, 0.002), (0.99, 1.01), 0.03


@dataclass(frozen=True, eq=False)
class PatchColours:
    """(24, 3) mean linear sRGB and its standard error, (24,) share of clipped pixels and of those at the bright end,
    (24, 2) centres, and (24, 2) slope of log luminance per pixel in x and y with (24,) its weight."""

    rgb: NDArray[np.float64]
    rgb_se: NDArray[np.float64]
    clipped: NDArray[np.float64]
    burnt: NDArray[np.float64]
    centres: NDArray[np.float64]
    slope: NDArray[np.float64]
    slope_weight: NDArray[np.float64]


def read_patches(photo: Photo, fitted: FittedCard, card: ReferenceCard) -> PatchColours:
    """Read every patch at the photograph's full resolution."""
    middle = places(card)
    centres = transform(fitted.to_image, middle)
    half = np.array(fitted.half)
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    share = _inner_share(transform(fitted.to_image, middle[len(middle) // 2] + square))
    reach, square = half * share, square * share
    to_card = np.asarray(np.linalg.inv(fitted.to_image), dtype=np.float64)
    light = _Light(photo)
    read = [
        _read_patch(light, transform(fitted.to_image, place + square), place, reach, to_card, centre)
        for place, centre in zip(middle, centres, strict=True)
    ]
    columns = [np.array(column, dtype=np.float64) for column in zip(*read, strict=True)]
    return PatchColours(columns[0], columns[1], columns[2], columns[3], centres, columns[4], columns[5])


def _inner_share(outline: NDArray[np.float64]) -> float:
    """How much of a patch's side is read where a patch is as large as ``outline`` (4, 2), in pixels."""
    side = np.linalg.norm(np.roll(outline, -1, axis=0) - outline, axis=1).min()
    return float(np.clip(1 - 2 * _MARGIN / max(float(side), 1.0), _LEAST, _MOST))


_Row = tuple[NDArray[np.float64], NDArray[np.float64], float, float, NDArray[np.float64], float]


class _Light:
    """What the codes of one photograph mean: its curves looked up once for all patches."""

    def __init__(self, photo: Photo) -> None:
        self.pixels, self.space = photo.pixels, photo.space
        self.top = int(np.iinfo(photo.pixels.dtype).max)
        self._grid = np.linspace(0, self.top, photo.space.curves.shape[1])
        self._tables = None if self.top > 255 else [self._curve(np.arange(256), channel) for channel in range(3)]

    def _curve(self, values: NDArray[np.int64], channel: int) -> NDArray[np.float64]:
        return np.asarray(np.interp(values, self._grid, self.space.curves[channel]), dtype=np.float64)

    def of(self, coded: NDArray[np.int64]) -> NDArray[np.float64]:
        """(N, 3) coded values to linear sRGB by the photograph's own curves and primaries."""
        if self._tables is None:
            channels = [self._curve(coded[:, channel], channel) for channel in range(3)]
        else:
            channels = [table[coded[:, channel]] for channel, table in enumerate(self._tables)]
        return np.asarray(np.stack(channels, axis=-1) @ self.space.to_srgb.T)


def _read_patch(
    light: _Light,
    outline: NDArray[np.float64],
    place: NDArray[np.float64],
    reach: NDArray[np.float64],
    to_card: NDArray[np.float64],
    centre: NDArray[np.float64],
) -> _Row:
    """Mean, standard error, clipped and burnt shares, slope and its weight for one patch's inner part."""
    coded, points = _pixels_inside(light.pixels, outline)
    ends = 1.5 / 255 * light.top
    bright = coded >= light.top - ends
    burnt = float(bright.any(axis=1).mean())
    clipped = float((bright | (coded <= ends)).any(axis=1).mean())
    linear = light.of(coded)
    keep = _without_specks(linear)
    linear, points = linear[keep], points[keep]
    mean = linear.mean(axis=0)
    if not light.space.has_srgb_primaries:
        at_floor, at_ceiling = _at_edge_of_srgb(mean)
        burnt, clipped = max(burnt, at_ceiling), max(clipped, at_floor, at_ceiling)
    spread = _standard_error(linear, (transform(to_card, points) - place) / reach)
    step = light.space.curves[:, -1] - light.space.curves[:, 0]
    error = np.hypot(spread, step / 255 / 50)
    slope, weight = _slope(linear, points - centre)
    return mean, error, clipped, burnt, slope, weight


def _pixels_inside(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], outline: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(N, 3) coded values and (N, 2) places of the pixels inside a quadrilateral, thinned evenly when very many."""
    height, width = pixels.shape[:2]
    low = np.clip(np.floor(outline.min(axis=0)), 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(outline.max(axis=0)) + 1, low + 1, (width, height)).astype(int)
    size = high - low
    # An odd step meets all turns of what takes turns from pixel to pixel: coarse colour, files converted back.
    stride = max(1, int(np.sqrt(size[0] * size[1] / _ENOUGH)))
    stride -= stride % 2 == 0
    part = pixels[low[1] : high[1] : stride, low[0] : high[0] : stride]
    mask = np.zeros(part.shape[:2], dtype=np.uint8)
    cv2.fillConvexPoly(mask, np.rint((outline - low) / stride).astype(np.int32), 1)
    y, x = np.nonzero(mask)
    return part[y, x].astype(np.int64), np.stack([x, y], axis=-1) * float(stride) + low


def _at_edge_of_srgb(mean: NDArray[np.float64]) -> tuple[float, float]:
    """1.0 each if a channel of a patch's linear sRGB lies where clipping to sRGB would have left it, else 0.0."""
    at_floor = bool(((mean > _FLOOR[0]) & (mean < _FLOOR[1])).any()) and float(mean.max()) > _COLOURFUL
    at_ceiling = bool(((mean > _CEILING[0]) & (mean < _CEILING[1])).any())
    return float(at_floor), float(at_ceiling)


def _without_specks(linear: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which pixels are the patch's own colour."""
    half = len(linear) // 2
    distance = np.abs(linear - np.partition(linear, half, axis=0)[half])
    spread = 1.4826 * np.partition(distance, half, axis=0)[half]
    keep = np.all(distance <= _SPECK * spread + 0.004, axis=1)
    return keep if keep.sum() >= 0.5 * len(keep) else np.ones(len(keep), dtype=bool)


def _standard_error(linear: NDArray[np.float64], local: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) standard error of the mean from block means: neighbouring pixels of a JPEG are not independent.

    ``local`` are places within the read square, -1..1. An even slope of the light is no error and is taken out.
    """
    count = int(np.clip(np.sqrt(len(linear)) / 2, 3, 5))
    cell = np.clip(((local + 1) / 2 * count).astype(int), 0, count - 1)
    block = cell[:, 1] * count + cell[:, 0]
    sizes = np.bincount(block, minlength=count * count)
    full = sizes > 0
    sums = np.stack(
        [np.bincount(block, weights=linear[:, channel], minlength=count * count)[full] for channel in range(3)], axis=-1
    )
    means = sums / sizes[full, None]
    y, x = np.divmod(np.flatnonzero(full), count)
    design = np.column_stack([np.ones(len(x)), x, y])
    if len(x) <= 4:
        return np.asarray(linear.std(axis=0) / 2)
    rest = means - design @ _least_squares(design, means)
    variance = (rest**2).sum(axis=0) / (len(x) - 3)
    return np.asarray(np.sqrt(variance / len(x)))


def _slope(linear: NDArray[np.float64], offset: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """(2,) slope of log luminance per pixel over the patch, and its weight (one over its variance)."""
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    level = float(luminance.mean())
    design = np.column_stack([np.ones(len(offset)), offset])
    if level <= 0.004 or len(offset) < 9:
        return np.zeros(2), 0.0
    answer = _least_squares(design, luminance / level)
    rest = float(np.var(luminance / level - design @ answer)) + 1e-6
    return np.asarray(answer[1:], dtype=np.float64), float(np.sum(offset**2)) / rest


def _least_squares(design: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """The plane's three coefficients by their normal equations: many times faster than a general solution."""
    return np.asarray(np.linalg.solve(design.T @ design + 1e-9 * np.eye(3), design.T @ wanted))
