"""Faces with things painted over them, to teach ``analyzer.covers`` from.

This painter is another than the one that the masks are judged with (``calibration.simulated_occluders``): its hands
are bent strokes, its hair is combed noise, its cloth lies wherever cloth may lie, and some things are just shapes.
Everything is drawn on the upright grid of the network, in samples.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from people_to_learn import (
    HEIGHT,
    MIDDLE,
    UNIT,
    WIDTH,
    Base,
    Painted,
    Pixels,
    Random,
    at,
    blurred,
    in_relief,
    moved,
    noise,
    photographed,
    reddened,
)  # fmt: skip

from calibration.cielab import lab_to_xyz, linear_srgb_to_lab, xyz_to_linear_srgb

Layer = tuple[Pixels, Pixels, Pixels]


def cover(base: Base, rng: Random) -> Painted:
    """The person in another pose, light and flush, behind nothing, one or two things."""
    shown = moved(base, rng)
    rgb, off = shown.rgb, shown.cover
    own = _own_colour(rgb, rng)
    rgb = in_relief(rgb, rng)
    if rng.random() < 0.6:
        rgb = reddened(rgb, rng)
    for _ in range(int(rng.choice(3, p=[0.3, 0.55, 0.15]))):
        kind = KINDS[int(rng.choice(len(KINDS), p=SHARES))]
        mask, paint, shadow = kind(rgb, own, rng)
        rgb = rgb * (1 - shadow[..., None]) * (1 - mask[..., None]) + paint * mask[..., None]
        off = np.maximum(off, mask)
    return Painted(photographed(rgb, rng), off, shown.unsure, shown.points)


def _own_colour(rgb: Pixels, rng: Random) -> NDArray[np.float64]:
    """CIELAB of this person's cheek, beside the nose."""
    x, y = at(float(rng.choice([-1, 1])) * 0.55, 0.75).astype(int)
    patch = rgb[max(0, y - 8) : y + 8, max(0, x - 8) : x + 8].reshape(-1, 3)
    return np.asarray(linear_srgb_to_lab(np.median(patch, axis=0).astype(np.float64)))


def _filled(colour: NDArray[np.float64], tone: Pixels) -> Pixels:
    rgb = np.clip(xyz_to_linear_srgb(lab_to_xyz(colour)), 0.002, None).astype(np.float32)
    return np.asarray(rgb * tone[..., None], np.float32)


def _thrown(mask: Pixels, rng: Random, most: float = 0.5) -> Pixels:
    """The shadow that a thing throws on the skin beside it."""
    size = float(rng.uniform(0.01, 0.1)) * UNIT
    move = rng.normal(0, 0.05 * UNIT, 2)
    soft = cv2.GaussianBlur(mask, (0, 0), size)
    shift = np.array([[1, 0, move[0]], [0, 1, move[1]]])
    return np.asarray(cv2.warpAffine(soft, shift, (WIDTH, HEIGHT)) * np.float32(rng.uniform(0, most)))


def _edge(mask: Pixels, rng: Random) -> Pixels:
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), float(rng.uniform(0.5, 2.0))))


def _skin_like(own: NDArray[np.float64], rng: Random) -> NDArray[np.float64]:
    spread = (5.0, 3.0, 3.0) if rng.random() < 0.8 else (12.0, 4.0, 5.0)
    lab = own + rng.normal(0, spread)
    lab[0] = np.clip(lab[0], 8, 92)
    return np.asarray(lab)


