"""What editors and camera apps do to a finished picture's colours: filters, as changes of coded sRGB 0..1."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Filter = Callable[[Floats], Floats]

_LUMA = np.array([0.2126, 0.7152, 0.0722])
# The film look of old brown prints, as editors make it.
_SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
# A basis of lightness and two opponent colours, in which hue is an angle (NTSC's YIQ).
_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def saturated(coded: Floats, amount: float) -> Floats:
    """Colours ``amount`` times as far from grey (0: none left)."""
    luma = (coded @ _LUMA)[..., None]
    return np.asarray(luma + amount * (coded - luma))


def turned(coded: Floats, degrees: float) -> Floats:
    """All hues turned by ``degrees``."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    return np.asarray(coded @ (np.linalg.inv(_YIQ) @ turn @ _YIQ).T)


def sepia(coded: Floats) -> Floats:
    return np.asarray(coded @ _SEPIA.T)


def split_toned(coded: Floats, amount: float = 0.15) -> Floats:
    """Shadows towards teal, highlights towards orange."""
    luma = (coded @ _LUMA)[..., None]
    teal, orange = np.array([-1.0, 0.3, 0.8]), np.array([1.0, 0.3, -0.8])
    return np.asarray(coded + amount * np.where(luma < 0.5, (1 - 2 * luma) * teal, (2 * luma - 1) * orange))


def posterised(coded: Floats, levels: int = 6) -> Floats:
    return np.asarray(np.round(coded * (levels - 1)) / (levels - 1))


FILTERS: Mapping[str, Filter] = {
    "vivid": lambda coded: saturated(coded, 1.8),
    "pale": lambda coded: saturated(coded, 0.4),
    "black and white": lambda coded: saturated(coded, 0.0),
    "sepia": sepia,
    "hues turned": lambda coded: turned(coded, 25.0),
    "hues turned back": lambda coded: turned(coded, -25.0),
    "split-toned": split_toned,
    "posterised": posterised,
}


def filtered(picture: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    """``picture`` (..., 3) uint8 sRGB as the filter ``name`` of :data:`FILTERS` leaves it."""
    coded = np.clip(FILTERS[name](picture / 255.0), 0, 1)
    return np.asarray(np.round(coded * 255), np.uint8)
