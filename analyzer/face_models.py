"""The two networks behind :mod:`analyzer.face`: where faces may be, and where their 478 points lie.

BlazeFace (short range) proposes faces in a square view; FaceMesh V2 looks at one proposal, upright and cut out, and
gives its points and how sure it is that this is a face at all. Both run on ``cv2.dnn``.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh

Points = NDArray[np.float64]
Picture = NDArray[np.uint8]

DETECTOR_SIDE = 128
MESH_SIDE = 256
# The detector was trained to call a face at 0.5; proposals below it are noise on ordinary pictures.
MIN_PROPOSAL_SCORE = 0.5
# For a second look at a known place, weak answers count as well: they are compared with each other.
MIN_SECOND_SCORE = 0.05
# Two proposals that share this much of their joint area are the same face.
SAME_FACE_OVERLAP = 0.3
# The landmark model expects the face to fill two thirds of its square, as the detector's box times this factor does.
ROI_SCALE = 1.5

_nets = threading.local()


@dataclass(frozen=True)
class Proposal:
    """A place that may hold a face: centre, side and angle (radians, image clockwise) of its square, and a score."""

    x: float
    y: float
    side: float
    angle: float
    score: float


def propose(view: Picture, min_score: float = MIN_PROPOSAL_SCORE) -> list[Proposal]:
    """Faces that BlazeFace sees in ``view`` (H, W, 3) RGB, best first, in pixels of ``view``."""
    height, width = view.shape[:2]
    scale = DETECTOR_SIDE / max(height, width)
    small_w, small_h = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(view, (small_w, small_h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (DETECTOR_SIDE - small_w) // 2, (DETECTOR_SIDE - small_h) // 2
    square = np.zeros((DETECTOR_SIDE, DETECTOR_SIDE, 3), np.float32)
    square[top : top + small_h, left : left + small_w] = small
    net = _net("face_detector.tflite")
    net.setInput(cv2.dnn.blobFromImage(square / 127.5 - 1.0))
    logits, raw = net.forward(["classificators", "regressors"])
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits.reshape(-1), -100, 100).astype(np.float64)))
    likely = np.flatnonzero(scores >= min_score)
    if not likely.size:
        return []
    shapes = raw.reshape(-1, 16)[likely].astype(np.float64)
    shapes = shapes.reshape(len(likely), 8, 2)
    shapes[:, [0, *range(2, 8)]] += _anchors()[likely][:, None, :] * DETECTOR_SIDE
    kept = _merge(shapes, scores[likely])
    offset = np.array([left, top])
    return [_proposal((shape - [offset, [0, 0], *[offset] * 6]) / scale - _half(), score) for shape, score in kept]


def _half() -> Points:
    """Continuous coordinates to pixel centres at whole numbers: half a pixel off points, nothing off the size."""
    return np.array([[0.5, 0.5], [0.0, 0.0], *[[0.5, 0.5]] * 6])


def _proposal(shape: Points, score: float) -> Proposal:
    centre, size, right_eye, left_eye = shape[0], shape[1], shape[2], shape[3]
    across = left_eye - right_eye
    angle = float(np.arctan2(across[1], across[0]))
    return Proposal(float(centre[0]), float(centre[1]), float(size.max()) * ROI_SCALE, angle, score)


def _merge(shapes: Points, scores: NDArray[np.float64]) -> list[tuple[Points, float]]:
    """Overlapping proposals become one, weighted by their scores (as the detector was tuned with)."""
    low, high = shapes[:, 0] - shapes[:, 1] / 2, shapes[:, 0] + shapes[:, 1] / 2
    area = np.prod(shapes[:, 1], axis=1)
    left = list(np.argsort(-scores))
    merged: list[tuple[Points, float]] = []
    while left:
        best = left[0]
        common = np.prod(
            np.clip(np.minimum(high[best], high[left]) - np.maximum(low[best], low[left]), 0, None), axis=1
        )
        same = common / (area[best] + area[left] - common) > SAME_FACE_OVERLAP
        same[0] = True
        group = [one for one, is_same in zip(left, same, strict=True) if is_same]
        merged.append((np.average(shapes[group], axis=0, weights=scores[group]), float(scores[best])))
        left = [one for one, is_same in zip(left, same, strict=True) if not is_same]
    return merged


@cache
def _anchors() -> Points:
    """(896, 2): two anchors in every cell of a 16 x 16 grid, then six in every cell of an 8 x 8 one; 0 to 1."""
    rows = []
    for cells, per_cell in ((16, 2), (8, 6)):
        y, x = np.mgrid[0:cells, 0:cells]
        centres = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) / cells
        rows.append(np.repeat(centres, per_cell, axis=0))
    return np.concatenate(rows)


def fit_mesh(picture: Picture, roi: Proposal) -> tuple[Points, float]:
    """The 478 points (x, y, z in pixels of ``picture``) of the face in ``roi``, and the model's 0-to-1 certainty."""
    cut, to_picture = _cut_out(picture, roi)
    net = _net("face_landmarks_detector.tflite")
    net.setInput(cv2.dnn.blobFromImage(cut.astype(np.float32) / 255.0))
    raw, presence = net.forward(["Identity", "Identity_1"])
    points = raw.reshape(mesh.ALL_POINTS, 3).astype(np.float64)
    flat = np.column_stack([points[:, :2], np.ones(len(points))]) @ to_picture.T - 0.5
    deep = points[:, 2] * roi.side / MESH_SIDE
    return np.column_stack([flat, deep]), float(1.0 / (1.0 + np.exp(-float(presence.reshape(-1)[0]))))


