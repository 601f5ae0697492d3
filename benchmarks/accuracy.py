"""How far off is a*, and the change of a*, on what the calibration has never seen? Prints tables for docs/accuracy.md.

Two judges. *Patches*: simulated phones, lamps and skins that no fit has seen (``held_out``), the card read with a
little noise, by ITA class, beside other methods (``colour_methods``). *Samples*: whole photographs through
the whole program (finding the card and the face too), against the truth that the simulation wrote beside them.

Usage: python benchmarks/accuracy.py [--phones 25] [--skins 100] [--seed 7] [--no-samples]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from colour_methods import IDEAS, KNOWN, OURS, Method, ours
from held_out import (
    CLASSES,
    PICTURES_PER_PHONE,
    REDDENINGS,
    USUAL,
    Hardship,
    Skins,
    corrected,
    held_out_skins,
    measured_skins,
    pictures,
)
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SAMPLES = Path(__file__).parent.parent / "samples"
STAGES = (None, *REDDENINGS)
HARDSHIPS = {
    "none": Hardship(),
    "card faded or printed otherwise, delta E00 1": Hardship(fading=1.0),
    "the same, delta E00 2": Hardship(fading=2.0),
    "local tone mapping, strength 0.15": Hardship(local_tone=0.15),
    "local tone mapping, strength 0.3": Hardship(local_tone=0.3),
    "coarse JPEG: patches off by 1 of 255": Hardship(jpeg=1.0),
    "six times the noise": Hardship(noise=6.0),
    "a face in other light than its card, by 15 % (SD)": Hardship(other_light=0.15),
    "the same, by 30 %": Hardship(other_light=0.3),
}


@dataclass(frozen=True)
class Judged:
    """What one method read: CIELAB ``lab`` (pictures, stages, skins, 3) of ``skins``, and whose phone and which lamp
    each picture is of.

    Rubor alone has a ``scale`` for changes with its ``gain`` (pictures, stages, skins), and standard errors
    ``promised`` (pictures, 2, skins) of a* for plain skin and skin with the usual blood.
    """

    skins: Skins
    lab: Floats
    phones: NDArray[np.intp]
    lamps: tuple[str, ...]
    scale: Floats | None = None
    gain: Floats | None = None
    promised: Floats | None = None

    @property
    def errors(self) -> Floats:
        """Errors of a* (pictures, stages, skins)."""
        return np.asarray(self.lab[..., 1] - self.skins.lab[..., 1])

    def steps(self, reddening: str) -> Floats:
        """Errors of delta a*: reddened skin in one photograph less plain skin in another of the same phone."""
        early, late = np.nonzero((self.phones[:, None] == self.phones) & ~np.eye(len(self.phones), dtype=bool))
        stage = STAGES.index(reddening)
        before, after = self.lab[early, 0], self.lab[late, stage]
        if self.scale is None or self.gain is None:
            return np.asarray(after[..., 1] - before[..., 1] - self.skins.rises[stage])
        rise = self.scale[late, stage] - self.scale[early, 0]
        return np.asarray(corrected(rise, self.gain[late, stage], before, after) - self.skins.rises[stage])

    def inside(self) -> NDArray[np.bool_]:
        """Whether the truth lies within twice the promised standard error (pictures, 2, skins)."""
        assert self.promised is not None
        return np.asarray(np.abs(self.errors[:, : len(_PROMISED)]) <= 2 * self.promised)

    def spread(self) -> float:
        """SD of the same plain skin's a* over the lamps of one phone."""
        return float(np.mean([self.errors[self.phones == one, 0].std(axis=0).mean() for one in set(self.phones)]))


# The stages whose standard errors are judged: plain, and with the usual blood.
_PROMISED = (0, 1)


def judge(
    methods: Mapping[str, Method], skins: Skins, phones: int, seed: int, hardship: Hardship = HARDSHIPS["none"]
) -> dict[str, Judged]:
    """Every method on the same pictures."""
    labs: dict[str, list[Floats]] = {name: [] for name in methods}
    promised, scales, gains, owners, lamps = [], [], [], [], []
    for picture in pictures(skins, phones, np.random.default_rng(seed), hardship):
        owners.append(picture.phone)
        lamps.append(picture.lamp)
        for name, method in methods.items():
            lab = method(picture.reading)(picture.rgb)
            labs[name].append(lab)
            if name == OURS:
                calibration = ours(picture.reading)
                promised.append([[calibration.a_se(one) for one in lab[stage]] for stage in _PROMISED])
                scale, gain = calibration.scale_of_changes(lab)
                scales.append(scale)
                gains.append(gain)
    found = {name: Judged(skins, np.array(lab), np.array(owners, np.intp), tuple(lamps)) for name, lab in labs.items()}
    if OURS in found:
        found[OURS] = replace(found[OURS], scale=np.array(scales), gain=np.array(gains), promised=np.array(promised))
    return found


