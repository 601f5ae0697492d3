"""Is this photograph good enough to measure skin? Size, focus, light and clipping, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.erythema import window_of
from analyzer.face import Face
from analyzer.face_models import Picture
from analyzer.regions import Labels
from analyzer.skin import CLIPPED
from calibration.problems import Problem, problem

Colours = TypeVar("Colours", NDArray[np.uint8], NDArray[np.float32])

# Below this no face in the picture can have the 60 pixels between the eyes that a measurable cheek needs, unless it
# fills the picture and leaves no room for a card: such pictures are previews and chat copies.
MIN_SIDE = 300

# Blur as the standard deviation of a Gaussian, in per cent of the distance between the eyes. Lips and brows are kept
# clear of by 5 to 6 per cent: at 3 per cent their colour reaches the measured skin (two standard deviations), at half
# of that a phone's picture is visibly soft. Sharp portraits give at most 0.7.
SOFT_BLUR, STRONG_BLUR = 1.6, 3.0
# Focus is measured on a face of at most this many pixels between the eyes, by comparing what two smoothings leave.
FOCUS_EYE_DISTANCE = 160.0
FINE_SMOOTHING, COARSE_SMOOTHING = 1.0, 2.2
# Eyes are never ideal steps; measured on portraits blurred by known amounts, the estimate is this much too small.
STEP_TO_EYES = 1.35
# Room around eye and lip outlines in which edges count, as shares of the distance between the eyes.
EYE_ROOM, LIP_ROOM = 0.08, 0.025

# Linear level of a white thing in the picture. Cameras put white near 0.8; at 0.16 (two and a third stops below) the
# shadows of dark skin sink into the last few of 256 codes, at 0.05 (four stops) so does all of it.
DIM_WHITE, DARK_WHITE = 0.16, 0.05
# Skin whose brightest channel sits below this code is read in steps of a tenth of its value: a* then jumps by 1.5.
DARKEST_SKIN_CODE = 20
# Without a card, the lightest thing in view: this percentile of the picture, but at least that of the eyes' whites.
WHITE_PERCENTILE = 99.0

# Share of the face's regions with a lost channel. Clipped pixels are left out of the measurement: a few shift the
# mean towards the shaded skin, with a third of the face gone the rest no longer stands for it.
SOME_CLIPPED, MUCH_CLIPPED = 0.05, 0.33


def check_size(width: int, height: int) -> tuple[Problem, ...]:
    """``too_small`` for a picture of so few pixels that no face in it can be measured."""
    if min(width, height) < MIN_SIDE:
        return (problem("too_small", width=width, height=height),)
    return ()


def check_photo(
    srgb: Picture,
    linear: NDArray[np.float32],
    face: Face,
    outlines: Labels,
    white_level: float | None = None,
) -> tuple[Problem, ...]:
    """What is wrong with focus and exposure of the face.

    ``srgb`` (H, W, 3) uint8 and ``linear`` (H, W, 3) linear RGB of the same upright photograph, before calibration;
    ``outlines`` the regions as the mesh draws them (:attr:`RegionMap.outlines`), in any number of labels.
    ``white_level``: linear green level of the card's white, where there is a card.
    """
    return tuple(_problems(srgb, linear, face, outlines, white_level))


def _problems(
    srgb: Picture, linear: NDArray[np.float32], face: Face, outlines: Labels, white_level: float | None
) -> Iterator[Problem]:
    soft = blur(srgb, face)
    if soft > SOFT_BLUR:
        yield problem("blurred", "reject" if soft > STRONG_BLUR else "warn")
    part = window_of(outlines)
    skin = np.flatnonzero(outlines[part])
    if not skin.size:
        return
    white = scene_white(linear, face) if white_level is None else white_level
    code = float(np.median(_brightest_channel(srgb[part], skin)))
    if white < DARK_WHITE or code < DARKEST_SKIN_CODE:
        yield problem("too_dark")
    elif white < DIM_WHITE:
        yield problem("too_dark", "warn")
    # The share of the regions' pixels with at least one channel at the end of the scale.
    lost = float((_brightest_channel(linear[part], skin) >= CLIPPED).mean())
    if lost > SOME_CLIPPED:
        yield problem("overexposed", "reject" if lost > MUCH_CLIPPED else "warn")


def _brightest_channel(picture: Colours, at: NDArray[np.intp]) -> Colours:
    """(N,) of ``picture`` (H, W, 3) at the flat indices ``at`` (N,)."""
    colours = np.take(picture.reshape(-1, 3), at, axis=0)
    brightest: Colours = np.maximum(np.maximum(colours[:, 0], colours[:, 1]), colours[:, 2])
    return brightest


def scene_white(linear: NDArray[np.float32], face: Face) -> float:
    """Linear level of the lightest things in view: of the whole picture, or of the eyes where all else is dark."""
    luminance = np.array([0.2126, 0.7152, 0.0722], np.float32)
    step = max(1, max(linear.shape[:2]) // 800)
    eyes = np.zeros(linear.shape[:2], np.uint8)
    for part in (mesh.LEFT_EYE, mesh.RIGHT_EYE):
        cv2.fillPoly(eyes, [np.round(face.landmarks[list(part), :2]).astype(np.int32)], 1)
    levels = [float(np.percentile(linear[::step, ::step] @ luminance, WHITE_PERCENTILE))]
    if eyes.any():
        levels.append(float(np.percentile(linear[eyes > 0] @ luminance, WHITE_PERCENTILE)))
    return max(levels)


def blur(srgb: Picture, face: Face) -> float:
    """How blurred eyes and lips are: standard deviation in per cent of the distance between the eyes.

    An edge blurred by s keeps ``(s^2 + c^2) / (s^2 + f^2)`` of its gradient's energy when smoothed by c instead of f
    (f < c). That ratio knows nothing of contrast, so neither of the skin's tone nor of the light. It is taken along
    eight directions, and the worst one counts: a shaken hand blurs along one.
    """
    grey, points, eye_distance = _normal_size(srgb, face)
    zone = np.zeros(grey.shape, np.uint8)
    for part, room in ((mesh.LEFT_EYE, EYE_ROOM), (mesh.RIGHT_EYE, EYE_ROOM), (mesh.LIPS, LIP_ROOM)):
        polygon = np.round(points[list(part)]).astype(np.int32)
        cv2.fillPoly(zone, [polygon], 1)
        cv2.polylines(zone, [polygon], True, 1, max(1, round(2 * room * eye_distance)))
    if not zone.any():
        return 0.0
    fine, coarse = (_gradients(grey, zone, size) for size in (FINE_SMOOTHING, COARSE_SMOOTHING))
    worst = 0.0
    for angle in np.arange(8) * np.pi / 8:
        along = np.array([np.cos(angle), np.sin(angle)])
        kept = float(np.square(fine @ along).mean() / (np.square(coarse @ along).mean() + 1e-9))
        # From gradients to energies the ratio of widths enters once, so ``kept`` is itself squared here.
        squared = (COARSE_SMOOTHING**2 - kept**2 * FINE_SMOOTHING**2) / max(kept**2 - 1.0, 1e-3)
        worst = max(worst, float(np.sqrt(max(squared, 0.0))))
    return min(100.0, STEP_TO_EYES * 100.0 * worst / eye_distance)


def _normal_size(srgb: Picture, face: Face) -> tuple[NDArray[np.float32], NDArray[np.float64], float]:
    """The face in grey, at most ``FOCUS_EYE_DISTANCE`` between the eyes; its points and eye distance there."""
    room = 0.1 * face.eye_distance
    left, top, width, height = face.box
    x0, y0 = max(0, int(left - room)), max(0, int(top - room))
    x1, y1 = int(left + width + room) + 1, int(top + height + room) + 1
    cut = np.ascontiguousarray(srgb[y0:y1, x0:x1])
    grey = np.asarray(cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY), np.float32)
    factor = min(1.0, FOCUS_EYE_DISTANCE / face.eye_distance)
    if factor < 1.0:
        grey = np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.float32)
    points = (face.landmarks[:, :2] - [x0, y0]) * factor
    return grey, points, face.eye_distance * factor


def _gradients(grey: NDArray[np.float32], zone: Picture, smoothing: float) -> NDArray[np.float64]:
    smooth = cv2.GaussianBlur(grey, (0, 0), smoothing)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return np.stack([across[zone > 0], down[zone > 0]], axis=-1).astype(np.float64)
