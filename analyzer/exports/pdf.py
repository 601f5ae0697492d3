"""The report as a PDF: tagged text, embedded fonts, no photograph."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from fpdf import FPDF

from analyzer.exports.page import Page
from analyzer.resources import BOLD, REGULAR, font_file
from analyzer.words import say, table
from calibration.language import language

_FAMILY = "DejaVu"
_INK, _QUIET, _SHADE = (28, 32, 38), (86, 93, 104), (238, 242, 246)
# Millimetres: an A4 page with 18 mm margins.
_MARGIN, _LINE, _WIDTH = 18, 5.6, 174
_COLUMN_SHARES = (8, 26, 10, 20, 16, 20, 16)


def pdf_report(page: Page, chart_png: bytes) -> bytes:
    """The whole file."""
    pdf, status = _Paper(page.title), page.verdict["status"]
    pdf.title_line(page.title, page.treated)
    pdf.box(page.verdict["standing"])
    pdf.box(f"{say(f'status.{status}')}. {page.verdict['summary']}", bold=True)
    for line in [page.verdict.get("ask"), *(f"{flag['message']} {flag['detail']}" for flag in page.verdict["flags"])]:
        if line:
            pdf.paragraph(line)
    pdf.image(BytesIO(chart_png), w=_WIDTH, alt_text=say("trend.alt"))
    pdf.days(page.days)
    pdf.listed(say("report.claims"), page.claims)
    pdf.listed(say("report.problems"), page.problems)
    pdf.paragraph(say("report.note").strip(), quiet=True)
    return bytes(pdf.output())


class _Paper(FPDF):
    """A4 with the report's fonts and a page number."""

    def __init__(self, title: str) -> None:
        super().__init__(format="A4", unit="mm")
        self.set_margin(_MARGIN)
        self.set_auto_page_break(True, _MARGIN)
        self.set_title(title)
        self.set_creator("Rubor")
        self.set_lang(language())
        for style, name in (("", REGULAR), ("B", BOLD)):
            self.add_font(_FAMILY, style, font_file(name))
        self.add_page()

    def footer(self) -> None:
        self.set_y(-_MARGIN + 4)
        self._write_in(8, _QUIET)
        self.cell(0, 4, f"{self.page_no()}", align="R")

    def title_line(self, title: str, treated: str) -> None:
        self._write_in(16, _INK, bold=True)
        self.multi_cell(0, 8, title, new_x="LMARGIN", new_y="NEXT")
        self.paragraph(treated, quiet=True)

    def box(self, text: str, *, bold: bool = False) -> None:
        self._write_in(10, _INK, bold=bold)
        self.set_fill_color(*_SHADE)
        self.multi_cell(0, _LINE, text, fill=True, padding=2, align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(2)

    def paragraph(self, text: str, *, quiet: bool = False) -> None:
        self._write_in(9.5, _QUIET if quiet else _INK)
        self.multi_cell(0, _LINE, text, align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(1.5)

    def listed(self, title: str, lines: Sequence[str]) -> None:
        if not lines:
            return
        self._write_in(11, _INK, bold=True)
        self.cell(0, 8, title, new_x="LMARGIN", new_y="NEXT")
        for line in lines:
            self.paragraph(f"• {line}")

    def days(self, rows: Sequence[Sequence[str]]) -> None:
        self._write_in(8.5, _INK)
        self.ln(2)
        with self.table(
            col_widths=_COLUMN_SHARES,
            line_height=_LINE,
            borders_layout="HORIZONTAL_LINES",
            width=_WIDTH,
            text_align="LEFT",
        ) as days:
            for cells in (table("report.columns").values(), *rows):
                row = days.row()
                for cell in cells:
                    row.cell(cell)
        self.ln(2)

    def _write_in(self, size: float, colour: tuple[int, int, int], *, bold: bool = False) -> None:
        self.set_font(_FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)
