"""One photograph's skin on the map: calibrated CIELAB of every texel that was seen."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.face import fit_average_face
from analyzer.skin import bare_skin
from analyzer.surface.layout import SIDE, Floats, Layout, Mask, layout, outline_mask

if TYPE_CHECKING:
    from analyzer.measured import Measured

SCHEMA = "rubor.facemap/1"

# A texel that looks away from the camera by more than this is seen at a grazing angle: too few pixels, and shine.
MOST_AWAY_DEG = 68.0
# A code is a step of so much, from this value on: finer than the noise of a texel by far.
_STEP = np.array([0.4, 0.25, 0.25], np.float32)
_FIRST = np.array([0.0, -16.0, -16.0], np.float32)
# The human iris is 11.7 mm wide (SD 0.42 in adults); with the scatter of its landmarks this much in ln(size) ...
IRIS_CM, _IRIS_SD = 1.17, 0.055
# ... against the spread of adults' head sizes about the average face.
_HEAD_SD = 0.06
_IRISES = ((469, 471), (474, 476))
# What the smoothing of a texel's colour takes out, in texels: finer than any patch of skin, coarser than JPEG's noise.
_SMOOTH = 0.7
# Regions are judged in the photograph itself; in between, the map is judged, on a face of so many texels: it loses less
# to noise and shine than the photograph would.
_EYE_TEXELS = 0.28 * SIDE
# How the stored map's alpha tells skin that is seen from what is only uncovered.
_SEEN, _UNCOVERED = 255, 128
# Gaps larger than this in the skin stay gaps.
_LARGEST_GAP_CM2 = 2.0
_SEEDS = (mesh.FOREHEAD, mesh.LEFT_CHEEK, mesh.RIGHT_CHEEK, mesh.NOSE)


@dataclass(frozen=True)
class Comparing:
    """How a map is compared with others of the same person (``calibration.change_scale``), by the face's mean ``L`` and
    ``a``.

    ``shift`` is added to its a*, ``se`` is the standard error that the calibration gives it then, ``gain`` what a rise
    to it is multiplied with.
    """

    shift: float
    se: float
    gain: float
    L: float
    a: float


@dataclass(frozen=True, eq=False)
class FaceMap:
    """Calibrated CIELAB of one photograph on the map.

    ``codes`` (SIDE, SIDE, 3) uint8 holds L*, a*, b* of the whole mesh in steps of 0.4, 0.25 and 0.25 (see ``lab``).
    ``seen`` (SIDE, SIDE): bare skin that faces the camera. ``uncovered``: where the face does so and nothing was found
    to lie over it, be it bare skin, shade or shine; None where that was not kept. ``pixels_per_cm``: scale of the
    photograph at the face, from the width of the irises; ``size``: the person's face against the average one.
    ``a_se``: standard error of a* that the calibration gives all texels alike; ``comparing``: the same beside other
    maps, None where that was not kept. ``calibrated``: whether colours rest on a card. Left and right are the person's
    own: the map's left is the person's right, also from a mirrored photograph.
    """

    codes: NDArray[np.uint8]
    seen: Mask
    pixels_per_cm: float
    size: float
    a_se: float
    calibrated: bool
    uncovered: Mask | None = None
    comparing: Comparing | None = None

    @property
    def lab(self) -> NDArray[np.float32]:
        """(SIDE, SIDE, 3) CIELAB; of no meaning outside of the mesh."""
        return np.asarray(self.codes * _STEP + _FIRST, np.float32)

    @property
    def texel_area(self) -> NDArray[np.float32]:
        """(SIDE, SIDE): the size of each texel of this person's skin in cm2; 0 outside of the mesh."""
        return np.asarray(layout().area * np.float32(self.size**2), np.float32)

    def mirrored(self) -> FaceMap:
        """The map as it is if the photograph was taken in a mirror."""
        codes, seen = np.ascontiguousarray(self.codes[:, ::-1]), np.ascontiguousarray(self.seen[:, ::-1])
        uncovered = None if self.uncovered is None else np.ascontiguousarray(self.uncovered[:, ::-1])
        return replace(self, codes=codes, seen=seen, uncovered=uncovered)

    def to_bytes(self) -> bytes:
        """The map as a PNG, with everything else as text in it; less than 100 kB.

        Alpha is 255 where skin is seen, and half of that where the face is only uncovered.
        """
        from PIL import Image
        from PIL.PngImagePlugin import PngInfo

        about = {
            "schema": SCHEMA,
            "pixels_per_cm": self.pixels_per_cm,
            "size": self.size,
            "a_se": self.a_se,
            "calibrated": self.calibrated,
            "uncovered": self.uncovered is not None,
            "comparing": self.comparing and asdict(self.comparing),
        }
        text = PngInfo()
        text.add_text("rubor", json.dumps(about))
        half = self.seen if self.uncovered is None else self.uncovered
        pixels = np.dstack([self.codes, np.where(self.seen, _SEEN, np.where(half, _UNCOVERED, 0)).astype(np.uint8)])
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG", pnginfo=text, optimize=True)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> FaceMap:
        """Read back what :meth:`to_bytes` wrote; ``ValueError`` for anything else."""
        from PIL import Image

        try:
            with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
                about: Any = json.loads(str(picture.info.get("rubor", "null")))
                pixels = np.asarray(picture)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise ValueError("not a face map") from error
        if not isinstance(about, dict) or about.get("schema") != SCHEMA or pixels.shape != (SIDE, SIDE, 4):
            raise ValueError(f"not a {SCHEMA} map")
        try:
            per_cm, size, a_se = (float(about[key]) for key in ("pixels_per_cm", "size", "a_se"))
            comparing = _comparing(about.get("comparing"))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a whole {SCHEMA} map") from error
        codes = np.ascontiguousarray(pixels[..., :3])
        uncovered = pixels[..., 3] >= _UNCOVERED if about.get("uncovered") else None
        seen, calibrated = pixels[..., 3] == _SEEN, bool(about.get("calibrated"))
        return cls(codes, seen, per_cm, size, a_se, calibrated, uncovered, comparing)


