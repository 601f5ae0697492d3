"""The forward model: a face with a known dose of blood, a card, a lamp and a phone become a photograph and its truth.

    picture = render(scene, portrait)
    picture.jpeg                      # what a phone would have stored
    picture.lab                       # what is true: CIELAB of every pixel, as the contract defines it

A spectrum stands behind every pixel (``simulated_skin``); the phone's sensor and its image processor see it
through ``simulated_camera``. Truth is the same spectrum under D65, in the light that falls on the card: the light's
gradient is divided out, the face's own shading stays in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.cielab import xyz_to_lab
from calibration.simulated_camera import IDEAL_CAMERA, Isp, Phone
from calibration.simulated_card import CardPicture, CardPlacement, draw_card
from calibration.simulated_face import (
    NOT_SKIN,
    REGION_LABELS,
    USUAL_BLOOD,
    Blood,
    PaintedFace,
    Person,
    Portrait,
    Spot,
    dose_map,
    fill_outlines,
    melanin_map,
    paint,
    soften,
)
from calibration.simulated_film import Film, film_over
from calibration.simulated_occluders import STILL_SKIN, Occluder, cover_face
from calibration.simulated_photograph import developed, jpeg_file
from calibration.simulated_scene import (
    ORDINARY_LAMPS,
    Framing,
    Light,
    Scene,
    Sensor,
    random_person,
    random_scene,
)
from calibration.simulated_skin import SkinModel, smooth_surface_seen

__all__ = [
    "IDEAL_CAMERA",
    "ORDINARY_LAMPS",
    "REGION_LABELS",
    "USUAL_BLOOD",
    "Blood",
    "CardPlacement",
    "Film",
    "Framing",
    "Isp",
    "Light",
    "Occluder",
    "Person",
    "Phone",
    "Portrait",
    "Rendered",
    "Scene",
    "Sensor",
    "SkinModel",
    "Spot",
    "dose_for_delta_a",
    "random_person",
    "random_scene",
    "region_means",
    "render",
    "true_lab",
]

Array = NDArray[np.float64]
Pixels = NDArray[np.float32]
Picture = NDArray[np.uint8]

# How soft the card's shadow is, as a share of the card's width.
_SHADOW_BLUR = 0.03


@dataclass(frozen=True, eq=False)
class Rendered:
    """A photograph and what is true of it, all in the photograph's pixels.

    ``rgb8`` (H, W, 3) is the picture before JPEG, ``jpeg`` the file with its EXIF. ``lab`` (H, W, 3) is true CIELAB
    (D65, 2 degrees, a perfect diffuser in the card's light = 100). ``skin`` (H, W) is True on bare skin of the face,
    ``regions`` (H, W) holds ``REGION_LABELS`` on it, 0 elsewhere. ``corners`` (4, 2): the card's, in the contract's
    order, None without a card. ``dose`` (H, W) is the added blood, ``outlines`` those of the
    portrait as they lie in the picture. ``bare`` (H, W) is all that is bare skin of face and neck, in a region or not.
    """

    rgb8: Picture
    jpeg: bytes
    lab: Pixels
    skin: NDArray[np.bool_]
    regions: Picture
    corners: Array | None
    dose: Pixels
    outlines: Mapping[str, Array]
    bare: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Staged:
    """The person as they stand before the camera, in the photograph's pixels, unlit."""

    xyz: Pixels
    seems_skin: NDArray[np.bool_]
    skin: Pixels
    dose: Pixels
    outlines: dict[str, Array]
    hidden: NDArray[np.bool_]
    melanin: Pixels


def render(scene: Scene, portrait: Portrait) -> Rendered:
    """Take the photograph. ``portrait`` is the one that ``scene.person`` names. A few seconds for two megapixels."""
    face = paint(portrait, scene.person)
    staged = _stage(face, scene.blood, scene.framing, scene.occluders)
    face = _made_up(face, staged, scene)
    lamps, share = _lamps(scene)
    sensitivity = scene.phone.sensitivity()
    sensors = np.concatenate([_xyz_weights(), *(_raw_weights(sensitivity, lamp) for lamp in lamps)])
    seen = _surfaces(face, staged, sensors)
    card = None
    if scene.card is not None:
        size = (scene.framing.width, scene.framing.height)
        card = draw_card(scene.card, size, sensors, scene.seed)
        seen += card.cover[..., None] * (card.seen - seen)
    raw = _light_up(seen[..., 3:], scene, share, card)
    mixed = _mixed_lamp(scene, sensitivity)
    picture = developed(raw, scene, sensitivity, mixed)
    regions = _region_map(staged, card)
    return _finish(scene, picture, xyz_to_lab(seen[..., :3]), regions, staged, card)


def true_lab(scene: Scene, portrait: Portrait) -> tuple[Pixels, Picture]:
    """Truth alone, (H, W, 3) CIELAB and (H, W) region labels: those of :func:`render`, but sooner."""
    face = paint(portrait, scene.person)
    staged = _stage(face, scene.blood, scene.framing, scene.occluders)
    seen = _surfaces(_made_up(face, staged, scene), staged, _xyz_weights())
    card = None
    if scene.card is not None:
        card = draw_card(scene.card, (scene.framing.width, scene.framing.height), _xyz_weights(), scene.seed)
        seen += card.cover[..., None] * (card.seen - seen)
    lab, regions = xyz_to_lab(seen), _region_map(staged, card)
    if scene.framing.mirrored:
        lab, regions = np.ascontiguousarray(lab[:, ::-1]), np.ascontiguousarray(regions[:, ::-1])
    return lab, regions


def region_means(lab: Pixels, regions: Picture) -> dict[str, tuple[float, float, float]]:
    """Mean L*, a*, b* of each region with pixels, and of all of them together as ``face``."""
    means = {}
    for name, label in [*REGION_LABELS.items(), ("face", None)]:
        inside = lab[regions > 0 if label is None else regions == label]
        if len(inside):
            lightness, a_star, b_star = inside.mean(axis=0, dtype=np.float64)
            means[name] = (float(lightness), float(a_star), float(b_star))
    return means


def dose_for_delta_a(scene: Scene, portrait: Portrait, delta_a: float) -> float:
    """The ``blood.dose`` that raises the face's mean a* by ``delta_a`` over the same scene without blood.

    Raises ``ValueError`` when no dose does: dark skin cannot become that red.
    """
    from scipy.optimize import brentq

    if delta_a == 0:
        return 0.0
    face = paint(portrait, scene.person)
    staged = _stage(face, replace(scene.blood, dose=1.0), scene.framing)
    inside = np.flatnonzero(_region_map(staged, None).ravel())[::23]
    xyz, skin = staged.xyz.reshape(-1, 3)[inside], staged.skin.reshape(-1)[inside, None]
    unit = staged.dose.reshape(-1)[inside]

    def a_star(dose: float) -> float:
        reddened = face.table.seen(xyz, unit * np.float32(dose), _xyz_weights())
        return float(xyz_to_lab(skin * reddened + (1 - skin) * xyz)[:, 1].mean(dtype=np.float64))

    plain, most = a_star(0.0), 1.2
    if not 0 < delta_a < a_star(most) - plain:
        raise ValueError(f"no dose of blood raises a* by {delta_a:.1f} on this face")
    return float(brentq(lambda dose: a_star(dose) - plain - delta_a, 0.0, most, xtol=1e-4))


def _xyz_weights() -> Array:
    return spectra.xyz_d65(np.eye(len(spectra.WAVELENGTHS))).T


def _raw_weights(sensitivity: Array, lamp: Array) -> Array:
    weights = sensitivity * lamp
    return np.asarray(weights / weights[1].sum())


def _lamps(scene: Scene) -> tuple[list[Array], Pixels | None]:
    """The spectra that light the scene, and the second one's share of the green raw value (H, W)."""
    light = scene.light
    first = spectra.lamps()[light.lamp]
    if light.second_lamp is None:
        return [first], None
    share = light.second_share + light.second_slope * _along(scene)
    return [first, spectra.lamps()[light.second_lamp]], np.clip(share, 0, 1)[..., None].astype(np.float32)


def _mixed_lamp(scene: Scene, sensitivity: Array) -> Array:
    """The light on the card: what the phone sets its white balance to."""
    lamps, share = _lamps(scene)
    if share is None:
        return lamps[0]
    first, second = (lamp / float(sensitivity[1] @ lamp) for lamp in lamps)
    return np.asarray((1 - scene.light.second_share) * first + scene.light.second_share * second)


def _along(scene: Scene) -> Pixels:
    """(H, W): distance from the card's centre in the light's direction, in picture widths."""
    framing, placement = scene.framing, scene.card or CardPlacement()
    angle = np.radians(scene.light.direction_deg)
    x = (np.arange(framing.width) - placement.x * framing.width) / framing.width
    y = (np.arange(framing.height) - placement.y * framing.height) / framing.width
    return np.asarray(x[None, :] * np.cos(angle) + y[:, None] * np.sin(angle), np.float32)


def _stage(face: PaintedFace, blood: Blood, framing: Framing, occluders: tuple[Occluder, ...] = ()) -> _Staged:
    """Move the portrait into the photograph's frame, and lay over it what hides it."""
    portrait = face.portrait
    scale = framing.face_width * framing.width / portrait.face_width
    angle = np.radians(framing.roll_deg)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    goal = np.array([framing.face_x * framing.width, framing.face_y * framing.height])
    move = np.column_stack([turn, goal - turn @ portrait.face_centre])
    shrink = scale < 0.75
    layers = np.dstack([face.skin, dose_map(face, blood), melanin_map(face, blood), face.seems])
    size = (framing.width, framing.height)

    def moved(image: Pixels) -> Pixels:
        sharp = cv2.GaussianBlur(image, (0, 0), 0.4 / scale) if shrink else image
        return np.asarray(cv2.warpAffine(sharp, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    placed = moved(layers)
    # Where the portrait ends, its edge's colours go on, out of focus: a wall, a chair, whatever.
    ends = soften(moved(_faded_edge(portrait)), 2.0)[..., None]
    around = moved(soften(face.xyz, 0.1 * portrait.face_width))
    xyz = around + ends * (moved(face.xyz) - around)
    placed *= ends
    outlines = {name: points @ move[:, :2].T + move[:, 2] for name, points in portrait.outlines.items()}
    behind = cover_face(np.asarray(xyz, np.float32), placed[..., 0], placed[..., 1], outlines, occluders)
    melanin = np.where(behind.cover > STILL_SKIN, 0, placed[..., 2]).astype(np.float32)
    hidden = behind.cover > STILL_SKIN
    return _Staged(behind.xyz, placed[..., 3] > 0.5, behind.skin, behind.dose, outlines, hidden, melanin)


def _made_up(face: PaintedFace, staged: _Staged, scene: Scene) -> PaintedFace:
    if scene.film is None:
        return face
    return film_over(face, scene.film, staged.outlines, staged.skin, staged.xyz[..., 1], scene.seed)


def _faded_edge(portrait: Portrait) -> Pixels:
    """(H, W): 1 inside the portrait, falling to 0 at its border."""
    height, width = portrait.srgb.shape[:2]
    x, y = (np.minimum(np.arange(size), np.arange(size)[::-1]) for size in (width, height))
    return np.asarray(np.clip(np.minimum(x[None, :], y[:, None]) / (0.03 * width), 0, 1), np.float32)


def _surfaces(face: PaintedFace, staged: _Staged, sensors: Array) -> Pixels:
    """(H, W, sensors): what each sensor sees of every surface, a perfect diffuser as its weights' sum."""
    seen = staged.xyz @ smooth_surface_seen(sensors).astype(np.float32)
    some = staged.skin > 0
    share = staged.skin[some][:, None]
    skin = face.table.seen(staged.xyz[some], staged.dose[some], sensors, staged.melanin[some])
    seen[some] += share * (skin - seen[some])
    return np.asarray(seen, np.float32)


def _light_up(raw: Pixels, scene: Scene, share: Pixels | None, card: CardPicture | None) -> Pixels:
    """Raw values (H, W, 3) with the light's mixture, gradient and the card's shadow."""
    both = raw if share is None else (1 - share) * raw[..., :3] + share * raw[..., 3:]
    light = np.exp2(np.float32(scene.light.gradient_stops) * _along(scene))
    if card is not None and scene.card is not None:
        soft = _SHADOW_BLUR * scene.card.width * scene.framing.width
        shadow = soften(card.cover, soft)
        light = light * (1 - np.float32(scene.card.shadow) * shadow * (1 - card.cover))
        light = light * (1 + np.float32(2**scene.card.stops - 1) * card.cover)
    return np.asarray(np.maximum(both * light[..., None], 0), np.float32)


def _bare(staged: _Staged, card: CardPicture | None) -> NDArray[np.bool_]:
    """(H, W): skin that nothing hides, less eyes, brows, lips and nostrils."""
    parts = [name for name in NOT_SKIN if name in staged.outlines]
    bare = staged.seems_skin & ~staged.hidden & ~fill_outlines(staged.outlines, parts, staged.skin.shape)
    return bare if card is None else bare & (card.cover == 0)


def _region_map(staged: _Staged, card: CardPicture | None) -> Picture:
    """(H, W) of ``REGION_LABELS``: the regions' bare skin; a later region does not take what an earlier one has."""
    height, width = staged.skin.shape
    bare = _bare(staged, card)
    regions = np.zeros((height, width), np.uint8)
    # The perioral outline runs round the chin's upper part: the chin is taken first.
    for name in sorted(REGION_LABELS, key=lambda one: one == "perioral"):
        inside = fill_outlines(staged.outlines, [name], (height, width)) & bare & (regions == 0)
        regions[inside] = REGION_LABELS[name]
    return regions


def _finish(
    scene: Scene, picture: Picture, lab: Pixels, regions: Picture, staged: _Staged, card: CardPicture | None
) -> Rendered:
    corners = None if card is None else card.corners.copy()
    outlines = {name: points.copy() for name, points in staged.outlines.items()}
    dose, bare = staged.dose, _bare(staged, card)
    if scene.framing.mirrored:
        picture, lab, regions, dose, bare = (
            np.ascontiguousarray(picture[:, ::-1]),
            np.ascontiguousarray(lab[:, ::-1]),
            np.ascontiguousarray(regions[:, ::-1]),
            np.ascontiguousarray(dose[:, ::-1]),
            np.ascontiguousarray(bare[:, ::-1]),
        )
        for points in _all_points(corners, outlines):
            points[:, 0] = scene.framing.width - 1 - points[:, 0]
    return Rendered(
        rgb8=picture,
        jpeg=jpeg_file(picture, scene),
        lab=lab,
        skin=regions > 0,
        regions=regions,
        corners=corners,
        dose=dose,
        outlines=outlines,
        bare=bare,
    )


def _all_points(corners: Array | None, outlines: Mapping[str, Array]) -> Iterator[Array]:
    if corners is not None:
        yield corners
    yield from outlines.values()
