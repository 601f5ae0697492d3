"""From calibrated CIELAB and a label map to numbers: how red is each region, and how sure is that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analyzer.pigment import melanin_index, typology_angle
from analyzer.reading import FACE, FACE_LABEL, LABELS, RegionReading, SkinTone, tone_class
from calibration.cielab import Floats, individual_typology_angle, lab_to_xyz, xyz_to_linear_srgb

Lab = NDArray[np.float32]
Labels = NDArray[np.uint8]
# Standard error of a* that calibration, lamp and gradient bring in, for skin of a mean colour L*, a*, b* (3,).
SeOfA = Callable[[NDArray[np.float64]], float]

# The light level to which one photograph's a* is brought when there is no baseline to take it from.
REFERENCE_L = 60.0
# A pixel counts as reddened from this far above the baseline's mean of its region.
REDDENED = 3.0
# Neighbouring pixels are not independent: pores, blotches and JPEG's colour blocks (16 x 16) join them. The scatter of
# the means of blocks of this side, in pixels of the photograph, tells what sampling adds.
BLOCK_SIDE = 16
# A block counts when at least half of it is skin of the region.
BLOCK_FILL = 0.5
# What landmarks and masks add from photograph to photograph of one face (SD of a* over small turns, noise and JPEG).
JITTER_SE = 0.1
# Where the tone of skin is read: the parts least shaded and least coloured by lips and beard.
TONE_REGIONS = ("forehead", "left_cheek", "right_cheek")


def measure(
    lab: Lab,
    labels: Labels,
    a_se_of: SeOfA,
    *,
    full_labels: Labels | None = None,
    scale: int = 1,
    reference_L: float = REFERENCE_L,
    weight: NDArray[np.float32] | None = None,
) -> dict[str, RegionReading]:
    """Read every region of ``labels`` that holds skin, and ``face``, all of them together.

    ``lab`` (H, W, 3) calibrated CIELAB, ``labels`` (H, W). When both are of a photograph shrunk by the whole factor
    ``scale``, ``full_labels`` is the label map of the photograph as stored: ``pixels`` are counted there (without it,
    ``scale`` squared for each pixel). ``weight`` (H, W): how much skin each pixel shows (without it, all the same); it
    counts for ``a_level`` and ``a_se``. No region: an empty dictionary.
    """
    face = window_of(labels)
    whole = (
        labels[face]
        if full_labels is None
        else full_labels[tuple(slice(scale * one.start, scale * one.stop) for one in face)]
    )
    counts = np.bincount(whole[whole > 0], minlength=256)
    pixels_each = scale * scale if full_labels is None else 1
    skin = _skin_of(lab[face], labels[face], None if weight is None else weight[face])
    readings: dict[str, RegionReading] = {}
    for name, label in LABELS.items():
        region = skin if name == FACE else skin.only(label)
        if not region.label.size:
            continue
        pixels = int(counts.sum() if label == FACE_LABEL else counts[label]) * pixels_each
        readings[name] = _read(region, label, pixels, a_se_of, scale, reference_L)
    if FACE in readings:
        face_se = float(np.hypot(readings[FACE].a_se, _se_of_missing(readings)))
        readings[FACE] = replace(readings[FACE], a_se=face_se)
    return readings


def _se_of_missing(readings: Mapping[str, RegionReading]) -> float:
    """What the face's mean may be off because regions are missing that other days have: they would differ from the rest
    as the regions do from each other."""
    found = [one.a for name, one in readings.items() if name != FACE]
    missing = 1.0 - len(found) / (len(LABELS) - 1)
    return missing * float(np.std(found, ddof=1)) if len(found) > 1 else 0.0


def window_of(labels: Labels) -> tuple[slice, slice]:
    """The part of the picture that holds the face: the rest need not be looked at."""
    rows = np.flatnonzero(labels.any(axis=1))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    down = slice(int(rows[0]), int(rows[-1]) + 1)
    columns = np.flatnonzero(labels[down].any(axis=0))
    return down, slice(int(columns[0]), int(columns[-1]) + 1)


@dataclass(frozen=True, eq=False)
class _Skin:
    """Pixels of skin, region by region: ``lab`` and ``xyz`` (3, N), and of each its ``label``, ``weight`` and place."""

    lab: NDArray[np.float32]
    xyz: NDArray[np.float32]
    label: Labels
    weight: NDArray[np.float32]
    row: NDArray[np.int64]
    column: NDArray[np.int64]

    def only(self, label: int) -> _Skin:
        """One region's: a piece of each array, since the pixels stand in order of their labels."""
        here = slice(*np.searchsorted(self.label, (label, label + 1)))
        one = (self.label[here], self.weight[here], self.row[here], self.column[here])
        return _Skin(self.lab[:, here], self.xyz[:, here], *one)


def _skin_of(lab: Lab, labels: Labels, weight: NDArray[np.float32] | None) -> _Skin:
    at = np.flatnonzero(labels)
    at = at[np.argsort(labels.ravel()[at], kind="stable")]
    colours = np.take(lab.reshape(-1, 3), at, axis=0)
    weights = np.ones(at.size, np.float32) if weight is None else weight.ravel()[at]
    by_plane, xyz = np.ascontiguousarray(colours.T), np.ascontiguousarray(lab_to_xyz(colours).T)
    return _Skin(by_plane, xyz, labels.ravel()[at], weights, *np.divmod(at, max(1, labels.shape[1])))


