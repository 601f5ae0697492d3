"""What hides the skin of a face: glasses, beard, hand, scarf, mask, hair - painted, so that the skin left is known.

Everything is drawn in the face's own measure (the distance between its eyes) and frame (from one eye to the other),
so an occluder sits alike on every portrait. Colours are CIELAB; a hand's is the person's own skin, a little off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.cielab import lab_to_xyz, xyz_to_lab
from calibration.simulated_face import fill_outlines, soften
from calibration.simulated_hand import draw_hand

Pixels = NDArray[np.float32]
Points = NDArray[np.float64]
Kind = Literal["glasses", "beard", "hand", "scarf", "headscarf", "mask", "strands", "fringe"]
KINDS: tuple[Kind, ...] = ("glasses", "beard", "hand", "scarf", "headscarf", "mask", "strands", "fringe")
Colour = tuple[float, float, float]

# Colours that people wear: hair by its melanins, cloth up to the colour of skin itself, frames from black to clear.
HAIR: Mapping[str, Colour] = {
    "black": (13, 1, 2),
    "brown": (27, 6, 11),
    "ginger": (40, 17, 28),
    "fair": (64, 5, 24),
    "grey": (60, 0, 3),
    "white": (80, 0, 5),
}
# A beard of a few days: short, thin hairs, with skin between them.
STUBBLE: Mapping[str, Colour] = {"stubble": (20, 3, 6), "grey stubble": (62, 0, 3)}
CLOTH: Mapping[str, Colour] = {
    "black": (14, 0, 0),
    "white": (88, 0, 1),
    "blue": (62, -8, -18),
    "beige": (72, 5, 17),
    "red": (40, 50, 25),
    "grey": (50, 0, 0),
}
FRAMES: Mapping[str, Colour] = {"black": (10, 0, 0), "tortoise": (27, 14, 18), "gold": (62, 5, 32), "clear": (76, 4, 6)}
# Cloth that happens to have the person's own colour.
OWN_SKIN = "skin"
COLOURS: Mapping[str, Mapping[str, Colour]] = {
    "glasses": FRAMES,
    "beard": {**HAIR, **STUBBLE},
    "strands": HAIR,
    "fringe": HAIR,
    "scarf": CLOTH,
    "headscarf": {**CLOTH, OWN_SKIN: (0, 0, 0)},
    "mask": CLOTH,
    "hand": {},
}
# A pixel of which more than this share is something else is no skin.
STILL_SKIN = 0.3
# A reflection of this strength on glass (white = 1) changes the colour behind it by more than redness does.
_GLARE = 0.08


@dataclass(frozen=True)
class Occluder:
    """One thing before the face: ``colour`` is a name in ``COLOURS[kind]`` (a hand has none), ``seed`` its variant."""

    kind: Kind
    colour: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        known = COLOURS.get(self.kind)
        if known is None or (known and self.colour not in known):
            raise ValueError(f"no {self.colour or 'uncoloured'} {self.kind} can be painted")


@dataclass(frozen=True, eq=False)
class Covered:
    """The face behind its occluders: XYZ (H, W, 3), share of skin and dose (H, W), and how far each pixel is hidden."""

    xyz: Pixels
    skin: Pixels
    dose: Pixels
    cover: Pixels


@dataclass(frozen=True, eq=False)
class _Layer:
    cover: Pixels
    xyz: Pixels
    glare: Pixels | None = None
    is_skin: bool = False


@dataclass(frozen=True, eq=False)
class _Head:
    """Where things go: ``at(x, y)`` in eye distances from between the eyes, x towards the picture's right, y down."""

    shape: tuple[int, int]
    outlines: Mapping[str, Points]
    xyz: Pixels
    skin: Pixels
    light: Pixels
    middle: Points
    across: Points

    @property
    def unit(self) -> float:
        return float(np.hypot(*self.across))

    def at(self, x: float | Points, y: float | Points) -> Points:
        down = np.array([-self.across[1], self.across[0]])
        return np.asarray(
            self.middle + np.multiply.outer(np.asarray(x), self.across) + np.multiply.outer(np.asarray(y), down)
        )

    def place(self, point: Points) -> tuple[float, float]:
        """The inverse of ``at``."""
        down = np.array([-self.across[1], self.across[0]])
        off = (point - self.middle) / self.unit**2
        return float(off @ self.across), float(off @ down)


