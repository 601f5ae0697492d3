"""Is it really the card, whole and sharp? Each check answers with a reason in plain words, or None."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from calibration.card_fit import FittedCard, FlatCard, patch_sides, places
from calibration.card_patches import PatchColours
from calibration.cards import ReferenceCard
from calibration.cielab import decode_srgb, delta_e00, encode_srgb, linear_srgb_to_lab
from calibration.problems import because

MIN_PATCH_PIXELS = 10
# Standard deviation of the blur, in sides of a patch: beyond it the inner part that is read is no longer pure, and the
# corners stray by a hundredth of the card. (The estimate is about 0.75 of the true one, for all gap widths alike.)
_MAX_BLUR = 0.092
# What a cover shows by: a stain in a patch and something lying in a gap (both in coded sRGB 0..1), one patch's colour
# (Delta E00). Each alone means a cover at this value; together they count as the squares' sum. Whole cards in
# photographs reached 0.86 of it (110 clean ones: stains to 0.07, gaps to 0.12, a patch to 16), 198 of 200 covered
# ones more than 1.5; the other two were black on black and grey on grey.
_STAIN, _GAP, _ODD_COLOUR = 0.1, 0.17, 28.0
# A cover nearly of the patch's own colour shows faintly, but over a good part of it (real cards: 0.02 at most).
_BROAD, _GOOD_PART = 0.05, 0.3
# A cover on one whole field leaves the others as well fitted as ever: so many times what the usual field is off (and a
# trifle). Simulated whole cards reached 4.6, prints of ours 5.3 (prior cameras and lamps); photographs 4.3.
_ODD_BESIDE_OTHERS, _ODD_TRIFLE = 6.0, 1.0
_MAX_COVER = 1.15
# A cover this plain is named before a blur, which it can feign.
_PLAIN_COVER = 4.0
# Delta E00 after the fit: real cards 4 on average, 10 at most; covered ones 16, turned ones 21.
_MAX_MEAN_DELTA_E = 12.0

# Delta E00 of a patch that is another colour, and how many make another chart: a cover lies over fewer whole ones.
_OTHER_COLOUR, _MANY = 18.0, 6

# Where along a gap one looks, in steps from the middle between two patches.
_ALONG = np.array([-0.28, -0.14, 0.0, 0.14, 0.28])

_LUMA = np.array([0.2126, 0.7152, 0.0722])


def is_cut(fitted: FittedCard, size: tuple[int, int], card: ReferenceCard) -> str | None:
    """``size`` is width and height of the photograph."""
    corners = fitted.corners(card)
    if np.any(corners < -0.5) or np.any(corners > np.array(size) - 0.5):
        return because("card_cut")
    return None


def is_small(fitted: FittedCard, card: ReferenceCard) -> str | None:
    side = float(patch_sides(fitted.to_image, fitted.half, card).min())
    if side < MIN_PATCH_PIXELS:
        return because("card_small", side=side, least=MIN_PATCH_PIXELS)
    return None


@dataclass(frozen=True, eq=False)
class Doubts:
    """What speaks against a whole card: the worst stain within a patch, the worst that fills a good part of one, the
    worst thing in a gap (all coded 0..1), how far each patch's colour is off, Delta E00 (patches,), and the share of
    the patches' light in the gaps."""

    stain: float
    broad: float
    gap: float
    off: NDArray[np.float64]
    bleed: float

    @property
    def score(self) -> float:
        """How much speaks for something lying over the card; whole cards stay below 1."""
        odd = float(self.off.max()) if len(self.off) else 0.0
        beside = odd / (float(np.median(self.off)) + _ODD_TRIFLE) if len(self.off) else 0.0
        seen = (self.stain / _STAIN, self.broad / _BROAD, self.gap / _GAP)
        return sum(doubt**2 for doubt in (*seen, max(odd / _ODD_COLOUR, beside / _ODD_BESIDE_OTHERS)))


def doubts(flat: FlatCard, fitted: FittedCard, patches: PatchColours, card: ReferenceCard) -> Doubts:
    """Look for stains, for things in gaps and for odd colours."""
    misfit, bleed = ground_misfit(flat, fitted, card)
    # A burnt-out patch has no colour to judge by.
    known = patches.burnt < 0.3
    within = stains(flat, fitted, card)
    return Doubts(
        stain=float(within.max()),
        broad=float(np.quantile(within, 1 - _GOOD_PART, axis=1).max()),
        # One place in a gap may catch a glint or an edge: the second worst of each gap counts.
        gap=float(np.sort(misfit, axis=1)[:, -2].max()),
        off=colour_residuals(patches.rgb, card)[known],
        bleed=bleed,
    )


