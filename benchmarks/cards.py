"""Is the card found, and is nothing else taken for it? Prints tables for docs/accuracy.md.

*Real photographs* of whole cards and of none. *Simulated scenes*, made to be hard: cards at any angle, tilted to 45
degrees, mirrored, half in shadow, before plaid, tiles and text, held by fingers over the frame, a glare on one field.
*What must be refused*: covered fields, cut and blurred cards, other charts, cubes, palettes, windows.

Usage: python benchmarks/cards.py [--scenes 60] [--seed 31]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration import spectra
from calibration.card_reading import CardSearch
from calibration.cielab import encode_srgb, xyz_to_linear_srgb
from calibration.detection import find_card
from calibration.photo import Photo, RgbSpace, decode_photo, read_photo
from calibration.printed_card import printed_patches
from calibration.printed_card_drawing import flat_corners, flat_print
from calibration.printed_card_inks import Printer, separated

Floats = NDArray[np.float64]
Linear = NDArray[np.float32]
Picture = NDArray[np.uint8]
Kind = Literal["bought", "printed"]
KINDS: tuple[Kind, ...] = ("bought", "printed")

ROOT = Path(__file__).parent.parent
REAL = ROOT / "tests" / "data" / "cards"
FACES = ROOT / "samples" / "portraits"
DETAIL = 4
# Frame, side and gap of the bought cards, in steps of the grid: Classic, Mini, Nano, Passport (nominal).
LAYOUTS = {"classic-24": 0.88, "mini-24": 0.78, "nano-24": 0.82, "passport-24": 0.86}
SKINS = ((0.42, 0.22, 0.14), (0.09, 0.045, 0.03))


@dataclass(frozen=True, eq=False)
class Scene:
    """Linear sRGB (H, W, 3), true corners (4, 2) and whether it is a mirror image."""

    linear: Linear
    corners: Floats
    mirrored: bool

    def photo(self, rng: np.random.Generator, space: RgbSpace) -> Photo:
        height, width = self.linear.shape[:2]
        # One piece of noise, laid side by side: twelve megapixels of it would take longer than the search.
        piece = rng.normal(0, rng.uniform(0.5, 3), (256, 256, 3)).astype(np.float32)
        noise = np.tile(piece, (height // 256 + 1, width // 256 + 1, 1))[:height, :width]
        noisy = encode_srgb(np.clip(self.linear, 0, 1).astype(np.float32)) * np.float32(255) + noise
        coded = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
        done, jpeg = cv2.imencode(".jpg", coded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(80, 96))])
        assert done
        seen = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), dtype=np.uint8)
        return Photo("made.jpg", np.ascontiguousarray(seen[..., ::-1]), space)


def plain_space() -> RgbSpace:
    done, code = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))
    assert done
    return decode_photo(code.tobytes(), "plain.png").space


def srgb_of(reflectance: Floats) -> Floats:
    return np.clip(xyz_to_linear_srgb(spectra.xyz_d65(reflectance)), 0.001, 1)


def flat_bought(side: float, colours: Floats | None = None, ground: float = 0.035) -> tuple[Floats, Floats]:
    """A chart of 4 x 6 fields seen straight on (a grid step is 60 pixels), and the corners of its fields."""
    step, edge = 60, 20
    colours = srgb_of(spectra.patches().values) if colours is None else colours
    rows, columns = (4, 6) if len(colours) == 24 else (3, 3)
    picture = np.full((rows * step + 2 * edge, columns * step + 2 * edge, 3), ground)
    inset = (1 - side) / 2 * step
    for index, colour in enumerate(colours):
        row, column = divmod(index, columns)
        top, left = (edge + place * step for place in (row, column))
        first, last = round(inset), round(step - inset)
        picture[top + first : top + last, left + first : left + last] = colour
    first, last = round(inset), round(step - inset)
    right, bottom = edge + (columns - 1) * step + last, edge + (rows - 1) * step + last
    corners = np.array([[edge + first, edge + first], [right, edge + first], [right, bottom], [edge + first, bottom]])
    return picture, corners - 0.5


def flat_printed(rng: np.random.Generator) -> tuple[Floats, Floats]:
    printer = Printer.random(rng)
    fields = srgb_of(printer.spectra(separated(printed_patches().inks, printer.black_share)))
    paper, black = srgb_of(printer.spectra(np.array([[0.0, 0, 0, 0], [0, 0, 0, 1]])))
    return flat_print(fields, paper, black, DETAIL), flat_corners(DETAIL)


def busy_ground(size: tuple[int, int], rng: np.random.Generator) -> Linear:
    """(H, W, 3) plaid, tiles, text or a portrait: what lies about where cards are photographed."""
    width, height = size
    kind = int(rng.integers(4))
    ground = np.full((height, width, 3), rng.uniform(0.05, 0.5, 3), np.float32)
    if kind == 0:
        for axis in (0, 1):
            band = np.repeat(rng.uniform(0.3, 1.6, (40, 3)), max(ground.shape[axis] // 40 + 1, 1), axis=0)[
                : ground.shape[axis]
            ]
            ground *= band[:, None] if axis == 0 else band[None]
    elif kind == 1:
        side = int(rng.integers(width // 30, width // 8))
        for top in range(0, height, side):
            for left in range(0, width, side):
                ground[top : top + side - side // 12, left : left + side - side // 12] = rng.uniform(
                    0.1, 0.8
                ) * rng.uniform(0.8, 1, 3)
    elif kind == 2:
        ink, words = np.zeros((height, width), np.uint8), "redness left of day two " * 6
        for line in range(12, height, max(16, height // 40)):
            start = (int(rng.integers(-200, 10)), line)
            cv2.putText(ink, words, start, cv2.FONT_HERSHEY_SIMPLEX, width / 1600, (255.0,), max(1, width // 800))
        ground *= (1 - ink / np.float32(260))[..., None]
    else:
        portraits = sorted(FACES.glob("*.jpg"))
        face = read_photo(portraits[int(rng.integers(len(portraits)))]).reduced(1400)[0].linear()
        ground = np.asarray(cv2.resize(face.astype(np.float64), size), dtype=np.float64)
    return np.asarray(np.clip(ground, 0, 1), dtype=np.float32)


def lay(
    flat: Floats, corners: Floats, size: tuple[int, int], share: float, tilt: float, rng: np.random.Generator
) -> Scene:
    """The chart in a busy picture, at any angle, tilted by ``tilt`` degrees about any axis, perhaps mirrored."""
    width, _ = size
    scale = width * share / flat.shape[1]
    turn, about = rng.uniform(0, 2 * np.pi, 2)
    lean = np.radians(tilt)
    spin = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    axis = np.array([np.cos(about), np.sin(about), 0])
    rotate = cv2.Rodrigues(axis * lean)[0] @ spin
    middle = scale * np.array(flat.shape[1::-1]) / 2
    centred = np.array([[scale, 0, -middle[0]], [0, scale, -middle[1]], [0, 0, 1]])
    distance = 1.4 * width
    room = np.minimum(np.hypot(*middle) * 1.25 / np.array(size), 0.5)
    place = np.array(size) * (room + rng.random(2) * (1 - 2 * room))
    move = np.array([[1, 0, place[0]], [0, 1, place[1]], [0, 0, 1]])
    plane = np.column_stack([rotate[:, :2], [0, 0, distance]])
    to_picture = move @ np.diag([distance, distance, 1]) @ plane @ centred
    soft = cv2.GaussianBlur(flat.astype(np.float32), (0, 0), max(0.45 / scale, 0.2))
    cover = cv2.warpPerspective(np.ones(flat.shape[:2], np.float32), to_picture, size)[..., None]
    linear = busy_ground(size, rng) * (1 - cover) + cv2.warpPerspective(soft, to_picture, size) * cover
    seen = np.column_stack([corners, np.ones(4)]) @ to_picture.T
    lamp = rng.uniform(0.45, 0.85) * np.clip(rng.normal(1, 0.12, 3), 0.6, 1.15)
    linear = np.asarray(linear * lamp, dtype=np.float32)
    mirrored = bool(rng.random() < 0.3)
    found = seen[:, :2] / seen[:, 2:]
    if mirrored:
        linear, found = np.ascontiguousarray(linear[:, ::-1]), found * (-1, 1) + (width - 1, 0)
    return Scene(linear, found, mirrored)


def on_card(scene: Scene, column: float, row: float) -> Floats:
    """The place (0..6, 0..4) over the fields, in the picture."""
    unit = np.array([[0, 0], [6, 0], [6, 4], [0, 4]], np.float32)
    mapped = cv2.getPerspectiveTransform(unit, scene.corners.astype(np.float32)) @ (column, row, 1.0)
    return np.asarray(mapped[:2] / mapped[2])


def half_in_shadow(scene: Scene, rng: np.random.Generator) -> Scene:
    """A soft-edged shadow over a part of the card."""
    height, width = scene.linear.shape[:2]
    place, angle = on_card(scene, rng.uniform(1, 5), rng.uniform(1, 3)), rng.uniform(0, 2 * np.pi)
    y, x = np.ogrid[:height, :width]
    far = (x - place[0]) * np.cos(angle) + (y - place[1]) * np.sin(angle)
    soft = rng.uniform(0.05, 0.4) * np.linalg.norm(scene.corners[1] - scene.corners[0])
    return replace(scene, linear=scene.linear * (1 - rng.uniform(0.2, 0.55) / (1 + np.exp(-far / soft)))[..., None])


def fingers(scene: Scene, rng: np.random.Generator) -> Scene:
    """Fingertips over the frame, beside the fields."""
    linear, skin = scene.linear.copy(), SKINS[int(rng.integers(2))]
    reach = float(np.linalg.norm(scene.corners[1] - scene.corners[0])) / 6
    for _ in range(int(rng.integers(1, 4))):
        place = on_card(scene, float(rng.choice([-0.55, 6.55])), rng.uniform(0.5, 3.5))
        cv2.circle(linear, tuple(int(value) for value in place), round(0.42 * reach), skin, -1, cv2.LINE_AA)
    return replace(scene, linear=linear)


def glare(scene: Scene, rng: np.random.Generator) -> Scene:
    """A soft reflection that burns out one field: such a card may be read or refused, never read wrongly."""
    height, width = scene.linear.shape[:2]
    place = on_card(scene, rng.integers(6) + 0.5, rng.integers(4) + 0.5)
    reach = float(np.linalg.norm(scene.corners[1] - scene.corners[0])) / 6
    y, x = np.ogrid[:height, :width]
    spot = np.exp(-0.5 * ((x - place[0]) ** 2 + (y - place[1]) ** 2) / (0.35 * reach) ** 2)
    return replace(scene, linear=scene.linear + 0.9 * spot[..., None])


def covered(scene: Scene, rng: np.random.Generator) -> Scene:
    """A thing on a field."""
    linear = scene.linear.copy()
    reach = float(np.linalg.norm(scene.corners[1] - scene.corners[0])) / 6
    place = on_card(scene, rng.integers(6) + 0.5, rng.integers(4) + 0.5)
    colour = (*SKINS, (0.04, 0.15, 0.02))[int(rng.integers(3))]
    cv2.circle(
        linear, tuple(int(value) for value in place), round(rng.uniform(0.45, 1.4) * reach), colour, -1, cv2.LINE_AA
    )
    return replace(scene, linear=linear)


def cut(scene: Scene, rng: np.random.Generator) -> Scene:
    """The picture ends within the card's fields."""
    across = np.sort(scene.corners[:, 0])
    end = round(rng.uniform(across[0] + 0.25 * np.ptp(across), across[0] + 0.75 * np.ptp(across)))
    return replace(scene, linear=np.ascontiguousarray(scene.linear[:, : max(end, 40)]))


