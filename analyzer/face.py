"""Find the one face of a photograph: its 478 points, its pose, and whether it can be measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.face_models import Picture, Points, Proposal, fit_mesh, propose, roi_of_mesh, scores_by_quarter_turn
from calibration.problems import Problem, problem

# The landmark model's own certainty. True faces give above 0.99 even when blurred, masked or half in the dark; cats,
# flowers and clothes that the detector proposes stay below 0.1. The middle of that wide gap, on the strict side.
MIN_PRESENCE = 0.8
# Fitted again from its own result, a true face's mesh moves by 1 % of the distance between the outer eye corners
# (2.5 % at most when turned or small); a mesh laid over something else wanders.
MAX_DRIFT = 0.06
# Distance (RMS, outer eye corners = 1) of the mesh's bony points from the average face laid over them. People differ
# by 0.04 to 0.07, a laughing or turned face stays below 0.10; animals and folded cloth are outside.
MAX_MISFIT = 0.14
# The detector, shown the face cut out as the mesh says, has to agree: faces give 0.75 and more on average (masked and
# blurred ones included) and at least 0.1 less when laid on their side; cells, colour wheels and coins give the same
# doubtful answer whichever way they are turned. Where another way round is seen clearly better, the face lies that way.
MIN_SECOND_LOOK, MIN_UPRIGHT_LEAD, OTHER_WAY_LEAD = 0.70, 0.05, 0.10
# A face that is clearly nearer than all others (three times the area, so 1.7 times the size) is the one meant.
CLEARLY_LARGER = 3.0
# At 60 pixels between the eyes a cheek is about 30 x 35 pixels. A JPEG stores colour in blocks of 16 x 16: below that
# a region would hold a handful of independent colours, half of them mixed with hair, lips or shadow.
MIN_EYE_DISTANCE = 60.0
# Beyond this, one cheek is seen at a grazing angle and the nose covers part of the other.
MAX_TURN = 25.0

# Faces are looked for in views of at most this size: in the smallest tile a face is still 30 pixels for the detector.
SEARCH_SIDE = 1024
# Side of the tiles as a share of the picture's longer side. The detector sees faces from about a fifth of its view.
NEAR_TILES, FAR_TILES = 0.5, 0.25
# The detector's own score in tiles, where it sees textures out of their context, has to be better.
MIN_SCORE_WHOLE, MIN_SCORE_TILE = 0.5, 0.65
# No picture needs more candidates than this to be looked at closely.
MAX_CANDIDATES = 12


@dataclass(frozen=True, eq=False)
class Face:
    """One face.

    ``landmarks`` (478, 3): x and y in pixels of the given picture, z in the same unit, smaller nearer to the camera.
    ``box``: x, y, width, height around the landmarks. ``score`` 0 to 1. Angles in degrees: ``yaw`` positive when the
    person turns to their own left, ``pitch`` positive looking up, ``roll`` positive when the head leans to their own
    left (all as in an unmirrored picture).
    """

    landmarks: Points
    box: tuple[float, float, float, float]
    score: float
    yaw: float
    pitch: float
    roll: float

    @property
    def eye_distance(self) -> float:
        """Pixels between the centres of the eyes."""
        return eye_distance(self.landmarks)


@dataclass(frozen=True)
class FaceSearch:
    """The outcome of looking for faces: the one that is meant (the largest), how many there are, and what is wrong."""

    face: Face | None
    count: int
    problems: tuple[Problem, ...] = ()


def find_face(srgb: Picture, scale: float = 1.0) -> FaceSearch:
    """Find the face in an upright sRGB picture (H, W, 3) uint8.

    ``scale`` is how many pixels of the original photograph one pixel of ``srgb`` stands for; it only matters for
    ``face_too_small``. A picture that lies on its side (its orientation was lost) is searched too: the landmarks are
    then those of ``srgb`` as given, and ``roll`` says how it lies.
    """
    faces = _upright_faces(srgb)
    for quarters in (1, 3, 2):
        if faces:
            break
        faces = [
            _turned_back(one, quarters, srgb) for one in _upright_faces(np.ascontiguousarray(np.rot90(srgb, quarters)))
        ]
    if not faces:
        return FaceSearch(None, 0, (problem("no_face"),))
    faces.sort(key=lambda one: -one.box[2] * one.box[3])
    return FaceSearch(faces[0], len(faces), tuple(_problems(faces, scale)))


def _problems(faces: list[Face], scale: float) -> Iterator[Problem]:
    areas = [one.box[2] * one.box[3] for one in faces]
    if len(areas) > 1 and areas[0] < CLEARLY_LARGER * areas[1]:
        yield problem("several_faces")
        return
    face = faces[0]
    if face.eye_distance * scale < MIN_EYE_DISTANCE:
        yield problem("face_too_small")
    turn = max(abs(face.yaw), abs(face.pitch))
    if turn > MAX_TURN:
        yield problem("turned_away", degrees=round(turn))


def _upright_faces(picture: Picture) -> list[Face]:
    """Every face of ``picture`` that stands roughly upright, checked and measured."""
    faces: list[Face] = []
    for candidate in _candidates(picture, (NEAR_TILES,)):
        _add(faces, picture, candidate)
    if not faces:
        for candidate in _candidates(picture, (FAR_TILES,)):
            _add(faces, picture, candidate)
    return faces


def _add(faces: list[Face], picture: Picture, candidate: Proposal) -> None:
    """Look closely at ``candidate`` and keep it when it is a face that is not known yet."""
    if any(_inside(candidate.x, candidate.y, known) for known in faces):
        return
    face = _look_closely(picture, candidate)
    if face is None:
        return
    centre = face.landmarks[:, :2].mean(axis=0)
    if not any(_inside(float(centre[0]), float(centre[1]), known) for known in faces):
        faces.append(face)


def _inside(x: float, y: float, face: Face) -> bool:
    left, top, width, height = face.box
    return left <= x <= left + width and top <= y <= top + height


def _candidates(picture: Picture, tilings: tuple[float, ...]) -> list[Proposal]:
    """Places that may hold a face: in the whole picture and in overlapping tiles of it, best first."""
    height, width = picture.shape[:2]
    shrink = max(1.0, max(height, width) / SEARCH_SIDE)
    view = picture
    if shrink > 1:
        size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        view = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = propose(view, MIN_SCORE_WHOLE)
    for share in tilings:
        for x, y, side in _tiles(view.shape[1], view.shape[0], share):
            tile = view[y : y + side, x : x + side]
            found += [
                Proposal(one.x + x, one.y + y, one.side, one.angle, one.score) for one in propose(tile, MIN_SCORE_TILE)
            ]
    found.sort(key=lambda one: -one.score)
    apart: list[Proposal] = []
    for one in found:
        if all(np.hypot(one.x - other.x, one.y - other.y) > 0.25 * min(one.side, other.side) for other in apart):
            apart.append(one)
    across, down = width / view.shape[1], height / view.shape[0]
    return [
        Proposal((p.x + 0.5) * across - 0.5, (p.y + 0.5) * down - 0.5, p.side * shrink, p.angle, p.score)
        for p in apart[:MAX_CANDIDATES]
    ]


def _tiles(width: int, height: int, share: float) -> Iterator[tuple[int, int, int]]:
    """Square tiles (x, y, side) that overlap by half, so that no face lies across all borders."""
    side = max(1, round(max(width, height) * share))
    for y in _starts(height, side):
        for x in _starts(width, side):
            yield x, y, side


def _starts(length: int, side: int) -> list[int]:
    steps = max(0, -(-2 * (length - side) // side))
    return [round(i * (length - side) / steps) for i in range(steps + 1)] if steps else [0]


def _look_closely(picture: Picture, candidate: Proposal) -> Face | None:
    """Lay the mesh over ``candidate``, again over its own result, and keep only what behaves like a face."""
    first, presence = fit_mesh(picture, candidate)
    if presence < MIN_PRESENCE / 2:
        return None
    second, presence = fit_mesh(picture, roi_of_mesh(first, presence))
    if presence < MIN_PRESENCE:
        return None
    points, presence = fit_mesh(picture, roi_of_mesh(second, presence))
    eyes = _outer_eye_distance(points)
    if presence < MIN_PRESENCE or eyes <= 0 or np.abs(points - second)[:, :2].mean() / eyes > MAX_DRIFT:
        return None
    # Two looks through slightly different windows, averaged: half of the model's jitter is gone.
    points = (points + second) / 2
    rotation, misfit = fit_average_face(points)
    if misfit / eyes > MAX_MISFIT or not _has_its_parts_in_order(points) or not _seen_upright(picture, points):
        return None
    yaw, pitch, roll = angles(rotation)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))
    return Face(points, box, candidate.score * presence, yaw, pitch, roll)


def _seen_upright(picture: Picture, points: Points) -> bool:
    """Whether the detector, too, sees a face here, and sees it this way round."""
    scores = scores_by_quarter_turn(picture, roi_of_mesh(points, 1.0))
    upright, *others = scores.mean(axis=0)
    best, *best_others = scores.max(axis=0)
    lies_otherwise = max(best_others) > best + OTHER_WAY_LEAD
    return bool(upright >= MIN_SECOND_LOOK and upright >= max(others) + MIN_UPRIGHT_LEAD and not lies_otherwise)


def _has_its_parts_in_order(points: Points) -> bool:
    """Brows above eyes above nose above mouth above chin, along the face's own axis."""
    down = points[152, :2] - points[10, :2]
    heights = [float(points[list(part), :2].mean(axis=0) @ down) for part in (_BROWS, _EYES, (1,), mesh.LIPS, (152,))]
    return all(upper < lower for upper, lower in pairwise(heights))