def _comparing(told: Any) -> Comparing | None:
    """What a stored map tells; None where it was kept by a version that told less."""
    names = [one.name for one in fields(Comparing)]
    if not isinstance(told, dict) or any(name not in told for name in names):
        return None
    return Comparing(*(float(told[name]) for name in names))


def map_face(measured: Measured, mean: Floats) -> FaceMap:
    """Lay a measured photograph's skin flat (some 30 ms). ``mean`` (3,): the face's mean CIELAB."""
    chart = layout()
    landmarks = measured.face.landmarks
    rotation, _ = fit_average_face(landmarks)
    per_average_cm = _scale(landmarks[: mesh.SKIN_POINTS], rotation)
    size = _size(landmarks, per_average_cm)
    where = chart.spread(landmarks[: mesh.SKIN_POINTS, :2])
    linear = _sampled(measured.linear, where, chart, per_average_cm)
    seen, uncovered = _seen(measured, chart, where, linear, rotation)
    lab = np.zeros((SIDE, SIDE, 3), np.float32)
    places = where[chart.inside] * measured.factor + (measured.factor - 1) / 2
    lab[chart.inside] = measured.calibration.to_lab(linear[chart.inside], places)
    seen |= _red_patches(seen, chart.skin, lab, size)
    codes = np.clip(np.round((lab - _FIRST) / _STEP), 0, 255).astype(np.uint8)
    per_cm = per_average_cm * measured.factor / size
    calibration = measured.calibration
    a_se, scale = calibration.a_se(mean), calibration.for_changes(mean)
    lightness, a_star = float(mean[0]), float(mean[1])
    told = (scale.a - a_star, scale.a_se, scale.gain, lightness, a_star)
    comparing = Comparing(*(round(one, 3) for one in told))
    found = calibration.found
    laid = FaceMap(codes, seen, round(per_cm, 2), round(size, 4), round(a_se, 3), found, uncovered | seen, comparing)
    return laid.mirrored() if measured.calibration.mirrored else laid


def _scale(points: Floats, rotation: Floats) -> float:
    """Pixels per centimetre of the average face laid over ``points`` (468, 3)."""
    average = mesh.average_face()
    weights = average.weights / average.weights.sum()
    seen = points * [1.0, -1.0, -1.0]
    seen = seen - weights @ seen
    model = (average.points - weights @ average.points) @ rotation.T
    return float((weights @ (seen * model).sum(axis=1)) / (weights @ (model**2).sum(axis=1)))


