"""Pictures of what was measured: the label map for programs, the overlay for eyes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analyzer.photo_analysis import PhotoAnalysis
from analyzer.reading import LABELS
from calibration.errors import writing

# Okabe and Ito's palette, told apart by people with any colour vision (red left out: it would look like a finding).
_COLOURS: Mapping[str, tuple[int, int, int]] = {
    "forehead": (0, 114, 178),
    "left_cheek": (86, 180, 233),
    "right_cheek": (240, 228, 66),
    "nose": (0, 158, 115),
    "perioral": (204, 121, 167),
    "chin": (230, 159, 0),
}
_STRENGTH = 0.35


def write_label_map(analysis: PhotoAnalysis, path: Path) -> None:
    """An 8-bit PNG in the size of the upright photograph: 0 outside, else the region's label.

    A photograph in which nothing was measured gives a map of zeros; one that cannot be read gives no file.
    """
    if analysis.photo is None:
        return
    labels = analysis.label_map
    if labels is None:
        labels = np.zeros((analysis.photo.height, analysis.photo.width), np.uint8)
    _write_png(labels, path)


def write_overlay(analysis: PhotoAnalysis, path: Path) -> None:
    """The photograph with its regions tinted and the card's corners joined; no metadata."""
    if analysis.photo is None:
        return
    _write_png(overlay(analysis), path)


def overlay(analysis: PhotoAnalysis) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 sRGB. The analysis must hold its photograph."""
    import cv2

    assert analysis.photo is not None
    shown = analysis.photo.srgb8().copy()
    if analysis.label_map is not None:
        for name, colour in _COLOURS.items():
            inside = analysis.label_map == LABELS[name]
            shown[inside] = (1 - _STRENGTH) * shown[inside] + _STRENGTH * np.array(colour)
    corners = (analysis.reading.calibration or {}).get("corners")
    if corners:
        thickness = max(2, round(max(shown.shape) / 600))
        cv2.polylines(
            shown, [np.round(np.array(corners)).astype(np.int32)], True, (0, 114, 178), thickness, cv2.LINE_AA
        )
    return shown


def _write_png(picture: NDArray[np.uint8], path: Path) -> None:
    from PIL import Image

    with writing(path):
        Image.fromarray(picture).save(path, "PNG")
