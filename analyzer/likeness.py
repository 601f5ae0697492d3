"""Is this a living face, or a drawing, a statue, a picture without colour? The landmark model takes them all for faces.

Skin, lips and brows differ in colour under any lamp and on any tone, and skin has pores. What has one colour all over
(stone, bronze, a black-and-white or sepia print) or no texture at all (a cartoon) is nobody's skin to measure. Nor is
what was brought to a few tints: light falls off smoothly over a face and leaves none of the steps between out.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.face import Face
from calibration.cielab import encode_srgb

# Looked at with this many pixels between the eyes.
EYE_DISTANCE = 100.0
# Span (10th to 90th percentile) of ln(R/B) and of ln(R/G) over the face. Real faces, in portraits and simulated on all
# tones under 18 lamps: 0.20 and 0.16 at least; one tint of stone or paper stays below 0.02.
LEAST_SPAN = 0.08
# Median of what a slight smoothing takes from ln Y between the eyes: photographs keep 0.01 and more, flat colour
# nothing. Far below, so that a blurred photograph is called blurred.
LEAST_TEXTURE = 0.0012
# Spread of ln(R/G) and ln(B/G) over a picture without colour, from the middle to nearly all of it.
COLOURLESS = 0.02
# How much of a channel's histogram over the bare skin (8-bit sRGB, single details taken out) stays where it is when it
# is smoothed over an eighth of its span, or over six codes: light from one side parts a face into a bright and a dark
# half, with few codes between. Portraits keep 0.85 and more, small, dark, denoised, in poor JPEGs or lit from one side;
# what was brought to steps of 24 and more at most 0.78, also in JPEGs.
FEW_TINTS, STEPS = 0.8, 6.0
# What JPEG, noise and a stretched tone curve leave of single codes; and the end of the scale, which says nothing.
CODES, DARKEST, BRIGHTEST = 1.5, 6, 249


def is_lifelike(
    face: Face, linear: NDArray[np.float32], *, bare: bool = True, skin: NDArray[np.bool_] | None = None
) -> bool:
    """Whether colour and texture of ``face`` in its photograph, ``linear`` (H, W, 3) linear RGB, can be a person's.

    ``bare``: skin was found on it, ``skin`` (H, W) where, or all over the face. Without, a face of one flat colour is a
    face behind a cloth, and no drawing, unless the whole picture is without colour.
    """
    height, width = linear.shape[:2]
    left, top, across, down = face.box
    x0, x1 = (int(np.clip(edge, 0, width)) for edge in (left, left + across + 1))
    y0, y1 = (int(np.clip(edge, 0, height)) for edge in (top, top + down + 1))
    seen = np.ascontiguousarray(linear[y0:y1, x0:x1])
    if seen.size == 0:
        return False
    shrink = max(1, round(face.eye_distance / EYE_DISTANCE))
    size = (max(1, seen.shape[1] // shrink), max(1, seen.shape[0] // shrink))
    small = np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA), np.float32)
    inside = np.zeros(small.shape[:2], np.uint8)
    outline = (face.landmarks[list(mesh.OVAL), :2] - [x0, y0]) / shrink
    cv2.fillPoly(inside, [np.round(outline).astype(np.int32)], 1)
    where = inside > 0
    if not where.any():
        return False
    soft = np.maximum(cv2.GaussianBlur(small, (0, 0), 1.5), 0)
    # One tint over everything is divided out, so that no floor under the shadows turns it into colours.
    logs = np.log(soft / np.maximum(np.median(soft[where], axis=0), 1e-4) + 0.03)
    spans = [_span((logs[..., 0] - logs[..., other])[where]) for other in (1, 2)]
    light = np.log(np.maximum(small @ np.array([0.2126, 0.7152, 0.0722], np.float32), 0) + 0.003)
    # Between the eyes, where neither mask nor scarf goes: those may well be flat.
    seldom_covered = np.zeros(small.shape[:2], np.uint8)
    between = (face.landmarks[list(mesh.BETWEEN_EYES), :2] - [x0, y0]) / shrink
    cv2.fillPoly(seldom_covered, [np.round(between).astype(np.int32)], 1)
    texture = float(np.median(np.abs(light - cv2.GaussianBlur(light, (0, 0), 1.0))[seldom_covered > 0]))
    flat = texture < LEAST_TEXTURE
    if flat:
        return not bare and not _is_colourless(linear)
    if max(spans) < LEAST_SPAN:
        return False
    if skin is not None:
        # A mask or scarf may well be of one tint.
        found = cv2.resize(skin[y0:y1, x0:x1].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        where &= found > 0
    return not (bare and where.any() and _has_few_tints(small, where))


def _has_few_tints(linear: NDArray[np.float32], where: NDArray[np.bool_]) -> bool:
    codes = np.round(255 * encode_srgb(linear)).astype(np.uint8)
    # Single hairs, JPEG's rings beside an edge: a median keeps the areas.
    calm = cv2.medianBlur(codes, 5)
    kept = []
    for channel in range(3):
        values = calm[..., channel][where]
        values = values[(values >= DARKEST) & (values <= BRIGHTEST)]
        if 3 * len(values) < np.count_nonzero(where):
            continue
        low, high = np.quantile(values, [0.05, 0.95])
        found = np.pad(np.bincount(values, minlength=256) / len(values), 100)
        fine, coarse = (_smoothed(found, width) for width in (CODES, max(2.5 * CODES, min(STEPS, (high - low) / 8))))
        kept.append(float(np.minimum(fine, coarse).sum()))
    return bool(kept) and float(np.mean(kept)) < FEW_TINTS


def _smoothed(histogram: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    column = cv2.GaussianBlur(histogram[:, None], (1, 511), width, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(column[:, 0], np.float64)


def _is_colourless(linear: NDArray[np.float32]) -> bool:
    step = max(1, max(linear.shape) // 200)
    logs = np.log(np.maximum(linear[::step, ::step], 0) + 0.02)
    tints = np.stack([logs[..., 0] - logs[..., 1], logs[..., 2] - logs[..., 1]]).reshape(2, -1)
    away = np.abs(tints - np.median(tints, axis=1, keepdims=True))
    return bool(np.quantile(away, 0.99) < COLOURLESS)


def _span(values: NDArray[np.float32]) -> float:
    low, high = np.quantile(values, [0.1, 0.9])
    return float(high - low)
