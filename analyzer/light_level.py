"""Redder, or only in more light? What of a change is the light on the face, beside the light on the card.

A card tells the light that falls on *it*. Turned a little from the lamp, or in the shade of a hand, it makes all skin
look lighter, and a* with it: 15 % more light is 5 % more a*, as much as a day's healing. The card cannot tell, nor can
it tell that the phone brightened a face. But the skin can: light raises L* and a* together, blood raises a* and
lowers L*. So the two are told apart by what both did, as far as either is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from analyzer.words import say

Number = TypeVar("Number", float, NDArray[np.float64])

# How far the light on a face strays from that on the card from one photograph of a person to the next, as a standard
# deviation of its logarithm. An assumption: cards turn by 20 degrees, phones brighten faces by a tenth.
LIGHT_SD = 0.12
# What blood does to L* for each unit of a*, and how far a person may be from it: -0.8 to -1.1 where blood lies deep
# (two-layer model of ``skin_optics``, training people), -1.0 to -1.6 where it lies shallow.
DARKENS, DARKENS_SD = -1.1, 0.5
# What else moves L* between photographs: calibration (0.2 between lamps), the time of the day, cold, a little sun.
OTHER_SD = 1.2

# A face in 1.4 times its card's light, or in less than 0.7 of it, three of these deviations off: not a good one.
UNEVEN = 0.35
# What moves a* by about half a unit is worth telling whoever reads the numbers.
_WORTH_SAYING = 0.1


@dataclass(frozen=True)
class OtherLight(Generic[Number]):
    """Natural logarithm of how much more light fell on the face in the later photograph, beside its card; and its
    standard error. Of one change or, as arrays, of many."""

    more: Number
    se: Number

    def part_of(self, a: Number) -> Number:
        """What of the later photograph's ``a`` there would not be in the earlier one's light."""
        share: Number = 1 - math.e ** (-self.more / 3)
        return a * share

    def part_se(self, a: Number) -> Number:
        """Standard error of that part."""
        return abs(a) / 3 * self.se


NO_OTHER_LIGHT = OtherLight(0.0, 0.0)


def other_light(delta_a: Number, delta_L: Number, a: Number, L: Number, before: int = 1) -> OtherLight[Number]:
    """The likeliest change of the light, given that a* rose by ``delta_a`` and L* by ``delta_L`` to ``a`` and ``L``.

    ``before``: how many photographs the earlier colour is the mean of. Light multiplies X, Y and Z alike, so that L* +
    16 and a* go with its cube root (CIE 15). Of blood nothing is assumed beforehand but how it darkens.
    """
    prior = LIGHT_SD**2 * (1 + 1 / before)
    # How L*, less what the change of a* would darken as blood, answers to light.
    answer = (L + 16) / 3 - DARKENS * a / 3
    blood = delta_a
    for _ in range(_ROUNDS):
        unknown = OTHER_SD**2 + (DARKENS_SD * blood) ** 2
        variance = 1 / (1 / prior + answer**2 / unknown)
        more = variance * answer / unknown * (delta_L - DARKENS * delta_a)
        blood = delta_a - a / 3 * more
    return OtherLight(more, variance**0.5)


# The more blood, the less sure is how much of the darkening is its own: the answer is put in again.
_ROUNDS = 3


def light_words(table: str, more: float) -> str | None:
    """The sentence of ``table`` (``brighter`` or ``darker``) that tells ``more``, the natural logarithm of the light
    that was taken out; None where that is little."""
    if abs(more) <= _WORTH_SAYING:
        return None
    name = "brighter" if more > 0 else "darker"
    return say(f"{table}.{name}", percent=f"{100 * abs(math.expm1(more)):.0f}")
