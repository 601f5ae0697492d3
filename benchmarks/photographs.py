"""How accurate is a* through the whole program? Prints a table of docs/accuracy.md.

Simulated photographs (``calibration.simulation``) with phones, lamps and people that no fit has seen: of each person
one photograph of plain skin and two of reddened skin, all under different lamps, by one phone, framed anew. Card and
face are found by the program. Compared are the regions it reports with the truth over the very pixels it measured
(its own label map), so that what is judged is colour and not where a region ends.

Usage: python benchmarks/photographs.py [--people 5] [--seed 1]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from problems import CLASSES, PORTRAITS

from analyzer.pipeline import analyze_photo_bytes
from analyzer.reading import FACE, LABELS
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_LAMPS
from calibration.simulation import Blood, Framing, Isp, Phone, Portrait, random_person, random_scene, render

SIZES = ((900, 1200), (1200, 1600), (1800, 2400))
DOSES = (0.0, 0.25, 0.5)


@dataclass(frozen=True)
class Region:
    """One region in one photograph: what was measured, its ``a_se``, and what is true of the same pixels."""

    name: str
    a: float
    a_se: float
    truth: float


def photographs_of(person_class: str, rng: np.random.Generator, count: int) -> list[dict[str, Region] | None]:
    """The regions of one person's photographs; None for one that was refused."""
    portraits = sorted(path.stem for path in PORTRAITS.glob("*.jpg"))
    portrait = portraits[count % len(portraits)]
    low, high = CLASSES[person_class]
    person = random_person(rng, portrait, ita=(low, high))
    phone, isp = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
    width, height = SIZES[count % len(SIZES)]
    lamps = rng.permutation(HELD_OUT_LAMPS)
    read = Portrait.read(PORTRAITS, portrait)
    taken: list[dict[str, Region] | None] = []
    for dose, lamp in zip(DOSES, lamps, strict=False):
        scene = random_scene(
            rng,
            person,
            blood=Blood(dose=dose, seed=count),
            phone=phone,
            isp=isp,
            framing=Framing(width, height),
            lamps=(str(lamp),),
            mixed=0.0,
        )
        picture = render(scene, read)
        analysis = analyze_photo_bytes(picture.jpeg, "picture.jpg")
        if analysis.label_map is None or not analysis.reading.usable:
            taken.append(None)
            continue
        taken.append(
            {
                name: Region(name, one.a, one.a_se, truth_over(picture.lab, analysis.label_map, name))
                for name, one in analysis.reading.regions.items()
            }
        )
    return taken


def truth_over(lab: NDArray[np.float32], labels: NDArray[np.uint8], name: str) -> float:
    inside = labels > 0 if name == FACE else labels == LABELS[name]
    return float(lab[inside][:, 1].mean(dtype=np.float64))


def rows_of(
    people: list[list[dict[str, Region] | None]],
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """(error of a*, a_se) of every region, and (error of the change, true change) of every region seen before, too."""
    levels, changes = [], []
    for plain, *later in people:
        for one in (plain, *later):
            levels += [(region.a - region.truth, region.a_se) for region in (one or {}).values()]
        for one in later:
            for name, region in (one or {}).items():
                own = (plain or {}).get(name)
                if own is not None:
                    step = region.truth - own.truth
                    changes.append((region.a - own.a - step, step))
    return levels, changes


def line(title: str, people: list[list[dict[str, Region] | None]]) -> str:
    pictures = [one for person in people for one in person]
    levels, changes = (np.array(rows) for rows in rows_of(people))
    inside = np.abs(levels[:, 0]) <= 2 * levels[:, 1]
    cells = [
        title,
        f"{len(people)}",
        f"{sum(one is not None for one in pictures)} of {len(pictures)}",
        f"{len(levels)}",
        f"{np.abs(levels[:, 0]).mean():.2f}",
        f"{changes[:, 1].mean():.1f}",
        f"{np.abs(changes[:, 0]).mean():.2f}",
        f"{np.quantile(np.abs(changes[:, 0]), 0.95):.2f}",
        f"{inside.mean():.1%}",
        f"{np.median(levels[:, 1]) / np.sqrt((levels[:, 0] ** 2).mean()):.2f}",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5, help="people of each class")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(
        "| ITA class | people | photographs measured | regions | error of a* | true step | error of delta a* | p95 "
        "| inside 2 a_se | median a_se / RMS |\n" + "|---" * 10 + "|"
    )
    everybody = []
    for index, name in enumerate(CLASSES):
        rng = np.random.default_rng([options.seed, index])
        people = [photographs_of(name, rng, index + count) for count in range(options.people)]
        everybody += people
        print(line(name, people), flush=True)
    print(line("all", everybody))


if __name__ == "__main__":
    main()
