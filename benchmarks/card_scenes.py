"""Photographs of cards, made to be hard: any angle, tilt and mirror image, held-out phones and lamps, clutter around.

What the patches really look like in the file is known, so that a wrong reading can be told from a right one. Only the
part of the picture around the card is painted in linear light; a picture of twelve megapixels costs hardly more than a
small one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from sitters import PORTRAITS

from calibration import spectra
from calibration.card_reading import CardReading
from calibration.cards import load_card
from calibration.cielab import decode_srgb, delta_e00, encode_srgb, linear_srgb_to_lab
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_LAMPS
from calibration.photo import Photo, RgbSpace, decode_photo, read_photo
from calibration.printed_card import printed_patches
from calibration.printed_card_drawing import flat_corners, flat_print
from calibration.printed_card_inks import Printer, separated
from calibration.simulated_camera import Isp, Phone, simulate_patches

Floats = NDArray[np.float64]
Linear = NDArray[np.float32]
Picture = NDArray[np.uint8]
Size = tuple[int, int]
Layout = Literal["classic-24", "mini-24", "nano-24", "passport-24", "rubor"]

BOUGHT: tuple[Layout, ...] = ("classic-24", "mini-24", "nano-24", "passport-24")
# Pixels of a flat card from one field to the next, and of our own for each millimetre.
STEP, DETAIL = 60, 4
# Lamps on which the finder's limits were looked at, and those kept for the tables.
LAMPS_TO_CHOOSE = tuple(HELD_OUT_LAMPS[::2])
LAMPS_TO_JUDGE = tuple(HELD_OUT_LAMPS[1::2])


@dataclass(frozen=True, eq=False)
class Flat:
    """A chart seen straight on, linear sRGB as the file would hold it; ``corners`` (4, 2) of its block of fields."""

    picture: Linear
    corners: Floats
    colours: Floats


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with a card: ``around`` the whole of it, coded; ``part`` (h, w, 3) linear, to be laid in at ``at``.

    ``corners`` (4, 2) and ``truth`` (24, 3), linear sRGB of the fields as lit, are what a reading has to say.
    """

    around: Picture
    part: Linear
    at: tuple[int, int]
    corners: Floats
    mirrored: bool
    truth: Floats
    layout: str
    blur: float = 0.6
    keep: int | None = None

    @property
    def local(self) -> Floats:
        """The corners in ``part``."""
        return self.corners - self.at

    @property
    def step(self) -> float:
        """Pixels from one field to the next."""
        return float(np.linalg.norm(self.corners[1] - self.corners[0])) / 6

    def place(self, column: float, row: float) -> Floats:
        """Where (0..6, 0..4) over the fields is in ``part``."""
        return np.asarray(to_part(self.local, np.array([[column, row]]))[0])

    def photo(self, rng: np.random.Generator) -> Photo:
        """As a phone stores it: blur, noise, JPEG."""
        soft = np.asarray(cv2.GaussianBlur(self.part, (0, 0), self.blur), np.float32)
        noisy = encode_srgb(np.clip(soft, 0, 1)) * np.float32(255)
        noisy += rng.normal(0, rng.uniform(0.5, 3), noisy.shape).astype(np.float32)
        coded = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
        done, jpeg = cv2.imencode(".jpg", coded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(80, 96))])
        assert done
        seen = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), dtype=np.uint8)[..., ::-1]
        pixels = self.around.copy()
        (x, y), (height, width) = self.at, seen.shape[:2]
        pixels[y : y + height, x : x + width] = seen
        return Photo("made.jpg", np.ascontiguousarray(pixels[:, : self.keep]), plain_space())


@cache
def plain_space() -> RgbSpace:
    done, code = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))
    assert done
    return decode_photo(code.tobytes(), "plain.png").space


def to_part(corners: Floats, places: Floats) -> Floats:
    """(N, 2) places 0..6 and 0..4 over the fields whose ``corners`` (4, 2) are given, in pixels."""
    unit = np.array([[0, 0], [6, 0], [6, 4], [0, 4]], np.float32)
    mapped = np.column_stack([places, np.ones(len(places))]) @ (
        cv2.getPerspectiveTransform(unit, corners.astype(np.float32)).T
    )
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


