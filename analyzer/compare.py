"""Before and after: two photographs of one face, aligned, cropped alike, at one scale and in one light."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.errors import NotComparable
from analyzer.pipeline import Measured, PhotoAnalysis, analyze_photo, analyze_photo_bytes
from analyzer.reading import FACE, LABELS, RegionReading
from analyzer.resources import BOLD, REGULAR, font_file
from calibration.cielab import encode_srgb, lab_to_xyz, xyz_to_linear_srgb

if TYPE_CHECKING:
    from PIL.Image import Image

# Width of one of the two pictures, in pixels: sharp on a slide, small in a mail.
PICTURE_WIDTH = 800
# Room around the face or the region, as a share of its size.
_MARGIN = 0.12
_GAP, _CAPTION = 16, 132
_INK, _PAPER, _QUIET = (28, 32, 38), (255, 255, 255), (92, 99, 110)
# What moves least when a face smiles or speaks.
_STEADY = mesh.LEFT_EYE + mesh.RIGHT_EYE + mesh.NOSE
# The bar over the eyes reaches this share of the distance between the outer corners beyond them.
_BAR_REACH, _BAR_HEIGHT = 0.35, 0.42


@dataclass(frozen=True)
class Side:
    """One of the two photographs, measured, and the words under it."""

    analysis: PhotoAnalysis
    measured: Measured
    title: str


def compare_pictures(
    before: Path | bytes,
    after: Path | bytes,
    region: str = FACE,
    anonymise: bool = False,
    titles: tuple[str, str] | None = None,
) -> Image:
    """The two photographs side by side: aligned by the face, same crop, same scale, both as they would look in D65.

    ``region`` is a name of ``analyzer.reading.LABELS``; ``anonymise`` covers the eyes; ``titles`` stand under the
    pictures, instead of the times that the files tell. The picture carries no metadata.
    Raises ``NotComparable`` when one of them cannot be measured or lacks the region.
    """
    before_title, after_title = titles or (None, None)
    first = _side(before, before_title, "Before", region)
    second = _side(after, after_title, "After", region)
    frame = _frame(first.measured, region)
    pictures = [_rendered(side, frame, anonymise) for side in (first, second)]
    return _page(pictures, (first, second), region)


def save_comparison(picture: Image, path: Path) -> None:
    """Write a PNG or a PDF, by the ending of ``path``."""
    if path.suffix.lower() == ".pdf":
        picture.save(path, "PDF", resolution=150.0, title="Before and after", producer="Rubor")
    else:
        picture.save(path, "PNG", optimize=True)


def _side(source: Path | bytes, title: str | None, word: str, region: str) -> Side:
    if isinstance(source, Path):
        analysis, name = analyze_photo(source), f"The photograph {source.name}"
    else:
        analysis, name = analyze_photo_bytes(source, title or word), f"The photograph “{title or word}”"
    if analysis.measured is None or not analysis.reading.usable:
        reasons = " ".join(one.sentence for one in analysis.reading.problems if one.severity == "reject")
        raise NotComparable(f"{name} cannot be compared. {reasons}")
    if region not in analysis.reading.regions:
        raise NotComparable(f"{name} shows too little bare skin of the {region.replace('_', ' ')} to compare it.")
    taken = analysis.reading.captured_at
    told = f"{word}, {taken:%d %B %Y, %H:%M}" if taken else word
    return Side(analysis, analysis.measured, title or told)


@dataclass(frozen=True, eq=False)
class Frame:
    """What is shown of the reference face, with its eyes level.

    ``landmarks`` (478, 2) of the reference in pixels of the picture, whose size is ``width`` by ``height``.
    """

    landmarks: NDArray[np.float64]
    width: int
    height: int


def _frame(reference: Measured, region: str) -> Frame:
    points = reference.face.landmarks[:, :2]
    right, left = (points[list(eye)].mean(axis=0) for eye in (mesh.RIGHT_EYE, mesh.LEFT_EYE))
    across, down = (left - right) / np.linalg.norm(left - right)
    level = np.array([[across, down], [-down, across]])
    shown = points if region == FACE else np.argwhere(reference.labels == LABELS[region])[:, ::-1].astype(float)
    low, high = (shown @ level.T).min(axis=0), (shown @ level.T).max(axis=0)
    room = _MARGIN * (high - low).max()
    width, height = high - low + 2 * room
    scale = PICTURE_WIDTH / width
    return Frame((points @ level.T - (low - room)) * scale, PICTURE_WIDTH, round(height * scale))


def _rendered(side: Side, frame: Frame, anonymise: bool) -> NDArray[np.uint8]:
    """The photograph moved onto the frame's face and rendered in D65."""
    import cv2

    points = side.measured.face.landmarks[:, :2]
    matrix = _similarity(points, frame.landmarks)
    size = (frame.width, frame.height)
    linear = cv2.warpAffine(side.measured.linear, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    lab = side.measured.calibration.to_lab(np.asarray(linear, np.float32))
    shown = np.round(255 * encode_srgb(xyz_to_linear_srgb(lab_to_xyz(lab)))).astype(np.uint8)
    if anonymise:
        _cover_eyes(shown, points @ matrix[:, :2].T + matrix[:, 2])
    return shown


def _similarity(points: NDArray[np.float64], onto: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, 3) turn, scale and shift that best moves the steady landmarks onto the reference's (Umeyama 1991)."""
    source, target = points[list(_STEADY)], onto[list(_STEADY)]
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    along = float((a * b).sum())
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    turn = np.array([[along, -across], [across, along]]) / float((a**2).sum())
    return np.column_stack([turn, target.mean(axis=0) - turn @ source.mean(axis=0)])


def _cover_eyes(picture: NDArray[np.uint8], points: NDArray[np.float64]) -> None:
    import cv2

    right, left = points[list(mesh.RIGHT_EYE)], points[list(mesh.LEFT_EYE)]
    start, end = right.mean(axis=0), left.mean(axis=0)
    along = end - start
    span = float(np.ptp(np.concatenate([left, right]) @ (along / np.linalg.norm(along))))
    direction = along / np.linalg.norm(along)
    across = np.array([-direction[1], direction[0]])
    middle = (start + end) / 2
    half_width = direction * span * (0.5 + _BAR_REACH)
    half_height = across * span * _BAR_HEIGHT / 2
    bar = [middle + x * half_width + y * half_height for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    cv2.fillConvexPoly(picture, np.round(np.array(bar)).astype(np.int32), (0, 0, 0))


def _page(pictures: list[NDArray[np.uint8]], sides: tuple[Side, Side], region: str) -> Image:
    from PIL import Image, ImageDraw, ImageFont

    height = pictures[0].shape[0]
    page = Image.new("RGB", (2 * PICTURE_WIDTH + 3 * _GAP, height + 2 * _GAP + _CAPTION), _PAPER)
    draw = ImageDraw.Draw(page)
    title, text = ImageFont.truetype(font_file(BOLD), 26), ImageFont.truetype(font_file(REGULAR), 20)
    for column, (picture, side) in enumerate(zip(pictures, sides, strict=True)):
        left = _GAP + column * (PICTURE_WIDTH + _GAP)
        page.paste(Image.fromarray(picture), (left, _GAP))
        draw.text((left, height + 1.7 * _GAP), side.title, _INK, title)
        draw.text((left, height + 4.4 * _GAP), _redness(side.analysis.reading.regions[region], region), _QUIET, text)
    draw.text((_GAP, height + 6.6 * _GAP), _difference(sides, region), _INK, text)
    return page


def _redness(region: RegionReading, name: str) -> str:
    return f"{name.replace('_', ' ')}: a* {region.a:.1f} ± {2 * region.a_se:.1f}"


def _difference(sides: tuple[Side, Side], region: str) -> str:
    before, after = (side.analysis.reading.regions[region] for side in sides)
    delta, se = after.a - before.a, float(np.hypot(before.a_se, after.a_se))
    words = f"Difference in redness: {delta:+.1f} ± {2 * se:.1f} a* (95 %)."
    if abs(delta) < 2 * se:
        words += " That is no more than measurement alone can differ."
    if not all(side.measured.calibration.found for side in sides):
        words += " Without a card in both pictures, colours are only roughly known."
    return words
