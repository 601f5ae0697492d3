"""Portraits in studio light raise nothing; a half in another light, a screen and a brown print do."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from analyzer.face import Face, find_face
from analyzer.face_light import believed, compare_halves, doubted, face_doubts, face_slope
from analyzer.regions import map_regions
from calibration.card_reading import CardSearch
from calibration.correction import uncalibrated
from calibration.patch_light import ColourSlope
from calibration.photo import Photo, read_photo
from calibration.simulated_filters import filtered
from calibration.simulated_screen import Screen, photograph_of

FACES = Path(__file__).parents[2] / "samples" / "portraits"
PORTRAITS = sorted(path.stem for path in FACES.glob("*.jpg"))
NAME = "daniel_tani__usa"


@cache
def portrait(name: str) -> tuple[NDArray[np.uint8], Face]:
    with Image.open(FACES / f"{name}.jpg") as picture:
        pixels = np.asarray(picture.convert("RGB").resize((700, 700 * picture.height // picture.width)))
    face = find_face(pixels).face
    assert face is not None
    return pixels, face


def named(pixels: NDArray[np.uint8], face: Face) -> dict[str, str]:
    photo = Photo("face.png", pixels, read_photo(FACES / f"{NAME}.jpg").space)
    linear = photo.linear()
    labels = map_regions(face, linear).outlines
    doubts = face_doubts(photo, uncalibrated(CardSearch("auto", None)), face, 1, linear, labels)
    assert (doubts.a_se > 0) == any(one.code != "screen_photo" for one in doubts.problems)
    return {one.code: one.severity for one in doubts.problems}


@pytest.mark.parametrize("name", PORTRAITS)
def test_portraits_raise_nothing(name: str) -> None:
    assert named(*portrait(name)) == {}


@pytest.mark.parametrize("name", ["black and white", "sepia"])
def test_a_picture_without_colour_of_its_own_is_a_filter(name: str) -> None:
    pixels, face = portrait(NAME)
    assert named(filtered(pixels, name), face) == {"colour_filter": "warn"}


def test_a_face_on_a_screen_is_refused() -> None:
    pixels, face = portrait(NAME)
    shown = photograph_of(pixels, Screen(pitch=2.5, turn_deg=0, keystone=0))
    assert named(shown, face)["screen_photo"] == "reject"


def lit_from_the_side(pixels: NDArray[np.uint8], face: Face, gains: tuple[float, float, float]) -> NDArray[np.uint8]:
    """The half beyond the nose multiplied by ``gains`` in coded values, with a soft edge."""
    share = 1 / (1 + np.exp((face.landmarks[1, 0] - np.arange(pixels.shape[1])) / 15))
    return np.clip(pixels * (1 + share[None, :, None] * (np.array(gains) - 1)), 0, 255).astype(np.uint8)


def test_one_half_in_another_light_is_named() -> None:
    pixels, face = portrait(NAME)
    assert "uneven_light" in named(lit_from_the_side(pixels, face, (0.4, 0.4, 0.4)), face)
    assert "mixed_light" in named(lit_from_the_side(pixels, face, (1.15, 1.0, 0.7)), face)


def test_one_red_cheek_is_not_another_lamp() -> None:
    pixels, face = portrait(NAME)
    assert named(lit_from_the_side(pixels, face, (1.0, 0.88, 0.92)), face) == {}


def test_halves_and_slope_tell_where_the_light_comes_from() -> None:
    pixels, face = portrait(NAME)
    linear = read_photo(FACES / f"{NAME}.jpg").linear()[:1, :1]  # only the type: one pixel has no halves
    nothing = compare_halves(face, linear, np.zeros((1, 1), np.uint8))
    assert (nothing.light, nothing.tint) == (0.0, 0.0)
    flat = np.full((*pixels.shape[:2], 3), 0.3, np.float32)
    flat *= np.exp(np.linspace(0, 0.7, pixels.shape[1], dtype=np.float32))[None, :, None]
    labels = map_regions(face, flat).outlines
    assert face_slope(flat, labels) == pytest.approx([0.7 / (pixels.shape[1] - 1), 0.0], abs=1e-6)
    # The picture's right is the person's left.
    assert compare_halves(face, flat, labels).light < 0


def test_doubts_widen_the_calibration() -> None:
    pixels, face = portrait(NAME)
    photo = Photo("face.png", filtered(pixels, "sepia"), read_photo(FACES / f"{NAME}.jpg").space)
    plain = uncalibrated(CardSearch("auto", None))
    linear = photo.linear()
    found = face_doubts(photo, plain, face, 1, linear, map_regions(face, linear).outlines)
    wider = doubted(plain, found)
    assert wider.a_se(np.array([60.0, 14.0, 17.0])) > plain.a_se(np.array([60.0, 14.0, 17.0]))
    assert "colour_filter" in [one.code for one in wider.problems]


def test_a_change_of_colour_is_taken_out_bit_by_bit_as_it_gets_sure() -> None:
    """Else noise that just passes for a second lamp would move a* by several units at once."""
    se = np.full((2, 2), 0.02)
    sizes = np.linspace(0.0, 0.4, 81)
    taken = [believed(ColourSlope(np.array([[0.0, size / 2], [0.0, -size / 2]]), se)).slope for size in sizes]
    down = np.array([one[0, 1] - one[1, 1] for one in taken])
    assert np.all(down[sizes < 0.09] == 0)
    assert down[sizes > 0.2] == pytest.approx(sizes[sizes > 0.2], rel=0.05)
    assert np.abs(np.diff(down)).max() < 0.02
    assert all(np.all(one[:, 0] == 0) for one in taken)
