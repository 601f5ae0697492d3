"""The outline of the last good photograph, to lay over the camera's picture: the same place, size and turn again."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from analyzer import mesh

if TYPE_CHECKING:
    from analyzer.photo_analysis import PhotoAnalysis

# The longer side of the picture that is made, in pixels: enough for a phone's screen, quick to send.
LONGEST = 1200
# Lines are drawn twice, dark under light, so that they are seen on any skin and any wall.
DARK, LIGHT = (20, 20, 20, 150), (255, 255, 255, 230)
PARTS = (mesh.OVAL, mesh.LEFT_EYE, mesh.RIGHT_EYE, mesh.LIPS)


def ghost(analysis: PhotoAnalysis, *, mirrored: bool = False) -> bytes:
    """An RGBA PNG of the photograph's shape, clear but for the outlines of face, eyes, mouth and card.

    ``mirrored``: flipped, for a front camera's preview, which shows the face as a mirror does. Nothing of the
    photograph itself is in it. Raises ``ValueError`` where nothing was measured.
    """
    from PIL import Image, ImageDraw

    measured, photo = analysis.measured, analysis.photo
    if measured is None or photo is None:
        raise ValueError("an outline needs a photograph that was measured")
    shrink = max(1.0, max(photo.width, photo.height) / LONGEST)
    size = (max(1, round(photo.width / shrink)), max(1, round(photo.height / shrink)))
    outlines = [measured.face.landmarks[list(part), :2] * (measured.factor / shrink) for part in PARTS]
    corners = (analysis.reading.calibration or {}).get("corners")
    lines = [[(float(x), float(y)) for x, y in outline] for outline in outlines]
    if corners:
        lines.append([(x / shrink, y / shrink) for x, y in corners])
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    thick = max(2, round(max(size) / 300))
    for colour, width in ((DARK, 2 * thick), (LIGHT, thick)):
        for line in lines:
            pen.line([*line, *line[:2]], fill=colour, width=width, joint="curve")
    if mirrored:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
