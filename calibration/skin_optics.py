"""How blood and melanin colour skin: a small two-layer model, for what no table of measured skin covers.

Melanin in the epidermis filters the light twice; blood in the dermis absorbs what is scattered back. Used to
redden measured skins by a known dose, and to model the dark skins that the measured tables hold too few of.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.spectra import WAVELENGTHS, Spectrum, absorbers

# Jacques, "Optical properties of biological tissues: a review", Phys Med Biol 2013;58:R37.
_HAEMOGLOBIN_G_PER_L = 150.0
_HAEMOGLOBIN_G_PER_MOL = 64_500.0
_EPIDERMIS_CM = 0.006
_SURFACE = (
    0.025  # light that the surface throws back without entering: the floor that measured dark skins show at 420 nm
)
_DIFFUSE_A = 7.8  # Jacques' fit of total diffuse reflectance for skin's refractive index
_BLOODLESS_SCALE, _BLOODLESS_OFFSET = 7.84e8, 0.244  # 1/cm: skin without blood and melanin


def blood_absorption(oxygenation: ArrayLike = 0.75) -> NDArray[np.float64]:
    """Absorption coefficient of whole blood in 1/cm, ``(..., wavelengths)`` for an oxygen saturation ``(...)``."""
    saturation = np.asarray(oxygenation, dtype=float)[..., None]
    table = absorbers()
    extinction = saturation * table["oxyhaemoglobin"] + (1 - saturation) * table["deoxyhaemoglobin"]
    return np.asarray(np.log(10) * extinction * _HAEMOGLOBIN_G_PER_L / _HAEMOGLOBIN_G_PER_MOL)


def melanin_absorption(slope: ArrayLike = 2.5) -> NDArray[np.float64]:
    """Absorption coefficient of melanin in 1/cm, ``(..., wavelengths)``: a power law of the wavelength.

    At 500 nm it is that of a melanosome, 6.6e11 x nm^-3.33 (Jacques and McAuliffe 1991). In living skin it falls
    less steeply: a slope of 2 to 2.5 fits the dark skins of the measured tables best.
    """
    steepness = np.asarray(slope, dtype=float)[..., None]
    return np.asarray(6.6e11 * 500.0**-3.33 * (WAVELENGTHS / 500.0) ** -steepness)


def _scattering() -> Spectrum:
    """Reduced scattering of dermis in 1/cm (Jacques 2013, table 1: skin)."""
    return np.asarray(46.0 * (WAVELENGTHS / 500.0) ** -1.421)


def skin_reflectance(
    melanin: ArrayLike,
    blood: ArrayLike,
    oxygenation: ArrayLike = 0.75,
    scattering: ArrayLike = 1.0,
    melanin_slope: ArrayLike = 2.5,
) -> NDArray[np.float64]:
    """Diffuse reflectance ``(..., wavelengths)`` of skin.

    ``melanin`` is the melanosome volume fraction of the epidermis (0.01 very light to 0.45 very dark), ``blood`` the
    blood volume fraction of the dermis (0.002 pale to 0.07 flushed); both broadcast.
    """
    m = np.asarray(melanin, dtype=float)[..., None]
    f = np.asarray(blood, dtype=float)[..., None]
    bloodless = _BLOODLESS_SCALE * WAVELENGTHS**-3.255 + _BLOODLESS_OFFSET
    absorption = f * blood_absorption(oxygenation) + (1 - f) * bloodless
    scattered = np.asarray(scattering, dtype=float)[..., None] * _scattering()
    dermis = np.exp(-_DIFFUSE_A / np.sqrt(3 * (1 + scattered / absorption)))
    inside = np.exp(-2 * m * _EPIDERMIS_CM * melanin_absorption(melanin_slope)) * dermis
    return np.asarray(_SURFACE + (1 - _SURFACE) * inside)


def blood_absorbance(oxygenation: ArrayLike = 0.9, shortening: ArrayLike = 0.5) -> NDArray[np.float64]:
    """Absorbance that one unit of added superficial blood gives skin, ``(..., wavelengths)``, 1 at its 540-580 nm mean.

    Light that is absorbed more travels less far through the dermis, so a strong band grows slower than Beer's law
    says: the path falls with absorption to the power ``shortening`` (0 = Beer's law, 0.5 = deep diffusion).
    """
    absorption = blood_absorption(oxygenation)
    power = 1 - np.asarray(shortening, dtype=float)[..., None]
    grown = absorption**power
    band = (WAVELENGTHS >= 540) & (WAVELENGTHS <= 580)
    return np.asarray(grown / grown[..., band].mean(axis=-1, keepdims=True))


def redden(
    reflectance: NDArray[np.float64], dose: ArrayLike, oxygenation: ArrayLike = 0.9, shortening: ArrayLike = 0.5
) -> NDArray[np.float64]:
    """Skin ``(..., wavelengths)`` with added blood ``dose`` ``(...)``; 0.3 is a plain sunburn's worth of redness."""
    amount = np.asarray(dose, dtype=float)[..., None]
    return np.asarray(reflectance * np.exp(-amount * blood_absorbance(oxygenation, shortening)))


def tan(reflectance: NDArray[np.float64], melanin: ArrayLike, melanin_slope: ArrayLike = 2.5) -> NDArray[np.float64]:
    """Skin ``(..., wavelengths)`` behind an epidermis with ``melanin`` ``(...)`` more melanosomes (volume fraction)."""
    inside = np.maximum(reflectance - _SURFACE, 0.0)
    filtered = inside * melanin_filter(melanin, melanin_slope)
    return np.asarray(np.minimum(reflectance, _SURFACE + filtered))


def melanin_absorbance(melanin_slope: ArrayLike = 2.5) -> NDArray[np.float64]:
    """Absorbance ``(..., wavelengths)`` of an epidermis of melanosomes alone, for light that goes there and back."""
    return np.asarray(2 * _EPIDERMIS_CM * melanin_absorption(melanin_slope))


def melanin_filter(melanin: ArrayLike, melanin_slope: ArrayLike = 2.5) -> NDArray[np.float64]:
    """Share of light ``(..., wavelengths)`` that passes ``melanin`` ``(...)`` more melanosomes there and back."""
    m = np.asarray(melanin, dtype=float)[..., None]
    return np.asarray(np.exp(-m * melanin_absorbance(melanin_slope)))
