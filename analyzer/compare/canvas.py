"""One page to draw on, as pixels or as a PDF with real text: the same places, in units of a 1920 x 1080 page."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from analyzer.resources import BOLD, REGULAR, font_file

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH, HEIGHT = 1920, 1080
Colour = tuple[int, int, int]
Pixels = NDArray[np.uint8]
# A date that no text on the page can be taken for, and how it stands in the file.
_NO_DATE = datetime(1970, 1, 2, 3, 4, 5, tzinfo=UTC)
_DATE = re.compile(rb"/CreationDate \(D:19700102030405[^)]*\)")


class Canvas(Protocol):
    """Text stands on its base line; ``anchor`` says which end ``x`` is: l(eft), m(iddle) or r(ight)."""

    def text(
        self, x: float, y: float, words: str, size: float, colour: Colour, *, bold: bool = False, anchor: str = "l"
    ) -> None: ...

    def measure(self, words: str, size: float, *, bold: bool = False) -> float: ...

    def picture(self, x: float, y: float, width: float, height: float, pixels: Pixels) -> None: ...

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None: ...


class PixelCanvas:
    """The page as a picture."""

    def __init__(self) -> None:
        from PIL import Image, ImageDraw

        self.page = Image.new("RGB", (WIDTH, HEIGHT), (255, 255, 255))
        self._draw = ImageDraw.Draw(self.page)

    def text(
        self, x: float, y: float, words: str, size: float, colour: Colour, *, bold: bool = False, anchor: str = "l"
    ) -> None:
        self._draw.text((x, y), words, colour, _font(size, bold), anchor=f"{anchor}s")

    def measure(self, words: str, size: float, *, bold: bool = False) -> float:
        return float(_font(size, bold).getlength(words))

    def picture(self, x: float, y: float, width: float, height: float, pixels: Pixels) -> None:
        from PIL import Image

        shown = Image.fromarray(pixels)
        if shown.size != (round(width), round(height)):
            shown = shown.resize((round(width), round(height)), Image.Resampling.LANCZOS)
        self.page.paste(shown, (round(x), round(y)))

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self._draw.rectangle((round(x), round(y), round(x + width) - 1, round(y + height) - 1), fill=colour)


class PdfCanvas:
    """The page as a 16:9 PDF sheet as wide as a slide (13.33 inches), its text as text."""

    _MM = 338.667 / WIDTH

    def __init__(self, title: str) -> None:
        from fpdf import FPDF

        self._pdf = FPDF(unit="mm", format=(HEIGHT * self._MM, WIDTH * self._MM))
        self._pdf.set_auto_page_break(False)
        self._pdf.set_margin(0)
        self._pdf.set_title(title)
        self._pdf.set_producer("Rubor")
        self._pdf.set_creation_date(_NO_DATE)
        for style, name in (("", REGULAR), ("B", BOLD)):
            self._pdf.add_font("DejaVu", style, font_file(name))
        self._pdf.add_page(orientation="landscape")

    def text(
        self, x: float, y: float, words: str, size: float, colour: Colour, *, bold: bool = False, anchor: str = "l"
    ) -> None:
        shift = {"l": 0.0, "m": 0.5, "r": 1.0}[anchor] * self.measure(words, size, bold=bold)
        self._pdf.set_text_color(*colour)
        self._pdf.text((x - shift) * self._MM, y * self._MM, words)

    def measure(self, words: str, size: float, *, bold: bool = False) -> float:
        self._pdf.set_font("DejaVu", "B" if bold else "", size * self._MM * 72 / 25.4)
        return float(self._pdf.get_string_width(words)) / self._MM

    def picture(self, x: float, y: float, width: float, height: float, pixels: Pixels) -> None:
        from PIL import Image

        mm = self._MM
        self._pdf.image(Image.fromarray(pixels), x=x * mm, y=y * mm, w=width * mm, h=height * mm)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self._pdf.set_fill_color(*colour)
        self._pdf.rect(x * self._MM, y * self._MM, width * self._MM, height * self._MM, style="F")

    def data(self) -> bytes:
        """The file, without the date that every PDF is given: a page that hides who and when must not tell it so."""
        written = bytes(self._pdf.output())
        return _DATE.sub(lambda found: b" " * len(found[0]), written)


def _font(size: float, bold: bool):  # type: ignore[no-untyped-def]  # Pillow's font types differ by build
    from PIL import ImageFont

    return ImageFont.truetype(font_file(BOLD if bold else REGULAR), size)


def png_of(page: Image) -> bytes:
    """The page as a PNG without metadata."""
    out = io.BytesIO()
    page.save(out, "PNG", optimize=True)
    return out.getvalue()
