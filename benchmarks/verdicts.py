"""How often the verdict is right, on simulated cohorts: ``python benchmarks/verdicts.py [normal patients] [others]``.

The generator (``cohorts.py``) is not the fitted model. *Ever* counts a flag raised at any time, *end* the status of the
verdict with the last photograph; the second photograph of a rebound is judged from the series that ends with it.
``--tuning`` takes the cohort that the limits were set on, ``--by-tone N`` adds skins that show less, ``--oracle N``
what no rule can beat.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from cohorts import CLASSES, Simulated, cohort
from plain_rules import RULES, z_of

from analyzer.recovery import judge
from analyzer.series import Series

REPORT_SEED, TUNING_SEED = 20_260_711, 7
PEAKS = ((2.0, 3.0), (3.0, 4.0), (4.0, 5.5), (5.5, 7.0), (7.0, 9.0))
# ITA class: share of the change that such skin shows (an assumption), and its error of a* against the usual 0.67
# (docs/accuracy.md, RMS error by class).
TONES = {
    "very_light": (1.0, 1.4), "light": (1.0, 1.3), "intermediate": (1.0, 1.2), "tan": (0.85, 1.2), "brown": (0.7, 1.0),
    "dark": (0.5, 1.0),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What was said of one patient. ``second_photo`` is None where a rise had no second photograph."""

    peak: float
    baseline_photos: int
    end: str
    outside_ever: bool
    flagged_ever: bool
    second_photo: bool | None
    rules: tuple[bool, ...]


def outcome(one: Simulated) -> Outcome:
    """Judge one patient."""
    verdict = judge(one.series).verdict
    z = z_of(one)
    return Outcome(
        one.peak,
        one.baseline_photos,
        verdict.status,
        any(flag.severity == "outside" for flag in verdict.flags),
        bool(verdict.flags),
        _seen_by_second(one),
        tuple(rule(z) for rule in RULES.values()),
    )


def _seen_by_second(one: Simulated) -> bool | None:
    """Whether the series that ends with the second photograph of the rise has a rebound."""
    if one.rise_day is None:
        return None
    shown = np.flatnonzero(one.days >= one.rise_day)
    if len(shown) < 2:
        return None
    known = one.series.observations[: shown[1] + 1]
    flags = judge(Series(one.series.patient, one.series.treatment, known)).verdict.flags
    return any(flag.code == "rebound" for flag in flags)


def share(outcomes: Sequence[Outcome], said: Callable[[Outcome], bool | None]) -> float:
    """Per cent of those of whom it is known; NaN for none."""
    known = [value for value in map(said, outcomes) if value is not None]
    return 100.0 * sum(known) / len(known) if known else float("nan")


COLUMNS: dict[str, Callable[[Outcome], bool | None]] = {
    "outside ever": lambda one: one.outside_ever,
    "flagged ever": lambda one: one.flagged_ever,
    "outside end": lambda one: one.end == "outside",
    "watch end": lambda one: one.end == "watch",
    "within end": lambda one: one.end == "within",
    "2nd photo": lambda one: one.second_photo,
}


def print_classes(judged: dict[str, list[Outcome]]) -> None:
    print("| course | patients | " + " | ".join(COLUMNS) + " |")
    for kind, outcomes in judged.items():
        values = (share(outcomes, said) for said in COLUMNS.values())
        print(f"| {kind} | {len(outcomes)} | " + " | ".join("" if np.isnan(v) else f"{v:.1f}" for v in values) + " |")


def print_rules(judged: dict[str, list[Outcome]]) -> None:
    print("\n| outside ever, by rule | " + " | ".join(judged) + " |")
    print(
        "| Rubor | " + " | ".join(f"{share(found, lambda o: o.outside_ever):.1f}" for found in judged.values()) + " |"
    )
    for at, name in enumerate(RULES):
        values = [share(found, lambda one, at=at: one.rules[at]) for found in judged.values()]  # type: ignore[misc]
        print(f"| {name} | " + " | ".join(f"{value:.1f}" for value in values) + " |")


def print_parts(judged: dict[str, list[Outcome]]) -> None:
    """By size of the peak and by photographs before: normal and slow outside at the end, the others found ever."""
    print("\n| part | normal end | slow end | " + " | ".join(CLASSES[2:]) + " | 2nd photo |")
    parts: list[tuple[str, Callable[[Outcome], bool]]] = [
        (f"peak {low:g} to {high:g} a*", lambda one, low=low, high=high: low <= one.peak < high)  # type: ignore[misc]
        for low, high in PEAKS
    ]
    parts += [
        (f"{count} before", lambda one, count=count: one.baseline_photos == count)  # type: ignore[misc]
        for count in (1, 2, 3)
    ]
    for name, member in parts:
        chosen = {kind: [one for one in found if member(one)] for kind, found in judged.items()}
        values = [share(chosen[kind], COLUMNS["outside end"]) for kind in CLASSES[:2]]
        values += [share(chosen[kind], COLUMNS["outside ever"]) for kind in CLASSES[2:]]
        values.append(share(chosen["rebound"], COLUMNS["2nd photo"]))
        print(f"| {name} | " + " | ".join(f"{value:.1f}" for value in values) + " |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("normal", type=int, nargs="?", default=10_000)
    parser.add_argument("others", type=int, nargs="?", default=2_500)
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--by-tone", type=int, default=0, metavar="N")
    parser.add_argument("--oracle", type=int, default=0, metavar="N")
    asked = parser.parse_args()
    seed = TUNING_SEED if asked.tuning else REPORT_SEED
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=get_context("spawn")) as pool:
        started = time.perf_counter()
        judged = {
            kind: list(pool.map(outcome, cohort(kind, asked.normal if at == 0 else asked.others, seed), chunksize=50))
            for at, kind in enumerate(CLASSES)
        }
        print(f"seed {seed}, {time.perf_counter() - started:.0f} s; in per cent of patients\n")
        print_classes(judged)
        print_rules(judged)
        print_parts(judged)
        for tone, (shown, error) in TONES.items() if asked.by_tone else ():
            print(f"\n{tone}: shows {100 * shown:.0f} % of the change, errors x {error}")
            print_classes({
                kind: list(pool.map(outcome, cohort(kind, asked.by_tone, seed, shown, error), chunksize=50))
                for kind in CLASSES
            })  # fmt: skip
    if asked.oracle:
        from oracle import print_oracle

        print_oracle(asked.oracle, seed)


if __name__ == "__main__":
    main()
