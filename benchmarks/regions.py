"""How well region masks keep to skin: by occluder, by skin tone, and over poses. Prints tables for docs/accuracy.md.

Usage: python benchmarks/regions.py [--variants 1] [--people held-out|chosen|all]. Everything is simulated from the
portraits in samples/; thresholds were chosen on the first group of people only.
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

from analyzer.face import find_face
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


def outcomes(people: Sequence[str], variants: int) -> Iterator[Outcome]:
    """Every occluder in every colour on every skin-tone class, the people in turn."""
    portraits = {name: Portrait.read(PORTRAITS, name) for name in people}
    seed = 5000
    kinds: tuple[Kind | None, ...] = (None, *KINDS)
    for kind in kinds:
        for colour in list(COLOURS[kind] if kind else {}) or [""]:
            for tone, ita in CLASSES.items():
                for _ in range(variants):
                    seed += 1
                    name = people[seed % len(people)]
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
    parser.add_argument("--people", choices=("held-out", "chosen", "all"), default="held-out")
    options = parser.parse_args()
    people = {"held-out": HELD_OUT, "chosen": CHOSEN, "all": CHOSEN + HELD_OUT}[options.people]
    rows = list(outcomes(people, options.variants))
    table(rows, "occluder")
    table(rows, "tone")
    print("| portrait | largest turn | SD of a* by region |\n|---|---|---|")
    for name, spread, turned in repeatability(people):
        figures = ", ".join(f"{region} {value:.2f}" for region, value in spread.items())
        print(f"| {name} | {turned:.0f} degrees | {figures} |")


if __name__ == "__main__":
    main()
