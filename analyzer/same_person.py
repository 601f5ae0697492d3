"""Does every photograph of a series show one person? Asked with a few proportions of the head, never with an identity.

The proportions are lengths between bony points of the face mesh, in three dimensions and without pose or size, rounded
coarsely: enough to notice a stranger in a series of one person's photographs, too few and too coarse to find
somebody among many. They are compared within one series only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from calibration.problems import problem

if TYPE_CHECKING:
    from analyzer.face import Face
    from analyzer.reading import Reading

# Pairs of points that neither a smile nor an open mouth moves much, each length as a share of the mean of all.
LENGTHS = ((33, 263), (133, 362), (234, 454), (168, 1), (10, 168), (127, 356), (98, 327), (6, 2))
# Rounded to this: a third of what separates two people, so that the numbers stay coarse.
STEP = 0.01
# Lengths of one person stray by up to 0.027 (RMS) from their median, between renderings with glasses, beard and hair;
# those of two people lie 0.011 to 0.051 apart, half of them beyond 0.03. It is meant to be rarely wrong.
FAR = 0.034
# A series with fewer photographs cannot tell which of them is the odd one.
LEAST_PHOTOGRAPHS = 3
# ITA moves by this much between lamps and with redness (three standard deviations); beyond it the skin is another's.
OTHER_TONE = 30.0
# Turned further than this, depth is guessed rather than seen, and lengths are too.
MOST_TURNED = 12.0


def proportions(face: Face) -> tuple[float, ...]:
    """Eight lengths of the head as shares of their mean, rounded to 0.01."""
    points: NDArray[np.float64] = face.landmarks[: mesh.SKIN_POINTS]
    lengths = np.array([np.linalg.norm(points[a] - points[b]) for a, b in LENGTHS])
    return tuple(float(round(value / STEP) * STEP) for value in np.round(lengths / lengths.mean(), 4))


def other_person(readings: Sequence[Reading]) -> set[str]:
    """The files that do not look like the series' other photographs; a question, never a refusal.

    A photograph is named when its proportions or its skin's tone stand clearly apart from the median of all the
    others. Fewer than three photographs with a face, or no two that agree, name none.
    """
    shapes = {
        one.file: np.array(one.face.proportions)
        for one in readings
        if one.face and one.face.proportions and max(abs(one.face.yaw or 0), abs(one.face.pitch or 0)) <= MOST_TURNED
    }
    # Without a card, the lamp alone moves the tone that far.
    carded = [one for one in readings if (one.calibration or {}).get("found")]
    tones = {one.file: np.array([one.skin_tone.ita]) for one in carded if one.skin_tone}
    return _apart(shapes, FAR) | _apart(tones, OTHER_TONE)


def _apart(values: dict[str, NDArray[np.float64]], limit: float) -> set[str]:
    """The keys whose value is further than ``limit`` (RMS) from the median of the others, where those agree."""
    if len(values) < LEAST_PHOTOGRAPHS:
        return set()
    names, table = list(values), np.stack(list(values.values()))
    middle = np.median(table, axis=0)
    away = np.sqrt(np.mean((table - middle) ** 2, axis=1))
    near = away <= limit
    if near.sum() <= len(names) / 2:
        return set()
    middle = np.median(table[near], axis=0)
    away = np.sqrt(np.mean((table - middle) ** 2, axis=1))
    return {name for name, far in zip(names, away > limit, strict=True) if far}


def with_doubts(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The readings, with ``other_person`` (warn) added to those of :func:`other_person`."""
    odd = other_person(readings)
    asks = problem("other_person")
    return tuple(replace(one, problems=(*one.problems, asks)) if one.file in odd else one for one in readings)
