"""The scale on which a photograph's a* is compared with other photographs of the same person.

A mapping from camera to CIELAB is off by something for every person: people of one colour differ in spectrum. Much of
that is the same under any lamp, so in a *change* it cancels, and only what this lamp and this camera do otherwise
than lamps and cameras usually do is left. So the scale asks less of a photograph than a* itself: to read each person
as photographs usually read them (``TrainingSkins.usual_error``), not as they are. That is easier, and leaves room to
read added blood rightly, which a mapping that must fit all people cannot do as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.training_skins import TrainingSkins

Floats = NDArray[np.float64]

# Where and over what range of CIELAB skin lies: the polynomial's units.
_CENTRE, _RANGE = np.array([60.0, 14.0, 17.0]), np.array([20.0, 8.0, 8.0])
_RIDGE = 1e-3
# What one unit of error in a change costs beside one of the scale itself. In trials with cameras, lamps and people
# taken out of the training set 0 to 1 were about as good, 3 was worse.
_CHANGE_COST = 0.3
# Skins within about this many Lab units tell how strongly blood is read; a very strong dose tells less of a usual one.
_REACH = 6.0
_DOSE_WEIGHT = np.array([1.0, 1.0, 0.6])
# Beyond these a photograph says nothing about blood; a_se tells so. Lamps and cameras in trials: 0.85 to 1.24.
_GAINS = (0.6, 1.6)


@dataclass(frozen=True, eq=False)
class ChangeScale:
    """``coefficients`` (10,) of the quadratic in CIELAB that is added to a*.

    ``lab`` (M, 3) are reddened training skins as this photograph would show them, ``read`` and ``true`` (M,) by how
    much a* is higher than in the same people plain, on this scale and in truth, ``weight`` (M,) counts them.
    """

    coefficients: Floats
    lab: Floats
    read: Floats
    true: Floats
    weight: Floats

    def a_star(self, lab: Floats) -> Floats:
        """a* on this scale (...) of ``lab`` (..., 3) as calibrated."""
        return np.asarray(lab[..., 1] + _terms(lab) @ self.coefficients)

    def gain(self, lab: Floats) -> Floats:
        """What a rise of this scale has to be multiplied with to be one of a*, (...) for skin that now looks like
        ``lab`` (..., 3)."""
        distance = sum((lab[..., axis, None] - self.lab[:, axis]) ** 2 for axis in range(3))
        near = self.weight * np.exp(-0.5 * (distance - np.min(distance, axis=-1, keepdims=True)) / _REACH**2)
        # A picture without colour reads no rise at all.
        found = near @ (self.read * self.true) / np.maximum(near @ self.read**2, 1e-9)
        return np.asarray(np.clip(found, *_GAINS))


def fit_change_scale(found: Floats, truth: Floats, skins: TrainingSkins) -> ChangeScale:
    """The scale of a photograph that shows the training ``skins`` as ``found`` (stages, people, 3) in CIELAB.

    ``truth`` (stages, people, 3) is their true CIELAB.
    """
    terms = _terms(found)
    wanted = truth[..., 1] + skins.usual_error - found[..., 1]
    own, change = np.sqrt(skins.weight), np.sqrt(_CHANGE_COST * skins.weight[1:])
    design = np.concatenate([_flat(terms * own[..., None]), _flat((terms[1:] - terms[:1]) * change[..., None])])
    target = np.concatenate([(wanted * own).ravel(), ((wanted[1:] - wanted[:1]) * change).ravel()])
    gram = design.T @ design
    ridge = _RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    coefficients = np.linalg.solve(gram + ridge, design.T @ target)
    scale = found[..., 1] + terms @ coefficients
    read, true = scale[1:] - scale[:1], truth[1:, :, 1] - truth[:1, :, 1]
    weight = np.broadcast_to(_DOSE_WEIGHT[:, None], read.shape)
    return ChangeScale(coefficients, _flat(found[1:]), read.ravel(), true.ravel(), weight.ravel())


def _flat(rows: Floats) -> Floats:
    return np.asarray(rows.reshape(-1, rows.shape[-1]))


def _terms(lab: Floats) -> Floats:
    """(..., 10): all products of up to two of L*, a* and b*."""
    x, y, z = np.moveaxis((lab - _CENTRE) / _RANGE, -1, 0)
    return np.stack([np.ones_like(x), x, y, z, x * x, x * y, x * z, y * y, y * z, z * z], axis=-1)
