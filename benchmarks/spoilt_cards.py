"""What may happen to a card in a photograph: shadow, fingers, hair, reflections, the picture's edge, a moved camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from card_scenes import Linear, Scene, relit

SKINS = ((0.42, 0.22, 0.14), (0.09, 0.045, 0.03))
LEAF = (0.04, 0.15, 0.02)
HAIRS = ((0.006, 0.005, 0.004), (0.05, 0.025, 0.012), (0.3, 0.2, 0.1), (0.45, 0.45, 0.43))

Change = Callable[[Scene, np.random.Generator], Scene]


def _places(scene: Scene) -> tuple[Linear, Linear]:
    height, width = scene.part.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x, y


def half_in_shadow(scene: Scene, rng: np.random.Generator) -> Scene:
    """A shadow with a soft edge across the card: light falls to between 80 and 45 per cent."""
    x, y = _places(scene)
    place, angle = scene.place(rng.uniform(0, 6), rng.uniform(0, 4)), rng.uniform(0, 2 * np.pi)
    far = (x - place[0]) * np.cos(angle) + (y - place[1]) * np.sin(angle)
    soft = rng.uniform(0.05, 0.4) * 6 * scene.step
    dark = 1 - rng.uniform(0.2, 0.55) / (1 + np.exp(-far / soft))
    return relit(replace(scene, part=np.asarray(scene.part * dark[..., None], np.float32)))


def fingers_on_the_frame(scene: Scene, rng: np.random.Generator) -> Scene:
    """Fingertips beside the fields, where a card is held."""
    for _ in range(int(rng.integers(1, 4))):
        place = (float(rng.choice([-0.55, 6.55])), float(rng.uniform(0.5, 3.5)))
        scene = _spot(scene, place, 0.42, SKINS[int(rng.integers(2))])
    return scene


def _spot(scene: Scene, place: tuple[float, float], reach: float, colour: tuple[float, float, float]) -> Scene:
    """A round thing of ``reach`` steps, a little mottled, as skin and leaves are."""
    x, y = _places(scene)
    centre = scene.place(*place)
    inside = np.hypot(x - centre[0], y - centre[1])
    cover = np.clip(reach * scene.step - inside + 0.5, 0, 1)[..., None]
    mottle = 1 + 0.04 * cv2.GaussianBlur(np.sin(13 * x + 7 * y).astype(np.float32), (0, 0), 1.5)[..., None]
    thing = np.array(colour, np.float32) * mottle
    return replace(scene, part=np.asarray(scene.part * (1 - cover) + thing * cover, np.float32))


def a_field_covered(scene: Scene, rng: np.random.Generator) -> Scene:
    """A thing on a field, or on several."""
    place = (float(rng.integers(6)) + 0.5, float(rng.integers(4)) + 0.5)
    return _spot(scene, place, float(rng.uniform(0.45, 1.4)), (*SKINS, LEAF)[int(rng.integers(3))])


def finger_over_an_edge(scene: Scene, rng: np.random.Generator) -> Scene:
    """A fingertip from outside that reaches over 5 to 60 per cent of a field."""
    reach, deep = float(rng.uniform(0.4, 0.9)), float(rng.uniform(0.12, 0.6))
    side = int(rng.integers(4))
    along = float(rng.integers(4 if side < 2 else 6)) + 0.5 + float(rng.uniform(-0.2, 0.2))
    place = {0: (deep - reach, along), 1: (6 - deep + reach, along), 2: (along, deep - reach)}.get(
        side, (along, 4 - deep + reach)
    )
    return _spot(scene, place, reach, SKINS[int(rng.integers(2))])


def hair(scene: Scene, rng: np.random.Generator) -> Scene:
    """One to six hairs or strands across the fields."""
    part, fine = scene.part.copy(), 8
    colour = HAIRS[int(rng.integers(len(HAIRS)))]
    for _ in range(int(rng.integers(1, 7))):
        start, end = scene.place(rng.uniform(-1, 7), -0.6), scene.place(rng.uniform(-1, 7), 4.6)
        middle = (start + end) / 2 + rng.normal(0, 0.6, 2) * scene.step
        t = np.linspace(0, 1, 30)[:, None]
        line = (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end
        mask = np.zeros(part.shape[:2], np.uint8)
        width = max(1, round(float(rng.uniform(0.01, 0.07)) * scene.step))
        points = np.rint(line * fine).astype(np.int32)
        cv2.polylines(mask, [points], False, (255.0,), width, cv2.LINE_AA, 3)
        cover = (mask / np.float32(255))[..., None]
        part = np.asarray(part * (1 - cover) + np.array(colour, np.float32) * cover, np.float32)
    return replace(scene, part=part)


def _shine(scene: Scene, place: tuple[float, float], reach: float, strength: float) -> Scene:
    x, y = _places(scene)
    centre = scene.place(*place)
    spot = np.exp(-0.5 * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (reach * scene.step) ** 2)
    return replace(scene, part=np.asarray(scene.part + strength * spot[..., None], np.float32))


def glare_on_one_field(scene: Scene, rng: np.random.Generator) -> Scene:
    """A soft reflection that burns out one field."""
    return _shine(scene, (float(rng.integers(6)) + 0.5, float(rng.integers(4)) + 0.5), 0.35, 0.9)


def glare_on_some_fields(scene: Scene, rng: np.random.Generator) -> Scene:
    """A wide, soft reflection, from hardly seen to burnt out."""
    place = (float(rng.uniform(0.5, 5.5)), float(rng.uniform(0.5, 3.5)))
    return _shine(scene, place, float(rng.uniform(0.5, 1.2)), float(np.exp(rng.uniform(np.log(0.02), np.log(0.9)))))


def cut(scene: Scene, rng: np.random.Generator) -> Scene:
    """The picture ends within the card's fields."""
    across = np.sort(scene.corners[:, 0])
    end = round(float(rng.uniform(across[0] + 0.25 * np.ptp(across), across[0] + 0.97 * np.ptp(across))))
    return replace(scene, keep=max(end, 40))


def blurred(scene: Scene, rng: np.random.Generator) -> Scene:
    return replace(scene, blur=float(rng.uniform(0.22, 0.4)) * scene.step)


HARDENED: dict[str, Change | None] = {
    "clutter beside it": None,
    "half in shadow": half_in_shadow,
    "held by fingers at its frame": fingers_on_the_frame,
}
MUST_BE_REFUSED: dict[str, Change] = {
    "a field covered": a_field_covered,
    "cut by the picture's edge": cut,
    "blurred": blurred,
}
MAY_BE_REFUSED: dict[str, Change] = {
    "a finger over a field's edge": finger_over_an_edge,
    "hair over the fields": hair,
    "glare on one field": glare_on_one_field,
    "glare on some fields": glare_on_some_fields,
}
