"""How well a region's a* repeats: heads turned in 3-D, one face photographed again, one picture in many files.

Usage: python benchmarks/poses.py turns|files|company [--people 12] [--first 0]. Everything is simulated from the
portraits in samples/, in turn, on all tone classes, two thirds of the faces reddened. Prints tables for
docs/accuracy.md.

``turns`` needs no card: what is true of every pixel turns with the head, so each figure is about regions and masks
alone. ``files`` goes through the whole program, card and all. ``company`` has more faces than one, and what only looks
like a face.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from company import company
from files import files
from numpy.typing import NDArray
from sitters import CHOSEN, HELD_OUT, PORTRAITS, TONES
from turned_heads import Head, Pose

from analyzer.erythema import a_at_level
from analyzer.face import find_face
from analyzer.reading import FACE, LABELS
from analyzer.regions import map_regions
from calibration.cielab import decode_srgb, encode_srgb
from calibration.simulation import Blood, Framing, Portrait, Rendered, Sensor, random_person, random_scene, render

PEOPLE = CHOSEN + HELD_OUT
ASIDE = {"15 degrees to a side": ((15, 0), (-15, 0)), "25 degrees to a side": ((25, 0), (-25, 0))}
TURNS = {**ASIDE, "18 degrees up or down": ((0, 18), (0, -18))}
AGAIN = 6
# Of a picture of 900 x 1200 pixels, electrons of a full pixel, and most degrees of a small turn.
SIZE, FULL_WELL, SMALL_TURN = (900, 1200), 6000.0, 8.0


@dataclass(frozen=True)
class Read:
    """One region of one photograph, as it truly is: its mean a* in its own light and in a light that stays where it
    is while the head turns; ``level`` is a* at one lightness, in the second light."""

    a: float
    lit: float
    level: float


Regions = dict[str, Read]


@dataclass(frozen=True)
class Sitter:
    """One person: their regions from the front, turned (by the names of ``TURNS``) and again."""

    tone: str
    usual: Regions
    turned: dict[str, list[Regions | None]]
    again: list[Regions]


def portrait(number: int, *, card: bool) -> tuple[str, Rendered]:
    """The tone class and the picture of the ``number``-th person."""
    tone = list(TONES)[number % len(TONES)]
    name = PEOPLE[(number + 2 * (number // len(TONES))) % len(PEOPLE)]
    rng = np.random.default_rng((7000 if card else 8000) + number)
    person = random_person(rng, name, ita=TONES[tone])
    blood = Blood(dose=float(rng.choice([0.0, 0.08, 0.2])), seed=number)
    scene = random_scene(rng, person, mixed=0.0, blood=blood, framing=Framing(1200, 1600))
    if not card:
        even = replace(scene.light, gradient_stops=0.0)
        framing = replace(scene.framing, roll_deg=0.0, face_width=0.5, face_x=0.5, face_y=0.45)
        scene = replace(scene, card=None, sensor=Sensor(blur=0.5), light=even, framing=framing)
    return tone, render(scene, Portrait.read(PORTRAITS, name))


def sitters(first: int, count: int) -> Iterator[Sitter]:
    for number in range(first, first + count):
        tone, rendered = portrait(number, card=False)
        picture = np.asarray(cv2.resize(rendered.rgb8, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
        truth = np.asarray(cv2.resize(rendered.lab, SIZE, interpolation=cv2.INTER_AREA), np.float32)
        face = find_face(picture).face
        if face is None:
            continue
        head = Head(face, (SIZE[1], SIZE[0]))
        rng = np.random.default_rng(number)
        lamp = _lamp(rng)
        usual = photographed(head, picture, truth, Pose(), lamp, rng)
        turned = {
            name: [photographed(head, picture, truth, Pose(*turn), lamp, rng) for turn in turns]
            for name, turns in TURNS.items()
        }
        again = [photographed(head, picture, truth, _small_move(rng), lamp, rng, jpeg=90) for _ in range(AGAIN)]
        if usual is not None:
            yield Sitter(tone, usual, turned, [one for one in again if one is not None])


def _lamp(rng: np.random.Generator) -> tuple[float, float, float]:
    across, up = np.radians(rng.uniform(-50, 50)), np.radians(rng.uniform(5, 50))
    return float(np.sin(across) * np.cos(up)), float(np.sin(up)), float(np.cos(across) * np.cos(up))


def _small_move(rng: np.random.Generator) -> Pose:
    yaw, pitch, roll = rng.uniform(-SMALL_TURN, SMALL_TURN, 3)
    x, y = rng.uniform(-25, 25, 2)
    return Pose(float(yaw), float(pitch), float(roll), float(rng.uniform(0.88, 1.06)), (float(x), float(y)))


def photographed(
    head: Head,
    picture: NDArray[np.uint8],
    truth: NDArray[np.float32],
    pose: Pose,
    lamp: tuple[float, float, float],
    rng: np.random.Generator,
    jpeg: int | None = None,
) -> Regions | None:
    """The regions that the program finds in a photograph of the head in ``pose``, with their truth; None: refused."""
    turned = head.turned(pose)
    light = turned.light(lamp)
    seen = np.clip(turned.picture(linear(picture)) * light[..., None], 0, 1)
    noise = rng.standard_normal(seen.shape).astype(np.float32) * np.sqrt(seen / np.float32(FULL_WELL) + 1e-6)
    shown = np.round(encode_srgb(np.clip(seen + noise, 0, 1)) * 255).astype(np.uint8)
    if jpeg is not None:
        coded = cv2.imencode(".jpg", shown[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, jpeg])[1]
        shown = np.ascontiguousarray(np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])
    search = find_face(shown)
    if search.face is None or search.problems:
        return None
    found = map_regions(search.face, linear(shown))
    lab = turned.picture(truth)
    brighter = np.cbrt(light)
    read = {}
    for name, label in LABELS.items():
        inside = found.labels > 0 if name == FACE else found.labels == label
        if inside.any():
            a, lightness = lab[..., 1] * brighter, (lab[..., 0] + 16) * brighter - 16
            weights = found.weight[inside]
            even = [float(np.average(plane[inside], weights=weights)) for plane in (lightness, a)]
            read[name] = Read(float(lab[inside, 1].mean()), float(a[inside].mean()), a_at_level(even[0], even[1], 60.0))
    return read


def linear(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return decode_srgb((picture / np.float32(255)).astype(np.float32))


def turns_table(people: Sequence[Sitter]) -> None:
    """How far each region's a* moves when the head turns: RMS, by turn and by tone class."""
    print("| head turned | refused | regions missing | its own light: RMS, median, largest | fixed light | `a_level` |")
    print("|---|---|---|---|---|---|")
    by_tone: dict[tuple[str, str], list[float]] = defaultdict(list)
    for name in TURNS:
        moved, refused, missing, asked = [], 0, 0, 0
        for one in people:
            for found in one.turned[name]:
                if found is None:
                    refused += 1
                    continue
                for region in one.usual.keys() - {FACE}:
                    asked += 1
                    if region not in found:
                        missing += 1
                        continue
                    now, then = found[region], one.usual[region]
                    moved.append((now.a - then.a, now.lit - then.lit, now.level - then.level))
                    by_tone[one.tone, name].append(now.a - then.a)
        off = np.array(moved)
        rms = np.sqrt((off**2).mean(axis=0))
        middle, most = np.median(np.abs(off[:, 0])), np.abs(off[:, 0]).max()
        print(
            f"| {name} | {refused} of {len(people) * len(TURNS[name])} | {missing} of {asked} "
            f"| {rms[0]:.2f}, {middle:.2f}, {most:.2f} | {rms[1]:.2f} | {rms[2]:.2f} |"
        )
    print("\n| ITA class | " + " | ".join(TURNS) + " |\n|---|" + "---|" * len(TURNS))
    for tone in TONES:
        figures = [np.asarray(by_tone[tone, name]) for name in TURNS]
        print(
            f"| {tone} | " + " | ".join(f"{np.sqrt((one**2).mean()):.2f}" if len(one) else "" for one in figures) + " |"
        )


