"""The comparison of two photographs, ready to be drawn: pictures, numbers, and the page that holds them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.changes import regional_change
from analyzer.compare.aligned import Frame, Picture, cover_eyes, frame_of, landmarks_on, rendered, with_change
from analyzer.compare.canvas import HEIGHT, WIDTH, Canvas, PdfCanvas, PixelCanvas, png_of
from analyzer.compare.sides import Side, side
from analyzer.light_level import light_words
from analyzer.reading import FACE
from analyzer.surface.difference import ChangeMap, change_between
from analyzer.surface.picture import PALE, Scale, bar_pixels
from analyzer.words import region_name, say
from calibration.errors import writing

if TYPE_CHECKING:
    from PIL.Image import Image

    from analyzer.photo_analysis import Card

_INK, _QUIET, _LINE, _WARN = (24, 28, 36), (88, 96, 108), (214, 219, 226), (150, 72, 0)
_EDGE, _GAP, _TOP = 48, 30, 150
PICTURE_WIDTH = (WIDTH - 2 * _EDGE - 2 * _GAP) // 3
PICTURE_HEIGHT = 684
# Heads that are turned apart by more than this (degrees) show other light and other edges.
TURNED_APART = 8.0
# Scale bars of a whole number of centimetres, as long as fits into a third of the picture.
_BARS_CM = (5, 2, 1, 0.5)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two photographs side by side, and the change between them.

    ``pictures``: before, after, change; each (PICTURE_HEIGHT, PICTURE_WIDTH, 3) sRGB. ``delta_a`` is the change of
    the region's mean a* and ``delta_a_se`` its standard error; ``light`` is how much more light fell on it in the later
    one, beside its card (natural logarithm). ``two_people``: whether the photographs may well show two people; a
    question, for other light and years make one person's look like that, too.
    """

    sides: tuple[Side, Side]
    region: str
    pictures: tuple[Picture, Picture, Picture]
    frame: Frame
    change: ChangeMap
    scale: Scale
    delta_a: float
    delta_a_se: float
    light: float
    two_people: bool

    @property
    def doubt(self) -> str:
        """The sentence that asks whether both are of one person; empty where nothing speaks against it."""
        return say("compare.two_people") if self.two_people else ""

    @property
    def certain(self) -> bool:
        """Whether the change is more than twice its standard error."""
        return abs(self.delta_a) >= 2 * self.delta_a_se

    def image(self) -> Image:
        canvas = PixelCanvas()
        draw_page(canvas, self)
        return canvas.page

    def png(self) -> bytes:
        return png_of(self.image())

    def pdf(self) -> bytes:
        canvas = PdfCanvas(say("compare.title"))
        draw_page(canvas, self)
        return canvas.data()

    def save(self, path: Path) -> None:
        """A PNG or a PDF, by the ending of ``path``. Raises ``UsageError`` where it cannot be written."""
        data = self.pdf() if path.suffix.lower() == ".pdf" else self.png()
        with writing(path):
            path.write_bytes(data)


def comparison(
    before: Path | bytes,
    after: Path | bytes,
    region: str = FACE,
    anonymise: bool = False,
    titles: tuple[str, str] | None = None,
    card: Card = "auto",
    times: tuple[str, str] | None = None,
) -> Comparison:
    """Measure, align and render two photographs of one face.

    ``region`` is a name of ``analyzer.reading.LABELS``; ``anonymise`` covers the eyes and leaves dates out; ``titles``
    stand under the pictures, instead of the times that the files tell, and ``times`` below them. Nothing carries
    metadata. ``card`` is what :func:`calibration.detection.find_card` takes.
    Raises ``NotComparable`` when one of them cannot be measured or lacks the region.
    """
    words = [say("before_after.before"), say("before_after.after")]
    first, second = (
        side(source, title, word, region, anonymise, card, when)
        for source, title, word, when in zip(
            (before, after), titles or (None, None), words, times or (None, None), strict=True
        )
    )
    frame = frame_of((first, second), region, PICTURE_WIDTH, PICTURE_HEIGHT)
    change = change_between([first.face_map], second.face_map)
    scale = Scale.of(change)
    told = regional_change(first.reading, second.reading)
    shown = rendered((first, second), frame, told.light)
    points = [landmarks_on(one.measured, frame) for one in (first, second)]
    shown.append(with_change(shown[1], points[1], change, scale))
    if anonymise:
        for picture, place in zip(shown, (*points, points[1]), strict=True):
            cover_eyes(picture, place, brows=region == FACE)
    two = _may_be_two(first, second)
    # What stands under the second photograph is the first's redness and the change: two numbers that fit each other.
    second = replace(second, reading=replace(second.reading, a=first.reading.a + told.delta_a))
    sides, pictures = (first, second), (shown[0], shown[1], shown[2])
    return Comparison(sides, region, pictures, frame, change, scale, told.delta_a, told.delta_a_se, told.light, two)


def _may_be_two(first: Side, second: Side) -> bool:
    from analyzer.same_person import may_be_two_people
    from analyzer.skin_pattern import Patterns

    maps = [second.face_map]
    if not (first.calibrated and second.calibrated):  # without a card nobody knows which one was mirrored
        maps.append(second.face_map.mirrored())
    return all(may_be_two_people(first.photo, second.photo, Patterns({"1": first.face_map, "2": one})) for one in maps)


