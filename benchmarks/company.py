"""Faces in company, and what only looks like a face: what the program says of it. Called by poses.py."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analyzer.face import find_face
from analyzer.regions import map_regions
from calibration.cielab import decode_srgb

Picture = NDArray[np.uint8]
HEIGHT = 900
A, B, C, D = "daniel_tani__usa", "robert_satcher__usa", "stephanie_wilson__usa", "linda_godwin__usa"


@cache
def _portrait(folder: Path, name: str) -> Picture:
    with Image.open(folder / f"{name}.jpg") as picture:
        return np.asarray(picture.convert("RGB").resize((picture.width * HEIGHT // picture.height, HEIGHT)))


def _eyes(picture: Picture) -> float:
    face = find_face(picture).face
    assert face is not None
    return face.eye_distance


def _beside(near: Picture, far: Picture, size: float, frame: int = 0) -> Picture:
    """Somebody (in a picture frame) behind: their eyes ``size`` times as far apart as those of the nearer one."""
    factor = size * _eyes(near) / _eyes(far)
    small = np.asarray(cv2.resize(far, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
    framed = cv2.copyMakeBorder(small, frame, frame, frame, frame, cv2.BORDER_CONSTANT, value=(80, 55, 30))
    small = np.asarray(framed, np.uint8)[:HEIGHT]
    wall = np.full((HEIGHT, small.shape[1] + 40, 3), (190, 185, 175), np.uint8)
    wall[: small.shape[0], 20:-20] = small
    return np.hstack([wall, near])


def _line_drawing(picture: Picture) -> Picture:
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), 1.5)
    lines = cv2.dilate(cv2.Canny(grey, 30, 80), np.ones((2, 2), np.uint8))
    return np.dstack([255 - lines] * 3).astype(np.uint8)


def _pencil(picture: Picture) -> Picture:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    drawn = np.clip(grey / (256 - cv2.GaussianBlur(255 - grey, (0, 0), 12)) * 256, 0, 255)
    return np.dstack([drawn] * 3).astype(np.uint8)


def _cartoon() -> Picture:
    picture = np.full((HEIGHT, 720, 3), (240, 235, 225), np.uint8)
    cv2.ellipse(picture, (360, 450), (220, 290), 0, 0, 360, (236, 188, 152), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (360, 250), (230, 140), 0, 180, 360, (80, 50, 30), -1, cv2.LINE_AA)
    for x in (275, 445):
        cv2.ellipse(picture, (x, 420), (42, 24), 0, 0, 360, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(picture, (x, 420), 18, (90, 60, 40), -1, cv2.LINE_AA)
        cv2.ellipse(picture, (x, 375), (50, 14), 0, 180, 360, (70, 45, 25), 8, cv2.LINE_AA)
    cv2.ellipse(picture, (360, 510), (35, 25), 0, 20, 160, (190, 130, 100), 5, cv2.LINE_AA)
    cv2.ellipse(picture, (360, 600), (75, 30), 0, 0, 180, (190, 70, 70), -1, cv2.LINE_AA)
    return picture


def _posterised(picture: Picture, code: bool) -> Picture:
    for _ in range(5):
        picture = np.asarray(cv2.bilateralFilter(picture, 9, 60, 20), np.uint8)
    picture = (picture // 40 * 40 + 20).astype(np.uint8)
    if code:
        picture = np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture)[1], cv2.IMREAD_COLOR), np.uint8)
    return picture


def _statue(picture: Picture, noise: float = 0.0) -> Picture:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float64)[..., None] * [0.95, 0.93, 0.88]
    return np.clip(grey + np.random.default_rng(0).normal(0, noise, grey.shape), 0, 255).astype(np.uint8)


def _scenes(folder: Path) -> Iterator[tuple[str, str, Picture]]:
    """What it is, what should be said, the picture."""
    from skimage import data

    one, two, three, four = (_portrait(folder, name) for name in (A, B, C, D))
    small_cat = data.cat()  # type: ignore[no-untyped-call]
    cat = np.asarray(cv2.resize(small_cat, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), np.uint8)
    yield "one person", "measured", one
    for size in (1.0, 0.8, 0.65):
        yield f"a second face, {size:.0%} of the size", "several_faces", _beside(one, two, size)
    for size in (0.5, 0.35, 0.2):
        yield f"somebody behind, {size:.0%} of the size", "the nearer one", _beside(four, one, size)
    yield "two behind, 40 %", "the nearer one", np.hstack([_beside(three, two, 0.4), _beside(three, one, 0.4)[:, :250]])
    yield "a framed portrait behind, 45 %", "the nearer one", _beside(one, three, 0.45, frame=20)
    yield "a framed portrait beside, 90 %", "several_faces", _beside(three, four, 0.9, frame=20)
    yield "a statue beside, 90 %", "several_faces", _beside(one, _statue(two), 0.9)
    yield "a person with a cat", "measured", np.hstack([cv2.resize(cat, (1100, HEIGHT)), two])
    yield "a cat", "no_face", cat
    yield "a line drawing", "no_face", _line_drawing(one)
    yield "a pencil drawing", "no_face", _pencil(four)
    yield "a cartoon", "no_face", _cartoon()
    yield "a portrait in a few flat colours", "no_face", _posterised(one, code=False)
    yield "the same of a darker face, stored as JPEG", "no_face", _posterised(three, code=True)
    yield "a statue, grey stone", "no_face", _statue(one)
    yield "a statue, with a camera's noise", "no_face", _statue(two, noise=4.0)
    room = np.full((HEIGHT, 400, 3), (180, 90, 60), np.uint8)
    yield "a statue in a room with colours", "no_face", np.hstack([room, _statue(four)])


def company(folder: Path) -> None:
    """Print the table."""
    print("| picture | should be | is |\n|---|---|---|")
    for name, wanted, picture in _scenes(folder):
        print(f"| {name} | {wanted} | {_said(np.ascontiguousarray(picture))} |")


def _said(picture: Picture) -> str:
    search = find_face(picture)
    refusals = [one.code for one in search.problems if one.severity == "reject"]
    if search.face is not None and not refusals:
        found = map_regions(search.face, decode_srgb((picture / np.float32(255)).astype(np.float32)))
        refusals = [one.code for one in found.problems if one.severity == "reject"]
    if refusals:
        return ", ".join(refusals)
    nearest = search.face is not None and search.count > 1
    return f"the nearer one of {search.count}" if nearest else "measured"
