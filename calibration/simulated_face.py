"""A portrait as the skin to simulate with: which pixels are this person's skin, how light, and where blood collects."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calibration.cielab import decode_srgb, lab_to_xyz, linear_srgb_to_xyz, xyz_to_lab
from calibration.simulated_skin import SkinModel, SkinTable

Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]

# The labels of ``rubor photo --label-map`` for the same names.
REGION_LABELS: Mapping[str, int] = {
    "forehead": 1,
    "left_cheek": 2,
    "right_cheek": 3,
    "nose": 4,
    "perioral": 5,
    "chin": 6,
}
# Never skin, whatever their colour.
NOT_SKIN = ("left_eye", "right_eye", "left_brow", "right_brow", "lips", "left_nostril", "right_nostril")
OVAL = "oval"
# Blood collects more where the skin is thin and well supplied.
USUAL_BLOOD: Mapping[str, float] = {
    "forehead": 0.9,
    "nose": 1.0,
    "left_cheek": 1.1,
    "right_cheek": 1.1,
    "perioral": 0.95,
    "chin": 1.0,
}


@dataclass(frozen=True, eq=False)
class Portrait:
    """A photograph of a face and the outlines of its parts, each (points, 2) x, y pixels; the person's own left."""

    name: str
    srgb: NDArray[np.uint8]
    outlines: Mapping[str, NDArray[np.float64]]

    @classmethod
    def read(cls, folder: Path, name: str) -> Portrait:
        """``NAME.jpg`` of ``folder`` with its points in ``landmarks.json``; name tags and badges there are blurred."""
        document = json.loads((folder / "landmarks.json").read_text(encoding="utf-8"))
        points = np.array(document["portraits"][name])
        with Image.open(folder / f"{name}.jpg") as picture:
            srgb = np.asarray(picture.convert("RGB"))
        for box in document["hidden"].get(name, []):
            srgb = _hide(srgb, box)
        return cls(name, srgb, {part: points[index] for part, index in document["outlines"].items()})

    @property
    def face_width(self) -> float:
        return float(np.ptp(self.outlines[OVAL][:, 0]))

    @property
    def face_centre(self) -> NDArray[np.float64]:
        oval = self.outlines[OVAL]
        return np.asarray((oval.min(axis=0) + oval.max(axis=0)) / 2)


@dataclass(frozen=True)
class Person:
    """Who is simulated: a portrait with the skin of somebody else.

    ``skin_lab`` is the median CIELAB that the regions' bare skin is moved to (None: the portrait's own): they face the
    camera as a card does, and lie in its light. ``contrast`` is the power by which differences within the skin are
    kept: studio portraits have more than skin has.
    """

    portrait: str
    skin_lab: tuple[float, float, float] | None = None
    contrast: float = 0.75
    model: SkinModel = field(default_factory=SkinModel)


@dataclass(frozen=True)
class Spot:
    """A round patch with blood of its own: centre ``x``, ``y`` and ``width`` as shares of the width of the face's oval,
    the centre counted from the oval's centre (x to the picture's right, y down); ``dose`` is added to the face's, and
    ``melanin`` (a volume fraction) to the epidermis.
    """

    x: float
    y: float
    width: float
    dose: float
    melanin: float = 0.0


@dataclass(frozen=True)
class Blood:
    """Blood added to the face: ``dose`` times what the region takes (``by_region``), patchy by ``patchiness``, and what
    ``spots`` add.
    """

    dose: float = 0.0
    by_region: Mapping[str, float] = field(default_factory=lambda: dict(USUAL_BLOOD))
    patchiness: float = 0.12
    seed: int = 0
    spots: tuple[Spot, ...] = ()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Blood:
        """Read back what ``asdict`` wrote; records without spots are read too."""
        return cls(**{**document, "spots": tuple(Spot(**one) for one in document.get("spots", ()))})


