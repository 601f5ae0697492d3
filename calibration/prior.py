"""The prior of spectra: which lamp and camera made this picture of the card, and how would they have shown skin?

A card's patches say little about skin by themselves: haemoglobin's bands are in none of them. But they tell
lamp and sensor apart, and for each lamp and sensor the look of skin is known. So: vote over a library of
lamps x cameras with the patches seen. The winners and their scatter are what ``joint_fit`` starts from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.holdout import cameras_for_prior, lamps_for_prior

Floats = NDArray[np.float64]

# Voting: how far a patch of the right lamp and camera may lie from its prediction, in cube-root units of
# relative luminance (0.01 is about one unit of L*). Covers what the library cannot hold: cameras it has
# never seen, prints that differ, noise.
_PATCH_ERROR = 0.012
# Keep the best pairs; the rest carry no weight worth its time.
_KEPT_PAIRS = 120
# A pair this much less likely than the best is not heard at all.
_UNHEARD = 0.02
# What the 63 residuals of a fit are worth as independent ones: neighbouring patches err together.
_INDEPENDENT_RESIDUALS = 20.0


@dataclass(frozen=True, eq=False)
class Library:
    """Every lamp with every camera. Pair ``i`` is lamp ``i // len(cameras)`` with camera ``i % len(cameras)``.

    ``lamps`` (n, wavelengths), ``cameras`` (m, 3, wavelengths), ``card`` (24, wavelengths); ``channels``
    (n * m, 3, 24): the card in white-balanced raw RGB; ``products`` (n * m, 6, 24): what the normal equations of a 3x3
    need of them.
    """

    lamp_names: tuple[str, ...]
    lamps: Floats
    cameras: Floats
    card: Floats
    channels: Floats
    products: Floats

    def lamp_of(self, pairs: NDArray[np.intp]) -> NDArray[np.intp]:
        """Index of each pair's lamp."""
        return np.asarray(pairs // len(self.cameras))


@dataclass(frozen=True, eq=False)
class Vote:
    """The best pairs for one card, with their probabilities and the matrices that turn their raw RGB into the
    photograph's linear RGB."""

    pairs: NDArray[np.intp]
    probability: Floats
    matrices: Floats  # (pairs, 3, 3)
    misfit: float  # cube-root units, of the best pair


@cache
def library() -> Library:
    """The library that Rubor ships: everything measured that is not kept aside for judging."""
    known = lamps_for_prior()
    planck = {f"{kelvin} K incandescent": spectra.blackbody(kelvin) for kelvin in (2400, 2700, 3000, 3300)}
    lamps = np.concatenate([known.values, np.stack(list(planck.values()))])
    cameras = [variant for name in cameras_for_prior() for variant in _phone_variants(spectra.camera(name))]
    return build_library((*known.names, *planck), lamps, np.stack(cameras))


def library_for(card: Floats) -> Library:
    """The same lamps and cameras looking at another card, ``card`` (24, wavelengths)."""
    return _library_of(card.tobytes(), len(card))


@lru_cache(maxsize=4)
def _library_of(card: bytes, patches: int) -> Library:
    own = library()
    return build_library(own.lamp_names, own.lamps, own.cameras, np.frombuffer(card).reshape(patches, -1))


def build_library(lamp_names: tuple[str, ...], lamps: Floats, cameras: Floats, card: Floats | None = None) -> Library:
    """All pairs of ``lamps`` (n, wavelengths) and ``cameras`` (m, 3, wavelengths) looking at ``card``, by default the
    measured ColorChecker."""
    card = spectra.patches().values if card is None else card
    lit = (lamps[:, None] * card[None]).reshape(-1, card.shape[1])  # (n * 24, wavelengths)
    seen = cameras.reshape(-1, card.shape[1]) @ np.concatenate([lit, lamps]).T
    raw = seen[:, : len(lit)].reshape(len(cameras), 3, len(lamps), len(card))
    white = seen[:, len(lit) :].reshape(len(cameras), 3, len(lamps), 1)
    channels = np.ascontiguousarray((raw / white).transpose(2, 0, 1, 3)).reshape(-1, 3, len(card))
    return Library(lamp_names, lamps, cameras, card, channels, products_of(channels))


# The six different entries of a symmetric 3x3: 00, 01, 02, 11, 12, 22.
_UPPER = np.triu_indices(3)


def products_of(channels: Floats) -> Floats:
    """What :class:`Library` keeps as ``products`` of its ``channels`` (pairs, 3, patches)."""
    return np.stack([channels[:, i] * channels[:, j] for i, j in zip(*_UPPER, strict=True)], axis=1)


def _phone_variants(sensitivity: Floats) -> list[Floats]:
    """A measured camera as it is, and made more like a phone: another infrared cut, wider filters."""
    nm = spectra.WAVELENGTHS
    cut = [sensitivity / (1 + np.exp((nm - edge) / 8)) for edge in (640.0, 680.0)]
    wider = np.exp(-0.5 * (np.arange(-8, 9) * 5 / 12.0) ** 2)
    wider /= wider.sum()
    return [sensitivity, *cut, np.stack([np.convolve(channel, wider, mode="same") for channel in sensitivity])]


@lru_cache(maxsize=8)
def jury(pool: Library) -> Library:
    """Every eleventh pair, to be heard on many questions: each lamp and each camera is still among them, in other
    company. Only its ``channels`` and ``products`` are fewer than the pool's."""
    channels, products = (np.ascontiguousarray(part[::_JURY]) for part in (pool.channels, pool.products))
    return replace(pool, channels=channels, products=products)


_JURY = 11


def misfits(linear: Floats, patch_weights: Floats, pool: Library) -> tuple[Floats, Floats]:
    """How badly each pair explains the patches ``linear`` (24, 3): variances (pairs,), colour matrices (pairs, 3, 3).

    ``patch_weights`` (24,) is 0 for patches not to be used. Each pair's raw patches are fitted to the photograph's by a
    3x3 (the phone's own colour matrix and white balance are linear); the misfit is counted in cube-root units, so that
    dark and light patches weigh as much as they do to the eye.
    """
    level = np.maximum(linear.mean(axis=1), 1e-3)
    # Relative to the white patch, so that an under-exposed picture is judged like any other.
    weights = (patch_weights / (3 * np.cbrt(level) ** 2) / np.cbrt(float(level.max()))) ** 2
    cross = (pool.channels.reshape(-1, len(linear)) @ (linear * weights[:, None])).reshape(-1, 3, 3)
    matrices = _solve(pool.products @ weights, cross)
    explained = (matrices * cross).sum(axis=(1, 2))
    squares = np.maximum((linear**2 * weights[:, None]).sum() - explained, 0)
    return squares / (3 * (patch_weights**2).sum() - 9), matrices


def _solve(gram: Floats, cross: Floats) -> Floats:
    """Symmetric 3x3 equations (pairs, 6) for right sides (pairs, 3, 3), written out: many times faster than LAPACK."""
    a, b, c, d, e, f = (gram + 1e-9 * _DIAGONAL).T
    inverse = np.stack([d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b])
    inverse /= a * inverse[0] + b * inverse[1] + c * inverse[2]
    return np.stack(
        [sum(inverse[i][:, None] * cross[:, column] for column, i in enumerate(row)) for row in _ROWS], axis=1
    )


_DIAGONAL = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 1.0])
_ROWS = ((0, 1, 2), (1, 3, 4), (2, 4, 5))


