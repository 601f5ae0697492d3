"""Where the card might be: hypotheses, each a homography from the card's columns and rows to the photograph.

Two sources: our own grids of bright spots (``card_quads``, ``card_grid``), and OpenCV's chart detector. Neither is
believed: ``card_fit`` refines and checks every hypothesis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.card_grid import Grid, find_grids, transform
from calibration.card_quads import MIDDLE, NARROW, SMALL_SPOT, WIDE, Outlines, outlines, quads_of
from calibration.cards import ReferenceCard
from calibration.cielab import encode_srgb

_MAX_GRIDS = 4
# How far a patch may lie from the reference, in coded sRGB after the best affine fit, and still count as seen.
_LIKENESS = 0.12


@dataclass(frozen=True, eq=False)
class Candidate:
    """One place where the card may be.

    ``to_image`` (3, 3) maps (column, row) of the card - the centre of patch 1 is (0, 0), of patch 24 (5, 3) - to
    pixels of the upright photograph. ``likeness`` is 0..1, the share of patches whose colours agree with the card's;
    ``spots`` is how many of its patches were seen as such; ``room`` whether all of a card could have been.
    """

    to_image: NDArray[np.float64]
    side: float
    likeness: float
    spots: int
    room: bool = False


@dataclass(frozen=True, eq=False)
class Offer:
    """What one look found: candidates, the likeliest first, whether any spots stand in rows, whether there is a colour
    chart at all, and the outlines (N, 4, 2) of all spots."""

    candidates: list[Candidate]
    rows: bool = False
    other_chart: bool = False
    outlines: Outlines | None = None


def glance(image: NDArray[np.uint8], scale: float, card: ReferenceCard) -> Offer:
    """Candidates from the plainest spots in a small RGB picture; ``scale`` is small / photograph."""
    return _offer(outlines(image, WIDE), image, scale, card)


def grid_candidates(image: NDArray[np.uint8], scale: float, card: ReferenceCard, glanced: Offer | None = None) -> Offer:
    """Candidates from all spots; ``glanced`` is what :func:`glance` found in the same picture."""
    plain = outlines(image, WIDE) if glanced is None or glanced.outlines is None else glanced.outlines
    return _offer(np.concatenate([outlines(image, NARROW), plain]), image, scale, card)


def small_candidates(image: NDArray[np.uint8], scale: float, card: ReferenceCard) -> Offer:
    """Candidates from small spots, where a copy of half the size was searched before for larger ones."""
    return _offer(outlines(image, MIDDLE, SMALL_SPOT), image, scale, card)


def _offer(found: Outlines, image: NDArray[np.uint8], scale: float, card: ReferenceCard) -> Offer:
    grids = find_grids(quads_of(found))
    # Tiles and keys make larger grids than a card does, but not in so many colours.
    grids = sorted(grids, key=lambda grid: -_variety(grid, image))[:_MAX_GRIDS]
    placed = sorted((_placed(grid, image, scale, card) for grid in grids), key=lambda one: -one.likeness)
    return Offer(placed, len(grids) > 0, any(_is_chart(grid, image) for grid in grids), found)


def _variety(grid: Grid, image: NDArray[np.uint8]) -> float:
    """How far the spots' chromaticities are spread, in all directions: the area they take up."""
    place = np.clip(np.rint(grid.centres).astype(np.int64), 0, (image.shape[1] - 1, image.shape[0] - 1))
    colours = image[place[:, 1], place[:, 0]] + 5.0
    shares = colours[:, :2] / colours.sum(axis=1, keepdims=True)
    return float(np.linalg.det(np.cov(shares.T)))


def chart_candidates(image: NDArray[np.uint8], scale: float, card: ReferenceCard) -> Offer:
    """Candidates from OpenCV's detector in a small RGB picture. Its cost says nothing, so ours is computed."""
    detector = cv2.mcc.CCheckerDetector.create()
    detector.setColorChartType(cv2.mcc.MCC24)
    detector.process(np.ascontiguousarray(image[..., ::-1]), 3)
    nodes = _nodes(card)
    found = []
    for checker in detector.getListColorChecker():
        charts = np.asarray(checker.getColorCharts(), dtype=np.float64).reshape(-1, 4, 2)
        if len(charts) != len(nodes):
            continue
        to_image = np.asarray(cv2.findHomography(nodes, charts.mean(axis=1), 0)[0], dtype=np.float64)
        if to_image.shape != (3, 3):
            continue
        likeness = _likeness(_sampled(image, to_image[None], nodes), _reference(card))
        found.append(Candidate(in_photo(to_image, scale), 0.8, float(likeness[0]), len(nodes)))
    return Offer(sorted(found, key=lambda candidate: -candidate.likeness))


def _nodes(card: ReferenceCard) -> NDArray[np.float64]:
    """(24, 2) column and row of each patch."""
    column, row = np.meshgrid(np.arange(card.columns), np.arange(card.rows))
    return np.stack([column.ravel(), row.ravel()], axis=-1).astype(np.float64)


def _reference(card: ReferenceCard) -> NDArray[np.float64]:
    return encode_srgb(card.linear_srgb())