def print_methods(judged: Mapping[str, Judged]) -> None:
    print("| method | mean abs. error of a* | p95 | mean abs. error of delta a* | p95 | SD over lamps |")
    print("|---|---|---|---|---|---|")
    for name, found in judged.items():
        size, steps = np.abs(found.errors[:, 0]), np.abs(found.steps(USUAL))
        cells = [size.mean(), np.quantile(size, 0.95), steps.mean(), np.quantile(steps, 0.95), found.spread()]
        print(f"| {name} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")


def print_classes(found: Judged) -> None:
    skins = found.skins
    columns = ["skins", "true step", "error of a*", "error of delta a*", "of the step", "p95"]
    columns += ["inside 2 a_se: plain", "reddened", "both", "median a_se / RMS"]
    print(f"\n| Rubor by ITA class | {' | '.join(columns)} |")
    print("|---|" + "---|" * len(columns))
    step, steps = skins.rises[1], np.abs(found.steps(USUAL))
    for tone, name in [*enumerate(CLASSES), (None, "all")]:
        of = np.ones(len(skins.tone), bool) if tone is None else skins.tone == tone
        error = np.abs(found.errors[:, 0, of]).mean()
        print(
            f"| {name} | {of.sum()} | {step[of].mean():.1f} | {error:.2f} | {steps[:, of].mean():.2f} | "
            f"{steps[:, of].mean() / step[of].mean():.0%} | {np.quantile(steps[:, of], 0.95):.2f} | "
            f"{promises(found, of)} |"
        )


def promises(found: Judged, of: NDArray[np.bool_]) -> str:
    """Four cells: shares inside twice the promised error, of plain skin, of reddened and of both; its median by RMS."""
    assert found.promised is not None
    inside, errors = found.inside()[..., of], found.errors[:, : len(_PROMISED), of]
    cells = [*(f"{inside[:, stage].mean():.1%}" for stage in _PROMISED), f"{inside.mean():.1%}"]
    wide = np.median(found.promised[..., of]) / np.sqrt((errors**2).mean())
    return " | ".join([*cells, f"{wide:.2f}"])


def print_measured(phones: int, seed: int) -> None:
    """The held-out people as they were measured, by the set that they come from."""
    skins = measured_skins(np.random.default_rng(seed))
    found = judge({OURS: IDEAS[OURS]}, skins, phones, seed)[OURS]
    steps = found.steps(USUAL)
    columns = ["skins", "error of a*", "bias", "error of delta a*", "bias"]
    columns += ["inside 2 a_se: plain", "reddened", "both", "median a_se / RMS"]
    print(f"\n| people as measured | {' | '.join(columns)} |")
    print("|---|" + "---|" * len(columns))
    for name in [*sorted(set(skins.collection)), "all"]:
        of = (skins.collection == name) | (name == "all")
        error = found.errors[:, 0, of]
        print(
            f"| {name} | {of.sum()} | {np.abs(error).mean():.2f} | {error.mean():+.2f} | "
            f"{np.abs(steps[:, of]).mean():.2f} | {steps[:, of].mean():+.2f} | {promises(found, of)} |"
        )


def print_reddenings(found: Judged) -> None:
    print("\n| added blood | true step | error of delta a* | bias | p95 |\n|---|---|---|---|---|")
    for number, name in enumerate(REDDENINGS, start=1):
        step, errors = found.skins.rises[number].mean(), found.steps(name)
        size = np.abs(errors)
        print(f"| {name} | {step:.1f} | {size.mean():.2f} | {errors.mean():+.2f} | {np.quantile(size, 0.95):.2f} |")


