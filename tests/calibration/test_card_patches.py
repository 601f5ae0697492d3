"""How much of a patch is read: more of a large one, never what blur and coarse colour bring in from its neighbours."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from calibration import spectra
from calibration.cielab import encode_srgb, xyz_to_linear_srgb
from calibration.detection import find_card
from calibration.photo import decode_photo

PATCH, STEP = 92, 104


def card(ringed: int | None = None) -> NDArray[np.float64]:
    """Coded picture (560, 760, 3) of nothing but the card; patch ``ringed`` has a ring of its own colour, a tenth
    brighter, from 0.72 to 0.78 of the way to its edge."""
    colours = np.clip(xyz_to_linear_srgb(spectra.xyz_d65(spectra.patches().values)), 0.002, 0.95)
    picture = np.full((560, 760, 3), 0.25)
    picture[60:500, 60:700] = 0.02
    offset = np.abs(np.arange(PATCH) - (PATCH - 1) / 2) / (PATCH / 2)
    ring = np.maximum.outer(offset, offset)
    brighter = 1 + 0.1 * ((ring > 0.72) & (ring < 0.78))[..., None]
    for number, colour in enumerate(colours):
        top, left = 74 + (STEP + 2) * (number // 6), 74 + STEP * (number % 6)
        picture[top : top + PATCH, left : left + PATCH] = colour * (brighter if number == ringed else 1)
    return encode_srgb(picture)


def read(coded: NDArray[np.float64], size: float) -> NDArray[np.float64]:
    """The patches' linear RGB (24, 3) in that picture at ``size`` times its size."""
    scaled = cv2.resize(coded, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
    noisy = scaled * 255 + np.random.default_rng(2).normal(0, 0.5, scaled.shape)
    out = io.BytesIO()
    Image.fromarray(np.rint(noisy).clip(0, 255).astype(np.uint8)).save(out, "PNG")
    reading = find_card(decode_photo(out.getvalue(), "card.png")).reading
    assert reading is not None
    return reading.rgb


@pytest.mark.parametrize(("size", "moves"), [(1.0, True), (0.25, False)])
def test_a_ring_near_the_edge_is_read_in_a_large_patch_only(size: float, moves: bool) -> None:
    plain, ringed = (read(card(number), size) for number in (None, 20))
    brighter = float((ringed / plain - 1)[20].mean())
    assert (brighter > 0.005) == moves
    assert abs(brighter) < 0.02
    assert np.abs(ringed / plain - 1)[[19, 21]].max() < 0.003
