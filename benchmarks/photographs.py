"""How accurate is a* through the whole program? Prints a table of docs/accuracy.md.

Simulated photographs (``calibration.simulation``) with phones, lamps and people that no fit has seen: of each person
one photograph of plain skin and two of reddened skin, all under different lamps, by one phone, framed anew. Card and
face are found by the program. Compared are the regions it reports with the truth over the very pixels it measured
(its own label map), so that what is judged is colour and not where a region ends.

How much of the error is the photograph's? The same pixels are measured a second time in a picture without noise,
blur, JPEG and fall-off, by the card as it truly is. "Beyond colour" is the distance between the two: what finding the
card, the file and the light add. The rest is skin that a camera sees otherwise than an eye, as in the table of
patches; that rest is one draw of person, phone and lamp for all regions of a photograph, so it takes many people.

With ``--card-stops`` as much more or less light falls on the card than on the face, by chance (a standard deviation).

Usage: python benchmarks/photographs.py [--people 5] [--seed 1] [--card-stops 0]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sitters import PORTRAITS, TONES

from analyzer.changes import regional_change
from analyzer.pipeline import analyze_photo_bytes
from analyzer.reading import FACE, LABELS, RegionReading
from calibration import spectra
from calibration.card_reading import CardReading, CardSearch
from calibration.cielab import decode_srgb
from calibration.correction import calibrate
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_LAMPS
from calibration.simulated_camera import simulate_patches
from calibration.simulation import (
    Blood,
    Framing,
    Isp,
    Phone,
    Portrait,
    Scene,
    Sensor,
    random_person,
    random_scene,
    render,
)

SIZES = ((900, 1200), (1200, 1600), (1800, 2400))
DOSES = (0.0, 0.25, 0.5)
TONES_IN_ORDER = list(TONES)


@dataclass(frozen=True)
class Region:
    """One region in one photograph: what was measured, its ``a_se``, what is true of the same pixels, what the true
    card's calibration measures of them in a picture without faults, and all that was read."""

    name: str
    a: float
    a_se: float
    truth: float
    faultless: float
    reading: RegionReading


def photographs_of(
    person_class: str, rng: np.random.Generator, count: int, card_stops: float
) -> list[dict[str, Region] | None]:
    """The regions of one person's photographs; None for one that was refused."""
    portraits = sorted(path.stem for path in PORTRAITS.glob("*.jpg"))
    portrait = portraits[count % len(portraits)]
    low, high = TONES[person_class]
    person = random_person(rng, portrait, ita=(low, high))
    phone, isp = Phone.random(rng, HELD_OUT_CAMERAS), Isp.random(rng)
    width, height = SIZES[count % len(SIZES)]
    lamps = rng.permutation(HELD_OUT_LAMPS)
    turned = np.random.default_rng([count, TONES_IN_ORDER.index(person_class)]).normal(0, card_stops, len(DOSES))
    read = Portrait.read(PORTRAITS, portrait)
    taken: list[dict[str, Region] | None] = []
    for dose, lamp, stops in zip(DOSES, lamps, turned, strict=False):
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
        assert scene.card is not None
        scene = replace(scene, card=replace(scene.card, stops=float(stops)))
        picture = render(scene, read)
        analysis = analyze_photo_bytes(picture.jpeg, "picture.jpg")
        if analysis.label_map is None or not analysis.reading.usable:
            taken.append(None)
            continue
        ideal = measured_without_faults(scene, read, analysis.label_map > 0)
        taken.append(
            {
                name: Region(
                    name,
                    one.a,
                    one.a_se,
                    a_star_over(picture.lab, analysis.label_map, name),
                    a_star_over(ideal, analysis.label_map, name),
                    one,
                )
                for name, one in analysis.reading.regions.items()
            }
        )
    return taken


def measured_without_faults(scene: Scene, portrait: Portrait, wanted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """CIELAB (H, W, 3), where ``wanted``, of the scene without noise, blur and fall-off, by the true card."""
    lamp = spectra.lamps()[scene.light.lamp]
    patches = simulate_patches(scene.phone.sensitivity(), lamp, scene.isp, spectra.patches().values)
    clipped = ((patches >= 1) | (patches <= 0)).any(axis=1).astype(float)
    nowhere, certain = np.zeros((24, 2)), np.full((24, 3), 5e-4)
    card = CardReading("classic-24", nowhere[:4], False, np.clip(patches, 1e-4, 1), certain, clipped, nowhere)
    ideal = render(replace(scene, light=replace(scene.light, gradient_stops=0.0), sensor=Sensor()), portrait)
    lab = np.zeros((*wanted.shape, 3), np.float32)
    lab[wanted] = calibrate(CardSearch("auto", card)).to_lab(decode_srgb(ideal.rgb8[wanted] / np.float32(255)))
    return lab


def a_star_over(lab: NDArray[np.float32], labels: NDArray[np.uint8], name: str) -> float:
    inside = labels > 0 if name == FACE else labels == LABELS[name]
    return float(lab[inside][:, 1].mean(dtype=np.float64))


def rows_of(
    people: list[list[dict[str, Region] | None]],
) -> tuple[list[tuple[float, float]], list[tuple[float, float, float]]]:
    """(error of a*, a_se) of every region, and (error of the change, true change, its standard error) of every region
    seen before, too."""
    levels, changes = [], []
    for plain, *later in people:
        for one in (plain, *later):
            levels += [(region.a - region.truth, region.a_se) for region in (one or {}).values()]
        for one in later:
            for name, region in (one or {}).items():
                own = (plain or {}).get(name)
                if own is not None:
                    step, now = region.truth - own.truth, regional_change(own.reading, region.reading)
                    changes.append((now.delta_a - step, step, now.delta_a_se))
    return levels, changes


def line(title: str, people: list[list[dict[str, Region] | None]]) -> str:
    pictures = [one for person in people for one in person]
    levels, changes = (np.array(rows) for rows in rows_of(people))
    beyond = [abs(region.a - region.faultless) for one in pictures for region in (one or {}).values()]
    inside = np.abs(levels[:, 0]) <= 2 * levels[:, 1]
    cells = [
        title,
        f"{len(people)}",
        f"{sum(one is not None for one in pictures)} of {len(pictures)}",
        f"{len(levels)}",
        f"{np.abs(levels[:, 0]).mean():.2f}",
        f"{np.mean(beyond):.2f}",
        f"{changes[:, 1].mean():.1f}",
        f"{np.abs(changes[:, 0]).mean():.2f}",
        f"{np.quantile(np.abs(changes[:, 0]), 0.95):.2f}",
        f"{inside.mean():.1%}",
        f"{np.median(levels[:, 1]) / np.sqrt((levels[:, 0] ** 2).mean()):.2f}",
        f"{(np.abs(changes[:, 0]) <= 2 * changes[:, 2]).mean():.1%}",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5, help="people of each class")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--card-stops", type=float, default=0.0, help="SD of the light on the card, beside the face's")
    options = parser.parse_args()
    print(
        "| ITA class | people | photographs measured | regions | error of a* | beyond colour | true step "
        "| error of delta a* | p95 | inside 2 a_se | median a_se / RMS | changes inside 2 se |\n" + "|---" * 12 + "|"
    )
    everybody = []
    for index, name in enumerate(TONES):
        rng = np.random.default_rng([options.seed, index])
        people = [photographs_of(name, rng, index + count, options.card_stops) for count in range(options.people)]
        everybody += people
        print(line(name, people), flush=True)
    print(line("all", everybody))


if __name__ == "__main__":
    main()
