"""The face mesh: which landmark lies where, and the shape of the average face.

Indices are those of MediaPipe's FaceMesh (468 points of the skin, 478 with the irises). Left and right are the
person's own. All outlines run along the border of the named part.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

SKIN_POINTS = 468
ALL_POINTS = 478

# fmt: off
OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
        150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_BROW = (276, 283, 282, 295, 285, 336, 296, 334, 293, 300)
RIGHT_BROW = (46, 53, 52, 65, 55, 107, 66, 105, 63, 70)

FOREHEAD = (54, 103, 67, 109, 10, 338, 297, 332, 284, 298, 293, 334, 296, 336, 107, 66, 105, 63, 68)
NOSE = (168, 122, 174, 198, 49, 48, 64, 98, 97, 2, 326, 327, 294, 278, 279, 420, 399, 351)
LEFT_CHEEK = (345, 346, 347, 348, 329, 371, 423, 426, 427, 411, 376, 352)
RIGHT_CHEEK = (116, 117, 118, 119, 100, 142, 203, 206, 207, 187, 147, 123)
CHIN = (200, 421, 418, 262, 369, 400, 377, 152, 148, 176, 140, 32, 194, 201)
PERIORAL = (186, 92, 165, 167, 164, 393, 391, 322, 410, 287, 422, 424, 418, 421, 200, 201, 194, 204, 202, 57)
LEFT_NOSTRIL = (327, 460, 328, 250, 309, 392, 289, 455)
RIGHT_NOSTRIL = (98, 240, 99, 20, 79, 166, 59, 235)
# From between the brows to the upper bridge of the nose: neither masks nor scarves go there.
BETWEEN_EYES = (9, 336, 285, 413, 465, 412, 399, 197, 174, 188, 245, 189, 55, 107)
# fmt: on

# The outlines of the measured regions before anything is taken away from them.
OUTLINES = {
    "forehead": FOREHEAD,
    "nose": NOSE,
    "left_cheek": LEFT_CHEEK,
    "right_cheek": RIGHT_CHEEK,
    "perioral": PERIORAL,
    "chin": CHIN,
}

RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_INNER, LEFT_EYE_OUTER = 33, 133, 362, 263


@dataclass(frozen=True, eq=False)
class AverageFace:
    """The canonical face: ``points`` (468, 3) in centimetres, x to the person's left, y up, z out of the face.

    ``weights`` (468,) say how much each point counts when a pose is fitted: the bony parts that neither a smile
    nor an open mouth moves. ``texture`` (468, 2): where each point lies when the skin is laid flat, u to the person's
    left and v down, both 0 to 1. ``triangles`` (898, 3): the mesh, as indices of points.
    """

    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    texture: NDArray[np.float64]
    triangles: NDArray[np.intp]


@cache
def average_face() -> AverageFace:
    """Read the average face from the model's geometry file."""
    data = files("analyzer").joinpath("models/face_geometry.binarypb").read_bytes()
    floats: list[float] = []
    indices: list[int] = []
    weights = np.zeros(SKIN_POINTS)
    for field, value in _fields(data):
        if field == 1 and isinstance(value, bytes):  # the mesh: x y z u v of every vertex (3), its triangles (4)
            floats = [struct.unpack("<f", raw)[0] for key, raw in _fields(value) if key == 3 and isinstance(raw, bytes)]
            indices = [index for key, index in _fields(value) if key == 4 and isinstance(index, int)]
        elif field == 2 and isinstance(value, bytes):  # one point of the fit: its index (1) and its weight (2)
            entry = dict(_fields(value))
            index, weight = entry.get(1, 0), entry[2]
            if isinstance(index, int) and isinstance(weight, bytes):
                weights[index] = struct.unpack("<f", weight)[0]
    vertices = np.asarray(floats).reshape(SKIN_POINTS, 5)
    texture = vertices[:, 3:].copy()
    return AverageFace(vertices[:, :3], weights, texture, np.asarray(indices, np.intp).reshape(-1, 3))


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of one protobuf message, in order: whole numbers as int, everything else as raw bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            number, at = _varint(data, at)
            yield tag >> 3, number
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"unknown protobuf wire type {kind}")
        yield tag >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