@dataclass(frozen=True, eq=False)
class PaintedFace:
    """The person in the portrait's pixels: XYZ (H, W, 3) without added blood, share of skin (H, W).

    ``seems`` (H, W) is the share of skin by its look; of it ``skin`` takes part in blood, as far as the table of
    spectra can stand for its colours: a highlight is skin that does not.
    """

    portrait: Portrait
    table: SkinTable
    xyz: Pixels
    seems: Pixels
    skin: Pixels
    bare: Mask


@lru_cache(maxsize=2)
def paint(portrait: Portrait, person: Person) -> PaintedFace:
    """Give the portrait the person's skin. The last two are kept: a patient is photographed many times."""
    coded: Pixels = (portrait.srgb / np.float32(255)).astype(np.float32)
    xyz: Pixels = np.maximum(linear_srgb_to_xyz(decode_srgb(coded)), np.float32(1e-4))
    bare = bare_face(portrait)
    like = _looks_like_skin(portrait, xyz, bare)
    median = np.median(xyz[bare & (like > 0.5) & _fill(portrait, list(REGION_LABELS))], axis=0)
    target = median if person.skin_lab is None else lab_to_xyz(np.array(person.skin_lab, float))
    moved = target.astype(np.float32) * (xyz / median) ** np.float32(person.contrast)
    xyz = np.asarray(xyz + like[..., None] * (moved - xyz), np.float32)
    table = SkinTable.of(person.model, xyz_to_lab(target.astype(np.float64)))
    skin = np.zeros_like(like)
    some = like > 0
    skin[some] = like[some] * table.believe(xyz[some])
    return PaintedFace(portrait, table, xyz, like, skin, bare)


def bare_face(portrait: Portrait) -> Mask:
    """(H, W): inside the face's outline, without eyes, brows, lips and nostrils."""
    mask = _fill(portrait, [OVAL])
    return mask & ~_fill(portrait, _not_skin(portrait))


def dose_map(face: PaintedFace, blood: Blood) -> Pixels:
    """(H, W): the blood of each pixel. Regions pass into each other smoothly, hair and beard take none."""
    width = face.portrait.face_width
    shape = face.skin.shape
    amount = np.full(shape, np.mean(list(blood.by_region.values()) or [1.0]), np.float32)
    for name, factor in blood.by_region.items():
        amount[_fill(face.portrait, [name])] = factor
    noise = np.random.default_rng([blood.seed, 2]).standard_normal(shape).astype(np.float32)
    noise = soften(noise, 0.045 * width)
    patches = np.exp(np.float32(blood.patchiness) * noise / noise.std())
    level = face.xyz[..., 1] / np.median(face.xyz[..., 1][face.bare])
    # Darker than a third of the skin's light is hair, beard or a deep fold: no skin to redden.
    lit = soften(np.clip((level - 0.22) / 0.2, 0, 1), 1.5)
    edge = _treated(face.portrait) * (1 - soften(_fill(face.portrait, _not_skin(face.portrait)), 0.012 * width))
    spread = np.float32(blood.dose) * soften(amount, 0.05 * width) * patches
    doses = [one.dose for one in blood.spots]
    return np.asarray((spread + _spots(face.portrait, blood.spots, doses)) * edge * lit, np.float32)


def melanin_map(face: PaintedFace, blood: Blood) -> Pixels:
    """(H, W): the melanin that the spots add, a volume fraction."""
    return _spots(face.portrait, blood.spots, [one.melanin for one in blood.spots])


def _spots(portrait: Portrait, spots: tuple[Spot, ...], amounts: Sequence[float]) -> Pixels:
    """(H, W): what the spots add, each its own amount, even inside and falling off over a sixth of their width."""
    height, across = portrait.srgb.shape[:2]
    total = np.zeros((height, across), np.float32)
    width, centre = portrait.face_width, portrait.face_centre
    for spot, amount in zip(spots, amounts, strict=True):
        if amount == 0:
            continue
        disc = np.zeros((height, across), np.uint8)
        middle = (centre + width * np.array([spot.x, spot.y])) * 16
        cv2.circle(disc, tuple(np.round(middle).astype(int)), round(spot.width * width / 2 * 16), 1, -1, shift=4)
        total += np.float32(amount) * soften(disc, spot.width * width / 6)
    return total