def _hand(_: Pixels, own: NDArray[np.float64], rng: Random) -> Layer:
    """Strokes that bend, drawn one over the other, each lit by a light from above or a side."""
    colour = _skin_like(own, rng)
    mask, tone = np.zeros((HEIGHT, WIDTH), np.float32), np.ones((HEIGHT, WIDTH), np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    tip = at(rng.normal(0, 0.7), rng.normal(0.75, 0.8))
    way = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-way[1], way[0]])
    width = float(rng.uniform(0.2, 0.36)) * UNIT
    light = rng.normal(0, 0.25, 2)
    count = int(rng.choice([1, 2, 3, 4, 5], p=[0.15, 0.15, 0.15, 0.4, 0.15]))
    tips = []
    gap = float(rng.uniform(0.9, 1.35))
    contrast = float(rng.uniform(0.05, 0.5))
    if rng.random() < 0.85:
        length = float(rng.uniform(1.0, 1.8)) * UNIT
        _stroke(mask, tone, [tip + length * way, tip + (length + 4 * UNIT) * way], 0.5 * width * max(2.2, 0.9 * count),
                light, contrast, rng)  # fmt: skip
    for number in range(count):
        start = tip + across * (number - (count - 1) / 2) * width * gap + way * abs(rng.normal(0, 0.12)) * UNIT
        tips.append(start)
        bend = across * rng.normal(0, 0.08) * UNIT
        middle = start + way * 0.6 * UNIT + bend
        _stroke(mask, tone, [start, middle, start + way * float(rng.uniform(1.1, 2.0)) * UNIT], 0.5 * width, light,
                contrast, rng)  # fmt: skip
    tone = tone * np.exp(np.float32(rng.uniform(0, 0.12)) * noise(rng, 0.4))
    soft = _edge(mask, rng)
    painted = _filled(colour, tone)
    if rng.random() < 0.4:
        painted = _with_nails(painted, tips, way, width, rng)
    return soft, painted, _thrown(soft, rng)


def _with_nails(painted: Pixels, tips: list[NDArray[np.float64]], way: NDArray[np.float64], width: float,
                rng: Random) -> Pixels:  # fmt: skip
    """Paler, or of any colour, just behind the tips."""
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    size = np.round(width * rng.uniform((0.25, 0.2), (0.45, 0.35))).astype(int).tolist()
    for tip in tips:
        middle = np.clip(tip - 0.2 * width * way, -3000, 3000).round().astype(int).tolist()
        cv2.ellipse(drawn, middle, size, float(np.degrees(np.arctan2(way[1], way[0]))), 0, 360, 255, -1)
    nails = _edge((drawn / 255).astype(np.float32), rng)[..., None]
    colour = (
        np.quantile(painted, 0.9, axis=(0, 1)) * rng.uniform(0.9, 1.5) if rng.random() < 0.7 else rng.uniform(0, 1, 3)
    )
    return np.asarray(painted + nails * np.float32(rng.uniform(0.3, 0.9)) * (colour.astype(np.float32) - painted))


def _stroke(mask: Pixels, tone: Pixels, points: list[NDArray[np.float64]], radius: float, light: NDArray[np.float64],
            contrast: float, rng: Random) -> None:  # fmt: skip
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    way = np.array([points[0] + t * (points[-1] - points[0]) for t in np.linspace(0, 1, 20)])
    if len(points) == 3:
        t = np.linspace(0, 1, 20)[:, None]
        way = (1 - t) ** 2 * points[0] + 2 * t * (1 - t) * points[1] + t**2 * points[2]
    for number, point in enumerate(way):
        x, y = np.clip(point, -3000, 3000).round().astype(int).tolist()
        cv2.circle(drawn, (x, y), max(2, round(radius * (0.86 + 0.14 * number / 19))), 1, -1)
    depth = np.minimum(cv2.distanceTransform(drawn, cv2.DIST_L2, 3) / np.float32(max(radius, 1)), 1)
    dome = np.sqrt(np.clip(1 - (1 - depth) ** 2, 0, 1))
    slope = np.stack(np.gradient(cv2.GaussianBlur(dome, (0, 0), 2.0)), axis=-1) * radius
    shade = 1 - contrast * (1 - dome) + (slope @ light[::-1]).astype(np.float32) * 0.3
    for _ in range(int(rng.integers(0, 4))):  # creases
        spot = way[int(rng.integers(2, 18))]
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        axis = (way[-1] - way[0]) / max(1e-6, float(np.hypot(*(way[-1] - way[0]))))
        off = (x - spot[0]) * axis[0] + (y - spot[1]) * axis[1]
        shade = shade * (1 - np.float32(rng.uniform(0, 0.2)) * np.exp(-((off / (0.012 * UNIT)) ** 2)))
    inside = drawn > 0
    rim = cv2.dilate(drawn, np.ones((3, 3), np.uint8)) > 0
    tone[rim & ~inside & (mask > 0)] *= np.float32(rng.uniform(0.7, 1.0))
    tone[inside] = np.clip(shade, 0.3, 1.4)[inside]
    mask[inside] = 1


