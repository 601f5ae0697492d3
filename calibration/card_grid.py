"""Spots that stand in rows and columns: from quadrilaterals to a plane with whole-numbered places."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.card_quads import Quads

# A neighbour's distance in units of the patch's own side: gaps take 3 to 40 % of the side, thresholds shrink the patch.
_NEAREST, _FARTHEST, _ASIDE = 1.0, 1.7, 0.28
_MIN_SPOTS = 5
_GRIDS_OF_A_WALK = 3


@dataclass(frozen=True, eq=False)
class Grid:
    """Spots on a common grid: ``places`` (N, 2) whole numbers, ``centres`` (N, 2) pixels, ``to_image`` (3, 3) the
    homography from places to pixels, ``side`` the spots' side in units of the grid's step, ``members`` the numbers of
    all quadrilaterals that stand on it."""

    places: NDArray[np.int64]
    centres: NDArray[np.float64]
    to_image: NDArray[np.float64]
    side: float
    members: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.places)


def find_grids(quads: Quads) -> list[Grid]:
    """The grids among the spots, the one with most spots first."""
    if len(quads) < _MIN_SPOTS:
        return []
    linked = _neighbours(quads)
    grids = []
    seen = np.zeros(len(quads), dtype=bool)
    for start in np.argsort(-linked.sum(axis=1)):
        if seen[start] or linked[start].sum() < 2:
            continue
        members, places = _walk(quads, linked, int(start))
        seen[members] = True
        grids += _fits(quads, np.array(members), places)
    return sorted(grids, key=len, reverse=True)


def _fits(quads: Quads, members: NDArray[np.int64], places: NDArray[np.int64]) -> list[Grid]:
    """The grids of one walk: it may have strayed from a card to the tiles on which the card lies."""
    grids = []
    for _ in range(_GRIDS_OF_A_WALK):
        if len(members) < _MIN_SPOTS:
            break
        grid = _fit(quads, members, places)
        if grid is None:
            break
        grids.append(grid)
        rest = ~np.isin(members, grid.members)
        if rest.all():
            break
        members, places = members[rest], places[rest]
    return grids


def _neighbours(quads: Quads) -> NDArray[np.bool_]:
    """(N, N): j lies one step from i along one of i's sides, and i from j likewise, and both are of a size."""
    x, y = (quads.centres[None, :, axis] - quads.centres[:, None, axis] for axis in (0, 1))
    inverse = np.linalg.inv(np.swapaxes(quads.sides, 1, 2))[:, :, :, None]
    first, second = (np.abs(inverse[:, axis, 0] * x + inverse[:, axis, 1] * y) for axis in (0, 1))
    near, far = np.minimum(first, second), np.maximum(first, second)
    beside = (far > _NEAREST) & (far < _FARTHEST) & (near < _ASIDE)
    area = np.abs(np.linalg.det(quads.sides))
    alike = np.abs(np.log(area[:, None] / area[None])) < np.log(2.2)
    return np.asarray(beside & beside.T & alike)


def _walk(quads: Quads, linked: NDArray[np.bool_], start: int) -> tuple[list[int], NDArray[np.int64]]:
    """All spots that can be reached from ``start``, each with its place; two never share one."""
    place = {start: (0, 0)}
    taken = {(0, 0)}
    frames = {start: quads.sides[start]}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        frame = frames[here]
        for there in np.flatnonzero(linked[here]):
            if there in place:
                continue
            step = np.linalg.solve(frame.T, quads.centres[there] - quads.centres[here])
            axis = int(np.argmax(np.abs(step)))
            move = [0, 0]
            move[axis] = 1 if step[axis] > 0 else -1
            target = (place[here][0] + move[0], place[here][1] + move[1])
            if target in taken:
                continue
            place[int(there)] = target
            taken.add(target)
            frames[int(there)] = _turned_like(frame, quads.sides[there])
            queue.append(int(there))
    members = list(place)
    return members, np.array([place[member] for member in members])


def _turned_like(frame: NDArray[np.float64], sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """The spot's sides in the order and direction of its neighbour's."""
    along = sides @ frame.T
    cosine = along / (np.linalg.norm(sides, axis=1)[:, None] * np.linalg.norm(frame, axis=1)[None])
    swapped = abs(cosine[0, 1] * cosine[1, 0]) > abs(cosine[0, 0] * cosine[1, 1])
    ordered = sides[::-1] if swapped else sides
    sign = np.sign(np.sum(ordered * frame, axis=1, keepdims=True))
    return np.asarray(ordered * np.where(sign == 0, 1, sign))


def _fit(quads: Quads, members: NDArray[np.int64], places: NDArray[np.int64]) -> Grid | None:
    """The homography of the walk's spots, without those that do not fit, with those that were not linked but do."""
    chosen = members
    side = float(np.median(np.sqrt(np.abs(np.linalg.det(quads.sides[chosen])))))
    for _ in range(2):
        if np.ptp(places, axis=0).min() < 1:
            return None
        found, inlier = cv2.findHomography(
            places.astype(np.float64), quads.centres[chosen], cv2.RANSAC, max(0.2 * side, 1.5), maxIters=300
        )
        if found is None or inlier.sum() < _MIN_SPOTS:
            return None
        to_image = np.asarray(found, dtype=np.float64)
        low, high = places[inlier.ravel() > 0].min(axis=0) - 3, places[inlier.ravel() > 0].max(axis=0) + 3
        on_grid = transform(np.asarray(np.linalg.inv(to_image), dtype=np.float64), quads.centres)
        nearest = np.rint(on_grid)
        fits = np.abs(on_grid - nearest).max(axis=1) < 0.15
        fits &= np.all((nearest >= low) & (nearest <= high), axis=1)
        size = np.sqrt(np.abs(np.linalg.det(quads.sides))) / _step(to_image, nearest)
        fits &= (size > 0.55) & (size < 1.0)
        chosen = np.flatnonzero(fits)
        places = nearest[chosen].astype(np.int64)
        if len(chosen) < _MIN_SPOTS:
            return None
    _, first = np.unique(places, axis=0, return_index=True)
    return Grid(places[first], quads.centres[chosen][first], to_image, float(np.median(size[chosen])), chosen)


def _step(to_image: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The grid's step in pixels at each place (geometric mean of both directions)."""
    half = np.array([[0.5, 0.0], [-0.5, 0.0], [0.0, 0.5], [0.0, -0.5]])
    right, left, down, up = (transform(to_image, places + shift) for shift in half)
    across, along = right - left, down - up
    area = np.abs(across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0])
    return np.asarray(np.sqrt(np.maximum(area, 1e-9)))


def transform(homography: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2) points through a (3, 3) homography."""
    mapped = points @ homography[:, :2].T + homography[:, 2]
    scale = mapped[:, 2:]
    return np.asarray(mapped[:, :2] / np.where(np.abs(scale) < 1e-12, 1e-12, scale))