def _size(landmarks: Floats, per_average_cm: float) -> float:
    """This face against the average one: what the irises say, as far as they can be trusted."""
    widths = [float(np.hypot(*(landmarks[one, :2] - landmarks[other, :2]))) for one, other in _IRISES]
    iris = float(np.mean(widths)) / IRIS_CM  # pixels per centimetre
    trust = _HEAD_SD**2 / (_HEAD_SD**2 + _IRIS_SD**2)
    return float(np.clip((per_average_cm / max(iris, 1e-6)) ** trust, 0.75, 1.3))


def _sampled(linear: NDArray[np.float32], where: Floats, chart: Layout, per_average_cm: float) -> NDArray[np.float32]:
    """The photograph's linear RGB on every texel, averaged over about the texel's size."""
    shrink = max(1, round(per_average_cm * chart.texel_cm))
    left, top = np.maximum(np.floor(where[chart.inside].min(axis=0)).astype(int) - 4 * shrink, 0)
    right, bottom = np.ceil(where[chart.inside].max(axis=0)).astype(int) + 4 * shrink
    view = linear[top:bottom, left:right]
    if shrink > 1:
        height, width = view.shape[0] // shrink, view.shape[1] // shrink
        view = view[: height * shrink, : width * shrink]
        view = np.asarray(cv2.resize(view, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    at = ((where - [left, top] + 0.5) / shrink - 0.5).astype(np.float32)
    taken = cv2.remap(view, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(taken, (0, 0), _SMOOTH), np.float32)


def _seen(
    measured: Measured, chart: Layout, where: Floats, linear: NDArray[np.float32], rotation: Floats
) -> tuple[Mask, Mask]:
    """Where bare skin is seen, and where the face is uncovered."""
    facing = chart.normals @ rotation[2] > np.cos(np.radians(MOST_AWAY_DEG))
    height, width = measured.labels.shape
    at = np.round(where).astype(int)
    framed = (at[..., 0] >= 0) & (at[..., 0] < width) & (at[..., 1] >= 0) & (at[..., 1] < height)
    x, y = np.clip(at[..., 0], 0, width - 1), np.clip(at[..., 1], 0, height - 1)
    area = chart.skin & facing & framed
    region = area & outline_mask(tuple(mesh.OUTLINES.values()))
    uncovered = area & ~measured.cover[y, x]
    bare = bare_skin(linear, uncovered, uncovered & outline_mask(_SEEDS), _EYE_TEXELS)
    skin = np.where(region, measured.labels[y, x] > 0, bare).astype(np.uint8)
    # Outlines leave seams of a texel between the regions and the rest.
    closed = cv2.morphologyEx(skin, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    return np.asarray(area & (closed > 0), np.bool_), np.asarray(uncovered, np.bool_)


def _red_patches(seen: Mask, skin: Mask, lab: NDArray[np.float32], size: float) -> Mask:
    """Small gaps in the skin that are as red as the skin around them and no brighter: a spot, not shine or hair.

    What differs from its surroundings is no bare skin for the regions' means; on the map it may be what matters.
    """
    count, places, stats, _ = cv2.connectedComponentsWithStats((skin & ~seen).astype(np.uint8), connectivity=4)
    gaps = np.zeros_like(seen)
    known = seen.astype(np.float32)
    sigma = 1.0 / layout().texel_cm
    share = np.maximum(cv2.GaussianBlur(known, (0, 0), sigma), 1e-3)
    usual = [cv2.GaussianBlur(np.ascontiguousarray(lab[..., i]) * known, (0, 0), sigma) / share for i in (0, 1)]
    like = (lab[..., 0] <= usual[0] + 1.0) & (lab[..., 0] >= 0.6 * usual[0]) & (lab[..., 1] >= usual[1] - 0.5)
    most = _LARGEST_GAP_CM2 / (layout().texel_cm * size) ** 2
    for number in range(1, count):
        left, top, width, height, area = stats[number]
        inner = left > 0 and top > 0 and left + width < SIDE and top + height < SIDE
        if inner and area <= most:
            place = places == number
            if like[place].mean() >= 0.7:
                gaps |= place
    return gaps


def region_at(row: int, column: int) -> str:
    """The measured region in which a texel lies, or else the one whose middle is nearest."""
    best, nearest = "forehead", np.inf
    for name, outline in mesh.OUTLINES.items():
        mask = outline_mask((outline,))
        if mask[row, column]:
            return name
        rows, columns = np.nonzero(mask)
        distance = float(np.hypot(rows - row, columns - column).min())
        if distance < nearest:
            best, nearest = name, distance
    return best


__all__ = ["IRIS_CM", "SCHEMA", "FaceMap", "map_face", "region_at"]
