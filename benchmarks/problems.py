"""How often is each problem of light and picture named when it is there, and when it is not? Prints docs/accuracy.md's
tables.

Simulated photographs with cameras, lamps, skins and portraits that no threshold was chosen on (``calibration.holdout``;
of the portraits every second), through the whole program, by ITA class. ``--side`` measures instead how far ``a_level``
moves when the light comes from one side: same person, same blood.

Usage: python benchmarks/problems.py [--pictures 2] [--seed 3] [--side]
"""

from __future__ import annotations

import argparse
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from analyzer.pipeline import analyze_photo_bytes
from analyzer.reading import FACE, Reading
from calibration.holdout import HELD_OUT_CAMERAS
from calibration.simulated_filters import FILTERS, filtered
from calibration.simulated_screen import Screen, photograph_of
from calibration.simulation import (
    ORDINARY_LAMPS,
    Blood,
    Isp,
    Light,
    Phone,
    Portrait,
    Scene,
    random_person,
    random_scene,
    render,
)

PORTRAITS = Path(__file__).parent.parent / "samples" / "portraits"
HELD_OUT_PORTRAITS = sorted(path.stem for path in PORTRAITS.glob("*.jpg"))[1::2]
CLASSES = {"light": (41, 90), "intermediate": (28, 41), "tan": (10, 28), "brown": (-30, 10), "dark": (-75, -30)}
# Held-out lamps of which CIE 13.3 gives Ra below 70 or R9 below -50.
POOR_LAMPS = ("FL2", "FL4", "LED-RGB1")
# A window and a lamp: held-out lights that differ plainly in colour.
PAIRS = (("D55", "LED-B1"), ("D75", "LED-V1"), ("ID65", "Incandescent"), ("LED-V1", "D55"), ("Incandescent", "D75"))
DIRECTIONS = {"right": 0.0, "left": 180.0, "top": 270.0}
CODES = ("poor_lamp", "mixed_light", "uneven_light", "card_clipped", "colour_filter", "screen_photo")


def plain_scene(rng: np.random.Generator, band: tuple[float, float]) -> Scene:
    """An ordinary photograph at home: one ordinary lamp, a little fall-off."""
    person = random_person(rng, str(rng.choice(HELD_OUT_PORTRAITS)), held_out=True, ita=band)
    scene = random_scene(rng, person, held_out=True, lamps=ORDINARY_LAMPS, mixed=0.0)
    return replace(scene, framing=replace(scene.framing, width=900, height=1200))


def scenes(rng: np.random.Generator, band: tuple[float, float]) -> Iterator[tuple[str, Scene]]:
    """One scene of each code that a scene can have, and a plain one first."""
    scene = plain_scene(rng, band)
    yield "plain", scene
    yield "poor_lamp", replace(scene, light=replace(scene.light, lamp=str(rng.choice(POOR_LAMPS))))
    first, second = PAIRS[rng.integers(len(PAIRS))]
    angle = float(rng.choice(list(DIRECTIONS.values())))
    two = Light(first, second, 0.45, float(rng.uniform(0.8, 1.2)), 0.2, angle)
    yield "mixed_light", replace(scene, light=two)
    angle = float(rng.choice(list(DIRECTIONS.values())))
    steep = replace(scene.light, gradient_stops=float(rng.uniform(1.3, 2.0)), direction_deg=angle)
    yield "uneven_light", replace(scene, light=steep)
    yield "card_clipped", replace(scene, isp=replace(scene.isp, exposure=float(rng.uniform(1.25, 1.5))))


