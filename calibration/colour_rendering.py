"""How well a lamp shows colours: the CIE's colour rendering indices, general (Ra) and for deep red (R9).

Ra is what lamps are sold by: 100 is daylight or a bulb, 80 a usual LED, below 70 a poor tube. R9 is that of a deep red
alone and is negative under lamps that have little long-wave light, where redness of skin cannot be told well.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from calibration import spectra

Floats = NDArray[np.float64]

# CIE 13.3-1995: the reference is a black body below this colour temperature and a phase of daylight above.
_DAYLIGHT_FROM_K = 5000.0
# The general index is the mean over the first eight test colours; the ninth is the deep red.
_GENERAL, _RED = 8, 8


@dataclass(frozen=True)
class Rendering:
    """CIE colour rendering indices of one light: ``ra`` the general one, ``r9`` that of deep red; 100 at most."""

    ra: float
    r9: float


@cache
def _test_colours() -> Floats:
    """(9, wavelengths) reflectance of CIE's test colours 1 to 9."""
    return spectra.test_colours().values


def rendering(lamp: Floats) -> Rendering:
    """CIE 13.3-1995 of a lamp (wavelengths,). The scale means something for whitish light alone."""
    return renderings(lamp[None])[0]


def renderings(lamps: Floats) -> list[Rendering]:
    """CIE 13.3-1995 of each of ``lamps`` (n, wavelengths); hundreds at a time are as quick as one."""
    ccts = [float(np.clip(spectra.correlated_colour_temperature(lamp), 1500, 25_000)) for lamp in lamps]
    references = np.stack([spectra.blackbody(cct) if cct < _DAYLIGHT_FROM_K else _daylight(cct) for cct in ccts])
    white, colours = _uv(lamps), _uv(lamps, _test_colours())
    goal, goals = _uv(references), _uv(references, _test_colours())
    adapted = _adapted(colours.uv, white.uv, goal.uv)
    seen = _wuv(adapted, colours.luminance, goal.uv)
    wanted = _wuv(goals.uv, goals.luminance, goal.uv)
    indices = 100 - 4.6 * np.linalg.norm(seen - wanted, axis=-1)
    return [Rendering(float(each[:_GENERAL].mean()), float(each[_RED])) for each in indices]


def _daylight(cct_k: float) -> Floats:
    """CIE's phase of daylight (wavelengths,) at ``cct_k``, from 4000 to 25 000 K.

    All phases are mixtures of three spectra, so any three of them mix every other: the one of the right chromaticity.
    """
    t = 1000 / cct_k
    x = (
        0.244063 + t * (0.09911 + t * (2.9678 - 4.6070 * t))
        if cct_k <= 7000
        else 0.237040 + t * (0.24748 + t * (1.9018 - 2.0064 * t))
    )
    y = -3.0 * x * x + 2.870 * x - 0.275
    known = spectra.lamps().only(["D50", "D60", "D75"]).values
    wanted = np.array([x / y, 1.0, (1 - x - y) / y])
    return np.asarray(np.linalg.solve(spectra.observer() @ known.T, wanted) @ known)


@dataclass(frozen=True, eq=False)
class _Seen:
    """CIE 1960 ``uv`` (..., 2) and luminance factor (...), a perfect diffuser = 100."""

    uv: Floats
    luminance: Floats


def _uv(lamps: Floats, reflectance: Floats | None = None) -> _Seen:
    """Of ``lamps`` (n, wavelengths) themselves, (n, 1), or of surfaces (m, wavelengths) in their light, (n, m)."""
    surfaces = np.ones((1, lamps.shape[1])) if reflectance is None else reflectance
    weights = lamps[:, None] * spectra.observer()
    xyz = np.matmul(surfaces, weights.transpose(0, 2, 1)) / weights[:, 1].sum(axis=1)[:, None, None]
    x, y, z = np.moveaxis(xyz, -1, 0)
    uv = np.stack([4 * x, 6 * y], axis=-1) / (x + 15 * y + 3 * z)[..., None]
    return _Seen(np.asarray(uv), np.asarray(100 * y))


def _adapted(uv: Floats, white: Floats, goal: Floats) -> Floats:
    """Von Kries in the 1960 diagram, as CIE 13.3 wants it."""

    def cd(values: Floats) -> tuple[Floats, Floats]:
        u, v = values[..., 0], values[..., 1]
        return (4 - u - 10 * v) / v, (1.708 * v + 0.404 - 1.481 * u) / v

    (c, d), (c_white, d_white), (c_goal, d_goal) = cd(uv), cd(white), cd(goal)
    c, d = c * c_goal / c_white, d * d_goal / d_white
    bottom = 16.518 + 1.481 * c - d
    return np.asarray(np.stack([(10.872 + 0.404 * c - 4 * d) / bottom, 5.520 / bottom], axis=-1))


def _wuv(uv: Floats, luminance: Floats, white: Floats) -> Floats:
    """CIE 1964 U* V* W* (..., 3)."""
    w = 25 * np.cbrt(luminance) - 17
    return np.concatenate([13 * w[..., None] * (uv - white), w[..., None]], axis=-1)
