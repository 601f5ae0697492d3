"""The light's fall-off over the card, seen in the patches themselves and taken out before they are judged.

A lamp at the side lights one edge of the card several per cent brighter than the other. Left in, that would pass for
colour: the greys lie in one row, so a fall-off along it looks like a tone curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.card_reading import CardReading
from calibration.tone import ToneCurve

Floats = NDArray[np.float64]

# Column and row of each patch, from -0.5 to 0.5 over the card.
PLACES: Floats = np.array([[column / 5 - 0.5, row / 3 - 0.5] for row in range(4) for column in range(6)])

# How far light usually falls off from edge to edge, and how far a patch's lightness strays from its prediction for
# other reasons, as natural logarithms.
_USUAL_FALL_OFF, _PATCH_SCATTER = 0.08, 0.03
# What is left of the fall-off once the slopes within the patches have been taken out: their own error, and the phone's
# tone curve, which bends them by a tenth.
_LEFT_OVER = 0.03
# Patches darker than this carry more flare than light; from half as much again on they are believed.
_DARKEST = 0.05


# What the slope over the card is uncertain by, edge to edge, and how much light may be put down to it at most: that a
# fall-off goes on far beyond the card is a guess.
_SLOPE_SE, _LARGEST = 0.015, 0.35
# A card held aslant catches less light than a face that looks at the camera, or more: nobody knows where the lamp is.
# So much of what straight light would lose is uncertain.
_PER_TILT = 0.5
# The most that is put down to a second lamp in the ratio of two channels, natural logarithm.
_MOST_TINT = 0.4


@dataclass(frozen=True, eq=False)
class LightField:
    """The light over the picture relative to the card's centre: its logarithm goes with the distance.

    ``centre`` (2,) and ``slope`` (2,), natural logarithm per pixel in x and y; ``reach`` is the card's width in pixels.
    ``largest`` is the most that is put down to the fall-off, as a natural logarithm. ``tint`` (2, 2), where two lamps
    light the picture: slopes of ln(R/G) and of ln(B/G) per pixel in x and y. ``tilt``: cosine of the angle by which
    the card is turned out of the picture's plane.
    """

    centre: Floats
    slope: Floats
    reach: float
    largest: float = _LARGEST
    tint: Floats | None = None
    tilt: float = 1.0

    def at(self, places: Floats) -> Floats:
        """Light (...) at ``places`` (..., 2) as a share of the card's."""
        return np.asarray(np.exp(np.clip((places - self.centre) @ self.slope, -self.largest, self.largest)))

    def colour_at(self, places: Floats) -> Floats:
        """Light (..., 3) of each channel at ``places`` (..., 2) as a share of the card's, green as :meth:`at`."""
        light = self.at(places)[..., None]
        if self.tint is None:
            return light
        ratios = np.clip((places - self.centre) @ self.tint.T, -_MOST_TINT, _MOST_TINT)
        red, blue = ratios[..., 0], ratios[..., 1]
        return np.asarray(light * np.exp(np.stack([red, np.zeros_like(red), blue], axis=-1)))

    def log_se(self, place: Floats) -> float:
        """Standard error of the light's logarithm at ``place`` (2,): it grows with the distance and the card's tilt."""
        away = float(np.linalg.norm(place - self.centre)) / self.reach
        return float(np.hypot(_SLOPE_SE * away, _PER_TILT * (1 - self.tilt)))


def first_look(reading: CardReading) -> Floats:
    """(2,) slopes of the light's logarithm over the card by what each patch shows within itself.

    Tone curve and lamp are not known yet, and along the row of greys a fall-off passes for a tone curve. But it also
    goes on inside each patch, where neither does. Drawn towards none as far as it is uncertain.
    """
    if reading.gradient is None or reading.gradient_se is None:
        return np.zeros(2)
    axes = card_axes(reading.centres)[:2]
    slopes, se = axes @ reading.gradient, np.abs(axes) @ reading.gradient_se
    return np.asarray(slopes * _USUAL_FALL_OFF**2 / (_USUAL_FALL_OFF**2 + se**2))


def card_axes(centres: Floats) -> Floats:
    """(3, 2): pixels from edge to edge along the card's rows and down its columns, and its centre."""
    design = np.column_stack([PLACES, np.ones(len(PLACES))])
    axes, *_ = np.linalg.lstsq(design, centres, rcond=None)
    return np.asarray(axes)


def light_field(centres: Floats, slopes: Floats) -> LightField | None:
    """The slopes of :func:`fall_off` in pixels, from the patches' ``centres`` (24, 2); None where these are unknown."""
    axes = card_axes(centres)
    if abs(np.linalg.det(axes[:2])) < 1:
        return None
    slope = np.asarray(np.linalg.solve(axes[:2], slopes), np.float64)
    return LightField(axes[2], slope, float(np.linalg.norm(axes[0])), tilt=_tilt(axes))


def _tilt(axes: Floats) -> float:
    """Cosine of the card's tilt, by how much shorter its square cells look in one direction than in the other."""
    longer, shorter = np.linalg.svd(np.array([axes[0] / 5, axes[1] / 3]), compute_uv=False)
    return float(shorter / longer)


def fall_off(seen: Floats, expected: Floats, trust: Floats, *, looked: bool = False) -> Floats:
    """(2,) slopes of the light's logarithm over the card, along the rows and down the columns.

    ``seen`` and ``expected`` (24, 3) are linear RGB of the patches as photographed and as the likeliest lamp and camera
    predict them, ``trust`` (24,) is 0 for clipped patches and 1 for good ones. A robust plane, drawn towards none; more
    so when a :func:`first_look` has taken out the most of it (``looked``).
    """
    level, wanted = seen.mean(axis=1), expected.mean(axis=1)
    trust = trust * np.clip((wanted - _DARKEST) / _DARKEST * 2, 0, 1)
    known = (trust > 0) & (level > 0)
    if known.sum() < 8:
        return np.zeros(2)
    ratio = np.log(level[known] / wanted[known])
    design = np.column_stack([PLACES[known], np.ones(known.sum())])
    prior = np.diag([(_PATCH_SCATTER / (_LEFT_OVER if looked else _USUAL_FALL_OFF)) ** 2] * 2 + [0.0])
    weight = trust[known]
    for _ in range(3):
        plane = np.linalg.solve(design.T @ (design * weight[:, None]) + prior, design.T @ (weight * ratio))
        weight = trust[known] / (1 + ((ratio - design @ plane) / _PATCH_SCATTER) ** 2)
    return np.asarray(plane[:2])


def levelled(rgb: Floats, tone: ToneCurve | None, slopes: Floats) -> Floats:
    """The patches' decoded RGB (24, 3) as even light would have made it.

    The light is divided out where it is linear; ``tone`` tells how much a step in light moves the file's values there
    (None: not known yet, as much).
    """
    if tone is None:
        return np.asarray(rgb * np.exp(-(PLACES @ slopes))[:, None])
    step = 1.02
    sensitivity = np.log(np.maximum(tone.linearise(rgb * step), 1e-9) / np.maximum(tone.linearise(rgb), 1e-9)) / np.log(
        step
    )
    shrink = np.exp(-(PLACES @ slopes)[:, None] / np.clip(sensitivity, 0.3, 3.0))
    return np.asarray(rgb * shrink)
