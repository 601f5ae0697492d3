"""Write ``calibration/spectra/tone_curves.npy``: the tone curves among which ``calibration.likely_curves`` looks.

No maker publishes its curve. So curves of all the usual kinds are drawn - powers, S-curves, sigmoids in coded and in
linear values, Reinhard's and two film curves of renderers, soft knees, hyperbolic shoulders, lifted and crushed
blacks -, each of any strength, three in ten of them followed by another. Usage: python scripts/learn_tone_curves.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.cielab import decode_srgb, encode_srgb
from calibration.likely_curves import POWERS

Floats = NDArray[np.float64]

FILE = Path(spectra.__file__).parent / "spectra" / "tone_curves.npy"
CURVES, SEED = 1500, 9
FOLLOWED = 0.3
# sRGB-coded light, evenly; light itself; and where curves are compared, as cube roots of the file's linear values.
CODED = np.linspace(0, 1, 1025)
LIGHT = decode_srgb(CODED)
ROOTS = np.linspace(0.12, 1, 90)
# Each curve's factor is chosen so that it is 1 there.
ONE_AT = 0.85
# A curve that is flatter than this anywhere but in deep shadow shows nothing there.
FLATTEST, SHADOW = 6e-5, 20


def power(rng: np.random.Generator) -> Floats:
    return CODED ** rng.uniform(0.72, 1.12)


def s_curve(rng: np.random.Generator) -> Floats:
    return CODED + rng.uniform(-0.25, 0.5) * (CODED**2 * (3 - 2 * CODED) - CODED)


def logistic(rng: np.random.Generator) -> Floats:
    middle, steepness = rng.uniform(0.35, 0.6), rng.uniform(1, 6)
    return _from_0_to_1(1 / (1 + np.exp(-steepness * (CODED - middle))))


def sigmoid_in_light(rng: np.random.Generator) -> Floats:
    bent = LIGHT ** rng.uniform(0.9, 1.6)
    half = rng.uniform(0.1, 0.6) ** 1.2
    return encode_srgb(bent / (bent + half) * (1 + half))


def reinhard(rng: np.random.Generator) -> Floats:
    gain, white = rng.uniform(1, 4), rng.uniform(1, 4)
    light = LIGHT * gain
    return encode_srgb(_from_0_to_1(light * (1 + light / (gain * white) ** 2) / (1 + light)))


def film_of_games(rng: np.random.Generator) -> Floats:
    light = LIGHT * rng.uniform(0.5, 4)
    return encode_srgb(_from_0_to_1((light * (0.15 * light + 0.05) + 0.004) / (light * (0.15 * light + 0.5) + 0.06)))


def film_of_cinemas(rng: np.random.Generator) -> Floats:
    light = LIGHT * rng.uniform(0.4, 2)
    return encode_srgb(_from_0_to_1(light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)))


def knee(rng: np.random.Generator) -> Floats:
    at = rng.uniform(0.45, 0.9)
    lifted = CODED * rng.uniform(1.02, 1.6)
    room = 1 - at
    return _from_0_to_1(np.where(lifted < at, lifted, at + room * (1 - np.exp(-(lifted - at) / room))))


def shoulder(rng: np.random.Generator) -> Floats:
    amount = rng.uniform(0, 1.2)
    return CODED * (1 + amount) / (1 + amount * CODED)


def blacks(rng: np.random.Generator) -> Floats:
    lift = rng.uniform(-0.03, 0.05)
    return np.clip(lift + (1 - lift) * CODED, 0, 1)


KINDS: tuple[Callable[[np.random.Generator], Floats], ...] = (
    power,
    s_curve,
    logistic,
    sigmoid_in_light,
    reinhard,
    film_of_games,
    film_of_cinemas,
    knee,
    shoulder,
    shoulder,
    blacks,
)


def _from_0_to_1(values: Floats) -> Floats:
    return np.asarray((values - values[0]) / (values[-1] - values[0]))


def some_strength(rng: np.random.Generator) -> Floats:
    """One of the kinds, between nothing and all of it."""
    curve = KINDS[int(rng.integers(len(KINDS)))](rng)
    return np.asarray(CODED + rng.uniform(0, 1) * (curve - CODED))


def way_back(curve: Floats) -> NDArray[np.float32] | None:
    """(6,) coefficients of the powers of the file's cube root that give light's; None if the curve cannot be undone."""
    if np.diff(curve[SHADOW:]).min() < FLATTEST:
        return None
    file = np.cbrt(decode_srgb(np.clip(curve, 0, 1)))
    light = np.interp(ROOTS, file, np.cbrt(LIGHT))
    light /= np.interp(ONE_AT, ROOTS, light)
    coefficients, *_ = np.linalg.lstsq(ROOTS[:, None] ** POWERS, light, rcond=1e-12)
    kept = coefficients.astype(np.float32)
    rising = np.diff(np.linspace(0.01, 1.01, 400)[:, None] ** POWERS @ kept).min() > 0
    return kept if rising else None


def main() -> None:
    rng = np.random.default_rng(SEED)
    found: list[NDArray[np.float32]] = []
    while len(found) < CURVES:
        curve = some_strength(rng)
        if rng.random() < FOLLOWED:
            curve = np.interp(curve, CODED, some_strength(rng))
        back = way_back(curve)
        if back is not None:
            found.append(back)
    np.save(FILE, np.array(found))
    print(f"{len(found)} curves")


if __name__ == "__main__":
    main()
