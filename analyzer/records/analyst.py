"""What the records ask of the rooms before them: read a photograph, judge a course.

The records know these calls only, so that they can be tried without the measuring behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer.reading import Reading
from analyzer.records.card_choice import CardChoice
from analyzer.signs import SignEntry
from analyzer.treatment import Treatment


@dataclass(frozen=True)
class Measurement:
    """What is kept of one photograph besides itself: its reading and, where it was measured, two pictures as bytes.

    ``face_map`` is its skin laid flat, ``outline`` the shape of face and card, to line up the next photograph with.
    """

    reading: Reading
    face_map: bytes | None = None
    outline: bytes | None = None


@dataclass(frozen=True)
class Basis:
    """Everything a course is judged from. ``face_maps`` holds bytes by the file name of their photograph."""

    patient: str
    treatment: Treatment
    readings: Sequence[Reading]
    signs: Sequence[SignEntry] = ()
    face_maps: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Analyst:
    """``version`` names the method: readings and courses of another version are made again."""

    version: str
    read: Callable[[bytes, str, CardChoice], Measurement]
    judge: Callable[[Basis], dict[str, Any]]


def standard_analyst() -> Analyst:
    """The real thing."""
    from analyzer.photo_analysis import METHOD_VERSION

    return Analyst(METHOD_VERSION, _read, _judge)


def _read(data: bytes, name: str, card: CardChoice) -> Measurement:
    from analyzer.ghost import ghost
    from analyzer.photo_analysis import analyze_photo_bytes

    analysis = analyze_photo_bytes(data, name, card.wanted())
    if not analysis.reading.usable or analysis.face_map is None:
        return Measurement(analysis.reading)
    return Measurement(analysis.with_edition(), analysis.face_map.to_bytes(), ghost(analysis))


def _judge(basis: Basis) -> dict[str, Any]:
    from analyzer.pipeline import build_series
    from analyzer.recovery import judge
    from analyzer.surface.face_map import FaceMap

    maps = {file: FaceMap.from_bytes(data) for file, data in basis.face_maps.items()}
    return judge(build_series(basis.patient, basis.treatment, basis.readings, signs=basis.signs, maps=maps)).to_json()
