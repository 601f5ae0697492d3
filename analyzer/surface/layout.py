"""Where each point of the face lies on the map: the average face's skin laid flat, the same for every photograph.

The map is a square of ``SIDE`` texels. Its left half is the person's right half, as in a photograph.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh

SIDE = 256

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Kept off the skin of the map, with a margin in texels: what the mesh draws a little too small.
_KEPT_CLEAR = (
    (mesh.LIPS, 3),
    (mesh.LEFT_EYE, 5),
    (mesh.RIGHT_EYE, 5),
    (mesh.LEFT_BROW, 3),
    (mesh.RIGHT_BROW, 3),
    (mesh.LEFT_NOSTRIL, 2),
    (mesh.RIGHT_NOSTRIL, 2),
)


@dataclass(frozen=True, eq=False)
class Layout:
    """The texels of the map, all arrays (SIDE, SIDE, ...).

    ``corners`` (..., 3) are the mesh points around each texel and ``shares`` (..., 3) how much each counts; ``inside``
    is where the mesh is, ``skin`` the same without lips, eyes, brows and nostrils. ``points`` (..., 3) is where the
    texel lies on the average face, in cm, ``normals`` (..., 3) the way it looks there, ``area`` (...) its size in cm2,
    ``texel_cm`` the usual side of a texel there.
    """

    corners: NDArray[np.intp]
    shares: Floats
    inside: Mask
    skin: Mask
    points: Floats
    normals: Floats
    area: NDArray[np.float32]
    texel_cm: float

    def spread(self, values: NDArray[np.floating]) -> Floats:
        """Values (468, n) of the mesh's points on every texel: (SIDE, SIDE, n)."""
        return np.asarray(np.einsum("hwk,hwkn->hwn", self.shares, values[self.corners]))


@cache
def layout() -> Layout:
    """The one layout; made once (some 100 ms)."""
    face = mesh.average_face()
    flat = face.texture * SIDE - 0.5
    corners = np.zeros((SIDE, SIDE, 3), np.intp)
    shares = np.zeros((SIDE, SIDE, 3))
    inside = np.zeros((SIDE, SIDE), np.bool_)
    for triangle in face.triangles:
        _fill(flat, triangle, corners, shares, inside)
    points = np.einsum("hwk,hwkn->hwn", shares, face.points[corners])
    down, across = np.gradient(points, axis=(0, 1))
    normals = np.cross(down, across)
    area = np.linalg.norm(normals, axis=2)
    normals /= np.maximum(area, 1e-9)[..., None]
    area = np.where(inside, np.clip(area, 0, np.quantile(area[inside], 0.98)), 0).astype(np.float32)
    texel_cm = float(np.sqrt(np.median(area[inside])))
    return Layout(corners, shares, inside, _skin(flat, inside), points, normals, area, texel_cm)


@cache
def outline_mask(outlines: tuple[tuple[int, ...], ...]) -> Mask:
    """(SIDE, SIDE): inside any of the mesh's outlines."""
    flat = mesh.average_face().texture * SIDE - 0.5
    drawn = np.zeros((SIDE, SIDE), np.uint8)
    for outline in outlines:
        cv2.fillPoly(drawn, [_fixed(flat, outline)], 1, shift=4)
    return np.asarray(drawn > 0)


def flat_points() -> Floats:
    """Where the mesh's points lie on the map: (468, 2), x and y in texels."""
    return np.asarray(mesh.average_face().texture * SIDE - 0.5)


def _fill(flat: Floats, triangle: NDArray[np.intp], corners: NDArray[np.intp], shares: Floats, inside: Mask) -> None:
    """Write one triangle's texels: their corners and barycentric shares."""
    a, b, c = flat[triangle]
    low = np.maximum(np.floor(np.minimum(np.minimum(a, b), c)).astype(int), 0)
    high = np.minimum(np.ceil(np.maximum(np.maximum(a, b), c)).astype(int), SIDE - 1)
    x, y = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
    size = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
    if size == 0:
        return
    v = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / size
    w = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / size
    hit = (v >= -1e-6) & (w >= -1e-6) & (v + w <= 1 + 1e-6)
    rows, columns = y[hit], x[hit]
    corners[rows, columns] = triangle
    shares[rows, columns] = np.stack([1 - v - w, v, w], axis=-1)[hit]
    inside[rows, columns] = True


def _skin(flat: Floats, inside: Mask) -> Mask:
    covered = np.zeros((SIDE, SIDE), np.uint8)
    for outline, margin in _KEPT_CLEAR:
        polygon = _fixed(flat, outline)
        cv2.fillPoly(covered, [polygon], 1, shift=4)
        cv2.polylines(covered, [polygon], True, 1, 2 * margin, shift=4)
    return np.asarray(inside & (covered == 0), np.bool_)


def _fixed(flat: Floats, outline: tuple[int, ...]) -> NDArray[np.int32]:
    return np.round(flat[list(outline)] * 16).astype(np.int32)