@dataclass(frozen=True, eq=False)
class Eye:
    """A phone under a lamp: reflectances (n, wavelengths) to the linear sRGB (n, 3) of its file."""

    sensitivity: Floats
    lamp: Floats
    isp: Isp

    def sees(self, reflectance: Floats) -> Floats:
        seen = simulate_patches(self.sensitivity, self.lamp, self.isp, reflectance)
        return np.asarray(np.clip(seen, 0.0005, 1), dtype=np.float64)


def random_eye(rng: np.random.Generator, lamps: tuple[str, ...] = LAMPS_TO_JUDGE) -> Eye:
    """A held-out phone under one of ``lamps``."""
    phone = Phone.random(rng, HELD_OUT_CAMERAS)
    return Eye(phone.sensitivity(), spectra.lamps()[str(rng.choice(lamps))], Isp.random(rng))


def flat_card(layout: Layout, eye: Eye, rng: np.random.Generator) -> Flat:
    """A bought card, or a print of ours from some home printer."""
    if layout == "rubor":
        printer = Printer.random(rng)
        fields = printer.spectra(separated(printed_patches().inks, printer.black_share))
        seen = eye.sees(np.concatenate([fields, printer.spectra(np.array([[0.0, 0, 0, 0], [0, 0, 0, 1]]))]))
        picture = flat_print(seen[:24], seen[24], seen[25], DETAIL)
        return Flat(picture.astype(np.float32), flat_corners(DETAIL), seen[:24])
    seen = eye.sees(np.concatenate([spectra.patches().values, np.full((1, spectra.patches().values.shape[1]), 0.04)]))
    return flat_chart(seen[:24], 1 - load_card(layout).gap_share, ground=seen[24])


def flat_chart(
    colours: Floats, side: float, columns: int = 6, ground: Floats | float = 0.035, edge: float = 0.35
) -> Flat:
    """Fields (n, 3), row by row, on a ground; ``side`` and ``edge`` (the frame) in steps."""
    rows, frame = -(-len(colours) // columns), round(edge * STEP)
    picture = np.empty((rows * STEP + 2 * frame, columns * STEP + 2 * frame, 3), np.float32)
    picture[:] = ground
    first, last = round((1 - side) / 2 * STEP), round((1 + side) / 2 * STEP)
    for index, colour in enumerate(colours):
        top, left = (frame + place * STEP for place in divmod(index, columns))
        picture[top + first : top + last, left + first : left + last] = colour
    right, bottom = frame + (columns - 1) * STEP + last, frame + (rows - 1) * STEP + last
    low = frame + first
    return Flat(picture, np.array([[low, low], [right, low], [right, bottom], [low, bottom]]) - 0.5, colours)


def lay(
    flat: Flat,
    around: Picture,
    share: float,
    tilt: float,
    rng: np.random.Generator,
    *,
    layout: str = "",
    mirrored: bool | None = None,
    clutter: bool = False,
) -> Scene:
    """The chart in the picture ``around``, at any angle, tilted by ``tilt`` degrees about any axis.

    ``share`` is the width of its block of fields, seen straight on, as a share of the picture's width.
    """
    height, width = around.shape[:2]
    mirrored = bool(rng.random() < 0.3) if mirrored is None else mirrored
    to_picture, scale = _homography(flat, (width, height), share, tilt, mirrored, rng)
    rim = _through(to_picture, _outline(flat))
    reach = 0.3 * np.ptp(rim, axis=0).max()
    low = np.clip(np.floor(rim.min(axis=0) - reach), 0, (width - 2, height - 2)).astype(int)
    high = np.clip(np.ceil(rim.max(axis=0) + reach), low + 2, (width, height)).astype(int)
    size = high - low
    part = decode_srgb((around[low[1] : high[1], low[0] : high[0]] / np.float32(255)).astype(np.float32))
    if clutter:
        _things_beside(part, rim - low, rng)
    # Painted finer than it will be and shrunk, as light falls on whole pixels.
    finer = int(np.clip(1600 // size.max(), 1, 4))
    to_fine = np.array([[finer, 0, (finer - 1) / 2], [0, finer, (finer - 1) / 2], [0, 0, 1]])
    to_fine = to_fine @ np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1.0]]) @ to_picture
    fine_size = (int(size[0]) * finer, int(size[1]) * finer)
    soft = cv2.GaussianBlur(flat.picture, (0, 0), max(0.4 / (scale * finer), 0.1))
    painted = cv2.warpPerspective(soft, to_fine, fine_size, borderMode=cv2.BORDER_REPLICATE)
    whole = np.ones(flat.picture.shape[:2], np.float32)
    cover = cv2.warpPerspective(whole, to_fine, fine_size)
    if finer > 1:
        shrunk = (int(size[0]), int(size[1]))
        painted, cover = (cv2.resize(one, shrunk, interpolation=cv2.INTER_AREA) for one in (painted, cover))
    part = np.asarray(part * (1 - cover[..., None]) + painted * cover[..., None], np.float32)
    part *= _fall_off(part.shape[:2], rng)
    corners = _through(to_picture, flat.corners)
    scene = Scene(around, part, (int(low[0]), int(low[1])), corners, mirrored, np.zeros((24, 3)), layout)
    scene = replace(scene, blur=float(rng.uniform(0.4, 0.8)))
    return relit(scene) if len(flat.colours) == 24 else scene


