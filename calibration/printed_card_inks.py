"""What a home printer lays on paper, as spectra: the assumption behind our own card.

A Yule-Nielsen modified Neugebauer model (Yule and Nielsen 1951; Viggiano 1985): dots of cyan, magenta, yellow and black
overlap by chance, and paper spreads the light between them. **Assumed, not measured**: each ink's absorption is a
few bell curves, fitted so that the solid inks have the CIELAB that ISO 12647-2 aims at on coated paper; its overprints
then follow to about 5 Delta E. Printers differ in density, hue, dot gain, black ink and paper; :meth:`Printer.random`
draws one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.cielab import xyz_to_lab

Floats = NDArray[np.float64]

# Bands of absorption of the solid inks: peak (optical density), wavelength, width (standard deviation) in nm.
_CYAN = ((1.89, 636.1, 55.3), (0.07, 551.0, 44.7), (0.18, 429.3, 29.1))
_MAGENTA = ((1.43, 542.8, 35.5), (0.77, 504.6, 36.0), (0.41, 425.3, 40.1))
_YELLOW = ((1.45, 418.1, 45.5), (0.61, 460.4, 15.4))
_BLACK = 1.9
_PAPER, _SURFACE = 0.885, 0.012
_USUAL_SCATTER = 2.0
_PRINTERS, _SEED = 60, 20261122
_BLACK_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Printer:
    """One printer with its inks and paper, as differences from the usual one.

    ``density`` scales the four inks, ``shift_nm`` and ``width`` move and widen the three colours' bands, ``gain`` is
    the dots' growth at half tone, ``scatter`` Yule and Nielsen's n, ``black_tint`` the slope of the black ink's density
    from blue to red, ``paper`` the paper's reflectance and ``paper_tint`` its slope, ``black_share`` how much of the
    grey in a colour is printed with black ink (1 = as designed).
    """

    density: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    shift_nm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    width: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gain: float = 0.0
    scatter: float = _USUAL_SCATTER
    black_tint: float = 0.0
    paper: float = _PAPER
    paper_tint: float = 0.0
    black_share: float = 1.0

    @classmethod
    def random(cls, rng: np.random.Generator) -> Printer:
        """A printer as homes have them; the spread is a guess, on the wide side."""
        c, m, y, k = np.clip(rng.normal(1, 0.1, 4), 0.7, 1.3)
        shift, width = np.clip(rng.normal(0, 6, 3), -15, 15), np.clip(rng.normal(1, 0.07, 3), 0.8, 1.2)
        return cls(
            density=(float(c), float(m), float(y), float(k)),
            shift_nm=(float(shift[0]), float(shift[1]), float(shift[2])),
            width=(float(width[0]), float(width[1]), float(width[2])),
            gain=float(np.clip(rng.normal(0, 0.04), -0.1, 0.1)),
            scatter=float(rng.uniform(1.4, 3.0)),
            black_tint=float(rng.normal(0, 0.06)),
            paper=float(np.clip(rng.normal(_PAPER, 0.02), 0.8, 0.94)),
            paper_tint=float(rng.normal(0, 0.015)),
            black_share=float(rng.choice(_BLACK_SHARES)),
        )

    def spectra(self, areas: Floats) -> Floats:
        """Reflectance (N, wavelengths) of ink areas (N, 4), cyan magenta yellow black, 0..1."""
        areas = np.clip(areas + 4 * self.gain * areas * (1 - areas), 0, 1)
        primaries, mix = _primaries(self), np.empty((len(areas), 16))
        for index, inked in enumerate(product((False, True), repeat=4)):
            # Demichel (1924): dots of different inks meet by chance.
            mix[:, index] = np.prod(np.where(inked, areas, 1 - areas), axis=1)
        return np.asarray((mix @ primaries ** (1 / self.scatter)) ** self.scatter)


@cache
def _primaries(printer: Printer) -> Floats:
    """(16, wavelengths): paper, each solid ink, and all their overprints."""
    nm = spectra.WAVELENGTHS
    even = (nm - 550) / 300
    inks = np.empty((4, len(nm)))
    for index, bands in enumerate((_CYAN, _MAGENTA, _YELLOW)):
        shift, width = printer.shift_nm[index], printer.width[index]
        curves = [
            peak * np.exp(-0.5 * ((nm - centre - shift) / (spread * width)) ** 2) for peak, centre, spread in bands
        ]
        inks[index] = printer.density[index] * np.sum(curves, axis=0)
    inks[3] = printer.density[3] * _BLACK * (1 + printer.black_tint * even)
    # Paper takes up violet; brighteners are left out: how they glow no lamp's spectrum here could say.
    paper = printer.paper * (1 + printer.paper_tint * even) * (1 - 0.9 * np.exp(-0.5 * ((nm - 365) / 20) ** 2))
    density = np.array(list(product((0.0, 1.0), repeat=4))) @ inks
    return np.asarray(_SURFACE + (paper - _SURFACE) * 10**-density)


USUAL = Printer()


def separated(areas: Floats, black_share: float) -> Floats:
    """Other ink areas (N, 4) that give the usual printer's colour of ``areas`` with another share of black ink."""
    wanted = xyz_to_lab(spectra.xyz_d65(USUAL.spectra(areas)))
    new = areas.copy()
    new[:, 3] *= black_share
    for _ in range(8):
        error = wanted - xyz_to_lab(spectra.xyz_d65(USUAL.spectra(new)))
        slopes = np.empty((len(new), 3, 3))
        for ink in range(3):
            more = new.copy()
            more[:, ink] += 0.01
            slopes[:, :, ink] = (xyz_to_lab(spectra.xyz_d65(USUAL.spectra(more))) - wanted + error) / 0.01
        square = slopes.transpose(0, 2, 1) @ slopes + 4.0 * np.eye(3)
        step = np.linalg.solve(square, (slopes.transpose(0, 2, 1) @ error[..., None]))[..., 0]
        new[:, :3] = np.clip(new[:, :3] + np.clip(step, -0.3, 0.3), 0, 1)
    return new


@dataclass(frozen=True, eq=False)
class PrintPrior:
    """What the patches' spectra may be: ``mean`` (24, wavelengths) and ``spread`` (24, printers, wavelengths), the
    deviations of many printers from it."""

    mean: Floats
    spread: Floats


def print_prior(areas: Floats) -> PrintPrior:
    """How homes would print ink areas (N, 4): the same draw of printers every time."""
    return _prior_of(areas.tobytes(), len(areas))


@cache
def _prior_of(areas: bytes, count: int) -> PrintPrior:
    wanted = np.frombuffer(areas).reshape(count, 4)
    rng = np.random.default_rng(_SEED)
    printers = [Printer.random(rng) for _ in range(_PRINTERS)]
    areas_by = {share: separated(wanted, share) for share in _BLACK_SHARES}
    printed = np.stack([printer.spectra(areas_by[printer.black_share]) for printer in printers], axis=1)
    mean = printed.mean(axis=1)
    return PrintPrior(mean, printed - mean[:, None])
