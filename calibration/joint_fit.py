"""What the vote leaves open, settled by the patches all at once: sensor, tone curve, colour boost and fall-off.

No pair of the library *is* the lamp and the camera at hand; the right one lies somewhere between and beside the
winners. And tone curve, colour boost and the light's fall-off were found one after the other, each with the others
held fixed. Near the winners everything is linear, so one Kalman update settles it: the winners' scatter is the prior
of the sensor, the 24 patches are the observation, and what the patches cannot explain sets how far they are trusted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.card_light import PLACES
from calibration.likely_curves import likely_curve
from calibration.prior import Library, Vote, effective_sensors
from calibration.spectra import WAVELENGTHS
from calibration.tone import ToneCurve

Floats = NDArray[np.float64]

# How far the first guesses may be off, as standard deviations: the boost, the light's logarithm from edge to edge, the
# entries of the phone's colour matrix. (How far the tone curve may be, the likely ones tell themselves.)
_BOOST_SD, _LIGHT_SD, _MATRIX_SD = 0.03, 0.06, 0.12
# The winners are lamps and cameras that happen to be in the library, chosen for being alike: the truth is further from
# their mean than they are, by this factor.
_BEYOND_THE_WINNERS = 2.5
# How far a phone's filters may lie from the measured cameras': places in nm, widths as a share, and the infrared filter
# as the logarithm of what it passes beyond its edge (nm, over so many nm).
_SHIFT_SD, _WIDTH_SD, _INFRARED_SD, _INFRARED_EDGE, _INFRARED_OVER = 5.0, 0.08, 1.0, 655.0, 10.0
# What a patch may differ from its prediction by without the reading's fault (print, gloss, what is not linear), in
# cube-root units; each of these as far as it is likely. 0.01 is about one unit of L*.
_MISFITS = np.array([0.003, 0.0042, 0.006, 0.0085, 0.012, 0.017, 0.025])
# A patch further off than this many standard deviations (a reflection, a scratch) is believed less, from one more on
# hardly.
_ODD, _SECOND_THOUGHTS = 3.0, 2
# What a patch that is trusted by half may be off by, in the same units.
_DISTRUSTED = 0.02
# Draws from what is left uncertain, always the same ones.
_DRAWS, _SEED = 24, 20261122


@dataclass(frozen=True, eq=False)
class JointFit:
    """What stood between surfaces and the photograph.

    ``sensor`` (3, wavelengths): a surface's reflectance times it is the photograph's linear RGB in the card's light.
    ``draws`` (n, 3, wavelengths) are sensors that would explain the card as well. ``tone`` is the corrected curve,
    ``slopes`` (2,) the fall-off that was left. ``misfit`` is what the patches disagree by, in cube-root units;
    ``unlikely`` is minus twice the logarithm of how likely the patches are: of two histories the smaller is the better.
    """

    sensor: Floats
    draws: Floats
    tone: ToneCurve
    slopes: Floats
    misfit: float
    unlikely: float


def fit_jointly(rgb: Floats, rgb_se: Floats, trust: Floats, tone: ToneCurve, outcome: Vote, pool: Library) -> JointFit:
    """Update all from the patches ``rgb`` (24, 3), linear sRGB as decoded, with standard errors ``rgb_se`` (24, 3).

    ``trust`` (24,) is 1 for good patches, less for those that are clipped in part, 0 for those that say nothing.
    """
    sensors, share = effective_sensors(outcome, pool), outcome.probability
    mean = np.einsum("p,pdw->dw", share, sensors)
    tone, ways = likely_curve(rgb, pool.card @ mean.T, trust, tone)
    linear = tone.linearise(rgb)
    apart = _BEYOND_THE_WINNERS * np.sqrt(share)[:, None, None] * (sensors - mean)
    directions = np.concatenate([apart, _matrix_directions(mean), _filter_directions(outcome, pool)])
    bends, curves = _tone_directions(rgb, linear, tone, ways)
    light = _LIGHT_SD * PLACES.T[:, :, None] * linear
    card = pool.card
    # What each direction, one standard deviation far, adds to prediction less observation.
    effects = np.concatenate([np.einsum("nw,kdw->knd", card, directions), -bends, light])
    scale = _cube_root_scale(linear)
    seen = (trust > 0).repeat(3)
    response = (effects * scale).reshape(len(effects), -1)[:, seen]
    residual = ((linear - card @ mean.T) * scale).ravel()[seen]
    doubt = _DISTRUSTED * (1 / trust[trust > 0] - 1).repeat(3)
    noise = np.hypot((_noise_of(rgb, rgb_se, tone) * scale).ravel()[seen], doubt)

    variance, misfit, unlikely = _likeliest(response, residual, noise)
    state, scatter = _update(response, residual, variance)
    count = len(directions)
    sensor = mean + np.einsum("k,kdw->dw", state[:count], directions)
    drawn = np.random.default_rng(_SEED).standard_normal((_DRAWS, len(state))) @ scatter.T
    draws = sensor + np.einsum("nk,kdw->ndw", drawn[:, :count], directions)
    corrected = _bent(tone, curves, state[count : count + len(curves)])
    return JointFit(sensor, draws, corrected, state[-2:] * _LIGHT_SD, misfit, unlikely)


def _matrix_directions(mean: Floats) -> Floats:
    """(9, 3, wavelengths): some of each channel mixed into each, as the phone's colour matrix may have."""
    mixed = np.zeros((3, 3, *mean.shape))
    for channel in range(3):
        mixed[channel, :, channel] = _MATRIX_SD * mean
    return mixed.reshape(9, *mean.shape)


