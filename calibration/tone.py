"""What the phone did after the sensor, undone: saturation boost and tone curve.

Greys are the same grey under every lamp, so whatever bends their ramp is the phone's curve, and whatever splits
their channels is the lamp and the white balance. Phones bend all channels alike after white balance, so one curve
and one gain per channel explain 18 numbers. Greys cannot show a saturation boost; the coloured patches can, so
several :func:`hypotheses` are made and weighed by how well some real lamp and camera could have made their colours.
So can what a filter did beyond a phone's taste: a stronger boost, one that is stronger for pale colours, faded blacks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from calibration.cielab import cube_root, decode_srgb, encode_srgb

Floats = NDArray[np.float64]
Pixels = TypeVar("Pixels", NDArray[np.float32], NDArray[np.float64])

GREYS = slice(18, 24)

# Saturation boosts that phones apply to coded values; 1 is none (a boost in linear light is a matrix, and the
# matrix of the vote takes it out).
BOOSTS = (0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25)
# Vibrance goes with coded chroma (largest less least channel). At this chroma, that of skin, it is the boost itself.
_AT_CHROMA = 0.4
# Powers of the cube root of the coded value: a curve of its own for shadows, middle and highlights,
# and no more: six greys cannot tell finer bends from noise.
_POWERS = np.array([1, 2, 3, 4])
# How far a phone's curve strays from a straight line, as a standard deviation of each bend.
_RIDGE = 0.05
# The darkest greys carry flare and noise; their cube roots are trusted less.
TRUST_IN_GREYS = np.array([1.0, 1.0, 1.0, 1.0, 0.7, 0.35])
# Rec. 709 luma, in which phones and editors keep brightness while they boost colour.
LUMA = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, eq=False)
class ToneCurve:
    """The way back from the file's linear sRGB to linear light.

    First the ``lift`` of black, the colour ``boost`` and its ``vibrance`` (more of it for pale colours) are taken out
    of the coded values, then the curve is undone, cube root in and cube root out: ``coefficients`` belong to the powers
    from 1 on, up to ``limit`` and, from there, on with the slope and bend that they have there. ``on_luminance`` means
    that the phone bent the brightness and kept the ratio of the channels.
    ``residual`` is the root mean square misfit of the greys in cube-root units: 0.01 is about 1 L*.
    """

    coefficients: Floats
    limit: float
    boost: float
    on_luminance: bool
    residual: float
    vibrance: float = 0.0
    lift: float = 0.0

    def linearise(self, rgb: Pixels) -> Pixels:
        """Linear sRGB ``(..., 3)`` as decoded from the file to linear light; values below zero stay below zero."""
        plain = _untouched(rgb, self.boost, self.vibrance, self.lift)
        if self.on_luminance:
            luma = np.maximum(plain @ LUMA.astype(plain.dtype), 1e-6)
            brighter: Pixels = np.multiply(plain, (self._straighten(luma) / luma)[..., None], dtype=plain.dtype)
            return brighter
        return self._straighten(plain)

    def _straighten(self, values: Pixels) -> Pixels:
        root = cube_root(values)
        size = np.abs(root)
        inside = np.minimum(size, self.limit)
        bent = inside * float(self.coefficients[-1])
        for coefficient in self.coefficients[-2::-1]:
            bent += float(coefficient)
            bent *= inside
        slope, bend = self._at_limit()
        beyond = np.maximum(size - self.limit, 0)
        bent += beyond * (slope + bend / 2 * beyond)
        return np.copysign(bent * bent * bent, root)

    def towards(self, coefficients: Floats) -> ToneCurve:
        """This curve with other ``coefficients`` (4,), as far on the way to them as it still rises."""
        whole = self._part_of_the_way(coefficients, 1.0)
        if whole.rises():
            return whole
        low, high = 0.0, 1.0
        for _ in range(7):
            middle = (low + high) / 2
            low, high = (middle, high) if self._part_of_the_way(coefficients, middle).rises() else (low, middle)
        return self._part_of_the_way(coefficients, low)

    def _part_of_the_way(self, coefficients: Floats, part: float) -> ToneCurve:
        return replace(self, coefficients=self.coefficients + part * (coefficients - self.coefficients))

    def rises(self) -> bool:
        """Whether brighter is brighter all the way."""
        levels = np.linspace(0.02, self.limit, 64) ** 3
        return bool(np.all(np.diff(self._straighten(levels)) > 0))

    def _at_limit(self) -> tuple[float, float]:
        """Slope and bend at the brightest grey. A phone that compresses its highlights goes on doing so in skin that is
        brighter than the card's white; where the curve bends the other way there, it goes straight on and still rises.
        """
        powers = np.arange(1, len(self.coefficients) + 1)
        slope = self.coefficients * powers * self.limit ** (powers - 1)
        return float(slope.sum()), max(0.0, float(np.sum(slope * (powers - 1)) / self.limit))


def _untouched(rgb: Pixels, boost: float, vibrance: float, lift: float) -> Pixels:
    """Linear sRGB (..., 3) as it was before its colours were boosted and its blacks were lifted."""
    if boost == 1.0 and vibrance == 0.0 and lift == 0.0:
        return rgb
    coded = np.copysign(encode_srgb(np.abs(rgb)), rgb)
    if lift:
        coded = (coded - lift) / (1 - lift)
    luma = (coded @ LUMA.astype(rgb.dtype))[..., None]
    colour = coded - luma
    if vibrance:
        chroma = np.minimum(np.ptp(coded, axis=-1, keepdims=True), 1)
        colour = colour * np.exp(vibrance * (chroma - _AT_CHROMA))
    plain = luma + colour / boost
    undone: Pixels = np.copysign(decode_srgb(np.abs(plain)), plain)
    return undone


def hypotheses(greys: Floats, reflectance: Floats, trust: Floats, *, on_luminance: bool) -> list[ToneCurve]:
    """What the phone may have done, judged by its greys alone: each boost with a curve on channels or on luminance.

    ``greys`` (6, 3) are the patches' linear sRGB as decoded, white first; ``reflectance`` (6,) their luminance factors,
    ``trust`` (6,) from 0 for clipped patches to 1.
    """
    return [hypothesis(greys, reflectance, trust, boost, on_luminance=on_luminance) for boost in BOOSTS]


def hypothesis(
    greys: Floats,
    reflectance: Floats,
    trust: Floats,
    boost: float,
    vibrance: float = 0.0,
    lift: float = 0.0,
    *,
    on_luminance: bool,
) -> ToneCurve:
    """The curve that the greys show where the phone, or a filter, has boosted colour by ``boost`` and ``vibrance`` and
    lifted black to ``lift``; otherwise as above."""
    plain = _untouched(greys, boost, vibrance, lift)
    values = (plain @ LUMA)[:, None] if on_luminance else plain
    fitted = _fit(values, reflectance, trust, boost, on_luminance=on_luminance)
    return replace(fitted, vibrance=vibrance, lift=lift)


def _fit(values: Floats, reflectance: Floats, trust: Floats, boost: float, *, on_luminance: bool) -> ToneCurve:
    """Solve ``P(cbrt(v)) = k * cbrt(reflectance)`` for the polynomial P and a gain k per channel, the middle one 1."""
    channels = values.shape[1]
    x = np.cbrt(np.maximum(values, 1e-6))
    top = _brightest(x, trust)
    target = np.cbrt(reflectance)
    trust = TRUST_IN_GREYS * trust
    basis = (x[..., None] / top) ** _POWERS  # (6, channels, 4)
    free = [channel for channel in range(channels) if channel != channels // 2]

    design = np.zeros((6, channels, 4 + len(free)))
    design[..., :4] = basis
    wanted = np.zeros((6, channels))
    wanted[:, channels // 2] = target
    for column, channel in enumerate(free):
        design[:, channel, 4 + column] = -target
    weighted = (design * trust[:, None, None]).reshape(6 * channels, -1)
    ridge = np.zeros((4, weighted.shape[1]))
    ridge[:, :4] = np.diag([0.0, 1.0, 1.0, 1.0]) * _RIDGE
    solution, *_ = np.linalg.lstsq(
        np.vstack([weighted, ridge]), np.concatenate([(wanted * trust[:, None]).ravel(), np.zeros(4)]), rcond=None
    )
    misfit = (design @ solution - wanted) * trust[:, None]
    residual = float(np.sqrt(np.mean(misfit**2)))
    # A curve that falls somewhere is nonsense fitted to noise: a straight line is the better guess.
    straight = np.array([_brightest(target[:, None], trust / TRUST_IN_GREYS) / top, 0.0, 0.0, 0.0])
    fitted = solution[:4] / top**_POWERS
    return ToneCurve(straight, top * 1.02, boost, on_luminance, residual).towards(fitted)


def _brightest(values: Floats, trust: Floats) -> float:
    """The largest of ``values`` (6, channels), white first; as far as the lightest greys are not trusted, the next."""
    largest, left = 0.0, 1.0
    for level, part in zip(values.max(axis=1), trust, strict=True):
        largest += left * float(part * level)
        left *= 1 - float(part)
    return largest / (1 - left)