def cover_face(
    xyz: Pixels, skin: Pixels, dose: Pixels, outlines: Mapping[str, Points], occluders: Sequence[Occluder]
) -> Covered:
    """Lay ``occluders`` one after the other over a staged face. ``outlines`` are its parts, (points, 2) x, y."""
    hidden = np.zeros(skin.shape, np.float32)
    if not occluders:
        return Covered(xyz, skin, dose, hidden)
    head = _head(xyz, skin, outlines)
    for one in occluders:
        layer = _PAINTERS[one.kind](head, one, np.random.default_rng([one.seed, 7]))
        cover = layer.cover[..., None]
        # Light that the thing takes from the skin beside it.
        shadow = 1 - np.float32(0.18) * soften(layer.cover, 0.05 * head.unit)[..., None] * (1 - cover)
        xyz = np.asarray(xyz * shadow * (1 - cover) + layer.xyz * cover, np.float32)
        skin = np.maximum(skin, layer.cover) if layer.is_skin else skin * (1 - layer.cover)
        dose = dose * (1 - layer.cover)
        hidden = np.maximum(hidden, layer.cover)
        if layer.glare is not None:
            xyz = xyz + layer.glare[..., None] * np.float32(1.0)
            hidden = np.maximum(hidden, np.minimum(1, layer.glare * (STILL_SKIN / _GLARE)))
    return Covered(np.asarray(xyz, np.float32), np.asarray(skin, np.float32), dose, hidden)


def _head(xyz: Pixels, skin: Pixels, outlines: Mapping[str, Points]) -> _Head:
    eyes = np.stack([outlines["right_eye"].mean(axis=0), outlines["left_eye"].mean(axis=0)])
    # In a picture, the person's right eye is on the left: "across" runs to the right unless the frame is mirrored.
    across = eyes[1] - eyes[0]
    face = fill_outlines(outlines, ["oval"], skin.shape) & (skin > 0.7)
    level = np.where(face, xyz[..., 1], 0).astype(np.float32)
    reach = 0.35 * float(np.hypot(*across))
    weight = soften(face, reach)
    light = soften(level, reach) / np.maximum(weight, 1e-3) / float(np.median(xyz[..., 1][face]))
    light = np.where(weight > 0.02, np.clip(light, 0.55, 1.3), 0.8).astype(np.float32)
    return _Head(skin.shape, outlines, xyz, skin, soften(light, reach), eyes.mean(axis=0), across)


def _paint(head: _Head, lab: Colour, tone: Pixels | float = 1.0) -> Pixels:
    """(H, W, 3) XYZ of ``lab`` in the light that falls on the face, lighter or darker by ``tone``."""
    level = head.light * np.asarray(tone, np.float32)
    return np.asarray(level[..., None] * lab_to_xyz(np.array(lab, float)).astype(np.float32), np.float32)


def _area(head: _Head, points: Points) -> Pixels:
    return soften(fill_outlines({"it": points}, ["it"], head.shape), max(0.7, 0.004 * head.unit))


def _grain(head: _Head, rng: np.random.Generator, size: float, amount: float) -> Pixels:
    """(H, W) around 1: unevenness of ``size`` eye distances."""
    noise = soften(rng.standard_normal(head.shape).astype(np.float32), max(0.7, size * head.unit))
    return np.asarray(np.exp(np.float32(amount) * noise / noise.std()), np.float32)


def _hairs(head: _Head, rng: np.random.Generator, curves: Iterator[Points], width: float) -> tuple[Pixels, Pixels]:
    """Cover and tone (H, W) of ``curves`` (points, 2) drawn as hairs; each has its own tone and shines in parts."""
    cover, tone = np.zeros(head.shape, np.uint8), np.full(head.shape, 100, np.uint8)
    for curve in curves:
        thick = max(1, round(width * head.unit * float(rng.uniform(0.6, 1.4))))
        points = np.round(curve * 8).astype(np.int32)
        own = float(np.clip(rng.normal(100, 18), 50, 170))
        cv2.polylines(cover, [points], False, 255, thick, cv2.LINE_AA, 3)
        cv2.polylines(tone, [points], False, own, thick, cv2.LINE_8, 3)
        start = int(rng.integers(0, max(1, len(points) - 4)))
        cv2.polylines(tone, [points[start : start + 4]], False, min(250.0, own * 1.35), thick, cv2.LINE_8, 3)
    return (cover / np.float32(255)).astype(np.float32), (tone / np.float32(100)).astype(np.float32)


