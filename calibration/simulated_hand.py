"""The shape of a hand before a face: fingers that taper, a thumb, a palm and a wrist, shaded as round things are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Points = NDArray[np.float64]

# How long each finger is as a share of the middle one's way from the palm, and where its joints lie along it.
_LENGTHS = (0.82, 1.0, 1.04, 0.9)
_JOINTS = (0.45, 0.72)


@dataclass(frozen=True, eq=False)
class Hand:
    """(H, W) each: 1 where the hand lies, how light it is, and 1 on its nails."""

    cover: Pixels
    shade: Pixels
    nails: Pixels


def draw_hand(
    shape: tuple[int, int],
    at: Callable[[float, float], Points],
    unit: float,
    palm: tuple[float, float],
    tip: tuple[float, float],
    rng: np.random.Generator,
) -> Hand:
    """A hand whose middle finger points from ``palm`` to ``tip``, both in eye distances as ``at`` takes them."""
    hand = Hand(np.zeros(shape, np.float32), np.ones(shape, np.float32), np.zeros(shape, np.float32))
    along = np.subtract(tip, palm)
    sideways = np.array([-along[1], along[0]]) / np.hypot(*along)
    root = np.asarray(palm)
    _capsule(hand, at(*(root - 1.4 * along)), at(*root), 0.46 * unit, ())  # the wrist
    _capsule(hand, at(*root), at(*(root + 0.35 * along)), 0.62 * unit, ())
    thumb = float(rng.choice([-1.0, 1.0]))
    start = root + 0.1 * along + thumb * 0.45 * sideways
    _capsule(hand, at(*start), at(*(start + 0.45 * along + thumb * 0.45 * sideways)), 0.16 * unit, (0.6,))
    spread = float(rng.uniform(1.0, 1.5))
    back = rng.random() < 0.5  # of the hand: its nails are seen
    for number, length in enumerate(_LENGTHS):
        off = sideways * (number - 1.5) * 0.27 + rng.normal(0, 0.02, 2)
        end = root + length * rng.uniform(0.94, 1.04) * along + off * spread
        _capsule(hand, at(*(root + 0.2 * along + off)), at(*end), 0.135 * unit, _JOINTS)
        if back:
            _nail(hand, at(*end), at(*(end - 0.08 * along)), 0.085 * unit)
    return hand


def _capsule(hand: Hand, start: Points, end: Points, radius: float, joints: tuple[float, ...]) -> None:
    """One finger over what was drawn before, a little thinner towards its end: round across, dark in its creases."""
    height, width = hand.cover.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    way = end - start
    t = np.clip(((x - start[0]) * way[0] + (y - start[1]) * way[1]) / (way @ way), 0, 1).astype(np.float32)
    off = np.hypot(x - start[0] - t * way[0], y - start[1] - t * way[1]) / (radius * (1 - 0.15 * t))
    inside = off < 1
    shade = 0.62 + 0.38 * np.sqrt(np.clip(1 - off**2, 0, 1))
    long = float(np.hypot(*way))
    for joint in joints:
        crease = np.exp(-(((t - joint) * long / (0.05 * radius + 0.5)) ** 2))
        knuckle = np.exp(-(((t - joint) * long / (0.6 * radius)) ** 2))  # the skin over a joint is darker
        shade = shade * (1 - 0.13 * crease) * (1 - 0.06 * knuckle)
    # It throws a thin shadow on the finger beside it.
    rim = (off >= 1) & (off < 1.2) & (hand.cover > 0)
    hand.shade[rim] *= 0.85
    hand.shade[inside] = shade[inside]
    hand.nails[inside] = 0
    hand.cover[inside] = 1


def _nail(hand: Hand, tip: Points, base: Points, radius: float) -> None:
    drawn = np.zeros(hand.cover.shape, np.uint8)
    middle = (tip + base) / 2
    size = (max(1, round(0.6 * float(np.hypot(*(tip - base))) + radius * 0.5)), max(1, round(radius)))
    angle = float(np.degrees(np.arctan2(*(tip - base)[::-1])))
    centre = (round(float(middle[0])), round(float(middle[1])))
    cv2.ellipse(drawn, centre, size, angle, 0, 360, 255, -1, cv2.LINE_AA)
    np.maximum(hand.nails, drawn / np.float32(255) * hand.cover, out=hand.nails)
