"""How well region masks keep to skin: by occluder, by skin tone, and over poses. Prints tables for docs/accuracy.md.

Usage: python benchmarks/regions.py [--variants 1] [--every 1] [--people held-out|chosen|all]. Everything is simulated
from the portraits in samples/; thresholds were chosen on the first group of people only.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.face import Face, find_face
from analyzer.reading import LABELS
from analyzer.regions import RegionMap, map_regions
from calibration.cielab import decode_srgb, linear_srgb_to_lab
from calibration.simulated_occluders import COLOURS, KINDS, Kind, Occluder
from calibration.simulation import Blood, Framing, Portrait, Rendered, random_person, random_scene, render

PORTRAITS = Path(__file__).parent.parent / "samples" / "portraits"
# Thresholds of the skin tests were chosen on the first four people; the others are for judging.
CHOSEN = ("boris_morukov__russia", "daniel_tani__usa", "jose_hernandez__usa", "stephanie_wilson__usa")
HELD_OUT = ("frederick_sturckow__usa", "linda_godwin__usa", "robert_satcher__usa")
CLASSES = {
    "very_light": (55.0, 62.0),
    "light": (41.0, 55.0),
    "intermediate": (28.0, 41.0),
    "tan": (10.0, 28.0),
    "brown": (-30.0, 10.0),
    "dark": (-70.0, -30.0),
}
FRAMING = Framing(700, 900, 0.6, 0.5, 0.5)
ALLOWED_OFF = 0.02


@dataclass(frozen=True)
class Outcome:
    """One picture: the worst region's share off skin, the share of visible skin that was kept, regions lost."""

    occluder: str
    tone: str
    worst_off: float
    off: float
    kept: float
    lost: int


def outcomes(people: Sequence[str], variants: int, every: int = 1) -> Iterator[Outcome]:
    """Every occluder in every colour on every skin-tone class, the people in turn; of these each ``every``-th."""
    portraits = {name: Portrait.read(PORTRAITS, name) for name in people}
    seed = 5000
    kinds: tuple[Kind | None, ...] = (None, *KINDS)
    for kind in kinds:
        for colour in list(COLOURS[kind] if kind else {}) or [""]:
            for tone, ita in CLASSES.items():
                for _ in range(variants):
                    seed += 1
                    if seed % every:
                        continue
                    name = people[seed // every % len(people)]
                    rng = np.random.default_rng(seed)
                    scene = random_scene(
                        rng,
                        random_person(rng, name, ita=ita),
                        framing=FRAMING,
                        mixed=0.0,
                        blood=Blood(dose=float(rng.choice([0.0, 0.1, 0.25])), seed=seed),
                    )
                    worn = (Occluder(kind, colour, seed),) if kind else ()
                    picture = render(replace(scene, card=None, occluders=worn), portraits[name])
                    yield from _judge(kind or "none", tone, picture)


def _judge(kind: str, tone: str, picture: Rendered) -> Iterator[Outcome]:
    face = find_face(picture.rgb8).face
    if face is None:
        return
    found = map_regions(face, linear(picture.rgb8))
    measured, visible = found.labels > 0, (found.outlines > 0) & picture.bare
    each = [found.labels == label for label in LABELS.values() if (found.labels == label).any()]
    worst = max((float((one & ~picture.bare).sum() / one.sum()) for one in each), default=0.0)
    yield Outcome(
        kind,
        tone,
        worst,
        float((measured & ~picture.bare).sum() / max(1, measured.sum())),
        float((measured & picture.bare).sum() / max(1, visible.sum())),
        _lost(found, picture),
    )


def _lost(found: RegionMap, picture: Rendered) -> int:
    """Regions that are missing although more than 60 % of them is bare skin."""
    bare = [(found.outlines == LABELS[name]) & picture.bare for name in found.missing]
    whole = [found.outlines == LABELS[name] for name in found.missing]
    return sum(int(one.sum() > 0.6 * all_.sum()) for one, all_ in zip(bare, whole, strict=True))


def linear(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return decode_srgb((picture / np.float32(255)).astype(np.float32))


def repeatability(people: Sequence[str]) -> Iterator[tuple[str, dict[str, float], float]]:
    """SD of a* of each region over eight photographs that differ in place, size, roll and the camera's tilt."""
    for name in people:
        srgb = Portrait.read(PORTRAITS, name).srgb
        height, width = srgb.shape[:2]
        lab_of: dict[str, list[float]] = defaultdict(list)
        turned = 0.0
        for seed in range(8):
            rng = np.random.default_rng(seed)
            corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
            moved = corners + rng.normal(0, 0.012 * width, corners.shape).astype(np.float32)
            tilt = cv2.getPerspectiveTransform(corners, moved)
            angle, size = rng.uniform(-8, 8), rng.uniform(0.8, 0.95)
            turn = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), angle, size), [0, 0, 1]])
            shown = cv2.warpPerspective(srgb, turn @ tilt, (width, height), borderMode=cv2.BORDER_REPLICATE)
            picture = np.asarray(shown, np.uint8)
            face = find_face(picture).face
            if face is None:
                continue
            turned = max(turned, abs(face.yaw), abs(face.pitch))
            light = linear(picture)
            labels = map_regions(face, light).labels
            a_star = linear_srgb_to_lab(light)[..., 1]
            for region, label in LABELS.items():
                if (labels == label).any():
                    lab_of[region].append(float(a_star[labels == label].mean()))
        yield (
            name,
            {region: float(np.std(values, ddof=1)) for region, values in lab_of.items() if len(values) > 5},
            turned,
        )


