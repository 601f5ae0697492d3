"""What it would change if a bought card were of the other edition (the maker changed its colours in November 2014).

Nobody can see the edition in a photograph. Where it was not named one is assumed, so the difference is worked out.
"""

from __future__ import annotations

from dataclasses import replace

from calibration.card_spectra import EDITIONS, edition_spectra
from calibration.correction import Calibration, calibrate

NAMED = "@"


def is_assumed(calibration: Calibration) -> bool:
    """Whether the photograph was measured with a bought card whose edition nobody named."""
    reading = calibration.search.reading
    return reading is not None and reading.edition is not None and NAMED not in calibration.search.looked_for


def as_other_edition(calibration: Calibration) -> Calibration:
    """The same photograph as if its bought card were of the other edition. ``ValueError`` where there is none."""
    reading = calibration.search.reading
    if reading is None or reading.edition is None:
        raise ValueError("without a bought card there is no other edition")
    other = next(one for one in EDITIONS if one != reading.edition)
    return calibrate(replace(calibration.search, reading=replace(reading, patches=edition_spectra(other))))
