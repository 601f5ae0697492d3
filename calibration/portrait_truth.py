"""What is bare skin on a portrait, as drawn by hand: the truth that masks are held against on real photographs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Polygons = Sequence[Sequence[tuple[float, float]]]

# A hand draws a line to about this share of the distance between the eyes; what lies nearer to one is not judged.
HAND = 0.015
# Everything drawn but the outline of the skin itself and what nobody can say.
OFF_SKIN = ("brow", "eye", "nostril", "lips", "beard", "shine")


@dataclass(frozen=True, eq=False)
class PortraitTruth:
    """``off`` (H, W): surely no bare skin; ``bare`` (H, W): surely bare skin. Neither: nobody can say."""

    off: Mask
    bare: Mask


def read_polygons(path: Path) -> Mapping[str, Mapping[str, Polygons]]:
    """Polygons in pixels by portrait and by what they surround: ``skin``, ``unsure`` or one of ``OFF_SKIN``."""
    document: Mapping[str, Mapping[str, Polygons]] = json.loads(path.read_text(encoding="utf-8"))
    return document


def portrait_truth(
    polygons: Mapping[str, Polygons],
    shape: tuple[int, int],
    eye_distance: float,
    scale: float = 1.0,
    off: Sequence[str] = OFF_SKIN,
) -> PortraitTruth:
    """The masks (H, W) of one portrait, drawn ``scale`` times as large; ``eye_distance`` in pixels of the masks."""
    skin = _drawn(polygons.get("skin", ()), shape, scale)
    for part in off:
        skin &= ~_drawn(polygons.get(part, ()), shape, scale)
    unsure = _drawn(polygons.get("unsure", ()), shape, scale)
    reach = max(1, round(HAND * eye_distance))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    inner, outer = (cv2.erode(one.astype(np.uint8), disc) > 0 for one in (skin, ~skin))
    return PortraitTruth(outer & ~unsure, inner & ~unsure)


def _drawn(polygons: Polygons, shape: tuple[int, int], scale: float) -> Mask:
    drawn = np.zeros(shape, np.uint8)
    for polygon in polygons:
        points = (np.asarray(polygon, float) + 0.5) * scale - 0.5
        cv2.fillPoly(drawn, [np.round(points * 16).astype(np.int32)], 1, shift=4)
    return np.asarray(drawn > 0, np.bool_)
