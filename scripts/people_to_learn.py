"""People to paint things on: seven portraits are few, so everybody is met with other features, relief, light and flush.

Everything lies on the upright grid of the network (``analyzer.covers``), in samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from analyzer.covers import CELL_CM, COLUMNS, FINE, ROWS
from calibration.cielab import lab_to_xyz, linear_srgb_to_lab, xyz_to_linear_srgb

Pixels = NDArray[np.float32]
Random = np.random.Generator

HEIGHT, WIDTH = ROWS * FINE, COLUMNS * FINE
# Samples of one distance between the eyes, and the middle between them.
UNIT = 6.32 / CELL_CM * FINE
MIDDLE = np.array([WIDTH / 2, 159.0])


@dataclass(frozen=True, eq=False)
class Base:
    """One person without covers: linear RGB (HEIGHT, WIDTH, 3), 1 where no skin is, 1 where nobody can say; lips and
    eyes and brows count as skin, for they are asked about when something covers them only. ``points``: the mesh.
    ``tone``: the number of the tone class.
    """

    rgb: Pixels
    off: Pixels
    unsure: Pixels
    points: NDArray[np.float64]
    tone: int


@dataclass(frozen=True, eq=False)
class Painted:
    """``rgb`` (HEIGHT, WIDTH, 3), how far each sample is covered, the mesh as it would be found."""

    rgb: Pixels
    cover: Pixels
    unsure: Pixels
    points: NDArray[np.float64]


def at(x: float, y: float) -> NDArray[np.float64]:
    """Samples of a place in eye distances from between the eyes, y down."""
    return MIDDLE + UNIT * np.array([x, y])


def moved(base: Base, rng: Random) -> Painted:
    """Other proportions, another place, sometimes the mirror image."""
    turn, size = rng.normal(0, 0.04), rng.normal(1, 0.04)
    stretch = np.diag([rng.normal(1, 0.05), rng.normal(1, 0.04)])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = size * rotation @ stretch
    flip = rng.random() < 0.5
    if flip:
        linear = linear @ np.diag([-1.0, 1.0])
    move = MIDDLE + rng.normal(0, 0.03 * UNIT, 2)
    bend = np.stack([noise(rng, 0.6) for _ in range(2)], axis=-1) * np.float32(0.035 * UNIT) + _other_features(rng)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    source = (np.stack([x, y], axis=-1) - move) @ np.linalg.inv(linear).T + MIDDLE + bend
    there = source.astype(np.float32)
    first, second = np.ascontiguousarray(there[..., 0]), np.ascontiguousarray(there[..., 1])
    rgb, off, unsure = (
        cv2.remap(plane, first, second, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for plane in (base.rgb, base.off, base.unsure)
    )
    # The mesh follows, but for its own error.
    points = (base.points - MIDDLE) @ linear.T + move + rng.normal(0, 0.015 * UNIT, 2)
    points = points + _noise_at(bend, points)
    return Painted(np.asarray(rgb), np.asarray(off), np.asarray(unsure), points)


def _other_features(rng: Random) -> Pixels:
    """(HEIGHT, WIDTH, 2): how far to look aside for a wider or a finer nose, mouth, chin, cheek or brow."""
    y, x = np.mgrid[0:HEIGHT:4, 0:WIDTH:4].astype(np.float32) + np.float32(1.5)
    aside = np.zeros((*x.shape, 2), np.float32)
    for place in ((0.0, 0.6), (0.0, 1.3), *rng.uniform((-1.0, -0.8), (1.0, 1.8), (2, 2))):
        middle = at(float(place[0]), float(place[1])) + rng.normal(0, 0.08 * UNIT, 2)
        off = np.stack([x - middle[0], y - middle[1]], axis=-1).astype(np.float32)
        reach = float(rng.uniform(0.3, 0.6)) * UNIT
        near = np.exp(-0.5 * (off**2).sum(axis=-1, keepdims=True) / np.float32(reach**2))
        # Below 0.4 no place is looked at twice.
        aside += near * off * rng.uniform(-0.3, 0.3, 2).astype(np.float32)
    return np.asarray(cv2.resize(aside, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), np.float32)


def _noise_at(bend: Pixels, points: NDArray[np.float64]) -> NDArray[np.float64]:
    where = np.clip(np.round(points).astype(int), 0, [WIDTH - 1, HEIGHT - 1])
    return np.asarray(-bend[where[:, 1], where[:, 0]], np.float64)


def noise(rng: Random, size: float) -> Pixels:
    """(HEIGHT, WIDTH), SD 1: unevenness of ``size`` eye distances."""
    step = max(1, round(size * UNIT / 3))
    coarse = rng.standard_normal((HEIGHT // step + 4, WIDTH // step + 4)).astype(np.float32)
    coarse = blurred(coarse, 1.2)
    wide = cv2.resize(coarse, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)[:HEIGHT, :WIDTH]
    return np.asarray((wide - wide.mean()) / (wide.std() + 1e-6), np.float32)


def blurred(plane: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)


def reddened(rgb: Pixels, rng: Random) -> Pixels:
    """Blood in patches with soft or sharp borders: still skin."""
    lab = linear_srgb_to_lab(np.clip(rgb, 1e-4, None).astype(np.float64))
    blotches = noise(rng, float(rng.uniform(0.15, 1.5))) * float(rng.uniform(0.6, 8.0)) + float(rng.normal(0.5, 1.5))
    amount = float(rng.uniform(2, 16)) * (1 / (1 + np.exp(-blotches)))
    lab[..., 1] += amount
    lab[..., 0] -= 0.35 * amount
    return np.asarray(np.clip(xyz_to_linear_srgb(lab_to_xyz(lab)), 1e-4, None), np.float32)


def in_relief(rgb: Pixels, rng: Random) -> Pixels:
    """The light and shade of the features stronger or weaker than this portrait's, dents and bumps of other features:
    all of it skin.
    """
    light = np.log(np.maximum(rgb @ np.array([0.2126, 0.7152, 0.0722], np.float32), 1e-4))
    relief = light - blurred(light, float(rng.uniform(0.12, 0.5)) * UNIT)
    gain = float(rng.uniform(-0.5, 1.0)) + np.float32(rng.uniform(0, 0.3)) * noise(rng, 0.6)
    change = np.clip(relief, -0.7, 0.7) * np.clip(gain, -0.6, 1.3)
    if rng.random() < 0.5:  # a lit height field
        field = noise(rng, float(rng.uniform(0.2, 0.7)))
        way = rng.uniform(0, 2 * np.pi)
        slope = np.cos(way) * np.gradient(field, axis=1) + np.sin(way) * np.gradient(field, axis=0)
        change = change + slope / (slope.std() + 1e-6) * float(rng.uniform(0, 0.14))
    return np.asarray(rgb * np.exp(np.clip(change, -0.9, 0.6))[..., None], np.float32)


def blended(one: Base, other: Base, rng: Random) -> Base:
    """Somebody with a part of the looks of either, whose features lie between both."""
    share = np.float32(rng.uniform(0.1, 0.9)) + np.float32(rng.choice([0, 0.5])) * noise(rng, 0.8)
    share = np.clip(share, 0, 1)
    middle = float(rng.uniform(0.1, 0.9))
    points = one.points + middle * (other.points - one.points)
    first, second = (_to_points(base, points) for base in (one, other))
    rgb = np.exp(np.log(first.rgb) * (1 - share[..., None]) + np.log(second.rgb) * share[..., None])
    off = first.off * (1 - share) + second.off * share
    return Base(rgb, np.asarray(off, np.float32), np.maximum(first.unsure, second.unsure), points, one.tone)


def _to_points(base: Base, points: NDArray[np.float64]) -> Base:
    """The same person with the mesh's points moved elsewhere."""
    some = slice(None, None, 4)
    corners = np.array([[x, y] for x in (0, WIDTH / 2, WIDTH) for y in (0, HEIGHT / 2, HEIGHT) if x != WIDTH / 2])
    places, moves = np.concatenate([points[some], corners]), np.zeros((len(points[some]) + len(corners), 2))
    moves[: len(points[some])] = (base.points - points)[some]
    step = 8
    y, x = np.mgrid[0:HEIGHT:step, 0:WIDTH:step].astype(np.float64)
    way = RBFInterpolator(places, moves, smoothing=30.0)(np.column_stack([x.ravel(), y.ravel()])).reshape(*x.shape, 2)
    aside = cv2.resize(way.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x, y = x + aside[..., 0], y + aside[..., 1]
    rgb, off, unsure = (
        np.asarray(cv2.remap(one, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
        for one in (base.rgb, base.off, base.unsure)
    )
    return Base(rgb, off, unsure, points, base.tone)


def photographed(rgb: Pixels, rng: Random) -> Pixels:
    """Light from a side, a shadow, a sheen, another white balance, contrast, clipping, blur and noise."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    way = rng.uniform(0, 2 * np.pi)
    side = (np.cos(way) * (x - MIDDLE[0]) + np.sin(way) * (y - MIDDLE[1])) / (1.3 * UNIT)
    light = np.exp(float(rng.normal(0, 0.25)) * side + float(rng.uniform(0, 0.12)) * noise(rng, 1.0))
    if rng.random() < 0.25:  # half of the face in shade
        light = light * np.exp(-float(rng.uniform(0.1, 0.7)) / (1 + np.exp(-side * float(rng.uniform(2, 12)))))
    rgb = rgb * light[..., None].astype(np.float32)
    if rng.random() < 0.5:
        shine = np.maximum(noise(rng, float(rng.uniform(0.12, 0.5))) - float(rng.uniform(1.0, 1.8)), 0)[..., None]
        rgb = rgb + shine * np.float32(rng.uniform(0.05, 0.5) * np.quantile(rgb, 0.9))
    gains = np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)
    rgb = np.clip(rgb * gains, 1e-4, None) ** np.float32(rng.uniform(0.8, 1.2))
    if rng.random() < 0.35:  # the brightest skin is all that the camera can give
        most = np.float32(np.quantile(rgb[..., 0], float(rng.uniform(0.75, 1.0))))
        rgb = np.minimum(rgb, most * np.array([1.0, rng.uniform(0.8, 1.0), rng.uniform(0.7, 1.0)], np.float32))
    blur = float(rng.uniform(0.0, 2.0))
    if blur > 0.4:
        rgb = blurred(rgb, blur)
    level = np.float32(np.quantile(rgb, 0.8))
    grain = rng.standard_normal(rgb.shape).astype(np.float32) * np.float32(rng.uniform(0.002, 0.03))
    if rng.random() < 0.5:
        grain = blurred(grain, 1.0) * 2
    return np.asarray(np.clip(rgb + grain * np.sqrt(level * np.maximum(rgb, 0)), 0, None), np.float32)
