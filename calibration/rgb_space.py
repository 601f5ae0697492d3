"""How a file codes colour, and the way from there to linear sRGB."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from calibration import icc
from calibration.cielab import decode_srgb

_D65 = (0.3127, 0.3290)
_D50_XYZ = np.array([0.9642, 1.0, 0.8249])  # the ICC's profile connection space
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

# Chromaticities of R, G, B; white D65 for all of them.
_BT709 = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))  # IEC 61966-2-1
_P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))  # SMPTE EG 432-1
_BT2020 = ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046))
_ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))  # Adobe RGB (1998)
_ADOBE_GAMMA = 563 / 256

# A profile that is sRGB up to the rounding of its tags is taken as sRGB: the tags hold 16 bits, and the vendors'
# versions of D65 adapted to D50 differ in the fourth digit.
_SAME_MATRIX = 2e-3
_SAME_CURVE = 2e-4  # linear; half an 8-bit code where the curve is steepest

# Codes of ITU-T H.273, as HEIF's nclx, AVIF and PNG's cICP write them.
_PRIMARIES = {9: ("BT.2020", _BT2020), 11: ("Display P3", _P3), 12: ("Display P3", _P3)}
_POWERS = {4: 2.2, 5: 2.8, 8: 1.0}
_HDR_TRANSFERS = (16, 18)


# What is this near to sRGB's mean power and its primaries is meant as sRGB: the chunks know no better curve for it.
_NEAR_POWER, _NEAR_PLACE = 0.1, 0.005


@dataclass(frozen=True)
class Primaries:
    """A power curve and primaries as PNG's older chunks write them, in units of 1/100000.

    Light is the coded value to the power of ``100000 / power``. ``places`` are x and y of white, red, green and blue,
    None for those of sRGB.
    """

    power: int
    places: tuple[int, ...] | None = None


class HdrCoded(ValueError):
    """PQ or HLG: coded for a screen's absolute light, with no agreed way back to the scene."""


@dataclass(frozen=True, eq=False)
class RgbSpace:
    """How a file codes colour: one tone curve per channel and the primaries.

    ``curves`` is (3, 4096) float32: linear value of the coded value ``i / 4095``.
    ``to_srgb`` is (3, 3): linear RGB of the file to linear sRGB (both D65-adapted), row vectors on the
    right: ``linear_srgb = linear_file @ to_srgb.T``.
    """

    name: str
    curves: NDArray[np.float32]
    to_srgb: NDArray[np.float64]

    @cached_property
    def has_srgb_primaries(self) -> bool:
        return bool(np.array_equal(self.to_srgb, np.eye(3)))

    @cached_property
    def is_srgb(self) -> bool:
        """Whether coded values are sRGB values as they stand."""
        return self.has_srgb_primaries and bool(np.abs(self.curves - srgb().curves).max() < _SAME_CURVE)

    def table(self, codes: int) -> NDArray[np.float32]:
        """(codes, 3) float32: the linear value of each code of each channel; 256 codes for 8 bit, 65536 for 16."""
        at = np.linspace(0.0, 1.0, codes)
        known = np.linspace(0.0, 1.0, self.curves.shape[1])
        return np.stack([np.interp(at, known, curve) for curve in self.curves], axis=1).astype(np.float32)


@cache
def srgb() -> RgbSpace:
    """sRGB: what a file without any word on colour is taken for."""
    return _space("sRGB", _samples_of_srgb(), np.eye(3))


@cache
def adobe_rgb() -> RgbSpace:
    """Adobe RGB (1998): what a camera means by DCF's optional colour space."""
    x = np.linspace(0.0, 1.0, icc.CURVE_SAMPLES)
    return _space("Adobe RGB (1998)", x**_ADOBE_GAMMA, _between(_ADOBE))


@cache
def from_cicp(primaries: int, transfer: int) -> RgbSpace:
    """The space of H.273 codes. Raises ``HdrCoded`` for PQ and HLG.

    The broadcast curves (1, 6, 14, 15) and the unspecified ones are taken as sRGB, as stills written with them mean
    it; so are the primaries of standard television.
    """
    if transfer in _HDR_TRANSFERS:
        raise HdrCoded("PQ" if transfer == 16 else "HLG")
    name, chromaticities = _PRIMARIES.get(primaries, ("sRGB", _BT709))
    power = _POWERS.get(transfer)
    if name == "sRGB" and power is None:
        return srgb()
    x = np.linspace(0.0, 1.0, icc.CURVE_SAMPLES)
    to_srgb = np.eye(3) if name == "sRGB" else _between(chromaticities)
    return _space(name, _samples_of_srgb() if power is None else x**power, to_srgb)