def is_covered(seen: Doubts) -> str | None:
    return because("card_covered") if seen.score > _MAX_COVER else None


def is_plainly_covered(seen: Doubts) -> str | None:
    return is_covered(seen) if seen.score > _PLAIN_COVER else None


def is_blurred(seen: Doubts, fitted: FittedCard) -> str | None:
    return because("card_blurred") if blur(seen.bleed, fitted) > _MAX_BLUR else None


def blur(bleed: float, fitted: FittedCard) -> float:
    """The blur's standard deviation in sides of a patch, from the patches' light found in the middle of the gaps."""
    side = 2 * float(np.mean(fitted.half))
    # Light of two half planes, a gap apart, in the middle between them.
    reach = NormalDist().inv_cdf(1 - float(np.clip(bleed, 1e-4, 0.99)) / 2)
    return (1 - side) / (2 * reach) / side


def is_another(seen: Doubts) -> bool:
    """Whether all is clean and in its place, but many colours are not the card's: another chart."""
    clean = seen.stain < _STAIN and seen.gap < _GAP
    return clean and int((seen.off > _OTHER_COLOUR).sum()) >= _MANY


def is_off_colour(rgb: NDArray[np.float64], card: ReferenceCard) -> str | None:
    """``rgb`` (24, 3) linear sRGB of the patches."""
    error = colour_residuals(rgb, card)
    if error.mean() > _MAX_MEAN_DELTA_E:
        return because("card_colours")
    return None


def stains(flat: FlatCard, fitted: FittedCard, card: ReferenceCard) -> NDArray[np.float64]:
    """(24, 36) how far the parts of each patch lie from the patch's own colour, in coded sRGB.

    Light falls off over the card, so the slope that all patches share is taken out first.
    """
    count = 6
    reach = 0.7 * np.array(fitted.half)
    fine = 3
    line = (np.arange(count * fine) + 0.5) / (count * fine) * 2 - 1
    across, down = np.meshgrid(line * reach[0], line * reach[1])
    middle = places(card)
    colours = flat.at(middle[:, 0, None, None] + across, middle[:, 1, None, None] + down)
    blocks = colours.reshape(len(middle), count, fine, count, fine, 3).mean(axis=(2, 4))
    level = np.median(blocks, axis=(1, 2))
    rest = blocks - level[:, None, None]
    x = np.linspace(-1, 1, count)
    scale = np.maximum(level.mean(axis=1), 0.05)
    slope_x = np.median((rest.mean(axis=(1, 3)) * x).sum(axis=1) / (x**2).sum() / scale)
    slope_y = np.median((rest.mean(axis=(2, 3)) * x).sum(axis=1) / (x**2).sum() / scale)
    even = (slope_x * x[None, :] + slope_y * x[:, None])[None, :, :, None] * scale[:, None, None, None]
    return np.asarray(np.sqrt(((rest - even) ** 2).mean(axis=3))).reshape(len(middle), -1)


def ground_misfit(flat: FlatCard, fitted: FittedCard, card: ReferenceCard) -> tuple[NDArray[np.float64], float]:
    """(38, 5) how far places along each gap lie from the card's ground, coded luminance, and how much patches bleed.

    Between two patches there is the dark ground, plus blurred light from both, the same share everywhere. Whatever
    lies over a gap breaks that rule. The ground may grow brighter evenly across the card (a soft reflection).
    """
    column, row, ground, around = (values.ravel() for values in gap_light(flat, fitted, card))
    x, y = ((place - place.mean()) / (card.columns / 2) for place in (column, row))
    design = np.column_stack([np.ones_like(x), x, y, around])
    weight = np.ones_like(ground)
    answer: NDArray[np.float64] = np.zeros(4)
    for _ in range(8):
        scaled = design * weight[:, None]
        ridge = np.diag([1e-6, 0.3, 0.3, 1e-4])
        answer = np.asarray(np.linalg.solve(scaled.T @ scaled + ridge, scaled.T @ (ground * weight)), dtype=np.float64)
        rest = ground - design @ answer
        spread = max(1.4826 * float(np.median(np.abs(rest))), 0.004)
        weight = 1 / np.sqrt(1 + (rest / (2 * spread)) ** 2)
    expected = np.maximum(design @ answer, 0)
    white = max(float(np.nanmax(around)), 1e-3)
    misfit = encode_srgb(ground / white) - encode_srgb(expected / white)
    return np.abs(misfit).reshape(-1, len(_ALONG)), float(answer[3])


