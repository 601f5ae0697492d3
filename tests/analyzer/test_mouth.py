"""A cover of the skin's own colour is told by what it hides: no mouth, no nostrils."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from analyzer import mesh
from analyzer.face import Face, find_face
from analyzer.mouth import BELOW_EYES, BELOW_NOSE, hidden_below
from analyzer.regions import map_regions
from calibration.cielab import decode_srgb

FACES = Path(__file__).parents[2] / "samples" / "portraits"
PEOPLE = ("daniel_tani__usa", "linda_godwin__usa", "robert_satcher__usa", "stephanie_wilson__usa")
JAW = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)


def linear(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Two thirds of a stop darker: a published portrait's forehead is clipped, and left out for that."""
    return decode_srgb((picture / np.float32(255)).astype(np.float32)) * np.float32(0.6)


def portrait(name: str) -> tuple[NDArray[np.uint8], Face]:
    with Image.open(FACES / f"{name}.jpg") as picture:
        pixels = np.asarray(picture.convert("RGB").resize((picture.width * 900 // picture.height, 900)))
    face = find_face(pixels).face
    assert face is not None
    return pixels, face


def covered(picture: NDArray[np.uint8], face: Face, top: tuple[int, ...]) -> NDArray[np.uint8]:
    """The lower face under a cloth of the cheeks' own colour, with the noise that photographs have."""
    area = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(area, [face.landmarks[list(JAW + top), :2].astype(np.int32)], 1)
    own = np.median(picture[face.landmarks[list(mesh.LEFT_CHEEK), 1].astype(int),
                            face.landmarks[list(mesh.LEFT_CHEEK), 0].astype(int)], axis=0)  # fmt: skip
    noise = np.random.default_rng(3).normal(0, 3, picture.shape)
    return np.where(area[..., None] > 0, np.clip(own + noise, 0, 255), picture).astype(np.uint8)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("light", [1.0, 0.25])
def test_an_uncovered_mouth_is_seen_on_every_tone_and_in_little_light(name: str, light: float) -> None:
    picture, face = portrait(name)
    assert hidden_below(face, linear(picture) * np.float32(light)) == ()


@pytest.mark.parametrize("name", PEOPLE)
def test_a_mask_of_the_skins_own_colour_hides_mouth_and_nose(name: str) -> None:
    picture, face = portrait(name)
    light = linear(covered(picture, face, (323, 454, 347, 197, 118, 234, 93)))
    assert hidden_below(face, light) == BELOW_EYES
    assert {"perioral", "chin"} <= set(map_regions(face, light).missing)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_scarf_up_to_the_mouth_leaves_the_nose(name: str) -> None:
    picture, face = portrait(name)
    light = linear(covered(picture, face, (323, 393, 164, 167, 93)))
    assert hidden_below(face, light) == BELOW_NOSE
    found = map_regions(face, light)
    assert {"perioral", "chin"} <= set(found.missing)
    assert not found.covered


def test_a_face_at_the_pictures_edge_is_no_error() -> None:
    picture, face = portrait(PEOPLE[0])
    cut = picture[: int(face.landmarks[1, 1])]
    assert hidden_below(face, linear(cut)) in ((), BELOW_NOSE, BELOW_EYES)
