"""Faces are found wherever and however they lie, nothing else is, and the pose has the promised signs."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from analyzer import mesh
from analyzer.face import Face, angles, find_face, fit_average_face

FACES = Path(__file__).parents[2] / "samples" / "portraits"
GOLDEN = Path(__file__).parents[1] / "data" / "landmarks" / "golden_landmarks.json"
PORTRAITS = sorted(path.stem for path in FACES.glob("*.jpg"))
SQUARE_ON, TURNED, DARK = "daniel_tani__usa", "boris_morukov__russia", "robert_satcher__usa"


@cache
def portrait(name: str, height: int = 900) -> NDArray[np.uint8]:
    with Image.open(FACES / f"{name}.jpg") as picture:
        return np.asarray(picture.convert("RGB").resize((picture.width * height // picture.height, height)))


@cache
def face_of(name: str) -> Face:
    face = find_face(portrait(name)).face
    assert face is not None
    return face


def middle(face: Face, points: tuple[int, ...]) -> NDArray[np.float64]:
    return face.landmarks[list(points), :2].mean(axis=0)


def test_seven_portraits_are_here() -> None:
    assert len(PORTRAITS) == 7


@pytest.mark.parametrize("name", PORTRAITS)
def test_every_portrait_is_one_usable_face_with_its_parts_in_place(name: str) -> None:
    search = find_face(portrait(name))
    assert (search.count, search.problems) == (1, ())
    face = search.face
    assert face is not None
    assert face.landmarks.shape == (mesh.ALL_POINTS, 3)
    brow, eye, mouth = middle(face, mesh.LEFT_BROW), middle(face, mesh.LEFT_EYE), middle(face, mesh.LIPS)
    assert brow[1] < eye[1] < face.landmarks[1, 1] < mouth[1] < face.landmarks[152, 1]
    # The person's own left is on the right of an unmirrored picture.
    assert middle(face, mesh.LEFT_EYE)[0] > middle(face, mesh.RIGHT_EYE)[0]
    x, y, width, height = face.box
    assert x <= eye[0] <= x + width
    assert y <= eye[1] <= y + height
    # The pupil is darker than the skin below the eye: the mesh lies on this face, not beside it.
    grey = portrait(name).mean(axis=2)
    iris, cheek = face.landmarks[473, :2].round().astype(int), face.landmarks[330, :2].round().astype(int)
    around = grey[iris[1] - 2 : iris[1] + 3, iris[0] - 2 : iris[0] + 3]
    assert np.median(around) < 0.75 * np.median(grey[cheek[1] - 5 : cheek[1] + 6, cheek[0] - 5 : cheek[0] + 6])


@pytest.mark.parametrize("name", ["daniel_tani__usa", "stephanie_wilson__usa"])
def test_landmarks_stay_where_they_were_checked_by_eye(name: str) -> None:
    golden = json.loads(GOLDEN.read_text())[name]
    with Image.open(FACES / f"{name}.jpg") as picture:
        face = find_face(np.asarray(picture.convert("RGB"))).face
    assert face is not None
    off = np.linalg.norm(face.landmarks - np.array(golden["points"]), axis=1)
    assert off.mean() < 0.005 * golden["eye_distance"]


def test_mirroring_turns_yaw_and_roll_around_and_leaves_pitch() -> None:
    face = face_of(TURNED)
    mirrored = find_face(np.ascontiguousarray(portrait(TURNED)[:, ::-1])).face
    assert mirrored is not None
    assert face.yaw < -10  # he turns to his own right: towards the left of the picture
    assert mirrored.yaw == pytest.approx(-face.yaw, abs=2.0)
    assert mirrored.roll == pytest.approx(-face.roll, abs=1.5)
    assert mirrored.pitch == pytest.approx(face.pitch, abs=2.5)


@pytest.mark.parametrize("clockwise", [-40, -15, 15, 40])
def test_turning_the_picture_adds_to_roll_alone(clockwise: int) -> None:
    picture = portrait(SQUARE_ON)
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -clockwise, 0.8)
    turned = find_face(np.asarray(cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE))).face
    assert turned is not None
    face = face_of(SQUARE_ON)
    # Clockwise, the top of the head goes to the right of the picture: to the person's own left.
    assert turned.roll == pytest.approx(face.roll + clockwise, abs=2.0)
    assert turned.yaw == pytest.approx(face.yaw, abs=2.5)
    assert turned.pitch == pytest.approx(face.pitch, abs=3.0)


@pytest.mark.parametrize(
    ("axis", "degrees", "expected"),
    [
        ("y", 20, (20, 0, 0)),  # the nose goes to +x: the person's own left
        ("x", -20, (0, 20, 0)),  # the nose goes up
        ("z", -20, (0, 0, 20)),  # the top of the head goes to +x
        ("y", -35, (-35, 0, 0)),
    ],
)
def test_pose_of_a_head_turned_by_a_known_angle(axis: str, degrees: float, expected: tuple[float, ...]) -> None:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    rotation = {
        "x": [[1, 0, 0], [0, cos, -sin], [0, sin, cos]],
        "y": [[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]],
        "z": [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]],
    }[axis]
    head = mesh.average_face().points @ np.array(rotation, float).T
    seen = np.vstack([head * 30 * [1, -1, -1] + [500, 400, 0], np.zeros((10, 3))])
    found, misfit = fit_average_face(seen)
    assert angles(found) == pytest.approx(expected, abs=1e-6)
    assert misfit == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_picture_on_its_side_is_found_where_it_lies(quarters: int) -> None:
    picture = portrait(DARK)
    side = find_face(np.ascontiguousarray(np.rot90(picture, quarters))).face
    assert side is not None
    face = face_of(DARK)
    # Turned back, the landmarks are those of the upright picture.
    height, width = np.rot90(picture, quarters).shape[:2]
    x, y = side.landmarks[:, 0], side.landmarks[:, 1]
    back = {1: (height - 1 - y, x), 2: (width - 1 - x, height - 1 - y), 3: (y, width - 1 - x)}[quarters]
    off = np.hypot(back[0] - face.landmarks[:, 0], back[1] - face.landmarks[:, 1])
    assert off.mean() < 0.03 * face.eye_distance
    turned = (side.roll - face.roll + 90 * quarters + 180) % 360 - 180
    assert abs(turned) < 4


@pytest.mark.parametrize("name", ["cat", "coffee", "rocket", "colorwheel", "cell", "page"])
def test_what_is_no_face_is_none(name: str) -> None:
    picture = getattr(data, name)()
    picture = np.dstack([picture] * 3) if picture.ndim == 2 else picture[..., :3]
    search = find_face(np.ascontiguousarray(picture))
    assert (search.face, search.count) == (None, 0)
    assert [(one.code, one.severity) for one in search.problems] == [("no_face", "reject")]


def test_two_equal_faces_are_too_many_and_a_much_nearer_one_is_meant() -> None:
    left, right = portrait(SQUARE_ON), portrait(DARK)
    both = find_face(np.ascontiguousarray(np.hstack([left, right])))
    assert both.count == 2
    assert [one.code for one in both.problems] == ["several_faces"]
    behind = np.full_like(left, 120)
    small = cv2.resize(right, None, fx=0.45, fy=0.45, interpolation=cv2.INTER_AREA)
    behind[: small.shape[0], : small.shape[1]] = small
    near = find_face(np.ascontiguousarray(np.hstack([behind, left])))
    assert (near.count, near.problems) == (2, ())
    assert near.face is not None
    assert near.face.landmarks[:, 0].min() > left.shape[1] - 1


def test_a_small_face_in_a_large_picture_is_found_and_named_too_small_by_its_own_pixels() -> None:
    canvas = np.full((2000, 1500, 3), 130, np.uint8)
    face = cv2.resize(portrait(SQUARE_ON), None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    canvas[900 : 900 + face.shape[0], 200 : 200 + face.shape[1]] = face
    search = find_face(canvas)
    assert search.face is not None
    assert search.face.eye_distance == pytest.approx(0.3 * face_of(SQUARE_ON).eye_distance, rel=0.04)
    assert [one.code for one in search.problems] == ["face_too_small"]
    assert find_face(canvas, scale=2.0).problems == ()


def test_a_face_turned_far_away_is_refused_with_its_angle() -> None:
    profile = cv2.resize(data.camera(), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    search = find_face(np.ascontiguousarray(np.dstack([profile] * 3)))
    assert search.face is not None
    assert search.face.yaw > 40  # he looks to the right of the picture: to his own left
    turned = [one for one in search.problems if one.code == "turned_away"]
    assert [one.severity for one in turned] == ["reject"]
    assert f"{round(search.face.yaw)} degrees" in turned[0].message


def test_threads_do_not_disturb_each_other() -> None:
    names = [SQUARE_ON, TURNED, DARK] * 2
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda name: find_face(portrait(name)).face, names))
    for name, face in zip(names, found, strict=True):
        assert face is not None
        assert np.array_equal(face.landmarks, face_of(name).landmarks)
