"""Does the skin look as if a white film lay on it: mineral sunscreen, powder, white cream?

Melanin and blood darken blue light more than red; a film of white pigment sends back all alike. So a face under it is
less yellow than any bare skin of its lightness and redness. Tinted foundation is made to match skin and does: no
colour of it is told from skin, which is why the patient is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from calibration.problems import Problem, problem

if TYPE_CHECKING:
    from analyzer.reading import Reading, RegionReading

# b* of bare skin as a polynomial of L*/50 and a*/15 (1, L, L^2, a, a^2, L a), fitted to the skins that the
# calibration's prior knows, measured and modelled; they lie around it with a standard deviation of 2.1.
USUAL_B = (-19.84, 68.62, -31.84, 11.65, -2.79, -7.04)
# Of bare skins that fit has not seen, read with an error of 1.5 in b*, none of 520 lies further below. Film that hides
# a fifth of the skin is found on all dark skin, on more than half of brown, and not on lighter skin.
LEAST_LACK = 8.0
# The fit knows skins down to here.
DARKEST_L, LEAST_A = 22.0, 1.0
REGIONS = ("forehead", "left_cheek", "right_cheek")


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
    if not reading.usable or not (reading.calibration or {}).get("found"):
        return ()
    return (problem("made_up"),) if white_film(reading.regions) else ()
