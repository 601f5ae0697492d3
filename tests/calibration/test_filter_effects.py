"""A filter's boost, its vibrance and its faded blacks are undone where the card speaks for them, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration import spectra
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import decode_srgb, encode_srgb, xyz_to_lab
from calibration.correction import Calibration, calibrate
from calibration.filter_effects import Effects, likely_effects
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_SKINS
from calibration.simulated_camera import Isp, Phone, simulate_patches
from calibration.simulated_filters import saturated
from calibration.tone import BOOSTS

Floats = NDArray[np.float64]

LAMPS = ("D55", "LED-B3", "Incandescent", "FL11", "LED-V1", "D75")
SKINS = spectra.skins().only(HELD_OUT_SKINS).values
TRUTH = xyz_to_lab(spectra.xyz_d65(SKINS))[:, 1]


def vibrant(coded: Floats) -> Floats:
    """Pale colours made stronger, strong ones left."""
    grey = (coded @ [0.2126, 0.7152, 0.0722])[..., None]
    return np.asarray(grey + (1.4 - 0.4 * np.ptp(coded, axis=-1, keepdims=True)) * (coded - grey))


FILTERS: dict[str, Callable[[Floats], Floats]] = {
    "vivid": lambda coded: saturated(coded, 1.5),
    "paler": lambda coded: saturated(coded, 0.7),
    "vibrant": vibrant,
    "faded blacks": lambda coded: 0.1 + 0.9 * coded,
}


def photographed(effect: Callable[[Floats], Floats] = lambda coded: coded) -> list[tuple[Calibration, Floats]]:
    """What each photograph is calibrated to, and its errors of a*; skin that a filter burnt out is left out."""
    rng, found = np.random.default_rng(5), []
    for lamp in LAMPS:
        phone, isp = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
        surfaces = np.concatenate([spectra.patches().values, SKINS])
        rgb = simulate_patches(phone.sensitivity(), spectra.lamps()[lamp], isp, surfaces)
        shown = decode_srgb(np.round(np.clip(effect(encode_srgb(rgb)), 0, 1) * 2040) / 2040)
        cut = ((shown[:24] >= 1) | (shown[:24] <= 0)).any(axis=1).astype(float)
        nowhere = np.zeros((24, 2))
        reading = CardReading("classic-24", nowhere[:4], False, shown[:24], np.full((24, 3), 1e-3), cut, nowhere)
        calibration = calibrate(CardSearch("auto", reading))
        error = calibration.to_lab(shown[24:])[:, 1] - TRUTH
        found.append((calibration, error[shown[24:].max(axis=1) < 0.98]))
    return found


def rms(found: list[tuple[Calibration, Floats]]) -> float:
    return float(np.sqrt(np.mean(np.concatenate([error for _, error in found]) ** 2)))


def test_a_phone_s_own_taste_is_no_filter() -> None:
    for calibration, _ in photographed():
        assert calibration.tone is not None
        assert BOOSTS[0] - 0.06 < calibration.tone.boost < BOOSTS[-1] + 0.06
        assert abs(calibration.tone.vibrance) < 0.1
        assert calibration.tone.lift < 0.01


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_what_a_mild_filter_did_is_undone(name: str) -> None:
    assert rms(photographed(FILTERS[name])) < 1.3 * rms(photographed())


def test_of_a_card_that_nothing_explains_no_filter_is_believed() -> None:
    """The further the better, but never well."""

    def cost(effects: Effects) -> float:
        return float((0.03 - 0.004 * effects.boost - 0.02 * effects.lift - 0.002 * effects.vibrance) ** 2)

    found = likely_effects(cost, 0.2)
    assert BOOSTS[0] <= found.boost <= BOOSTS[-1]
    assert found.vibrance == 0.0
    assert found.lift == 0.0


def test_there_is_no_lifted_black_where_something_is_black() -> None:
    """And no jump where the darkest patch begins to allow it."""

    def cost(effects: Effects) -> float:
        return float(0.005**2 + (0.02 * (effects.lift - 0.1)) ** 2 + (0.02 * (effects.boost - 1.1)) ** 2)

    lifts = np.array([likely_effects(cost, darkest).lift for darkest in np.linspace(0.0, 0.1, 101)])
    assert lifts[0] == 0.0
    assert lifts[-1] == pytest.approx(0.1, abs=0.03)
    assert np.abs(np.diff(lifts)).max() < 0.01
