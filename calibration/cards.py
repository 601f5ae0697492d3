"""The reference cards, as data: which patches, in which order, how far apart, and what colour they are.

Everything that is true of one card is in ``cards/NAME.toml``; the colours that several cards share are in
``cards/*.reference.toml``. The four sizes of the 24-patch card have one layout and one set of colours, so a
photograph cannot tell them apart: ``auto`` reports the first.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calibration.cielab import xyz_to_lab, xyz_to_linear_srgb
from calibration.errors import UnknownCard

Edition = Literal["after_november_2014", "before_november_2014"]

AUTO = "auto"
NONE = "none"
PRINTED = "rubor"
_ORDER = ("classic-24", "mini-24", "nano-24", "passport-24", PRINTED)

# ICC.1:2022: the D50 white of the published tables, XYZ with Y = 1.
_WHITE_D50 = np.array([0.96422, 1.0, 0.82521])
# Bradford chromatic adaptation from D50 to D65 (Lindbloom's rounding of Lam 1985).
_D50_TO_D65 = np.array(
    [
        [0.9555766, -0.0230393, 0.0631636],
        [-0.0282895, 1.0099416, 0.0210077],
        [0.0122982, -0.0204830, 1.3299098],
    ]
)


@dataclass(frozen=True, eq=False)
class ReferenceCard:
    """One kind of card.

    ``patches`` are named in the card's own order, row by row, the first row first. ``lab_d50`` holds, for each
    edition, (24, 3) CIELAB for D50 and the 2 degree observer as the maker publishes them. ``patch_mm`` is the side
    of a patch, ``gap_mm`` the dark strip between two; both are nominal. ``designed`` (24, 3) is XYZ for D65 of a card
    that nobody measures before it is printed; it has no ``lab_d50``.
    """

    name: str
    title: str
    patches: tuple[str, ...]
    rows: int
    columns: int
    patch_mm: float
    gap_mm: float
    lab_d50: dict[str, NDArray[np.float64]]
    designed: NDArray[np.float64] | None = None

    @property
    def gap_share(self) -> float:
        """The gap's share of the distance from one patch to the next."""
        return self.gap_mm / (self.gap_mm + self.patch_mm)

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height between the outer corners of the corner patches."""
        pitch = self.patch_mm + self.gap_mm
        return self.columns * pitch - self.gap_mm, self.rows * pitch - self.gap_mm

    @property
    def corners(self) -> NDArray[np.float64]:
        """(4, 2) outer corners of the corner patches: the unit square, in the order of ``CardReading.corners``."""
        return np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])

    @property
    def centres(self) -> NDArray[np.float64]:
        """(24, 2) centres of the patches in the coordinates of :attr:`corners`; x along a row, y down the rows."""
        pitch = self.patch_mm + self.gap_mm
        width, height = self.size_mm
        column, row = np.meshgrid(np.arange(self.columns), np.arange(self.rows))
        x = (column.ravel() * pitch + self.patch_mm / 2) / width
        y = (row.ravel() * pitch + self.patch_mm / 2) / height
        return np.stack([x, y], axis=-1)

    def xyz_d65(self, edition: Edition = "after_november_2014") -> NDArray[np.float64]:
        """(24, 3) XYZ for D65 (Y of white = 1), adapted from D50 by Bradford's matrix."""
        if self.designed is not None:
            return self.designed
        return np.asarray(self.xyz_d50(edition) @ _D50_TO_D65.T, dtype=np.float64)

    def xyz_d50(self, edition: Edition = "after_november_2014") -> NDArray[np.float64]:
        """(24, 3) XYZ for D50 (Y of white = 1) as published."""
        return _lab_d50_to_xyz(self.lab_d50[edition])

    def lab_d65(self, edition: Edition = "after_november_2014") -> NDArray[np.float64]:
        """(24, 3) CIELAB for D65 and the 2 degree observer, adapted from D50 by Bradford's matrix."""
        return xyz_to_lab(self.xyz_d65(edition))

    def linear_srgb(self, edition: Edition = "after_november_2014") -> NDArray[np.float64]:
        """(24, 3) linear sRGB, not clipped (cyan lies outside)."""
        return xyz_to_linear_srgb(self.xyz_d65(edition))


def names() -> tuple[str, ...]:
    """The names of all cards, the likeliest first."""
    return _ORDER


@cache
def load_card(name: str) -> ReferenceCard:
    """The card called ``name``. Raises ``UnknownCard`` when there is none."""
    if name not in _ORDER:
        raise UnknownCard(f'There is no card called "{name}"; known are {", ".join(_ORDER)}, {AUTO} and {NONE}.')
    card = _read(f"{name}.toml")
    if name == PRINTED:
        return _printed_card(card)
    reference = _read(f"{card['reference']}.reference.toml")
    return ReferenceCard(
        name=name,
        title=str(card["title"]),
        patches=tuple(str(patch) for patch in reference["patches"]),
        rows=int(card["rows"]),
        columns=int(card["columns"]),
        patch_mm=float(card["patch_mm"]),
        gap_mm=float(card["gap_mm"]),
        lab_d50={edition: _frozen(rows) for edition, rows in reference["lab_d50"].items()},
    )


def _printed_card(card: dict[str, Any]) -> ReferenceCard:
    """Our own card, as the usual printer would print it."""
    # Here, because its spectra are loaded only by those who use it.
    from calibration.printed_card import GAP_MM, PATCH_MM, printed_patches
    from calibration.printed_card_inks import USUAL
    from calibration.spectra import xyz_d65

    return ReferenceCard(
        name=PRINTED,
        title=str(card["title"]),
        patches=tuple(str(patch["name"]) for patch in card["patch"]),
        rows=4,
        columns=6,
        patch_mm=PATCH_MM,
        gap_mm=GAP_MM,
        lab_d50={},
        designed=_frozen(xyz_d65(USUAL.spectra(printed_patches().inks)).tolist()),
    )


def _frozen(rows: list[list[float]]) -> NDArray[np.float64]:
    """The table as an array that nobody can change behind the cache's back."""
    table = np.array(rows, dtype=np.float64)
    table.setflags(write=False)
    return table


def _read(file: str) -> dict[str, Any]:
    text = files("calibration").joinpath("cards", file).read_text(encoding="utf-8")
    return tomllib.loads(text)


def _lab_d50_to_xyz(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIELAB to XYZ for the white of the published tables."""
    f_y = (lab[:, 0] + 16) / 116
    f = np.stack([f_y + lab[:, 1] / 500, f_y, f_y - lab[:, 2] / 200], axis=-1)
    ratio = np.where(f > 6 / 29, f**3, (116 * f - 16) * (3 / 29) ** 3)
    return np.asarray(ratio * _WHITE_D50, dtype=np.float64)
