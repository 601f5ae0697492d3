"""Files that were converted from an sRGB picture of 8 bits: the picture before the conversion.

A conversion to a wide space rounds every pixel again, and a patch of a card is one colour: its pixels are rounded
alike, and no mean takes that out. But of the wide space's codes some then stand for two sRGB colours and others for one
or none, so the picture holds the former twice as often: that tells such a file from a camera's own. Of its pixels green
and blue come back as they were, nearly always; red, which a wide space has the coarsest steps for, as well as it can.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from calibration.cielab import decode_srgb, encode_srgb
from calibration.photo import Photo
from calibration.rgb_space import RgbSpace, srgb

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Codes around the nearest sRGB colour that are tried in each channel, and how far converters round apart (codes).
_AROUND, _ROUNDING = (-1, 0, 1), 0.53
# Half a step of the file, and a little for converters' rounding.
_HALF = 0.51
# Near the ends of the scale what was cut off is missing.
_ENDS = (8, 247)
# How often a code is seen that stands for nothing, beside one that stands for one colour: converters differ a little.
_NOTHING = 0.1
# Pixels that are asked, as how many at most those of one colour count, fewest colours that can tell, and how likely the
# average pixel must be. Converted pictures of twelve people had -0.01 to 0.05; the same developed straight into the
# wide space, or stored with loss, -0.12 to -0.03.
_ASKED, _ALIKE, _FEWEST, _LIKELIER = 1200, 4, 150, -0.012
# Finest steps of sRGB's curve that are looked up, and rows that are done at once.
_FINE, _ROWS = 65535, 256

_STEPS = np.stack(np.meshgrid(_AROUND, _AROUND, _AROUND, indexing="ij"), axis=-1).reshape(-1, 3)
_NEIGHBOURS = np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)]).astype(np.int64)
# Where two codes stand between, this share of the pixels takes the upper one, by their place: so no mean is off.
_DITHER = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) + 0.5) / 16


def unconverted(photo: Photo) -> Photo:
    """``photo``, or the sRGB picture that it was before it was stored in a wide space, where it was one."""
    if photo.pixels.dtype != np.uint8 or photo.space.has_srgb_primaries:
        return photo
    coded = cast("NDArray[np.uint8]", photo.pixels)
    if not was_srgb(coded, photo.space):
        return photo
    return replace(photo, pixels=before(coded, photo.space), space=srgb())


def was_srgb(pixels: NDArray[np.uint8], space: RgbSpace) -> bool:
    """Whether ``pixels`` (H, W, 3) of a file in ``space`` were an 8-bit sRGB picture before."""
    step = max(1, int(np.sqrt(pixels.shape[0] * pixels.shape[1] / (2 * _ASKED))))
    return likelier(pixels[step // 2 :: step, step // 2 :: step].reshape(-1, 3).astype(np.int64), space) > _LIKELIER


def likelier(codes: Codes, space: RgbSpace) -> float:
    """How much likelier the average of ``codes`` (N, 3) is in a converted picture than in a camera's own, as a natural
    logarithm; minus infinity where too few can tell."""
    inside = codes[((codes > _ENDS[0]) & (codes < _ENDS[1])).all(axis=1)]
    colours, counts = np.unique(inside[:: max(1, len(inside) // _ASKED)], axis=0, return_counts=True)
    if len(colours) < _FEWEST:
        return -np.inf
    around = (colours[:, None] + _NEIGHBOURS).reshape(-1, 3)
    seen = np.maximum(_colours_behind(around, space).reshape(len(colours), -1), _NOTHING)
    return float(np.average(np.log(seen[:, 0] / seen.mean(axis=1)), weights=np.minimum(counts, _ALIKE)))


def _colours_behind(codes: Codes, space: RgbSpace) -> NDArray[np.int64]:
    """How many 8-bit sRGB colours become each of ``codes`` (N, 3) in ``space``."""
    table, channels = space.table(256).astype(np.float64), np.arange(3)
    own = table[codes, channels] @ space.to_srgb.T
    tried = np.rint(encode_srgb(np.clip(own, 0, 1)) * 255)[:, None] + _STEPS
    there = decode_srgb(np.clip(tried, 0, 255) / 255) @ np.linalg.inv(space.to_srgb).T
    grid = np.linspace(0.0, 255.0, space.curves.shape[1])
    lowest, highest = (
        np.stack([np.interp(codes[:, i] + off, grid, space.curves[i]) for i in channels], axis=-1)[:, None]
        for off in (-_ROUNDING, _ROUNDING)
    )
    fits = (there >= lowest) & (there <= highest) & (tried >= 0) & (tried <= 255)
    return np.asarray(fits.all(axis=-1).sum(axis=1))


def before(pixels: NDArray[np.uint8], space: RgbSpace) -> NDArray[np.uint8]:
    """(H, W, 3) 8-bit sRGB: what ``pixels`` of a file in ``space`` were before the conversion."""
    found = np.empty_like(pixels)
    for top in range(0, len(pixels), _ROWS):
        found[top : top + _ROWS] = _strip_before(pixels[top : top + _ROWS], space)
    return found


def _strip_before(pixels: NDArray[np.uint8], space: RgbSpace) -> NDArray[np.uint8]:
    """Green first, because it hangs on the others least; what is known is then taken out of the other channels."""
    channels, mixed = np.arange(3), np.linalg.inv(space.to_srgb).astype(np.float32)
    lowest, highest = (_edge(space, off)[pixels, channels] for off in (-_HALF, _HALF))
    own = space.table(256)[pixels, channels] @ space.to_srgb.T.astype(np.float32)
    known, light = np.empty_like(own), own
    for channel in (1, 2, 0):
        others = [one for one in channels if one != channel]
        rest = light[..., others] @ mixed[channel, others]
        known[..., channel] = _mean_code(
            (lowest[..., channel] - rest) / mixed[channel, channel],
            (highest[..., channel] - rest) / mixed[channel, channel],
        )
        light[..., channel] = _light(known[..., channel])
    height, width = pixels.shape[:2]
    threshold = np.tile(_DITHER, (-(-height // 4), -(-width // 4)))[:height, :width, None].astype(np.float32)
    return np.asarray(np.floor(known + threshold), np.uint8)


def _edge(space: RgbSpace, off: float) -> NDArray[np.float32]:
    """(256, 3): linear value of each code and ``off`` of a step."""
    grid = np.linspace(0.0, 255.0, space.curves.shape[1])
    edges = [np.interp(np.arange(256) + off, grid, curve) for curve in space.curves]
    return np.stack(edges, axis=1).astype(np.float32)


def _mean_code(lowest: NDArray[np.float32], highest: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of the sRGB codes with light between ``lowest`` and ``highest``; the nearest one where there is none."""
    low, high = _code(lowest), _code(highest)
    first, last = np.ceil(low), np.floor(high)
    return np.where(first <= last, (first + last) / 2, np.rint((low + high) / 2)).astype(np.float32)


def _code(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear light to coded sRGB, 0 to 255, with fractions."""
    return _CODED[(np.clip(light, 0, 1) * _FINE + 0.5).astype(np.uint16)]


def _light(code: NDArray[np.float32]) -> NDArray[np.float32]:
    """Whole and half codes, 0 to 255, to linear light."""
    return _DECODED[(code * 2).astype(np.intp)]


_CODED = (255 * encode_srgb(np.linspace(0.0, 1.0, _FINE + 1))).astype(np.float32)
_DECODED = decode_srgb(np.arange(511) / 510).astype(np.float32)
