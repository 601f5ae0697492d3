"""Which skin of a face is measured at every pose, and how much of it each pixel of a photograph shows.

A turned head shows one cheek broadly and the other as a narrow strip, and new skin at the edges. What is compared
from day to day has to be the same skin: the part of the face that looks forward, told on the average face and
therefore the same at every pose. And where a pixel shows more or less of that skin than it would from the front, its
weight says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.face import Face, fit_average_face

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]

# Skin that looks aside by more than this on a face seen from the front is measured at no pose: turned by 25 degrees it
# would look 70 degrees away from the camera. Of a nose little would be left, so some of its flanks
# count as well; with 60 degrees, small turns moved the mean of a nose whose flanks differ by an SD of 0.36 a*.
MOST_ASIDE_DEG, MOST_ASIDE_NOSE_DEG = 45.0, 50.0
# Weights beyond this factor come from triangles that are drawn out of shape, not from the pose.
MOST_WEIGHT = 4.0

# cv2 draws with fractions of 1/16 pixel.
_SHIFT = 4


@dataclass(frozen=True, eq=False)
class Facing:
    """Both of one shape (H, W).

    ``forward``: the mesh's forward skin is here, and nothing of the mesh lies before it. ``weight``: how much skin a
    pixel shows, in pixels of a face seen from the front (about 1 there); 1 outside of ``forward``.
    """

    forward: Mask
    weight: Plane


def facing(face: Face, window: tuple[slice, slice]) -> Facing:
    """The forward skin of ``face`` in ``window`` (rows, columns) of its photograph."""
    average = mesh.average_face()
    triangles = average.triangles
    drawn = np.full((window[0].stop - window[0].start, window[1].stop - window[1].start), -1, np.int32)
    offset = np.array([window[1].start, window[0].start])
    corners = np.round((face.landmarks[: mesh.SKIN_POINTS, :2] - offset) * 2**_SHIFT).astype(np.int32)[triangles]
    rotation, _ = fit_average_face(face.landmarks)
    depths = (average.points @ rotation[2])[triangles].mean(axis=1)
    # The nearest last: a nose hides what lies behind it.
    for number in np.argsort(depths):
        cv2.fillConvexPoly(drawn, corners[number], int(number), shift=_SHIFT)
    ahead = looks_forward(triangles)
    front = np.abs(_signed_areas(average.points, triangles))
    seen = _signed_areas(face.landmarks, triangles)
    shown = np.abs(seen)
    # Facing away though it looks forward on the average face: hidden by what is before it.
    ahead &= np.sign(seen) == np.sign(np.median(seen[ahead]))
    size = front[ahead].sum() / max(float(shown[ahead].sum()), 1e-6)
    weights = np.clip(front / np.maximum(size * shown, 1e-6), 1 / MOST_WEIGHT, MOST_WEIGHT)
    forward = (drawn >= 0) & ahead[drawn]
    return Facing(forward, np.where(forward, weights[drawn], 1.0).astype(np.float32))


def looks_forward(corners: NDArray[np.intp]) -> Mask:
    """(...): whether the triangles with these ``corners`` (..., 3), points of the mesh, are skin that is measured."""
    return np.asarray(_forwardness()[corners].mean(axis=-1) > _least()[corners].max(axis=-1), np.bool_)


@cache
def _least() -> NDArray[np.float64]:
    """(468,): the least cosine that is measured at each point."""
    flat = mesh.average_face().texture.astype(np.float32)
    nose = flat[list(mesh.NOSE)].reshape(-1, 1, 2)
    limits = np.cos(np.radians([MOST_ASIDE_DEG, MOST_ASIDE_NOSE_DEG]))
    inside = [cv2.pointPolygonTest(nose, (float(x), float(y)), True) > -1e-4 for x, y in flat]
    return np.asarray(limits[np.array(inside, int)])


@cache
def _forwardness() -> NDArray[np.float64]:
    """(468,): the cosine between straight ahead and the way the average face looks at each point."""
    average = mesh.average_face()
    a, b, c = (average.points[average.triangles[:, corner]] for corner in range(3))
    faces = np.cross(b - a, c - a)
    normals = np.zeros_like(average.points)
    for corner in range(3):
        np.add.at(normals, average.triangles[:, corner], faces)
    ahead = normals[:, 2] / np.maximum(np.linalg.norm(normals, axis=1), 1e-9)
    return np.asarray(ahead * np.sign(np.median(ahead)))


def _signed_areas(points: NDArray[np.float64], triangles: NDArray[np.intp]) -> NDArray[np.float64]:
    """(triangles,): their areas as seen from the front, negative where they face away."""
    a, b, c = (points[triangles[:, corner], :2] for corner in range(3))
    return np.asarray(0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]))
