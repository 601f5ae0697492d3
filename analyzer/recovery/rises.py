"""How large a second rise is, and which photographs show it: the figures behind a flag `rebound`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzer.recovery.noise import APART_DAYS, Floats, Track
from analyzer.recovery.shapes import improving_shapes
from analyzer.recovery.weighing import BASELINE_PRIOR_SD, PEAK_PRIOR_SD, RISE_LASTS

SHOWN_AGAIN, SHOWN_AGAIN_A = 0.35, 0.9  # share of a rise, and a*, that must remain without the strongest witness
SIZE_PRIOR_SD = 20.0  # a*: the figure that is shown leans on the photographs alone


@dataclass(frozen=True, eq=False)
class Rise:
    """A second rise: its ``size`` at the onset in a*, the standard error, and what each photograph of it shows.

    ``shown`` (rows from the onset on,) is how far each stands above the falling course, in a*.
    """

    size: float
    se: float
    shown: Floats


def measure_rise(track: Track, onset: int, row: int) -> Rise:
    """The rise that begins with row ``onset``, as known with ``row``, beside the likeliest falling courses."""
    upto = slice(0, row + 1)
    days = track.days[upto]
    residuals = improving_shapes().residuals(days)
    lasting = [np.where(days >= days[onset], 2.0 ** -((days - days[onset]) / half), 0.0) for half in RISE_LASTS]
    designs = np.array([
        np.column_stack([np.ones(row + 1), course, rise]) for course in residuals.T for rise in lasting
    ])  # fmt: skip
    white = track.white[upto, upto]
    y = track.a[upto] - track.a[0]
    seen = white @ designs
    precision = seen.transpose(0, 2, 1) @ seen + np.diag(
        np.array([BASELINE_PRIOR_SD, PEAK_PRIOR_SD, SIZE_PRIOR_SD]) ** -2.0
    )
    covariance = np.linalg.inv(precision)
    solution = (covariance @ (seen.transpose(0, 2, 1) @ (white @ y))[:, :, None])[:, :, 0]
    misfit = ((white @ y - (seen @ solution[:, :, None])[:, :, 0]) ** 2).sum(axis=1)
    log_weight = -0.5 * misfit - 0.5 * np.log(np.linalg.det(precision))
    weights = np.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    size = float(weights @ solution[:, 2])
    spread = float(weights @ (covariance[:, 2, 2] + (solution[:, 2] - size) ** 2))
    course = weights @ (designs[:, :, :2] @ solution[:, :2, None])[:, :, 0]
    return Rise(size, spread**0.5, (y - course)[onset:])


def shown_twice(track: Track, onset: int, row: int, rise: Rise) -> bool:
    """Whether enough of the rise remains if the moment that shows most of it had not been photographed."""
    most = track.days[onset + int(rise.shown.argmax())]
    rest = track.rows((np.arange(len(track)) <= row) & (np.abs(track.days - most) >= APART_DAYS))
    after = np.flatnonzero(rest.days >= track.days[onset])
    if not len(after):
        return False
    remains = measure_rise(rest, int(after[0]), len(rest) - 1).size
    return remains >= max(SHOWN_AGAIN * rise.size, SHOWN_AGAIN_A)
