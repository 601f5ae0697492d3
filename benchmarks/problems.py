"""How often is each problem of light and picture named when it is there, and when it is not? Prints docs/accuracy.md's
tables.

Simulated photographs with cameras, lamps, skins and portraits that no threshold was chosen on (``calibration.holdout``;
of the portraits every second), through the whole program, by ITA class. Poor lamps and filters are decided by the
card's patches alone and have more cases in ``light_patches.py``. ``--side`` measures instead how far ``a_level`` moves
when the light comes from one side: same person, same blood.

Usage: python benchmarks/problems.py [--pictures 20] [--seed 3] [--keep FILE]
       python benchmarks/problems.py --side --pictures 1 [--width 1200]
"""

from __future__ import annotations

import argparse
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sitters import PORTRAITS, TONES

from analyzer.pipeline import analyze_photo_bytes
from analyzer.reading import FACE
from calibration.correction import calibrate
from calibration.detection import find_card
from calibration.holdout import HELD_OUT_CAMERAS
from calibration.photo import decode_photo
from calibration.simulated_filters import FILTERS, filtered
from calibration.simulated_screen import Screen, photograph_of
from calibration.simulation import (
    ORDINARY_LAMPS,
    Blood,
    Isp,
    Light,
    Phone,
    Portrait,
    Rendered,
    Scene,
    random_person,
    random_scene,
    render,
)

