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
    titles: tuple[str, str] = ("Before", "After"),
) -> Image:
    """The two photographs side by side: aligned by the face, same crop, same scale, both as they would look in D65.

    ``region`` is a name of ``analyzer.reading.LABELS``; ``anonymise`` covers the eyes. The picture carries no metadata.
    Raises ``NotComparable`` when one of them cannot be measured or lacks the region.
    """
    first, second = (_side(*pair, region) for pair in zip((before, after), titles, strict=True))
    window = _window(first.measured, region)
    pictures = [_rendered(side, first.measured, window, anonymise) for side in (first, second)]
    return _page(pictures, (first, second), region)


def save_comparison(picture: Image, path: Path) -> None:
    """Write a PNG or a PDF, by the ending of ``path``."""
    if path.suffix.lower() == ".pdf":
        picture.save(path, "PDF", resolution=150.0, title="Before and after", producer="Rubor")
    else:
        picture.save(path, "PNG", optimize=True)


def _side(source: Path | bytes, title: str, region: str) -> Side:
    if isinstance(source, Path):
        analysis, name = analyze_photo(source), f"The photograph {source.name}"
    else:
        analysis, name = analyze_photo_bytes(source, title), f"The photograph “{title}”"
    if analysis.measured is None or not analysis.reading.usable:
        reasons = " ".join(one.sentence for one in analysis.reading.problems if one.severity == "reject")
        raise NotComparable(f"{name} cannot be compared. {reasons}")
    if region not in analysis.reading.regions:
        raise NotComparable(f"{name} shows too little bare skin of the {region.replace('_', ' ')} to compare it.")
    return Side(analysis, analysis.measured, title)


def _window(measured: Measured, region: str) -> tuple[float, float, float, float]:
    """Left, top, width and height of what is shown, in pixels of the first photograph's working picture."""
    if region == FACE:
        points = measured.face.landmarks[:, :2]
    else:
        points = np.argwhere(measured.labels == LABELS[region])[:, ::-1].astype(float)
    low, high = points.min(axis=0), points.max(axis=0)
    room = _MARGIN * (high - low).max()
    left, top = low - room
    width, height = high - low + 2 * room
    return float(left), float(top), float(width), float(height)


def _rendered(
    side: Side, reference: Measured, window: tuple[float, float, float, float], anonymise: bool
) -> NDArray[np.uint8]:
    """The window of the photograph, moved onto the reference face and rendered in D65."""
    import cv2

    left, top, width, height = window
    scale = PICTURE_WIDTH / width
    to_reference = _similarity(side.measured.face.landmarks[:, :2], reference.face.landmarks[:, :2])
    to_picture = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    matrix = to_picture @ np.vstack([to_reference, [0, 0, 1]])
    size = (PICTURE_WIDTH, round(height * scale))
    linear = cv2.warpAffine(side.measured.linear, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    lab = side.measured.calibration.to_lab(np.asarray(linear, np.float32))
    shown = np.round(255 * encode_srgb(xyz_to_linear_srgb(lab_to_xyz(lab)))).astype(np.uint8)
    if anonymise:
        _cover_eyes(shown, side.measured.face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2])
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
    title, text = ImageFont.load_default(30), ImageFont.load_default(22)
    for column, (picture, side) in enumerate(zip(pictures, sides, strict=True)):
        left = _GAP + column * (PICTURE_WIDTH + _GAP)
        page.paste(Image.fromarray(picture), (left, _GAP))
        reading = side.analysis.reading
        taken = f"{reading.captured_at:%d %B %Y, %H:%M}" if reading.captured_at else "time unknown"
        draw.text((left, height + 1.6 * _GAP), f"{side.title} - {taken}", _INK, title)
        draw.text((left, height + 4.4 * _GAP), _redness(reading.regions[region], region), _QUIET, text)
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
