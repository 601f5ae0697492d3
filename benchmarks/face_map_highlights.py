"""A highlight before the treatment that is gone afterwards, laid on the maps of a clean series: a spot or none?

The simulated patients' highlights are painted on their portraits and never move; a real face shines where the lamp
happens to stand. White light, as a gloss sends it back, is added to a round place of every map of before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from face_map_analysis import Analysed
from numpy.typing import NDArray

from analyzer.surface.face_map import FaceMap
from analyzer.surface.layout import SIDE, layout
from calibration.cielab import lab_to_xyz, xyz_to_lab

# Radius of the place (cm) and by how much L* of its middle is lifted.
RADIUS_CM, LIFTED = (0.45, 1.0), (3.0, 14.0)
# Laid where the face looks no further away than 53 degrees and bare skin is around.
LEAST_FACING, AROUND = 0.6, 9
_BRIM_CM = 0.1


def shone_before(course: Sequence[Analysed], seed: int) -> tuple[list[Analysed], tuple[float, float]]:
    """The series with a highlight on its maps of before; and where (column, row)."""
    rng = np.random.default_rng([seed, 79])
    first = course[0].face
    free = (first.seen & (layout().normals[..., 2] > LEAST_FACING)).astype(np.uint8)
    places = np.argwhere(cv2.erode(free, np.ones((AROUND, AROUND), np.uint8)) > 0)
    row, column = places[rng.integers(len(places))]
    radius, lifted = rng.uniform(*RADIUS_CM), rng.uniform(*LIFTED)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    distance = np.hypot(y - row, x - column) * layout().texel_cm * first.size
    lightness = float(first.lab[row, column, 0])
    added = (_luminance(lightness + lifted) - _luminance(lightness)) / (1 + np.exp((distance - radius) / _BRIM_CM))
    shining = [replace(one, face=_lit(one.face, added)) if one.picture.day < 0 else one for one in course]
    return shining, (float(column), float(row))


def _luminance(lightness: float) -> float:
    return float(((lightness + 16) / 116) ** 3)


def _lit(face: FaceMap, added: NDArray[np.float64]) -> FaceMap:
    before = face.lab.astype(np.float64)
    white = lab_to_xyz(np.array([100.0, 0.0, 0.0]))
    rise = xyz_to_lab(lab_to_xyz(before) + added[..., None] * white) - before
    codes = np.clip(np.round(face.codes + rise / [0.4, 0.25, 0.25]), 0, 255).astype(np.uint8)
    return replace(face, codes=codes)
