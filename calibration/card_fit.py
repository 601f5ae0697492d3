"""From about right to exactly right: lay the card's columns and rows on the edges of its patches.

An edge lies where the light is halfway between the ground's and the patch's: blur leaves that place alone, in light. In
coded values, and at the steepest place where neighbours are near, patches seem larger or smaller than they are. Colour
is left out, because files hold it at half the resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.card_grid import transform
from calibration.cards import ReferenceCard
from calibration.cielab import decode_srgb, encode_srgb

# Pixels from one patch to the next in the flattened picture of the card: enough for a tenth of a gap.
_STEP = 40
_MARGIN = 0.6
# Strips across each side of a patch, in steps from the patch's middle: three, so that a turned edge shows.
_STRIPS = (-0.25, 0.0, 0.25)
_ROUNDS = ((0.10, 0.10), (0.05, 0.04), (0.03, 0.015))
# Places along the way across an edge, in steps; halfway has to be this near the steepest of them.
_ACROSS_EDGE = np.arange(-13, 14) / _STEP
_NEAR_STEEPEST = 0.06
# How much of a patch's light one step along its edge's profile has to make, at least; how far a patch stands out from
# the ground, in coded luminance, for its edges to count, to count fully, and how many patches have to.
_STEEP = 1.0
_CLEAR, _CLEAREST, _FEWEST = 0.08, 0.4, 8
_LUMA = np.array([[0.2126, 0.7152, 0.0722]])


@dataclass(frozen=True, eq=False)
class FlatCard:
    """The card seen straight on: ``picture`` (H, W, 3) float32 coded 0..1, NaN outside the photograph."""

    picture: NDArray[np.float32]
    rows: int
    columns: int

    def at(self, column: NDArray[np.float64], row: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coded colours (..., 3) at places (column, row) of the card, nearest pixel."""
        x = np.rint((column + 0.5 + _MARGIN) * _STEP - 0.5).astype(np.int64)
        y = np.rint((row + 0.5 + _MARGIN) * _STEP - 0.5).astype(np.int64)
        height, width = self.picture.shape[:2]
        return self.picture[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].astype(np.float64)


@dataclass(frozen=True, eq=False)
class FittedCard:
    """Where the card lies: ``to_image`` (3, 3) from (column, row) to pixels, half the patch's side across and down
    in steps, and ``edge_error``, the root mean square distance of the edges from the fit, in steps."""

    to_image: NDArray[np.float64]
    half: tuple[float, float]
    edge_error: float

    def corners(self, card: ReferenceCard) -> NDArray[np.float64]:
        """(4, 2) outer corners of the corner patches in the card's own order."""
        (x, y), right, bottom = self.half, card.columns - 1, card.rows - 1
        places = np.array([[-x, -y], [right + x, -y], [right + x, bottom + y], [-x, bottom + y]])
        return transform(self.to_image, places)


def places(card: ReferenceCard) -> NDArray[np.float64]:
    """(24, 2) column and row of each patch."""
    column, row = np.meshgrid(np.arange(card.columns), np.arange(card.rows))
    return np.stack([column.ravel(), row.ravel()], axis=-1).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Closeup:
    """The part of a photograph around the card, no finer than needed: ``picture`` (H, W, 3) float32 coded 0..1,
    ``light`` (H, W) float32 its linear luminance, and ``to_part`` (3, 3) from the photograph's pixels to its own."""

    picture: NDArray[np.float32]
    light: NDArray[np.float32]
    to_part: NDArray[np.float64]

    def flattened(self, to_image: NDArray[np.float64], card: ReferenceCard) -> FlatCard:
        """The card seen straight on."""
        edge = 0.5 + _MARGIN
        from_flat = np.array([[1 / _STEP, 0, 0.5 / _STEP - edge], [0, 1 / _STEP, 0.5 / _STEP - edge], [0, 0, 1]])
        picture = cv2.warpPerspective(
            self.picture,
            self.to_part @ to_image @ from_flat,
            (round((card.columns + 2 * _MARGIN) * _STEP), round((card.rows + 2 * _MARGIN) * _STEP)),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(np.nan, np.nan, np.nan),
        )
        return FlatCard(np.asarray(picture, dtype=np.float32), card.rows, card.columns)


def look_closer(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], to_image: NDArray[np.float64], card: ReferenceCard
) -> Closeup:
    """Cut out the card with some room around it, shrunk by a whole factor where it is larger than needed."""
    edge = 1.5
    right, bottom = card.columns - 1 + edge, card.rows - 1 + edge
    outline = transform(to_image, np.array([[-edge, -edge], [right, -edge], [right, bottom], [-edge, bottom]]))
    height, width = pixels.shape[:2]
    low = np.clip(np.floor(np.clip(outline.min(axis=0), -1e6, 1e6)), 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(np.clip(outline.max(axis=0), -1e6, 1e6)) + 1, low + 1, (width, height)).astype(int)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    step = float(patch_sides(to_image, (0.5, 0.5), card).min())
    shrink = int(np.clip(step / _STEP, 1, min(part.shape[:2])))
    rows, columns = part.shape[0] // shrink, part.shape[1] // shrink
    whole: NDArray[np.integer[Any]] = np.ascontiguousarray(part[: rows * shrink, : columns * shrink])
    shrunk = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA) if shrink > 1 else whole
    top = np.iinfo(pixels.dtype).max
    coded = np.asarray(shrunk, dtype=np.float32) / np.float32(top)
    light = cv2.transform(decode_srgb(np.arange(top + 1, dtype=np.float32) / np.float32(top))[shrunk], _LUMA)
    move = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1.0]])
    scale = np.array([[1 / shrink, 0, 0.5 / shrink - 0.5], [0, 1 / shrink, 0.5 / shrink - 0.5], [0, 0, 1]])
    return Closeup(coded, np.asarray(light, dtype=np.float32), scale @ move)


