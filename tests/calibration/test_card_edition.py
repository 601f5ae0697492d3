"""What the other edition of the bought card would change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.card_edition import as_other_edition, is_assumed
from calibration.correction import calibrate, uncalibrated
from calibration.detection import find_card
from calibration.photo import read_photo

REAL = Path(__file__).parents[1] / "data" / "cards" / "color_checker_mini_3.jpg"
SKIN = np.array([0.45, 0.28, 0.2])


def test_it_is_what_naming_the_other_edition_gives() -> None:
    photo = read_photo(REAL)
    assumed = calibrate(find_card(photo))
    named = calibrate(find_card(photo, "classic-24@after-2014"))
    assert assumed.to_json()["edition"] == "before-2014"
    assert is_assumed(assumed)
    assert not is_assumed(named)
    other = as_other_edition(assumed)
    assert other.to_json()["edition"] == "after-2014"
    assert np.allclose(other.to_lab(SKIN), named.to_lab(SKIN))
    difference = float(abs(other.to_lab(SKIN)[1] - assumed.to_lab(SKIN)[1]))
    assert 0 < difference < 1.5
    assert np.allclose(as_other_edition(other).to_lab(SKIN), assumed.to_lab(SKIN))


def test_without_a_bought_card_there_is_nothing_to_ask() -> None:
    none = uncalibrated(find_card(read_photo(REAL), "none"))
    assert not is_assumed(none)
    with pytest.raises(ValueError, match="without a bought card"):
        as_other_edition(none)
    ours = replace(calibrate(find_card(read_photo(REAL))))
    assert ours.search.reading is not None
    printed = replace(ours, search=replace(ours.search, reading=replace(ours.search.reading, card="rubor")))
    assert not is_assumed(printed)
