"""What does other light on the face than on the card do to the verdict? Prints a table of docs/accuracy.md.

The cohorts of ``cohorts.py``, whose photographs are now lit by more or less light on the face than on the card (a
logarithm with standard deviation 0.12, as ``analyzer.light_level`` assumes, and twice that), so that all a* and L* move
with its cube root. Blood darkens each patient by an own -1.0 (SD 0.3) L* for each a*, other things by 0.7 from one
photograph to the next: not what the program assumes. Judged as it is read, and with the light told from the redness.

Usage: python benchmarks/other_light.py [--patients 400] [--seed 5]
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from cohorts import BASELINE_A, CLASSES, TREATED_AT, Simulated, patient
from numpy.typing import NDArray

from analyzer.light_level import other_light
from analyzer.recovery import judge
from analyzer.series import RegionColour, Series

Floats = NDArray[np.float64]
BASELINE_L = 62.0
DARKENS, DARKENS_SD, OTHER_SD = -1.0, 0.3, 0.7
LIGHT_SDS = (0.0, 0.12, 0.25)


def lit(one: Simulated, light_sd: float, told: bool, rng: np.random.Generator) -> Series:
    """The patient's series under such light; ``told``: with the light taken out as the program does."""
    observations = one.series.observations
    a = np.array([taken.regions["face"].a for taken in observations])
    se = np.array([taken.regions["face"].a_se for taken in observations])
    scale = np.exp(rng.normal(0, light_sd, len(a)) / 3)
    darkens = rng.normal(DARKENS, DARKENS_SD)
    lightness = (BASELINE_L + darkens * (a - BASELINE_A) + rng.normal(0, OTHER_SD, len(a)) + 16) * scale - 16
    a = a * scale
    if told:
        before = np.array([taken.captured_at < TREATED_AT for taken in observations])
        light = other_light(a - a[before].mean(), lightness - lightness[before].mean(), a, lightness, int(before.sum()))
        a, se = a - light.part_of(a), np.hypot(se, light.part_se(a))
    return replace(
        one.series,
        observations=tuple(
            replace(taken, regions={"face": RegionColour(float(value), float(error))})
            for taken, value, error in zip(observations, a, se, strict=True)
        ),
    )


def said(kind: str, light_sd: float, told: bool, patients: int, seed: int) -> str:
    """Per cent of the patients called outside at any time, flagged at any time, and within at the end."""
    rng, light = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
    verdicts = [judge(lit(patient(rng, kind, number), light_sd, told, light)).verdict for number in range(patients)]
    outside = np.mean([any(flag.severity == "outside" for flag in one.flags) for one in verdicts])
    flagged = np.mean([bool(one.flags) for one in verdicts])
    within = np.mean([one.status == "within" for one in verdicts])
    return f"{outside:.1%}, {flagged:.1%}, {within:.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=400, help="of each course")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    print("Outside at any time, flagged at any time, within at the end:\n")
    print(
        "| course | light on the face differs by (SD) | as it is read | light told from redness |\n" + "|---" * 4 + "|"
    )
    for kind in CLASSES:
        for light_sd in LIGHT_SDS:
            cells = [said(kind, light_sd, told, options.patients, options.seed) for told in (False, True)]
            print(f"| {kind} | {light_sd:.0%} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
