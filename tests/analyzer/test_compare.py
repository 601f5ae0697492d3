"""Before and after: aligned, in one light, covered when asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from analyzer.compare import PICTURE_WIDTH, compare_pictures
from analyzer.errors import NotComparable

GAP = 16


def halves(page: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """The two photographs of a comparison, (H, W, 3) float."""
    pixels = np.asarray(page).astype(float)
    top = pixels[GAP : page.height - 160]
    return top[:, GAP : GAP + PICTURE_WIDTH], top[:, 2 * GAP + PICTURE_WIDTH : 2 * GAP + 2 * PICTURE_WIDTH]


def test_the_same_face_lies_on_the_same_pixels_although_it_was_framed_anew(samples: Path) -> None:
    folder = samples / "p01_light_skin"
    first, second = (half.mean(axis=2) for half in halves(compare_pictures(folder / "d05.jpg", folder / "d07.jpg")))
    middle = np.s_[200:-200, 150:-150]
    match = np.corrcoef(first[middle].ravel(), second[middle].ravel())[0, 1]
    shifted = np.corrcoef(first[middle].ravel(), np.roll(second, 25, axis=1)[middle].ravel())[0, 1]
    assert match > 0.95
    assert match > shifted + 0.02


def test_one_skin_under_two_lamps_looks_alike_once_calibrated(samples: Path) -> None:
    folder = samples / "p03_rebound"
    first, second = halves(compare_pictures(folder / "before_1.jpg", folder / "before_2.jpg"))
    chromas = [half[300:500, 300:500] / half[300:500, 300:500].sum(axis=2, keepdims=True) for half in (first, second)]
    assert np.abs(chromas[0].mean(axis=(0, 1)) - chromas[1].mean(axis=(0, 1))).max() < 0.015


def test_covered_eyes_are_black_and_only_when_asked(samples: Path) -> None:
    folder = samples / "p01_light_skin"
    plain = halves(compare_pictures(folder / "d05.jpg", folder / "d07.jpg"))
    covered = halves(compare_pictures(folder / "d05.jpg", folder / "d07.jpg", anonymise=True))
    for before, after in zip(plain, covered, strict=True):
        assert (after == 0).all(axis=2).mean() > 0.05
        assert (before == 0).all(axis=2).mean() < 0.01


def test_one_region_fills_the_picture(samples: Path) -> None:
    folder = samples / "p01_light_skin"
    page = compare_pictures(folder / "d00.jpg", (folder / "d07.jpg").read_bytes(), region="left_cheek")
    first, second = (half.mean(axis=(0, 1)) for half in halves(page))
    assert first[0] / first[1] > second[0] / second[1] + 0.05  # redder before than after


def test_a_photograph_that_cannot_be_measured_is_named(samples: Path, cat_jpeg: bytes) -> None:
    with pytest.raises(NotComparable, match="After"):
        compare_pictures(samples / "p01_light_skin" / "d00.jpg", cat_jpeg)
