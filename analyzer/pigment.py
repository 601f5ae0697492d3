"""Pigment: how much melanin a colour of skin speaks of, told apart from blood.

Blood and melanin both darken skin and lower ITA, but not alike: in log10 of linear calibrated sRGB, added melanin
lowers red, green and blue by about 1 : 1.45 : 2.1, added blood by 1 : 3.5 : 5.3 (two-layer model of
``calibration.skin_optics`` over the training people). ``melanin_index`` is the one combination of the three that added
blood leaves alone, that counts melanin as the usual index 100 log10(1/R) does, and that repeats best from photograph
to photograph, on simulated photographs under changing lamps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.cielab import individual_typology_angle, lab_to_xyz, xyz_to_linear_srgb

# Weights of log10 R, G, B. The first 100 would be the usual index; a test holds them against the model of skin.
WEIGHTS = np.array([-178.4, 117.8, -44.3])
# A channel that has no light left counts as this: sRGB has no colour for the deepest reds.
_LEAST = 1e-3


def melanin_index(linear_srgb: ArrayLike) -> float:
    """The index of a mean colour, linear calibrated sRGB (3,): some 30 in very light, 60 and more in dark skin."""
    rgb = np.maximum(np.asarray(linear_srgb, dtype=np.float64), _LEAST)
    return float(np.log10(rgb) @ WEIGHTS)


def melanin_indices(lab: NDArray[np.floating]) -> NDArray[np.float64]:
    """The index of each colour in CIELAB (..., 3): (...)."""
    rgb = np.maximum(xyz_to_linear_srgb(lab_to_xyz(np.asarray(lab, np.float64))), _LEAST)
    return np.asarray(np.log10(rgb) @ WEIGHTS)


def melanin_index_of_lab(lightness: float, a: float, b: float) -> float:
    """The index of a mean colour in CIELAB, for readings that carry no other."""
    return melanin_index(xyz_to_linear_srgb(lab_to_xyz(np.array([lightness, a, b], dtype=np.float64))))


def typology_angle(lightness: float, a: float, b: float) -> float:
    """Individual typology angle in degrees of a mean colour."""
    return float(individual_typology_angle(np.array([lightness, a, b], dtype=np.float64)))
