"""Write the spectral tables that come from colour-science (BSD-3) into ``calibration/spectra``.

Run once when colour-science's tables change: ``python scripts/spectral_tables.py``. The program itself
reads only the CSV files, because importing colour-science takes over a second.
"""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
import colour  # noqa: E402

FOLDER = Path(__file__).parent.parent / "calibration" / "spectra"
GRID = np.arange(380, 781, 5)

# Lamps nobody has at home, or that are one lamp under a second name.
LEFT_OUT = {
    "E",
    "LPS",
    "HPS",
    "Super HPS",
    "Mercury",
    "B",
    "C",
    "SA",
    "SC",
    "Kinoton 75P",
    "Natural",
    "C100S54 (HPS)",
    "C100S54C (HPS)",
    "H38HT-100 (Mercury)",
    "H38JA-100/DX (Mercury DX)",
    "HP1",
    "HP2",
    "ISO 7589 Photographic Daylight",
    "ISO 7589 Sensitometric Daylight",
    "ISO 7589 Studio Tungsten",
    "ISO 7589 Sensitometric Studio Tungsten",
    "ISO 7589 Sensitometric Photoflood",
    "ISO 7589 Sensitometric Printer",
    "SDW-T 100W/LV (Super HPS)",
}


def on_grid(sd: colour.SpectralDistribution) -> np.ndarray:
    """Values on GRID; held constant beyond the ends of the measurement."""
    return np.interp(GRID, sd.wavelengths, sd.values)


def smooth_on_grid(sd: colour.SpectralDistribution) -> np.ndarray:
    """The same for spectra without lines, by Sprague's interpolation as CIE 167 recommends."""
    extrapolation = {"method": "Constant"}
    return sd.copy().align(colour.SpectralShape(380, 780, 5), extrapolator_kwargs=extrapolation).values


def write(name: str, columns: dict[str, np.ndarray]) -> None:
    with (FOLDER / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["wavelength_nm", *columns])
        for index, wavelength in enumerate(GRID):
            writer.writerow([wavelength, *(f"{column[index]:.6g}" for column in columns.values())])


def main() -> None:
    lamps = {**dict(colour.SDS_ILLUMINANTS), **dict(colour.SDS_LIGHT_SOURCES)}
    kept = {name: on_grid(sd) for name, sd in sorted(lamps.items()) if name not in LEFT_OUT}
    write("lamps.csv", {name: values / values.max() for name, values in kept.items()})
    cmfs = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    write("observer.csv", {axis: np.interp(GRID, cmfs.wavelengths, cmfs.values[:, i]) for i, axis in enumerate("xyz")})
    patches = colour.SDS_COLOURCHECKERS["BabelColor Average"]
    write("patches.csv", {name: smooth_on_grid(sd) for name, sd in patches.items()})
    colours = colour.quality.datasets.SDS_TCS["CIE 1995"]
    write("test_colours.csv", {name: on_grid(sd) for name, sd in list(colours.items())[:9]})


if __name__ == "__main__":
    main()
