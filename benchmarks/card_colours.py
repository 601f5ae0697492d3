"""What the card's own colours cost: editions of the bought card, and home prints, unpaired and paired.

Simulated phones, lamps and skins that no fit has seen (``calibration.holdout``), the patches read with a little noise.
Prints come from printers drawn with other seeds than those that pairing knows. Prints tables for docs/accuracy.md.

Usage: python benchmarks/card_colours.py [--phones 12] [--seed 11]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from held_out import Skins, corrected, held_out_skins, read_card, shots
from numpy.typing import NDArray

from calibration import spectra
from calibration.card_reading import CardReading, CardSearch, PatchSpectra
from calibration.card_spectra import edition_spectra, unpaired_spectra
from calibration.cielab import delta_e00, xyz_to_lab
from calibration.correction import calibrate
from calibration.paired_card import PAIRED_A_SE, PAIRED_CHANGE_SE
from calibration.pairing import learn
from calibration.printed_card import printed_patches
from calibration.printed_card_inks import Printer, separated
from calibration.simulated_camera import Isp, simulate_patches

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Errors:
    """Errors of a* (pictures, skins), of its change, and what the calibration said it would be."""

    level: Floats
    change: Floats
    a_se: Floats


def shown(surfaces: Floats, picture: tuple[Floats, Floats, Isp]) -> Floats:
    sensitivity, lamp, isp = picture
    return simulate_patches(sensitivity, lamp, isp, surfaces)


def reading_of(patches: Floats, picture: tuple[Floats, Floats, Isp], rng: np.random.Generator) -> CardReading:
    return read_card(shown(patches, picture), rng)


@dataclass(frozen=True)
class Seen:
    """Surfaces in one photograph: CIELAB (N, 3), standard error of a* (N,), and the scale for changes with its gain."""

    lab: Floats
    a_se: Floats
    scale: Floats
    gain: Floats

    def change_to(self, red: Seen) -> Floats:
        """How much redder they are in another photograph (N,)."""
        return corrected(red.scale - self.scale, red.gain, self.lab, red.lab)


def seen(reading: CardReading, surfaces: Floats, picture: tuple[Floats, Floats, Isp]) -> Seen:
    calibration = calibrate(CardSearch("auto", reading))
    lab = calibration.to_lab(shown(surfaces, picture))
    return Seen(lab, np.array([calibration.a_se(one) for one in lab]), *calibration.scale_of_changes(lab))


def judged(
    patches: list[Floats],
    taken_for: Sequence[PatchSpectra | None],
    days: list[tuple[tuple[Floats, Floats, Isp], tuple[Floats, Floats, Isp]]],
    skins: Skins,
    rng: np.random.Generator,
) -> Errors:
    """Plain skin on one day and reddened skin on another, each with a card of ``patches`` taken for what it is not."""
    level, change, said = [], [], []
    for card, belief, (first, second) in zip(patches, taken_for, days, strict=True):
        plain = seen(replace(reading_of(card, first, rng), patches=belief), skins.plain, first)
        red = seen(replace(reading_of(card, second, rng), patches=belief), skins.red, second)
        level.append(plain.lab[:, 1] - skins.plain_a)
        change.append(plain.change_to(red) - skins.rises[1])
        said.append(plain.a_se)
    return Errors(np.array(level), np.array(change), np.array(said))


def row(name: str, errors: Errors) -> str:
    level, change = np.abs(errors.level), np.abs(errors.change)
    inside = np.mean(level < 2 * errors.a_se)
    return (
        f"| {name} | {level.mean():.2f} | {np.percentile(level, 95):.2f} | {change.mean():.2f} | "
        f"{np.percentile(change, 95):.2f} | {np.median(errors.a_se):.2f} | {inside:.0%} |"
    )


def paired_as(
    print_: Floats, picture: tuple[Floats, Floats, Isp], rng: np.random.Generator
) -> tuple[PatchSpectra, Floats]:
    """What pairing in ``picture`` makes of a print, and its colour errors (24,) in Delta E00."""
    bought = reading_of(spectra.patches().values, picture, rng)
    # The two cards never have quite the same light.
    printed = reading_of(print_ * rng.normal(1, 0.015), picture, rng)
    learned = learn(bought, calibrate(CardSearch("auto", bought)), printed)
    off = delta_e00(xyz_to_lab(spectra.xyz_d65(learned)), xyz_to_lab(spectra.xyz_d65(print_)))
    return PatchSpectra(learned, PAIRED_A_SE, PAIRED_CHANGE_SE), off


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=12)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    skins = held_out_skins(30, rng)
    taken = [(eyes, spectra.lamps()[lamp], isp) for _, eyes, lamp, isp in shots(options.phones, rng)]
    days = [((a[0], a[1], a[2]), (b[0], b[1], b[2])) for a, b in zip(taken[::3], taken[1::3], strict=True)]
    indoors = [(one[0], one[1], one[2]) for one in taken[2::3]]
    count = len(days)

    measured = spectra.patches().values
    later = edition_spectra("after-2014")
    assert later is not None
    printers = [Printer.random(rng) for _ in range(count)]
    inks = printed_patches().inks
    prints = [printer.spectra(separated(inks, printer.black_share)) for printer in printers]
    pairs = [paired_as(one, picture, rng) for one, picture in zip(prints, indoors, strict=True)]
    off = np.array([error for _, error in pairs])
    plain = np.array(
        [
            delta_e00(xyz_to_lab(spectra.xyz_d65(one)), xyz_to_lab(spectra.xyz_d65(unpaired_spectra().reflectance)))
            for one in prints
        ]
    )

    print(f"{count} pairs of days, {len(skins.plain)} skins")
    print("| card | error of a* | p95 | error of delta a* | p95 | median a_se | inside 2 a_se |\n" + "|---" * 7 + "|")
    print(row("bought, right edition (before)", judged([measured] * count, [None] * count, days, skins, rng)))
    print(
        row(
            "bought after 2014, taken for before", judged([later.reflectance] * count, [None] * count, days, skins, rng)
        )
    )
    print(
        row(
            "bought after 2014, taken for after", judged([later.reflectance] * count, [later] * count, days, skins, rng)
        )
    )
    print(row("home print, unpaired", judged(prints, [unpaired_spectra()] * count, days, skins, rng)))
    print(row("home print, paired", judged(prints, [one for one, _ in pairs], days, skins, rng)))
    exact = [PatchSpectra(one) for one in prints]
    print(row("home print, its spectra known exactly", judged(prints, exact, days, skins, rng)))
    print(
        f"\nPrint's colours, Delta E00: as designed {plain.mean():.1f}, "
        f"paired {off.mean():.1f} (p95 {np.percentile(off, 95):.1f})."
    )
    one_card = [reading_of(measured, first, rng) for first, _ in days]
    both = [
        [seen(replace(card, patches=belief), skins.plain, first).lab[:, 1] for belief in (None, later)]
        for card, (first, _) in zip(one_card, days, strict=True)
    ]
    difference = np.abs(np.array([one - other for one, other in both]))
    print(
        f"Taking one and the same card for the other edition moves a* by {np.median(difference):.2f} (median), "
        f"{difference.max():.2f} (largest)."
    )


if __name__ == "__main__":
    main()
