"""Make-up as a forward model: a film of pigment over skin, after Kubelka and Munk.

Foundation is titanium dioxide, which scatters, with yellow, red and black iron oxide, which absorb, mixed to the colour
of the skin that it is sold for; mineral sunscreen is the same without the oxides. A film sends back some light
itself, and lets the rest through to the skin and back again, as often as it is thrown back and forth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.cielab import xyz_to_lab
from calibration.simulated_face import NOT_SKIN, OVAL, PaintedFace, fill_outlines, soften
from calibration.simulated_skin import SkinTable
from calibration.spectra import WAVELENGTHS

Array = NDArray[np.float64]
Pixels = NDArray[np.float32]

# Light that goes back and forth between film and skin more often than this is lost in rounding.
_BOUNCES = 4
# Where a film's thickness varies: patches of this share of the face's width, by this much.
_UNEVEN, _UNEVENNESS = 0.03, 0.10
# Smoothing that tells light and shade from marks, as a share of the face's width (about 2.5 mm).
_SHADING = 0.018


def _below(nanometres: float, width: float) -> Array:
    return np.asarray(1 / (1 + np.exp((WAVELENGTHS - nanometres) / width)))


# Relative absorption of goethite, haematite and magnetite, smooth edges where their reflectance has them; scattering
# of titanium dioxide in the size that hides best. **Drawn from their known shape, not from a table.**
_YELLOW = _below(500, 16) + 0.10 * np.exp(-(((WAVELENGTHS - 640) / 45.0) ** 2)) + 0.02
_RED = _below(568, 13) + 0.10 * np.exp(-(((WAVELENGTHS - 650) / 60.0) ** 2)) + 0.03
_BLACK = np.full(len(WAVELENGTHS), 0.8)
_WHITE_ABSORPTION = np.full(len(WAVELENGTHS), 0.002)
_SCATTERING = np.asarray((WAVELENGTHS / 550.0) ** -0.9)


@dataclass(frozen=True)
class Film:
    """Make-up over the face: ``hiding`` is the share of the skin's own light at 550 nm that does not come through.

    ``lab`` is the colour of the stuff in a thick layer (None: white, as mineral sunscreen). It lies on the face inside
    of its outline, not on eyes, brows and lips, nor on ears and neck.
    """

    hiding: float
    lab: tuple[float, float, float] | None = None


def film_optics(film: Film) -> tuple[Array, Array]:
    """What the film reflects and what it lets through, each (wavelengths,)."""
    absorption = _WHITE_ABSORPTION if film.lab is None else _mixture(np.array(film.lab))
    green = int(np.argmin(np.abs(WAVELENGTHS - 550)))
    thin, thick = 0.0, 60.0
    for _ in range(60):
        thickness = (thin + thick) / 2
        reflected, passed = _layer(absorption, thickness)
        thin, thick = (thickness, thick) if 1 - passed[green] ** 2 < film.hiding else (thin, thickness)
    return reflected, passed


def _layer(absorption: Array, thickness: float) -> tuple[Array, Array]:
    """Reflectance and transmittance of a free layer (Kubelka 1948)."""
    a = 1 + absorption / _SCATTERING
    b = np.sqrt(np.maximum(a**2 - 1, 1e-9))
    sinh, cosh = (one(np.minimum(b * _SCATTERING * thickness, 40)) for one in (np.sinh, np.cosh))
    down = a * sinh + b * cosh
    return np.asarray(sinh / down), np.asarray(b / down)


def _mixture(lab: Array) -> Array:
    """Absorption of the mixture of iron oxides whose thick layer has this colour."""
    from scipy.optimize import least_squares

    oxides = np.stack([_YELLOW, _RED, _BLACK])

    def off(amounts: Array) -> Array:
        a = 1 + np.exp(amounts) @ oxides / _SCATTERING
        return np.asarray(xyz_to_lab(spectra.xyz_d65((a - np.sqrt(a**2 - 1))[None]))[0] - lab)

    found = least_squares(off, np.log([0.1, 0.05, 0.02]), bounds=(np.log(1e-5), np.log(30.0)))
    return np.asarray(np.exp(found.x) @ oxides)


@dataclass(frozen=True, eq=False)
class FilmedSkin:
    """A person's skin with a film on it, pixel by pixel in the order they are asked for in.

    ``cover`` (N,) says how much of each pixel it covers, ``shade`` (N,) how much light falls there: a portrait's
    colours are of skin in its own light and shade, and a film is shaded as the skin is.
    """

    bare: SkinTable
    reflected: Array
    passed: Array
    cover: Pixels
    shade: Pixels

    def seen(self, xyz: Pixels, dose: Pixels, weights: Array, melanin: Pixels | None = None) -> Pixels:
        """As :meth:`SkinTable.seen`."""
        bare = self.bare.seen(xyz, dose, weights, melanin)
        # Sensors of single wavelengths give the spectrum itself; the back and forth is not linear in it.
        filmed = np.zeros_like(bare)
        some = np.flatnonzero(self.cover > 0)
        for part in np.array_split(some, max(1, len(some) // 40_000)):
            grown = None if melanin is None else melanin[part]
            shade = self.shade[part][:, None]
            skin = self.bare.seen(xyz[part], dose[part], np.eye(len(WAVELENGTHS))[::2], grown) / shade
            through = np.zeros_like(skin)
            for bounce in range(_BOUNCES):
                through += skin ** (bounce + 1) * self.reflected[::2] ** bounce
            light = self.reflected[::2] + self.passed[::2] ** 2 * through
            filmed[part] = shade * (light @ _coarser(weights).T.astype(np.float32))
        return np.asarray(bare + self.cover[:, None] * (filmed - bare), np.float32)


def _coarser(weights: Array) -> Array:
    """Weights (sensors, wavelengths) for every second wavelength; those between are shared out to their neighbours."""
    kept, between = weights[:, ::2].copy(), weights[:, 1::2] / 2
    kept[:, :-1] += between
    kept[:, 1:] += between
    return kept


def film_over(
    face: PaintedFace, film: Film, outlines: Mapping[str, Array], skin: Pixels, luminance: Pixels, seed: int
) -> PaintedFace:
    """The face with the film on it, in a picture's pixels: where their share of ``skin`` (H, W) is not 0.

    ``outlines`` lie in the picture, ``luminance`` (H, W) is the bare skin's Y.
    """
    cover = _cover(outlines, (skin.shape[0], skin.shape[1]), seed)
    reflected, passed = film_optics(film)
    some = skin > 0
    filmed = FilmedSkin(face.table, reflected, passed, cover[some], _shade(outlines, some, luminance, cover)[some])
    return replace(face, table=filmed)  # type: ignore[arg-type]  # it sees as a table does


def _shade(outlines: Mapping[str, Array], skin: NDArray[np.bool_], luminance: Pixels, cover: Pixels) -> Pixels:
    """(H, W): light on the skin against the face's median. What is wider than a freckle counts as light and shade."""
    reach = _SHADING * float(np.ptp(outlines[OVAL][:, 0]))
    inside = skin.astype(np.float32)
    around = soften(luminance * inside, reach) / np.maximum(soften(inside, reach), 1e-3)
    return np.asarray(np.clip(around / np.median(luminance[cover > 0.5]), 0.1, 2.5), np.float32)


def _cover(outlines: Mapping[str, Array], shape: tuple[int, int], seed: int) -> Pixels:
    """(H, W) 0..1: where the film lies, up to the hair, and how thickly."""
    oval = outlines[OVAL]
    centre, width = (oval.min(axis=0) + oval.max(axis=0)) / 2, float(np.ptp(oval[:, 0]))
    wider = centre + (oval - centre) * 1.02
    higher = wider - [0, 0.13 * width] * (wider[:, 1:] < centre[1] - 0.2 * width)
    inside = soften(fill_outlines({OVAL: higher}, [OVAL], shape), 0.02 * width)
    spared = [name for name in NOT_SKIN if name in outlines and not name.endswith("nostril")]
    rims = soften(fill_outlines(outlines, spared, shape), 0.01 * width)
    noise = np.random.default_rng([seed, 7]).standard_normal(shape).astype(np.float32)
    thickness = soften(noise, _UNEVEN * width)
    thickness = 1 + _UNEVENNESS * thickness / thickness.std()
    return np.asarray(np.clip(inside * (1 - np.clip(2 * rims, 0, 1)) * thickness, 0, 1), np.float32)
