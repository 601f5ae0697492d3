"""Is a film on one photograph of a series named, a stranger, and nobody else? Prints the tables of docs/accuracy.md.

Simulated people of all tone classes (``series_people.py``), photographed through a week under held-out lamps. Films
are laid on the face maps of single photographs; strangers are other people's photographs. Then pairs, as ``rubor
compare`` is given them: one person twice - also with glasses on one day, or with the lens nearer - and two people.

    python benchmarks/series_doubts.py [--people 18] [--cache FOLDER]

Some six minutes of one core the first time; what was made is kept in the folder. The limits were set on other
pictures of the same portraits.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from face_map import interval
from series_people import Taken, bare, filmed, people, skin_colour
from sitters import TONES

from analyzer.same_person import may_be_two_people
from analyzer.series_doubts import doubted
from analyzer.skin_pattern import Patterns
from calibration.simulated_film import Film

# What is worn, and what share of the skin's own light it hides.
FILMS: Mapping[str, tuple[str, float]] = {
    "foundation 30 %": ("tinted", 0.3),
    "foundation 50 %": ("tinted", 0.5),
    "foundation 70 %": ("tinted", 0.7),
    "foundation 90 %": ("tinted", 0.9),
    "tinted sunscreen 50 %": ("pale", 0.5),
    "white sunscreen 20 %": ("white", 0.2),
    "white sunscreen 40 %": ("white", 0.4),
}
PALER = np.array([4.0, -2.0, 2.0])
Tally = dict[str, dict[str, list[bool]]]


def said(series: Sequence[Taken]) -> list[set[str]]:
    """What the series as a whole makes the program say of each photograph."""
    maps = {one.reading.file: one.face for one in series}
    return [{why.code for why in one.problems} for one in doubted([one.reading for one in series], maps)]


def some(rng: np.random.Generator, among: Sequence[Taken], count: int) -> list[Taken]:
    return [among[i] for i in sorted(rng.choice(len(among), min(count, len(among)), replace=False))]


def film_of(kind: str, skin: np.ndarray, rng: np.random.Generator) -> Film:
    """Mixed near the skin's own colour, as it is bought; white has none."""
    stuff, hiding = FILMS[kind]
    if stuff == "white":
        return Film(hiding)
    colour = skin + rng.normal([1.0, -2.0, 1.5], [2.5, 1.5, 2.0]) + (PALER if stuff == "pale" else 0)
    lightness, a, b = np.maximum(colour, [15.0, 2.0, 2.0])
    return Film(hiding, (float(lightness), float(a), float(b)))


def films(series: Sequence[Sequence[Taken]]) -> None:
    named: Tally = {kind: defaultdict(list) for kind in FILMS}
    beside: list[bool] = []
    for taken in series:
        for place, one in enumerate(taken):
            rng = np.random.default_rng([one.person, place, 5])
            others = [other for other in taken if other is not one]
            for turn, count in ((0, 2), (3, 4)):
                kind = list(FILMS)[(one.person + place + turn) % len(FILMS)]
                worn = filmed(one, kind, film_of(kind, skin_colour(one), rng), rng)
                *rest, last = said([*some(rng, others, count), worn])
                named[kind]["beside two" if count == 2 else "beside four"].append("made_up" in last)
                named[kind][one.tone].append("made_up" in last)
                beside += ["made_up" in each for each in rest]
    table("film on one photograph", named, ("beside two", "beside four", *TONES))
    print(f"\nbare photographs named beside a filmed one: {sum(beside)} of {len(beside)}")


def bare_and_strangers(series: Sequence[Sequence[Taken]]) -> None:
    alone: Tally = {"film": defaultdict(list), "stranger": defaultdict(list)}
    for taken in series:
        for one, codes in zip(taken, said(taken), strict=True):
            alone["film"][one.tone].append("made_up" in codes)
            alone["stranger"][one.tone].append("other_person" in codes)
    table("\nbare skin of one person, whole series: named as", alone, tuple(TONES))
    found: Tally = {f"among {count}": defaultdict(list) for count in (2, 3, 5)}
    accused: list[bool] = []
    rng = np.random.default_rng(11)
    everybody = [one for taken in series for one in taken]
    for taken in series:
        for choice in ("any tone", "same tone"):
            pool = [
                one
                for one in everybody
                if one.portrait != taken[0].portrait and (choice == "any tone" or one.tone == taken[0].tone)
            ]
            for turn in range(6 if pool else 0):
                count = (2, 3, 5)[turn % 3]
                stranger = pool[int(rng.integers(len(pool)))]
                *rest, last = said([*some(rng, taken, count), stranger])
                found[f"among {count}"][choice].append("other_person" in last)
                accused += ["other_person" in each for each in rest]
    table("\nanother person's photograph", found, ("any tone", "same tone"))
    print(f"\nothers named beside a stranger: {sum(accused)} of {len(accused)}")


def pairs(series: Sequence[Sequence[Taken]]) -> None:
    """All pairs of one person or of one tone, and every tenth of the rest: there are many."""
    everybody = [one for taken in series for one in taken]
    asked: Tally = defaultdict(lambda: defaultdict(list))
    for place, one in enumerate(everybody):
        for number, other in enumerate(everybody[:place]):
            odd = {one.kind, other.kind} - {"bare"}
            if one.person == other.person:
                row = "one person, " + (" and ".join(sorted(odd)) or "bare")
            elif one.portrait != other.portrait and not odd and (one.tone == other.tone or (place + number) % 10 == 0):
                row = "two people"
            else:
                continue
            maps = Patterns({one.reading.file: one.face, other.reading.file: other.face})
            answer = may_be_two_people(one.reading, other.reading, maps)
            asked[row]["all"].append(answer)
            asked[row][one.tone if one.tone == other.tone else "tones differ"].append(answer)
    table("\ntwo photographs: asked whether they show one person", asked, ("all", *TONES, "tones differ"))


def table(title: str, rows: Mapping[str, Mapping[str, Sequence[bool]]], columns: Sequence[str]) -> None:
    print(f"{title} | " + " | ".join(columns) + " | 95 %\n" + "---|" * (len(columns) + 1) + "---")
    for name, row in rows.items():
        whole = [each for column in (("all",) if "all" in row else columns) for each in row.get(column, ())]
        if title.startswith("film"):
            whole = [each for column in columns[:2] for each in row.get(column, ())]
        cells = [f"{sum(row[one])}/{len(row[one])}" if row.get(one) else "-" for one in columns]
        print(f"{name} | " + " | ".join(cells) + f" | {interval(whole)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=18)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "rubor-series-people")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    everybody = people(options.people, options.cache)
    plain = [bare(taken) for taken in everybody]
    print(f"{sum(map(len, plain))} bare photographs, {sum(map(len, everybody)) - sum(map(len, plain))} odd ones\n")
    films(plain)
    bare_and_strangers(plain)
    pairs(everybody)


if __name__ == "__main__":
    main()