def _placed(grid: Grid, image: NDArray[np.uint8], scale: float, card: ReferenceCard) -> Candidate:
    """The best way to lay the card over the grid: which spot is patch 1, which way round, mirrored or not."""
    lays = list(_placements(grid, card))
    to_image = [grid.to_image @ to_grid for to_grid, _ in lays]
    likeness = _likeness(_sampled(image, np.stack(to_image), _nodes(card)), _reference(card))
    best = int(np.argmax(likeness))
    extent = np.sort(np.ptp(grid.places, axis=0) + 1)
    # A stray spot or two beside a card that is cut off make no whole chart.
    room = bool(np.all(extent >= sorted((card.rows, card.columns)))) and lays[best][1] < 0.85 * len(grid)
    return Candidate(in_photo(to_image[best], scale), grid.side, float(likeness[best]), lays[best][1], room)


def _is_chart(grid: Grid, image: NDArray[np.uint8]) -> bool:
    """Whether the grid is a whole block of patches in many hues: somebody's colour chart, though perhaps not ours."""
    extent = np.ptp(grid.places, axis=0) + 1
    if len(grid) < 16 or extent.min() < 3 or len(grid) < 0.85 * extent.prod():
        return False
    colours = _sampled(image, grid.to_image[None], grid.places.astype(np.float64))[0]
    colours = colours[np.isfinite(colours).all(axis=1)]
    strong = colours[np.ptp(colours, axis=1) > 0.2]
    if len(strong) < len(grid) / 3:
        return False
    # Which channel is the largest and which the smallest: six families of hue.
    families = {(int(np.argmax(colour)), int(np.argmin(colour))) for colour in strong}
    return len(families) >= 4


def _placements(grid: Grid, card: ReferenceCard) -> Iterator[tuple[NDArray[np.float64], int]]:
    """Every lay of the card on the grid that covers most of its spots: (3, 3) card to grid places, spots covered."""
    low, high = grid.places.min(axis=0), grid.places.max(axis=0)
    lays = []
    for turned in (False, True):
        size = np.array([card.rows, card.columns] if turned else [card.columns, card.rows])
        first = np.minimum(low, high - size + 1)
        last = np.maximum(low, high - size + 1)
        for x in range(first[0], last[0] + 1):
            for y in range(first[1], last[1] + 1):
                inside = np.all((grid.places >= (x, y)) & (grid.places < (x + size[0], y + size[1])), axis=1)
                lays.append((turned, x, y, size, int(inside.sum())))
    most = max(lay[4] for lay in lays)
    for turned, x, y, size, spots in lays:
        if spots < max(0.7 * most, 5):
            continue
        for flip_x in (False, True):
            for flip_y in (False, True):
                step = np.diag([-1.0 if flip_x else 1.0, -1.0 if flip_y else 1.0])
                if turned:
                    step = step[:, ::-1]
                lay = np.eye(3)
                lay[:2, :2] = step
                lay[:2, 2] = (x + (size[0] - 1 if flip_x else 0), y + (size[1] - 1 if flip_y else 0))
                yield lay, spots


def _sampled(
    image: NDArray[np.uint8], to_image: NDArray[np.float64], nodes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(lays, N, 3) coded colours 0..1 about each node's centre under each homography (lays, 3, 3); NaN where it lies
    outside the picture."""
    shift = np.linspace(-0.2, 0.2, 3)
    around = np.stack(np.meshgrid(shift, shift), axis=-1).reshape(-1, 2)
    places = (nodes[:, None] + around[None]).reshape(-1, 2)
    points = np.stack([transform(one, places) for one in to_image])
    place = np.rint(np.clip(points, -1e6, 1e6)).astype(np.int64)
    height, width = image.shape[:2]
    inside = np.all((place >= 0) & (place < (width, height)), axis=2)
    x, y = np.clip(place[..., 0], 0, width - 1), np.clip(place[..., 1], 0, height - 1)
    shape = (len(to_image), len(nodes), len(around))
    # The middle of nine sorted codes is their median.
    colours = np.sort(image[y, x].reshape(*shape, 3), axis=2)[:, :, len(around) // 2] / 255.0
    return np.where(inside.reshape(shape).all(axis=2)[..., None], colours, np.nan)


def _likeness(seen: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """(lays,) how much the colours seen (lays, 24, 3) resemble the card's, 0..1, whatever the lamp, and although some
    may be covered."""
    known = np.asarray(np.isfinite(seen).all(axis=2))
    count = known.sum(axis=1)
    design = np.concatenate([np.where(known[..., None], seen, 0.0), np.ones((*seen.shape[:2], 1))], axis=2)
    # The ridge keeps a covered or colourless region from being stretched into a likeness.
    ridge = 0.15**2 * np.diag([1.0, 1.0, 1.0, 0.0]) + 1e-9 * np.eye(4)
    prior = 0.15**2 * np.eye(4)[:, :3]
    weight = known.astype(np.float64)
    distance = np.zeros(seen.shape[:2])
    for _ in range(4):
        weighted = (design * (weight**2)[..., None]).transpose(0, 2, 1)
        transfer = np.linalg.solve(weighted @ design + ridge, weighted @ reference + prior)
        distance = np.asarray(np.linalg.norm(design @ transfer - reference, axis=2))
        weight = known / (1 + (distance / _LIKENESS) ** 2)
    alike = np.sum(np.exp(-((distance / _LIKENESS) ** 2)), axis=1, where=known)
    # A card half outside the picture is still a card; a handful of patches is not.
    return np.where(count >= 8, alike / np.maximum(count, len(reference) / 2), 0.0)


def in_photo(to_image: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """The homography for the photograph instead of its small copy (pixel centres at whole numbers in both)."""
    shift = 0.5 / scale - 0.5
    enlarge = np.array([[1 / scale, 0.0, shift], [0.0, 1 / scale, shift], [0.0, 0.0, 1.0]])
    return np.asarray(enlarge @ to_image)
