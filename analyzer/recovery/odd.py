"""Single wild photographs: found by what all the others say, and kept from deciding anything.

A photograph whose neighbour deviates the same way is left as it is, and so is one that a likely second rise explains:
two that agree are evidence, one alone is a question. What is odd is decided anew with every photograph, from those up
to it alone, so no verdict is rewritten by what came later.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analyzer.recovery.band import Band
from analyzer.recovery.noise import Floats, Track
from analyzer.recovery.rises import measure_rise, shown_twice
from analyzer.recovery.shapes import shapes
from analyzer.recovery.weighing import BASELINE_PRIOR_SD, PEAK_PRIOR_SD, Weighed, weigh

ODD_Z = 3.2  # a photograph further than this from what all the others say is odd
ODD_SE = 8.0  # a*, the error given to it: it stays, and weighs nothing
AGREES_Z = 1.0  # a neighbour that deviates the same way by so much takes the oddness away
LIKELY_RISE = 0.25  # a probability
LOOKBACK = 48  # photographs that are asked; more say no more of one shape
FEWEST, FEWEST_AFTER = 5, 3
ONE_IN = 6  # of the photographs may be odd; more are a pattern

Odd = tuple[int, ...]


def weigh_without_odd(track: Track, band: Band) -> tuple[Weighed, Odd]:
    """:func:`weigh` for every prefix, with the photographs that are odd at that time kept out; and those odd now."""
    weighed = weigh(track, band)
    suspicious = [row for row in _suspicious(track, weighed) if not _risen(track, weighed, row)]
    odd = [odd_rows(track, int(weighed.best[row]), row) for row in suspicious]
    plain = {(): weighed, **{one: weigh(tamed(track, one), band) for one in set(odd) - {()}}}
    if len(plain) == 1:
        return weighed, ()
    every: list[Odd] = [()] * len(track)
    for row, one in zip(suspicious, odd, strict=True):
        every[row] = one
    return Weighed.joined([plain[one] for one in every]), every[-1]


def _risen(track: Track, weighed: Weighed, row: int) -> bool:
    """Whether a second rise that more than one photograph shows is likely by then: what it explains is not odd."""
    onset = int(weighed.onset[row])
    if weighed.rise[row] < LIKELY_RISE:
        return False
    return shown_twice(track, onset, row, measure_rise(track, onset, row))


def _suspicious(track: Track, weighed: Weighed) -> list[int]:
    """The rows with which some photograph may be odd: all prefixes asked at once, for speed."""
    n = len(track)
    if n > LOOKBACK:
        return list(range(n))
    residual = shapes().residuals(track.days)[:, weighed.best].T  # (prefix, n)
    known = np.tri(n, dtype=bool)
    both = known[:, :, None] & known[:, None, :]
    of_course = BASELINE_PRIOR_SD**2 + PEAK_PRIOR_SD**2 * residual[:, :, None] * residual[:, None, :]
    inverse = np.linalg.inv(np.where(both, track.errors + of_course, np.eye(n)))
    y = np.where(known, track.a - track.a[0], 0.0)
    z = np.einsum("pij,pj->pi", inverse, y) / np.sqrt(np.einsum("pii->pi", inverse))
    return [int(row) for row in np.flatnonzero((np.abs(z) > ODD_Z).any(axis=1))]


def tamed(track: Track, odd: Odd) -> Track:
    """The track with a large error for the odd rows."""
    se = track.se.copy()
    se[list(odd)] = np.hypot(se[list(odd)], ODD_SE)
    return replace(track, se=se)


def odd_rows(track: Track, best: int, row: int) -> Odd:
    """The odd photographs among those up to ``row``, for the likeliest shape ``best``."""
    start = max(0, row + 1 - LOOKBACK)
    seen = slice(start, row + 1)
    days = track.days[seen]
    if len(days) < FEWEST or (days >= 0).sum() < FEWEST_AFTER:
        return ()
    residual = shapes().one(best).residuals(days)[:, 0]
    errors = track.errors[seen, seen].copy()
    odd: list[int] = []
    for _ in range(max(1, len(days) // ONE_IN)):
        z = left_out(track.a[seen], errors, residual)
        candidates = [
            int(at) for at in np.argsort(-np.abs(z))[:2] if abs(z[at]) > ODD_Z and at not in odd and _alone(z, int(at))
        ]
        if not candidates:
            break
        odd.append(candidates[0])
        errors[candidates[0], candidates[0]] += ODD_SE**2
    return tuple(sorted(start + at for at in odd))


def latest_z(track: Track, best: int) -> float:
    """How many SD the latest photograph lies above what the others predict under the likeliest shape."""
    residual = shapes().one(best).residuals(track.days)[:, 0]
    return float(left_out(track.a, track.errors, residual)[-1])


def _alone(z: Floats, row: int) -> bool:
    neighbours = [z[at] for at in (row - 1, row + 1) if 0 <= at < len(z)]
    return not any(one * np.sign(z[row]) > AGREES_Z for one in neighbours)


def left_out(a: Floats, errors: Floats, residual: Floats) -> Floats:
    """For each photograph (n,): its distance in SD from what the others predict, for a course of that ``residual``."""
    matrix = errors + BASELINE_PRIOR_SD**2 + PEAK_PRIOR_SD**2 * np.outer(residual, residual)
    inverse = np.linalg.inv(matrix)
    distances: Floats = (inverse @ (a - a[0])) / np.sqrt(np.diag(inverse))
    return distances