_BROWS = mesh.LEFT_BROW + mesh.RIGHT_BROW
_EYES = mesh.LEFT_EYE + mesh.RIGHT_EYE


def eye_distance(points: Points) -> float:
    """Pixels between the centres of the eyes, each the middle of its two corners."""
    right = (points[mesh.RIGHT_EYE_OUTER, :2] + points[mesh.RIGHT_EYE_INNER, :2]) / 2
    left = (points[mesh.LEFT_EYE_OUTER, :2] + points[mesh.LEFT_EYE_INNER, :2]) / 2
    return float(np.hypot(*(left - right)))


def _outer_eye_distance(points: Points) -> float:
    return float(np.hypot(*(points[mesh.LEFT_EYE_OUTER, :2] - points[mesh.RIGHT_EYE_OUTER, :2])))


def fit_average_face(points: Points) -> tuple[NDArray[np.float64], float]:
    """Turn and scale the average face onto ``points``: the rotation (3, 3) and the RMS distance left, in pixels.

    The rotation takes the average face's axes (x to the person's left, y up, z out of the face) to those of the
    camera's view (x right, y up, z towards the camera). Weighted least squares (Umeyama's solution).
    """
    average = mesh.average_face()
    weights = average.weights / average.weights.sum()
    seen = points[: mesh.SKIN_POINTS] * [1.0, -1.0, -1.0]
    model = average.points - weights @ average.points
    seen = seen - weights @ seen
    u, stretch, vt = np.linalg.svd((seen * weights[:, None]).T @ model)
    proper = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * proper) @ vt
    size = float((stretch * proper).sum() / (weights @ (model**2).sum(axis=1)))
    left_over = seen - size * model @ rotation.T
    return rotation, float(np.sqrt(weights @ (left_over**2).sum(axis=1)))


def angles(rotation: NDArray[np.float64]) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees of a head's rotation; roll is a turn of the picture, so it comes last."""
    yaw = np.arcsin(np.clip(-rotation[2, 0], -1.0, 1.0))
    pitch = -np.arctan2(rotation[2, 1], rotation[2, 2])
    roll = -np.arctan2(rotation[1, 0], rotation[0, 0])
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))


def _turned_back(face: Face, quarters: int, picture: Picture) -> Face:
    """``face`` found in ``np.rot90(picture, quarters)``, in the coordinates of ``picture``."""
    height, width = picture.shape[:2]
    x, y, z = face.landmarks.T
    if quarters == 1:
        x, y = width - 1 - y, x
    elif quarters == 2:
        x, y = width - 1 - x, height - 1 - y
    else:
        x, y = y, height - 1 - x
    points = np.column_stack([x, y, z])
    yaw, pitch, roll = angles(fit_average_face(points)[0])
    box = (float(x.min()), float(y.min()), float(np.ptp(x)), float(np.ptp(y)))
    return Face(points, box, face.score, yaw, pitch, roll)
