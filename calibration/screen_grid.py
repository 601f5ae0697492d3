"""Is this a photograph of a screen or of a print? Its pixels or dots repeat, the same everywhere, whatever is shown.

Skin, hair, cloth and cards have textures of their own; a screen lays one fine, regular grid over all of them. In the
spectrum of small tiles that is a sharp peak at the same place in nearly every tile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.card_reading import CardSearch
from calibration.cards import PRINTED
from calibration.photo import Photo
from calibration.problems import Problem, problem

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Spectra = NDArray[np.float32]
Box = tuple[float, float, float, float]

# Side of a tile in pixels of the photograph, and how many are looked at in one area.
_TILE, _TILES = 128, 12
# Tiles nearer to each other than this show the same thing, and are one witness.
_APART = 32
# A grid has to show in this share of an area's tiles: textures of one thing do not cover so much.
_EVERYWHERE = 0.7
# Fewer tiles than this are no witness for "everywhere".
_FEWEST = 5
# Shading and edges fill the lowest frequencies (cycles per pixel), the sensor's own colour pattern the highest.
_LOWEST, _HIGHEST = 0.06, 0.485
# A peak stands this far above its surroundings, natural logarithm of power, in nearly every tile.
_CERTAIN, _LIKELY = 3.0, 2.3
_LUMA = np.array([0.3, 0.59, 0.11], np.float32)
# Of darkness nothing can be said.
_DARK = 8


@dataclass(frozen=True)
class Grid:
    """``strength``: how far a regular pattern stands out everywhere (logarithm of power); its ``period`` in pixels."""

    strength: float
    period: float

    @property
    def certain(self) -> bool:
        return self.strength > _CERTAIN

    @property
    def likely(self) -> bool:
        return self.strength > _LIKELY


def find_grid(pixels: Pixels, area: Box | None = None) -> Grid:
    """The most regular pattern all over ``area`` (x, y, width, height; None: everywhere) of coded ``pixels`` (H, W, 3).

    Strength 0 where the area is too small to tell.
    """
    tiles = _tiles(pixels, area)
    if len(tiles) < _FEWEST:
        return Grid(0.0, 0.0)
    # Tiles from all over the area first: hardly any ordinary picture needs the others.
    some = max(_FEWEST, len(tiles) // 2)
    order = np.argsort(np.arange(len(tiles)) * _SPREAD % 1)
    peaks = [_peaks(tiles[index]) for index in order[:some]]
    everywhere = _everywhere(peaks)
    if everywhere.max() > _WORTH_A_LOOK:
        everywhere = _everywhere([*peaks, *(_peaks(tiles[index]) for index in order[some:])])
    row, column = np.unravel_index(int(everywhere.argmax()), everywhere.shape)
    frequency = float(np.hypot(*_frequencies(int(row), int(column))))
    return Grid(float(everywhere[row, column]), 1 / max(frequency, 1e-3))


def _everywhere(peaks: list[Spectra]) -> Spectra:
    """(tile, tile / 2 + 1): how strong each frequency is in nearly every one of the tiles."""
    strength = np.sort(np.stack(peaks), axis=0)[int((1 - _EVERYWHERE) * (len(peaks) - 1))].max(axis=0)
    return np.where(_looked_at(), strength, 0)


# The golden ratio's multiples scatter any number of tiles evenly.
_SPREAD = (np.sqrt(5) - 1) / 2
# Half of the tiles must show this much before the others are looked at.
_WORTH_A_LOOK = 1.6


def without_screens(photo: Photo, search: CardSearch) -> CardSearch:
    """``search`` without its card where that is a picture of one on a screen or in print: ``screen_photo`` instead.

    Where only the colours say so (``card_on_screen``), the card is kept with a warning. Our own card is a print and may
    show its dots.
    """
    if search.reading is None or search.reading.card.startswith(PRINTED):
        return search
    low, high = search.reading.corners.min(axis=0), search.reading.corners.max(axis=0)
    side = np.maximum(high - low, _TILE + 1)
    start = (low + high - side) / 2
    # Brings the library of lamps and cameras with it, which a grid alone does not need.
    from calibration.card_on_screen import looks_shown_on_a_screen

    grid = find_grid(photo.pixels, (float(start[0]), float(start[1]), float(side[0]), float(side[1])))
    said = screen_problem(grid)
    if not said and looks_shown_on_a_screen(search.reading):
        said = (problem("screen_photo", "warn"),)
    return replace(search, reading=None if grid.certain else search.reading, problems=(*search.problems, *said))


def screen_problem(grid: Grid) -> tuple[Problem, ...]:
    """``screen_photo``: a refusal where the pixels of a screen are plain, a warning where they are likely."""
    if grid.certain:
        return (problem("screen_photo"),)
    return (problem("screen_photo", "warn"),) if grid.likely else ()


def _tiles(pixels: Pixels, area: Box | None) -> list[NDArray[np.float32]]:
    """(2, tile, tile) each: lightness, and red less blue, in which a screen's stripes differ most."""
    height, width = pixels.shape[:2]
    x, y, across, down = area if area is not None else (0.0, 0.0, float(width), float(height))
    x0, y0 = max(0, int(x)), max(0, int(y))
    across, down = min(across, width - x0), min(down, height - y0)
    if across < _TILE or down < _TILE:
        return []
    columns = int(np.clip(round(np.sqrt(_TILES * across / down)), 1, 1 + (across - _TILE) // _APART))
    rows = int(np.clip(_TILES // columns, 1, 1 + (down - _TILE) // _APART))
    tiles = []
    for top in np.unique(np.linspace(y0, y0 + down - _TILE, rows).astype(int)):
        for left in np.unique(np.linspace(x0, x0 + across - _TILE, columns).astype(int)):
            part = pixels[top : top + _TILE, left : left + _TILE].astype(np.float32)
            if pixels.dtype == np.uint16:
                part /= 257
            if part.mean() > _DARK:
                tiles.append(np.stack([part @ _LUMA, part[..., 0] - part[..., 2]]))
    return tiles


def _peaks(tile: NDArray[np.float32]) -> Spectra:
    """(2, tile, tile / 2 + 1): how far each frequency stands above what lies around it on all sides."""
    found = np.empty((2, _TILE, _TILE // 2 + 1), np.float32)
    for channel, plane in enumerate(tile):
        detail = (plane - cv2.GaussianBlur(plane, (0, 0), 4.0)) * _window()
        power = np.log(np.abs(np.fft.rfft2(detail)) ** 2 + 1.0).astype(np.float32)
        rolled = np.roll(power, _TILE // 2, axis=0)
        power = np.asarray(cv2.GaussianBlur(rolled, (0, 0), 0.8, borderType=cv2.BORDER_REFLECT), np.float32)
        # An edge of card or collar draws a line through the spectrum, noise a plain; only a peak is narrow every way.
        around = np.max([cv2.morphologyEx(power, cv2.MORPH_OPEN, line) for line in _LINES], axis=0)
        plain = cv2.blur(power, (15, 15), borderType=cv2.BORDER_REFLECT)
        sharp = power - np.maximum(around, plain)
        # The grid lies a little askew, so its peak moves a little from tile to tile.
        found[channel] = np.roll(cv2.dilate(sharp, np.ones((5, 5), np.uint8)), -(_TILE // 2), axis=0)
    return found


def _line(angle: float, length: int = 9) -> NDArray[np.uint8]:
    element = np.zeros((length, length), np.uint8)
    along = np.arange(length) - length // 2
    rows, columns = np.rint(along * np.sin(angle)).astype(int), np.rint(along * np.cos(angle)).astype(int)
    element[rows + length // 2, columns + length // 2] = 1
    return element


_LINES = tuple(_line(step * np.pi / 4) for step in range(4))


@cache
def _window() -> NDArray[np.float32]:
    one = np.hanning(_TILE)
    return np.outer(one, one).astype(np.float32)


def _frequencies(row: int, column: int) -> tuple[float, float]:
    return (row if row <= _TILE // 2 else row - _TILE) / _TILE, column / _TILE


@cache
def _looked_at() -> NDArray[np.bool_]:
    """Where a grid may show: not at the ends of the scale, nor where JPEG's blocks of eight pixels repeat."""
    down = np.abs(np.fft.fftfreq(_TILE))[:, None]
    across = np.fft.rfftfreq(_TILE)[None]
    good = (np.hypot(down, across) > _LOWEST) & (down < _HIGHEST) & (across < _HIGHEST)
    reach = 1.5 / _TILE
    for whole in range(5):
        good &= ~((np.abs(across - whole / 8) < reach) & (down < reach))
        good &= ~((np.abs(down - whole / 8) < reach) & (across < reach))
    return np.asarray(good)