def vote(linear: Floats, patch_weights: Floats, pool: Library) -> Vote:
    """Which pairs explain the patches ``linear`` (24, 3) best?"""
    variance, matrices = misfits(linear, patch_weights, pool)
    best = np.argsort(variance)[: _KEPT_PAIRS + 1]
    likelihood = likelihoods(variance[best])
    # Less the likelihood that is not heard any more, so that none comes or goes with a jump.
    likelihood -= max(_UNHEARD, float(likelihood[-1]))
    heard = likelihood > 0
    best, probability = best[heard], likelihood[heard] / likelihood[heard].sum()
    return Vote(best, probability, matrices[best], float(np.sqrt(variance[best[0]])))


def likelihoods(variance: Floats) -> Floats:
    """How likely misfits of ``variance`` (n,) are beside the smallest of them, which is 1."""
    least = float(variance.min())
    return np.asarray(np.exp(-0.5 * _INDEPENDENT_RESIDUALS * (variance - least) / max(least, _PATCH_ERROR**2)))


def effective_sensors(outcome: Vote, pool: Library) -> Floats:
    """(pairs, 3, wavelengths): a reflectance times it is what each winning pair makes of it in the photograph's RGB."""
    weights = pool.lamps[pool.lamp_of(outcome.pairs), None] * pool.cameras[outcome.pairs % len(pool.cameras)]
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.asarray(np.einsum("pcw,pcd->pdw", weights, outcome.matrices))


def expected_patches(outcome: Vote, pool: Library) -> Floats:
    """(24, 3): the card's linear RGB as the winning pairs predict it."""
    predicted = pool.channels[outcome.pairs].transpose(0, 2, 1) @ outcome.matrices
    return np.asarray(np.einsum("p,pnd->nd", outcome.probability, predicted))
