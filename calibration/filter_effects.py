"""What a phone or a filter did to colours: which boosts, and what beyond a phone's taste, does the card speak for?

A hypothesis is judged by what the best lamps and cameras leave unexplained of the card once it is undone. All answers
are averages over what is likely, so that a step in the patches makes no jump. What no phone does is believed only where
the card is explained well by it: of a card that nothing explains, a filter explains a little, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration import prior
from calibration.tone import BOOSTS

Floats = NDArray[np.float64]


class Effects(NamedTuple):
    """As :class:`calibration.tone.ToneCurve` has them."""

    boost: float
    vibrance: float = 0.0
    lift: float = 0.0


# What the card leaves unexplained (a variance, in cube-root units) once these are undone.
Cost = Callable[[Effects], float]

# Boosts of phones, as ``BOOSTS`` has them, but only as closely as the card tells them apart.
_TASTE = tuple(np.linspace(BOOSTS[0], BOOSTS[-1], 5))
# What filters do beyond them, less likely the further out; asked only as far as the card speaks for it.
_STRONGER, _WEAKER = (1.35, 1.45, 1.55, 1.65, 1.75, 1.85, 1.95, 2.05), (0.87, 0.78, 0.7, 0.62)
# A boost that is stronger for pale colours than for strong ones ("vibrance"), in steps: natural logarithm over all of
# coded chroma.
_VIBRANCE_STEP = 0.3
# Faded blacks: the coded value that black was lifted to.
_LIFTS = (0.0, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175)
# How likely a boost beyond a phone's taste is beside one within it, and vibrance with each step away from none.
_RARE, _RARER = 0.5, 0.7
# What lies further out is asked about as long as the last one is this likely beside the best.
_WORTH_ASKING = 0.2
# What is left unexplained, in cube-root units. Ordinary cards, and those whose filter is undone, leave 0.003 to 0.01;
# real photographs of old phones 0.02 and more.
_EXPLAINED, _UNEXPLAINED = 0.010, 0.014
# Pale colours are asked about where the card is explained worse than most.
_WELL_EXPLAINED, _WORSE = 0.006, 0.009
# Vibrance that leaves the boost as it was; from twice that on the boost is what it is beside it.
_LITTLE = 0.03
# No colour is darker than a black that was lifted: the darkest channel of all patches, coded.
_BLACK, _NO_BLACK = 0.01, 0.03


def likely_effects(cost: Cost, darkest: float) -> Effects:
    """``darkest``: the least coded channel of all patches."""
    boost, unexplained = _boost(cost, 0.0, 0.0)
    lift = _lift(cost, boost, darkest)
    if lift:
        boost, unexplained = _boost(cost, 0.0, lift)
    vibrance = _vibrance(cost, boost, lift, unexplained)
    moved = float(np.clip(abs(vibrance) / _LITTLE - 1, 0, 1))
    if moved:
        boost += moved * (_boost(cost, vibrance, lift)[0] - boost)
    return Effects(boost, vibrance, lift)


def _boost(cost: Cost, vibrance: float, lift: float) -> tuple[float, float]:
    """The boost, and what the best one leaves unexplained, in cube-root units."""
    costs = {boost: cost(Effects(boost, vibrance, lift)) for boost in _TASTE}
    weights = dict.fromkeys(costs, 1.0)
    for edge, further in ((_TASTE[-1], _STRONGER), (_TASTE[0], _WEAKER)):
        _ask_further(lambda boost: cost(Effects(boost, vibrance, lift)), costs, weights, edge, further)
    believed = _believed(costs)
    return _mean(costs, {one: part if one in _TASTE else believed * part * _RARE for one, part in weights.items()})


def _vibrance(cost: Cost, boost: float, lift: float, unexplained: float) -> float:
    asked = float(np.clip((unexplained - _WELL_EXPLAINED) / (_WORSE - _WELL_EXPLAINED), 0, 1))
    if not asked:
        return 0.0
    near = [-_VIBRANCE_STEP, 0.0, _VIBRANCE_STEP]
    costs = {one: cost(Effects(boost, one, lift)) for one in near}
    weights = {one: _RARER if one else 1.0 for one in near}
    for edge in (near[0], near[-1]):
        further = [edge * times for times in (2, 3)]
        _ask_further(lambda vibrance: cost(Effects(boost, vibrance, lift)), costs, weights, edge, further)
    # Each step is less likely than the one before.
    weights = {one: part * _RARER ** max(0.0, abs(one) / _VIBRANCE_STEP - 1) for one, part in weights.items()}
    return asked * _believed(costs) * _mean(costs, weights)[0]


def _ask_further(
    cost_of: Callable[[float], float],
    costs: dict[float, float],
    weights: dict[float, float],
    edge: float,
    further: Sequence[float],
) -> None:
    """Add to ``costs`` what lies beyond ``edge``, as far as it is likely; with weights, so that nothing comes in with a
    jump."""
    part = weights[edge]
    for one in further:
        likely = float(prior.likelihoods(np.array([*costs.values(), costs[edge]]))[-1])
        part *= float(np.clip(likely / _WORTH_ASKING - 1, 0, 1))
        if not part:
            return
        costs[one], weights[one], edge = cost_of(one), part, one


def _lift(cost: Cost, boost: float, darkest: float) -> float:
    asked = float(np.clip((darkest - _BLACK) / (_NO_BLACK - _BLACK), 0, 1))
    if not asked:
        return 0.0
    costs = {lift: cost(Effects(boost, 0.0, lift)) for lift in _LIFTS}
    return asked * _believed(costs) * _mean(costs, dict.fromkeys(costs, 1.0))[0]


def _believed(costs: dict[float, float]) -> float:
    """From 0 where nothing explains the card to 1 where the best of ``costs`` does."""
    return float(np.clip((_UNEXPLAINED - np.sqrt(min(costs.values()))) / (_UNEXPLAINED - _EXPLAINED), 0, 1))


def _mean(costs: dict[float, float], weights: dict[float, float]) -> tuple[float, float]:
    """The mean of the keys by likelihood and weight, and the least misfit."""
    values = np.array(list(costs.values()))
    share = prior.likelihoods(values) * [weights[one] for one in costs]
    return float(share @ list(costs) / share.sum()), float(np.sqrt(values.min()))
