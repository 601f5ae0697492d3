"""What is left of a photograph once it is measured: the pixels that pictures and maps are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calibration.correction import Calibration

if TYPE_CHECKING:
    from analyzer.face import Face


@dataclass(frozen=True, eq=False)
class Measured:
    """What pictures are made of: the working copy of the photograph (shrunk by ``factor``) and what was found in it.

    ``linear`` (H, W, 3) is its linear sRGB before calibration, ``labels`` (H, W) the regions as :attr:`RegionMap.wide`,
    ``cover`` (H, W) what lies over the face as :attr:`RegionMap.cover`, ``face`` in its pixels.
    """

    linear: NDArray[np.float32]
    labels: NDArray[np.uint8]
    cover: NDArray[np.bool_]
    face: Face
    calibration: Calibration
    factor: int
