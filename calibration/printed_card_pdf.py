"""The card as a page to print: a vector PDF, true to scale."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from fpdf import FPDF

from calibration.printed_card import CARD, GROUND, MARKERS, PATCH_MM, STEP_MM, Box, printed_patches
from calibration.printed_card_finder import marker_bits

Paper = Literal["a4", "letter"]
PAGES: dict[Paper, tuple[float, float]] = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
_TOP_MM = 30.0
_INCH = 25.4

_STEPS = (
    'Print this page at 100 % ("actual size"), in colour, at the best quality, on matte white paper.',
    "Check with a ruler: the two scales on the card must be true.",
    "Let the ink dry for an hour. Cut along the thin line. Do not laminate it: gloss spoils the colours.",
    "Hold it beside the cheek, flat to the camera, in the same light as the face. Keep fingers off the fields; "
    "at least two of the black squares must be seen.",
    "Use the same card for the whole series. Keep it dark and dry; print a new one after three months.",
    "Better still: photograph it once beside a real colour card and run  rubor card --pair PHOTO  (see the manual). "
    "Until then this card follows changes; how red skin is on one day it can only say roughly.",
)


def write_card(path: Path, paper: Paper = "a4") -> None:
    """Write the page. Raises ``OSError`` when ``path`` cannot be written."""
    width, height = PAGES[paper]
    page = FPDF(unit="mm", format=(width, height))
    page.set_title("Rubor colour card")
    page.set_auto_page_break(False)
    page.add_page()
    drawing = _Drawing(page, (width - CARD.width) / 2 - CARD.x, _TOP_MM - CARD.y)
    drawing.outline()
    drawing.fields()
    drawing.markers()
    drawing.millimetres()
    drawing.inches()
    drawing.name(paper)
    _instructions(page, (width - CARD.width) / 2, _TOP_MM + CARD.height + 12)
    path.write_bytes(bytes(page.output()))


class _Drawing:
    """Draws in the card's own millimetres."""

    def __init__(self, page: FPDF, left: float, top: float) -> None:
        self.page, self.left, self.top = page, left, top

    def box(self, box: Box, style: str = "F") -> None:
        self.page.rect(self.left + box.x, self.top + box.y, box.width, box.height, style=style)

    def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        self.page.line(self.left + x1, self.top + y1, self.left + x2, self.top + y2)

    def text(self, x: float, y: float, words: str, size: float) -> None:
        self.page.set_font("Helvetica", size=size)
        self.page.text(self.left + x, self.top + y, words)

    def outline(self) -> None:
        self.page.set_draw_color(150)
        self.page.set_line_width(0.1)
        self.box(CARD, "D")

    def fields(self) -> None:
        patches = printed_patches()
        self.page.set_fill_color(0)
        self.box(GROUND)
        for index, (red, green, blue) in enumerate(patches.srgb.tolist()):
            row, column = divmod(index, 6)
            self.page.set_fill_color(red, green, blue)
            corner = -PATCH_MM / 2
            self.box(Box(column * STEP_MM + corner, row * STEP_MM + corner, PATCH_MM, PATCH_MM))

    def markers(self) -> None:
        for number, place in enumerate(MARKERS):
            bits = marker_bits(number)
            side = place.width / len(bits)
            self.page.set_fill_color(0)
            self.box(place)
            # White modules over a black square: no hairlines between black modules.
            self.page.set_fill_color(255)
            for row, column in zip(*bits.nonzero(), strict=True):
                self.box(Box(place.x + float(column) * side, place.y + float(row) * side, side, side))

    def millimetres(self) -> None:
        """100 mm below the fields."""
        self.page.set_draw_color(0)
        self.page.set_line_width(0.12)
        left, bottom = GROUND.x + (GROUND.width - 100) / 2, CARD.y + CARD.height
        for tick in range(101):
            length = 4.5 if tick % 10 == 0 else 3.2 if tick % 5 == 0 else 2.0
            self.line(left + tick, bottom, left + tick, bottom - length)
            if tick % 10 == 0:
                words = "0 mm" if tick == 0 else str(tick)
                self.text(left + tick - 1.0, bottom - 5.3, words, 6)

    def inches(self) -> None:
        """4 inches above the fields."""
        left, top = GROUND.x + (GROUND.width - 4 * _INCH) / 2, CARD.y
        for tick in range(4 * 16 + 1):
            length = 4.5 if tick % 16 == 0 else 3.2 if tick % 4 == 0 else 2.0
            x = left + tick * _INCH / 16
            self.line(x, top, x, top + length)
            if tick % 16 == 0:
                self.text(x - 0.7, top + 7.2, f"{tick // 16} in" if tick == 64 else str(tick // 16), 6)

    def name(self, paper: Paper) -> None:
        self.page.set_text_color(0)
        for x in (MARKERS[0].x, MARKERS[1].x):
            self.text(x, 22, "Rubor card", 8)
            self.text(x, 25.5, f"version {printed_patches().version}", 6.5)
            self.text(x, 29, f"printed on {'A4' if paper == 'a4' else 'Letter'}" if x < 0 else "this side up", 6)


def _instructions(page: FPDF, left: float, top: float) -> None:
    page.set_xy(left, top)
    page.set_font("Helvetica", style="B", size=12)
    page.cell(CARD.width, 7, "How to use this card")
    page.set_font("Helvetica", size=10)
    y = top + 10
    for number, step in enumerate(_STEPS, start=1):
        page.set_xy(left, y)
        page.cell(6, 5, f"{number}.")
        page.set_xy(left + 7, y)
        page.multi_cell(CARD.width - 7, 5, step, align="L")
        y = page.get_y() + 1.5