HELD_OUT_PORTRAITS = sorted(path.stem for path in PORTRAITS.glob("*.jpg"))[1::2]
# A card is burnt when at least this share of its white patch is at the end of the scale, and whole when at most this
# share of any patch is. Between is not scored.
BURNT, WHOLE = 0.5, 0.01
# Problems that the card alone decides: the face need not be looked for.
ON_THE_CARD = ("poor_lamp", "card_clipped")
# Width of the pictures in pixels.
WIDTH = 600
# Screens, and what has more cases on patches, are photographed for every so many people.
EVERY_SO_MANY = 3
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
    return replace(scene, framing=replace(scene.framing, width=WIDTH, height=WIDTH * 4 // 3))


def whole_scene(rng: np.random.Generator, band: tuple[float, float], portrait: Portrait) -> tuple[Scene, Rendered]:
    """A plain scene in which nothing of the card is burnt, and its picture."""
    scene = plain_scene(rng, band)
    scene = replace(scene, person=replace(scene.person, portrait=portrait.name))
    while burnt(picture := render(scene, portrait)).max() > WHOLE:
        scene = exposed(scene, 0.9)
    return scene, picture


def exposed(scene: Scene, times: float) -> Scene:
    return replace(scene, isp=replace(scene.isp, exposure=scene.isp.exposure * times))


def burnt(picture: Rendered) -> NDArray[np.float64]:
    """(24,) share of each patch's pixels with a channel at the top of the scale, before JPEG."""
    assert picture.corners is not None
    first, sixth, black, white = picture.corners
    reach = max(1, int(0.03 * np.linalg.norm(sixth - first)))
    shares = []
    for row in range(4):
        for column in range(6):
            # Patches of side 1 with gaps of 0.16 between.
            right, down = (1.16 * column + 0.5) / 6.8, (1.16 * row + 0.5) / 4.48
            top, bottom = first + right * (sixth - first), white + right * (black - white)
            x, y = (top + down * (bottom - top)).astype(int)
            part = picture.rgb8[y - reach : y + reach + 1, x - reach : x + reach + 1]
            shares.append(float((part >= 254).any(axis=-1).mean()))
    return np.array(shares)


def scenes(rng: np.random.Generator, scene: Scene) -> Iterator[tuple[str, Scene]]:
    """One scene of each code that a scene can have, out of a plain one."""
    yield "poor_lamp", replace(scene, light=replace(scene.light, lamp=str(rng.choice(POOR_LAMPS))))
    first, second = PAIRS[rng.integers(len(PAIRS))]
    angle = float(rng.choice(list(DIRECTIONS.values())))
    two = Light(first, second, 0.45, float(rng.uniform(0.8, 1.2)), 0.2, angle)
    yield "mixed_light", replace(scene, light=two)
    angle = float(rng.choice(list(DIRECTIONS.values())))
    steep = replace(scene.light, gradient_stops=float(rng.uniform(1.3, 2.0)), direction_deg=angle)
    yield "uneven_light", replace(scene, light=steep)
    yield "card_clipped", replace(scene, isp=replace(scene.isp, exposure=float(rng.uniform(1.25, 1.6))))


def photographs(
    rng: np.random.Generator, band: tuple[float, float], portrait: Portrait, with_all: bool
) -> Iterator[tuple[str, bytes]]:
    """(what is wrong, the file); the filter and the screen are made of the plain picture."""
    plain, picture = whole_scene(rng, band, portrait)
    yield "plain", picture.jpeg
    if with_all:
        yield "colour_filter", jpeg(filtered(picture.rgb8, str(rng.choice(list(FILTERS)))), rng)
        yield "screen_photo", on_a_screen(picture, rng)
    for what, scene in scenes(rng, plain):
        if what == "poor_lamp" and not with_all:
            continue
        taken = render(scene, portrait)
        while what == "card_clipped" and burnt(taken)[18] < BURNT:
            scene = exposed(scene, 1.1)
            taken = render(scene, portrait)
        yield what, taken.jpeg


def on_a_screen(picture: Rendered, rng: np.random.Generator) -> bytes:
    """The picture shown by a screen, or printed, and photographed again."""
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
    return jpeg(photograph_of(picture.rgb8, screen, phone=phone, isp=Isp.random(rng), seed=seed), rng)


def jpeg(picture: np.ndarray, rng: np.random.Generator) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=int(rng.integers(82, 96)))
    return file.getvalue()


def raised(what: str, data: bytes) -> list[str]:
    """The codes that the program raises; where the card decides alone, by the card alone."""
    if what in ON_THE_CARD:
        return sorted({one.code for one in calibrate(find_card(decode_photo(data, what))).problems})
    return sorted({one.code for one in analyze_photo_bytes(data, f"{what}.jpg").reading.problems})


def outcomes(pictures: int, seed: int, keep: Path | None) -> Iterator[tuple[str, str, list[str]]]:
    """(what is wrong, ITA class, codes) of each photograph. What ``keep`` holds of an earlier run is not done again."""
    known = {}
    portraits = [Portrait.read(PORTRAITS, name) for name in HELD_OUT_PORTRAITS]
    if keep is not None and keep.exists():
        for line in keep.read_text().splitlines():
            name, number, found = json.loads(line)
            known[name, number] = found
    for number in range(pictures):
        for place, (name, band) in enumerate(TONES.items()):
            if (name, number) not in known:
                rng = np.random.default_rng([seed, number, place])
                portrait = portraits[(number + place) % len(portraits)]
                files = photographs(rng, band, portrait, number % EVERY_SO_MANY == 0)
                known[name, number] = [(what, raised(what, data)) for what, data in files]
                if keep is not None:
                    with keep.open("a") as file:
                        file.write(json.dumps([name, number, known[name, number]]) + "\n")
            for what, codes in known[name, number]:
                yield what, name, codes


def print_rates(pictures: int, seed: int, keep: Path | None) -> None:
    found: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
    for what, name, codes in outcomes(pictures, seed, keep):
        found[what, name].append(codes)
    print("| code | raised when true | raised when not | " + " | ".join(TONES) + " |")
    print("|---|---|---|" + "---|" * len(TONES))
    for code in CODES:
        true = {name: [code in one for one in found[code, name]] for name in TONES}
        false = {name: [code in one for one in found["plain", name]] for name in TONES}
        cells = [f"{sum(true[name])} of {len(true[name])} / {sum(false[name])}" for name in TONES]
        print(f"| `{code}` | {share(true)} | {share(false)} | " + " | ".join(cells) + " |", flush=True)


def share(rates: dict[str, list[bool]]) -> str:
    values = [one for of in rates.values() for one in of]
    return f"{sum(values)} of {len(values)}"


@dataclass(frozen=True)
class Move:
    """How far ``a_level`` of a region, or of the face, moved from even light to another light: one side's by ``stops``
    over the picture, or the same again (``stops`` 0). ``asked``: whether the program asked for another photograph."""

    tone: str
    stops: float
    asked: bool
    face: bool
    by: float


STOPS = (0.3, 0.6, 1.2, 1.8)


def print_side(people: int, seed: int, width: int) -> None:
    """How far ``a_level`` moves under light from one side, against the same scene in even light; and how far in that
    even light photographed again, which is all that noise, JPEG and masks do."""
    portraits = [Portrait.read(PORTRAITS, name) for name in HELD_OUT_PORTRAITS]
    moves: list[Move] = []
    refused = 0
    for place, (name, band) in enumerate(TONES.items()):
        for number in range(people):
            rng = np.random.default_rng([seed, number, place])
            portrait = portraits[(number + place) % len(portraits)]
            scene, _ = whole_scene(rng, band, portrait)
            framing = replace(scene.framing, width=width, height=width * 4 // 3)
            scene = replace(scene, framing=framing, blood=Blood(dose=0.2))
            even, _ = levels(scene, 0.0, 0.0, portrait)
            others = [(replace(scene, seed=scene.seed + one), 0.0, 0.0) for one in (1, 2)]
            others += [(scene, stops, angle) for angle in DIRECTIONS.values() for stops in STOPS]
            for taken, stops, angle in others:
                here, asked = levels(taken, stops, angle, portrait)
                refused += not here
                moves += [
                    Move(name, stops, asked, region == FACE, here[region] - even[region])
                    for region in even.keys() & here.keys()
                ]
    print(f"RMS, share below 0.3, largest; {refused} refused.\n")
    print(
        "| ITA class | regions, same light again | lit from a side | face, again | from a side |\n" + "|---" * 5 + "|"
    )
    for name in (*TONES, "all"):
        cells = [
            spread(one for one in moves if name in (one.tone, "all") and one.face == face and (one.stops > 0) == lit)
            for face in (False, True)
            for lit in (False, True)
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")
    print("\n| stops over the picture | asked for another | regions | where none was asked for | face |")
    print("|---" * 5 + "|")
    for stops in STOPS:
        at = [one for one in moves if one.stops == stops]
        faces = [one for one in at if one.face]
        regions = [one for one in at if not one.face]
        cells = [spread(regions), spread(one for one in regions if not one.asked), spread(faces)]
        print(f"| {stops} | {sum(one.asked for one in faces)} of {len(faces)} | " + " | ".join(cells) + " |")


def spread(moves: Iterable[Move]) -> str:
    size = np.abs([one.by for one in moves])
    return (
        f"{np.sqrt(np.mean(size**2)):.2f}, {np.mean(size < 0.3):.0%} of {len(size)}, {size.max():.2f}"
        if len(size)
        else "-"
    )


# What the program says of light, each of which asks for another photograph.
ASKS = {"uneven_light", "mixed_light", "poor_lamp", "card_clipped", "overexposed"}


def levels(scene: Scene, stops: float, angle: float, portrait: Portrait) -> tuple[dict[str, float], bool]:
    """``a_level`` of the face and by region, exposed, as phones do, for the face; and whether the light was objected
    to."""
    scene = replace(scene, light=replace(scene.light, gradient_stops=stops, direction_deg=angle))
    while burnt_skin(picture := render(scene, portrait)):
        scene = exposed(scene, 0.85)
    reading = analyze_photo_bytes(picture.jpeg, "side.jpg").reading
    found = {name: region.a_level for name, region in reading.regions.items()}
    return (found if FACE in found else {}), any(one.code in ASKS for one in reading.problems)


def burnt_skin(picture: Rendered) -> bool:
    """Whether more than a hundredth of the face's bare skin is burnt out."""
    return bool((picture.rgb8[picture.regions > 0] >= 250).any(axis=-1).mean() > 0.01)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=20, help="of each kind and ITA class; people with --side")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="file of outcomes: a run that was stopped goes on from it")
    parser.add_argument("--side", action="store_true", help="measure a_level under light from one side instead")
    parser.add_argument("--width", type=int, default=480, help="of the pictures with --side, in pixels")
    arguments = parser.parse_args()
    if arguments.side:
        print_side(arguments.pictures, arguments.seed, arguments.width)
    else:
        print_rates(arguments.pictures, arguments.seed, arguments.keep)


if __name__ == "__main__":
    main()