def _read(skin: _Skin, label: int, pixels: int, a_se_of: SeOfA, scale: int, reference_L: float) -> RegionReading:
    mean = skin.lab.mean(axis=1, dtype=np.float64)
    # The same skin as it would count from the front: for comparing days. How far that is from the plain mean is what
    # the pose adds to its error.
    even = np.average(skin.lab[:2].astype(np.float64), axis=1, weights=skin.weight)
    by_pose = float(even[1] - mean[1])
    sampling = _scatter_of_blocks(skin.lab[1], skin.row, skin.column, max(2, round(BLOCK_SIDE / scale)))
    rgb = xyz_to_linear_srgb(skin.xyz.mean(axis=1, dtype=np.float64))
    return RegionReading(
        label=label,
        pixels=pixels,
        L=float(mean[0]),
        a=float(mean[1]),
        b=float(mean[2]),
        a_sd=float(skin.lab[1].std(dtype=np.float64)),
        a_se=float(np.sqrt(a_se_of(mean) ** 2 + sampling**2 + by_pose**2 + JITTER_SE**2)),
        a_level=a_at_level(float(even[0]), float(even[1]), reference_L),
        erythema_index=_index_of_mean(rgb),
        melanin_index=melanin_index(rgb),
        ita=typology_angle(*map(float, mean)),
    )


def a_at_level(L: float, a: float, reference_L: float) -> float:
    """a* of the same skin in as much light as makes its mean lightness ``reference_L``.

    Light multiplies X, Y and Z alike. Above L* = 8 CIELAB takes cube roots, so L* + 16 and a* both grow with the cube
    root of the light: a* goes with L* + 16, exactly, for single pixels as for means over a region.
    """
    return a * (reference_L + 16.0) / (L + 16.0)


def erythema_index(lab: Floats) -> float:
    """log10 of mean red over mean green, in linear sRGB, of pixels (N, 3) in CIELAB.

    The ratio of means and not the mean of ratios: a noisy dark pixel then weighs as little as it should. Colours so
    red that sRGB has no green left count as one thousandth.
    """
    return _index_of_mean(xyz_to_linear_srgb(lab_to_xyz(lab).mean(axis=0, dtype=np.float64)))


def _index_of_mean(linear_srgb: NDArray[np.float64]) -> float:
    red, green, _ = linear_srgb
    return float(np.log10(max(red, 1e-3) / max(green, 1e-3)))


def sampling_se(a: NDArray[np.float32], inside: NDArray[np.bool_], side: int) -> float:
    """Standard error of the mean of ``a`` over ``inside``, from means of square blocks of ``side`` pixels.

    The scatter is taken between neighbouring blocks: a cheek that is redder towards the nose is not uncertain for it,
    the same skin is measured the next day. With no two neighbours the whole scatter of the pixels is given: one
    block, nothing averaged.
    """
    rows, columns = np.nonzero(inside)
    return _scatter_of_blocks(a[rows, columns], rows, columns, side)


def _scatter_of_blocks(a: NDArray[np.float32], rows: NDArray[np.int64], columns: NDArray[np.int64], side: int) -> float:
    top, left = rows.min(), columns.min()
    down, across = (int(np.ptp(line)) // side + 1 for line in (rows, columns))
    block = (rows - top) // side * across + (columns - left) // side
    sizes = np.bincount(block, minlength=down * across)
    values = a.astype(np.float64)
    sums = np.bincount(block, weights=values, minlength=down * across)
    full = sizes >= BLOCK_FILL * side * side
    means = np.where(full, sums / np.maximum(sizes, 1), np.nan).reshape(down, across)
    steps = np.concatenate([np.diff(means, axis=0).ravel(), np.diff(means, axis=1).ravel()])
    steps = steps[np.isfinite(steps)]
    if not steps.size:
        return float(values.std())
    return float(np.sqrt(np.mean(steps**2) / 2.0 / full.sum()))


def redness_share(lab: Lab, labels: Labels, region: str, baseline_a: float) -> float | None:
    """Share of the region's pixels at least 3 a* above the baseline's mean of it; None where the region is missing."""
    inside = labels > 0 if region == FACE else labels == LABELS[region]
    if not inside.any():
        return None
    return float((lab[..., 1][inside] >= baseline_a + REDDENED).mean())


def skin_tone(lab: Lab, labels: Labels) -> SkinTone | None:
    """The tone of the skin: ITA of the median L* and b* of forehead and cheeks (of the whole face where these are
    missing); None without any skin."""
    face = window_of(labels)
    lab, labels = lab[face], labels[face]
    inside = np.isin(labels, [LABELS[name] for name in TONE_REGIONS])
    if not inside.any():
        inside = labels > 0
    if not inside.any():
        return None
    middle = np.median(np.ascontiguousarray(lab[inside].T), axis=1).astype(np.float64)
    ita = float(individual_typology_angle(middle))
    return SkinTone(ita, tone_class(ita))
