"""Whether a place changed as it does when a highlight that lay on it before has gone.

A highlight adds white light: skin under it is lighter, and paler in its own tint. Without it L* falls where it was
lighter than around it, in the very shape of that, and a* and b* come back together, as far as L* tells. Blood raises a*
alone, pigment b* more than a*, shade lowers both, and none of them cares what was lighter before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from analyzer.surface.difference import Plane
from analyzer.surface.layout import Mask, layout

# What was lighter before is compared with what grew darker on the patch and so far around it.
_AROUND_CM = 0.6
# Of each L* that a place lost, it had so much more than its surroundings; and the two go together so far (correlation).
_SLOPE, _TOGETHER = 0.5, 0.4
# What a* and b* rise by, in units of what white light of that strength takes from them: a* lies between these, and b*
# beyond a* between those. With the shape, that holds for 9 of 10 highlights that were laid on faces.
_OF_A, _OF_B_BEYOND_A = (0.6, 1.8), (-1.0, 1.3)


@dataclass(frozen=True, eq=False)
class Turn:
    """How a face changed against every place's surroundings, (SIDE, SIDE) each.

    L* fell by ``darker``, a* and b* rose by ``redder`` and ``yellower``; before, it was ``lighter`` than them, and of
    CIELAB ``colour`` (SIDE, SIDE, 3).
    """

    darker: Plane
    redder: Plane
    yellower: Plane
    lighter: Plane
    colour: Plane
    seen: Mask


def together(turns: Sequence[Turn]) -> Turn:
    """What several photographs show on average, where all of them do; of the last one's colour before."""
    darker, redder, yellower, lighter = (
        np.asarray(np.mean(planes, axis=0), np.float32)
        for planes in zip(*((one.darker, one.redder, one.yellower, one.lighter) for one in turns), strict=True)
    )
    seen = np.logical_and.reduce([one.seen for one in turns])
    return Turn(darker, redder, yellower, lighter, turns[-1].colour, seen)


def is_highlight_gone(turn: Turn, patch: Mask) -> bool:
    """Whether a highlight that went explains the change on ``patch`` (SIDE, SIDE)."""
    darker, redder, yellower = (float(one[patch].mean()) for one in (turn.darker, turn.redder, turn.yellower))
    if darker <= 0 or not _lay_there(turn, patch):
        return False
    lightness, a_star, b_star = (float(turn.colour[..., i][patch].mean()) for i in range(3))
    # In the cube root of light, L* + 16, white light that is added takes from colours by the square.
    share = 2 * darker / (lightness + 16)
    a, b = redder / (share * max(a_star, 1.0)), yellower / (share * max(b_star, 1.0))
    return _OF_A[0] < a < _OF_A[1] and _OF_B_BEYOND_A[0] < b - a < _OF_B_BEYOND_A[1]


def _lay_there(turn: Turn, patch: Mask) -> bool:
    """Whether what was lighter before has the shape of what grew darker."""
    width = 2 * round(_AROUND_CM / layout().texel_cm) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    around = (cv2.dilate(patch.astype(np.uint8), disc) > 0) & turn.seen
    lost, had = (one[around] - one[around].mean() for one in (turn.darker, turn.lighter))
    both, most = float((lost * had).mean()), float((lost**2).mean())
    return both > _SLOPE * most and both > _TOGETHER * float(np.sqrt(most * (had**2).mean()))
