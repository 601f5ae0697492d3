"""What the records ask of the rooms before them: read a photograph, judge a course.

The records know these calls only, so that they can be tried without the measuring behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analyzer.reading import Reading
from analyzer.treatment import Treatment

NOT_BARE = "made_up"


@dataclass(frozen=True)
class Analyst:
    """``version`` names the method: readings and courses of another version are made again."""

    version: str
    read: Callable[[bytes, str], Reading]
    judge: Callable[[str, Treatment, Sequence[Reading]], dict[str, Any]]


def standard_analyst() -> Analyst:
    """The real thing."""
    from analyzer.pipeline import METHOD_VERSION

    return Analyst(METHOD_VERSION, _read, _judge)


def _read(data: bytes, name: str) -> Reading:
    from analyzer.pipeline import analyze_photo_bytes

    return analyze_photo_bytes(data, name).reading


def _judge(patient: str, treatment: Treatment, readings: Sequence[Reading]) -> dict[str, Any]:
    from analyzer.pipeline import build_series
    from analyzer.recovery import judge

    bare = {one.file: all(problem.code != NOT_BARE for problem in one.problems) for one in readings}
    # The series names covered skin itself, from ``bare``: it must not be named twice.
    plain = [
        replace(one, problems=tuple(problem for problem in one.problems if problem.code != NOT_BARE))
        for one in readings
    ]
    return judge(build_series(patient, treatment, plain, bare)).to_json()
