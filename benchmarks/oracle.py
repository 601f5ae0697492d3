"""What no rule can beat: the likelihood-ratio test that knows how the patients were made.

Given the days of a patient's photographs, every class of ``cohorts.py`` is a mixture of courses, drawn here anew; the
baseline is integrated out, the peak over 2 to 9 a*, with the true covariance of the errors. The test calls "outside"
where (prolonged + stuck + rebound) / (normal + w * slow) is above the limit that holds both false rates; no other test
finds more of the three together (Neyman and Pearson), at the end of the series.
"""

from __future__ import annotations

import sys

import numpy as np
from cohorts import CLASSES, FLUSH_SD, LAMP_CHANGES, LAMP_SD, PHOTO_SD, Simulated, class_course, cohort
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp

Floats = NDArray[np.float64]
BASELINE_SD = 15.0
HOURS = np.arange(0.0, 15.0, 0.05)  # days at which the courses are tabled
SLOW_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 1.0)


def tables(draws: int, seed: int) -> dict[str, tuple[Floats, Floats]]:
    """For each class: residual (draws, days) of the peak, and what a rise adds in a*."""
    rng = np.random.default_rng(seed)
    found = {}
    for kind in CLASSES:
        rows = [class_course(rng, kind) for _ in range(draws)]
        fall = np.array([[one.fall(float(day)) for day in HOURS] for one in rows])
        rise = np.array([[one.rise(float(day)) for day in HOURS] for one in rows])
        found[kind] = (fall, rise)
    return found


def log_likelihoods(one: Simulated, table: dict[str, tuple[Floats, Floats]]) -> Floats:
    """Log likelihood (5,) of the patient's photographs under each class, up to one constant."""
    days, a = one.days, one.a
    n = len(days)
    apart = np.abs(np.arange(n)[:, None] - np.arange(n))
    errors = LAMP_SD**2 * (1.0 - LAMP_CHANGES) ** apart + (PHOTO_SD**2 + FLUSH_SD**2) * np.eye(n)
    white = np.linalg.inv(np.linalg.cholesky(errors + BASELINE_SD**2))
    at = np.clip(np.round(days / 0.05).astype(int), 0, len(HOURS) - 1)
    result = []
    for fall, rise in table.values():
        r = np.where(days < 0, 0.0, fall[:, at]) @ white.T
        y = (a - a[0] - np.where(days < 0, 0.0, rise[:, at])) @ white.T
        precision, along = np.maximum((r * r).sum(axis=1), 1e-9), (r * y).sum(axis=1)
        peak, sd = along / precision, precision**-0.5
        inside = _log_between((2.0 - peak) / sd, (9.0 - peak) / sd)
        misfit = (y * y).sum(axis=1) - along * peak
        result.append(logsumexp(-0.5 * misfit + inside - 0.5 * np.log(precision)) - np.log(len(fall)))
    return np.array(result)


def _log_between(low: Floats, high: Floats) -> Floats:
    """Log of the normal probability between two limits, safe in both tails."""
    flip = low > 0
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    upper, lower = log_ndtr(high), log_ndtr(low)
    found: Floats = upper + np.log1p(-np.exp(np.minimum(lower - upper, -1e-12)))
    return found


def print_oracle(patients: int, seed: int, draws: int = 1500) -> None:
    """The oracle's table: at most 2 % of the normal and 10 % of the slow outside, at the end."""
    table = tables(draws, seed + 1)
    made = {kind: cohort(kind, patients, seed) for kind in CLASSES}
    found = {kind: np.array([log_likelihoods(one, table) for one in made[kind]]) for kind in CLASSES}

    def ratio(values: Floats, weight: float) -> Floats:
        with np.errstate(divide="ignore"):
            calm = np.logaddexp(values[:, 0], values[:, 1] + np.log(weight))
        return np.asarray(logsumexp(values[:, 2:], axis=1) - calm)

    best: tuple[float, dict[str, NDArray[np.bool_]]] | None = None
    for weight in SLOW_WEIGHTS:
        scores = {kind: ratio(values, weight) for kind, values in found.items()}
        limit = max(np.quantile(scores["normal"], 0.98), np.quantile(scores["slow"], 0.90))
        called = {kind: values > limit for kind, values in scores.items()}
        power = float(sum(called[kind].mean() for kind in CLASSES[2:]))
        if best is None or power > best[0]:
            best = power, called
    assert best is not None
    print("\n| oracle, at the end | " + " | ".join(CLASSES) + " |")
    for name, low, high in (("all", 2.0, 9.0), ("peak 2 to 3", 2.0, 3.0), ("3 to 4", 3.0, 4.0), ("4 to 9", 4.0, 9.0)):
        member = {kind: np.array([low <= one.peak < high for one in made[kind]]) for kind in CLASSES}
        values = [100.0 * float(best[1][kind][member[kind]].mean()) for kind in CLASSES]
        print(f"| {name} | " + " | ".join(f"{value:.1f}" for value in values) + " |")


if __name__ == "__main__":
    print_oracle(int(sys.argv[1]) if len(sys.argv) > 1 else 500, 20_260_711)
