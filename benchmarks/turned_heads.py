"""A portrait's head turned in three dimensions: the person's mesh with the average face's depth, the picture its skin.

What is true of every pixel turns with it, so the truth about a turned head is known. Hair, ears and neck hang on two
rings around the mesh; the picture's rim stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.face import Face, fit_average_face

Floats = NDArray[np.float64]
Plane = NDArray[np.float32]

# An arm's length in centimetres, and how far behind the face's middle a head turns.
DISTANCE_CM, AXIS_CM = 55.0, 4.0
# The rings around the face's outline: how much wider, and how many centimetres further back.
RINGS = ((1.12, 2.0), (1.35, 6.0))
# Where each pixel comes from is worked out on a copy this much smaller, and is smooth in between.
SHRINK = 3


@dataclass(frozen=True)
class Pose:
    """Degrees and pixels; ``yaw`` and ``pitch`` as :class:`analyzer.face.Face` has them."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Turned:
    """Where each pixel (H, W) of the turned picture comes from (``x``, ``y``), and its skin's direction (H, W, 3)
    before and after: x to the right, y up, z towards the camera."""

    x: Plane
    y: Plane
    before: Plane
    after: Plane

    def picture(self, image: NDArray[np.float32]) -> Plane:
        """``image`` (H, W, ...) as it looks now."""
        return np.asarray(cv2.remap(image, self.x, self.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    def light(self, direction: tuple[float, float, float], ambient: float = 0.6) -> Plane:
        """(H, W): how much more light than before falls here from a broad lamp that stays where it is."""
        lamp = np.asarray(direction, np.float32) / np.linalg.norm(direction)

        def lit(normals: Plane) -> Plane:
            unit = normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
            return np.asarray(ambient + (1 - ambient) * np.maximum(0, 0.5 + 0.5 * unit @ lamp) ** 1.5, np.float32)

        return np.asarray(cv2.GaussianBlur(lit(self.after) / lit(self.before), (0, 0), 6), np.float32)


class Head:
    """The head in a picture of ``shape`` (height, width) with this ``face``."""

    def __init__(self, face: Face, shape: tuple[int, int]) -> None:
        average = mesh.average_face()
        self.shape = shape
        self.rotation, _ = fit_average_face(face.landmarks)
        weights = average.weights / average.weights.sum()
        model = (average.points - weights @ average.points) @ self.rotation.T
        points = face.landmarks[: mesh.SKIN_POINTS] * [1.0, -1.0, -1.0]
        seen = points - weights @ points
        size = float((weights @ (seen[:, :2] * model[:, :2]).sum(axis=1)) / (weights @ (model[:, :2] ** 2).sum(axis=1)))
        depth = size * model[:, 2]
        self.centre = np.array([*points[:, :2].mean(axis=0), depth.mean() - AXIS_CM * size])
        self.distance = DISTANCE_CM * size
        head = np.column_stack([points[:, :2], depth]) - self.centre
        oval = head[list(mesh.OVAL)]
        middle = oval[:, :2].mean(axis=0)
        rings = [
            np.column_stack([middle + wider * (oval[:, :2] - middle), oval[:, 2] - back * size])
            for wider, back in RINGS
        ]
        self.points = np.concatenate([head, *rings])
        height, width = shape
        steps = np.linspace(0, 1, 9)
        self.rim = np.array([[x * width, y * height] for x in steps for y in steps if x in (0, 1) or y in (0, 1)])
        self.source = np.concatenate([(self.points + self.centre)[:, :2] * [1, -1], self.rim])
        normals = _normals(average.points, average.triangles) @ self.rotation.T
        edge = normals[list(mesh.OVAL)]
        self.normals = np.concatenate([normals, edge, edge])
        self.triangles = np.concatenate([average.triangles, _strips()])

    def turned(self, pose: Pose) -> Turned:
        """The head in ``pose``."""
        cosine, sine = np.cos(np.radians(pose.roll)), np.sin(np.radians(pose.roll))
        roll = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
        turn = roll @ rotation_to(pose.yaw, pose.pitch) @ self.rotation.T
        points = self.points @ turn.T * pose.scale
        nearer = self.distance / (self.distance - points[:, 2])
        goal = (points[:, :2] * nearer[:, None] + self.centre[:2]) * [1, -1] + pose.shift
        goal = np.concatenate([goal, self.rim])
        depth = np.concatenate([points[:, 2], np.full(len(self.rim), -1e4)])
        ahead = np.tile([0.0, 0.0, 1.0], (len(self.rim), 1))
        values = np.column_stack(
            [self.source, np.concatenate([self.normals, ahead]), np.concatenate([self.normals @ turn.T, ahead])]
        )
        drawn = self._drawn(goal, depth, values)
        return Turned(drawn[..., 0].copy(), drawn[..., 1].copy(), drawn[..., 2:5].copy(), drawn[..., 5:8].copy())

    def _drawn(self, goal: Floats, depth: Floats, values: Floats) -> Plane:
        from scipy.spatial import Delaunay

        height, width = self.shape
        outer = np.arange(len(self.points) - len(mesh.OVAL), len(goal))
        behind = outer[Delaunay(goal[outer]).simplices]
        picture = np.zeros((height // SHRINK, width // SHRINK, values.shape[1]), np.float32)
        nearest = np.full(picture.shape[:2], -np.inf)
        goal = (goal + 0.5) / SHRINK - 0.5
        for triangles, back in ((self.triangles, 0.0), (behind, 1e5)):
            for triangle in triangles:
                _fill(picture, nearest, goal[triangle], depth[triangle] - back, values[triangle])
        return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def rotation_to(yaw: float, pitch: float) -> Floats:
    """The rotation of a head with these angles and no roll: the inverse of :func:`analyzer.face.angles`."""
    y, p = np.radians(yaw), np.radians(pitch)
    aside = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    up = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    return np.asarray(aside @ up)


def _fill(picture: Plane, nearest: Floats, corners: Floats, depth: Floats, values: Floats) -> None:
    """Draw one triangle where nothing nearer is."""
    (ax, ay), (bx, by), (cx, cy) = corners
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, picture.shape[1::-1])
    if abs(area) < 1e-9 or x1 <= x0 or y1 <= y0:
        return
    x, y = np.meshgrid(np.arange(x0, x1), np.arange(y0, y1))
    a = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
    b = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
    shares = np.stack([a, b, 1 - a - b], axis=-1)
    inside = (shares >= -1e-6).all(axis=-1)
    near = shares @ depth
    inside &= near > nearest[y0:y1, x0:x1]
    nearest[y0:y1, x0:x1][inside] = near[inside]
    picture[y0:y1, x0:x1][inside] = shares[inside] @ values


def _normals(points: Floats, triangles: NDArray[np.intp]) -> Floats:
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], np.cross(b - a, c - a))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return np.asarray(normals * np.sign(np.median(normals[:, 2])))


def _strips() -> NDArray[np.intp]:
    """Triangles from the face's outline to the first ring, and from there to the second."""
    oval, count = np.array(mesh.OVAL), len(mesh.OVAL)
    rings = [oval, mesh.SKIN_POINTS + np.arange(count), mesh.SKIN_POINTS + count + np.arange(count)]
    strips = []
    for inner, outer in pairwise(rings):
        strips += [np.column_stack([inner, np.roll(inner, -1), outer])]
        strips += [np.column_stack([np.roll(inner, -1), np.roll(outer, -1), outer])]
    return np.concatenate(strips).astype(np.intp)