def gap_light(
    flat: FlatCard, fitted: FittedCard, card: ReferenceCard
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(38, 5) places along the middle of every gap: column and row, linear luminance there and beside it."""
    middle = places(card)
    parts = []
    for axis in (0, 1):
        last = (card.columns, card.rows)[axis] - 1
        step = np.eye(2)[axis]
        gap = (middle[middle[:, axis] < last] + 0.5 * step)[:, None] + _ALONG[:, None] * np.eye(2)[1 - axis]
        beside = (0.5 - 0.5 * fitted.half[axis]) * step
        around = (_light(flat, gap - beside) + _light(flat, gap + beside)) / 2
        parts.append((gap, _light(flat, gap), around))
    gap, ground, around = (np.concatenate(column) for column in zip(*parts, strict=True))
    return gap[..., 0], gap[..., 1], ground, around


def _light(flat: FlatCard, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """(...) linear luminance, mean of a few pixels about each place (..., 2)."""
    shift = np.array([-0.03, 0.0, 0.03])
    across, down = (grid.ravel() for grid in np.meshgrid(shift, shift))
    return np.asarray(luminance(flat.at(place[..., :1] + across, place[..., 1:] + down)).mean(axis=-1))


def luminance(coded: NDArray[np.float64]) -> NDArray[np.float64]:
    """(...) linear luminance of coded colours (..., 3)."""
    return np.asarray(decode_srgb(np.clip(coded, 0, 1)) @ _LUMA)


def colour_residuals(rgb: NDArray[np.float64], card: ReferenceCard) -> NDArray[np.float64]:
    """(24,) Delta E00 between each patch and the reference, after the lamp, the camera and its curve are taken out.

    A curve per channel makes the greys right, an affine map in coded values the colours; both are robust, so that
    one covered patch stands out instead of spoiling the rest.
    """
    reference = card.linear_srgb()
    wanted = encode_srgb(reference)
    seen = _straightened(rgb, reference)
    design = np.column_stack([seen, np.ones(len(seen))])
    weight = np.ones(len(seen))
    fitted = seen
    # A little towards no change; the offset is free.
    ridge = 0.05**2 * np.diag([1.0, 1.0, 1.0, 1e-6])
    for _ in range(6):
        scaled = design * weight[:, None] ** 2
        fitted = design @ np.linalg.solve(scaled.T @ design + ridge, scaled.T @ wanted + ridge[:, :3])
        distance = np.linalg.norm(fitted - wanted, axis=1)
        weight = 1 / np.sqrt(1 + (distance / 0.06) ** 2)
    lab = linear_srgb_to_lab(decode_srgb(np.clip(fitted, 0, 1.2)))
    return delta_e00(lab, linear_srgb_to_lab(np.clip(reference, 0, None)))


def _straightened(rgb: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """(24, 3) coded colours after a curve per channel that brings the greys near their reference."""
    greys = slice(18, 24)
    wanted = np.log(reference[greys].mean(axis=1))
    coded = np.empty_like(rgb)
    for channel in range(3):
        seen = np.log(np.clip(rgb[:, channel], 1e-4, None))
        power, gain = _robust_line(seen[greys], wanted)
        coded[:, channel] = encode_srgb(np.exp(np.clip(gain + power * seen, -8, 0.7)))
    return coded


def _robust_line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and intercept, medians over all pairs (Theil and Sen); a slope no tone curve has is brought back."""
    first, second = _pairs(len(x))
    distance = x[second] - x[first]
    apart = np.abs(distance) > 1e-3
    slope = float(np.median((y[second] - y[first])[apart] / distance[apart])) if apart.any() else 1.0
    slope = float(np.clip(slope, 0.4, 3.0))
    return slope, float(np.median(y - slope * x))


@cache
def _pairs(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.triu_indices(count, 1)
