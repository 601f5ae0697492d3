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
    for places, inward in beyond:
        seen = [_is_field(closeup, fitted, place.astype(np.float64), np.array(inward), ground) for place in places]
        known = [one for one in seen if one is not None]
        if len(known) >= _FEWEST and sum(known) >= _MOST * len(known):
            return True
    return False


def _is_field(
    closeup: Closeup,
    fitted: FittedCard,
    place: NDArray[np.float64],
    inward: NDArray[np.int64],
    ground: NDArray[np.float64],
) -> bool | None:
    """Whether there is a field at ``place`` (column, row), with ground towards the card and on both sides; None where
    that is outside the picture."""
    line = np.linspace(-0.25, 0.25, 5)
    inner = _colours(closeup, fitted, place + np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2))
    aside = 0.5 * inward[::-1]
    gaps = _colours(closeup, fitted, np.stack([place + 0.5 * inward, place + aside, place - aside]))
    if inner is None or gaps is None:
        return None
    colour = np.median(inner, axis=0)
    contrast = float(np.linalg.norm(colour - ground))
    even = float(np.sqrt(inner.var(axis=0).mean())) < _EVEN
    return even and contrast > _APART and bool(np.all(np.linalg.norm(gaps - ground, axis=1) < _GROUND * contrast))


def _colours(closeup: Closeup, fitted: FittedCard, places: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """(N, 3) coded colours at ``places`` (N, 2) of the card, nearest pixel; None if any lies outside."""
    at = np.rint(transform(np.asarray(closeup.to_part @ fitted.to_image, dtype=np.float64), places)).astype(np.int64)
    height, width = closeup.picture.shape[:2]
    if np.any(at < 0) or np.any(at >= (width, height)):
        return None
    return closeup.picture[at[:, 1], at[:, 0]].astype(np.float64)
