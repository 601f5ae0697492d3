"""Prior knowledge about light: lamps, cameras, skin, blood, the card's patches and the standard observer.

Every table is a CSV file in ``spectra/`` (sources and licences in NOTICE) put on one grid, 380 to 780 nm by
5 nm. A measurement that ends earlier is held constant beyond its end, as CIE 15 recommends.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from calibration.cielab import WHITE_D65

Spectrum = NDArray[np.float64]

WAVELENGTHS: Spectrum = np.arange(380.0, 781.0, 5.0)


@dataclass(frozen=True, eq=False)
class Table:
    """Named spectra on the common grid; ``values`` is (number of names, number of wavelengths)."""

    names: tuple[str, ...]
    values: NDArray[np.float64]

    def __getitem__(self, name: str) -> Spectrum:
        return np.asarray(self.values[self.names.index(name)])

    def only(self, names: tuple[str, ...] | list[str]) -> Table:
        """The named spectra alone, in the order asked for."""
        return Table(tuple(names), np.stack([self[name] for name in names]))


@cache
def _read(name: str) -> Table:
    text = files("calibration").joinpath("spectra").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines())
    wavelengths = np.array([float(row[0]) for row in rows])
    columns = []
    for index in range(1, len(header)):
        known = np.array([row[index] != "" for row in rows])
        values = np.array([float(row[index]) for row in rows if row[index] != ""])
        columns.append(np.interp(WAVELENGTHS, wavelengths[known], values))
    return Table(tuple(header[1:]), np.stack(columns))


def lamps() -> Table:
    """Relative spectral power of lamps and daylights, each with a maximum of 1."""
    return _read("lamps")


def skins() -> Table:
    """Measured skin reflectances, 0..1."""
    return _read("skin")


def patches() -> Table:
    """Reflectance of the 24 patches of the ColorChecker Classic (BabelColor average)."""
    return _read("patches")


def test_colours() -> Table:
    """Reflectance of CIE's test colours 1 to 9, by which lamps' colour rendering is judged (CIE 13.3-1995)."""
    return _read("test_colours")


def observer() -> NDArray[np.float64]:
    """CIE 1931 2 degree colour matching functions, (3, wavelengths)."""
    return _read("observer").values


def absorbers() -> Table:
    """Molar extinction of oxy- and deoxyhaemoglobin, 1/(cm M)."""
    return _read("absorbers")


@cache
def camera_names() -> tuple[str, ...]:
    """Names of the measured cameras."""
    return tuple(name.removesuffix(".R") for name in _read("cameras").names[::3])


def camera(name: str) -> NDArray[np.float64]:
    """Spectral sensitivities of one camera, (3, wavelengths), R G B."""
    start = 3 * camera_names().index(name)
    return _read("cameras").values[start : start + 3]


def blackbody(cct_k: float) -> Spectrum:
    """Planck's radiator at ``cct_k`` kelvin, maximum 1 on the grid: an incandescent lamp."""
    metres = WAVELENGTHS * 1e-9
    power = metres**-5 / (np.exp(1.438776877e-2 / (metres * cct_k)) - 1)
    return np.asarray(power / power.max())


def response(reflectance: NDArray[np.float64], lamp: Spectrum, sensitivity: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a sensor sees of surfaces under a lamp: (..., wavelengths) to (..., 3), a perfect diffuser = 1."""
    weights = sensitivity * lamp
    return np.asarray(reflectance @ (weights / weights.sum(axis=1, keepdims=True)).T)


@cache
def _d65_weights() -> NDArray[np.float64]:
    weights = observer() * lamps()["D65"]
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def xyz_d65(reflectance: NDArray[np.float64]) -> NDArray[np.float64]:
    """XYZ of surfaces under D65, (..., wavelengths) to (..., 3), a perfect diffuser exactly at the D65 white."""
    return np.asarray(reflectance @ _d65_weights().T * WHITE_D65)


def xyz_of_lamp(lamp: Spectrum) -> NDArray[np.float64]:
    """XYZ of a lamp's own light, (3,), Y = 1."""
    xyz = observer() @ lamp
    return np.asarray(xyz / xyz[1])


def correlated_colour_temperature(lamp: Spectrum) -> float:
    """CCT of a lamp in kelvin by McCamy (1992); meant for near-white lights."""
    x, y, _ = xyz_of_lamp(lamp) / xyz_of_lamp(lamp).sum()
    n = (x - 0.3320) / (0.1858 - y)
    return float(449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33)
