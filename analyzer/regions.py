"""From landmarks and colour to one label per pixel: forehead, nose, cheeks, around the mouth, chin - on skin only."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.covers import covered
from analyzer.face import Face
from analyzer.facing import facing
from analyzer.likeness import is_lifelike
from analyzer.mouth import BELOW_NOSE, hidden_below
from analyzer.reading import LABELS
from analyzer.skin import Mask, bare_skin
from calibration.problems import Problem, problem

Labels = NDArray[np.uint8]

# A region of which less than this is bare skin would be compared with a different patch of skin the next day.
# On a nose, the light changes more than anywhere else, and colour with it.
MIN_SHARE, MIN_SHARE_OF_NOSE = 0.30, 0.50
# And one of fewer pixels of the photograph holds only a few independent colours (a JPEG's colour block has 256).
MIN_PIXELS = 400
# With less bare skin than this over all regions (half a forehead), the colour model may be that of a scarf or a hand.
MIN_FACE_SHARE = 0.10

# Kept clear of the measured skin, with a margin as a share of the distance between the eyes: what the mesh draws a
# little too small on full lips, thick brows and wide nostrils.
KEPT_CLEAR = (
    (mesh.LIPS, 0.06),
    (mesh.LEFT_EYE, 0.10),
    (mesh.RIGHT_EYE, 0.10),
    (mesh.LEFT_BROW, 0.05),
    (mesh.RIGHT_BROW, 0.05),
    (mesh.LEFT_NOSTRIL, 0.04),
    (mesh.RIGHT_NOSTRIL, 0.04),
)
# Where skin is most likely bare; the colour model starts here.
SEEDS = ("forehead", "left_cheek", "right_cheek", "nose")
# How far around the middle of each eye skin is taken for certain, as a share of the distance between the eyes: less
# than to where masks and scarves begin.
CORE_RADIUS = 0.36
# Skin on this share of what a mask or a scarf covers, and the cover passes for skin.
PASSING_SHARE = 0.05
# Room around the face for smoothing, as a share of the distance between the eyes.
ROOM = 0.3


@dataclass(frozen=True, eq=False)
class RegionMap:
    """``labels`` (H, W) uint8: 0 outside, else ``LABELS`` of the region; bare skin only.

    ``outlines`` (H, W) uint8: the same regions before anything but lips, eyes, brows and nostrils was taken away.
    ``missing``: regions with too little bare skin; they are not in ``labels``. ``wide`` (H, W) uint8: as ``labels``,
    with the skin at the sides of the face that is too slanted to be measured. ``weight`` (H, W): how much skin each
    pixel shows, see :class:`analyzer.facing.Facing`. ``cover`` (H, W): where something lies over the
    face, between the regions, too; where the border of that is not known, all but the regions.
    """

    labels: Labels
    outlines: Labels
    missing: tuple[str, ...]
    wide: Labels
    weight: NDArray[np.float32]
    cover: Mask
    problems: tuple[Problem, ...] = ()

    @property
    def covered(self) -> bool:
        """Whether too little skin is left to measure anything."""
        return any(one.severity == "reject" for one in self.problems)


def map_regions(face: Face, linear: NDArray[np.float32], *, mirrored: bool = False, scale: float = 1.0) -> RegionMap:
    """Label the bare skin of ``face`` in its photograph, ``linear`` (H, W, 3) linear RGB, before or after calibration.

    ``mirrored``: the photograph shows the face as a mirror does, so left and right change places.
    ``scale``: how many pixels of the original photograph one pixel of ``linear`` stands for, along one side.
    A face with too little bare skin gives ``face_covered`` (reject), missing regions the same as a warning; a drawing,
    a statue or a picture without colour ``no_face``.
    """
    height, width = linear.shape[:2]
    outlines = outline_regions(face, (height, width), mirrored)
    window = _window(face, height, width)
    inside = outlines[window]
    seeds = np.isin(inside, [LABELS[name] for name in SEEDS])
    oval, core = whole_face(face, inside, window)
    seen = np.ascontiguousarray(linear[window])
    over = covered(face, seen, window)
    skin = bare_skin(seen, oval & ~over, seeds, face.eye_distance, core=core)
    wide = np.where(skin, inside, 0).astype(np.uint8)
    passing = _drop_what_passes_for_skin(wide, inside, hidden_below(face, linear))
    shown = facing(face, window)
    labels, whole = (np.where(shown.forward, drawn, 0).astype(np.uint8) for drawn in (wide, inside))
    missing, problems = _without_the_small(labels, whole, wide, scale)
    labels, whole, wide = (_placed(one, (height, width), window) for one in (labels, whole, wide))
    refused = any(one.severity == "reject" for one in problems)
    if not is_lifelike(face, linear, bare=not refused, skin=wide > 0):
        labels[:], wide[:] = 0, 0
        missing, problems = tuple(mesh.OUTLINES), (problem("no_face"),)
    weight = np.ones((height, width), np.float32)
    weight[window] = shown.weight
    cover = wide == 0
    if not passing:
        cover[window] = over
    return RegionMap(labels, whole, missing, wide, weight, cover, problems)


def _placed(part: Labels, shape: tuple[int, int], window: tuple[slice, slice]) -> Labels:
    """The whole picture's labels of which ``part`` are those in ``window``."""
    labels = np.zeros(shape, np.uint8)
    labels[window] = part
    return labels


