"""How often is a poor lamp or a filter named, how often wrongly, and does ``a_se`` grow with it? On the card's patches.

Both codes are decided by the 24 patches alone, so patches are simulated, not pictures: held-out phones; held-out lamps,
lamps of colour-science's collection that the project does not hold, and three-coloured LEDs of Ohno's line shape
(the project's own families have another). Skins are the held-out ones, by ITA class.

Usage: python benchmarks/light_patches.py [--cases 120] [--each 20] [--seed 21]
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from held_out import CLASSES, held_out_skins, read_card
from numpy.typing import NDArray

from analyzer.skin import CLIPPED
from calibration import spectra
from calibration.card_reading import CardSearch
from calibration.cielab import decode_srgb, encode_srgb
from calibration.colour_rendering import rendering
from calibration.correction import calibrate
from calibration.holdout import HELD_OUT_CAMERAS, HELD_OUT_LAMPS
from calibration.simulated_camera import Isp, Phone, simulate_patches
from calibration.simulated_filters import FILTERS, Filter, saturated, sepia, split_toned, turned

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import colour

Floats = NDArray[np.float64]

# Lamps with less are poor, with more fair; between them both answers are right.
POOR_RA, FAIR_RA = 70.0, 76.0
# Of colour-science's collection, what the project's own tables lack.
POOR_GAS = (
    "HPS",
    "C100S54 (HPS)",
    "C100S54C (HPS)",
    "HP1",
    "Mercury",
    "H38HT-100 (Mercury)",
    "H38JA-100/DX (Mercury DX)",
)
FAIR_OTHERS = (
    "SA",
    "SC",
    "B",
    "Kinoton 75P",
    "Super HPS",
    "SDW-T 100W/LV (Super HPS)",
    "HP2",
    "ISO 7589 Studio Tungsten",
)
# Peaks that chips are sold with, in nm.
BLUE, GREEN, RED = (448, 455, 460, 465, 470), (515, 520, 525, 530, 535, 540), (615, 620, 625, 630, 635, 640, 660)


def vibrant(coded: Floats) -> Floats:
    """Pale colours made stronger, strong ones left."""
    luma = (coded @ [0.2126, 0.7152, 0.0722])[..., None]
    return np.asarray(luma + (1.6 - 0.6 * np.ptp(coded, axis=-1, keepdims=True)) * (coded - luma))


MILD: dict[str, Filter] = {
    "half colour": lambda coded: saturated(coded, 0.5),
    "half sepia": lambda coded: 0.5 * coded + 0.5 * sepia(coded),
    "hues turned by 12 degrees": lambda coded: turned(coded, 12.0),
    "split-toned, half": lambda coded: split_toned(coded, 0.07),
    "vivid 1.5": lambda coded: saturated(coded, 1.5),
    "vivid 1.3": lambda coded: saturated(coded, 1.3),
    "paler 0.7": lambda coded: saturated(coded, 0.7),
    "vibrance": vibrant,
    "whitened skin": lambda coded: np.clip(coded, 0, 1) ** 0.8 * 0.93 + [0.055, 0.07, 0.08],
    "faded blacks": lambda coded: 0.12 + 0.88 * coded,
    "warm": lambda coded: coded * [1.12, 1.0, 0.82],
    "warm, half": lambda coded: coded * [1.06, 1.0, 0.91],
    "cool": lambda coded: coded * [0.86, 1.0, 1.14],
    "cool, half": lambda coded: coded * [0.93, 1.0, 1.07],
}


@dataclass(frozen=True)
class Case:
    """One simulated card: the ``codes`` raised, the errors of a* of the skins and ``a_se`` for each (N,).

    NaN stands for skin that is burnt out: the program leaves such pixels out.
    """

    kind: str
    ra: float
    codes: frozenset[str]
    error: Floats
    a_se: Floats


def measured(name: str) -> Floats:
    """A lamp (wavelengths,) of colour-science's collection."""
    known = colour.SDS_LIGHT_SOURCES if name in colour.SDS_LIGHT_SOURCES else colour.SDS_ILLUMINANTS
    values = np.interp(spectra.WAVELENGTHS, known[name].wavelengths, known[name].values)
    return np.asarray(values / values.max())


