"""What changed between days, texel by texel: the change of a*, smoothed to what can be told, with its standard error.

Landmarks repeat to about a millimetre. What is left is taken out by following the face's own marks (brows, lips,
nostrils, moles) from one map to the other; the flow is smooth, small, and only follows lightness, never redness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer.surface.face_map import FaceMap
from analyzer.surface.layout import SIDE, Mask, layout

Plane = NDArray[np.float32]

# Smoothing of a change (standard deviation): finer than the patches that are looked for, coarser than noise and pores.
BLUR_CM = 0.2
# A smoothed texel counts where at least this share of what was averaged is skin that both photographs show.
_ENOUGH = 0.5
# Of the calibration's error of one photograph, this share of the variance is the same in all of a series.
_SHARED = 0.3
# Light from another side changes the shading: so much of a* (in ln of light, a third of it in a*).
_SHADING = 0.12
# Light from one side on one day: what that adds to the difference between the halves (a*), and the least skin to ask.
_SIDE_LIGHT, _FEWEST_CM2 = 0.4, 20.0
# How the flow is found, in texels: what counts as a mark, how smooth the flow is, and how far it may go.
_MARK, _SMOOTH, _FARTHEST = 6.0, 9.0, 4.0


@dataclass(frozen=True, eq=False)
class Sheet:
    """CIELAB on the map (SIDE, SIDE, 3), moved onto another photograph's map, and where it is known."""

    lab: Plane
    seen: Mask


@dataclass(frozen=True, eq=False)
class ChangeMap:
    """The change of a* since before, (SIDE, SIDE) each.

    ``delta`` is smoothed with ``BLUR_CM``; ``local_se`` is its noise against the rest of the face, ``se`` the whole
    standard error with ``common_se``, the calibration's, in it. ``seen``: where both are known. ``texel_area`` in cm2.
    """

    delta: Plane
    local_se: Plane
    se: Plane
    seen: Mask
    common_se: float
    texel_area: Plane

    @property
    def certain(self) -> Mask:
        """Where the change is more than two standard errors."""
        return np.asarray(self.seen & (np.abs(self.delta) > 2 * self.se), np.bool_)

    @property
    def face_delta(self) -> float:
        """The mean change over the seen skin, by area; 0 where nothing is seen."""
        weight = self.texel_area * self.seen
        return float((weight * self.delta).sum() / weight.sum()) if weight.any() else 0.0


