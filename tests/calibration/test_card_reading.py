"""What is read from a card of known colours: the colours, their error, the light's slope, the clipped share."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.cards import load_card
from calibration.cielab import encode_srgb
from calibration.detection import find_card
from calibration.photo import RgbSpace, read_photo
from tests.calibration.conftest import Points, as_photo, error, plain_srgb, read

FACES = Path(__file__).parents[2] / "samples" / "portraits"


def drawn(
    linear: Points,
    *,
    width: int = 720,
    light: tuple[float, float] = (0.0, 0.0),
    noise: float = 0.0,
    seed: int = 0,
    top: int = 255,
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], Points]:
    """A card on grey with the (24, 3) linear sRGB colours, and its true corners.

    ``light`` is the slope of the light, natural log per pixel in x and y, 0 at the picture's middle; ``noise`` the
    standard deviation in coded values of 255; ``top`` the largest code, 255 or 65535.
    """
    height = width * 3 // 4
    picture = np.full((height, width, 3), 0.35)
    pitch = width / 9
    side = 0.86 * pitch
    left, upper = (width - 5 * pitch - side) / 2, (height - 3 * pitch - side) / 2
    # Drawn finer than it is stored, so that edges fall between pixels as they do in a lens.
    fine = 4
    large = np.repeat(np.repeat(picture, fine, 0), fine, 1)
    frame = [round((value - 0.4 * pitch) * fine) for value in (left, upper)]
    large[frame[1] : -frame[1], frame[0] : -frame[0]] = 0.04
    for index, colour in enumerate(linear):
        row, column = divmod(index, 6)
        x, y = round((left + column * pitch) * fine), round((upper + row * pitch) * fine)
        large[y : y + round(side * fine), x : x + round(side * fine)] = colour
    picture = large.reshape(height, fine, width, fine, 3).mean(axis=(1, 3))
    x, y = np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2
    picture = picture * np.exp(light[0] * x[None, :] + light[1] * y[:, None])[..., None]
    coded = encode_srgb(picture) * top
    coded = coded + np.random.default_rng(seed).normal(0, 1, coded.shape) * noise * top / 255
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * (5 * pitch + side, 3 * pitch + side) + (left, upper) - 0.5
    coded = np.clip(np.rint(coded), 0, top)
    return coded.astype(np.uint8 if top == 255 else np.uint16), corners


def reference() -> Points:
    """The classic card's linear sRGB, within what a file can hold."""
    return np.clip(load_card("classic-24").linear_srgb(), 0.002, 0.98)


def coded(linear: Points) -> Points:
    return np.sqrt(np.clip(linear, 0, None))


def test_a_small_card_beside_a_face() -> None:
    """About a fifth of the picture's width at half a megapixel; patches of some 15 pixels."""
    face = read_photo(FACES / "linda_godwin__usa.jpg").pixels
    scene = np.asarray(cv2.resize(face, (612, 816), interpolation=cv2.INTER_AREA), np.uint8)
    card, corners = drawn(reference(), width=180, noise=1.0)
    scene[640 : 640 + card.shape[0], 30 : 30 + card.shape[1]] = card
    reading = read(find_card(as_photo(scene)))
    assert error(reading, corners + np.array([30, 640])) < 0.01
    assert np.abs(coded(reading.rgb) - coded(reference())).max() < 0.02


def test_drawn_colours_are_read_as_they_are() -> None:
    picture, corners = drawn(reference(), noise=1.5)
    reading = read(find_card(as_photo(picture)))
    assert error(reading, corners) < 0.003
    assert np.abs(coded(reading.rgb) - coded(reference())).max() < 0.005
    assert np.allclose(reading.centres[0], corners[0] + (corners[2] - corners[0]) * (0.0735, 0.1117), atol=1.0)
    assert reading.centres.shape == (24, 2)


def test_the_files_own_space_is_used() -> None:
    """Curves and primaries come from the photograph, in 16 bits as in 8."""
    wanted = reference() * 0.8
    to_file = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.1, 0.9]])
    picture, _ = drawn(wanted @ to_file.T, top=65535)
    space = RgbSpace("made", plain_srgb().curves, np.linalg.inv(to_file))
    reading = read(find_card(as_photo(picture, space)))
    assert np.allclose(reading.rgb, wanted, atol=0.002)


def test_the_standard_error_is_the_scatter_of_repeats() -> None:
    readings = [read(find_card(as_photo(drawn(reference(), width=360, noise=4, seed=seed)[0]))) for seed in range(12)]
    scatter = np.std([reading.rgb for reading in readings], axis=0, ddof=1)
    claimed = np.mean([reading.rgb_se for reading in readings], axis=0)
    assert 0.6 < np.median(scatter / claimed) < 1.4


def test_the_lights_slope_is_measured() -> None:
    picture, _ = drawn(reference() * 0.7, light=(5e-4, -3e-4), noise=1)
    reading = read(find_card(as_photo(picture)))
    assert reading.gradient is not None
    assert reading.gradient_se is not None
    assert np.all(np.abs(reading.gradient - (5e-4, -3e-4)) < 4 * reading.gradient_se + 2e-5)
    assert np.all(reading.gradient_se < 1e-4)


def test_burnt_out_greys_are_counted_and_named() -> None:
    picture, _ = drawn(np.clip(reference() * 2.2, 0, 1))
    search = find_card(as_photo(picture))
    reading = read(search)
    assert [problem.code for problem in search.problems] == ["card_clipped"]
    assert reading.clipped[18] > 0.99
    assert reading.clipped[21] == 0
    assert find_card(as_photo(drawn(reference() * 0.9)[0])).problems == ()


def test_a_card_with_other_colours_is_not_ours() -> None:
    shuffled = np.random.default_rng(7).permutation(reference())
    assert [problem.code for problem in find_card(as_photo(drawn(shuffled)[0])).problems] == ["unknown_card"]
