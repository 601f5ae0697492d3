"""By how much each training person is usually misread, whatever the lamp and the camera.

A mapping is fitted for many pairs of the prior's lamps and cameras, and each person's errors of a* are averaged over
them. Then the mappings are fitted to the people as they are usually read, and so on: what a lamp and camera need not
bend for any more moves on for a few rounds. ``scripts/learn_usual_errors.py`` keeps the outcome.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calibration import prior
from calibration.cielab import lab_to_xyz, xyz_to_lab
from calibration.skin_mapping import fit_skin_mapping
from calibration.training_skins import TrainingSkins

Floats = NDArray[np.float64]

ROUNDS, SEED = 3, 1


def sensors(pairs: int) -> Floats:
    """(pairs, 3, wavelengths): lamps times cameras of the library, drawn at random, white for a white surface."""
    pool, rng = prior.library(), np.random.default_rng(SEED)
    lit = (
        pool.lamps[rng.integers(len(pool.lamps), size=pairs), None]
        * pool.cameras[rng.integers(len(pool.cameras), size=pairs)]
    )
    return np.asarray(lit / lit.sum(axis=-1, keepdims=True))


def usual_errors(skins: TrainingSkins, pool: Floats) -> Floats:
    """(people,): mean errors of a* over ``pool`` (n, 3, wavelengths), each person's stages by their weights."""
    truth = xyz_to_lab(skins.xyz)
    share = skins.weight / skins.weight.sum(axis=0)
    usual = np.zeros(truth.shape[1])
    for _ in range(ROUNDS):
        wanted = truth.copy()
        wanted[..., 1] += usual
        as_read = replace(skins, xyz=lab_to_xyz(wanted))
        mappings = (fit_skin_mapping(sensor, sensor[None], as_read) for sensor in pool)
        errors = [
            (mapping.to_lab(skins.reflectance @ sensor.T) - truth)[..., 1]
            for mapping, sensor in zip(mappings, pool, strict=True)
        ]
        usual = np.asarray((share * np.mean(errors, axis=0)).sum(axis=0))
    return usual
