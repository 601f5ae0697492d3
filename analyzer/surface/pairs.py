"""Which two photographs of a series may confirm a patch: of different days, while the redness of the face goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from analyzer.series import OTHER_DAY


class Levelled(Protocol):
    """What knows how far the whole face is redder than before (a*), and the standard error."""

    @property
    def level(self) -> float: ...
    @property
    def level_se(self) -> float: ...


class Dated(Levelled, Protocol):
    """The same on a day since the treatment."""

    @property
    def day(self) -> float: ...


One = TypeVar("One", bound=Dated)


@dataclass(frozen=True)
class WhileFading:
    """When patches are asked about: from a day on, by photographs at most so many days apart, and only once the whole
    face is down to a share of its largest change so far, or to so little (a*).
    """

    from_day: float
    most_days: float
    share: float
    hardly_red: float

    def pairs(self, photographs: Sequence[One]) -> Iterator[tuple[One, One]]:
        """Each photograph (in order of time) that may confirm, after the latest one that it may confirm."""
        late = [one for one in photographs if one.day >= self.from_day]
        for index, later in enumerate(late):
            before = [one for one in late[:index] if OTHER_DAY <= later.day - one.day <= self.most_days]
            most = max(one.level for one in photographs if one.day <= later.day)
            if before and clearly_below((before[-1], later), max(self.share * most, self.hardly_red)):
                yield before[-1], later


def clearly_below(pair: Sequence[Levelled], limit: float) -> bool:
    """Whether the face's redness may well be below ``limit``: the mean of the pair, by their errors, less its own.

    The later one of the pair alone must not lie clearly above: what reddens again as a whole is another matter.
    """
    weight = np.array([1 / max(one.level_se, 0.1) ** 2 for one in pair])
    mean = float(weight @ [one.level for one in pair]) / weight.sum()
    later = pair[-1]
    return bool(mean - 1 / np.sqrt(weight.sum()) <= limit and later.level - 2 * later.level_se <= limit)