def print_lamps(found: Judged, worst: int = 5) -> None:
    assert found.promised is not None
    print("\n| lamp | pictures | error of a* | bias | median a_se |\n|---|---|---|---|---|")
    names = np.array(found.lamps)
    size = {name: np.abs(found.errors[names == name, 0]).mean() for name in set(found.lamps)}
    ranked = sorted(size, key=lambda name: -size[name])
    for name in [*ranked[:worst], ranked[-1]]:
        of = names == name
        print(
            f"| {name} | {of.sum()} | {size[name]:.2f} | {found.errors[of, 0].mean():+.2f} | "
            f"{np.median(found.promised[of, 0]):.2f} |"
        )


def print_hardships(skins: Skins, phones: int, seed: int) -> None:
    columns = ("error of a*", "error of delta a*", "p95", "SD over lamps", "inside 2 a_se", "median a_se")
    print(f"\n| hardship | {' | '.join(columns)} |\n|---|" + "---|" * len(columns))
    for name, hardship in HARDSHIPS.items():
        found = judge({OURS: IDEAS[OURS]}, skins, phones, seed, hardship)[OURS]
        assert found.promised is not None
        size, steps = np.abs(found.errors[:, 0]), np.abs(found.steps(USUAL))
        print(
            f"| {name} | {size.mean():.2f} | {steps.mean():.2f} | {np.quantile(steps, 0.95):.2f} | "
            f"{found.spread():.2f} | {found.inside()[:, 0].mean():.1%} | {np.median(found.promised[:, 0]):.2f} |"
        )


def print_patches(phones: int, per_class: int, seed: int) -> None:
    skins = held_out_skins(per_class, np.random.default_rng(seed))
    counts = np.bincount(skins.tone, minlength=len(CLASSES))
    step = skins.rises[1].mean()
    by_class = ", ".join(f"{name} {count}" for name, count in zip(CLASSES, counts, strict=True))
    print(f"Held-out phones x lamps x skins: {phones * PICTURES_PER_PHONE} pictures of {phones} phones, ", end="")
    print(f"{len(skins.tone)} skins\n(by class: {by_class}), true step {step:.1f} a*\n")
    judged = judge({**KNOWN, **IDEAS}, skins, phones, seed)
    print_methods(judged)
    print_classes(judged[OURS])
    print_measured(max(phones // 2, 2), seed + 2)
    print_reddenings(judged[OURS])
    print_lamps(judged[OURS])
    print_hardships(skins, max(phones // 2, 2), seed + 1)


def print_samples() -> None:
    """Each sample patient's regions through the whole program, against the truth beside the photographs."""
    from analyzer.changes import references
    from analyzer.pipeline import analyze_photo

    print("\n| sample patient | ITA class | photographs | error of a* | error of delta a* | p95 | inside 2 a_se |")
    print("|---|---|---|---|---|---|---|")
    for folder in sorted(path for path in SAMPLES.iterdir() if (path / "treatment.toml").exists()):
        photographs = sorted(folder.glob("*.jpg"))
        readings = [analyze_photo(path).reading for path in photographs]
        true = [json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["regions"] for path in photographs]
        early = np.array([path.name.startswith("before") for path in photographs])
        known = references([one.regions for one, plain in zip(readings, early, strict=True) if plain], [])
        names = [name for name in true[0] if all(name in one.regions for one in readings)]
        found = np.array([[one.regions[name].a for name in names] for one in readings])
        promised = np.array([[one.regions[name].a_se for name in names] for one in readings])
        compared = np.array([[known[name].compared(one.regions[name]).a for name in names] for one in readings])
        truth = np.array([[regions[name]["a"] for name in names] for regions in true])
        tones = [one.skin_tone.tone_class for one in readings if one.skin_tone]
        error = found - truth
        change = compared[~early] - compared[early].mean(axis=0)
        steps = np.abs(change - (truth[~early] - truth[early].mean(axis=0)))
        inside = (np.abs(error) <= 2 * promised).mean()
        print(
            f"| {folder.name} | {tones[0] if tones else '-'} | {len(photographs)} | {np.abs(error).mean():.2f} | "
            f"{steps.mean():.2f} | {np.quantile(steps, 0.95):.2f} | {inside:.0%} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=25)
    parser.add_argument("--skins", type=int, default=100, help="skins of each ITA class")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--no-samples", action="store_true", help="leave the sample patients out")
    arguments = parser.parse_args()
    print_patches(arguments.phones, arguments.skins, arguments.seed)
    if not arguments.no_samples:
        print_samples()


if __name__ == "__main__":
    main()
