"""Courses that a recovery may take: a grid of shapes, the kinds they belong to, and how likely each is beforehand.

The residual is ``c + (1 - c) * 0.1 ** ((day / T) ** k)`` of the peak. k below 1 is a fast start with a tail, k above 1
a plateau and then a fall; c above 0 levels off and stays. Kinds follow the contract's lines and no cohort's: usual
(10 % left by the end of the band), described (later, less than half the peak on day 7), prolonged (half the peak or
more on day 7), staying (the same, levelled off) and lingering (levelled off lower).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analyzer.recovery.band import HALF_ON_DAY, Band
from analyzer.recovery.noise import Floats

Kind = Literal["usual", "described", "prolonged", "staying", "lingering"]

HALF_LEFT = 0.5  # of the peak, on day 7: a warning pattern by contract
USUAL_DAYS = 7.2  # by then "most" of every document have 10 % left (R06: days 6-7)

# How much each kind weighs before any photograph. Not a prevalence: set on a tuning cohort so that "about as likely as
# not" is where a warning is due (benchmarks/verdicts.py prints the rates of another cohort).
KIND_WEIGHTS: dict[Kind, float] = {
    "usual": 0.60,
    "described": 0.075,
    "prolonged": 0.14,
    "staying": 0.13,
    "lingering": 0.055,
}
RISE_WEIGHT = 0.027  # that a second rise begins with any one photograph

STEEPNESS = {0.7: 0.2, 1.0: 0.4, 1.6: 0.25, 2.6: 0.15}  # k and its share of a kind


@dataclass(frozen=True, eq=False)
class Shapes:
    """A grid of m courses: parameters and share of weight, each (m,)."""

    T: Floats
    k: Floats
    c: Floats
    share: Floats

    def one(self, at: int) -> Shapes:
        """The grid of that one shape."""
        return Shapes(self.T[[at]], self.k[[at]], self.c[[at]], self.share[[at]])

    def residuals(self, days: Floats) -> Floats:
        """Residual of every shape at every day: (n, m); 0 before treatment."""
        after = np.maximum(days, 0.0)[:, None]
        falling = self.c + (1.0 - self.c) * 10.0 ** -((after / self.T) ** self.k)
        values: Floats = np.where(days[:, None] < 0, 0.0, falling)
        return values


@cache
def shapes() -> Shapes:
    """Every course that is weighed."""
    return _grid(26, 5, (0.2, 0.35, 0.55, 0.65, 0.75, 0.85, 0.95), STEEPNESS)


@cache
def improving_shapes() -> Shapes:
    """Courses from which redness may rise again: coarser, for there is a rise to be weighed beside each."""
    return _grid(14, 2, (0.2, 0.35), {0.7: 0.25, 1.1: 0.5, 2.2: 0.25})


@lru_cache(maxsize=256)
def residuals_on(day: float) -> Floats:
    """Residual (m,) of every shape of :func:`shapes` on one day."""
    residuals: Floats = shapes().residuals(np.array([day]))[0]
    return residuals


def _grid(speeds: int, level_speeds: int, levels: tuple[float, ...], steepness: dict[float, float]) -> Shapes:
    falling = [(T, k, 0.0, share) for T in np.geomspace(0.3, 60.0, speeds) for k, share in steepness.items()]
    staying = [(T, 1.0, c, 1.0) for T in np.geomspace(0.7, 9.0, level_speeds) for c in levels]
    T, k, c, share = np.array(falling + staying).T
    return Shapes(T, k, c, share)


@dataclass(frozen=True, eq=False)
class Prior:
    """What is thought of a grid before any photograph: ``log_weight`` (m,), and which shapes leave half on day 7."""

    log_weight: Floats
    half_left: NDArray[np.bool_]


def prior(grid: Shapes, band: Band) -> Prior:
    """The weights of :data:`KIND_WEIGHTS`, each spread over the grid's shapes of that kind."""
    return _prior(grid, round(usual_days(band), 2))


def usual_days(band: Band) -> float:
    """The day by which a usual course is down to what counts as gone: the band's slow edge, a week at least."""
    return max(USUAL_DAYS, band.gone_day)


@lru_cache(maxsize=64)
def _prior(grid: Shapes, usual_by: float) -> Prior:
    half = grid.residuals(np.array([HALF_ON_DAY]))[0] >= HALF_LEFT
    levels = grid.c > 0
    kinds: dict[Kind, NDArray[np.bool_]] = {
        "usual": ~half & ~levels & (usual_by >= grid.T),
        "described": ~half & ~levels & (usual_by < grid.T),
        "prolonged": half & ~levels,
        "staying": half & levels,
        "lingering": ~half & levels,
    }
    weight = np.zeros(len(grid.T))
    for kind, members in kinds.items():
        if members.any():
            weight[members] = KIND_WEIGHTS[kind] * grid.share[members] / grid.share[members].sum()
    with np.errstate(divide="ignore"):
        return Prior(np.log(weight), half)
