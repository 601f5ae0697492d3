"""A picture shown on a screen, or printed, and photographed once more: what must not pass for a face or a card.

A screen has pixels of three stripes, primaries of its backlight and glass before it; a print has dots of four inks at
four angles. Both are laid into a photograph by a perspective and seen by a phone as any other light is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.cielab import decode_srgb
from calibration.simulated_camera import Isp, Phone, code, develop, plan_development

Array = NDArray[np.float64]
Pixels = NDArray[np.float32]
Picture = NDArray[np.uint8]
Backlight = Literal["white-led", "wide-gamut", "oled"]

# Peaks of the three primaries: (nm, standard deviation in nm, height) of the lights that make up each.
_PRIMARIES: dict[Backlight, tuple[tuple[tuple[float, float, float], ...], ...]] = {
    "white-led": (((605, 22, 1.0), (630, 18, 0.6)), ((545, 24, 1.0), (520, 16, 0.5)), ((450, 10, 1.8), (480, 16, 0.1))),
    "wide-gamut": (((631, 3, 3.0), (613, 4, 1.0), (636, 3, 0.8)), ((535, 18, 1.3),), ((449, 9, 2.0),)),
    "oled": (((622, 16, 1.2),), ((526, 16, 1.3),), ((460, 9, 2.0),)),
}
# Share of a stripe, and of a pixel's height, that gives light.
_OPEN_ACROSS, _OPEN_DOWN = 0.82, 0.85
# Samples of the scene for each pixel of the camera, along one side.
_SAMPLES = 3
# Linear sRGB of paper under full cover of each ink, and the angle at which each is printed.
_INKS: tuple[tuple[tuple[float, float, float], float], ...] = (
    ((0.06, 0.42, 0.72), 15.0),
    ((0.62, 0.06, 0.20), 75.0),
    ((0.85, 0.72, 0.06), 0.0),
    ((0.05, 0.05, 0.05), 45.0),
)
_PAPER = np.array([0.86, 0.86, 0.84])


@dataclass(frozen=True)
class Screen:
    """``pitch`` is the width of a screen's pixel, or of a print's dot cell, in pixels of the photograph.

    ``glare`` is the light of the room thrown back by the glass, as a share of the screen's white; ``turn_deg`` and
    ``keystone`` tell how the phone looks at it; ``blur`` in pixels (sigma) and ``noise`` as a share of white.
    """

    kind: Literal["screen", "print"] = "screen"
    pitch: float = 3.0
    backlight: Backlight = "white-led"
    glare: float = 0.01
    turn_deg: float = 1.5
    keystone: float = 0.03
    blur: float = 0.6
    noise: float = 0.006


def photograph_of(
    shown: Picture,
    screen: Screen,
    *,
    phone: Phone | None = None,
    isp: Isp | None = None,
    size: tuple[int, int] | None = None,
    share: float = 1.0,
    around: Picture | None = None,
    quad: Array | None = None,
    seed: int = 0,
) -> Picture:
    """(H, W, 3) uint8: the photograph of ``screen`` showing ``shown`` (h, w, 3) uint8 sRGB.

    ``size`` (width, height) of the photograph, else that of ``shown``. The screen fills ``share`` of its width, black
    frame around; or it lies on ``quad`` (4, 2), clockwise from its upper left corner, in the picture ``around``.
    """
    width, height = size or (shown.shape[1], shown.shape[0])
    if around is not None:
        height, width = around.shape[:2]
    place = _quad(width, height, shown, screen, share) if quad is None else quad
    light, cover = _light(shown, screen, place, (width, height))
    phone, isp = phone or Phone(), isp or Isp(exposure=0.85)
    linear = _seen_by(phone, isp, light, screen)
    rng = np.random.default_rng([seed, 9])
    if screen.blur > 0:
        linear = np.asarray(cv2.GaussianBlur(linear, (0, 0), screen.blur), np.float32)
    grain = cv2.GaussianBlur(rng.standard_normal(linear.shape).astype(np.float32), (0, 0), 0.6)
    linear = np.asarray(linear + np.float32(screen.noise) * grain * np.sqrt(np.maximum(linear, 0.02)), np.float32)
    coded = np.asarray(np.clip(code(linear, isp), 0, 1) * 255, np.float32)
    if around is not None:
        coded = np.asarray(around + cover[..., None] * (coded - around), np.float32)
    return np.asarray(np.round(coded), np.uint8)


def _quad(width: int, height: int, shown: Picture, screen: Screen, share: float) -> Array:
    """Where the screen lies: in the middle, turned a little and seen a little from below."""
    across = share * width
    down = across * shown.shape[0] / shown.shape[1]
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * [across, down]
    corners[:2, 0] *= 1 - screen.keystone
    angle = np.radians(screen.turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(corners @ turn.T + [width / 2, height / 2])


def _light(shown: Picture, screen: Screen, place: Array, size: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """(H, W, 3) light of the three primaries (or of the print in linear sRGB) and (H, W) where the screen is."""
    across = float(np.linalg.norm(place[1] - place[0]) / screen.pitch)
    down = float(np.linalg.norm(place[3] - place[0]) / screen.pitch)
    cells = (max(2, round(across)), max(2, round(down)))
    # A print's dots vary within a cell, so its picture is finer than its screen.
    finer = 1 if screen.kind == "screen" else 3
    small = np.asarray(cv2.resize(shown, (cells[0] * finer, cells[1] * finer), interpolation=cv2.INTER_AREA))
    linear: Pixels = decode_srgb((small / np.float32(255)).astype(np.float32))
    corners = np.array([[0, 0], [cells[0], 0], [cells[0], cells[1]], [0, cells[1]]], np.float32)
    back = cv2.getPerspectiveTransform(place.astype(np.float32), corners)
    width, height = size
    light, cover = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
    steps = (np.arange(_SAMPLES, dtype=np.float32) + np.float32(0.5)) / np.float32(_SAMPLES) - np.float32(0.5)
    map_ = back.astype(np.float32)
    draw = _stripes if screen.kind == "screen" else _dots
    for top in range(0, height, 128):
        rows = np.arange(top, min(top + 128, height))
        for dy in steps:
            for dx in steps:
                x, y = np.arange(width, dtype=np.float32)[None] + dx, rows.astype(np.float32)[:, None] + dy
                w = map_[2, 0] * x + map_[2, 1] * y + map_[2, 2]
                u = (map_[0, 0] * x + map_[0, 1] * y + map_[0, 2]) / w
                v = (map_[1, 0] * x + map_[1, 1] * y + map_[1, 2]) / w
                inside = (u >= 0) & (v >= 0) & (u < cells[0]) & (v < cells[1])
                column = np.clip((u * finer).astype(np.int32), 0, small.shape[1] - 1)
                row = np.clip((v * finer).astype(np.int32), 0, small.shape[0] - 1)
                light[rows] += draw(linear[row, column], u, v) * inside[..., None]
                cover[rows] += inside
    light /= _SAMPLES**2
    cover /= _SAMPLES**2
    return light, cover


def _stripes(linear: Pixels, u: Pixels, v: Pixels) -> Pixels:
    across, down = u % 1.0, v % 1.0
    open_rows = np.abs(down - 0.5) < _OPEN_DOWN / 2
    masks = [(np.abs(across - (c + 0.5) / 3) < _OPEN_ACROSS / 6) & open_rows for c in range(3)]
    gain = 3 / (_OPEN_ACROSS * _OPEN_DOWN)
    return np.asarray(linear * np.stack(masks, axis=-1) * np.float32(gain), np.float32)


def _dots(linear: Pixels, u: Pixels, v: Pixels) -> Pixels:
    cmy = 1 - np.clip(linear, 0, 1) ** 0.6
    black = 0.7 * cmy.min(axis=-1)
    covers = [*np.moveaxis((cmy - black[..., None]) / np.maximum(1 - black[..., None], 1e-3), -1, 0), black]
    seen = np.broadcast_to(_PAPER, linear.shape).copy()
    for (ink, angle), cover in zip(_INKS, covers, strict=True):
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        wave = np.cos(2 * np.pi * (u * cos + v * sin)) + np.cos(2 * np.pi * (v * cos - u * sin))
        # A share ``cover`` of the cell lies where the wave is above this level, near enough.
        dot = wave / 2 > np.cos(np.pi * np.sqrt(np.clip(cover, 0, 1) / 2) * 1.13)
        seen *= np.where(dot[..., None], np.array(ink) / _PAPER, 1.0)
    return np.asarray(seen, np.float32)


def primaries(backlight: Backlight) -> Array:
    """(3, wavelengths): the spectra of red, green and blue, mixed to the white of D65."""
    nm = spectra.WAVELENGTHS
    plain = np.stack(
        [sum(h * np.exp(-0.5 * ((nm - peak) / sd) ** 2) for peak, sd, h in lights) for lights in _PRIMARIES[backlight]]
    )
    xyz = spectra.observer() @ plain.T
    return np.asarray(np.linalg.solve(xyz, spectra.observer() @ spectra.lamps()["D65"])[:, None] * plain)


def _seen_by(phone: Phone, isp: Isp, light: Pixels, screen: Screen) -> Pixels:
    """Linear sRGB of the photograph, before tone curve and clipping."""
    if screen.kind == "print":
        return np.asarray(np.float32(isp.exposure) * light, np.float32)
    sensitivity = phone.sensitivity()
    lights = primaries(screen.backlight)
    white = lights.sum(axis=0)
    raw = light @ (sensitivity @ lights.T / float(sensitivity[1] @ white)).T.astype(np.float32)
    raw += np.float32(screen.glare) * (sensitivity @ white / float(sensitivity[1] @ white)).astype(np.float32)
    return np.asarray(develop(raw.astype(np.float32), plan_development(sensitivity, white, isp), isp), np.float32)