def _any_colour(own: NDArray[np.float64], rng: Random) -> NDArray[np.float64]:
    if rng.random() < 0.5:
        return _skin_like(own, rng)
    if rng.random() < 0.5:
        return np.array([rng.uniform(8, 92), rng.normal(2, 14), rng.normal(4, 14)])
    # A dye, red ones as often as all others.
    hue = rng.uniform(-0.4, 1.0) if rng.random() < 0.5 else rng.uniform(0, 2 * np.pi)
    chroma = rng.uniform(20, 65)
    return np.array([rng.uniform(15, 75), chroma * np.cos(hue), chroma * np.sin(hue)])


def _woven(colour: NDArray[np.float64], rng: Random) -> Pixels:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    way = rng.uniform(0, np.pi)
    along = (x * np.cos(way) + y * np.sin(way)) / UNIT + np.float32(0.1) * noise(rng, 0.5)
    folds = np.float32(rng.choice([0.0, rng.uniform(0, 0.2)])) * np.sin(
        along * 2 * np.pi / float(rng.uniform(0.08, 0.8))
    )
    tone = np.exp(folds + np.float32(rng.uniform(0, 0.25)) * noise(rng, float(rng.uniform(0.15, 1.0))))
    thread = float(rng.uniform(2.2, 6))
    tone = tone * (
        1 + np.float32(rng.choice([0, rng.uniform(0, 0.1)])) * np.sin(x * 6.28 / thread) * np.sin(y * 6.28 / thread)
    )
    return _filled(colour, tone.astype(np.float32))