def draw_page(page: Canvas, what: Comparison) -> None:
    """Lay the comparison out: title and change on top, three pictures, what stands below each, and the small print."""
    page.text(_EDGE, 82, say("compare.title"), 54, _INK, bold=True)
    name = region_name(what.region)
    page.text(_EDGE, 124, name[:1].upper() + name[1:], 30, _QUIET)
    _headline(page, what)
    for column, picture in enumerate(what.pictures):
        page.picture(_left(column), _TOP, PICTURE_WIDTH, PICTURE_HEIGHT, picture)
    _scale_bars(page, what.frame)
    below = _TOP + PICTURE_HEIGHT
    for column, one in enumerate(what.sides):
        page.text(_left(column), below + 48, one.word, 36, _INK, bold=True)
        told = say("compare.redness", a=f"{one.reading.a:.1f}", margin=f"{2 * one.reading.a_se:.1f}")
        for line, words in enumerate(part for part in (one.when, told) if part):
            page.text(_left(column), below + 84 + 32 * line, words, 24, _QUIET)
    _legend(page, what, _left(2), below)
    _small_print(page, what)


def _left(column: int) -> int:
    return _EDGE + column * (PICTURE_WIDTH + _GAP)


def _headline(page: Canvas, what: Comparison) -> None:
    number = f"{what.delta_a:+.1f}".replace("-", "−")
    margin = f" ± {2 * what.delta_a_se:.1f} a*"
    right = WIDTH - _EDGE
    page.text(right, 92, margin, 44, _QUIET, anchor="r")
    page.text(right - page.measure(margin, 44), 92, number, 84, _INK, bold=True, anchor="r")
    name = "noise" if not what.certain else "less" if what.delta_a < 0 else "more"
    page.text(right, 130, say(f"compare.{name}"), 26, _QUIET, anchor="r")


def _scale_bars(page: Canvas, frame: Frame) -> None:
    """A bar of whole centimetres in each photograph, readable on any skin; its white part is the length."""
    length = next((one for one in _BARS_CM if one * frame.per_cm < PICTURE_WIDTH / 3), _BARS_CM[-1])
    label, width = f"{length:g} cm", length * frame.per_cm
    for column in (0, 1):
        x, y = _left(column) + 24, _TOP + PICTURE_HEIGHT - 34
        page.box(x - 10, y - 42, max(width, page.measure(label, 26, bold=True)) + 20, 60, (0, 0, 0))
        page.box(x, y, width, 8, (255, 255, 255))
        page.text(x, y - 12, label, 26, (255, 255, 255), bold=True)


def _legend(page: Canvas, what: Comparison, left: float, below: float) -> None:
    word = say("compare.change")
    page.text(left, below + 48, word, 36, _INK, bold=True)
    bar, top = min(330, PICTURE_WIDTH - round(page.measure(word, 36, bold=True)) - 30), below + 22
    start = left + PICTURE_WIDTH - bar
    page.picture(start, top, bar, 24, bar_pixels(what.scale, bar, 24))
    end = f"{what.scale.end:.0f}"
    for x, words, anchor in ((start, f"−{end}", "l"), (start + bar / 2, "0", "m"), (start + bar, f"+{end} a*", "r")):
        page.text(x, top + 50, words, 22, _QUIET, anchor=anchor)
    page.box(left, below + 104, 28, 20, _QUIET)
    page.box(left + 1, below + 105, 26, 18, PALE)
    page.text(left + 40, below + 122, say("compare.pale"), 21, _QUIET)


def _small_print(page: Canvas, what: Comparison) -> None:
    warnings = _warnings(what)
    method = "method" if all(one.calibrated for one in what.sides) else "method_without_card"
    lines = [*((words, _WARN) for words in warnings), (say(f"compare.{method}"), _QUIET)]
    y = HEIGHT - 24 - 30 * (len(lines) - 1) - 34
    for words, colour in lines:
        page.text(_EDGE, y, words, 21, colour, bold=colour == _WARN)
        y += 30
    page.text(_EDGE, HEIGHT - 24, say("compare.no_diagnosis"), 21, _INK, bold=True)
    page.text(WIDTH - _EDGE, HEIGHT - 24, "Rubor", 21, _QUIET, anchor="r")


def _warnings(what: Comparison) -> list[str]:
    """What a reader has to know before believing the pictures, in two lines at most."""
    told = [what.doubt] if what.two_people else []
    if missing := [one.word for one in what.sides if not one.calibrated]:
        told.append(say("compare.no_card", which=", ".join(missing)))
    if filmed := [one.word for one in what.sides if not one.bare]:
        told.append(say("compare.not_bare", which=", ".join(filmed)))
    first, second = (one.measured.face for one in what.sides)
    apart = max(abs(first.yaw - second.yaw), abs(first.pitch - second.pitch))
    if apart > TURNED_APART:
        told.append(say("compare.turned", degrees=f"{apart:.0f}"))
    if not missing and (words := light_words("compare", what.light)):
        told.append(words)
    if len(told) > 2 and what.two_people:
        return [told[0], " ".join(told[1:3])]
    return [" ".join(told[:-1]), told[-1]] if len(told) > 2 else told