def patch_sides(to_image: NDArray[np.float64], half: tuple[float, float], card: ReferenceCard) -> NDArray[np.float64]:
    """(24, 2) length in pixels of each patch's middle lines, across and down."""
    middle = places(card)
    across_half, down_half = np.array([half[0], 0.0]), np.array([0.0, half[1]])
    across = transform(to_image, middle + across_half) - transform(to_image, middle - across_half)
    down = transform(to_image, middle + down_half) - transform(to_image, middle - down_half)
    return np.stack([np.linalg.norm(across, axis=1), np.linalg.norm(down, axis=1)], axis=-1)


def fit_card(closeup: Closeup, to_image: NDArray[np.float64], side: float, card: ReferenceCard) -> FittedCard | None:
    """Move the card until its patches' edges lie on edges of the photograph; None where there are hardly any."""
    half = (side / 2, side / 2)
    error = np.inf
    for reach, tolerance in _ROUNDS:
        edges = _edges(_Light(closeup, to_image), half, reach, card)
        if edges is None:
            return None
        change, half, error = _solve(edges, half, tolerance, card)
        to_image = to_image @ change
    return FittedCard(to_image, half, error)


@dataclass(frozen=True, eq=False)
class _Edges:
    """Edges seen: the patch they belong to (N, 2), axis 0 across or 1 down, end -1 or +1, where along the edge (N),
    where they were seen on the axis (N), and how clearly (N)."""

    patch: NDArray[np.float64]
    axis: NDArray[np.int64]
    end: NDArray[np.float64]
    along: NDArray[np.float64]
    seen: NDArray[np.float64]
    weight: NDArray[np.float64]


def ground_colour(flat: FlatCard) -> NDArray[np.float64]:
    """(3,) coded colour of the card's ground, from the crossings of its gaps, the places farthest from any patch."""
    column, row = np.meshgrid(np.arange(flat.columns - 1) + 0.5, np.arange(flat.rows - 1) + 0.5)
    colours = flat.at(column, row).reshape(-1, 3)
    seen = np.isfinite(colours).all(axis=1)
    return np.median(colours[seen], axis=0) if seen.any() else np.zeros(3)


class _Light:
    """The light (luminance, linear) of a closeup at places of the card that is taken to lie at ``to_image``."""

    def __init__(self, closeup: Closeup, to_image: NDArray[np.float64]) -> None:
        self._light, self._to_part = closeup.light, closeup.to_part @ to_image

    def at(self, column: NDArray[np.float64], row: NDArray[np.float64]) -> NDArray[np.float64]:
        """(...) between pixels as well; NaN outside the photograph."""
        column, row = np.broadcast_arrays(column, row)
        points = transform(self._to_part, np.stack([column.ravel(), row.ravel()], axis=-1)).astype(np.float32)
        # As a picture of few columns: OpenCV's are at most 32767 high or wide.
        width = max(column.shape[-1], 1)
        x, y = (np.ascontiguousarray(points[:, axis].reshape(-1, width)) for axis in (0, 1))
        seen = cv2.remap(self._light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(np.nan,))
        return np.asarray(seen, dtype=np.float64).reshape(column.shape)

    def of_ground(self, card: ReferenceCard) -> float:
        """Of the crossings of the gaps, the places farthest from any patch; 0 where none is in the photograph."""
        seen = self.at(*np.meshgrid(np.arange(card.columns - 1) + 0.5, np.arange(card.rows - 1) + 0.5))
        seen = seen[np.isfinite(seen)]
        return float(np.median(seen)) if len(seen) else 0.0

    def of_patches(self, card: ReferenceCard) -> NDArray[np.float64]:
        """(24,) median about each patch's middle."""
        middle, shift = places(card), np.linspace(-0.25, 0.25, 7)
        across, down = np.meshgrid(shift, shift)
        seen = self.at(middle[:, :1] + across.ravel(), middle[:, 1:] + down.ravel())
        return np.asarray(np.median(seen, axis=1))


