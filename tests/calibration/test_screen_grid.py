"""Screens and prints betray themselves by their grid; portraits, cards, cloth and JPEG blocks do not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from calibration.detection import find_card
from calibration.photo import Photo, read_photo
from calibration.screen_grid import find_grid, without_screens
from calibration.simulated_screen import Screen, photograph_of

HERE = Path(__file__).parents[2]
FACES = sorted((HERE / "samples" / "portraits").glob("*.jpg"))
CARDS = sorted((HERE / "tests" / "data" / "cards").glob("color_checker_*.jpg"))


def opened(path: Path, width: int | None = None) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        whole = picture.convert("RGB")
    if width is not None:
        whole = whole.resize((width, whole.height * width // whole.width))
    return np.asarray(whole)


def stored(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    with Image.open(file) as again:
        return np.asarray(again.convert("RGB"))


@pytest.mark.parametrize("path", [*FACES, *CARDS[::2]], ids=lambda path: path.stem)
@pytest.mark.parametrize("quality", [60, 92])
def test_ordinary_photographs_have_no_grid(path: Path, quality: int) -> None:
    assert not find_grid(stored(opened(path), quality)).likely


@pytest.mark.parametrize(
    "screen",
    [
        Screen(pitch=2.3),
        Screen(pitch=3.7, backlight="oled", turn_deg=-4, blur=0.9),
        Screen(pitch=1.8, backlight="wide-gamut", glare=0.03, blur=0.5),
        Screen("print", pitch=3.5),
        Screen("print", pitch=5.5, turn_deg=6, blur=1.0),
    ],
    ids=lambda screen: f"{screen.kind}-{screen.pitch}",
)
def test_a_photograph_of_a_screen_or_print_is_certain(screen: Screen) -> None:
    picture = stored(photograph_of(opened(FACES[1], 640), screen), 88)
    height, width = picture.shape[:2]
    assert find_grid(picture, (0.2 * width, 0.2 * height, 0.6 * width, 0.6 * height)).certain


def test_cloth_over_half_of_the_picture_is_not_everywhere() -> None:
    picture = opened(FACES[3]).astype(float)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    weave = 12 * np.sin(2 * np.pi * columns / 4.3) * np.sin(2 * np.pi * rows / 4.3) * (rows > picture.shape[0] / 2)
    assert not find_grid(np.clip(picture + weave[..., None], 0, 255).astype(np.uint8)).likely


def test_a_card_shown_on_a_screen_is_refused_and_a_real_one_kept() -> None:
    photo = read_photo(CARDS[0])
    search = find_card(photo)
    assert search.reading is not None
    assert without_screens(photo, search) == search
    flat = Screen(pitch=2.7, turn_deg=0, keystone=0)
    shown = Photo("screen.jpg", photograph_of(opened(CARDS[0]), flat), photo.space)
    refused = without_screens(shown, search)
    assert refused.reading is None
    assert [(one.code, one.severity) for one in refused.problems][-1] == ("screen_photo", "reject")


def test_an_area_hardly_larger_than_a_tile_is_one_witness_and_not_twelve() -> None:
    """A small card's own patches repeat, too; seen twelve times in nearly the same pixels they prove nothing."""
    columns = np.arange(400)
    stripes = np.clip(120 + 60 * np.sign(np.sin(2 * np.pi * columns / 7.1)), 0, 255)
    picture = np.broadcast_to(stripes[None, :, None], (400, 400, 3)).astype(np.uint8)
    assert find_grid(picture, (100, 100, 187, 137)).strength == 0
    assert find_grid(picture).likely