def whole_face(face: Face, regions: Labels, window: tuple[slice, slice]) -> tuple[Mask, Mask]:
    """Two masks of ``window``, shaped as its ``regions``.

    The whole face without eyes, brows, lips and nostrils; around the eyes, where skin is always seen.
    """
    offset = np.array([window[1].start, window[0].start])
    oval = np.zeros(regions.shape, np.uint8)
    cv2.fillPoly(oval, [_polygon(face, mesh.OVAL, offset)], 1, shift=_SHIFT)
    oval[regions > 0] = 1
    _keep_clear(oval, face, offset)
    core = np.zeros(regions.shape, np.uint8)
    cv2.fillPoly(core, [_polygon(face, mesh.BETWEEN_EYES, offset)], 1, shift=_SHIFT)
    for eye in (mesh.LEFT_EYE, mesh.RIGHT_EYE):
        x, y = ((face.landmarks[list(eye), :2].mean(axis=0) - offset) * 2**_SHIFT).round().astype(int).tolist()
        cv2.circle(core, (x, y), round(CORE_RADIUS * face.eye_distance * 2**_SHIFT), 1, -1, shift=_SHIFT)
    return oval > 0, (core > 0) & (oval > 0)


def _drop_what_passes_for_skin(labels: Labels, outlines: Labels, hidden: tuple[str, ...]) -> bool:
    """Where the mouth is covered and skin was found around it, the cover has skin's colour: its border is not known.

    Whether that is so.
    """
    below = np.isin(outlines, [LABELS[name] for name in BELOW_NOSE])
    passing = bool(hidden) and bool((labels[below] > 0).sum() > PASSING_SHARE * below.sum())
    if passing:
        labels[np.isin(labels, [LABELS[name] for name in hidden])] = 0
    return passing


def _without_the_small(
    labels: Labels, outlines: Labels, wide: Labels, scale: float
) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Take the regions with too little bare skin out of ``labels`` and ``wide``; their names, and what is wrong."""
    left, whole = np.bincount(labels.ravel(), minlength=256), np.bincount(outlines.ravel(), minlength=256)
    missing = []
    for name in mesh.OUTLINES:
        label = LABELS[name]
        least = MIN_SHARE_OF_NOSE if name == "nose" else MIN_SHARE
        if left[label] * scale * scale < MIN_PIXELS or left[label] < least * whole[label]:
            missing.append(name)
            labels[labels == label] = 0
            wide[wide == label] = 0
    share = left[1:].sum() / max(1, whole[1:].sum())
    problems: tuple[Problem, ...] = ()
    if len(missing) == len(mesh.OUTLINES) or share < MIN_FACE_SHARE:
        problems = (problem("face_covered"),)
    elif missing:
        problems = (problem("face_covered", "warn"),)
    return tuple(missing), problems


def outline_regions(face: Face, shape: tuple[int, int], mirrored: bool = False) -> Labels:
    """The regions as the mesh draws them, (H, W) uint8 of ``LABELS``, less lips, eyes, brows and nostrils."""
    drawn = np.zeros(shape, np.uint8)
    # The nose last: on a turned face it hides some of the farther cheek, on a bent one some of the lip.
    for name in sorted(mesh.OUTLINES, key=lambda name: name == "nose"):
        outline = mesh.OUTLINES[name]
        cv2.fillPoly(drawn, [_polygon(face, outline)], LABELS[_seen_as(name, mirrored)], shift=_SHIFT)
    _keep_clear(drawn, face)
    return drawn


def _keep_clear(drawn: Labels, face: Face, offset: NDArray[np.int64] | None = None) -> None:
    for outline, margin in KEPT_CLEAR:
        thickness = max(1, round(2 * margin * face.eye_distance))
        polygon = _polygon(face, outline, offset)
        cv2.fillPoly(drawn, [polygon], 0, shift=_SHIFT)
        cv2.polylines(drawn, [polygon], True, 0, thickness, shift=_SHIFT)


def _seen_as(name: str, mirrored: bool) -> str:
    swapped = {"left_cheek": "right_cheek", "right_cheek": "left_cheek"}
    return swapped.get(name, name) if mirrored else name


# cv2 draws with fractions of 1/16 pixel.
_SHIFT = 4


def _polygon(face: Face, outline: tuple[int, ...], offset: NDArray[np.int64] | None = None) -> NDArray[np.int32]:
    points = face.landmarks[list(outline), :2]
    return np.asarray(np.round((points if offset is None else points - offset) * 2**_SHIFT), np.int32)


def _window(face: Face, height: int, width: int) -> tuple[slice, slice]:
    left, top, across, down = face.box
    room = ROOM * face.eye_distance
    x0, x1 = (int(np.clip(edge, 0, width)) for edge in (left - room, left + across + room + 1))
    y0, y1 = (int(np.clip(edge, 0, height)) for edge in (top - room, top + down + room + 1))
    return slice(y0, y1), slice(x0, x1)


def skin_of(labels: Labels) -> Mask:
    """All measured skin of a label map: the region ``face``."""
    return np.asarray(labels > 0, np.bool_)
