"""Is that skin, or something that lies over it? A small network looks at the whole face at once, as a person would.

Hands, scarves and beards may have the colour of the skin beside them; what gives them away is their shape and place.
The network sees no colours, only how each spot differs in light, colour and roughness from the skin around this
person's own eyes, so tone, lamp and camera drop out. It was taught with painted things on portraits, with redness of
all strengths painted on as well and called skin (``scripts/learn_covers.py``).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.face import Face
from analyzer.skin import BLOOD_SLOPE

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]
Weights = dict[str, NDArray[np.float32]]

# The face is laid on the average face, upright: rows and columns of cells of CELL_CM, each seen through FINE x FINE
# samples; TOP_CM is how far above the middle of the average face the first row lies.
ROWS, COLUMNS, FINE = 88, 72, 5
CELL_CM, TOP_CM = 0.2625, 11.0
_ORIGIN = np.array([COLUMNS * CELL_CM / 2, TOP_CM])
# How far around each eye's middle the skin is this person's own, in eye distances of the average face.
_OWN_SKIN_CM = 2.3
# Lengths in samples: what counts as fine and as coarse roughness, how wide a thin dark line is.
_FINE_SIZE, _COARSE_SIZE, _LINE = 2.5, 8.0, 11
# What holds a cell that is more likely covered than the first is a cover, as far as its cells stay above the second: a
# doubt alone takes nothing away, and no half-seen border of a cover is left standing - but around the mouth, where
# shaved hair makes doubts and clean skin lies beside it.
SURELY, PERHAPS = 0.50, 0.15
# Lenses have 12 to 24 cm2; a veil that leaves the eyes free leaves twice that, and both eyes in one piece.
LARGEST_LENS_CM2 = 30.0
# A frame of the skin's own colour is not seen all around: gaps of two cells are taken for closed, and a brow for a part
# of the frame that runs along it.
_GAP = np.ones((3, 3), np.uint8)
_GAP[::2, ::2] = 0
_FEATURES = (mesh.LIPS, mesh.LEFT_EYE, mesh.RIGHT_EYE, mesh.LEFT_BROW, mesh.RIGHT_BROW, mesh.LEFT_NOSTRIL,
             mesh.RIGHT_NOSTRIL)  # fmt: skip
LEVELS, LEAK = 3, 0.1


def covered(face: Face, linear: NDArray[np.float32], window: tuple[slice, slice]) -> Mask:
    """Where something lies over the skin: (H, W) of ``window``; ``linear`` (H, W, 3) is that part of the photograph."""
    found = whole_covers(cover_chance(face, linear, window))
    offset = np.array([window[1].start, window[0].start])
    to_grid = grid_of(face.landmarks[: mesh.SKIN_POINTS, :2] - offset, 1)
    height, width = linear.shape[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(found.astype(np.float32), to_grid, (width, height), flags=flags) > 0.5)


def whole_covers(chance: Plane) -> Mask:
    """(ROWS, COLUMNS): the cells that are covered, of how likely each is."""
    likely = chance > np.where(_around_the_mouth(), SURELY, PERHAPS)
    _, parts = cv2.connectedComponents(likely.astype(np.uint8), connectivity=4)
    sure = np.zeros(parts.max() + 1, np.bool_)
    sure[parts[chance > SURELY]] = True
    found = np.asarray(sure[parts], np.bool_)
    return found | _behind_lenses(found)


def _behind_lenses(found: Mask) -> Mask:
    """Where a frame runs around an eye: glass reflects what is no skin, and skin behind it is not bare."""
    return _around_the_eyes(found) | _around_the_eyes(found | _brows())


def _around_the_eyes(frame: Mask) -> Mask:
    _, parts, facts, _ = cv2.connectedComponentsWithStats(1 - cv2.dilate(frame.astype(np.uint8), _GAP), connectivity=4)
    lenses = {int(parts[row, column]) for row, column in _eyes()} - {0}
    small = [part for part in lenses if facts[part, cv2.CC_STAT_AREA] * CELL_CM**2 < LARGEST_LENS_CM2]
    return np.asarray(cv2.dilate(np.isin(parts, small).astype(np.uint8), _GAP) > 0)


def cover_chance(face: Face, linear: NDArray[np.float32], window: tuple[slice, slice]) -> Plane:
    """(ROWS, COLUMNS): how likely each cell of the upright face is covered."""
    offset = np.array([window[1].start, window[0].start])
    points = face.landmarks[: mesh.SKIN_POINTS, :2] - offset
    to_fine = grid_of(points, FINE)
    size = float(np.hypot(*to_fine[0, :2]))
    if size < 0.8:  # shrink first, or the samples would miss what lies between them
        height, width = linear.shape[:2]
        small = (max(1, round(width * size)), max(1, round(height * size)))
        linear = np.asarray(cv2.resize(linear, small, interpolation=cv2.INTER_AREA), np.float32)
        points = (points + 0.5) * [small[0] / width, small[1] / height] - 0.5
        to_fine = grid_of(points, FINE)
    fine = cv2.warpAffine(
        linear, to_fine, (COLUMNS * FINE, ROWS * FINE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    there = points @ to_fine[:, :2].T + to_fine[:, 2]
    return forward(what_is_seen(np.asarray(fine, np.float32), drawn_features(there)), weights())


def grid_of(points: NDArray[np.float64], fine: int) -> NDArray[np.float64]:
    """(2, 3): from pixels to the grid (``fine`` samples a cell), by the similarity that best fits the average face."""
    average = mesh.average_face().points[:, :2] * [1.0, -1.0]
    centre = average.mean(axis=0)
    seen = points - points.mean(axis=0)
    model = average - centre
    a = float((seen * model).sum() / (seen**2).sum())
    b = float((seen[:, 0] * model[:, 1] - seen[:, 1] * model[:, 0]).sum() / (seen**2).sum())
    turn = np.array([[a, -b], [b, a]]) * fine / CELL_CM
    goal = (centre + _ORIGIN) * fine / CELL_CM - 0.5
    return np.column_stack([turn, goal - turn @ points.mean(axis=0)])


def drawn_features(points: NDArray[np.float64]) -> Plane:
    """(ROWS, COLUMNS): the share of each cell that the mesh gives to eyes, brows, lips and nostrils."""
    drawn = np.zeros((ROWS * FINE, COLUMNS * FINE), np.uint8)
    for outline in _FEATURES:
        cv2.fillPoly(drawn, [np.round(points[list(outline)]).astype(np.int32)], 1)
    return _cells(drawn.astype(np.float32))


def what_is_seen(fine: NDArray[np.float32], features: Plane) -> NDArray[np.float32]:
    """(ROWS, COLUMNS, channels) of linear RGB samples (ROWS * FINE, COLUMNS * FINE, 3), against the person's own skin.

    Light, ln(R/G), ln(B/G) less what blood does to it; roughness of light (fine, coarse) and of colour; thin dark
    lines; eyes, brows, lips and nostrils as the mesh draws them; the place.
    """
    own = _own_skin()
    kept = np.maximum(fine, 0)
    floor = np.float32(0.03 * np.median(kept[own][:, 1]) + 1e-5)
    log = np.log(kept + floor)
    light = np.log(kept @ np.array([0.2126, 0.7152, 0.0722], np.float32) + floor)
    red = log[..., 0] - log[..., 1]
    blue = log[..., 2] - log[..., 1] - np.float32(BLOOD_SLOPE) * red
    smooth = cv2.GaussianBlur(light, (0, 0), _FINE_SIZE)
    coarse = smooth - cv2.GaussianBlur(light, (0, 0), _COARSE_SIZE)
    line = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, np.ones((_LINE, _LINE), np.uint8)) - smooth
    grain = blue - cv2.GaussianBlur(blue, (0, 0), _FINE_SIZE)
    own_cells = _cells(own.astype(np.float32)) > 0.5
    planes = [size * _against(plane, own_cells) for size, plane in ((1.5, light), (3.0, red), (3.0, blue))]
    planes += [_roughness(np.asarray(one, np.float32), own_cells) for one in (light - smooth, coarse, grain)]
    planes.append(10.0 * _cells(line))
    y, x = np.mgrid[-1 : 1 : ROWS * 1j, -1 : 1 : COLUMNS * 1j].astype(np.float32)
    planes += [2.0 * features, x, y]
    return np.clip(np.stack(planes, axis=-1), -5, 5).astype(np.float32)


def _against(plane: Plane, own: Mask) -> Plane:
    cells = _cells(plane)
    return np.asarray(np.clip(cells - np.median(cells[own]), -2, 2), np.float32)


def _roughness(detail: Plane, own: Mask) -> Plane:
    rough = np.log(np.sqrt(_cells(detail**2)) + 0.005)
    return np.asarray(rough - np.median(rough[own]), np.float32)


def _cells(plane: Plane) -> Plane:
    """Means over the FINE x FINE samples of each cell."""
    return np.asarray(plane.reshape(ROWS, FINE, COLUMNS, FINE).mean(axis=(1, 3)), np.float32)


def _average_face_on_grid(fine: int) -> NDArray[np.float64]:
    """(468, 2): x, y of the average face's points on the grid, in samples (``fine`` of them a cell)."""
    average = mesh.average_face().points[:, :2] * [1.0, -1.0]
    return np.asarray((average + _ORIGIN) * fine / CELL_CM - 0.5)


