"""From the photograph's linear RGB to CIELAB, fitted on skin as the likely lamps and cameras would have shown it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from calibration.cielab import WHITE_D65, xyz_to_lab

Floats = NDArray[np.float64]
Pixels = TypeVar("Pixels", NDArray[np.float32], NDArray[np.float64])


@dataclass(frozen=True, eq=False)
class SkinMapping:
    """Root-polynomial mapping (Finlayson, Mackiewicz and Hurlbert 2015): doubling the light doubles the XYZ.

    ``white`` (3,) is the linear RGB of a perfect diffuser in the card's light, ``matrix`` (6, 3) turns the six root
    terms into XYZ relative to the D65 white. ``lab``, ``a_error`` and ``weight`` (M,) remember how the fit did on
    the skins it was made from: the spread of lamps, cameras and skins that the card could not tell apart.
    """

    white: Floats
    matrix: Floats
    lab: Floats
    a_error: Floats
    weight: Floats

    def to_lab(self, linear: Pixels) -> Pixels:
        """Linear RGB of the photograph ``(..., 3)`` to CIELAB ``(..., 3)``; card white = 100."""
        kind = linear.dtype
        balanced: Pixels = np.divide(linear, self.white.astype(kind), dtype=kind)
        xyz: Pixels = np.matmul(_root_terms(balanced), (self.matrix * WHITE_D65).astype(kind), dtype=kind)
        return xyz_to_lab(xyz)

    def a_se_at(self, lab: Floats, reach: float = 8.0) -> float:
        """Root mean square a* error of the fit for colours within about ``reach`` Lab units of ``lab`` (3,)."""
        distance = ((self.lab - lab) ** 2).sum(axis=1)
        near = self.weight * np.exp(-0.5 * (distance - distance.min()) / reach**2)
        return float(np.sqrt(np.sum(near * self.a_error**2) / np.sum(near)))


def _root_terms(rgb: Pixels) -> Pixels:
    """The six second-degree root terms of ``(..., 3)``; negative channels are noise, zero under the root."""
    r, g, b = (np.maximum(rgb[..., i], 0) for i in range(3))
    terms = np.empty((*rgb.shape[:-1], 6), rgb.dtype)
    terms[..., :3] = rgb
    for column, product in enumerate((r * g, g * b, r * b), start=3):
        np.sqrt(product, out=terms[..., column])
    return terms


def fit_skin_mapping(
    shown: Floats, probability: Floats, xyz: Floats, skin_weights: Floats, white: Floats
) -> SkinMapping:
    """Fit the mapping.

    ``shown`` (pairs, N, 3) are the skins as each pair would have shown them, in the photograph's linear RGB;
    ``probability`` (pairs,) the pairs' weights; ``xyz`` (N, 3) the skins' truth under D65, ``skin_weights`` (N,)
    what each skin counts; ``white`` (3,) as above.
    Errors are weighed in cube-root units and refined once in a* and b* themselves, because a* is the difference
    of two cube roots and their errors must not be allowed to part.
    """
    pairs, count, _ = shown.shape
    terms = _root_terms(shown / white).reshape(-1, 6)
    target = np.tile(xyz / WHITE_D65, (pairs, 1))
    weight = (probability[:, None] * skin_weights / count).ravel()
    slope = np.sqrt(weight)[:, None] / (3 * np.cbrt(target) ** 2)
    matrix = np.stack([_ridge(terms * slope[:, [axis]], target[:, axis] * slope[:, axis]) for axis in range(3)], axis=1)
    truth = xyz_to_lab(target * WHITE_D65)
    for _ in range(2):
        matrix = matrix + _lab_step(terms, matrix, truth, weight)
    lab = xyz_to_lab((terms @ matrix) * WHITE_D65)
    return SkinMapping(white, matrix, lab, lab[:, 1] - truth[:, 1], weight)


def _ridge(design: Floats, target: Floats) -> Floats:
    gram = design.T @ design
    return np.linalg.solve(gram + 1e-7 * np.trace(gram) * np.eye(len(gram)), design.T @ target)


# What one unit of each axis costs: a* is what is reported; L* and b* must merely be right.
_LAB_COST = np.array([0.5, 1.0, 0.35])
_LAB_AXES = np.array([[0.0, 116.0, 0.0], [500.0, -500.0, 0.0], [0.0, 200.0, -200.0]])


def _lab_step(terms: Floats, matrix: Floats, truth: Floats, weight: Floats) -> Floats:
    """One Gauss-Newton step of the weighted squared Lab error, (6, 3)."""
    ratio = np.maximum(terms @ matrix, 1e-4)
    error = (truth - xyz_to_lab(ratio * WHITE_D65)) * _LAB_COST
    slope = 1 / (3 * np.cbrt(ratio) ** 2)
    # d(L, a, b) / d(X, Y, Z): CIELAB's definition, each axis at its cost. A root term moves all three alike.
    jacobian = _LAB_AXES * _LAB_COST[:, None]
    moment = terms.T @ (weight[:, None] * slope * (error @ jacobian))  # (6, 3)
    gram = np.empty((6, 3, 6, 3))
    metric = jacobian.T @ jacobian
    for i in range(3):
        for j in range(i, 3):
            block = (terms * (weight * slope[:, i] * slope[:, j] * metric[i, j])[:, None]).T @ terms
            gram[:, i, :, j] = block
            gram[:, j, :, i] = block
    square = gram.reshape(18, 18)
    step = np.linalg.solve(square + 1e-7 * np.trace(square) / 18 * np.eye(18), moment.ravel())
    return np.asarray(step.reshape(6, 3))
