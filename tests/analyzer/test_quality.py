"""Good portraits of every tone pass; known blur, darkness and clipping are named, by their strength."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from analyzer.face import Face, find_face
from analyzer.quality import blur, check_photo, check_size
from analyzer.regions import outline_regions
from calibration.cielab import decode_srgb, encode_srgb

FACES = Path(__file__).parents[2] / "samples" / "portraits"
PORTRAITS = sorted(path.stem for path in FACES.glob("*.jpg"))
# Published with clipped highlights on the face; these are warned about as they come.
BRIGHT = {"frederick_sturckow__usa", "linda_godwin__usa"}
DARK_SKIN = "stephanie_wilson__usa"


def linear(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return decode_srgb((picture / np.float32(255)).astype(np.float32))


def exposed(name: str, gain: float) -> NDArray[np.uint8]:
    return np.round(encode_srgb(linear(portrait(name)) * np.float32(gain)) * 255).astype(np.uint8)


@cache
def portrait(name: str) -> NDArray[np.uint8]:
    with Image.open(FACES / f"{name}.jpg") as picture:
        height = 1000
        return np.asarray(picture.convert("RGB").resize((picture.width * height // picture.height, height)))


@cache
def face_of(name: str) -> Face:
    face = find_face(portrait(name)).face
    assert face is not None
    return face


def problems(picture: NDArray[np.uint8], face: Face, white_level: float | None = None) -> set[tuple[str, str]]:
    outlines = outline_regions(face, picture.shape[:2])
    return {(one.code, one.severity) for one in check_photo(picture, linear(picture), face, outlines, white_level)}


def blurred(name: str, per_cent: float) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(portrait(name), (0, 0), per_cent / 100 * face_of(name).eye_distance))


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("eye_distance", [None, 65])
def test_sharp_portraits_of_every_tone_and_size_are_not_called_blurred_or_dark(
    name: str, eye_distance: float | None
) -> None:
    picture = portrait(name)
    if eye_distance is not None:
        factor = eye_distance / face_of(name).eye_distance
        picture = np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
    face = find_face(picture).face
    assert face is not None
    assert problems(picture, face) == ({("overexposed", "warn")} if name in BRIGHT else set())


def test_an_eighth_face_passes_too() -> None:
    face = find_face(data.astronaut()).face
    assert face is not None
    assert problems(data.astronaut(), face) == set()


@pytest.mark.parametrize("name", PORTRAITS)
def test_the_strength_of_a_blur_is_measured_whatever_the_tone(name: str) -> None:
    assert blur(portrait(name), face_of(name)) < 1.0
    for per_cent in (2.0, 3.0, 4.0):
        assert blur(blurred(name, per_cent), face_of(name)) == pytest.approx(per_cent, rel=0.2)


@pytest.mark.parametrize("name", PORTRAITS)
def test_soft_is_warned_and_strongly_blurred_is_refused(name: str) -> None:
    assert ("blurred", "warn") in problems(blurred(name, 2.2), face_of(name))
    assert ("blurred", "reject") in problems(blurred(name, 4.0), face_of(name))


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("direction", [0, 1])
def test_a_shaken_hand_is_seen_in_either_direction(name: str, direction: int) -> None:
    length = round(0.16 * face_of(name).eye_distance)
    kernel = np.full((1, length) if direction == 0 else (length, 1), 1 / length, np.float32)
    shaken = np.asarray(cv2.filter2D(portrait(name), -1, kernel))
    assert any(code == "blurred" for code, _ in problems(shaken, face_of(name)))


def test_noise_is_not_taken_for_sharpness_lost() -> None:
    random = np.random.default_rng(6)
    noisy = np.clip(portrait(DARK_SKIN) + random.normal(0, 6, portrait(DARK_SKIN).shape), 0, 255).astype(np.uint8)
    assert blur(noisy, face_of(DARK_SKIN)) < 1.6


@pytest.mark.parametrize("name", PORTRAITS)
def test_four_stops_too_little_light_is_refused(name: str) -> None:
    found = problems(exposed(name, 1 / 32), face_of(name))
    assert ("too_dark", "reject") in found


def test_dark_skin_in_good_light_is_not_too_dark_but_light_skin_in_the_dark_is() -> None:
    half = exposed(DARK_SKIN, 0.5)
    assert problems(half, face_of(DARK_SKIN)) == set()
    # The card's white decides where there is one: the same skin codes mean good light here and none there.
    assert problems(half, face_of(DARK_SKIN), white_level=0.8) == set()
    assert problems(half, face_of(DARK_SKIN), white_level=0.1) == {("too_dark", "warn")}
    assert problems(half, face_of(DARK_SKIN), white_level=0.03) == {("too_dark", "reject")}
    light = "daniel_tani__usa"
    assert ("too_dark", "warn") in problems(exposed(light, 0.1), face_of(light))


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_burnt_out_face_is_refused(name: str) -> None:
    assert ("overexposed", "reject") in problems(exposed(name, 4.0), face_of(name))


def test_some_clipping_is_a_warning() -> None:
    assert problems(exposed(DARK_SKIN, 1.7), face_of(DARK_SKIN)) == {("overexposed", "warn")}


@pytest.mark.parametrize(("width", "height", "small"), [(299, 900, True), (900, 120, True), (300, 300, False)])
def test_pictures_of_too_few_pixels(width: int, height: int, small: bool) -> None:
    found = check_size(width, height)
    assert [(one.code, one.severity) for one in found] == ([("too_small", "reject")] if small else [])
    assert not small or f"{width} by {height}" in found[0].message
