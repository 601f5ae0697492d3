"""Does the chart go on beyond the card? Larger charts hold the card's very colours in their middle.

Round a card there is a frame, and beyond it anything. Round a part of a larger chart there are more fields of the same
size, at the same distance, on the same dark ground.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calibration.card_fit import Closeup, FittedCard
from calibration.card_grid import transform
from calibration.cards import ReferenceCard

# A field is one colour (standard deviation in coded values 0..1), and not the ground's.
_EVEN, _APART = 0.035, 0.1
# In the gaps on its sides there is ground: nearer to it than this share of the field's own distance.
_GROUND = 0.4
# So many of a side's places hold fields where the chart goes on; a field as dark as the ground is not seen.
_MOST = 0.75
_FEWEST = 4


def goes_on(closeup: Closeup, fitted: FittedCard, ground: NDArray[np.float64], card: ReferenceCard) -> bool:
    """Whether beside any side of the card there is another row of fields; ``ground`` (3,) is the coded colour between
    the card's own."""
    columns, rows = np.arange(card.columns), np.arange(card.rows)
    beyond = (
        (np.stack([np.full(card.rows, -1), rows], axis=-1), (1, 0)),
        (np.stack([np.full(card.rows, card.columns), rows], axis=-1), (-1, 0)),
        (np.stack([columns, np.full(card.columns, -1)], axis=-1), (0, 1)),
        (np.stack([columns, np.full(card.columns, card.rows)], axis=-1), (0, -1)),
    )
    places = np.concatenate([places for places, _ in beyond]).astype(np.float64)
    inward = np.concatenate([np.tile(inward, (len(places), 1)) for places, inward in beyond]).astype(np.float64)
    inside, field = _are_fields(closeup, fitted, places, inward, ground)
    first = 0
    for side, _ in beyond:
        here = slice(first, first + len(side))
        known = int(inside[here].sum())
        if known >= _FEWEST and int(field[here].sum()) >= _MOST * known:
            return True
        first += len(side)
    return False


def _are_fields(
    closeup: Closeup,
    fitted: FittedCard,
    places: NDArray[np.float64],
    inward: NDArray[np.float64],
    ground: NDArray[np.float64],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(N,) whether each of ``places`` (N, 2), column and row, lies in the picture with what surrounds it; and (N,)
    whether there is a field, too, with ground towards the card and on both sides."""
    line = np.linspace(-0.25, 0.25, 5)
    inner = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    aside = 0.5 * inward[:, ::-1]
    gaps = np.stack([0.5 * inward, aside, -aside], axis=1)
    around = np.concatenate([np.broadcast_to(inner, (len(places), *inner.shape)), gaps], axis=1)
    inside, colours = _colours(closeup, fitted, places[:, None] + around)
    within, beside = colours[:, : len(inner)], colours[:, len(inner) :]
    contrast = np.linalg.norm(np.median(within, axis=1) - ground, axis=1)
    even = np.sqrt(within.var(axis=1).mean(axis=1)) < _EVEN
    dark = np.linalg.norm(beside - ground, axis=2).max(axis=1) < _GROUND * contrast
    return inside, inside & even & (contrast > _APART) & dark


def _colours(
    closeup: Closeup, fitted: FittedCard, places: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """(N,) whether all of a group of places (N, M, 2) of the card lie inside, and their coded colours (N, M, 3),
    nearest pixel."""
    to_part = np.asarray(closeup.to_part @ fitted.to_image, dtype=np.float64)
    at = np.rint(np.clip(transform(to_part, places.reshape(-1, 2)), -1e6, 1e6)).astype(np.int64).reshape(places.shape)
    height, width = closeup.picture.shape[:2]
    inside = np.all((at >= 0) & (at < (width, height)), axis=(1, 2))
    x, y = np.clip(at[..., 0], 0, width - 1), np.clip(at[..., 1], 0, height - 1)
    return inside, closeup.picture[y, x].astype(np.float64)
