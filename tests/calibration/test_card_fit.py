"""Corners between pixels: small cards painted in light, where an edge's place is known exactly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.card_fit import fit_card, look_closer
from calibration.cards import load_card
from calibration.cielab import encode_srgb
from tests.calibration.conftest import Points

KIND = load_card("classic-24")
STEP, FINER = 60, 6
GROUND = 0.04


def flat(gap: float) -> NDArray[np.float32]:
    """The card straight on, linear, ``STEP`` pixels from field to field, one step of ground around it."""
    picture = np.full((6 * STEP, 8 * STEP, 3), GROUND, np.float32)
    edge = round(gap / 2 * STEP)
    for index, colour in enumerate(np.clip(KIND.linear_srgb(), 0, 1)):
        row, column = divmod(index, 6)
        top, left = (1 + row) * STEP, (1 + column) * STEP
        picture[top + edge : top + STEP - edge, left + edge : left + STEP - edge] = colour
    return picture


def photographed(to_picture: NDArray[np.float64], gap: float, blur: float, size: int = 200) -> NDArray[np.uint8]:
    """As a lens and a sensor see it, (size, size, 3) coded: painted finer, shrunk and blurred in light."""
    finer = np.array([[FINER, 0, (FINER - 1) / 2], [0, FINER, (FINER - 1) / 2], [0, 0, 1]])
    move, large = finer @ to_picture, (size * FINER, size * FINER)
    whole = cv2.warpPerspective(flat(gap), move, large, borderMode=cv2.BORDER_REPLICATE)
    light = cv2.GaussianBlur(cv2.resize(whole, (size, size), interpolation=cv2.INTER_AREA), (0, 0), blur)
    return np.rint(255 * encode_srgb(np.clip(light, 0, 1))).astype(np.uint8)


def through(homography: NDArray[np.float64], points: Points) -> Points:
    mapped = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


@pytest.mark.parametrize("jpeg", [False, True])
@pytest.mark.parametrize("gap", [8 / 60, 14 / 60])
def test_small_cards_are_fitted_between_pixels_and_seem_neither_larger_nor_smaller(gap: float, jpeg: bool) -> None:
    worst, outward = [], []
    for turn in (3.0, 17.0, 31.0, 44.0):
        for blur in (0.5, 0.9):
            scale, angle = 18.0 / STEP, np.radians(turn)
            spin = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            to_picture = np.eye(3)
            to_picture[:2, :2] = spin
            to_picture[:2, 2] = np.array([99.3 + turn / 50, 100.6]) - spin @ (4 * STEP - 0.5, 3 * STEP - 0.5)
            to_picture[2, :2] = 2e-4, -1e-4
            picture = photographed(to_picture, gap, blur)
            if jpeg:
                done, code = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
                assert done
                picture = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
            # From places of the card to the flat picture: field 1's middle is one and a half steps in.
            to_flat = np.array([[STEP, 0, 1.5 * STEP - 0.5], [0, STEP, 1.5 * STEP - 0.5], [0, 0, 1.0]])
            start = to_picture @ to_flat @ np.array([[1.01, 0, 0.03], [0, 0.99, -0.04], [0, 0, 1]])
            fitted = fit_card(look_closer(np.ascontiguousarray(picture), start, KIND), start, 0.8, KIND)
            assert fitted is not None
            half = (1 - gap) / 2
            outer = np.array([[-half, -half], [5 + half, -half], [5 + half, 3 + half], [-half, 3 + half]])
            truth, seen = through(to_picture @ to_flat, outer), fitted.corners(KIND)
            worst.append(np.linalg.norm(seen - truth, axis=1).max())
            away = truth - truth.mean(axis=0)
            outward.append(((seen - truth) * away).sum(axis=1).mean() / np.linalg.norm(away, axis=1).mean())
    assert max(worst) < 0.25
    assert abs(np.mean(outward)) < 0.11