def three_coloured(rng: np.random.Generator) -> Floats:
    """Three LEDs of Ohno's line shape (2005), mixed to the colour of a black body."""
    while True:
        chips = [(rng.choice(BLUE), (18, 26)), (rng.choice(GREEN), (28, 40)), (rng.choice(RED), (14, 22))]
        lines = [
            np.exp(-4 * np.log(2) * ((spectra.WAVELENGTHS - peak) / rng.uniform(*wide)) ** 2) for peak, wide in chips
        ]
        parts = np.stack([(line + 2 * line**5) / 3 for line in lines])
        goal = spectra.xyz_of_lamp(spectra.blackbody(1e6 / rng.uniform(150, 380)))
        power = np.linalg.solve(spectra.observer() @ parts.T, goal)
        if (power > 0).all():
            lamp = power @ parts
            return np.asarray(lamp / lamp.max())


class Studio:
    """Takes cards and skins under lamps, each with another phone."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.known = spectra.lamps().only(HELD_OUT_LAMPS)
        skins = held_out_skins(8, np.random.default_rng(8))
        # Each skin plain and reddened.
        self.skins, self.lab = skins.stages[:2].reshape(-1, len(spectra.WAVELENGTHS)), skins.lab[:2].reshape(-1, 3)
        self.tone = np.tile(skins.tone, 2)

    def lamps(self, wanted: Callable[[float], bool]) -> list[str]:
        """The known lamps of which ``wanted`` says yes to their Ra."""
        return [name for name in self.known.names if wanted(rendering(self.known[name]).ra)]

    def take(self, kind: str, lamp: Floats, effect: Filter | None = None) -> Case:
        phone, isp = Phone.random(self.rng, HELD_OUT_CAMERAS), Isp.random(self.rng)
        surfaces = np.concatenate([spectra.patches().values, self.skins])
        rgb = simulate_patches(phone.sensitivity(), lamp, isp, surfaces)
        if effect is not None:
            rgb = decode_srgb(np.clip(effect(encode_srgb(rgb)), 0, 1))
        found = calibrate(CardSearch("auto", read_card(rgb[:24], self.rng)))
        lab = found.to_lab(rgb[24:])
        codes = frozenset(one.code for one in found.problems)
        a_se = np.array([found.a_se(one) for one in lab])
        burnt = rgb[24:].max(axis=1) >= CLIPPED
        return Case(kind, rendering(lamp).ra, codes, np.where(burnt, np.nan, lab[:, 1] - self.lab[:, 1]), a_se)


def lamp_cases(studio: Studio, cases: int) -> Iterator[Case]:
    """As many poor lamps as fair ones."""
    pick = studio.rng.choice
    tubes, fair = studio.lamps(lambda ra: ra < POOR_RA), studio.lamps(lambda ra: ra >= FAIR_RA)
    for _ in range(cases // 3):
        yield studio.take("tubes and an RGB LED, measured", studio.known[str(pick(tubes))])
        yield studio.take("three-coloured LEDs", three_coloured(studio.rng))
        yield studio.take("sodium and mercury", measured(str(pick(POOR_GAS))))
    for number in range(cases):
        lamp = studio.known[str(pick(fair))] if number % 3 else measured(str(pick(FAIR_OTHERS)))
        yield studio.take("fair lamps", lamp)


def filter_cases(studio: Studio, each: int) -> Iterator[Case]:
    """``each`` cards with every filter, under fair lamps."""
    fair = studio.lamps(lambda ra: ra >= FAIR_RA)
    for kind, effect in {**FILTERS, **MILD}.items():
        for _ in range(each):
            yield studio.take(kind, studio.known[str(studio.rng.choice(fair))], effect)


def rate(cases: list[Case], code: str) -> str:
    return f"{sum(code in one.codes for one in cases)} of {len(cases)}"


def inside(cases: list[Case]) -> str:
    """Share of the skins' a* that lie inside twice ``a_se``."""
    return share_inside(np.array([one.error for one in cases]), np.array([one.a_se for one in cases]))