@cache
def _own_skin() -> Mask:
    """(ROWS * FINE, COLUMNS * FINE): around the eyes, where skin is always seen, without eyes and brows themselves."""
    points = _average_face_on_grid(FINE).round().astype(np.int32)
    drawn = np.zeros((ROWS * FINE, COLUMNS * FINE), np.uint8)
    for eye in (mesh.LEFT_EYE, mesh.RIGHT_EYE):
        x, y = points[list(eye)].mean(axis=0).round().astype(int).tolist()
        cv2.circle(drawn, (x, y), round(_OWN_SKIN_CM * FINE / CELL_CM), 1, -1)
    cv2.fillPoly(drawn, [points[list(mesh.BETWEEN_EYES)]], 1)
    for outline in (mesh.LEFT_EYE, mesh.RIGHT_EYE, mesh.LEFT_BROW, mesh.RIGHT_BROW):
        cv2.fillPoly(drawn, [points[list(outline)]], 0)
        cv2.polylines(drawn, [points[list(outline)]], True, 0, round(0.4 * FINE / CELL_CM))
    return drawn > 0


@cache
def _around_the_mouth() -> Mask:
    """(ROWS, COLUMNS): on the average face, with a cell's room."""
    cells = _average_face_on_grid(1).round().astype(np.int32)
    drawn = np.zeros((ROWS, COLUMNS), np.uint8)
    cv2.fillPoly(drawn, [cells[list(mesh.OUTLINES["perioral"])]], 1)
    return cv2.dilate(drawn, np.ones((3, 3), np.uint8)) > 0


