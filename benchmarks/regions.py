"""How well region masks keep to skin: by occluder and by skin tone. Prints tables for docs/accuracy.md.

Usage: python benchmarks/regions.py [--variants 1] [--every 1] [--people held-out|chosen|all]. Everything is simulated
from the portraits in samples/; thresholds were chosen on the first group of people only.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sitters import CHOSEN, HELD_OUT, PORTRAITS, TONES

from analyzer.face import find_face
from analyzer.reading import LABELS
from analyzer.regions import RegionMap, map_regions
from analyzer.skin import CLIPPED
from calibration.cielab import decode_srgb
from calibration.simulated_occluders import COLOURS, KINDS, Kind, Occluder
from calibration.simulation import Blood, Framing, Portrait, random_person, random_scene, render

FRAMING = Framing(700, 900, 0.6, 0.5, 0.5)
ALLOWED_OFF = 0.02
# A region of which more than this is bare skin is in sight.
IN_SIGHT = 0.6
OFTEN = {"none": 6, "hand": 12}


@dataclass(frozen=True)
class Outcome:
    """One picture: each measured region's share off skin, the whole's, the share of visible skin that was kept, regions
    lost although in sight, and how many of these the camera had overexposed.
    """

    occluder: str
    tone: str
    each_off: tuple[float, ...]
    off: float
    kept: float
    lost: int
    too_bright: int


@dataclass(frozen=True, eq=False)
class Picture:
    """A face behind ``kind``, and what of it is true: ``rgb8`` (H, W, 3) and the bare skin (H, W)."""

    kind: str
    colour: str
    tone: str
    rgb8: NDArray[np.uint8]
    bare: NDArray[np.bool_]


def pictures(people: Sequence[str], variants: int, every: int = 1) -> Iterator[Picture]:
    """Every occluder in every colour on every skin-tone class, the people in turn; of these each ``every``-th.

    A hand has no colours, and no occluder none, so both are painted more often. ``every`` should not share a factor
    with the number of classes, or some of them are left out.
    """
    portraits = {name: Portrait.read(PORTRAITS, name) for name in people}
    seed = 5000 if people == HELD_OUT else 9000
    kinds: tuple[Kind | None, ...] = (None, *KINDS)
    for kind in kinds:
        for colour in list(COLOURS[kind] if kind else {}) or [""]:
            for tone, ita in TONES.items():
                for _ in range(variants * OFTEN.get(kind or "none", 1)):
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
                    shown = render(replace(scene, card=None, occluders=worn), portraits[name])
                    yield Picture(kind or "none", colour, tone, shown.rgb8, shown.bare)


def outcomes(people: Sequence[str], variants: int, every: int = 1) -> Iterator[Outcome]:
    """How the masks do on each of :func:`pictures` in which a face is found."""
    for picture in pictures(people, variants, every):
        yield from judge(picture)


def judge(picture: Picture) -> Iterator[Outcome]:
    face = find_face(picture.rgb8).face
    if face is None:
        return
    found = map_regions(face, linear(picture.rgb8))
    measured, visible = found.labels > 0, (found.outlines > 0) & picture.bare
    each = [found.labels == label for label in LABELS.values() if (found.labels == label).any()]
    yield Outcome(
        picture.kind,
        picture.tone,
        tuple(float((one & ~picture.bare).sum() / one.sum()) for one in each),
        float((measured & ~picture.bare).sum() / max(1, measured.sum())),
        float((measured & picture.bare).sum() / max(1, visible.sum())),
        *_lost(found, picture),
    )


def _lost(found: RegionMap, picture: Picture) -> tuple[int, int]:
    """Regions that are missing although most of them is bare skin; how many of these only for being overexposed."""
    readable = picture.bare & (linear(picture.rgb8).max(axis=2) < CLIPPED)
    whole = [found.outlines == LABELS[name] for name in found.missing]
    bare, good = (
        sum(int((one & seen).sum() > IN_SIGHT * one.sum()) for one in whole) for seen in (picture.bare, readable)
    )
    return bare, bare - good


def linear(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return decode_srgb((picture / np.float32(255)).astype(np.float32))


def table(rows: Sequence[Outcome], of: str) -> None:
    print(f"| {of} | pictures | pixels off skin | regions over 2 % | skin kept | lost in sight (of them overexposed) |")
    print("|---|---|---|---|---|---|")
    for name in [*dict.fromkeys(getattr(one, of) for one in rows), "all"]:
        some = [one for one in rows if name in ("all", getattr(one, of))]
        off, kept = float(np.mean([one.off for one in some])), float(np.mean([one.kept for one in some]))
        each = np.array([share for one in some for share in one.each_off])
        print(
            f"| {name} | {len(some)} | {off:.1%} | {(each > ALLOWED_OFF).mean():.1%} of {len(each)} | {kept:.0%} "
            f"| {sum(one.lost for one in some)} ({sum(one.too_bright for one in some)}) |"
        )
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


if __name__ == "__main__":
    main()
