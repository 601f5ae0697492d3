"""The colour of the light from one end of the card to the other, by what each patch shows within itself.

A patch is one colour, so whatever changes across it is light. Two lamps from two sides make the left of every patch a
little bluer than its right, whatever the patch's own colour; the patches' means would mix that up with their paint.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.card_light import PLACES, card_axes
from calibration.card_reading import CardReading
from calibration.photo import Photo
from calibration.tone import ToneCurve

Floats = NDArray[np.float64]

# The inner share of the distance between two patches' centres that is looked at, and in how many cells a side.
_INNER, _CELLS = 0.42, 6
# A patch with less light than this in a channel shows noise and the phone's black, not the lamp.
_DARKEST = 0.03
# The scatter between the patches' slopes is known from a dozen of them that count, so by chance it is sometimes much
# too small, and a slope of noise looks sure. The scatter within them tells the same as so many more patches would; it
# is short by this factor, as neighbouring cells are not independent.
_AS_PATCHES, _NOT_INDEPENDENT = 16.0, 1.1


@dataclass(frozen=True, eq=False)
class ColourSlope:
    """Change of ln(R/G) and ln(B/G) from edge to edge of the card: ``slope`` and ``se`` (2 ratios, 2 directions).

    Directions are along the card's rows and down its columns. Values are of the file's linear RGB.
    """

    slope: Floats
    se: Floats

    def per_pixel(self, reading: CardReading) -> Floats:
        """``slope`` (2 ratios, x and y) for each pixel of the photograph, where the patches' centres are known."""
        axes = card_axes(reading.centres)
        return np.asarray(np.linalg.solve(axes[:2], self.slope.T).T)


def colour_slope(photo: Photo, reading: CardReading, tone: ToneCurve | None = None) -> ColourSlope | None:
    """The colour slope over ``reading``'s card in ``photo``; None where too few patches are lit well enough to tell.

    ``tone`` is what the phone did to the picture; without it the file's own linear values are compared.
    """
    table = photo.space.table(256 if photo.pixels.dtype == np.uint8 else 65536)
    design = np.column_stack([PLACES, np.ones(len(PLACES)), PLACES[:, 0] * PLACES[:, 1]])
    surface, *_ = np.linalg.lstsq(design, reading.centres, rcond=None)
    cell = (np.arange(_CELLS) + 0.5) / _CELLS - 0.5
    fine = (cell[:, None] + (np.arange(5) - 2) / 5 / _CELLS).ravel()
    slopes, scatter = [], []
    for place, level, clipped in zip(PLACES, reading.rgb, reading.clipped, strict=True):
        if clipped > 0.02 or level.min() < _DARKEST:
            continue
        across, down = np.meshgrid(fine * 2 * _INNER / 5, fine * 2 * _INNER / 3)
        x, y = (place[0] + across).ravel(), (place[1] + down).ravel()
        at = np.column_stack([x, y, np.ones(len(x)), x * y]) @ surface
        column = np.clip(np.rint(at[:, 0]).astype(int), 0, photo.width - 1)
        row = np.clip(np.rint(at[:, 1]).astype(int), 0, photo.height - 1)
        linear = _linear(photo.pixels[row, column], table) @ photo.space.to_srgb.T
        linear = linear if tone is None else tone.linearise(linear)
        blocks = linear.reshape(_CELLS, 5, _CELLS, 5, 3).mean(axis=(1, 3)).reshape(-1, 3)
        if blocks.min() <= 0:
            continue
        logs = np.log(blocks)
        ratios = logs[:, [0, 2]] - logs[:, [1]]
        gx, gy = np.meshgrid(cell * 2 * _INNER / 5, cell * 2 * _INNER / 3)
        terms = np.column_stack([gx.ravel(), gy.ravel(), np.ones(gx.size)])
        answer, *_ = np.linalg.lstsq(terms, ratios, rcond=None)
        slopes.append(answer[:2].T)
        scatter.append((ratios - terms @ answer).var(axis=0))
        reach = np.square(terms[:, :2]).sum(axis=0)
    if len(slopes) < 8:
        return None
    return _together(np.array(slopes), np.array(scatter), reach)


def _together(slopes: Floats, scatter: Floats, reach: Floats) -> ColourSlope:
    """The patches' ``slopes`` (N, 2, 2) as one, each by its cells' ``scatter`` (N, 2); deaf to glints and stains.

    ``reach`` (2,): squared distance of a patch's cells from its centre, summed, in each direction.
    """
    noise = 1 / np.maximum(scatter, np.median(scatter, axis=0) / 4)[..., None]
    weight = np.broadcast_to(noise, slopes.shape)
    middle = np.median(slopes, axis=0)
    for _ in range(4):
        off = (slopes - middle) * np.sqrt(weight)
        spread = 1.4826 * np.median(np.abs(off), axis=0) + 1e-9
        trusted = weight / (1 + (off / (2 * spread)) ** 2)
        middle = (trusted * slopes).sum(axis=0) / trusted.sum(axis=0)
    share = trusted / trusted.sum(axis=0)
    between = (share**2 * (slopes - middle) ** 2).sum(axis=0) * len(slopes) / (len(slopes) - 2)
    within = (share**2 * scatter[..., None] / reach).sum(axis=0) * _NOT_INDEPENDENT
    known = np.maximum(1 / (share**2).sum(axis=0) - 1, 1.0)
    variance = (known * between + _AS_PATCHES * within) / (known + _AS_PATCHES)
    return ColourSlope(np.asarray(middle), np.sqrt(variance))


def _linear(coded: NDArray[np.uint8] | NDArray[np.uint16], table: NDArray[np.float32]) -> Floats:
    return np.stack([table[:, channel][coded[:, channel]] for channel in range(3)], axis=-1).astype(np.float64)
