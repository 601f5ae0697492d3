"""How the treatment record moves the expected band: ``shifts.toml``, applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

from analyzer.recovery.claims import ToneGroup
from analyzer.treatment import Treatment


@dataclass(frozen=True)
class Shift:
    """One entry of the record that multiplies the typical half-life by ``factor``; the claims say why."""

    key: str
    value: str
    factor: float
    basis: Literal["figure", "ours", "none", "clinic"]
    claims: tuple[str, ...]
    why: str

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "value": self.value,
            "factor": round(self.factor, 3),
            "basis": self.basis,
            "claims": list(self.claims),
            "why": self.why,
        }


def shifts_for(treatment: Treatment, tone: ToneGroup | None, table: Mapping[str, Any]) -> tuple[Shift, ...]:
    """Every entry of the record that the documents speak of, with its factor (1.0 where it moves nothing)."""
    found: list[Shift] = []
    if treatment.sensitive_skin:
        found.append(_shift("sensitive_skin", "true", table["sensitive"]))
    if treatment.body_area != "face":
        found.append(_shift("body_area", treatment.body_area, table["body"]))
    if treatment.needle_depth_mm is not None:
        depth = table["depth"]
        factor = _inside((treatment.needle_depth_mm / depth["reference_mm"]) ** depth["power"], depth)
        found.append(_shift("needle_depth_mm", f"{treatment.needle_depth_mm:g}", depth, factor))
    if treatment.procedure in table["procedure"]:
        found.append(_shift("procedure", treatment.procedure, table["procedure"][treatment.procedure]))
    if treatment.passes is not None:
        passes = table["passes"]
        factor = _inside(1.0 + passes["per_pass"] * (treatment.passes - passes["usual"]), passes)
        found.append(_shift("passes", str(treatment.passes), passes, factor))
    if tone is not None:
        found.append(_shift("skin_tone", tone, table["tone"], table["tone"][tone]))
    found.extend(
        _shift("conditions", word, entry) for word, entry in table["conditions"].items() if word in treatment.conditions
    )
    return tuple(found)


def together(shifts: tuple[Shift, ...], table: Mapping[str, Any]) -> float:
    """The factors multiplied, kept inside the limits of the table."""
    return _inside(prod(shift.factor for shift in shifts), table["together"])


def tone_versions(table: Mapping[str, Any], tone: ToneGroup) -> tuple[Shift, ...]:
    """Each thing that the documents say of this tone, as the shift it would be: they contradict each other."""
    return tuple(
        Shift("skin_tone", tone, float(one[tone]), one["basis"], tuple(one["claims"]), one["why"])
        for one in table["tone"]["version"]
    )


def _shift(key: str, value: str, entry: Mapping[str, Any], factor: float | None = None) -> Shift:
    chosen = entry["factor"] if factor is None else factor
    return Shift(key, value, float(chosen), entry["basis"], tuple(entry["claims"]), entry["why"])


def _inside(value: float, limits: Mapping[str, Any]) -> float:
    return float(min(max(value, limits["low"]), limits["high"]))
