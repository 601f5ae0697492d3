"""The card's patches that look most like skin: how far they are from where lamp, camera and tone curve put them.

A filter, a lamp that nobody lists or a faded card are what the fit cannot explain. Of that, what the patches of skin's
own kind show is what skin must be expected to show, too; a strange blue says little about it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.skin_mapping import SkinMapping

Floats = NDArray[np.float64]

# How far a patch may lie from a skin in L*, a* and b* and still speak for it, as standard deviations.
_ALIKE = np.array([20.0, 12.0, 12.0])
# One patch alone may shine or be scratched: none counts for more than this many times the middle one.
_MOST = 3.0


@dataclass(frozen=True, eq=False)
class AlikePatches:
    """``lab`` (24, 3): where the patches should be; ``a_off`` (24,): how far they are off in a*; ``trust`` (24,)."""

    lab: Floats
    a_off: Floats
    trust: Floats

    def mean_square(self, lab: Floats) -> float:
        """Mean square of what the patches like ``lab`` (3,) are off in a*."""
        distance = (((self.lab - lab) / _ALIKE) ** 2).sum(axis=1)
        near = self.trust * np.exp(-0.5 * (distance - distance.min()))
        return float(np.sum(near * self.a_off**2) / np.sum(near))


def alike_patches(linear: Floats, expected: Floats, trust: Floats, mapping: SkinMapping) -> AlikePatches:
    """``linear`` (24, 3) as photographed, ``expected`` (24, 3) as the fit explains them, both in even linear light."""
    lab = mapping.to_lab(expected)
    off = np.abs(mapping.to_lab(linear)[:, 1] - lab[:, 1])
    return AlikePatches(lab, np.minimum(off, _MOST * float(np.median(off[trust > 0]))), trust)
