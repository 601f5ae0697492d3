"""The two halves of a face against each other: did one change more than its mirror image, as blood would have it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzer import mesh
from analyzer.surface.difference import BLUR_CM, ChangeMap, Plane
from analyzer.surface.layout import SIDE, Mask, layout, outline_mask

# What differs between the halves of unchanged faces from day to day (a*, simulated lamps and turns of the head).
_OTHER_DAY = 0.4
# The least skin to ask, of the whole half and of a cheek.
_FEWEST_CM2, _FEWEST_CHEEK_CM2 = 20.0, 3.0


@dataclass(frozen=True)
class SideGap:
    """How much more the left cheek changed than its mirror image on the right.

    ``a``: in a*, light taken out (what light alone does to a* follows from L*); ``darker``: the fall of L* itself;
    ``se``: standard error of ``a``.
    """

    a: float
    darker: float
    se: float


def side_difference(change: ChangeMap) -> tuple[float, float] | None:
    """How much more the left half changed than its mirror image on the right (a*), and the standard error.

    Only skin that is seen on both sides counts, so that a turned head or a beard on one side tips nothing; the
    calibration's error is the same on both. None with less than 20 cm2 of it.
    """
    area = _mirrored_area(change, layout().inside)
    if area.sum() < _FEWEST_CM2:
        return None
    return _gap(change.delta, area), _gap_se(change, area)


def cheek_gap(change: ChangeMap) -> SideGap | None:
    """The cheeks against each other, texel by texel; None with less than 3 cm2 that is seen of both."""
    area = _mirrored_area(change, _either_cheek())
    if area.sum() < _FEWEST_CHEEK_CM2:
        return None
    fall = change.before[..., 0] - change.after[..., 0]
    # Light multiplies L* + 16 and a* alike: what a side light does to both is no redness.
    level = change.delta + fall * change.before[..., 1] / np.maximum(change.before[..., 0] + 16, 1)
    return SideGap(_gap(level.astype(np.float32), area), _gap(fall, area), _gap_se(change, area))


def _either_cheek() -> Mask:
    left, right = (outline_mask((mesh.OUTLINES[name],)) for name in ("left_cheek", "right_cheek"))
    return np.asarray(left | right[:, ::-1], np.bool_)


def _mirrored_area(change: ChangeMap, of: Mask) -> Plane:
    """The size of each texel of the left half that is seen, and whose mirror image is."""
    left = np.arange(SIDE) > SIDE // 2
    return np.asarray(change.texel_area * (change.seen & change.seen[:, ::-1] & of & left), np.float32)


def _gap(values: Plane, area: Plane) -> float:
    return float((area * (values - values[:, ::-1])).sum() / area.sum())


def _gap_se(change: ChangeMap, area: Plane) -> float:
    # Patches of about a smoothing's size are independent of each other.
    patches = max(1.0, float(area.sum()) / (4 * np.pi * BLUR_CM**2))
    both = change.local_se**2 + change.local_se[:, ::-1] ** 2
    return float(np.sqrt((area * both).sum() / area.sum() / patches + _OTHER_DAY**2))