def again_table(people: Sequence[Sitter]) -> None:
    """SD of a* over repeated photographs, by region and by tone class."""
    by_region: dict[str, list[float]] = defaultdict(list)
    by_tone: dict[str, list[float]] = defaultdict(list)
    missing = asked = 0
    for one in people:
        for region in one.usual:
            values = [found[region].a for found in one.again if region in found]
            asked += len(one.again)
            missing += len(one.again) - len(values)
            if len(values) > AGAIN // 2:
                by_region[region].append(float(np.std(values, ddof=1)))
                if region != FACE:
                    by_tone[one.tone].append(float(np.std(values, ddof=1)))
    print(f"\nRegions missing in {missing} of {asked}.\n")
    print("| photographed again | SD of a*, mean | largest |\n|---|---|---|")
    for name, values in (*by_region.items(), *by_tone.items()):
        print(f"| {name} | {np.mean(values):.2f} | {np.max(values):.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("turns", "files", "company"))
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    if options.what == "turns":
        people = list(sitters(options.first, options.people))
        turns_table(people)
        again_table(people)
    elif options.what == "files":
        numbers = range(options.first, options.first + options.people)
        files((tone, picture.rgb8) for tone, picture in (portrait(number, card=True) for number in numbers))
    else:
        company(PORTRAITS)


if __name__ == "__main__":
    main()