# The mesh is flatter than heads are: a turn of 35 is seen as one of 24.
TURNS = (-45, -35, -20, 0, 20, 35, 45)


def poses(people: Sequence[str], axis: int) -> Iterator[tuple[int, list[float], int, int, dict[str, list[float]]]]:
    """Heads turned by each of ``TURNS`` (``axis`` 1: to a side, 0: up and down).

    The turn asked for, the turns found, how many were refused for it, how many kept all regions that the portrait has,
    and by how much the a* of each region moved.
    """
    straight = {}
    for name in people:
        picture = Portrait.read(PORTRAITS, name).srgb
        found = find_face(picture)
        if found.face is not None:
            straight[name] = (picture, found.face, _a_of_regions(picture, found.face))
    for turn in TURNS:
        angles: list[float] = []
        moved: dict[str, list[float]] = defaultdict(list)
        refused = whole = 0
        for picture, face, usual in straight.values():
            now = (face.pitch, face.yaw)[axis]
            shown = turned(picture, face, axis, turn - now)
            search = find_face(shown)
            if search.face is None:
                refused += 1
                continue
            angles.append((search.face.pitch, search.face.yaw)[axis])
            refused += any(one.code == "turned_away" for one in search.problems)
            a_of = _a_of_regions(shown, search.face)
            whole += usual.keys() <= a_of.keys()
            for region in usual.keys() & a_of.keys():
                moved[region].append(a_of[region] - usual[region])
        yield turn, angles, refused, whole, moved


def turned(picture: NDArray[np.uint8], face: Face, axis: int, degrees: float) -> NDArray[np.uint8]:
    """``picture`` with its head turned further; its shading stays as it was."""
    from scipy.interpolate import LinearNDInterpolator

    height, width = picture.shape[:2]
    points = face.landmarks[: mesh.SKIN_POINTS] * [1.0, -1.0, -1.0]
    middle = points.mean(axis=0) - [0.0, 0.0, 0.5 * face.eye_distance]
    angle = np.radians(degrees if axis == 1 else -degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    rotation = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    if axis == 0:
        rotation = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    goal = ((points - middle) @ rotation.T + middle)[:, :2] * [1.0, -1.0]
    rim = np.array([[x, y] for x in np.linspace(0, width, 5) for y in np.linspace(0, height, 5)])
    rim = rim[(rim[:, 0] % width == 0) | (rim[:, 1] % height == 0)]
    source = np.concatenate([face.landmarks[: mesh.SKIN_POINTS, :2], rim])
    x, y = (np.arange(size)[::4] + 1.5 for size in (width, height))
    coarse = LinearNDInterpolator(np.concatenate([goal, rim]), source)(*np.meshgrid(x, y)).astype(np.float32)
    coarse = np.where(np.isfinite(coarse), coarse, 0)
    where = cv2.resize(coarse, (4 * len(x), 4 * len(y)), interpolation=cv2.INTER_LINEAR)[:height, :width]
    across, down = where[..., 0].copy(), where[..., 1].copy()
    shown = cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(shown, np.uint8)


def _a_of_regions(picture: NDArray[np.uint8], face: Face) -> dict[str, float]:
    light = linear(picture)
    labels = map_regions(face, light).labels
    a_star = linear_srgb_to_lab(light)[..., 1]
    measured = {region: labels == label for region, label in LABELS.items()}
    return {region: float(a_star[where].mean()) for region, where in measured.items() if where.any()}


def table(rows: Sequence[Outcome], of: str) -> None:
    print(
        f"| {of} | pictures | pixels off skin | pictures with a region over 2 % | skin kept | regions lost in sight |"
    )
    print("|---|---|---|---|---|---|")
    for name in dict.fromkeys(getattr(one, of) for one in rows):
        some = [one for one in rows if getattr(one, of) == name]
        off, kept = float(np.mean([one.off for one in some])), float(np.mean([one.kept for one in some]))
        over = float(np.mean([one.worst_off > ALLOWED_OFF for one in some]))
        print(f"| {name} | {len(some)} | {off:.1%} | {over:.0%} | {kept:.0%} | {sum(one.lost for one in some)} |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variants", type=int, default=1)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--people", choices=("held-out", "chosen", "all"), default="held-out")
    options = parser.parse_args()
    people = {"held-out": HELD_OUT, "chosen": CHOSEN, "all": CHOSEN + HELD_OUT}[options.people]
    rows = list(outcomes(people, options.variants, options.every))
    table(rows, "occluder")
    table(rows, "tone")
    print("| portrait | largest turn | SD of a* by region |\n|---|---|---|")
    for name, spread, turned in repeatability(people):
        figures = ", ".join(f"{region} {value:.2f}" for region, value in spread.items())
        print(f"| {name} | {turned:.0f} degrees | {figures} |")
    for axis, about in ((1, "to a side"), (0, "up (positive) or down")):
        print(f"\n| turned {about} | found | refused | all regions kept | RMS move of a* |\n|---|---|---|---|---|")
        for turn, angles, refused, whole, moved in poses(people, axis):
            every = np.concatenate([np.asarray(values) for values in moved.values()]) if moved else np.zeros(1)
            found = f"{np.mean(angles):.0f}" if angles else "none"
            print(f"| {turn} | {found} | {refused} | {whole} | {np.sqrt(np.mean(every**2)):.2f} |")


if __name__ == "__main__":
    main()
