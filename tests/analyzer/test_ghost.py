"""The outline of the last photograph: clear but for lines, at the face's and the card's places."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from analyzer.ghost import ghost
from analyzer.pipeline import PhotoAnalysis, analyze_photo
from analyzer.reading import Reading

SAMPLE = Path(__file__).parents[2] / "samples" / "p03_rebound" / "before_1.jpg"


@cache
def analysis() -> PhotoAnalysis:
    return analyze_photo(SAMPLE)


def opacity(mirrored: bool) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(ghost(analysis(), mirrored=mirrored))) as picture:
        assert picture.mode == "RGBA"
        return np.asarray(picture)[..., 3]


def test_lines_lie_on_card_and_face_and_nothing_else_is_there() -> None:
    seen, found = opacity(False), analysis()
    assert found.photo is not None
    assert found.measured is not None
    shrink = found.photo.height / seen.shape[0]
    corners = (found.reading.calibration or {})["corners"]
    face = found.measured.face.landmarks[[10, 152, 234, 454], :2] * found.measured.factor
    for x, y in [*corners, *face]:
        row, column = round(y / shrink), round(x / shrink)
        assert seen[row - 3 : row + 4, column - 3 : column + 4].max() > 100
    assert 0.002 < (seen > 0).mean() < 0.08


def test_a_front_cameras_outline_is_flipped() -> None:
    assert np.array_equal(opacity(True), opacity(False)[:, ::-1])


def test_what_was_not_measured_has_no_outline() -> None:
    with pytest.raises(ValueError, match="measured"):
        ghost(PhotoAnalysis(Reading("a", None, None, None, usable=False)))
