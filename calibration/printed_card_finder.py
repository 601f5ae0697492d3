"""Our own card found by its four markers: quick, from any side, and in a mirror.

The patterns and their mirror images are one small dictionary, so one look finds both. Two markers are enough for a
first guess; where a hand or the picture's edge leaves but one, the fields are looked for as those of a bought card, and
the marker must stand where they say. ``card_fit`` then lays the patches exactly, and ``card_check`` doubts it as any
other card.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.card_grid import transform
from calibration.detection_candidates import Candidate, in_photo
from calibration.printed_card import MARKER_IDS, MARKERS, PATCH_MM, STEP_MM

_BITS = 4
# Mean filters that part black from white; markers are 6 modules wide and from about 16 to 300 pixels.
_WINDOWS = (7, 39, 16)
# How far from where the fields say, in its own sides, a lone marker may stand.
_NEAR = 0.35


@dataclass(frozen=True, eq=False)
class Marker:
    """One of our markers: its ``number``, whether it is seen in a mirror, and its corners (4, 2) in the photograph."""

    number: int
    mirrored: bool
    corners: NDArray[np.float64]

    @property
    def side(self) -> float:
        """Pixels."""
        return float(np.sqrt(abs(cv2.contourArea(self.corners.astype(np.float32)))))

    def stands_by(self, candidate: Candidate) -> bool:
        """Whether it stands where it should beside the fields of ``candidate``."""
        own = transform(candidate.to_image, _marker_corners(self.number, self.mirrored))
        return bool(np.linalg.norm(own - self.corners, axis=1).max() < _NEAR * self.side)


def markers_in(image: NDArray[np.uint8], scale: float) -> list[Marker]:
    """Our markers in a small RGB picture (``scale`` is small / photograph)."""
    # A detector of one's own for each call: OpenCV's are not safe to share between threads.
    outlines, found, _ = _detector().detectMarkers(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    if not outlines:
        return []
    numbers = np.asarray(found, dtype=np.int64).ravel()
    to_photo = in_photo(np.eye(3), scale)
    return [
        Marker(int(number) % 4, bool(number >= 4), transform(to_photo, np.asarray(outline, np.float64).reshape(4, 2)))
        for number, outline in zip(numbers, outlines, strict=True)
    ]


def printed_candidate(markers: list[Marker], scale: float) -> Candidate | None:
    """Where our card lies by its markers; None without two of them. ``scale`` is that of the copy they were seen in."""
    for mirrored in (False, True):
        own = [marker for marker in markers if marker.mirrored == mirrored]
        candidate = _from_markers(own, scale)
        if candidate is not None:
            return candidate
    return None


def _from_markers(own: list[Marker], scale: float) -> Candidate | None:
    if len({marker.number for marker in own}) < 2:
        return None
    places = np.concatenate([_marker_corners(marker.number, marker.mirrored) for marker in own])
    pixels = np.concatenate([marker.corners for marker in own])
    found, inlier = cv2.findHomography(places, pixels, cv2.RANSAC, max(0.15 * own[0].side, 2.0 / scale))
    if found is None or inlier.sum() < 7:
        return None
    return Candidate(np.asarray(found, dtype=np.float64), PATCH_MM / STEP_MM, 1.0, 24)


def _marker_corners(number: int, mirrored: bool) -> NDArray[np.float64]:
    """(4, 2) column and row of the marker's corners, in the order in which they are found."""
    box = MARKERS[number]
    left, right, top, bottom = box.x, box.x + box.width, box.y, box.y + box.height
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) / STEP_MM
    # In a mirror the pattern's upper left is its upper right, and so on.
    return corners[[1, 0, 3, 2]] if mirrored else corners


def marker_bits(number: int) -> NDArray[np.uint8]:
    """(6, 6) modules of the marker at corner ``number``, its dark frame with it; 1 is white."""
    return np.pad(_patterns()[number], 1)


@cache
def _patterns() -> list[NDArray[np.uint8]]:
    known = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    rows = [known.bytesList[number : number + 1] for number in MARKER_IDS]
    return [np.asarray(cv2.aruco.Dictionary.getBitsFromByteList(row, _BITS), dtype=np.uint8) for row in rows]


def _detector() -> cv2.aruco.ArucoDetector:
    patterns = _patterns()
    both = [*patterns, *(np.ascontiguousarray(bits[:, ::-1]) for bits in patterns)]
    code = np.concatenate([cv2.aruco.Dictionary.getByteListFromBits(bits) for bits in both])
    # Patterns differ in six bits at least: one wrong bit can be forgiven.
    dictionary = cv2.aruco.Dictionary(code, _BITS, 1)
    how = cv2.aruco.DetectorParameters()
    how.adaptiveThreshWinSizeMin, how.adaptiveThreshWinSizeMax, how.adaptiveThreshWinSizeStep = _WINDOWS
    how.minMarkerPerimeterRate = 0.012
    how.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    return cv2.aruco.ArucoDetector(dictionary, how)
