"""What the recovery room gives back: typed results, and the document ``rubor.series/1``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from analyzer.lamps import LampChange
from calibration.problems import Problem

SCHEMA = "rubor.series/1"

Status = Literal["within", "watch", "outside", "insufficient"]
Severity = Literal["watch", "outside"]


@dataclass(frozen=True)
class RegionPoint:
    """One region on one day; every number but ``a`` is None where it is unknown."""

    a: float
    delta_a: float | None = None
    delta_a_se: float | None = None
    residual: float | None = None
    residual_ci95: tuple[float, float] | None = None
    expected_residual: Mapping[str, float] | None = None
    centile: float | None = None

    def to_json(self) -> dict[str, Any]:
        interval = list(self.residual_ci95) if self.residual_ci95 else None
        expected = dict(self.expected_residual) if self.expected_residual else None
        return {
            "a": self.a,
            "delta_a": self.delta_a,
            "delta_a_se": self.delta_a_se,
            "residual": self.residual,
            "residual_ci95": interval,
            "expected_residual": expected,
            "centile": self.centile,
        }


@dataclass(frozen=True)
class Point:
    """One photograph in the series. ``session`` is None before the treatment. ``surface`` is what its face map shows
    (:mod:`analyzer.recovery.surface_flags`), None without a map or before the treatment. ``light_on_face`` as
    :attr:`analyzer.series.Observation.light_on_face`.
    """

    file: str
    captured_at: str
    session: int | None
    day: float
    usable: bool
    status: Status
    regions: Mapping[str, RegionPoint] = field(default_factory=dict)
    surface: Mapping[str, Any] | None = None
    light_on_face: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "captured_at": self.captured_at,
            "session": self.session,
            "day": self.day,
            "usable": self.usable,
            "regions": {name: region.to_json() for name, region in self.regions.items()},
            "status": self.status,
            "surface": dict(self.surface) if self.surface is not None else None,
            "light_on_face": self.light_on_face,
        }


@dataclass(frozen=True)
class RegionCurve:
    """The fitted course of one region; None where it is unknown, or redness never rose above the noise."""

    peak_delta_a: float | None
    peak_delta_a_se: float | None
    half_life_days: float | None
    half_life_ci95: tuple[float, float] | None
    clear_day: float | None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "half_life_ci95": list(self.half_life_ci95) if self.half_life_ci95 else None}


@dataclass(frozen=True)
class Flag:
    """One warning with its evidence. ``to_day`` is None while it is open; ``claims`` are ids of ``claims.toml``.

    Days count from the treatment of ``session``; a flag of an earlier session ends with the next one at the latest.
    """

    code: str
    severity: Severity
    region: str
    from_day: float
    to_day: float | None
    evidence: Mapping[str, float]
    claims: tuple[str, ...]
    message: str
    detail: str
    session: int = 1

    @property
    def open(self) -> bool:
        return self.to_day is None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "evidence": dict(self.evidence), "claims": list(self.claims)}


@dataclass(frozen=True)
class Verdict:
    """One honest sentence, and what it rests on. ``ask`` is a request for another photograph, or None."""

    status: Status
    as_of_day: float | None
    summary: str
    standing: str
    flags: tuple[Flag, ...] = ()
    claims: tuple[str, ...] = ()
    ask: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "as_of_day": self.as_of_day,
            "summary": self.summary,
            "flags": [flag.to_json() for flag in self.flags],
            "claims": list(self.claims),
            "ask": self.ask,
            "standing": self.standing,
        }


@dataclass(frozen=True)
class Recovery:
    """One patient's course and verdict: the document ``rubor.series/1``.

    ``treated_at`` is the latest session, which verdict and curve are about; ``sessions`` are all of them. ``tone`` is
    the ITA class of the baseline's skin, None where no photograph shows it. ``signs`` is the log of signs with what
    the documents say of each; ``urgent`` is True with a sign that stands before every verdict.
    ``band_source`` says whose numbers the band is made of: the documents', or a clinic's. ``lamp_changes`` are the
    photographs in another light than the first ones.
    """

    patient: str
    usable: bool
    treated_at: str
    baseline_photos: int
    baseline: Mapping[str, Mapping[str, float]]
    points: tuple[Point, ...]
    curve: Mapping[str, RegionCurve]
    verdict: Verdict
    problems: tuple[Problem, ...] = ()
    tone: str | None = None
    signs: tuple[Mapping[str, Any], ...] = ()
    urgent: bool = False
    band_source: str = "documents"
    sessions: tuple[str, ...] = ()
    lamp_changes: tuple[LampChange, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "patient": self.patient,
            "usable": self.usable,
            "treated_at": self.treated_at,
            "sessions": list(self.sessions or (self.treated_at,)),
            "baseline": {
                "photos": self.baseline_photos,
                "regions": {name: dict(values) for name, values in self.baseline.items()},
            },
            "points": [point.to_json() for point in self.points],
            "curve": {name: curve.to_json() for name, curve in self.curve.items()},
            "signs": [dict(one) for one in self.signs],
            "urgent": self.urgent,
            "verdict": self.verdict.to_json(),
            "problems": [one.to_json() for one in self.problems],
            "tone": self.tone,
            "band_source": self.band_source,
            "lamp_changes": [one.to_json() for one in self.lamp_changes],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Recovery:
        """Read back what :meth:`to_json` wrote; ``ValueError`` for another schema."""
        if document.get("schema") != SCHEMA:
            raise ValueError(f"not a {SCHEMA} document: schema is {document.get('schema')!r}")
        verdict = document["verdict"]
        flags = tuple(Flag(**{**flag, "claims": tuple(flag["claims"])}) for flag in verdict["flags"])
        return cls(
            patient=document["patient"],
            usable=document["usable"],
            treated_at=document["treated_at"],
            baseline_photos=document["baseline"]["photos"],
            baseline=document["baseline"]["regions"],
            points=tuple(_point(one) for one in document["points"]),
            curve={
                name: RegionCurve(**{**one, "half_life_ci95": _pair(one["half_life_ci95"])})
                for name, one in document["curve"].items()
            },
            verdict=Verdict(**{**verdict, "flags": flags, "claims": tuple(verdict["claims"])}),
            problems=tuple(Problem.from_json(one) for one in document["problems"]),
            tone=document.get("tone"),
            signs=tuple(document.get("signs", ())),
            urgent=bool(document.get("urgent", False)),
            sessions=tuple(document["sessions"]),
            band_source=document.get("band_source", "documents"),
            lamp_changes=tuple(LampChange.from_json(one) for one in document.get("lamp_changes", ())),
        )


def _point(document: Mapping[str, Any]) -> Point:
    regions = {
        name: RegionPoint(**{**one, "residual_ci95": _pair(one["residual_ci95"])})
        for name, one in document["regions"].items()
    }
    return Point(**{**document, "regions": regions})


def _pair(values: Any) -> tuple[float, float] | None:
    return (values[0], values[1]) if values else None
