"""From the photograph's linear RGB to CIELAB, fitted on skin as the lamp and camera at hand would have shown it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from calibration.change_scale import ChangeScale, fit_change_scale
from calibration.cielab import WHITE_D65, xyz_to_lab
from calibration.training_skins import TrainingSkins

Floats = NDArray[np.float64]
Pixels = TypeVar("Pixels", NDArray[np.float32], NDArray[np.float64])


@dataclass(frozen=True, eq=False)
class SkinMapping:
    """A root polynomial (Finlayson, Mackiewicz and Hurlbert 2015) that leans a little on lightness.

    ``white`` (3,) is the linear RGB of a perfect diffuser in the card's light, ``matrix`` (18, 3) turns the terms into
    XYZ relative to the D65 white. ``lab`` (M, 3), ``a_variance`` and ``weight`` (M,) remember how well the skins that
    it was made from came out: different skins look alike, and other sensors would explain the card too. ``change`` is
    the scale for comparing with other photographs, ``change_variance`` (M,) how well they came out on that.
    """

    white: Floats
    matrix: Floats
    lab: Floats
    a_variance: Floats
    weight: Floats
    change: ChangeScale
    change_variance: Floats

    def to_lab(self, linear: Pixels) -> Pixels:
        """Linear RGB of the photograph ``(..., 3)`` to CIELAB ``(..., 3)``; card white = 100."""
        kind = linear.dtype
        balanced: Pixels = np.divide(linear, self.white.astype(kind), dtype=kind)
        xyz: Pixels = np.matmul(_terms(balanced), (self.matrix * WHITE_D65).astype(kind), dtype=kind)
        return xyz_to_lab(xyz)

    def a_se_at(self, lab: Floats, reach: float = 3.0) -> float:
        """Root mean square a* error of the fit for colours within about ``reach`` Lab units of ``lab`` (3,).

        People of one colour err alike: in trials a short reach told better who is measured well than a long one.
        """
        return self._root_mean_square(self.a_variance, lab, reach)

    def change_se_at(self, lab: Floats, reach: float = 3.0) -> float:
        """The same of a* on the scale of changes, beside what photographs usually read."""
        return self._root_mean_square(self.change_variance, lab, reach)

    def _root_mean_square(self, variance: Floats, lab: Floats, reach: float) -> float:
        distance = ((self.lab - lab) ** 2).sum(axis=1)
        near = self.weight * np.exp(-0.5 * (distance - distance.min()) / reach**2)
        return float(np.sqrt(np.sum(near * variance) / np.sum(near)))


def _terms(rgb: Pixels) -> Pixels:
    """18 terms of ``(..., 3)``: the six second-degree roots, and these times the mean channel and its root.

    The first six know only ratios, so that twice the light is twice the XYZ. But plain and reddened skin of one ratio
    differ in lightness, which the others may use. Negative channels are noise and count as zero under the roots.
    """
    r, g, b = (np.maximum(rgb[..., i], 0) for i in range(3))
    level = ((r + g + b) / 3)[..., None]
    terms = np.empty((*rgb.shape[:-1], 18), rgb.dtype)
    terms[..., :3] = rgb
    for column, product in enumerate((r * g, g * b, r * b), start=3):
        np.sqrt(product, out=terms[..., column])
    np.multiply(terms[..., :6], np.sqrt(level), out=terms[..., 6:12])
    np.multiply(terms[..., :6], level, out=terms[..., 12:])
    return terms


def fit_skin_mapping(sensor: Floats, draws: Floats, skins: TrainingSkins) -> SkinMapping:
    """Fit the mapping to ``skins`` as ``sensor`` (3, wavelengths) shows them; judge it by what ``draws`` would show.

    A first solution in cube-root units is refined in CIELAB itself, because a* is the difference of two cube roots
    whose errors must not be allowed to part.
    """
    white = sensor.sum(axis=1)
    weight = skins.weight
    terms = _terms(skins.reflectance @ (sensor / white[:, None]).T).reshape(weight.size, -1)
    target = (skins.xyz / WHITE_D65).reshape(-1, 3)
    weights = weight.ravel()
    slope = np.sqrt(weights)[:, None] / (3 * np.cbrt(target) ** 2)
    matrix = np.stack([_ridge(terms * slope[:, [axis]], target[:, axis] * slope[:, axis]) for axis in range(3)], axis=1)
    truth = xyz_to_lab(target * WHITE_D65)
    for _ in range(2):
        matrix = matrix + _lab_step(terms, matrix, truth, weights, weight.shape)
    lab = truth.reshape(*weight.shape, 3)
    change = fit_change_scale(xyz_to_lab(terms @ (matrix * WHITE_D65)).reshape(lab.shape), lab, skins)
    judged = slice(None, None, _JUDGED)
    drawn = _drawn(matrix, white, draws, skins.reflectance[:, judged])
    true = lab[:, judged]
    variance = ((drawn[..., 1] - true[..., 1]) ** 2).mean(axis=0)
    usually = true[..., 1] + skins.usual_error[judged]
    change_variance = ((change.a_star(drawn) - usually) ** 2).mean(axis=0)
    return SkinMapping(
        white,
        matrix,
        true.reshape(-1, 3),
        variance.ravel(),
        weight[:, judged].ravel(),
        change,
        change_variance.ravel(),
    )


# Every so many-th person tells how sure the mapping is.
_JUDGED = 4


def _drawn(matrix: Floats, white: Floats, draws: Floats, reflectance: Floats) -> Floats:
    """(n, stages, people, 3): CIELAB as the mapping would find it, were the sensor one of ``draws``."""
    shown = np.tensordot(reflectance, draws / white[:, None], axes=(2, 2)).transpose(2, 0, 1, 3)
    return xyz_to_lab(_terms(shown) @ (matrix * WHITE_D65))


def _ridge(design: Floats, target: Floats) -> Floats:
    gram = design.T @ design
    return np.linalg.solve(gram + 1e-7 * np.trace(gram) * np.eye(len(gram)), design.T @ target)


# What one unit of each axis costs: a* is what is reported; L* and b* must merely be right.
_LAB_COST = np.array([0.5, 1.0, 0.35])
_LAB_AXES = np.array([[0.0, 116.0, 0.0], [500.0, -500.0, 0.0], [0.0, 200.0, -200.0]])
# What one unit of error in a *change* of a person's a* costs beside one of a* itself. People differ by more than blood,
# and a mapping that only fits all people well sees a third too much change in each. Comparing has a scale of its own,
# so more than this would only make plain skin worse.
_CHANGE_COST = 1.0


def _lab_step(terms: Floats, matrix: Floats, truth: Floats, weight: Floats, shape: tuple[int, ...]) -> Floats:
    """One Gauss-Newton step (terms, 3) of the weighted squared errors of CIELAB and of changes of a*."""
    ratio = np.maximum(terms @ matrix, 1e-4)
    error = truth - xyz_to_lab(ratio * WHITE_D65)
    slope = 1 / (3 * np.cbrt(ratio) ** 2)
    jacobian = _LAB_AXES * _LAB_COST[:, None]
    metric = jacobian.T @ jacobian
    moment = terms.T @ (weight[:, None] * slope * ((error * _LAB_COST) @ jacobian))
    count = terms.shape[1]
    gram = np.empty((count, 3, count, 3))
    for i in range(3):
        for j in range(i, 3):
            block = (terms * (weight * slope[:, i] * slope[:, j] * metric[i, j])[:, None]).T @ terms
            gram[:, i, :, j] = block
            gram[:, j, :, i] = block

    change, wanted, importance = _changes(terms, slope, error[:, 1], weight, shape)
    gram[:, :2, :, :2] += ((change * importance[:, None]).T @ change).reshape(count, 2, count, 2)
    moment[:, :2] += ((change * importance[:, None]).T @ wanted).reshape(count, 2)
    square = gram.reshape(3 * count, 3 * count)
    step = np.linalg.solve(square + 1e-7 * np.trace(square) / len(square) * np.eye(len(square)), moment.ravel())
    return np.asarray(step.reshape(count, 3))


def _changes(
    terms: Floats, slope: Floats, a_error: Floats, weight: Floats, shape: tuple[int, ...]
) -> tuple[Floats, Floats, Floats]:
    """Each person reddened less the same person plain: how a* changes with the matrix's X and Y.

    Derivatives (M, terms * 2), the errors of the change (M,) and their weights (M,). Z does not enter a*.
    """
    by_axis = terms[:, :, None] * (slope[:, :2] * _LAB_AXES[1, :2])[:, None, :]
    a_star = by_axis.reshape(*shape, -1)
    errors = a_error.reshape(shape)
    change = a_star[1:] - a_star[:1]
    return (
        change.reshape(-1, a_star.shape[-1]),
        (errors[1:] - errors[:1]).ravel(),
        _CHANGE_COST * weight.reshape(shape)[1:].ravel(),
    )
