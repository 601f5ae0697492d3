"""How well a band is learned from a clinic's own series: ``python benchmarks/learning.py [clinics] [series]``.

Simulated clinics whose half-life is half, once and twice the documents'. Prints how often the truth lies in the 95 %
interval, and how many of the clinic's true courses lie above the learned band's 95th centile on days 1, 3 and 5 (5 %
where the band is right) - also where half of the courses are not the model's: a plateau, then a faster fall.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import numpy as np

from analyzer.recovery.band import expected_band
from analyzer.recovery.learn import learn
from analyzer.recovery.settings import stored_fit
from analyzer.series import Observation, RegionColour, Series
from analyzer.treatment import Treatment

AT = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)
SIGMA = 0.6
PLATEAU = 1.6  # steepness of a course with a plateau; 1 is the model's
DAYS = (1.0, 3.0, 5.0)


def left(day: float, half_life: float, steepness: float) -> float:
    return float(2.0 ** -((day / half_life) ** steepness))


def courses(count: int, median_h: float, random: np.random.Generator, plateau: float) -> list[tuple[float, float]]:
    """Half-life in days and steepness of each course."""
    half_lives = median_h / 24.0 * np.exp(SIGMA * random.normal(size=count))
    return [(float(one), PLATEAU if random.random() < plateau else 1.0) for one in half_lives]


def photographed(course: tuple[float, float], random: np.random.Generator) -> Series:
    """Own baseline and peak, a fifth of the days missing, lamp errors shared by neighbouring days."""
    peak, base, lamp = random.uniform(2, 9), random.uniform(8, 14), 0.0
    observations = []
    for day in [-1.0, -0.5, *(0.2 + day for day in range(12) if random.random() > 0.2)]:
        lamp = 0.6 * lamp + 0.36 * random.normal()
        red = peak * left(day, *course) if day > 0 else 0.0
        a = base + red + lamp + 0.6 * random.normal()
        observations.append(Observation(f"{day}", AT + timedelta(days=day), {"face": RegionColour(a, 0.7)}))
    return Series("p", Treatment(AT), tuple(observations))


def main() -> None:
    clinics, count = (int(one) for one in [*sys.argv[1:], *("20", "60")[len(sys.argv) - 1 :]])
    print(f"{clinics} clinics of {count} series each; sigma {SIGMA}")
    for plateau in (0.0, 0.5):
        for times in (0.5, 1.0, 2.0):
            truth = times * stored_fit().median_h
            inside, off, above = 0, [], []
            for seed in range(clinics):
                random = np.random.default_rng(seed)
                found = learn([photographed(one, random) for one in courses(count, truth, random, plateau)])
                low, high = found.learned.median_h_ci95
                inside += low <= truth <= high
                off.append(found.fit.median_h / truth - 1.0)
                band, fresh = expected_band(Treatment(AT), base=found.fit), courses(2000, truth, random, plateau)
                above.append([np.mean([left(day, *one) > band.slow(day) for one in fresh]) for day in DAYS])
            shares = ", ".join(f"{share:.1%}" for share in np.mean(above, axis=0))
            said = f"in the interval {inside} of {clinics}, estimate {np.mean(off):+.0%}; " if plateau == 0.0 else ""
            print(f"half-life x {times:g}, {plateau:.0%} with a plateau: {said}above p95 on days 1, 3, 5: {shares}")


if __name__ == "__main__":
    main()
