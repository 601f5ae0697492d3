"""Does the skin look as if a film lay on it: foundation, mineral sunscreen, powder, white cream?

In one photograph only white is told: melanin and blood darken blue light more than red, a film of white pigment sends
back all alike. So a face under it is less yellow than any bare skin of its lightness and redness. Tinted foundation is
made to match skin and does; no colour of it is told from skin.

In a series it is: a film lets only part of the skin's own pattern of red and brown through, its freckles, veins and
blotches. Redness and its fading change that pattern's strength little, and so do lamps, once what the calibration knows
of them is taken out. Who wears the same in most photographs hides the difference, which is why the patient is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

import numpy as np

from calibration.problems import Problem, problem

if TYPE_CHECKING:
    from analyzer.reading import Reading, RegionReading
    from analyzer.skin_pattern import Patterns

# b* of bare skin as a polynomial of L*/50 and a*/15 (1, L, L^2, a, a^2, L a), fitted to the skins that the
# calibration's prior knows, measured and modelled; they lie around it with a standard deviation of 2.1.
USUAL_B = (-19.84, 68.62, -31.84, 11.65, -2.79, -7.04)
# Of bare skins that fit has not seen, read with an error of 1.5 in b*, none of 914 lies further below. Film that hides
# a fifth of the skin is found on all dark skin, on two fifths of brown, and not on lighter skin.
LEAST_LACK = 8.0
# The fit knows skins down to here.
DARKEST_L, LEAST_A = 22.0, 1.0
REGIONS = ("forehead", "left_cheek", "right_cheek")
# How much of the skin's own pattern is left, against the other photographs (1: all of it). Foundation hides as much of
# the pattern as it hides of the skin. Of 133 simulated bare photographs one shows 0.76, the others more (standard
# deviation of the logarithm 0.08).
WEAK = 0.74
# Fewer photographs do not tell what is usual; and the usual has to repeat (correlation).
LEAST_PHOTOGRAPHS, LEAST_REPEAT = 3, 0.5


def white_film(regions: Mapping[str, RegionReading]) -> bool:
    """Whether forehead and cheeks, as far as measured, are all less yellow than bare skin can be."""
    seen = [regions[name] for name in REGIONS if name in regions]
    return len(seen) >= 2 and all(_lack(one) > LEAST_LACK for one in seen)


def _lack(one: RegionReading) -> float:
    if one.L < DARKEST_L or one.a < LEAST_A:
        return 0.0
    lightness, red = one.L / 50, one.a / 15
    terms = np.array([1.0, lightness, lightness**2, red, red**2, lightness * red])
    return float(terms @ USUAL_B) - one.b


def made_up_by_look(reading: Reading) -> tuple[Problem, ...]:
    """``made_up`` (warn) for a measured photograph with a card whose skin looks filmed over; nothing without a card."""
    if not reading.usable or not reading.calibrated:
        return ()
    return (problem("made_up"),) if white_film(reading.regions) else ()


def filmed_in_series(patterns: Patterns, among: AbstractSet[str], known: AbstractSet[str] = frozenset()) -> set[str]:
    """The files of ``among`` whose skin shows clearly less of its own pattern than most of them do.

    ``among`` should hold photographs of one person, with a card; ``known`` are those that are known not to be bare and
    so no measure for the others. Nothing is named where most photographs do not repeat each other: then light or
    sharpness differ too much.
    """
    judged = [i for i, name in enumerate(patterns.files) if name in among]
    if len(judged) < LEAST_PHOTOGRAPHS:
        return set()
    weak = {i for i in judged if patterns.files[i] in known}
    for _ in range(2):  # once more without those that were found, so that they are no part of the measure
        bare = [i for i in judged if i not in weak]
        if 2 * len(bare) <= len(judged) or not _repeat(patterns, bare):
            return set()
        weak = _weak(patterns, judged, bare)
    return {patterns.files[index] for index in weak}


def _repeat(patterns: Patterns, bare: Sequence[int]) -> bool:
    from analyzer.skin_pattern import shared_with_most

    return len(bare) > 1 and float(np.median(shared_with_most(patterns.likeness[np.ix_(bare, bare)]))) >= LEAST_REPEAT


def _weak(patterns: Patterns, judged: Sequence[int], bare: Sequence[int]) -> set[int]:
    left = {index: patterns.strength(index, [other for other in bare if other != index]) for index in judged}
    usual = float(np.median([left[index] for index in bare]))
    return {index for index, one in left.items() if one < WEAK * usual}
