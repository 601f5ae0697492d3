"""Tone curves as phones have them, and which of them the card's greys speak for.

Six greys tell a curve where they lie. Skin may lie beyond: brighter than the card's white where the lamp is nearer to
the face, or darker than most of the greys. There only knowledge of curves helps, and a polynomial has none. So
``scripts/learn_tone_curves.py`` drew many curves of the kinds that cameras and editors use; those that agree with the
greys are averaged, and how they still differ is what the joint fit may move.
"""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from calibration.tone import GREYS, LUMA, TRUST_IN_GREYS, ToneCurve

Floats = NDArray[np.float64]

POWERS = np.arange(1, 7)
# A curve that misses the greys by so much, in cube-root units (all six together), is less likely by a factor of 0.6.
_MISSES = 0.0035
# The truth lies further out than the curves that happen to have been drawn.
_BEYOND = 1.5
# So many ways of differing are kept, judged by what they do over the file's scale.
_WAYS = 5
_SCALE = np.linspace(0.15, 1.0, 40)[:, None] ** POWERS
# Where the file's scale ends.
_TOP, _ANY = 1.01, 1e3


@cache
def known_curves() -> Floats:
    """(N, 6) coefficients of the powers of the file's cube root that give light's, each up to a factor."""
    data = files("calibration").joinpath("spectra").joinpath("tone_curves.npy").read_bytes()
    return np.asarray(np.load(io.BytesIO(data)), np.float64)


def likely_curve(rgb: Floats, expected: Floats, trust: Floats, tone: ToneCurve) -> tuple[ToneCurve, Floats]:
    """``tone`` with the curve that known ones speak for, and the ways (k, 6) in which its coefficients may be off.

    ``rgb`` (24, 3) are the patches' linear sRGB as decoded, ``expected`` (24, 3) what they should be in light up to one
    factor per channel, ``trust`` (24,) from 0 to 1.
    """
    straight = replace(tone, coefficients=np.array([1.0]), limit=_ANY)
    seen, wanted = straight.linearise(rgb[GREYS]), expected[GREYS]
    if tone.on_luminance:
        seen, wanted = (one @ LUMA for one in (seen, wanted))
    seen, wanted = (np.cbrt(np.maximum(one.reshape(6, -1), 1e-6)) for one in (seen, wanted))
    weight = (TRUST_IN_GREYS * trust[GREYS])[:, None]
    curves = known_curves()
    made = (seen[..., None] ** POWERS) @ curves.T  # (6, channels, N)
    factor = ((weight**2 * wanted)[..., None] * made).sum(axis=0) / (weight[..., None] ** 2 * made**2).sum(axis=0)
    missed = (weight[..., None] * (factor * made - wanted[..., None])) ** 2
    unlikely = missed.sum(axis=0).mean(axis=0) / _MISSES**2
    share = np.exp(-0.5 * (unlikely - unlikely.min()))
    share /= share.sum()
    likely = factor.mean(axis=0)[:, None] * curves
    middle = share @ likely
    return replace(tone, coefficients=middle, limit=_TOP), _ways((likely - middle) * np.sqrt(share)[:, None])


def _ways(apart: Floats) -> Floats:
    """(k, 6): the principal ways in which curves ``apart`` (N, 6) from their mean differ over the file's scale."""
    values = apart @ _SCALE.T
    _, size, direction = np.linalg.svd(values.T @ values)
    ways, *_ = np.linalg.lstsq(_SCALE, (np.sqrt(size[:_WAYS, None]) * direction[:_WAYS]).T, rcond=1e-12)
    return np.asarray(_BEYOND * ways.T)
