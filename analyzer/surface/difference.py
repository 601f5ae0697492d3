"""What changed between days, texel by texel: the change of a*, smoothed to what can be told, with its standard error.

Landmarks repeat to about a millimetre. What is left is taken out by following the face's own marks (brows, lips,
nostrils, moles) from one map to the other; the flow is smooth, small, and only follows lightness, never redness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer.light_level import NO_OTHER_LIGHT, OtherLight, other_light
from analyzer.surface.face_map import FaceMap
from analyzer.surface.layout import SIDE, Mask, layout

Plane = NDArray[np.float32]

# Smoothing of a change (standard deviation): finer than the patches that are looked for, coarser than noise and pores.
BLUR_CM = 0.2
# A smoothed texel counts where at least this share of what was averaged is skin that both photographs show.
_ENOUGH = 0.5
# No skin is as light: a highlight burnt out on one day is paler and lighter there than on the other, just the opposite
# of what blood does, and its going would pass for redness.
_BLOWN = 94.0
# Of the calibration's error of one photograph, this share of the variance is the same in all of a series.
_SHARED = 0.3
# Light from another side changes the shading: so much of a* (in ln of light, a third of it in a*).
_SHADING = 0.12
# How the flow is found, in texels: what counts as a mark, how smooth the flow is, and how far it may go.
_MARK, _SMOOTH, _FARTHEST = 6.0, 9.0, 4.0


@dataclass(frozen=True, eq=False)
class Sheet:
    """CIELAB on the map (SIDE, SIDE, 3), moved onto another photograph's map, and where it is known.

    ``uncovered`` as :attr:`FaceMap.uncovered`.
    """

    lab: Plane
    seen: Mask
    uncovered: Mask | None = None


@dataclass(frozen=True)
class Common:
    """What all texels of a change have in common, told by the two calibrations alone.

    ``se`` is their standard error. ``shift`` is added to the change; what then is a rise is multiplied with ``gain``, a
    fall with ``gain_of_fall``; and what the face's ``light`` adds is taken out: as the regions' means have it
    (``analyzer.changes``).
    """

    se: float
    shift: float = 0.0
    gain: float = 1.0
    gain_of_fall: float = 1.0
    light: OtherLight[float] = NO_OTHER_LIGHT

    @property
    def without_gain(self) -> Common:
        """For what is told by its surroundings on the same day, by how colours go together: no blood is known there."""
        return replace(self, gain=1.0, gain_of_fall=1.0)

    def change(self, before: Plane, after: Plane) -> Plane:
        """The change between two planes of a*."""
        rise = after - before + np.float32(self.shift)
        read = rise * np.where(rise > 0, self.gain, self.gain_of_fall)
        return np.asarray(read - after * np.float32(self.light.part_of(1.0)), np.float32)


@dataclass(frozen=True, eq=False)
class ChangeMap:
    """The change of a* since before, (SIDE, SIDE) each.

    ``delta`` is smoothed with ``BLUR_CM``; ``local_se`` is its noise against the rest of the face, ``se`` the whole
    standard error with ``common_se``, the calibration's, in it. ``seen``: where both are known. ``texel_area`` in cm2.
    ``before`` and ``after`` (SIDE, SIDE, 3) are the smoothed colours in CIELAB that were compared, 0 where not seen.
    """

    delta: Plane
    local_se: Plane
    se: Plane
    seen: Mask
    common_se: float
    texel_area: Plane
    before: Plane
    after: Plane

    @property
    def certain(self) -> Mask:
        """Where the change is more than two standard errors."""
        return np.asarray(self.seen & (np.abs(self.delta) > 2 * self.se), np.bool_)

    @property
    def face_delta(self) -> float:
        """The mean change over the seen skin, by area; 0 where nothing is seen."""
        weight = self.texel_area * self.seen
        return float((weight * self.delta).sum() / weight.sum()) if weight.any() else 0.0


def change_between(before: Sequence[FaceMap], after: FaceMap) -> ChangeMap:
    """The change from the mean of ``before`` to ``after``; before must hold at least one map (``ValueError``)."""
    if not before:
        raise ValueError("a change needs at least one map from before")
    earlier = mean_sheet([aligned(one, after) for one in before])
    return change_of(earlier, sheet_of(after), after, common_to(before, after))


def common_to(before: Sequence[FaceMap], after: FaceMap) -> Common:
    """What calibrations and light do to a change from the mean of ``before`` to ``after``.

    Where a map does not tell how it is compared, a* itself is. Part of a calibration's error of a* is the same in all
    photographs of one phone, and drops out; on the scale for changes it has done so already.
    """
    known, later = [one.comparing for one in before if one.comparing is not None], after.comparing
    if later is None or len(known) < len(before):
        return Common(_together([one.a_se for one in before], after.a_se) * float(np.sqrt(1 - _SHARED)))
    se = _together([one.se for one in known], later.se)
    shift = later.shift - float(np.mean([one.shift for one in known]))
    fall = float(np.mean([one.gain for one in known]))
    rise = later.a - float(np.mean([one.a for one in known])) + shift
    brighter = later.L - float(np.mean([one.L for one in known]))
    light = other_light(rise * (later.gain if rise > 0 else fall), brighter, later.a, later.L, len(known))
    return Common(float(np.hypot(se, light.part_se(later.a))), shift, later.gain, fall, light)


def _together(before: Sequence[float], after: float) -> float:
    """Standard error of a value less the mean of others."""
    return float(np.sqrt(np.mean(np.square(before)) / len(before) + after**2))


def change_of(before: Sheet, after: Sheet, scale: FaceMap, common: Common) -> ChangeMap:
    """The change between two sheets that lie on one map; ``scale`` tells the size of its texels."""
    texels = blur_texels(scale)
    both = before.seen & after.seen & (np.maximum(before.lab[..., 0], after.lab[..., 0]) < _BLOWN)
    earlier, share = masked_blur(before.lab, both, texels)
    later, _ = masked_blur(after.lab, both, texels)
    seen = both & (share > _ENOUGH)
    earlier[~seen], later[~seen] = 0, 0
    delta = np.where(seen, common.change(earlier[..., 1], later[..., 1]), np.float32(0))
    local = _unevenness(delta, after.lab[..., 1], seen, texels)
    se = np.sqrt(local**2 + np.float32(common.se**2))
    return ChangeMap(delta, local, se, seen, common.se, scale.texel_area, earlier, later)


def blur_texels(one: FaceMap) -> float:
    return BLUR_CM / (layout().texel_cm * one.size)


def masked_blur(values: Plane, mask: Mask, sigma: float) -> tuple[Plane, Plane]:
    """A Gaussian mean over ``mask`` alone, and the share of the Gaussian that lies on it.

    ``values`` (SIDE, SIDE) or (SIDE, SIDE, n).
    """
    inside = mask.astype(np.float32)
    share = blurred(inside, sigma)
    weight, by = (inside, share) if values.ndim == 2 else (inside[..., None], share[..., None])
    return np.asarray(blurred(values * weight, sigma) / np.maximum(by, 1e-3), np.float32), share


def blurred(values: Plane, sigma: float) -> Plane:
    """A Gaussian blur, nothing beyond the map's edge; a wide one is done on a smaller copy, which looks the same."""
    shrink = 4 if sigma > 12 else 2 if sigma > 6 else 1
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT), np.float32)
    small = cv2.resize(values, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.float32)


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


def sheet_of(one: FaceMap) -> Sheet:
    """The map as it is."""
    return Sheet(one.lab, one.seen, one.uncovered)


def aligned(one: FaceMap, onto: FaceMap) -> Sheet:
    """``one`` moved by a small smooth flow so that its marks lie on those of ``onto``."""
    flow = flow_between(onto, one)
    x, y = np.meshgrid(np.arange(SIDE, dtype=np.float32), np.arange(SIDE, dtype=np.float32))
    at = x + flow[..., 0], y + flow[..., 1]
    lab = cv2.remap(one.lab, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def moved(mask: Mask) -> Mask:
        share = cv2.remap(mask.astype(np.float32), *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return np.asarray(share > 0.5, np.bool_)

    uncovered = None if one.uncovered is None else moved(one.uncovered)
    return Sheet(np.asarray(lab, np.float32), moved(one.seen), uncovered)


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