def _border(rng: Random) -> Pixels:
    """Where cloth lies: below a wavy line, above one, or around an opening."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    u, v = (x - MIDDLE[0]) / UNIT, (y - MIDDLE[1]) / UNIT
    wave = np.float32(rng.uniform(0, 0.08)) * noise(rng, float(rng.uniform(0.3, 1.0)))
    tilt = np.float32(rng.normal(0, 0.12)) * u + np.float32(rng.normal(0, 0.12)) * u**2
    kind = rng.random()
    if kind < 0.45:
        return np.asarray(v > float(rng.uniform(0.55, 2.0)) + tilt + wave, np.float32)
    if kind < 0.6:
        return np.asarray(v < float(rng.uniform(-1.1, -0.45)) + tilt + wave, np.float32)
    across, top, low = rng.uniform(0.9, 1.4), rng.uniform(-1.25, -0.5), rng.uniform(1.5, 2.2)
    middle, half = (top + low) / 2, (low - top) / 2
    power = float(rng.uniform(1.8, 3.0))
    round_off = np.abs((u - rng.normal(0, 0.06)) / across) ** power + np.abs((v - middle) / half) ** power
    return np.asarray(round_off + wave > 1, np.float32)


def _cloth(_: Pixels, own: NDArray[np.float64], rng: Random) -> Layer:
    soft = _edge(_border(rng), rng)
    return soft, _woven(_any_colour(own, rng), rng), _thrown(soft, rng)


def _shape(_: Pixels, own: NDArray[np.float64], rng: Random) -> Layer:
    """Anything: a blob, or a box such as a phone, with a texture of cloth or of skin."""
    if rng.random() < 0.6:
        field = noise(rng, float(rng.uniform(0.5, 1.2)))
        blob = (field > float(rng.uniform(0.7, 1.6))).astype(np.float32)
    else:
        blob = np.zeros((HEIGHT, WIDTH), np.float32)
        box = (
            tuple(at(rng.normal(0, 1.0), rng.normal(0.7, 1.0))),
            tuple(rng.uniform(0.3, 1.5, 2) * UNIT),
            float(rng.uniform(0, 180)),
        )
        cv2.fillPoly(blob, [cv2.boxPoints(box).astype(np.int32)], 1.0)
    soft = _edge(blob, rng)
    return soft, _woven(_any_colour(own, rng), rng), _thrown(soft, rng)


def _combed(rng: Random, length: float) -> Pixels:
    """Noise drawn out along a direction that wanders, SD 1."""
    grain = rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32)
    grain = blurred(grain, float(rng.uniform(0.5, 1.1)))
    angle = float(rng.uniform(0, np.pi)) + np.float32(rng.uniform(0.1, 1.2)) * noise(rng, float(rng.uniform(0.2, 1.0)))
    dx, dy = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    total = np.zeros_like(grain)
    for step in np.linspace(-1, 1, 7):
        total += cv2.remap(grain, x + dx * np.float32(step * length), y + dy * np.float32(step * length),
                           cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    return np.asarray(total / (total.std() + 1e-6), np.float32)


def _hair_colour(rng: Random) -> NDArray[np.float64]:
    """Black, brown, red and fair by how much of which melanin; a quarter is grey."""
    light = float(rng.uniform(8, 82))
    if rng.random() < 0.25:
        return np.array([light, rng.normal(0, 1), rng.uniform(0, 7)])
    warm = float(rng.uniform(0, 1)) * np.sin(np.pi * light / 90)
    return np.array([light, 23 * warm * rng.uniform(0, 1), 4 + 29 * warm])


def _beard(rgb: Pixels, _: NDArray[np.float64], rng: Random) -> Layer:
    """Dense or thin, over the lower face, the upper lip or a part of them; days or months old."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    u, v = (x - MIDDLE[0]) / UNIT, (y - MIDDLE[1]) / UNIT
    rise = float(rng.uniform(0.1, 0.9))
    line = float(rng.uniform(1.0, 1.65)) - rise * np.abs(u) ** float(rng.uniform(1, 2.5)) * float(rng.uniform(-0.3, 1))
    area = v > line + 0.05 * noise(rng, 0.3)
    if rng.random() < 0.3:
        area &= np.abs(u) < float(rng.uniform(0.3, 0.7))
    if rng.random() < 0.7:
        lip = (np.abs(u) < float(rng.uniform(0.3, 0.65))) & (
            np.abs(v - 1.02 - 0.2 * np.abs(u)) < float(rng.uniform(0.08, 0.16))
        )
        area |= lip
    lips = ((u / 0.42) ** 2 + ((v - 1.3) / 0.14) ** 2) < 1
    area &= ~lips
    few_days = rng.random() < 0.35
    soft = cv2.GaussianBlur(area.astype(np.float32), (0, 0), float(rng.uniform(1.5, 6)))
    hairs = _combed(rng, float(rng.uniform(1, 3) if few_days else rng.uniform(3, 12)))
    dense = float(rng.uniform(0.2, 0.5) if few_days else rng.uniform(0.4, 0.95))
    strand = np.clip(dense + np.float32(0.25) * hairs, 0.12 if few_days else 0.25, 1)
    tone = np.exp(np.float32(rng.uniform(0.1, 0.4)) * _combed(rng, 6.0))
    painted = rgb * (1 - strand[..., None]) + _filled(_hair_colour(rng), tone) * strand[..., None]
    return soft, np.asarray(painted, np.float32), _thrown(soft, rng, 0.15)


