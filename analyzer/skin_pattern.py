"""What repeats on one person's skin from day to day: moles, freckles, veins, folds, brows; how alike, and how strong.

Details of a face map, finer than the shading of a face and coarser than noise: in lightness, and in ln(R/G), which no
shadow moves and which blood and melanin make. Nothing of it is stored: it is worked out from the maps when a series is
judged, and compared within that series only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from analyzer.surface.face_map import FaceMap

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]
Matrix = NDArray[np.float64]
_Kind = TypeVar("_Kind", bound=np.generic)

# Details lie between these two smoothings, in texels of 0.9 mm: freckles and folds; marks; patches of redness.
_FINE, _MARKS, _PATCHES = (1.0, 4.0), (1.5, 8.0), (4.0, 25.0)
# A single mole or a strand of hair speaks no louder than this many standard deviations.
_LOUDEST = 3.0
# Every second texel is kept: the smoothing leaves nothing finer.
_STEP = 2
# Two maps that share fewer of the kept texels than this (a tenth of a face) are not compared.
_FEWEST = 700


@dataclass(frozen=True, eq=False)
class _Details:
    """One map's details, each flat (texels,) and zero where the map does not show them."""

    fine: Plane
    red_marks: Plane
    red_patches: Plane
    parts: Plane
    skin: Mask


class Patterns:
    """The patterns of a series' face maps, by file name."""

    def __init__(self, maps: Mapping[str, FaceMap]) -> None:
        self.files: tuple[str, ...] = tuple(maps)
        self._details = [_details_of(one) for one in maps.values()]

    @cached_property
    def likeness(self) -> Matrix:
        """(n, n): correlation of the skins' details, photograph by photograph; NaN where too little is shared."""
        masks = np.stack([one.skin for one in self._details])
        both = [_correlations(np.stack([getattr(one, name) for one in self._details]), masks) for name in _ALIKE]
        return np.asarray(np.mean(both, axis=0))

    @cached_property
    def parts_likeness(self) -> Matrix:
        """(n, n): the same of brows, eyes and lips, in lightness."""
        masks = np.broadcast_to(_parts(), (len(self._details), _parts().size))
        return _correlations(np.stack([one.parts for one in self._details]), masks)

    def strength(self, index: int, others: Sequence[int]) -> float:
        """How strongly photograph ``index`` shows the mean pattern of ``others`` in ln(R/G): 1 is as they do.

        The mean of two slopes of regression, of marks and of patches. Noise of the photograph itself moves no slope; a
        film that lets half of the skin through halves it. Lightness is not asked: a film leaves a face its shading.
        """
        one, rest = self._details[index], [self._details[other] for other in others]
        count = np.sum([other.skin for other in rest], axis=0)
        shared = one.skin & (2 * count >= len(rest))
        slopes = []
        for name in ("red_marks", "red_patches"):
            usual = np.sum([getattr(other, name) for other in rest], axis=0) / np.maximum(count, 1)
            slopes.append(_slope(getattr(one, name)[shared], usual[shared]))
        return float(np.mean(slopes))


_ALIKE = ("fine", "red_marks")


def shared_with_most(likeness: Matrix) -> NDArray[np.float64]:
    """(n,): how alike each photograph is to at least so many others that together they are most of the series."""
    count = len(likeness)
    others = np.where(np.eye(count, dtype=bool) | np.isnan(likeness), -np.inf, likeness)
    return np.asarray(np.sort(others, axis=1)[:, -max(count // 2, 1)])


def _details_of(one: FaceMap) -> _Details:
    from analyzer.surface.layout import layout
    from calibration.cielab import lab_to_xyz, xyz_to_linear_srgb

    lab, inside, skin = one.lab, layout().inside, one.seen & layout().skin
    light = np.log(np.maximum(lab[..., 0], 4.0) + 16.0).astype(np.float32)
    rgb = np.maximum(xyz_to_linear_srgb(lab_to_xyz(lab)), 3e-3)
    # A lamp that shows blood weaker than it is shows its marks weaker, too; the calibration knows by how much.
    gain = one.comparing.gain if one.comparing is not None else 1.0
    red = gain * np.log(rgb[..., 0] / rgb[..., 1]).astype(np.float32)
    return _Details(
        fine=_between(light, skin, _FINE),
        red_marks=_between(red, skin, _MARKS),
        red_patches=_between(red, skin, _PATCHES),
        parts=_between(light, inside, _MARKS),
        skin=_thinned(skin).ravel(),
    )


def _between(plane: Plane, mask: Mask, scales: tuple[float, float]) -> Plane:
    """What the wider smoothing takes and the finer one leaves, over ``mask`` alone, its loudest marks tamed."""
    from analyzer.surface.difference import masked_blur

    fine, coarse = (masked_blur(plane, mask, sigma)[0] for sigma in scales)
    detail = np.where(mask, fine - coarse, 0)
    spread = _LOUDEST * float(detail[mask].std()) if mask.any() else 0.0
    return _thinned(np.clip(detail, -spread, spread).astype(np.float32)).ravel()


def _thinned(plane: NDArray[_Kind]) -> NDArray[_Kind]:
    return np.ascontiguousarray(plane[::_STEP, ::_STEP])


@cache
def _parts() -> Mask:
    """The kept texels of brows, eyes, lips and nostrils."""
    from analyzer.surface.layout import layout

    return _thinned(layout().inside & ~layout().skin).ravel()


def _correlations(details: Plane, masks: Mask) -> Matrix:
    """(n, n) correlations of rows, each pair over what both show."""
    shown = masks.astype(np.float32)
    values = details * shown
    size = (values**2) @ shown.T
    alike = (values @ values.T) / np.sqrt(np.maximum(size * size.T, 1e-12))
    return np.where(shown @ shown.T >= _FEWEST, alike, np.nan).astype(np.float64)


def _slope(values: Plane, usual: Plane) -> float:
    """Regression of ``values`` on ``usual``; 1 where there is too little to tell."""
    if len(values) < _FEWEST:
        return 1.0
    off, usual_off = values - values.mean(), usual - usual.mean()
    return float((off * usual_off).sum() / max(float((usual_off**2).sum()), 1e-9))