def _glasses(head: _Head, one: Occluder, rng: np.random.Generator) -> _Layer:
    drawn, lenses = np.zeros(head.shape, np.uint8), np.zeros(head.shape, np.uint8)
    width, height = rng.uniform(0.38, 0.46), rng.uniform(0.27, 0.38)
    thick = max(2, round(head.unit * float(rng.uniform(0.03, 0.09))))
    drop, square = float(rng.uniform(0.0, 0.1)), float(rng.uniform(2.0, 4.0))
    turn = np.linspace(0, 2 * np.pi, 80)
    shape = [np.sign(f(turn)) * np.abs(f(turn)) ** (2 / square) for f in (np.cos, np.sin)]
    for side in (-0.5, 0.5):
        rim = np.round(head.at(side * 1.04 + width * shape[0], drop + height * shape[1]) * 8).astype(np.int32)
        cv2.fillPoly(lenses, [rim], 255, cv2.LINE_AA, 3)
        cv2.polylines(drawn, [rim], True, 255, thick, cv2.LINE_AA, 3)
        arm = np.round(
            head.at(np.array([np.sign(side) * (0.52 + width), np.sign(side) * 1.3]), np.array([drop, 0.02])) * 8
        )
        cv2.polylines(drawn, [arm.astype(np.int32)], False, 255, thick, cv2.LINE_AA, 3)
    bridge = np.round(head.at(np.array([-0.14, 0.0, 0.14]), drop - np.array([0.05, 0.1, 0.05])) * 8).astype(np.int32)
    cv2.polylines(drawn, [bridge], False, 255, thick, cv2.LINE_AA, 3)
    y, x = np.mgrid[0 : head.shape[0], 0 : head.shape[1]].astype(np.float32)
    stripe = (x + y * float(rng.uniform(0.4, 1.2))) / head.unit + float(rng.uniform(0, 1))
    streak = np.clip(np.sin(stripe * 2 * np.pi * 0.9) * 4 - 2.6, 0, 1) * float(rng.uniform(0.1, 0.5))
    glare = np.asarray(soften(streak, 0.02 * head.unit) * (lenses / 255.0), np.float32)
    cover = (drawn / np.float32(255)).astype(np.float32)
    return _Layer(cover, _paint(head, FRAMES[one.colour], _grain(head, rng, 0.05, 0.25)), glare)


def _beard(head: _Head, one: Occluder, rng: np.random.Generator) -> _Layer:
    few_days = one.colour in STUBBLE
    oval, lips = head.outlines["oval"], head.outlines["lips"]
    mouth = head.place(lips.mean(axis=0))
    nose = head.place(head.outlines["left_nostril"].mean(axis=0))[1] + 0.08
    jaw = np.array([head.place(point) for point in oval])
    top = float(rng.uniform(-0.15, 0.15)) + mouth[1]
    low = jaw[jaw[:, 1] > top]
    low = low[np.argsort(np.arctan2(low[:, 1] - mouth[1] + 1.0, low[:, 0] - mouth[0]))]
    upper = np.array(
        [[-0.55, (nose + top) / 2 + 0.1], [-0.25, nose + 0.05], [0.25, nose + 0.05], [0.55, (nose + top) / 2 + 0.1]]
    )
    ring = np.concatenate([low * [1.02, 1.03], upper])
    area = fill_outlines({"it": head.at(ring[:, 0], ring[:, 1])}, ["it"], head.shape)
    area &= ~fill_outlines(head.outlines, ["lips"], head.shape)
    soft = soften(area, 0.05 * head.unit)
    rows, columns = np.nonzero(area)
    count = int(len(rows) / (0.012 * head.unit * 0.1 * head.unit) * float(rng.uniform(0.5, 1.1)))

    def hairs() -> Iterator[Points]:
        for pick in rng.integers(0, len(rows), count):
            start = np.array([columns[pick], rows[pick]], float)
            step = rng.normal((0, 0.09), 0.06) * head.unit * (0.35 if few_days else 1.0)
            yield start + np.outer(np.linspace(0, 1, 5), step) + rng.normal(0, 0.01 * head.unit, (5, 2))

    cover, tone = _hairs(head, rng, hairs(), 0.006 if few_days else 0.012)
    between = soft * float(rng.uniform(0.31, 0.42) if few_days else rng.uniform(0.35, 0.6))
    cover = np.maximum(cover * soft, between)
    return _Layer(np.asarray(cover, np.float32), _paint(head, COLOURS["beard"][one.colour], tone))


