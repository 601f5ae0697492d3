"""Curves of phones, told by six greys: right also where skin is brighter, or darker, than they are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration import spectra
from calibration.cielab import decode_srgb, encode_srgb
from calibration.likely_curves import known_curves, likely_curve
from calibration.simulated_camera import tone_curve
from calibration.tone import GREYS, ToneCurve, hypothesis

Floats = NDArray[np.float64]

CARD = spectra.xyz_d65(spectra.patches().values)
TRUSTED = np.ones(24)
# From an eighth of the white's light to twice as much, redder than grey.
SKIN = np.array([1.0, 0.75, 0.6]) * np.geomspace(0.12, 2.0, 24)[:, None]


def taken(light: Floats, kind: str, strength: float, exposure: float) -> Floats:
    """The file's linear sRGB of linear ``light`` by a phone with that curve."""
    return np.asarray(decode_srgb(tone_curve(encode_srgb(light * exposure), kind, strength)))  # type: ignore[arg-type]


def errors_of_red(kind: str, exposure: float, off: Floats, *, likely: bool) -> Floats:
    """Errors of ln(R/G) of the skin by a curve that the greys show, each cube root read ``off`` (24, 3) by so much."""
    file = np.cbrt(taken(CARD, kind, 0.5, exposure)) + off
    guess = hypothesis(file[GREYS] ** 3, CARD[GREYS, 1], TRUSTED[GREYS], 1.0, on_luminance=False)
    curve = likely_curve(file**3, CARD, TRUSTED, guess)[0] if likely else guess
    found = np.log(curve.linearise(taken(SKIN, kind, 0.5, exposure)) / SKIN)
    return np.asarray(found[:, 0] - found[:, 1])


def test_skin_beyond_the_greys_is_read_better_than_by_a_polynomial() -> None:
    """Greys with the noise of a JPEG, in a card that has less light than the face: the error of red over green halves
    almost, and is under a per cent and a half."""
    rng, by_greys, by_curves = np.random.default_rng(6), [], []
    for kind in ("none", "gamma", "s_curve", "shoulder", "film"):
        for exposure in (0.35, 0.45):
            for _ in range(4):
                off = rng.normal(0, 0.001, (24, 3))
                by_greys.append(errors_of_red(kind, exposure, off, likely=False))
                by_curves.append(errors_of_red(kind, exposure, off, likely=True))
    spread = [float(np.sqrt(np.mean(np.square(one)))) for one in (by_greys, by_curves)]
    assert spread[1] < 0.7 * spread[0]
    assert spread[1] < 0.015


def test_every_known_curve_rises() -> None:
    roots = np.linspace(0.02, 1.01, 300)
    for coefficients in known_curves():
        curve = ToneCurve(coefficients, 1.01, 1.0, False, 0.0)
        assert np.all(np.diff(curve.linearise(np.repeat(roots[:, None] ** 3, 3, axis=1))[:, 0]) > 0)


@pytest.mark.parametrize("on_luminance", [False, True])
def test_the_curve_moves_little_when_the_greys_do(on_luminance: bool) -> None:
    """No curve is chosen, all are weighed: greys read 0.02 per cent otherwise leave skin where it was."""
    file = taken(CARD, "film", 0.4, 0.5)
    guess = ToneCurve(np.array([1.0]), 1.2, 1.0, on_luminance, 0.0)
    steps = np.random.default_rng(8).normal(0, 2e-4, (5, 24, 3))
    skin = taken(SKIN[SKIN[:, 0] < 1.5], "film", 0.4, 0.5)
    plain = likely_curve(file, CARD, TRUSTED, guess)[0].linearise(skin)
    for step in steps:
        other = likely_curve(file * (1 + step), CARD, TRUSTED, guess)[0].linearise(skin)
        ratio = np.log(other / plain)
        assert np.abs(ratio[:, 0] - ratio[:, 1]).max() < 0.003


def test_the_ways_in_which_likely_curves_differ_are_small_where_greys_are_and_grow_beyond() -> None:
    file = taken(CARD, "s_curve", 0.5, 0.4)
    curve, ways = likely_curve(file, CARD, TRUSTED, ToneCurve(np.array([1.0]), 1.2, 1.0, False, 0.0))
    roots = np.cbrt(np.array([float(file[GREYS][2, 1]), 0.97]))
    apart = np.sqrt((((roots[:, None] ** np.arange(1, 7)) @ ways.T) ** 2).sum(axis=1))
    relative = apart / ((roots[:, None] ** np.arange(1, 7)) @ curve.coefficients)
    assert relative[0] < 0.01
    assert relative[1] > 1.5 * relative[0]