def photographs(rng: np.random.Generator, band: tuple[float, float]) -> Iterator[tuple[str, bytes]]:
    """(what is wrong, the file); the filter and the screen are made of the plain picture."""
    for what, scene in scenes(rng, band):
        picture = render(scene, Portrait.read(PORTRAITS, scene.person.portrait))
        yield what, picture.jpeg
        if what != "plain":
            continue
        yield "colour_filter", jpeg(filtered(picture.rgb8, str(rng.choice(list(FILTERS)))), rng)
        kind: Literal["screen", "print"] = "screen" if rng.random() < 0.67 else "print"
        screen = Screen(
            kind=kind,
            pitch=float(rng.uniform(1.6, 4.5) if kind == "screen" else rng.uniform(2.5, 7.0)),
            backlight=("white-led", "wide-gamut", "oled")[rng.integers(3)],
            glare=float(rng.uniform(0, 0.03)),
            turn_deg=float(rng.normal(0, 3)),
            keystone=float(rng.uniform(-0.06, 0.06)),
            blur=float(rng.uniform(0.4, 1.1)),
            noise=float(rng.uniform(0.003, 0.01)),
        )
        phone, seed = Phone.random(rng, HELD_OUT_CAMERAS), int(rng.integers(2**31))
        again = photograph_of(picture.rgb8, screen, phone=phone, isp=Isp.random(rng), seed=seed)
        yield "screen_photo", jpeg(again, rng)


def jpeg(picture: np.ndarray, rng: np.random.Generator) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=int(rng.integers(82, 96)))
    return file.getvalue()


def raised(reading: Reading) -> set[str]:
    return {one.code for one in reading.problems}


def print_rates(pictures: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    found: dict[tuple[str, str], list[set[str]]] = defaultdict(list)
    for number in range(pictures):
        for name, band in CLASSES.items():
            for what, data in photographs(rng, band):
                found[what, name].append(raised(analyze_photo_bytes(data, f"{what}{number}.jpg").reading))
    print("| code | raised when true | raised when not | " + " | ".join(CLASSES) + " |")
    print("|---|---|---|" + "---|" * len(CLASSES))
    for code in CODES:
        true = {name: [code in one for one in found[code, name]] for name in CLASSES}
        false = {name: [code in one for one in found["plain", name]] for name in CLASSES}
        cells = [f"{np.mean(true[name]):.0%} / {np.mean(false[name]):.0%}" for name in CLASSES]
        print(f"| `{code}` | {share(true)} | {share(false)} | " + " | ".join(cells) + " |", flush=True)


def share(rates: dict[str, list[bool]]) -> str:
    values = [one for of in rates.values() for one in of]
    return f"{np.mean(values):.0%} of {len(values)}"


def print_side(seed: int) -> None:
    """How far ``a_level`` of each region moves under light from one side, against the same scene in even light."""
    print("| ITA class | light from | stops over the picture | mean move of a_level | largest region | a_se |")
    print("|---|---|---|---|---|---|")
    rng = np.random.default_rng(seed)
    for name, band in CLASSES.items():
        scene = replace(plain_scene(rng, band), blood=Blood(dose=0.2))
        portrait = Portrait.read(PORTRAITS, scene.person.portrait)
        even = levels(replace(scene, light=replace(scene.light, gradient_stops=0.0)), portrait)
        for side, angle in DIRECTIONS.items():
            for stops in (0.6, 1.2):
                light = replace(scene.light, gradient_stops=stops, direction_deg=angle)
                here = levels(replace(scene, light=light), portrait)
                moves = [abs(here[region] - even[region]) for region in even if region in here and region != "se"]
                worst = max(moves) if moves else np.nan
                print(
                    f"| {name} | {side} | {stops} | {np.mean(moves):.2f} | {worst:.2f} | {here['se']:.2f} |", flush=True
                )


def levels(scene: Scene, portrait: Portrait) -> dict[str, float]:
    """``a_level`` by region, and the face's ``a_se`` as ``se``."""
    regions = analyze_photo_bytes(render(scene, portrait).jpeg, "side.jpg").reading.regions
    found = {name: region.a_level for name, region in regions.items() if name != FACE}
    return {**found, "se": regions[FACE].a_se if FACE in regions else float("nan")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2, help="of each kind and ITA class")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--side", action="store_true", help="measure a_level under light from one side instead")
    arguments = parser.parse_args()
    if arguments.side:
        print_side(arguments.seed)
    else:
        print_rates(arguments.pictures, arguments.seed)


if __name__ == "__main__":
    main()