def _fringe(_rgb: Pixels, _own: NDArray[np.float64], rng: Random) -> Layer:
    """Hair from above or from a side, its ends uneven."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    u, v = (x - MIDDLE[0]) / UNIT, (y - MIDDLE[1]) / UNIT
    ends = cv2.resize(rng.standard_normal((1, int(rng.integers(8, 60)))).astype(np.float32), (WIDTH, 1))[0]
    edge = float(rng.uniform(-1.1, -0.35)) + np.float32(rng.uniform(0.03, 0.25)) * ends[None]
    area = v < edge + np.float32(rng.normal(0, 0.3)) * u
    if rng.random() < 0.5:
        side = float(rng.choice([-1, 1]))
        area |= side * u > float(rng.uniform(0.6, 1.2)) + 0.1 * noise(rng, 0.5)
    soft = _edge(area.astype(np.float32), rng)
    tone = np.exp(np.float32(rng.uniform(0.15, 0.5)) * _combed(rng, 14.0))
    return soft, _filled(_hair_colour(rng), tone), _thrown(soft, rng)


def _strands(_rgb: Pixels, _own: NDArray[np.float64], rng: Random) -> Layer:
    drawn, tone = np.zeros((HEIGHT, WIDTH), np.uint8), np.full((HEIGHT, WIDTH), 100, np.uint8)
    for _ in range(int(rng.integers(3, 45))):
        a = at(rng.uniform(-1.3, 1.3), rng.uniform(-1.6, -0.9))
        b = at(rng.uniform(-1.4, 1.4), rng.uniform(-0.6, 1.6))
        m = (a + b) / 2 + rng.normal(0, 0.2 * UNIT, 2)
        t = np.linspace(0, 1, 24)[:, None]
        curve = np.round(((1 - t) ** 2 * a + 2 * t * (1 - t) * m + t * t * b) * 8).astype(np.int32)
        for _ in range(int(rng.integers(1, 6))):
            moved = curve + np.round(rng.normal(0, 0.02 * UNIT, 2) * 8).astype(np.int32)
            thick = int(rng.choice([1, 1, 2, 3]))
            cv2.polylines(drawn, [moved], False, 255, thick, cv2.LINE_AA, 3)
            cv2.polylines(tone, [moved], False, float(np.clip(rng.normal(100, 20), 50, 170)), thick, cv2.LINE_8, 3)
    mask = (drawn / np.float32(255)).astype(np.float32)
    return mask, _filled(_hair_colour(rng), (tone / np.float32(100)).astype(np.float32)), _thrown(mask, rng, 0.2)


def _glasses(_rgb: Pixels, _own: NDArray[np.float64], rng: Random) -> Layer:
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    across, down = float(rng.uniform(0.34, 0.52)), float(rng.uniform(0.22, 0.42))
    drop, thick = float(rng.uniform(-0.02, 0.14)), max(1, round(UNIT * float(rng.uniform(0.015, 0.1))))
    power = float(rng.uniform(2, 5))
    turn = np.linspace(0, 2 * np.pi, 60)
    ring = np.column_stack([np.sign(f(turn)) * np.abs(f(turn)) ** (2 / power) for f in (np.cos, np.sin)])
    for side in (-0.5, 0.5):
        points = np.array([at(side * 1.06 + across * a, drop + down * b) for a, b in ring])
        cv2.polylines(drawn, [points.round().astype(np.int32)], True, 255, thick, cv2.LINE_AA)
        arm = np.array([at(np.sign(side) * (0.53 + across), drop - 0.05), at(np.sign(side) * 1.6, drop)])
        cv2.polylines(drawn, [arm.round().astype(np.int32)], False, 255, thick, cv2.LINE_AA)
    bridge = np.array([at(-0.15, drop - 0.05), at(0, drop - 0.1), at(0.15, drop - 0.05)])
    cv2.polylines(drawn, [bridge.round().astype(np.int32)], False, 255, thick, cv2.LINE_AA)
    mask = (drawn / np.float32(255)).astype(np.float32)
    colour = np.array([rng.uniform(5, 80), rng.normal(3, 5), rng.normal(6, 9)])
    tone = np.exp(np.float32(rng.uniform(0, 0.4)) * noise(rng, 0.1))
    return mask, _filled(colour, tone), _thrown(mask, rng)


KINDS: tuple[Callable[[Pixels, NDArray[np.float64], Random], Layer], ...] = (
    _hand, _cloth, _shape, _beard, _fringe, _strands, _glasses,
)  # fmt: skip
SHARES = (0.34, 0.19, 0.07, 0.2, 0.1, 0.05, 0.05)