def _edges(light: _Light, half: tuple[float, float], reach: float, card: ReferenceCard) -> _Edges | None:
    """Where each side's light is halfway between ground and patch, nearest to its steepest place."""
    middle = places(card)
    ground, inside = light.of_ground(card), light.of_patches(card)
    # Noise is alike in coded values, so that is where an edge is clear or not.
    strength = encode_srgb(np.maximum(inside, 0)) - encode_srgb(np.array(max(ground, 0.0)))
    usable = np.isfinite(strength) & (np.abs(strength) > _CLEAR)
    if usable.sum() < _FEWEST:
        return None
    middle, clear = middle[usable], np.minimum(np.abs(strength[usable]), _CLEAREST)
    rise = (inside[usable] - ground)[:, None, None]
    strips, across_strip = np.array(_STRIPS), np.linspace(-0.08, 0.08, 5)
    parts = []
    for axis in (0, 1):
        # (patches, strips, across a strip, along the profile)
        beside = (middle[:, 1 - axis, None, None] + strips[:, None] + across_strip)[..., None]
        for end in (-1.0, 1.0):
            expected = middle[:, axis] + end * half[axis]
            where = (expected[:, None] + _ACROSS_EDGE)[:, None, None, :], beside
            seen = light.at(*(where if axis == 0 else where[::-1]))
            shift, found = _halfway(-end * ((seen.mean(axis=2) - ground) / rise - 0.5), reach)
            weight = np.where(found, clear[:, None], 0.0)
            place = np.where(found, expected[:, None] + shift, 0.0)
            parts += [(axis, end, strip, *one) for strip, *one in zip(_STRIPS, place.T, weight.T, strict=True)]
    count = len(middle)
    return _Edges(
        patch=np.tile(middle, (len(parts), 1)),
        axis=np.repeat([part[0] for part in parts], count),
        end=np.repeat([part[1] for part in parts], count),
        along=np.repeat([part[2] for part in parts], count),
        seen=np.concatenate([part[3] for part in parts]),
        weight=np.concatenate([part[4] for part in parts]),
    )


def _halfway(profile: NDArray[np.float64], reach: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Where rising profiles (patches, strips, places) pass 0, as shifts from where they are expected to (patches,
    strips), and whether they plainly do. ``reach`` is how far from there the steepest place is looked for."""
    slope = np.gradient(profile, axis=2) * _STEP * np.exp(-0.5 * (_ACROSS_EDGE / reach) ** 2)
    slope[~np.isfinite(slope)] = -np.inf
    best = np.argmax(slope, axis=2)[..., None]
    before, after = profile[..., :-1], profile[..., 1:]
    passes = (before < 0) & (after >= 0)
    place = _ACROSS_EDGE[:-1] - np.where(passes, before / np.where(passes, after - before, 1), 0) / _STEP
    distance = np.where(passes, np.abs(place - _ACROSS_EDGE[best]), np.inf)
    nearest = np.argmin(distance, axis=2)[..., None]
    near = np.take_along_axis(distance, nearest, axis=2) < _NEAR_STEEPEST
    plain = near & (np.take_along_axis(slope, best, axis=2) > _STEEP)
    return np.take_along_axis(place, nearest, axis=2)[..., 0], np.asarray(plain[..., 0])


def _solve(
    edges: _Edges, half: tuple[float, float], tolerance: float, card: ReferenceCard
) -> tuple[NDArray[np.float64], tuple[float, float], float]:
    """The small homography and the half sides that put the expected edges where they were seen (Cauchy weights)."""
    centre = np.array([(card.columns - 1) / 2, (card.rows - 1) / 2])
    index = np.arange(len(edges.seen))
    expected = edges.patch.copy()
    expected[index, edges.axis] += edges.end * np.array(half)[edges.axis]
    expected[index, 1 - edges.axis] += edges.along
    u, v = (expected - centre).T
    own = np.where(edges.axis == 0, u, v)
    design = np.zeros((len(index), 10))
    for axis in (0, 1):
        here = edges.axis == axis
        design[here, 3 * axis : 3 * axis + 3] = np.stack([np.ones_like(u), u, v], axis=-1)[here]
        design[here, 8 + axis] = edges.end[here]
    design[:, 6], design[:, 7] = -own * u, -own * v
    wanted = edges.seen - expected[index, edges.axis]
    weight = edges.weight.copy()
    answer: NDArray[np.float64] = np.zeros(10)
    for _ in range(6):
        scaled = design * weight[:, None]
        ridge = 1e-3 * np.eye(10)
        answer = np.asarray(np.linalg.solve(scaled.T @ scaled + ridge, scaled.T @ (wanted * weight)), dtype=np.float64)
        rest = wanted - design @ answer
        weight = edges.weight / np.sqrt(1 + (rest / tolerance) ** 2)
    change = np.array([[1 + answer[1], answer[2], answer[0]], [answer[4], 1 + answer[5], answer[3]], [0, 0, 1.0]])
    change[2, :2] = answer[6:8]
    shift = np.eye(3)
    shift[:2, 2] = centre
    change = shift @ change @ np.linalg.inv(shift)
    across, down = (float(np.clip(half[axis] + answer[8 + axis], 0.3, 0.495)) for axis in (0, 1))
    good = weight > 0.5 * edges.weight
    error = float(np.sqrt(np.mean(rest[good] ** 2))) if good.any() else np.inf
    return change, (across, down), error
