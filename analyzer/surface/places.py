"""Places on the map: which sightings are of one patch, and how strong a sheet is around a place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from analyzer.surface.layout import layout

_SAME_CM, _AROUND_CM = 1.0, 0.2


class Placed(Protocol):
    """Something found at a texel of the map."""

    @property
    def row(self) -> int: ...

    @property
    def column(self) -> int: ...


Found = TypeVar("Found", bound=Placed)


def same_place(one: Placed, other: Placed) -> bool:
    """Whether two sightings are of one patch: less than a centimetre apart."""
    return float(np.hypot(one.row - other.row, one.column - other.column)) < _SAME_CM / layout().texel_cm


def apart(found: Iterable[Found], strength: Callable[[Found], float]) -> list[Found]:
    """One for each patch: of middles within a centimetre, the strongest; the strongest first."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda each: -strength(each)):
        if not any(same_place(one, other) for other in kept):
            kept.append(one)
    return kept


def most_around(sheet: NDArray[np.floating], place: Placed) -> float:
    """The largest value of ``sheet`` (rows, columns of the map) within 2 mm of ``place``."""
    reach = max(1, round(_AROUND_CM / layout().texel_cm))
    rows = slice(max(0, place.row - reach), place.row + reach + 1)
    columns = slice(max(0, place.column - reach), place.column + reach + 1)
    return float(sheet[rows, columns].max())