def scores_by_quarter_turn(picture: Picture, roi: Proposal) -> NDArray[np.float64]:
    """(3, 4): what the detector says of ``roi``, seen from three distances and in four quarter-turns.

    The first column is the way the mesh was laid. A true face is seen best that way, from every distance.
    """
    scores = np.zeros((3, 4))
    for row, distance in enumerate((1.0, 1.4, 2.0)):
        cut, _ = _cut_out(picture, replace(roi, side=roi.side * distance))
        for turn in range(4):
            for seen in propose(np.ascontiguousarray(np.rot90(cut, turn)), MIN_SECOND_SCORE):
                if max(abs(seen.x - MESH_SIDE / 2), abs(seen.y - MESH_SIDE / 2)) < MESH_SIDE / 6:
                    scores[row, turn] = max(scores[row, turn], seen.score)
    return scores


def roi_of_mesh(points: Points, score: float) -> Proposal:
    """The square in which the landmark model wants to see a face whose points are known."""
    across = points[mesh.LEFT_EYE_OUTER, :2] - points[mesh.RIGHT_EYE_OUTER, :2]
    angle = float(np.arctan2(across[1], across[0]))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    upright = points[:, :2] @ turn.T
    low, high = upright.min(axis=0), upright.max(axis=0)
    centre = (low + high) / 2 @ turn
    return Proposal(float(centre[0]), float(centre[1]), float((high - low).max()) * ROI_SCALE, angle, score)


def _cut_out(picture: Picture, roi: Proposal) -> tuple[Picture, NDArray[np.float64]]:
    """``roi`` as an upright 256 x 256 picture, and the (2, 3) map from its corner coordinates back to ``picture``'s."""
    cos, sin = np.cos(roi.angle), np.sin(roi.angle)
    step = roi.side / MESH_SIDE
    turn = step * np.array([[cos, -sin], [sin, cos]])
    centre = np.array([roi.x, roi.y]) + 0.5
    origin = centre - turn @ np.array([MESH_SIDE / 2, MESH_SIDE / 2])
    to_picture = np.column_stack([turn, origin])
    # Shrinking by area first: sampling a large face with single pixels would turn its skin texture into noise.
    shrink = max(1, int(step))
    reach = roi.side * (abs(cos) + abs(sin)) / 2 + 2 * shrink
    height, width = picture.shape[:2]
    x0, y0 = max(0, int(centre[0] - reach)), max(0, int(centre[1] - reach))
    x1, y1 = min(width, int(centre[0] + reach) + 1), min(height, int(centre[1] + reach) + 1)
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    crop = picture[min(y0, height - 1) : y1, min(x0, width - 1) : x1]
    crop_h, crop_w = max(1, crop.shape[0] // shrink), max(1, crop.shape[1] // shrink)
    if shrink > 1:
        whole = crop[: crop_h * shrink, : crop_w * shrink]
        crop = np.asarray(cv2.resize(whole, (crop_w, crop_h), interpolation=cv2.INTER_AREA), np.uint8)
    # cv2 counts from pixel centres: cut pixel (u, v) is the point (u + 1/2, v + 1/2).
    inside = to_picture.copy()
    inside[:, 2] = to_picture @ np.array([0.5, 0.5, 1.0]) - [min(x0, width - 1), min(y0, height - 1)]
    inside /= shrink
    inside[:, 2] -= 0.5
    cut = cv2.warpAffine(
        crop,
        inside,
        (MESH_SIDE, MESH_SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cut, np.uint8), to_picture


def _net(name: str) -> Any:
    """This thread's own copy of a network: a shared one gives silently wrong results.

    It has to be loaded from a path and with the classic engine: the newer one keeps only a model's last output.
    """
    nets: dict[str, Any] = _nets.__dict__.setdefault("by_name", {})
    if name not in nets:
        with as_file(files("analyzer").joinpath("models", name)) as path:
            nets[name] = cv2.dnn.readNet(str(path), "", "", cv2.dnn.ENGINE_CLASSIC)
    return nets[name]