def blurred(scene: Scene, rng: np.random.Generator) -> Scene:
    step = float(np.linalg.norm(scene.corners[1] - scene.corners[0])) / 6
    return replace(
        scene, linear=np.asarray(cv2.GaussianBlur(scene.linear, (0, 0), rng.uniform(0.22, 0.4) * step), np.float32)
    )


def other_chart(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A cube's face, a palette of 24 paints, a chart of greys, a window with panes, or our colours in another order."""
    kind = int(rng.integers(5))
    if kind == 0:
        paints = np.array(
            [(0.7, 0.02, 0.02), (0.02, 0.35, 0.1), (0.02, 0.1, 0.5), (0.8, 0.7, 0.05), (0.8, 0.25, 0.02), (0.85,) * 3]
        )
        return flat_bought(0.88, paints[rng.integers(0, 6, 9)])
    if kind == 1:
        return flat_bought(0.85, rng.uniform(0.01, 0.85, (24, 3)))
    if kind == 2:
        return flat_bought(0.85, np.repeat(np.geomspace(0.9, 0.02, 24)[:, None], 3, axis=1))
    if kind == 3:
        return flat_bought(0.9, rng.uniform(0.5, 0.6, (24, 1)) * (0.7, 0.9, 1.2))
    return flat_bought(0.85, rng.permutation(srgb_of(spectra.patches().values)))


def off(search: CardSearch, scene: Scene) -> float:
    """The worst corner's distance in widths of the card."""
    assert search.reading is not None
    wide = np.linalg.norm(scene.corners[1] - scene.corners[0])
    return float(np.linalg.norm(search.reading.corners - scene.corners, axis=1).max() / wide)


def made(kind: Kind, number: int, rng: np.random.Generator) -> Scene:
    """A whole card; in every fourth picture small at 12 megapixels, in every fourth at half a megapixel."""
    side = list(LAYOUTS.values())[number % 4]
    flat, corners = flat_bought(side) if kind == "bought" else flat_printed(rng)
    # The contract counts a card's width; ours has its markers beside the fields.
    size, least = (((3000, 4000), 0.1), ((816, 612), 0.27), ((1600, 1200), 0.2), ((1200, 1600), 0.3))[number % 4]
    tilt = float(rng.uniform(0, 45)) if number % 4 != 1 else float(rng.uniform(0, 20))
    share = float(rng.uniform(least, 0.55)) * (1.5 if kind == "printed" and number % 4 < 2 else 1.0)
    return lay(flat, corners, size, min(share, 0.8), tilt, rng)


Change = Callable[[Scene, np.random.Generator], Scene]
HARDENED: dict[str, Change | None] = {
    "busy ground alone": None, "half in shadow": half_in_shadow, "held by fingers": fingers,
    "glare on one field": glare,
}  # fmt: skip
REFUSED: dict[str, Change] = {"a field covered": covered, "cut by the picture's edge": cut, "blurred": blurred}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=31)
    options = parser.parse_args()
    space, each = plain_space(), max(2, options.scenes // 4)
    print("| scenes | found | corners off, median | largest | wrong |\n|---|---|---|---|---|")
    for kind in KINDS:
        for name, change in HARDENED.items():
            rng = np.random.default_rng([options.seed, len(name), len(kind)])
            errors, wrong, failures = [], 0, []
            for number in range(each):
                scene = made(kind, number, rng)
                search = find_card((change(scene, rng) if change else scene).photo(rng, space))
                if search.reading is None:
                    failures.append(f"{number}: {search.problems[-1].message}")
                    continue
                errors.append(off(search, scene))
                own = (search.reading.card == "rubor") == (kind == "printed")
                wrong += errors[-1] > 0.01 or not own or search.reading.mirrored != scene.mirrored
            shown = f"{100 * median(errors):.2f} % | {100 * max(errors):.2f} %" if errors else "- | -"
            print(
                f"| {kind}, {name} | {len(errors)} of {each} | {shown} | {wrong} |", *failures, sep="\n    ", flush=True
            )
    print("\n| must be refused | refused |\n|---|---|")
    for kind in KINDS:
        for name, spoil in REFUSED.items():
            rng = np.random.default_rng([options.seed, len(name), len(kind), 2])
            readings = [find_card(spoil(made(kind, n, rng), rng).photo(rng, space)).reading for n in range(each)]
            print(f"| {kind}, {name} | {sum(one is None for one in readings)} of {each} |", flush=True)
    rng = np.random.default_rng([options.seed, 3])
    others = [
        lay(*other_chart(rng), (1200, 1600), float(rng.uniform(0.3, 0.7)), float(rng.uniform(0, 30)), rng)
        for _ in range(2 * each)
    ]
    readings = [find_card(one.photo(rng, space)).reading for one in others]
    print(
        f"| cubes, paints, greys, panes, shuffled charts | {sum(one is None for one in readings)} of {len(readings)} |"
    )

    times, found = [], 0
    photos = sorted(REAL.glob("*.jpg"))
    for path in photos:
        photo = read_photo(path)
        factor = (12.2e6 / (photo.width * photo.height)) ** 0.5
        large = cv2.resize(photo.pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        photo = replace(photo, pixels=large.astype(np.uint8))
        find_card(photo)
        start, cpu = time.perf_counter(), time.process_time()
        reading = find_card(photo).reading
        times.append((1000 * (time.perf_counter() - start), 1000 * (time.process_time() - cpu)))
        found += reading is not None
    wall, cpu_ms = (median(one) for one in zip(*times, strict=True))
    print(f"\nReal photographs at 12 megapixels: {found} of {len(photos)} (one has no card);")
    print(f"median {wall:.0f} ms, {cpu_ms:.0f} ms of CPU.")


if __name__ == "__main__":
    main()