@cache
def _brows() -> Mask:
    """(ROWS, COLUMNS): the average face's."""
    cells = _average_face_on_grid(1).round().astype(np.int32)
    drawn = np.zeros((ROWS, COLUMNS), np.uint8)
    for brow in (mesh.LEFT_BROW, mesh.RIGHT_BROW):
        cv2.fillPoly(drawn, [cells[list(brow)]], 1)
    return drawn > 0


@cache
def _eyes() -> tuple[tuple[int, int], ...]:
    """Row and column of the middle of each eye of the average face."""
    cells = _average_face_on_grid(1)[:, ::-1]
    middles = [cells[list(eye)].mean(axis=0).round().astype(int) for eye in (mesh.LEFT_EYE, mesh.RIGHT_EYE)]
    return tuple((int(row), int(column)) for row, column in middles)


@cache
def weights() -> Weights:
    """What the network has learnt."""
    with files("analyzer").joinpath("models/covers.npz").open("rb") as file, np.load(file) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def forward(seen: NDArray[np.float32], learnt: Weights) -> Plane:
    """(H, W) chances from ``seen`` (H, W, channels): a small U-net in plain NumPy.

    It works on blocks of 2 x 2 cells, which keep all their channels, and gives four answers for each.
    """
    kept: list[NDArray[np.float32]] = []
    now = layer(blocks(seen[None]), learnt, "in")
    for level in range(LEVELS):
        now = layer(unfolded(layer(unfolded(now), learnt, f"down{level}a")), learnt, f"down{level}b")
        if level < LEVELS - 1:
            kept.append(now)
            now = pooled(now)
    for level in reversed(range(LEVELS - 1)):
        both = np.concatenate([enlarged(now), kept[level]], axis=-1)
        now = layer(unfolded(both), learnt, f"up{level}")
    logit = unblocked(now @ learnt["out.w"] + learnt["out.b"])
    return np.asarray(1 / (1 + np.exp(-logit[0, ..., 0])), np.float32)


def layer(seen: NDArray[np.float32], learnt: Weights, name: str) -> NDArray[np.float32]:
    """Weighed sums of the channels, bent at zero."""
    out = seen @ learnt[name + ".w"] + learnt[name + ".b"]
    return np.asarray(np.maximum(out, np.float32(LEAK) * out), np.float32)


def blocks(seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, H / 2, W / 2, 4 C): the channels of 2 x 2 cells side by side."""
    count, height, width, channels = seen.shape
    parts = seen.reshape(count, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    return np.ascontiguousarray(parts).reshape(count, height // 2, width // 2, 4 * channels)


def unblocked(seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inverse of :func:`blocks`."""
    count, height, width, channels = seen.shape
    parts = seen.reshape(count, height, width, 2, 2, channels // 4).transpose(0, 1, 3, 2, 4, 5)
    return np.ascontiguousarray(parts).reshape(count, 2 * height, 2 * width, channels // 4)


def unfolded(seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, H, W, 9 C): every cell with its eight neighbours, zero beyond the border."""
    count, height, width, channels = seen.shape
    wide = np.zeros((count, height + 2, width + 2, channels), np.float32)
    wide[:, 1:-1, 1:-1] = seen
    out = np.empty((count, height, width, 9, channels), np.float32)
    for place in range(9):
        down, across = divmod(place, 3)
        out[:, :, :, place] = wide[:, down : down + height, across : across + width]
    return out.reshape(count, height, width, 9 * channels)


def pooled(seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of 2 x 2 cells."""
    return np.asarray(
        (seen[:, ::2, ::2] + seen[:, 1::2, ::2] + seen[:, ::2, 1::2] + seen[:, 1::2, 1::2]) * np.float32(0.25)
    )


def enlarged(seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """Every cell four times."""
    return np.repeat(np.repeat(seen, 2, axis=1), 2, axis=2)
