"""Helpers that several tests of the card share: pictures as photographs, and what a search says."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.card_reading import CardReading, CardSearch
from calibration.photo import Photo, RgbSpace, decode_photo

Points = NDArray[np.float64]


def plain_srgb() -> RgbSpace:
    """The space of a file without a profile, as the reader makes it."""
    done, code = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))
    assert done
    return decode_photo(code.tobytes(), "plain.png").space


def as_photo(picture: NDArray[np.uint8] | NDArray[np.uint16], space: RgbSpace | None = None) -> Photo:
    return Photo("made.png", np.ascontiguousarray(picture), space or plain_srgb())


def read(search: CardSearch) -> CardReading:
    assert search.reading is not None, [problem.sentence for problem in search.problems]
    return search.reading


def error(reading: CardReading, truth: Points) -> float:
    """The worst corner's distance, in widths of the card."""
    off = np.linalg.norm(reading.corners - truth, axis=1).max()
    return float(off / np.linalg.norm(truth[1] - truth[0]))


def codes(search: CardSearch) -> list[str]:
    """Why nothing was read."""
    assert search.reading is None
    return [problem.code for problem in search.problems]