def _filter_directions(outcome: Vote, pool: Library) -> Floats:
    """(7, 3, wavelengths): each raw channel's filter moved, each one widened, and the infrared filter moved, as the
    winning pairs would show it after their colour matrices."""
    nm = WAVELENGTHS
    cameras = pool.cameras[outcome.pairs % len(pool.cameras)]
    lit = pool.lamps[pool.lamp_of(outcome.pairs), None]
    scale = outcome.probability[:, None, None] * lit / (lit * cameras).sum(axis=-1, keepdims=True)
    slope = np.gradient(cameras, nm, axis=-1)
    centre = (cameras * nm).sum(axis=-1, keepdims=True) / cameras.sum(axis=-1, keepdims=True)
    moved = -_SHIFT_SD * slope
    widened = -_WIDTH_SD * (nm - centre) * slope
    cut = -_INFRARED_SD * cameras / (1 + np.exp((_INFRARED_EDGE - nm) / _INFRARED_OVER))
    each = [np.einsum("pcd,pcw->cdw", outcome.matrices, way * scale) for way in (moved, widened, cut)]
    return np.concatenate([each[0], each[1], each[2].sum(axis=0, keepdims=True)])


def _tone_directions(rgb: Floats, linear: Floats, tone: ToneCurve, ways: Floats) -> tuple[Floats, list[ToneCurve]]:
    """How the patches' linear RGB (k, 24, 3) moves with each way in which the tone curve may be off, and these ways."""
    curves = [replace(tone, coefficients=tone.coefficients + way) for way in ways]
    curves.append(replace(tone, boost=tone.boost + _BOOST_SD))
    return np.stack([curve.linearise(rgb) - linear for curve in curves]), curves


def _bent(tone: ToneCurve, curves: list[ToneCurve], amounts: Floats) -> ToneCurve:
    coefficients = tone.coefficients + sum(
        amount * (curve.coefficients - tone.coefficients) for curve, amount in zip(curves, amounts, strict=True)
    )
    return replace(tone, boost=tone.boost + float(amounts[-1]) * _BOOST_SD).towards(coefficients)


def _cube_root_scale(linear: Floats) -> Floats:
    """(24, 1): what turns a small step in linear RGB into one in cube-root units of the card's white."""
    level = np.maximum(linear.mean(axis=1, keepdims=True), 1e-3)
    return np.asarray(1 / (3 * np.cbrt(level) ** 2 * np.cbrt(level.max())))


def _noise_of(rgb: Floats, rgb_se: Floats, tone: ToneCurve) -> Floats:
    """The reading's standard errors (24, 3), linearised."""
    return np.asarray(np.abs(tone.linearise(rgb + rgb_se) - tone.linearise(rgb)))


def _likeliest(response: Floats, residual: Floats, noise: Floats) -> tuple[Floats, float, float]:
    """The variances (observations,) that the residuals speak for, the misfit in them, and how unlikely all is then."""
    spread = response.T @ response
    odd = np.zeros(len(residual))

    def evidence(misfit: float) -> float:
        covariance = spread + np.diag(noise**2 + misfit**2 + odd**2)
        _, volume = np.linalg.slogdet(covariance)
        return float(volume + residual @ np.linalg.solve(covariance, residual))

    def believed() -> float:
        unlikely = np.array([evidence(float(one)) for one in _MISFITS])
        share = np.exp(-0.5 * (unlikely - unlikely.min()))
        return float(np.exp(np.log(_MISFITS) @ share / share.sum()))

    best = believed()
    for _ in range(_SECOND_THOUGHTS):
        variance = noise**2 + best**2
        state, _ = _update(response, residual, variance + odd**2)
        left = np.abs(residual - state @ response)
        odd = left * np.clip(left / np.sqrt(variance) - _ODD, 0, 1)
        best = believed()
    return noise**2 + best**2 + odd**2, best, evidence(best)


def _update(response: Floats, residual: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """The Kalman update from a standard normal prior: state (k,), and a root (k, k) of the covariance that is left."""
    precision = np.eye(len(response)) + (response / variance) @ response.T
    root = np.linalg.inv(np.linalg.cholesky(precision)).T
    return np.asarray(root @ (root.T @ ((response / variance) @ residual))), np.asarray(root)
