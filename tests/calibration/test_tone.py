"""What a phone did to light is undone, also where skin is brighter than the card's white."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration import spectra
from calibration.cielab import decode_srgb, encode_srgb
from calibration.simulated_camera import tone_curve
from calibration.tone import GREYS, ToneCurve, hypothesis

LUMINANCE = spectra.xyz_d65(spectra.patches().values)[GREYS, 1]
# Skin beside a card that has less light: redder than grey, up to three times as bright as the card's white.
SKIN = np.array([1.0, 0.75, 0.6]) * np.linspace(0.3, 2.6, 24)[:, None]


def taken(light: NDArray[np.float64], kind: str, strength: float, exposure: float) -> NDArray[np.float64]:
    """The file's linear sRGB of linear ``light`` by a phone with that curve."""
    return np.asarray(decode_srgb(tone_curve(encode_srgb(light * exposure), kind, strength)))  # type: ignore[arg-type]


def undone(kind: str, strength: float, exposure: float) -> tuple[ToneCurve, NDArray[np.float64]]:
    """The curve that the greys show, and the skin as it undoes it, as a share of the card's white."""
    greys = taken(np.repeat(LUMINANCE[:, None], 3, axis=1), kind, strength, exposure)
    curve = hypothesis(greys, LUMINANCE, np.ones(6), 1.0, on_luminance=False)
    seen = curve.linearise(taken(SKIN, kind, strength, exposure))
    return curve, seen / (curve.linearise(greys)[0] / LUMINANCE[0])


@pytest.mark.parametrize("kind", ["none", "gamma", "s_curve", "shoulder", "film"])
def test_skin_up_to_the_cards_white_comes_out_in_its_own_light(kind: str) -> None:
    _, found = undone(kind, 0.6, 0.8)
    inside = SKIN[:, 0] < 0.9
    assert found[inside] == pytest.approx(SKIN[inside], rel=0.04)


@pytest.mark.parametrize(("kind", "most"), [("none", 0.01), ("gamma", 0.02), ("shoulder", 0.015), ("film", 0.08)])
def test_what_bends_the_highlights_goes_on_above_the_cards_white(kind: str, most: float) -> None:
    """Followed straight, the ratio of red to green would be short by 0.03 (shoulder) and 0.10 (film) there."""
    curve, found = undone(kind, 0.6, 0.35)
    brighter = SKIN[:, 0] > 1.2
    red = np.log(found[brighter, 0] / found[brighter, 1]) - np.log(SKIN[brighter, 0] / SKIN[brighter, 1])
    assert np.abs(red).max() < most
    levels = np.linspace(0.01, 1.5, 200)
    assert np.all(np.diff(curve.linearise(np.repeat(levels[:, None], 3, axis=1))[:, 0]) > 0)


def test_there_is_no_step_at_the_brightest_grey() -> None:
    curve, _ = undone("shoulder", 0.6, 0.35)
    at = curve.limit**3 * (1 + np.linspace(-1e-3, 1e-3, 41))
    found = curve.linearise(np.repeat(at[:, None], 3, axis=1))[:, 0]
    assert np.ptp(np.diff(found)) < 1e-3 * np.diff(found).mean()