def from_primaries(said: Primaries) -> RgbSpace:
    """The space of a power curve and primaries; sRGB where they are as near to it as programs write it.

    Raises ``ValueError`` for places that are no primaries.
    """
    gamma = 100_000 / said.power
    x = np.linspace(0.0, 1.0, icc.CURVE_SAMPLES, dtype=np.float64)
    curve = _samples_of_srgb() if abs(gamma - 2.2) < _NEAR_POWER else np.asarray(x**gamma, dtype=np.float64)
    known = np.array([_D65, *_BT709])
    places = known if said.places is None else np.array(said.places).reshape(4, 2) / 100_000
    if np.abs(places - known).max() < _NEAR_PLACE:
        return _space("sRGB" if abs(gamma - 2.2) < _NEAR_POWER else f"gamma {gamma:.2f}", curve, np.eye(3))
    if (places[:, 1] <= 0).any() or abs(np.linalg.det(np.column_stack([places[1:], np.ones(3)]))) < 1e-2:
        raise ValueError("primaries that lie on one line")
    white, (red, green, blue) = _xyz_of_white(*places[0]), places[1:]
    columns = np.stack([_xyz_of_white(*place) for place in (red, green, blue)], axis=1)
    to_xyz = columns * np.linalg.solve(columns, white)
    to_d65 = _adapted(white, _xyz_of_white(*_D65)) @ to_xyz
    to_srgb = np.asarray(np.linalg.solve(_to_xyz(_BT709), to_d65), dtype=np.float64)
    return _space(f"gamma {gamma:.2f}", curve, to_srgb)


def from_icc(profile: bytes) -> RgbSpace:
    """The space of a matrix profile. Raises ``icc.NotAMatrixProfile`` and ``icc.BrokenProfile``."""
    parsed = icc.parse(profile)
    # Both matrices lead to the same D50 connection space, so no adaptation is left to do between them.
    to_srgb = np.linalg.inv(_srgb_to_pcs()) @ parsed.to_pcs
    if np.abs(to_srgb - np.eye(3)).max() < _SAME_MATRIX:
        to_srgb = np.eye(3)
    return _space(parsed.name, parsed.curves, to_srgb)


def _space(name: str, curves: NDArray[np.float64], to_srgb: NDArray[np.float64]) -> RgbSpace:
    stacked = np.array(np.broadcast_to(curves, (3, icc.CURVE_SAMPLES)), dtype=np.float32)
    stacked.setflags(write=False)
    matrix = np.array(to_srgb, dtype=np.float64)
    matrix.setflags(write=False)
    return RgbSpace(name, stacked, matrix)


def _samples_of_srgb() -> NDArray[np.float64]:
    return decode_srgb(np.linspace(0.0, 1.0, icc.CURVE_SAMPLES))


def _xyz_of_white(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1.0 - x - y) / y])


def _to_xyz(chromaticities: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """(3, 3): linear RGB of these primaries with white D65 to XYZ."""
    columns = np.stack([_xyz_of_white(x, y) for x, y in chromaticities], axis=1)
    return columns * np.linalg.solve(columns, _xyz_of_white(*_D65))


def _between(chromaticities: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.solve(_to_xyz(_BT709), _to_xyz(chromaticities)))


@cache
def _srgb_to_pcs() -> NDArray[np.float64]:
    """Linear sRGB to XYZ adapted to D50 by the Bradford transform, as sRGB's own profiles carry it."""
    return np.asarray(_adapted(_xyz_of_white(*_D65), _D50_XYZ) @ _to_xyz(_BT709))


def _adapted(white: NDArray[np.float64], to_white: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3): XYZ seen under ``white`` to XYZ seen under ``to_white``, by the Bradford transform."""
    gains = (_BRADFORD @ to_white) / (_BRADFORD @ white)
    return np.asarray(np.linalg.solve(_BRADFORD, gains[:, None] * _BRADFORD))
