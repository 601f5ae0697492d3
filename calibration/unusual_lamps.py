"""Lamps that light people although nobody lists their spectra: three-coloured LEDs, white LEDs, sodium, mercury.

The lamps of the library are measured ones, and no measurement stands for all that are sold. How well a lamp shows
colours can still be told where it is *like* one of a family. So each family is drawn here from what its lamps are made
of: the lines of an LED chip, the glow of a phosphor, the lines of a gas. All numbers are ranges of catalogue values.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from calibration import spectra

Floats = NDArray[np.float64]

# How many of each family, and always the same ones.
_THREE_COLOURED, _WHITE, _MERCURY, _SODIUM, _SEED = 150, 40, 14, 14, 20261122
# Colour temperatures that light is sold with, in mired.
_COOLEST, _WARMEST = 150.0, 390.0


@cache
def unusual_lamps() -> Floats:
    """(lamps, wavelengths) relative spectral power, each with a maximum of 1."""
    rng = np.random.default_rng(_SEED)
    drawn = [_three_coloured(rng) for _ in range(_THREE_COLOURED)] + [_white_led(rng) for _ in range(_WHITE)]
    drawn += [_mercury(rng) for _ in range(_MERCURY)] + [_sodium(rng) for _ in range(_SODIUM)]
    lamps = np.array(drawn)
    return np.asarray(lamps / lamps.max(axis=1, keepdims=True))


def _line(peak: float, width: float, tails: float = 0.0) -> Floats:
    """A peak of height 1, ``width`` nm wide at half of it; a share ``tails`` of it falls off slowly."""
    distance = 2 * (spectra.WAVELENGTHS - peak) / width
    return np.asarray((1 - tails) * 2.0 ** -(distance**2) + tails / (1 + distance**2))


def _white_mix(parts: list[Floats], rng: np.random.Generator) -> Floats | None:
    """Three ``parts`` mixed to the colour of a black body; None where they cannot be."""
    goal = spectra.xyz_of_lamp(spectra.blackbody(1e6 / rng.uniform(_COOLEST, _WARMEST)))
    power = np.linalg.solve(spectra.observer() @ np.stack(parts).T, goal)
    return np.asarray(power @ np.stack(parts)) if (power > 0).all() else None


def _three_coloured(rng: np.random.Generator) -> Floats:
    """A red, a green and a blue chip; some have a phosphor under them, to fill the gaps."""
    while True:
        tails = float(rng.uniform(0.0, 0.7))
        glow = float(rng.uniform(0, 0.4) * (rng.random() < 0.5)) * _line(rng.uniform(540, 600), rng.uniform(80, 140))
        blue = _line(rng.uniform(440, 475), rng.uniform(16, 28), tails)
        green = _line(rng.uniform(512, 552), rng.uniform(22, 42), tails) + glow
        red = _line(rng.uniform(600, 658), rng.uniform(12, 24), tails)
        lamp = _white_mix([blue, green, red], rng)
        if lamp is not None:
            return lamp


def _white_led(rng: np.random.Generator) -> Floats:
    """A blue chip and two phosphors."""
    while True:
        blue = _line(rng.uniform(445, 465), rng.uniform(18, 28))
        green = _line(rng.uniform(520, 560), rng.uniform(80, 130))
        red = _line(rng.uniform(595, 640), rng.uniform(60, 110))
        lamp = _white_mix([blue, green, red], rng)
        if lamp is not None:
            return lamp


def _mercury(rng: np.random.Generator) -> Floats:
    """The lines of mercury, some with a red phosphor around them."""
    heights = np.exp(rng.normal(0, 0.25, 4)) * [0.45, 0.8, 1.0, 1.0]
    lines = sum(height * _line(peak, 8.0) for peak, height in zip((404.7, 435.8, 546.1, 578.0), heights, strict=True))
    red = _line(rng.uniform(605, 625), rng.uniform(8, 40)) * rng.uniform(0, 1) * (rng.random() < 0.7)
    return np.asarray(lines + red + rng.uniform(0, 0.08))


def _sodium(rng: np.random.Generator) -> Floats:
    """The lines of sodium under pressure, the yellow one broadened and often dark in its middle."""
    width = float(rng.uniform(14, 70))
    weak = ((569, 0.35, 8.0), (498, 0.2, 8.0), (616, 0.2, 10.0), (467, 0.08, 8.0), (475, 0.06, 8.0), (515, 0.06, 8.0))
    lines = _line(589.3, width) + sum(height * _line(peak, wide) for peak, height, wide in weak)
    reversed_middle = rng.uniform(0, 0.9) * (rng.random() < 0.7) * _line(589.3, 0.4 * width)
    return np.asarray(np.maximum(lines - reversed_middle, 0) + rng.uniform(0.01, 0.06))