def share_inside(error: Floats, a_se: Floats) -> str:
    seen = np.isfinite(error)
    return f"{np.mean(np.abs(error[seen]) < 2 * a_se[seen]):.0%}"


def print_lamps(cases: list[Case]) -> None:
    print("| lamps | cards | `poor_lamp` | `colour_filter` | error of a* (RMS) | median a_se | inside 2 a_se |")
    print("|---|---|---|---|---|---|---|")
    kinds = list(dict.fromkeys(one.kind for one in cases))
    groups = {kind: [one for one in cases if one.kind == kind] for kind in kinds}
    coloured = groups.pop("three-coloured LEDs")
    for low, high in ((-300, 0), (0, 40), (40, 70), (70, 110)):
        name = f"three-coloured LEDs, Ra {low if low > -300 else ''} to {high if high < 100 else ''}".replace("  ", " ")
        groups[name] = [one for one in coloured if low <= one.ra < high]
    poor = [one for one in cases if one.ra < POOR_RA]
    groups |= {f"**all below Ra {POOR_RA:.0f}**": poor, f"**all from Ra {FAIR_RA:.0f}**": []}
    groups[f"**all from Ra {FAIR_RA:.0f}**"] = [one for one in cases if one.ra >= FAIR_RA]
    for name, group in groups.items():
        if group:
            print(row(name, group, ("poor_lamp", "colour_filter")), flush=True)


def row(name: str, group: list[Case], codes: tuple[str, ...]) -> str:
    error = np.sqrt(np.nanmean([one.error**2 for one in group]))
    width = np.median([one.a_se for one in group])
    named = " | ".join(rate(group, code) for code in codes)
    return f"| {name} | {len(group)} | {named} | {error:.2f} | {width:.2f} | {inside(group)} |"


def print_filters(cases: list[Case]) -> None:
    print("\n| filter | cards | `colour_filter` | `poor_lamp` | error of a* (RMS) | median a_se | inside 2 a_se |")
    print("|---|---|---|---|---|---|---|")
    for kind in dict.fromkeys(one.kind for one in cases):
        print(row(kind, [one for one in cases if one.kind == kind], ("colour_filter", "poor_lamp")), flush=True)


def print_tones(studio: Studio, cases: list[Case]) -> None:
    groups = {"fair lamps": [one for one in cases if one.ra >= FAIR_RA]}
    groups["poor lamps"] = [one for one in cases if one.ra < POOR_RA]
    print("\n| skin | " + " | ".join(f"{name}: inside 2 a_se | median a_se" for name in groups) + " |")
    print("|---|" + "---|---|" * len(groups))
    for tone, name in enumerate(CLASSES):
        cells = []
        for group in groups.values():
            error = np.array([one.error[studio.tone == tone] for one in group])
            a_se = np.array([one.a_se[studio.tone == tone] for one in group])
            cells.append(f"{share_inside(error, a_se)} | {np.median(a_se):.2f}")
        print(f"| {name} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=120, help="cards under poor lamps, and as many under fair ones")
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--each", type=int, default=20, help="cards with each filter")
    arguments = parser.parse_args()
    studio = Studio(arguments.seed)
    lamps = list(lamp_cases(studio, arguments.cases))
    print_lamps(lamps)
    print_tones(studio, lamps)
    print_filters(list(filter_cases(studio, arguments.each)))


if __name__ == "__main__":
    main()