def _locks(
    head: _Head, rng: np.random.Generator, count: int, reach: tuple[float, float], width: float
) -> tuple[Pixels, Pixels]:
    def curves() -> Iterator[Points]:
        # Hairs fall in locks: neighbours share their way.
        for _ in range(max(1, count // 6)):
            x, turn, length = rng.uniform(-0.95, 0.95), rng.normal(0, 0.35), rng.uniform(*reach)
            for _ in range(6):
                a = np.array([x + rng.normal(0, 0.05), -1.25 + rng.normal(0, 0.05)])
                b = a + np.array([turn + rng.normal(0, 0.08), length + rng.normal(0, 0.1)])
                m = (a + b) / 2 + rng.normal(0, 0.06, 2)
                t = np.linspace(0, 1, 24)[:, None]
                curve = (1 - t) ** 2 * a + 2 * t * (1 - t) * m + t * t * b
                yield head.at(curve[:, 0], curve[:, 1])

    return _hairs(head, rng, curves(), width)


def _strands(head: _Head, one: Occluder, rng: np.random.Generator) -> _Layer:
    cover, tone = _locks(head, rng, int(rng.integers(40, 110)), (0.5, 1.9), 0.011)
    return _Layer(cover, _paint(head, HAIR[one.colour], tone))


def _fringe(head: _Head, one: Occluder, rng: np.random.Generator) -> _Layer:
    low = float(rng.uniform(0.55, 0.9))
    cover, tone = _locks(head, rng, 900, (low, low + 0.25), 0.013)
    return _Layer(cover, _paint(head, HAIR[one.colour], tone))


def _hand(head: _Head, one: Occluder, rng: np.random.Generator) -> _Layer:
    """Fingers, thumb, palm and wrist that come from one side, from below, or on to the forehead."""
    side = float(rng.choice([-1.0, 1.0]))
    where = ("cheek", "chin", "forehead")[one.seed % 3]
    palm, tip = {
        "cheek": ((1.35 * side, 1.9), (0.55 * side, 0.55)),
        "chin": ((0.9 * side, 2.8), (0.05 * side, 1.55)),
        "forehead": ((1.7 * side, -1.0), (0.25 * side, -0.65)),
    }[where]
    palm = (palm[0] + rng.normal(0, 0.1), palm[1] + rng.normal(0, 0.1))
    tip = (tip[0] + rng.normal(0, 0.12), tip[1] + rng.normal(0, 0.12))
    drawn = draw_hand(head.shape, head.at, head.unit, palm, tip, rng)
    tone = drawn.shade * _grain(head, rng, 0.02, 0.02) * _grain(head, rng, 0.2, 0.05)
    skin = _paint(head, _near_own_skin(head, rng), tone)
    # Nails are paler and shine.
    nails = drawn.nails[..., None]
    skin = skin + nails * (0.7 * skin + np.float32(0.18) * skin.max() - skin) * np.float32(0.6)
    return _Layer(soften(drawn.cover, 0.8), np.asarray(skin, np.float32), is_skin=True)


def _near_own_skin(head: _Head, rng: np.random.Generator) -> Colour:
    own = np.median(head.xyz[head.skin > 0.7], axis=0)
    lab = xyz_to_lab(own.astype(np.float64)) + rng.normal((-1, 1.5, 0), (3, 1.5, 1.5))
    return float(lab[0]), float(lab[1]), float(lab[2])


def _mask(head: _Head, one: Occluder, rng: np.random.Generator) -> _Layer:
    nose = head.place(head.outlines["nose"].mean(axis=0))[1] + float(rng.uniform(-0.25, 0.05))
    jaw = np.array([head.place(point) for point in head.outlines["oval"]])
    wide, chin = float(np.abs(jaw[:, 0]).max()), float(jaw[:, 1].max())
    ring = np.array(
        [[-wide, nose + 0.35], [-0.5, nose + 0.1], [0, nose], [0.5, nose + 0.1], [wide, nose + 0.35],
         [0.85 * wide, chin - 0.2], [0, chin + 0.12], [-0.85 * wide, chin - 0.2]]
    )  # fmt: skip
    area = _area(head, head.at(ring[:, 0], ring[:, 1]))
    y = np.mgrid[0 : head.shape[0], 0 : head.shape[1]][0].astype(np.float32)
    folds = 1 - 0.06 * (np.sin(y / (0.09 * head.unit)) > 0.85)
    return _Layer(area, _paint(head, CLOTH[one.colour], folds * _grain(head, rng, 0.25, 0.05)))


def _cloth(head: _Head, one: Occluder, rng: np.random.Generator) -> Pixels:
    y, x = np.mgrid[0 : head.shape[0], 0 : head.shape[1]].astype(np.float32)
    weave = 1 + 0.03 * np.sin(x / (0.006 * head.unit)) * np.sin(y / (0.006 * head.unit))
    # Folds run one way and lie unevenly.
    way = float(rng.uniform(0, np.pi))
    along = (x * np.cos(way) + y * np.sin(way)) / head.unit + 0.25 * np.log(_grain(head, rng, 0.3, 1.0))
    folds = 1 + np.float32(rng.uniform(0.0, 0.12)) * np.sin(along * 2 * np.pi / float(rng.uniform(0.25, 0.6)))
    colour = _near_own_skin(head, rng) if one.colour == OWN_SKIN else CLOTH[one.colour]
    return _paint(head, colour, weave * folds * _grain(head, rng, 0.12, 0.12))


def _scarf(head: _Head, one: Occluder, rng: np.random.Generator) -> _Layer:
    mouth = head.place(head.outlines["lips"].mean(axis=0))[1]
    x = np.linspace(-2.2, 2.2, 23)
    top = mouth + float(rng.uniform(-0.45, 0.35)) + 0.06 * np.cumsum(rng.normal(0, 0.5, 23)) + 0.12 * x**2 / 4
    ring = np.concatenate([np.column_stack([x, top]), [[2.2, 4.0], [-2.2, 4.0]]])
    return _Layer(_area(head, head.at(ring[:, 0], ring[:, 1])), _cloth(head, one, rng))


def _headscarf(head: _Head, one: Occluder, rng: np.random.Generator) -> _Layer:
    """Cloth around the face: an oval opening is left, from the upper forehead to below the chin."""
    jaw = np.array([head.place(point) for point in head.outlines["oval"]])
    wide = float(np.abs(jaw[:, 0]).max()) * float(rng.uniform(0.84, 0.96))
    top, low = float(rng.uniform(-0.85, -0.55)), float(jaw[:, 1].max()) * float(rng.uniform(0.93, 1.0))
    turn = np.linspace(0, 2 * np.pi, 80)
    ring = np.column_stack([wide * np.cos(turn), (top + low) / 2 + (low - top) / 2 * np.sin(turn)])
    middle = float(jaw[:, 0].mean())
    opening = _area(head, head.at(ring[:, 0] + middle, ring[:, 1]))
    turn_x = np.array([-2.4, 2.4, 2.4, -2.4])
    around = _area(head, head.at(turn_x, np.array([-2.6, -2.6, 4.0, 4.0])))
    return _Layer(around * (1 - opening), _cloth(head, one, rng))


_PAINTERS: Mapping[str, Callable[[_Head, Occluder, np.random.Generator], _Layer]] = {
    "glasses": _glasses,
    "beard": _beard,
    "hand": _hand,
    "scarf": _scarf,
    "headscarf": _headscarf,
    "mask": _mask,
    "strands": _strands,
    "fringe": _fringe,
}
