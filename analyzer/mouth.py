"""Are mouth and nostrils in sight? Where they are not, something lies over the lower face, whatever its colour.

A beige mask on light skin, a scarf in the light of a lamp may have the very colour of the skin around the eyes. But
lips are redder and have a dark line between them, nostrils are dark, on every skin and in every light.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.face import Face

# Looked at with this many pixels between the eyes, slightly smoothed (a share of that distance) against noise.
EYE_DISTANCE, SMOOTH = 100.0, 0.02
# Spans (5th to 95th percentile) over the lips of ln G and of ln(R/G): mouths in sight have 0.65 and 0.35 at least,
# cloth half of that. Both have to be small: noise in the dark makes spans, too.
LIPS_LIGHT, LIPS_RED = 0.45, 0.28
# The same of ln G over the nostrils and a little around them: 0.5 at least, and 0.15 at most where cloth lies over.
NOSTRILS_LIGHT = 0.30
NOSTRIL_ROOM = 0.02

BELOW_NOSE = ("perioral", "chin")
BELOW_EYES = ("nose", "left_cheek", "right_cheek", *BELOW_NOSE)


def hidden_below(face: Face, linear: NDArray[np.float32]) -> tuple[str, ...]:
    """The regions of ``face`` in ``linear`` (H, W, 3) linear RGB that must be covered: no mouth is seen, or no nose."""
    light, red, points, unit = _lower_face(face, linear)
    lips = _drawn(light.shape, points, (mesh.LIPS,), 0.0)
    nostrils = _drawn(light.shape, points, (mesh.LEFT_NOSTRIL, mesh.RIGHT_NOSTRIL), NOSTRIL_ROOM * unit)
    if not lips.any() or not nostrils.any():
        return ()
    if _span(light[lips]) > LIPS_LIGHT or _span(red[lips]) > LIPS_RED:
        return ()
    return BELOW_NOSE if _span(light[nostrils], 0.02) > NOSTRILS_LIGHT else BELOW_EYES


def _lower_face(
    face: Face, linear: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64], float]:
    height, width = linear.shape[:2]
    parts = face.landmarks[list(mesh.LIPS + mesh.LEFT_NOSTRIL + mesh.RIGHT_NOSTRIL), :2]
    room = 0.1 * face.eye_distance
    x0, y0 = (max(0, int(edge)) for edge in parts.min(axis=0) - room)
    x1, y1 = (int(edge) + 1 for edge in parts.max(axis=0) + room)
    seen = np.ascontiguousarray(linear[y0 : max(y0 + 1, min(y1, height)), x0 : max(x0 + 1, min(x1, width))])
    if seen.size == 0:
        seen = np.zeros((1, 1, 3), np.float32)
    factor = min(1.0, EYE_DISTANCE / face.eye_distance)
    size = (max(1, round(seen.shape[1] * factor)), max(1, round(seen.shape[0] * factor)))
    small = np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA), np.float32)
    unit = face.eye_distance * factor
    soft = np.maximum(cv2.GaussianBlur(small, (0, 0), SMOOTH * unit), 0)
    logs = np.log(soft + np.float32(0.02 * np.median(soft) + 1e-5))
    return logs[..., 1], logs[..., 0] - logs[..., 1], (face.landmarks[:, :2] - [x0, y0]) * factor, unit


def _drawn(
    shape: tuple[int, ...], points: NDArray[np.float64], outlines: tuple[tuple[int, ...], ...], room: float
) -> NDArray[np.bool_]:
    drawn = np.zeros(shape, np.uint8)
    for outline in outlines:
        polygon = np.round(points[list(outline)]).astype(np.int32)
        cv2.fillPoly(drawn, [polygon], 1)
        cv2.polylines(drawn, [polygon], True, 1, max(1, round(2 * room)))
    return drawn > 0


def _span(values: NDArray[np.float32], tail: float = 0.05) -> float:
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(high - low)
