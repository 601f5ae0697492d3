"""A change map as a picture: blue where skin is less red than before, orange-red where it is redder.

What is no more than twice its standard error is drawn pale: it may be nothing. Skin that one of the photographs does
not show is not drawn at all. Blue and red are told apart by people with any colour vision; no green stands for "good".
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer.surface.difference import ChangeMap, Plane, change_between
from analyzer.surface.face_map import FaceMap
from analyzer.surface.layout import SIDE, layout

# From much less red to much redder; in the middle the pale of "no more than measurement can differ".
_LESS = np.array([(226, 234, 241), (146, 192, 222), (67, 133, 190), (19, 71, 135)], np.float32)
_MORE = np.array([(246, 228, 214), (244, 165, 110), (222, 92, 48), (158, 24, 22)], np.float32)
PALE = (233, 231, 226)
_CERTAIN, _UNCERTAIN = 0.88, 0.55
# The scale's end: whole steps, no less than this, so that noise is not blown up to full colour.
_LEAST_END = 4.0


@dataclass(frozen=True)
class Scale:
    """The colours' scale: from ``-end`` to ``end`` a*; pale within ``noise`` of 0 (twice the median standard error)."""

    end: float
    noise: float

    @classmethod
    def of(cls, change: ChangeMap) -> Scale:
        if not change.seen.any():
            return cls(_LEAST_END, 0.0)
        most = float(np.quantile(np.abs(change.delta[change.seen]), 0.99))
        noise = 2 * float(np.median(change.se[change.seen]))
        return cls(max(_LEAST_END, float(np.ceil(most))), noise)


def colour_of(delta: NDArray[np.float32], end: float) -> NDArray[np.float32]:
    """sRGB (..., 3), 0 to 255, of changes (...) on a scale that ends at ``end``."""
    place = np.clip(np.abs(delta) / end, 0, 1) * (len(_MORE) - 1)
    steps = np.arange(len(_MORE))
    both = [
        np.stack([np.interp(place, steps, ramp[:, i]) for i in range(3)], axis=-1).astype(np.float32)
        for ramp in (_LESS, _MORE)
    ]
    return np.asarray(np.where((delta < 0)[..., None], both[0], both[1]), np.float32)


def change_colours(change: ChangeMap, scale: Scale) -> tuple[NDArray[np.float32], Plane]:
    """Colour (SIDE, SIDE, 3) of every texel and how strongly it is laid on, 0 to 1 (SIDE, SIDE)."""
    z = np.abs(change.delta) / np.maximum(2 * change.se, 1e-6)
    sure = np.clip((z - 0.85) / 0.3, 0, 1)[..., None].astype(np.float32)
    colours = (1 - sure) * np.array(PALE, np.float32) + sure * colour_of(change.delta, scale.end)
    # The blurred brim keeps the colours of the skin beside it.
    known = change.seen.astype(np.float32)
    share = np.maximum(cv2.GaussianBlur(known, (0, 0), 1.5), 1e-3)[..., None]
    spread = cv2.GaussianBlur(colours * known[..., None], (0, 0), 1.5) / share
    colours = np.where(change.seen[..., None], colours, spread)
    strength = cv2.GaussianBlur(known * (_UNCERTAIN + (_CERTAIN - _UNCERTAIN) * sure[..., 0]), (0, 0), 0.8)
    return np.asarray(colours, np.float32), np.asarray(strength, np.float32)


def change_map_png(before: FaceMap | Sequence[FaceMap], after: FaceMap, *, width: int = 512, bar: bool = True) -> bytes:
    """The change from ``before`` (or the mean of several) to ``after`` as a PNG of ``width`` pixels, on a clear ground.

    The face is laid flat, its left side on the right, and drawn over its own light and shade; with ``bar``, the scale
    of colours stands below. No metadata.
    """
    from PIL import Image

    change = change_between([before] if isinstance(before, FaceMap) else before, after)
    scale = Scale.of(change)
    colours, strength = change_colours(change, scale)
    inside = layout().inside
    lightness = after.lab[..., 0]
    usual = float(np.median(lightness[after.seen])) if after.seen.any() else 60.0
    grey = np.clip(205 + 1.6 * (lightness - usual), 120, 245)[..., None]
    mixed = (1 - strength[..., None]) * grey + strength[..., None] * colours * np.clip(grey / 215, 0.7, 1.1)
    pixels = np.dstack([np.clip(mixed, 0, 255), np.where(inside, 255, 0)]).astype(np.uint8)
    rows = np.flatnonzero(inside.any(axis=1))
    face = Image.fromarray(pixels[rows[0] : rows[-1] + 1])
    face = face.resize((width, round(width * face.height / SIDE)), Image.Resampling.BICUBIC)
    page = Image.new("RGBA", (width, face.height + (width // 8 if bar else 0)), (255, 255, 255, 0))
    page.paste(face, (0, 0))
    if bar:
        _draw_bar(page, scale, face.height, width)
    out = io.BytesIO()
    page.save(out, "PNG", optimize=True)
    return out.getvalue()


def bar_pixels(scale: Scale, width: int, height: int) -> NDArray[np.uint8]:
    """The scale of colours as pixels (height, width, 3), pale where a change is no more than noise."""
    delta = np.linspace(-scale.end, scale.end, width, dtype=np.float32)
    row = np.where((np.abs(delta) < scale.noise)[:, None], np.array(PALE, np.float32), colour_of(delta, scale.end))
    return np.repeat(np.round(row)[None].astype(np.uint8), height, axis=0)


def _draw_bar(page: object, scale: Scale, top: int, width: int) -> None:
    from PIL import Image, ImageDraw, ImageFont

    from analyzer.resources import REGULAR, font_file

    assert isinstance(page, Image.Image)
    size, left = max(12, width // 30), width // 6
    page.paste(Image.fromarray(bar_pixels(scale, width - 2 * left, size)), (left, top + size // 2))
    draw, font = ImageDraw.Draw(page), ImageFont.truetype(font_file(REGULAR), size)
    at = top + 1.7 * size
    for x, words, anchor in (
        (left, f"−{scale.end:.0f}", "la"),
        (width / 2, "0", "ma"),
        (width - left, f"+{scale.end:.0f} a*", "ra"),
    ):
        draw.text((x, at), words, (70, 76, 86, 255), font, anchor=anchor)