def _treated(portrait: Portrait) -> Pixels:
    """(H, W) 0..1: where the needles went: past the mesh's edge (it ends on the forehead), fading out below the jaw."""
    oval, width = portrait.outlines[OVAL], portrait.face_width
    centre = portrait.face_centre
    wider = centre + (oval - centre) * 1.06
    higher = wider - [0, 0.16 * width] * (wider[:, 1:] < centre[1] - 0.2 * width)
    height, across = portrait.srgb.shape[:2]
    return soften(fill_outlines({OVAL: higher}, [OVAL], (height, across)), 0.035 * width)


def soften(image: NDArray[Any], sigma: float) -> Pixels:
    """A Gaussian blur; a wide one is done on a smaller copy, which looks the same."""
    plain = np.asarray(image, np.float32)
    shrink = max(1, int(sigma / 4))
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(plain, (0, 0), sigma), np.float32)
    height, width = plain.shape[:2]
    size = (max(1, width // shrink), max(1, height // shrink))
    small = cv2.GaussianBlur(cv2.resize(plain, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def fill_outlines(outlines: Mapping[str, NDArray[np.float64]], names: list[str], shape: tuple[int, int]) -> Mask:
    """(H, W): inside any of the named outlines, to a sixteenth of a pixel."""
    mask = np.zeros(shape, np.uint8)
    for name in names:
        cv2.fillPoly(mask, [np.round(outlines[name] * 16).astype(np.int32)], 1, shift=4)
    return np.asarray(mask > 0)


def _fill(portrait: Portrait, names: list[str]) -> Mask:
    height, width = portrait.srgb.shape[:2]
    return fill_outlines(portrait.outlines, names, (height, width))


def _hide(srgb: NDArray[np.uint8], box: list[int]) -> NDArray[np.uint8]:
    """Replace what lies in ``box`` (left, top, right, bottom) by the colours around it."""
    left, top, right, bottom = box
    outside = np.ones((*srgb.shape[:2], 1), np.float32)
    outside[top:bottom, left:right] = 0
    reach = 0.3 * min(right - left, bottom - top)
    filled = soften(srgb * outside, reach) / (soften(outside, reach)[..., None] + 1e-6)
    share = soften(1 - outside[..., 0], 5.0)[..., None]
    return np.asarray(np.round(np.clip(srgb + share * (filled - srgb), 0, 255)), np.uint8)


def _not_skin(portrait: Portrait) -> list[str]:
    return [name for name in NOT_SKIN if name in portrait.outlines]


def _looks_like_skin(portrait: Portrait, xyz: Pixels, bare: Mask) -> Pixels:
    """(H, W) 0..1: the head and neck where the colour is like the face's; the bare face wholly, but for its hair."""
    lab = xyz_to_lab(xyz)
    own = lab[bare]
    middle = np.median(own, axis=0)
    spread = np.maximum(1.48 * np.median(np.abs(own - middle), axis=0), 2.5)
    a_off, b_off = ((lab[..., axis] - middle[axis]) / spread[axis] for axis in (1, 2))
    similar = np.clip((4.0 - np.hypot(a_off, b_off)) / 1.5, 0, 1)
    x, y = np.meshgrid(np.arange(xyz.shape[1]), np.arange(xyz.shape[0]))
    centre, width = portrait.face_centre, portrait.face_width
    reach = np.hypot((x - centre[0]) / (0.72 * width), (y - centre[1] - 0.1 * width) / (0.95 * width))
    around = np.clip((1.1 - reach) / 0.2, 0, 1)
    # Lips are skin of another red; teeth are not, and have none.
    lips = soften(_fill(portrait, ["lips"]), 2.0) * np.clip(a_off + 3.0, 0, 1)
    light = np.clip((lab[..., 0] / middle[0] - 0.25) / 0.2, 0, 1)
    inside = np.maximum(soften(bare, 2.0), lips)
    like = np.maximum(similar * around, inside) * light
    return soften(like, 1.5)