def relit(scene: Scene) -> Scene:
    """The scene with its ``truth`` as ``part`` now is: after the light was changed, before anything covers the card."""
    inner = np.linspace(-0.3, 0.3, 7)
    across, down = (grid.ravel() for grid in np.meshgrid(inner, inner))
    column, row = np.meshgrid(np.arange(6) + 0.5, np.arange(4) + 0.5)
    places = np.stack([(column.ravel()[:, None] + across).ravel(), (row.ravel()[:, None] + down).ravel()], axis=-1)
    at = np.rint(to_part(scene.local, places)).astype(int)
    height, width = scene.part.shape[:2]
    seen = scene.part[np.clip(at[:, 1], 0, height - 1), np.clip(at[:, 0], 0, width - 1)]
    return replace(scene, truth=seen.reshape(24, -1, 3).mean(axis=1).astype(np.float64))


def corner_error(reading: CardReading, scene: Scene) -> float:
    """The worst corner's distance in widths of the card."""
    off = np.linalg.norm(reading.corners - scene.corners, axis=1).max()
    return float(off / np.linalg.norm(scene.corners[1] - scene.corners[0]))


def colour_error(reading: CardReading, scene: Scene) -> float:
    """Delta E00 of the worst field between the reading and its truth.

    Fields said to be clipped, or to be uncertain by as much as they are off, do not count.
    """
    truth = np.clip(scene.truth, 0, 1)
    owned = np.all(np.abs(reading.rgb - truth) < 3 * reading.rgb_se, axis=1)
    lab = [linear_srgb_to_lab(np.clip(rgb, 0, None)) for rgb in (reading.rgb, truth)]
    return float(np.where(owned | (reading.clipped > 0.1), 0, delta_e00(lab[0], lab[1])).max())


def _outline(flat: Flat) -> Floats:
    height, width = flat.picture.shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)


def _through(homography: Floats, points: Floats) -> Floats:
    mapped = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def _homography(
    flat: Flat, size: Size, share: float, tilt: float, mirrored: bool, rng: np.random.Generator
) -> tuple[Floats, float]:
    """(3, 3) from the flat chart to the picture, with the chart wholly inside where it fits, and its scale."""
    width, height = size
    scale = width * share / float(flat.corners[1, 0] - flat.corners[0, 0])
    turn, about = rng.uniform(0, 2 * np.pi, 2)
    spin = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    axis = np.array([np.cos(about), np.sin(about), 0])
    rotate = cv2.Rodrigues(axis * np.radians(tilt))[0] @ spin
    middle = scale * np.array(flat.picture.shape[1::-1]) / 2
    centred = np.array([[scale, 0, -middle[0]], [0, scale, -middle[1]], [0, 0, 1]])
    distance = 1.4 * max(width, height)
    plane = np.column_stack([rotate[:, :2], [0, 0, distance]])
    hand = np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0])
    local = hand @ np.diag([distance, distance, 1]) @ plane @ centred
    rim = _through(local, _outline(flat))
    low, high = 4 - rim.min(axis=0), np.array(size) - 5 - rim.max(axis=0)
    place = np.where(high > low, low + rng.random(2) * (high - low), (low + high) / 2)
    return np.array([[1, 0, place[0]], [0, 1, place[1]], [0, 0, 1]]) @ local, scale


