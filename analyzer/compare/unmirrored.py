"""A selfie the right way round: side by side, a mole must not change sides."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.measured import Measured

# The rings of the irises, in the order of their mirror images (right, top, left, bottom, each after its centre).
_IRISES = (473, 476, 475, 474, 477, 468, 471, 470, 469, 472)


def unmirrored(measured: Measured) -> Measured:
    """The photograph flipped back where its card shows that it was mirrored; else as it is.

    Its landmarks then name the person's own sides. ``calibration`` still speaks of the file's own pixels.
    """
    if not measured.calibration.mirrored:
        return measured
    width = measured.linear.shape[1]
    landmarks = measured.face.landmarks[_partners()].copy()
    landmarks[:, 0] = width - 1 - landmarks[:, 0]
    left, top, across, down = measured.face.box
    face = replace(
        measured.face,
        landmarks=landmarks,
        box=(width - 1 - left - across, top, across, down),
        yaw=-measured.face.yaw,
        roll=-measured.face.roll,
    )
    return replace(
        measured,
        linear=np.ascontiguousarray(measured.linear[:, ::-1]),
        labels=np.ascontiguousarray(measured.labels[:, ::-1]),
        cover=np.ascontiguousarray(measured.cover[:, ::-1]),
        face=face,
    )


@cache
def _partners() -> NDArray[np.intp]:
    """(478,): the point on the other side of the face for each point of the mesh."""
    flat = mesh.average_face().texture
    flipped = flat * [-1.0, 1.0] + [1.0, 0.0]
    nearest = [int(np.argmin(np.hypot(*(flat - one).T))) for one in flipped]
    return np.array([*nearest, *_IRISES], np.intp)
