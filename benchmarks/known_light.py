"""How near could any calibration come that has three channels? Prints a table of docs/accuracy.md.

Rubor must guess lamp, sensor and tone curve from a card, and has never seen the people. Here the same photographs are
read with all of that known: the true sensor, no tone curve, no noise, and a mapping of the same form that is fitted to
the very skins it is judged on, plain and reddened in three ways; once to all of them together, and once to each
collection of measured people by itself. What is off even then is people whom three channels cannot tell apart.

Usage: python benchmarks/known_light.py [--phones 25] [--skins 100] [--seed 7]
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from accuracy import Judged, judge
from colour_methods import IDEAS, OURS
from held_out import CLASSES, USUAL, Hardship, Skins, held_out_skins, pictures
from numpy.typing import NDArray

from calibration import spectra
from calibration.skin_mapping import fit_skin_mapping
from calibration.training_skins import TrainingSkins
from calibration.usual_errors import usual_errors

Floats = NDArray[np.float64]

# What is fitted, of ``Skins.stages``: plain, the usual blood, blood that lies deep, and much of it.
_FITTED = np.array([0, 1, 4, 2])


def known(skins: Skins, together: NDArray[np.str_], phones: int, seed: int) -> Judged:
    """The photographs of ``judge`` read with the light known, by mappings of those skins that ``together`` (N,) names
    alike."""
    taken = [
        (one.phone, one.lamp, one.sensor) for one in pictures(skins, phones, np.random.default_rng(seed), Hardship())
    ]
    sensors = np.array([sensor for _, _, sensor in taken])
    found = np.empty((len(taken), *skins.lab.shape))
    scale, gain = np.empty(found.shape[:-1]), np.empty(found.shape[:-1])
    for group in sorted(set(together)):
        of = np.flatnonzero(together == group)
        people = as_training(skins, of)
        people = replace(people, usual_error=usual_errors(people, sensors))
        for number, sensor in enumerate(sensors):
            mapping = fit_skin_mapping(sensor, sensor[None], people)
            lab = mapping.to_lab(skins.stages[:, of] @ sensor.T)
            found[number][:, of] = lab
            scale[number][:, of], gain[number][:, of] = mapping.change.a_star(lab), mapping.change.gain(lab)
    owners = np.array([phone for phone, _, _ in taken], np.intp)
    return Judged(skins, found, owners, tuple(lamp for _, lamp, _ in taken), scale, gain)


def as_training(skins: Skins, of: NDArray[np.intp]) -> TrainingSkins:
    """The judged skins ``of`` (indices) as something to fit: everybody counts the same, plain as much as reddened."""
    reflectance = skins.stages[np.ix_(_FITTED, of)]
    weight = np.repeat([[3.0], [1.0], [1.0], [1.0]], len(of), axis=1)
    return TrainingSkins(reflectance, spectra.xyz_d65(reflectance), weight / weight.sum(), np.zeros(len(of)))


def line(title: str, found: Judged) -> str:
    """One row: errors of plain skin's a* and of its change, each over all and by class, and the worst by the best."""
    cells = [title]
    for size in (np.abs(found.errors[:, 0]), np.abs(found.steps(USUAL))):
        classes = [float(size[:, found.skins.tone == tone].mean()) for tone in range(len(CLASSES))]
        cells += [f"{size.mean():.2f}", " ".join(f"{one:.2f}" for one in classes), f"{max(classes) / min(classes):.1f}"]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=25)
    parser.add_argument("--skins", type=int, default=100, help="skins of each ITA class")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    phones, seed = arguments.phones, arguments.seed
    skins = held_out_skins(arguments.skins, np.random.default_rng(seed))
    print("| read by | a* | by class | worst / best | delta a* | by class | worst / best |\n" + "|---" * 7 + "|")
    ours = judge({OURS: IDEAS[OURS]}, skins, phones, seed)[OURS]
    print(line("Rubor, which knows none of it", ours), flush=True)
    everybody = np.full(len(skins.tone), "all")
    print(line("light known, fitted to these skins", known(skins, everybody, phones, seed)), flush=True)
    apart = known(skins, skins.collection, phones, seed)
    print(line("the same, each collection by itself", apart))


if __name__ == "__main__":
    main()
