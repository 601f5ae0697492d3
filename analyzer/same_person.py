"""Does every photograph of a series show one person? Asked with a few proportions of the head and with the skin's own
marks, never with an identity.

The proportions are lengths between bony points of the face mesh, in three dimensions and without pose or size, rounded
coarsely: enough to notice a stranger in a series of one person's photographs, too few and too coarse to find
somebody among many. The marks (moles, freckles, folds, brows) are compared on the face maps when a series is judged,
and nothing of that is stored. Both are compared within one series only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from analyzer import mesh
from analyzer.skin_pattern import shared_with_most

if TYPE_CHECKING:
    from analyzer.face import Face
    from analyzer.reading import Reading
    from analyzer.skin_pattern import Patterns

# Pairs of points that neither a smile nor an open mouth moves much, each length as a share of the mean of all.
LENGTHS = ((33, 263), (133, 362), (234, 454), (168, 1), (10, 168), (127, 356), (98, 327), (6, 2))
# Rounded to this: a third of what separates two people, so that the numbers stay coarse.
STEP = 0.01
# How one person's lengths stray: most by the lens, which near by makes the middle of a face large (25 to 100 cm) and
# by a turn of the head; then by what glasses and hair do to the mesh; in all other directions by SPREAD.
# `benchmarks/proportions.py` shows the first of these.
STRAYS = (
    (0.0567, (-0.11, -0.06, 0.63, -0.26, -0.25, 0.57, -0.24, -0.26)),
    (0.0194, (-0.49, -0.28, -0.07, 0.27, 0.24, 0.24, -0.43, 0.54)),
    (0.0126, (0.05, -0.22, -0.03, 0.33, -0.85, 0.01, 0.19, 0.29)),
)
SPREAD = 0.0079
# In these units one uncovered face lies up to 2.0 from its series' middle, two people 1.7 to 5 apart; glasses or a
# scarf on one day alone reach 3.7. So without the marks' word more is asked for.
FAR, VERY_FAR = 2.0, 3.0
# A series with fewer photographs cannot tell which of them is the odd one.
LEAST_PHOTOGRAPHS = 3
# ITA moves by this much between lamps and with redness (three standard deviations); beyond it the skin is another's.
OTHER_TONE = 30.0
# Turned further than this, depth is guessed rather than seen, and lengths are too.
MOST_TURNED = 12.0
# Marks speak only where the other photographs repeat each other so well (correlation of skin; of brows, eyes, lips):
# in light that differs too much they do not.
LEAST_REPEAT, LEAST_PARTS_REPEAT = 0.5, 0.8
# Another's skin shares less than half of that, and the brows, eyes and lips less than this; make-up hides the skin's
# marks, but not those. One's own skin shares more than this, whatever is worn.
OTHER_SKIN, OTHER_PARTS, OWN_SKIN = 0.5, 0.82, 0.6
# Two photographs alone have no usual to be held against. One person's skin correlates by more than OWN_ALONE, with few
# exceptions; two people's never does. Below OTHER_ALONE (and OTHER_PARTS_ALONE of brows, eyes and lips) marks speak for
# two people, but years and other light do that to one person's, too. So the proportions have to differ as well: those
# of one uncovered face lie within ALONE_FAR of each other in 96 % of pairs (lens at 25 to 100 cm), behind glasses
# within ALONE_VERY_FAR in 98 %.
OWN_ALONE, OTHER_ALONE, OTHER_PARTS_ALONE = 0.45, 0.25, 0.80
ALONE_FAR, ALONE_VERY_FAR = 1.6, 3.2
# ITA of one very light skin went that far between two poor lamps.
OTHER_TONE_ALONE = 60.0

Word = Literal["own", "other", "unsure"]


def proportions(face: Face) -> tuple[float, ...]:
    """Eight lengths of the head as shares of their mean, rounded to 0.01."""
    points: NDArray[np.float64] = face.landmarks[: mesh.SKIN_POINTS]
    lengths = np.array([np.linalg.norm(points[a] - points[b]) for a, b in LENGTHS])
    return tuple(float(round(value / STEP) * STEP) for value in np.round(lengths / lengths.mean(), 4))


def other_person(readings: Sequence[Reading], patterns: Patterns | None = None) -> set[str]:
    """The files that do not look like the series' other photographs; a question, never a refusal.

    A photograph is named when its skin's marks are another's (``patterns`` of the face maps), or when its
    proportions or its skin's tone stand clearly apart from the median of the others and its marks do not say that it
    is the same person. Fewer than three photographs with a face, or no majority that agrees, name none.
    """
    words = marks_say(patterns) if patterns is not None else {}
    # White on dark skin turns all contrast of a face round: then its marks are no witness.
    filmed = {one.file for one in readings if any(why.code == "made_up" for why in one.problems)}
    words |= {name: "unsure" for name in filmed if words.get(name) == "other"}
    shapes = {one.file: shape for one in readings if (shape := _shape_of(one)) is not None}
    # Without a card, the lamp alone moves the tone that far.
    carded = [one for one in readings if one.calibrated]
    tones = {one.file: np.array([one.skin_tone.ita]) for one in carded if one.skin_tone}
    by_shape = {name for name, far in _away(shapes).items() if far > (FAR if words.get(name) == "unsure" else VERY_FAR)}
    by_tone = {name for name, far in _away(tones).items() if far > OTHER_TONE}
    by_marks = {name for name, word in words.items() if word == "other"}
    return by_marks | {name for name in by_shape | by_tone if words.get(name) != "own"}


def marks_say(patterns: Patterns) -> dict[str, Word]:
    """What the skin's marks say of each photograph; nothing of those that the others are no measure for."""
    if len(patterns.files) < LEAST_PHOTOGRAPHS:
        return {}
    skin, parts = shared_with_most(patterns.likeness), shared_with_most(patterns.parts_likeness)
    words: dict[str, Word] = {}
    for index, name in enumerate(patterns.files):
        usual, usual_parts = (float(np.median(np.delete(one, index))) for one in (skin, parts))
        if usual < LEAST_REPEAT or usual_parts < LEAST_PARTS_REPEAT or not np.isfinite(skin[index]):
            continue
        if skin[index] < OTHER_SKIN * usual and parts[index] < OTHER_PARTS * usual_parts:
            words[name] = "other"
        else:
            words[name] = "own" if skin[index] >= OWN_SKIN * usual else "unsure"
    return words


