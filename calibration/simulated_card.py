"""A ColorChecker Classic as an object in a simulated photograph: 24 patches in a dark frame, a little tilted."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration import spectra

Array = NDArray[np.float64]
Pixels = NDArray[np.float32]

COLUMNS, ROWS = 6, 4
# In units of a patch's side, as the real card is made: gap between patches, frame around them.
GAP, FRAME = 0.16, 0.28
WIDTH = COLUMNS + (COLUMNS - 1) * GAP + 2 * FRAME
HEIGHT = ROWS + (ROWS - 1) * GAP + 2 * FRAME
# Pixels per patch of the picture that is laid into the photograph; gaps and frame are whole pixels too.
_DETAIL = 100
_FRAME_REFLECTANCE = 0.045
# The camera looks from this many picture widths away: what a phone's main lens does.
_DISTANCE = 1.4


@dataclass(frozen=True)
class CardPlacement:
    """Where the card is: centre and width as shares of the picture's size, turned in the picture and tilted out of it.

    ``texture`` is the relative unevenness of the print, ``shadow`` the share of light that the card takes
    from what is behind it. ``stops`` more light falls on it than on the face beside it, as on a card that is turned to
    the lamp; what is true of the skin is told in the face's own light.
    """

    x: float = 0.22
    y: float = 0.83
    width: float = 0.28
    turn_deg: float = 0.0
    tilt_x_deg: float = 0.0
    tilt_y_deg: float = 0.0
    texture: float = 0.004
    shadow: float = 0.25
    stops: float = 0.0


@dataclass(frozen=True, eq=False)
class CardPicture:
    """The card in the photograph's pixels.

    ``cover`` (H, W) 0..1; ``seen`` (H, W, sensors), to be used where it covers; ``corners`` (4, 2) the outer corners
    of patches 1, 6, 24 and 19; ``outline`` (4, 2) those of the frame; ``patches`` (24, 4, 2) those of each patch.
    """

    cover: Pixels
    seen: Pixels
    corners: Array
    outline: Array
    patches: Array


def draw_card(placement: CardPlacement, size: tuple[int, int], weights: Array, seed: int) -> CardPicture:
    """Draw the card into a picture of ``size`` (width, height) for sensors ``weights`` (sensors, wavelengths)."""
    width, height = size
    to_picture = _homography(placement, size)
    flat = _flat_card(weights, placement.texture, seed)
    # From the pixel centres of the drawn card to its own units, and on to the photograph's pixel centres.
    to_units = np.array([[1 / _DETAIL, 0, 0.5 / _DETAIL], [0, 1 / _DETAIL, 0.5 / _DETAIL], [0, 0, 1]])
    # Shrunk first to about the size it will have: a warp looks at four pixels only and would alias.
    shrink = _DETAIL * WIDTH / (placement.width * width)
    if shrink > 1:
        # OpenCV drops the axis of a single channel.
        flat = np.asarray(cv2.GaussianBlur(flat, (0, 0), 0.4 * shrink), np.float32).reshape(flat.shape)
    channels = [
        cv2.warpPerspective(
            channel, to_picture @ to_units, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        for channel in np.moveaxis(flat, -1, 0)
    ]
    outline = _project(to_picture, np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]]))
    fine = np.zeros((height, width), np.uint8)
    cv2.fillPoly(fine, [np.round(outline * 16).astype(np.int32)], 255, lineType=cv2.LINE_AA, shift=4)
    squares = np.stack([_project(to_picture, _square(index)) for index in range(24)])
    corners = np.stack([squares[0][0], squares[5][1], squares[23][2], squares[18][3]])
    return CardPicture(
        (fine / np.float32(255)).astype(np.float32), np.stack(channels, axis=-1), corners, outline, squares
    )


def _square(index: int) -> Array:
    row, column = divmod(index, COLUMNS)
    x, y = FRAME + column * (1 + GAP), FRAME + row * (1 + GAP)
    return np.array([[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]])


def _flat_card(weights: Array, texture: float, seed: int) -> Pixels:
    """The card seen straight on: (rows, columns, sensors)."""
    shape = (round(HEIGHT * _DETAIL), round(WIDTH * _DETAIL))
    flat = np.empty((*shape, len(weights)), np.float32)
    flat[:] = _FRAME_REFLECTANCE * weights.sum(axis=1)
    colours = spectra.patches().values @ weights.T
    for index in range(24):
        (left, top), _, (right, bottom), _ = np.round(_square(index) * _DETAIL).astype(int)
        flat[top:bottom, left:right] = colours[index]
    rng = np.random.default_rng([seed, 3])
    grain = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), 3.0)
    return np.asarray(flat * (1 + np.float32(texture) * grain / grain.std())[..., None], np.float32)


def _homography(placement: CardPlacement, size: tuple[int, int]) -> Array:
    """(3, 3) from the card's units to pixel centres of the picture."""
    width, height = size
    scale = placement.width * width / WIDTH
    turn, tilt_x, tilt_y = np.radians([placement.turn_deg, placement.tilt_x_deg, placement.tilt_y_deg])
    cos, sin = np.cos, np.sin
    about_z = np.array([[cos(turn), -sin(turn), 0], [sin(turn), cos(turn), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, cos(tilt_x), -sin(tilt_x)], [0, sin(tilt_x), cos(tilt_x)]])
    about_y = np.array([[cos(tilt_y), 0, sin(tilt_y)], [0, 1, 0], [-sin(tilt_y), 0, cos(tilt_y)]])
    turned = about_z @ about_y @ about_x
    centred = np.array([[scale, 0, -scale * WIDTH / 2], [0, scale, -scale * HEIGHT / 2], [0, 0, 1]])
    distance = _DISTANCE * width
    plane = np.column_stack([turned[:, :2], [0, 0, distance]])
    camera = np.diag([distance, distance, 1.0])
    centre = np.array([[1, 0, placement.x * width - 0.5], [0, 1, placement.y * height - 0.5], [0, 0, 1]])
    return np.asarray(centre @ camera @ plane @ centred)


def _project(homography: Array, points: Array) -> Array:
    mapped = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])
