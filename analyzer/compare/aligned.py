"""Both photographs on one frame: eyes level, same crop, same scale, in daylight; and the change drawn on the face."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.compare.sides import Side
from analyzer.measured import Measured
from analyzer.reading import FACE, LABELS
from analyzer.surface.difference import ChangeMap
from analyzer.surface.layout import SIDE
from analyzer.surface.picture import Scale, change_colours
from calibration.cielab import encode_srgb, lab_to_xyz, xyz_to_linear_srgb

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]

# Room around the face or the region, as a share of its size.
_MARGIN = 0.10
# What moves least when a face smiles or speaks.
_STEADY = mesh.LEFT_EYE + mesh.RIGHT_EYE + mesh.NOSE
# Where the frame reaches beyond the photograph: plain ground, nothing made up.
_GROUND = (226, 229, 233)
# The bar over the eyes reaches this share of the distance between the outer corners beyond them. It is high enough for
# the brows where the face is shown; where a cheek is, it must leave the cheek.
_BAR_REACH, _BAR_HEIGHT, _LOW_BAR_HEIGHT = 0.35, 0.42, 0.28


@dataclass(frozen=True, eq=False)
class Frame:
    """What is shown of the reference face, with its eyes level.

    ``landmarks`` (478, 2) of the reference in pixels of the picture, whose size is ``width`` by ``height``;
    ``per_cm``: pixels of the picture in a centimetre of the face.
    """

    landmarks: Points
    width: int
    height: int
    per_cm: float


def frame_of(sides: tuple[Side, Side], region: str, width: int, height: int) -> Frame:
    """The crop of ``width`` by ``height`` pixels that holds the first one's face or region in its middle.

    Its centimetres are the mean of what both photographs say: an iris has few pixels.
    """
    reference, other = sides
    measured = reference.measured
    points = measured.face.landmarks[:, :2]
    right, left = (points[list(eye)].mean(axis=0) for eye in (mesh.RIGHT_EYE, mesh.LEFT_EYE))
    across, down = (left - right) / np.linalg.norm(left - right)
    level = np.array([[across, down], [-down, across]])
    shown = points if region == FACE else np.argwhere(measured.labels == LABELS[region])[:, ::-1].astype(float)
    turned = shown @ level.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    if region == FACE:
        low = low - [0, 0.18 * (high - low)[1]]  # the mesh ends mid-forehead
    scale = float(min(np.array([width, height]) / ((1 + 2 * _MARGIN) * (high - low))))
    middle = (low + high) / 2
    placed = (points @ level.T - middle) * scale + np.array([width, height]) / 2
    per_cm = reference.face_map.pixels_per_cm / measured.factor * scale
    frame = Frame(placed, width, height, per_cm)
    shrunk = float(np.sqrt(abs(np.linalg.det(onto(other.measured, frame)[:, :2]))))
    also = other.face_map.pixels_per_cm / other.measured.factor * shrunk
    return replace(frame, per_cm=float(np.sqrt(per_cm * also)))


def rendered(sides: tuple[Side, Side], frame: Frame, light: float) -> list[Picture]:
    """Both photographs moved onto the frame's face and rendered in D65: each (height, width, 3) sRGB.

    What one of them does not show is plain ground in both: the same crop. ``light``, the natural logarithm of how much
    more of it fell on the later face beside its card, is taken out: the same light.
    """
    shown = [_rendered(one, frame, exposure) for one, exposure in zip(sides, (1.0, float(np.exp(-light))), strict=True)]
    outside = shown[0][1] | shown[1][1]
    for picture, _ in shown:
        picture[outside] = _GROUND
    return [picture for picture, _ in shown]


def _rendered(one: Side, frame: Frame, exposure: float) -> tuple[Picture, NDArray[np.bool_]]:
    measured = one.measured
    matrix = onto(measured, frame)
    size = (frame.width, frame.height)
    linear = _moved(measured.linear, matrix, size)
    x, y = np.meshgrid(np.arange(frame.width, dtype=np.float64), np.arange(frame.height, dtype=np.float64))
    back = np.asarray(cv2.invertAffineTransform(matrix), np.float64)
    places: Points = np.stack([x, y], axis=-1) @ back[:, :2].T + back[:, 2]
    down, across = measured.linear.shape[:2]
    outside = ((places < -0.5) | (places > np.array([across, down]) - 0.5)).any(axis=-1)
    if measured.calibration.mirrored:  # it was flipped back; the calibration knows the file's own pixels
        places[..., 0] = across - 1 - places[..., 0]
    places = places * measured.factor + (measured.factor - 1) / 2
    lab = measured.calibration.to_lab(linear.reshape(-1, 3), places.reshape(-1, 2)).reshape(linear.shape)
    linear = xyz_to_linear_srgb(exposure * lab_to_xyz(lab))
    shown = np.round(255 * encode_srgb(linear)).clip(0, 255).astype(np.uint8)
    return shown, np.asarray(outside)


def _moved(linear: NDArray[np.float32], matrix: Points, size: tuple[int, int]) -> NDArray[np.float32]:
    """``linear`` seen through ``matrix``; shrunk without aliasing."""
    shrink = 1 / float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if shrink > 1.3:
        linear = np.asarray(cv2.GaussianBlur(linear, (0, 0), 0.35 * shrink), np.float32)
    moved = cv2.warpAffine(linear, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.maximum(moved, 0), np.float32)


def onto(measured: Measured, frame: Frame) -> Points:
    """(2, 3) turn, scale and shift that best moves the steady landmarks onto the frame's (Umeyama 1991)."""
    source, target = measured.face.landmarks[list(_STEADY), :2], frame.landmarks[list(_STEADY)]
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    along = float((a * b).sum())
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    turn = np.array([[along, -across], [across, along]]) / float((a**2).sum())
    return np.column_stack([turn, target.mean(axis=0) - turn @ source.mean(axis=0)])


