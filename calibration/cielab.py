"""CIELAB, sRGB and CIEDE2000, for arrays of any shape ``(..., 3)``.

D65 and the CIE 1931 2 degree observer throughout. Floating types are kept: float32 in, float32 out.
Checked against published tables and colour-science in ``tests/calibration/test_cielab.py``.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = TypeVar("Floats", NDArray[np.float32], NDArray[np.float64])

# IEC 61966-2-1: the white that sRGB is built on.
WHITE_D65: NDArray[np.float64] = np.array([0.95047, 1.0, 1.08883])

# IEC 61966-2-1 primaries with that white, at full precision (the standard prints four digits).
SRGB_TO_XYZ: NDArray[np.float64] = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
XYZ_TO_SRGB: NDArray[np.float64] = np.asarray(np.linalg.inv(SRGB_TO_XYZ), dtype=np.float64)

# CIE 15: the cube root is continued by a straight line below this ratio.
_EPSILON = (6 / 29) ** 3
_KAPPA = (29 / 3) ** 3


def xyz_to_lab(xyz: Floats) -> Floats:
    """XYZ (Y of white = 1) to CIELAB. Negative values follow the straight part of the curve (CIE 15:2018)."""
    ratio: Floats = np.divide(xyz, WHITE_D65.astype(xyz.dtype), dtype=xyz.dtype)
    f = np.where(ratio > _EPSILON, cube_root(ratio), (_KAPPA * ratio + 16) / 116).astype(xyz.dtype)
    lab = np.empty_like(f)
    lab[..., 0] = 116 * f[..., 1] - 16
    lab[..., 1] = 500 * (f[..., 0] - f[..., 1])
    lab[..., 2] = 200 * (f[..., 1] - f[..., 2])
    return lab


def cube_root(values: Floats) -> Floats:
    """Cube roots, with their sign. In single precision by logarithms: NumPy's own root takes twice as long there."""
    root: Floats
    if values.dtype != np.float32:
        root = np.cbrt(values)
    else:
        root = np.copysign(np.exp(np.log(np.maximum(np.abs(values), _TINY)) / np.float32(3)), values)
    return root


_TINY = np.float32(1e-30)


def lab_to_xyz(lab: Floats) -> Floats:
    """CIELAB to XYZ (Y of white = 1); the exact inverse of :func:`xyz_to_lab`."""
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], axis=-1)
    cubed = f * f * f
    ratio = np.where(cubed > _EPSILON, cubed, (116 * f - 16) / _KAPPA)
    return (ratio * WHITE_D65).astype(lab.dtype)


def linear_srgb_to_xyz(rgb: Floats) -> Floats:
    """Linear sRGB to XYZ; no clipping."""
    return rgb @ SRGB_TO_XYZ.T.astype(rgb.dtype)


def xyz_to_linear_srgb(xyz: Floats) -> Floats:
    """XYZ to linear sRGB; no clipping."""
    return xyz @ XYZ_TO_SRGB.T.astype(xyz.dtype)


def linear_srgb_to_lab(rgb: Floats) -> Floats:
    """Linear sRGB to CIELAB; no clipping."""
    return xyz_to_lab(linear_srgb_to_xyz(rgb))


def encode_srgb(linear: Floats) -> Floats:
    """The sRGB tone curve: linear 0..1 to coded 0..1. Values outside are clipped: they cannot be shown."""
    clipped = np.clip(linear, 0, 1)
    return np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055).astype(linear.dtype)


def decode_srgb(coded: Floats) -> Floats:
    """The inverse of :func:`encode_srgb` for coded values 0..1."""
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4).astype(coded.dtype)


def individual_typology_angle(lab: Floats) -> Floats:
    """ITA in degrees, ``atan((L* - 50) / b*)`` (Chardon 1991); shape ``(...,)``.

    ``b*`` at or below 0 counts as 0.01.
    """
    b_star = np.maximum(lab[..., 2], 0.01)
    return np.degrees(np.arctan2(lab[..., 0] - 50, b_star))


def delta_e00(lab_1: Floats, lab_2: Floats) -> Floats:
    """CIEDE2000 colour difference, kL = kC = kH = 1; shape ``(...,)``. After Sharma, Wu and Dalal (2005)."""
    l_1, a_1, b_1 = lab_1[..., 0], lab_1[..., 1], lab_1[..., 2]
    l_2, a_2, b_2 = lab_2[..., 0], lab_2[..., 1], lab_2[..., 2]
    chroma_7 = ((np.hypot(a_1, b_1) + np.hypot(a_2, b_2)) / 2) ** 7
    stretch = 1 + 0.5 * (1 - np.sqrt(chroma_7 / (chroma_7 + 25.0**7)))
    c_1, c_2 = np.hypot(stretch * a_1, b_1), np.hypot(stretch * a_2, b_2)
    h_1 = np.degrees(np.arctan2(b_1, stretch * a_1)) % 360
    h_2 = np.degrees(np.arctan2(b_2, stretch * a_2)) % 360
    grey = c_1 * c_2 == 0

    turn = h_2 - h_1
    turn = np.where(turn > 180, turn - 360, np.where(turn < -180, turn + 360, turn))
    delta_h = 2 * np.sqrt(c_1 * c_2) * np.sin(np.radians(np.where(grey, 0, turn)) / 2)
    far = np.abs(h_1 - h_2) > 180
    total = h_1 + h_2
    mean_h = np.where(grey, total, np.where(far, np.where(total < 360, total + 360, total - 360) / 2, total / 2))

    mean_l, mean_c = (l_1 + l_2) / 2, (c_1 + c_2) / 2
    weight = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c = 1 + 0.045 * mean_c
    s_h = 1 + 0.015 * mean_c * weight
    turn_blue = 60 * np.exp(-(((mean_h - 275) / 25) ** 2))
    rotation = -np.sin(np.radians(turn_blue)) * 2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    l_part, c_part, h_part = (l_2 - l_1) / s_l, (c_2 - c_1) / s_c, delta_h / s_h
    squared = l_part**2 + c_part**2 + h_part**2 + rotation * c_part * h_part
    difference: Floats = np.sqrt(np.maximum(squared, 0)).astype(lab_1.dtype)
    return difference
