"""One patient's photographs in time, as numbers: what the recovery room is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from analyzer.signs import SignEntry
from analyzer.treatment import Treatment
from calibration.problems import Problem

if TYPE_CHECKING:
    from analyzer.surface.face_map import FaceMap

# Days: so far apart, two photographs are of different days.
OTHER_DAY = 0.5


@dataclass(frozen=True)
class RegionColour:
    """CIELAB of one region in one photograph and the standard error of its a*; None where unknown.

    ``light_sd``: how far the light on the skin may lie from that on the card, as a standard deviation of its logarithm;
    an instrument that touches the skin brings its own.
    """

    a: float
    a_se: float | None = None
    L: float | None = None
    b: float | None = None
    light_sd: float = 0.0


@dataclass(frozen=True)
class Observation:
    """One photograph (or one colorimeter reading) of one moment.

    ``usable`` is False for a photograph that was refused. ``calibrated`` is False without a card: such
    a photograph raises no flag by itself. ``bare_skin`` is False with make-up: never counted for
    ``within``. ``lamp`` names the kind of light, for errors shared by photographs under one lamp
    (``lamp_cct_k``: its correlated colour temperature). ``exposed`` names
    what stirred the skin shortly before (exercise, a hot shower): such a photograph weighs less. ``light_on_face`` is
    how many times the light of before the treatment fell on the face, beside its card (``analyzer.light_level``); it is
    no part of the colours any more.
    """

    file: str
    captured_at: datetime
    regions: Mapping[str, RegionColour] = field(default_factory=dict)
    usable: bool = True
    calibrated: bool = True
    bare_skin: bool = True
    lamp: str | None = None
    ita: float | None = None
    problems: tuple[Problem, ...] = ()
    exposed: tuple[str, ...] = ()
    lamp_cct_k: float | None = None
    light_on_face: float | None = None


@dataclass(frozen=True, eq=False)
class SurfaceObservation:
    """The face map of the photograph ``file``: what it shows beyond the regions' means."""

    file: str
    face: FaceMap


@dataclass(frozen=True)
class Series:
    """One patient: the treatment (the latest session, with the earlier ones) and the observations, in order of time."""

    patient: str
    treatment: Treatment
    observations: tuple[Observation, ...]
    problems: tuple[Problem, ...] = ()
    signs: tuple[SignEntry, ...] = ()
    surface: tuple[SurfaceObservation, ...] = ()

    def day_of(self, observation: Observation) -> float:
        """Elapsed hours / 24 since the (latest) treatment; negative before it."""
        elapsed = observation.captured_at - self.treatment.treated_at
        return elapsed.total_seconds() / 86_400.0