def landmarks_on(measured: Measured, frame: Frame) -> Points:
    """The photograph's own landmarks (478, 2) in pixels of the frame."""
    matrix = onto(measured, frame)
    return np.asarray(measured.face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2])


def with_change(after: Picture, points: Points, change: ChangeMap, scale: Scale) -> Picture:
    """The picture in grey with the change laid over it: coloured where it is certain, pale where it is not."""
    grey = after.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    grey = 120 + 0.47 * grey
    at = _map_places(points, after.shape[:2])
    inside = at[..., 0] >= 0
    colours, strength = change_colours(change, scale)
    drawn = cv2.remap(colours, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    cover = cv2.remap(strength, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) * inside
    # Colour is laid on as ink is: the face's light and shade stay visible.
    shade = (grey / 200)[..., None]
    mixed = (1 - cover[..., None]) * grey[..., None] + cover[..., None] * drawn * np.clip(shade, 0.6, 1.15)
    return np.asarray(np.clip(np.round(mixed), 0, 255), np.uint8)


def _map_places(points: Points, shape: tuple[int, int]) -> NDArray[np.float32]:
    """(H, W, 2): the place on the map of each pixel of the picture; -1 outside of the mesh."""
    face = mesh.average_face()
    flat = face.texture * SIDE - 0.5
    places = np.full((*shape, 2), -1.0, np.float32)
    height, width = shape
    for triangle in face.triangles:
        a, b, c = points[triangle]
        size = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if size >= 0:  # seen from behind
            continue
        left, top = np.maximum(np.floor(points[triangle].min(axis=0)).astype(int), 0)
        right, bottom = np.minimum(np.ceil(points[triangle].max(axis=0)).astype(int), [width - 1, height - 1])
        if right < left or bottom < top:
            continue
        x, y = np.meshgrid(np.arange(left, right + 1), np.arange(top, bottom + 1))
        v = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / size
        w = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / size
        hit = (v >= -1e-6) & (w >= -1e-6) & (v + w <= 1 + 1e-6)
        shares = np.stack([1 - v - w, v, w], axis=-1)[hit]
        places[y[hit], x[hit]] = shares @ flat[triangle]
    return places


def cover_eyes(picture: Picture, points: Points, *, brows: bool = True) -> None:
    """Draw a black bar over both eyes, and over the brows if asked."""
    right, left = points[list(mesh.RIGHT_EYE)], points[list(mesh.LEFT_EYE)]
    start, end = right.mean(axis=0), left.mean(axis=0)
    along = end - start
    direction = along / np.linalg.norm(along)
    span = float(np.ptp(np.concatenate([left, right]) @ direction))
    across = np.array([-direction[1], direction[0]])
    middle = (start + end) / 2
    half_width = direction * span * (0.5 + _BAR_REACH)
    half_height = across * span * (_BAR_HEIGHT if brows else _LOW_BAR_HEIGHT) / 2
    bar = [middle + x * half_width + y * half_height for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    cv2.fillConvexPoly(picture, np.round(np.array(bar)).astype(np.int32), (0, 0, 0))
