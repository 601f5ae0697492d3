"""One patient's photographs in time, as numbers: what the recovery room is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from analyzer.treatment import Treatment
from calibration.problems import Problem


@dataclass(frozen=True)
class RegionColour:
    """CIELAB of one region in one photograph and the standard error of its a*; None where unknown."""

    a: float
    a_se: float | None = None
    L: float | None = None
    b: float | None = None


@dataclass(frozen=True)
class Observation:
    """One photograph (or one colorimeter reading) of one moment.

    ``usable`` is False for a photograph that was refused. ``calibrated`` is False without a card: such
    a photograph raises no flag by itself. ``bare_skin`` is False with make-up: never counted for
    ``within``. ``lamp`` names the kind of light, for errors shared by photographs under one lamp.
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


@dataclass(frozen=True)
class Series:
    """One patient: the treatment (later: several sessions) and the observations, in order of time."""

    patient: str
    treatment: Treatment
    observations: tuple[Observation, ...]
    problems: tuple[Problem, ...] = ()

    def day_of(self, observation: Observation) -> float:
        """Elapsed hours / 24 since treatment; negative before it."""
        elapsed = observation.captured_at - self.treatment.treated_at
        return elapsed.total_seconds() / 86_400.0
