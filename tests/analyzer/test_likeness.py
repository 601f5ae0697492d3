"""Drawings, statues and pictures without colour are nobody's skin, though the landmark model sees a face in them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from analyzer.face import find_face
from analyzer.likeness import is_lifelike
from analyzer.regions import map_regions
from calibration.cielab import decode_srgb

FACES = Path(__file__).parents[2] / "samples" / "portraits"


def linear(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return decode_srgb((picture / np.float32(255)).astype(np.float32))


def portrait(name: str) -> NDArray[np.uint8]:
    with Image.open(FACES / f"{name}.jpg") as picture:
        return np.asarray(picture.convert("RGB").resize((picture.width // 2, picture.height // 2)))


def cartoon() -> NDArray[np.uint8]:
    drawn = np.full((900, 700, 3), (190, 210, 230), np.uint8)
    cv2.ellipse(drawn, (350, 450), (210, 280), 0, 0, 360, (238, 195, 165), -1, cv2.LINE_AA)
    cv2.ellipse(drawn, (350, 260), (215, 130), 0, 180, 360, (80, 50, 30), -1, cv2.LINE_AA)
    for x in (270, 430):
        cv2.ellipse(drawn, (x, 420), (38, 20), 0, 0, 360, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(drawn, (x, 420), 17, (70, 90, 140), -1, cv2.LINE_AA)
        cv2.circle(drawn, (x, 420), 8, (10, 10, 10), -1, cv2.LINE_AA)
        cv2.ellipse(drawn, (x, 420), (40, 22), 0, 180, 360, (40, 25, 20), 4, cv2.LINE_AA)
        cv2.ellipse(drawn, (x, 375), (48, 16), 0, 190, 350, (70, 45, 30), 9, cv2.LINE_AA)
    nose = np.array([[345, 430], [325, 520], [350, 535], [375, 525]])
    cv2.polylines(drawn, [nose], False, (200, 150, 125), 5, cv2.LINE_AA)
    cv2.ellipse(drawn, (350, 600), (70, 22), 0, 0, 180, (190, 80, 80), -1, cv2.LINE_AA)
    cv2.ellipse(drawn, (350, 598), (70, 10), 0, 180, 360, (170, 70, 75), -1, cv2.LINE_AA)
    return drawn


def grey(tint: tuple[float, float, float]) -> NDArray[np.uint8]:
    light = cv2.cvtColor(portrait("daniel_tani__usa"), cv2.COLOR_RGB2GRAY)
    return np.round(light[..., None] * np.array(tint)).astype(np.uint8)


def line_drawing() -> NDArray[np.uint8]:
    light = cv2.GaussianBlur(cv2.cvtColor(portrait("daniel_tani__usa"), cv2.COLOR_RGB2GRAY), (0, 0), 1.5)
    lines = cv2.dilate(cv2.Canny(light, 30, 80), np.ones((2, 2), np.uint8))
    return np.dstack([255 - lines] * 3).astype(np.uint8)


@pytest.mark.parametrize(
    "picture",
    [cartoon(), line_drawing(), grey((1.0, 1.0, 1.0)), grey((1.0, 0.96, 0.88)), grey((0.95, 0.75, 0.5))],
    ids=["cartoon", "lines", "grey", "stone", "sepia"],
)
def test_what_only_looks_like_a_face_is_no_face(picture: NDArray[np.uint8]) -> None:
    face = find_face(picture).face
    assert face is not None  # the landmark model is taken in: that is why this test is there
    found = map_regions(face, linear(picture))
    assert [(one.code, one.severity) for one in found.problems] == [("no_face", "reject")]
    assert not found.labels.any()


@pytest.mark.parametrize("name", ["daniel_tani__usa", "linda_godwin__usa", "robert_satcher__usa"])
@pytest.mark.parametrize("gains", [(1.0, 1.0, 1.0), (0.5, 0.42, 0.3), (0.12, 0.12, 0.12)])
def test_people_are_lifelike_in_any_light(name: str, gains: tuple[float, float, float]) -> None:
    picture = portrait(name)
    face = find_face(picture).face
    assert face is not None
    assert is_lifelike(face, linear(picture) * np.array(gains, np.float32))


def stored(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1), np.uint8)


def few_tints(picture: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    for _ in range(3):
        picture = np.asarray(cv2.bilateralFilter(picture, 9, 60, 20), np.uint8)
    return (picture // step * step + step // 2).astype(np.uint8)


@pytest.mark.parametrize("name", ["linda_godwin__usa", "robert_satcher__usa"])
@pytest.mark.parametrize(("step", "quality"), [(32, 95), (40, 75), (40, 95), (56, 75)])
def test_a_portrait_in_a_few_tints_is_nobodys_also_as_a_jpeg(name: str, step: int, quality: int) -> None:
    picture = portrait(name)
    face = find_face(picture).face
    assert face is not None
    found = map_regions(face, linear(stored(few_tints(picture, step), quality)))
    # The coarsest steps pass for covers: then hardly any skin is found, which is no patient either.
    assert [one.code for one in found.problems] in (["no_face"], ["face_covered"])
    assert found.covered


@pytest.mark.parametrize("name", ["frederick_sturckow__usa", "linda_godwin__usa", "robert_satcher__usa"])
@pytest.mark.parametrize("size", [1.0, 0.35])
def test_a_poor_jpeg_of_a_person_is_still_a_persons(name: str, size: float) -> None:
    picture = np.asarray(cv2.resize(portrait(name), None, fx=size, fy=size, interpolation=cv2.INTER_AREA), np.uint8)
    face = find_face(picture).face
    assert face is not None
    noise = np.random.default_rng(1).normal(0, 6, picture.shape)
    noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
    soft = np.asarray(cv2.bilateralFilter(picture, 9, 40, 10), np.uint8)  # as phones take noise out
    dark = (picture * 0.3).astype(np.uint8)
    assert all(is_lifelike(face, linear(stored(one, 30))) for one in (picture, noisy, soft, dark))


@pytest.mark.parametrize("name", ["frederick_sturckow__usa", "daniel_tani__usa"])
def test_a_face_half_in_shade_with_few_codes_between_is_still_a_persons(name: str) -> None:
    picture = portrait(name)
    face = find_face(picture).face
    assert face is not None
    left, top, across, down = (int(edge) for edge in face.box)
    middle = np.median(picture[top : top + down, left : left + across], axis=(0, 1))
    parted = np.where(picture < middle, 0.6 * picture, 0.6 * picture + 0.3 * middle).astype(np.uint8)
    assert is_lifelike(face, linear(parted))


def test_a_blurred_photograph_of_a_person_is_still_a_persons() -> None:
    picture = portrait("daniel_tani__usa")
    face = find_face(picture).face
    assert face is not None
    soft = cv2.GaussianBlur(linear(picture), (0, 0), 0.016 * face.eye_distance)
    assert is_lifelike(face, np.asarray(soft, np.float32))