def may_be_two_people(first: Reading, second: Reading, patterns: Patterns) -> bool:
    """Whether two photographs are worth the question if they show one person; ``patterns`` of their two face maps.

    Silent where the skin's marks agree, and where the heads are turned too far apart for proportions; never a refusal.
    """
    skin, parts = (float(one[0, 1]) for one in (patterns.likeness, patterns.parts_likeness))
    if skin >= OWN_ALONE:
        return False
    apart = _proportions_apart(first, second)
    strange = skin < OTHER_ALONE and parts < OTHER_PARTS_ALONE
    tones = [one.skin_tone.ita for one in (first, second) if one.skin_tone and one.calibrated]
    other_tone = len(tones) == 2 and abs(tones[0] - tones[1]) > OTHER_TONE_ALONE
    return apart > (ALONE_FAR if strange else ALONE_VERY_FAR) or (strange and other_tone)


def _proportions_apart(first: Reading, second: Reading) -> float:
    """In units of one person's own scatter; 0 where nobody knows. Two heads turned alike stray alike."""
    faces = [one.face for one in (first, second) if one.face is not None and one.face.proportions]
    if len(faces) < 2:
        return 0.0
    turns = np.array([[one.yaw or 0.0, one.pitch or 0.0] for one in faces])
    if np.abs(turns).max() > MOST_TURNED and np.abs(turns[0] - turns[1]).max() > MOST_TURNED:
        return 0.0
    shapes = np.array([one.proportions for one in faces])
    return float(_shape_apart(shapes[:1] - shapes[1:])[0])


def _shape_of(one: Reading) -> NDArray[np.float64] | None:
    """The proportions, where the head is straight enough to trust them."""
    face = one.face
    if face is None or not face.proportions or max(abs(face.yaw or 0), abs(face.pitch or 0)) > MOST_TURNED:
        return None
    return np.array(face.proportions)


def _away(values: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    """How far each value is from the middle of those that agree; nothing where no majority does.

    Lengths in units of one person's own scatter, the tone in degrees.
    """
    if len(values) < LEAST_PHOTOGRAPHS:
        return {}
    names, table = list(values), np.stack(list(values.values()))
    distance, limit = (_tone_apart, OTHER_TONE) if table.shape[1] == 1 else (_shape_apart, FAR)
    near = distance(table - np.median(table, axis=0)) <= limit
    if near.sum() <= len(names) / 2:
        return {}
    away = distance(table - np.median(table[near], axis=0))
    return {name: float(far) for name, far in zip(names, away, strict=True)}


def _tone_apart(off: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.abs(off[:, 0]))


def _shape_apart(off: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,): Mahalanobis distance, per degree of freedom, of differences (n, 8) with one person's own scatter."""
    squared = (off**2).sum(axis=1) / SPREAD**2
    for sd, way in STRAYS:
        squared -= (off @ np.array(way)) ** 2 * (1 / SPREAD**2 - 1 / sd**2)
    return np.asarray(np.sqrt(np.maximum(squared, 0.0) / (off.shape[1] - 1)))