def side_difference(change: ChangeMap) -> tuple[float, float] | None:
    """How much more the left half changed than its mirror image on the right (a*), and the standard error.

    Only skin that is seen on both sides counts, so that a turned head or a beard on one side tips nothing; the
    calibration's error is the same on both. None with less than 20 cm2 of it.
    """
    left = layout().inside & (np.arange(SIDE) > SIDE // 2)
    both = change.seen & change.seen[:, ::-1] & left
    area = change.texel_area * both
    if area.sum() < _FEWEST_CM2:
        return None
    weight = area / area.sum()
    gap = float((weight * (change.delta - change.delta[:, ::-1])).sum())
    # Patches of about a smoothing's size are independent of each other.
    patches = float(area.sum()) / (4 * np.pi * BLUR_CM**2)
    local = float((weight * (change.local_se**2 + change.local_se[:, ::-1] ** 2)).sum())
    return gap, float(np.sqrt(local / patches + _SIDE_LIGHT**2))


def change_between(before: Sequence[FaceMap], after: FaceMap) -> ChangeMap:
    """The change from the mean of ``before`` to ``after``; before must hold at least one map (``ValueError``)."""
    if not before:
        raise ValueError("a change needs at least one map from before")
    earlier = mean_sheet([aligned(one, after) for one in before])
    common = common_error([one.a_se for one in before], after.a_se)
    return change_of(earlier, Sheet(after.lab, after.seen), after, common)


def common_error(before: Sequence[float], after: float) -> float:
    """Standard error of a change that calibration gives all texels alike, from the photographs' own ``a_se``.

    Part of a calibration's error is the same in all photographs of one phone, and drops out.
    """
    earlier = float(np.mean(np.square(before))) / len(before)
    return float(np.sqrt((1 - _SHARED) * (earlier + after**2)))


def change_of(before: Sheet, after: Sheet, scale: FaceMap, common_se: float) -> ChangeMap:
    """The change between two sheets that lie on one map; ``scale`` tells the size of its texels."""
    texels = blur_texels(scale)
    both = before.seen & after.seen
    raw = np.where(both, after.lab[..., 1] - before.lab[..., 1], 0).astype(np.float32)
    delta, share = masked_blur(raw, both, texels)
    seen = both & (share > _ENOUGH)
    delta = np.where(seen, delta, 0).astype(np.float32)
    local = _unevenness(delta, after.lab[..., 1], seen, texels)
    se = np.sqrt(local**2 + np.float32(common_se**2))
    return ChangeMap(delta, local, se, seen, common_se, scale.texel_area)


def blur_texels(one: FaceMap) -> float:
    return BLUR_CM / (layout().texel_cm * one.size)


def masked_blur(values: Plane, mask: Mask, sigma: float) -> tuple[Plane, Plane]:
    """A Gaussian mean over ``mask`` alone, and the share of the Gaussian that lies on it."""
    inside = mask.astype(np.float32)
    total = cv2.GaussianBlur(values * inside, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    share = np.asarray(cv2.GaussianBlur(inside, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT), np.float32)
    return np.asarray(total / np.maximum(share, 1e-3), np.float32), share


def _unevenness(delta: Plane, a: Plane, seen: Mask, texels: float) -> Plane:
    """How far the smoothed change scatters about its own surroundings, without what stands out; and shading."""
    wide, _ = masked_blur(delta, seen, 3 * texels)
    off = np.where(seen, delta - wide, 0)
    usual = 1.4826 * float(np.median(np.abs(off[seen]))) if seen.any() else 0.0
    tame = np.minimum(np.abs(off), 3 * usual).astype(np.float32) ** 2
    variance, _ = masked_blur(tame, seen, 6 * texels)
    shading = np.maximum(a, 0) / 3 * _SHADING / 2
    return np.asarray(np.sqrt(np.maximum(variance, usual**2 / 2) + shading**2), np.float32)


def mean_sheet(sheets: Sequence[Sheet]) -> Sheet:
    """The mean of sheets where all are seen; where some are not, of those that are."""
    count = np.sum([one.seen for one in sheets], axis=0)
    total = np.sum([one.lab * one.seen[..., None] for one in sheets], axis=0)
    return Sheet(np.asarray(total / np.maximum(count, 1)[..., None], np.float32), np.asarray(count > 0))


def aligned(one: FaceMap, onto: FaceMap) -> Sheet:
    """``one`` moved by a small smooth flow so that its marks lie on those of ``onto``."""
    flow = flow_between(onto, one)
    x, y = np.meshgrid(np.arange(SIDE, dtype=np.float32), np.arange(SIDE, dtype=np.float32))
    at = x + flow[..., 0], y + flow[..., 1]
    lab = cv2.remap(one.lab, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.remap(one.seen.astype(np.float32), *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return Sheet(np.asarray(lab, np.float32), np.asarray(seen > 0.5))


def flow_between(onto: FaceMap, other: FaceMap) -> Plane:
    """(SIDE, SIDE, 2), x and y: how far to go in ``other`` from each texel of ``onto`` to find the same skin."""
    inside = layout().inside
    target, moved = (_marks(one, inside) for one in (onto, other))
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = search.calc(_picture(target), _picture(moved), np.zeros((SIDE, SIDE, 2), np.float32))
    # Only where there are marks is anything known; in between, the flow is that of the nearest ones.
    trust = cv2.GaussianBlur(np.minimum(np.abs(target), np.abs(moved)) * inside, (0, 0), 2.0) ** 2
    known = (np.hypot(found[..., 0], found[..., 1]) < 2 * _FARTHEST) * trust
    share = cv2.GaussianBlur(known, (0, 0), _SMOOTH) + 0.02
    smooth = np.stack([cv2.GaussianBlur(found[..., i] * known, (0, 0), _SMOOTH) / share for i in (0, 1)], axis=-1)
    length = np.hypot(smooth[..., 0], smooth[..., 1])[..., None]
    return np.asarray(smooth * np.minimum(1.0, _FARTHEST / np.maximum(length, 1e-6)), np.float32)


def _marks(one: FaceMap, inside: Mask) -> Plane:
    """Lightness against its surroundings, in units of the usual contrast there: the same in any light."""
    lightness = np.ascontiguousarray(one.lab[..., 0])
    off = lightness - masked_blur(lightness, inside, _MARK)[0]
    spread = np.sqrt(masked_blur(off**2, inside, 2 * _MARK)[0])
    return np.asarray(np.where(inside, off / (spread + 1.0), 0), np.float32)


def _picture(marks: Plane) -> NDArray[np.uint8]:
    return np.clip(np.round(128 + 40 * marks), 0, 255).astype(np.uint8)