def _fall_off(shape: tuple[int, int], rng: np.random.Generator) -> Linear:
    """(H, W, 1) the light's fall-off over the part, up to a tenth."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    slope = rng.uniform(-0.1, 0.1, 2)
    fall = slope[0] * (x / shape[1] - 0.5) + slope[1] * (y / shape[0] - 0.5)
    return np.asarray(np.exp(fall)[..., None], np.float32)


def _things_beside(part: Linear, rim: Floats, rng: np.random.Generator) -> None:
    """Bright and coloured things that the card lies on or touches: papers, boxes, lamps."""
    reach = float(np.ptp(rim, axis=0).max())
    for _ in range(int(rng.integers(3, 9))):
        corner = rim[int(rng.integers(4))] + rng.uniform(-0.25, 0.25, 2) * reach
        colour = rng.uniform(0.3, 1.0) * np.clip(rng.normal(1, 0.25, 3), 0.1, 1)
        size = rng.uniform(0.05, 0.35, 2) * reach
        angle = float(rng.uniform(0, 90))
        if rng.random() < 0.6:
            box = cv2.boxPoints((tuple(map(float, corner)), tuple(map(float, size)), angle))
            cv2.fillPoly(part, [np.rint(box).astype(np.int32)], tuple(map(float, colour)), cv2.LINE_AA)
        else:
            centre = (round(float(corner[0])), round(float(corner[1])))
            cv2.circle(part, centre, max(2, round(float(size[0]) / 2)), tuple(map(float, colour)), -1, cv2.LINE_AA)


def busy_ground(size: Size, rng: np.random.Generator) -> Picture:
    """(H, W, 3) coded: plaid, tiles, text, a keyboard or a portrait, what lies about where cards are photographed."""
    kind, work = int(rng.integers(5)), (1200, round(1200 * size[1] / size[0]))
    width, height = work
    ground = np.full((height, width, 3), rng.uniform(0.05, 0.5, 3), np.float32)
    if kind == 0:
        for axis, cells in ((0, height), (1, width)):
            band = np.repeat(rng.uniform(0.3, 1.6, (40, 3)), cells // 40 + 1, axis=0)[:cells].astype(np.float32)
            ground *= band[:, None] if axis == 0 else band[None]
    elif kind == 1:
        side = int(rng.integers(width // 30, width // 8))
        for top in range(0, height, side):
            for left in range(0, width, side):
                tile = rng.uniform(0.1, 0.8) * rng.uniform(0.6, 1, 3)
                ground[top : top + side - side // 12, left : left + side - side // 12] = tile
    elif kind == 2:
        ink, words = np.zeros((height, width), np.uint8), "redness left of day two " * 6
        for line in range(12, height, max(16, height // 40)):
            start = (int(rng.integers(-200, 10)), line)
            cv2.putText(ink, words, start, cv2.FONT_HERSHEY_SIMPLEX, width / 1600, (255.0,), 1)
        ground *= (1 - ink / np.float32(260))[..., None]
    elif kind == 3:
        key, gap = int(rng.integers(20, 90)), int(rng.integers(2, 12))
        light = rng.random() < 0.5
        ground[:] = 0.5 if light else 0.03
        for top in range(0, height, key + gap):
            for left in range(-int(rng.integers(key)), width, key + gap):
                shade = rng.uniform(0.6, 0.8) if light else rng.uniform(0.05, 0.12)
                cv2.rectangle(ground, (left, top), (left + key, top + key), (float(shade),) * 3, -1)
    else:
        portraits = sorted(PORTRAITS.glob("*.jpg"))
        return np.asarray(cv2.resize(_portrait(portraits[int(rng.integers(len(portraits)))]), size), np.uint8)
    coded = np.rint(encode_srgb(np.clip(ground, 0, 1)) * 255).astype(np.uint8)
    return np.asarray(cv2.resize(coded, size, interpolation=cv2.INTER_LINEAR), np.uint8)


@cache
def _portrait(path: Path) -> Picture:
    return read_photo(path).reduced(1400)[0].srgb8()
