"""The printed card as a flat picture, for simulated photographs and for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calibration.printed_card import CARD, GROUND, MARKERS, PATCH_MM, STEP_MM, Box
from calibration.printed_card_finder import marker_bits

Floats = NDArray[np.float64]


def flat_print(patches: Floats, paper: Floats, black: Floats, detail: int) -> Floats:
    """(rows, columns, channels): the card seen straight on, ``detail`` pixels a millimetre.

    ``patches`` (24, channels), ``paper`` and ``black`` (channels,) are what the sensors see of the fields, of paper
    and of the black ground.
    """
    picture = np.empty((round(CARD.height * detail), round(CARD.width * detail), len(paper)))
    picture[:] = paper

    def fill(box: Box, colour: Floats) -> None:
        left, top = round((box.x - CARD.x) * detail), round((box.y - CARD.y) * detail)
        picture[top : top + round(box.height * detail), left : left + round(box.width * detail)] = colour

    fill(GROUND, black)
    for index, colour in enumerate(patches):
        row, column = divmod(index, 6)
        fill(Box(column * STEP_MM - PATCH_MM / 2, row * STEP_MM - PATCH_MM / 2, PATCH_MM, PATCH_MM), colour)
    for number, place in enumerate(MARKERS):
        fill(place, black)
        bits = marker_bits(number)
        side = place.width / len(bits)
        for row, column in zip(*np.nonzero(bits), strict=True):
            fill(Box(place.x + float(column) * side, place.y + float(row) * side, side, side), paper)
    return picture


def flat_corners(detail: int) -> Floats:
    """(4, 2) outer corners of patches 1, 6, 24 and 19 in pixels of :func:`flat_print`."""
    half, right, bottom = PATCH_MM / 2, 5 * STEP_MM, 3 * STEP_MM
    millimetres = np.array(
        [[-half, -half], [right + half, -half], [right + half, bottom + half], [-half, bottom + half]]
    )
    return (millimetres - (CARD.x, CARD.y)) * detail - 0.5
