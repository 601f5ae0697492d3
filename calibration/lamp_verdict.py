"""Is this light good enough for skin? Asked of the card's patches, among all lamps that people live with.

The vote (``prior``) finds lamps and cameras that show skin as the photograph does, among measured lamps. Here the
question is another: how well does the light render colours? So the lamps of the library are joined by whole families of
unusual ones, each looked at by a few cameras, and what is asked is how likely the poor ones among them are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from calibration import prior, spectra
from calibration.cielab import WHITE_D65
from calibration.colour_rendering import Rendering, renderings
from calibration.unusual_lamps import unusual_lamps

Floats = NDArray[np.float64]

# Lamps for homes are sold from Ra 80 on, a few white LEDs have 77; old tubes and three-coloured LEDs have less than 70.
POOR_BELOW_RA = 74.0
# How common poor lamps are taken to be before anything is seen.
_POOR_SHARE = 0.2
# Of the library's cameras so many are asked: which camera it was is not the question.
_CAMERAS = 24
# How far a patch may lie from its prediction under the right lamp, in cube-root units, and what the residuals of a fit
# are worth as independent ones.
_PATCH_ERROR, _INDEPENDENT = 0.006, 30.0
# Bradford's cone responses, as ICC.1 adapts whites with.
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
# Indices below zero say no more than zero.
_LEAST_R9 = -150.0


@dataclass(frozen=True, eq=False)
class LampVerdict:
    """``poor``: how likely it is that the light renders colours poorly. ``rendering``: its mean over likely lamps.

    ``misfit``: what the best lamp and camera leave unexplained, in cube-root units. ``card`` (24, 3): XYZ of the card
    as an eye used to this light sees it, a perfect diffuser at the D65 white.
    """

    poor: float
    rendering: Rendering
    misfit: float
    card: Floats


def judge_lamp(linear: Floats, patch_weights: Floats, card: Floats | None = None) -> LampVerdict:
    """Judge the light by the patches' linear RGB ``linear`` (24, 3); ``patch_weights`` (24,) is 0 for those not to use.

    ``card`` (24, wavelengths): reflectance of the patches, where it is not the usual card.
    """
    reflectance = spectra.patches().values if card is None else card
    witnesses, lamps = _witnesses(reflectance.tobytes()), _lamps()
    variance, _ = prior.misfits(linear, patch_weights, witnesses)
    variance = variance.reshape(len(lamps.spectra), -1)
    least = float(variance.min())
    likelihood = np.exp(-0.5 * _INDEPENDENT * (variance - least) / max(least, _PATCH_ERROR**2))
    share = likelihood.mean(axis=1) * lamps.share
    share /= share.sum()
    return LampVerdict(
        poor=float(share[lamps.ra < POOR_BELOW_RA].sum()),
        rendering=Rendering(float(share @ np.maximum(lamps.ra, 0)), float(share @ np.maximum(lamps.r9, _LEAST_R9))),
        misfit=float(np.sqrt(max(least, 0.0))),
        card=np.einsum("l,lnc->nc", share, _looks(reflectance.tobytes())),
    )


@dataclass(frozen=True, eq=False)
class _Lamps:
    """``spectra`` (n, wavelengths), their indices ``ra`` and ``r9`` (n,), and ``share`` (n,): how common each is."""

    spectra: Floats
    ra: Floats
    r9: Floats
    share: Floats


@cache
def _lamps() -> _Lamps:
    everything = np.concatenate([prior.library().lamps, unusual_lamps()])
    found = renderings(everything)
    ra, r9 = np.array([one.ra for one in found]), np.array([one.r9 for one in found])
    poor = ra < POOR_BELOW_RA
    share = np.where(poor, _POOR_SHARE / poor.sum(), (1 - _POOR_SHARE) / (~poor).sum())
    return _Lamps(everything, ra, r9, share)


@lru_cache(maxsize=4)
def _witnesses(card: bytes) -> prior.Library:
    """Every lamp with a few of the library's cameras, looking at ``card``."""
    cameras = prior.library().cameras
    some = np.linspace(0, len(cameras) - 1, _CAMERAS).round().astype(int)
    lamps = _lamps().spectra
    return prior.build_library(tuple(map(str, range(len(lamps)))), lamps, cameras[some], _reflectance(card))


@lru_cache(maxsize=4)
def _looks(card: bytes) -> Floats:
    """(n, 24, 3): XYZ of ``card`` in each lamp's light, to an eye that has got used to it."""
    weights = _lamps().spectra[:, None] * spectra.observer()
    seen = np.matmul(_reflectance(card), weights.transpose(0, 2, 1)) @ _BRADFORD.T
    white = weights.sum(axis=-1) @ _BRADFORD.T
    adapted = seen / white[:, None] * (_BRADFORD @ WHITE_D65)
    return np.asarray(adapted @ np.linalg.inv(_BRADFORD).T)


def _reflectance(card: bytes) -> Floats:
    return np.frombuffer(card).reshape(-1, len(spectra.WAVELENGTHS))
