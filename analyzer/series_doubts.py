"""What only the series shows of one photograph: somebody else's face, skin that is not bare, a card in other light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from calibration.problems import Problem, problem

if TYPE_CHECKING:
    from analyzer.reading import Reading
    from analyzer.surface.face_map import FaceMap
    from analyzer.treatment import Treatment


def doubted(readings: Sequence[Reading], maps: Mapping[str, FaceMap] | None = None) -> tuple[Reading, ...]:
    """The readings, with ``other_person`` and ``made_up`` (warn) added where the series as a whole raises them.

    ``maps`` are the face maps by file name; without them, strangers are asked about by proportions and tone alone and
    no film is noticed by the skin's pattern.
    """
    from analyzer.look import filmed_in_series
    from analyzer.same_person import other_person
    from analyzer.skin_pattern import Patterns

    usable = {one.file for one in readings if one.usable}
    patterns = Patterns({file: one for file, one in (maps or {}).items() if file in usable})
    strangers = other_person(readings, patterns)
    known = {one.file for one in readings if any(why.code == "made_up" for why in one.problems)}
    calibrated = {one.file for one in readings if one.calibrated}
    filmed = filmed_in_series(patterns, calibrated - strangers, known)
    added = {"other_person": strangers, "made_up": filmed}
    return tuple(_with(one, [code for code, files in added.items() if one.file in files]) for one in readings)


def doubted_in(
    treatment: Treatment, readings: Sequence[Reading], maps: Mapping[str, FaceMap] | None = None
) -> tuple[Reading, ...]:
    """:func:`doubted`, and ``uneven_light`` (warn) where the face was lit otherwise beside its card than before the
    ``treatment``."""
    lit_otherwise = _lit_otherwise(treatment, readings)
    return tuple(_with(one, ["uneven_light"] * (one.file in lit_otherwise)) for one in doubted(readings, maps))


def _lit_otherwise(treatment: Treatment, readings: Sequence[Reading]) -> set[str]:
    """The files with a card whose face's lightness, less what blood does, tells of clearly more or less light."""
    from analyzer.changes import references_of
    from analyzer.light_level import UNEVEN
    from analyzer.reading import FACE

    before = references_of(treatment, readings).get(FACE)
    if before is None:
        return set()
    judged = [one for one in readings if one.calibrated and FACE in one.regions]
    return {one.file for one in judged if abs(before.compared(one.regions[FACE]).light) > UNEVEN}


def raised(before: Sequence[Reading], after: Sequence[Reading]) -> list[tuple[str, Problem]]:
    """What :func:`doubted_in` added to ``before``: the photograph's file, and the problem."""
    return [
        (new.file, why) for old, new in zip(before, after, strict=True) for why in new.problems[len(old.problems) :]
    ]


def _with(reading: Reading, codes: Sequence[str]) -> Reading:
    known = {one.code for one in reading.problems}
    new = tuple(problem(code) for code in codes if code not in known)
    return replace(reading, problems=(*reading.problems, *new)) if new else reading
