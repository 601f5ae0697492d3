"""Was the light the same from day to day? Changes of the lamp's kind within a series, each with its sentence.

Photographs under one lamp share their errors, and a change cancels them; after a change of lamp it no longer does. So
the patient is told which photographs cannot lean on the baseline in this way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from analyzer.series import Observation
from analyzer.words import say

LampKind = Literal["daylight", "warm", "neutral", "poor"]

# Correlated colour temperatures from which light is no longer a warm bulb's, and from which it is daylight's: lamps
# for homes are sold as 2700 and 3000 K, for offices as 4000 K; daylight has 5000 K and more.
WARM_BELOW_K, DAYLIGHT_FROM_K = 3500.0, 4800.0
# Colour temperature is read to about 30 mired (median); lamps closer than this may be one and the same.
SAME_WITHIN_MIRED = 50.0


@dataclass(frozen=True)
class LampChange:
    """A photograph in another light than the baseline's (or, without one, than the first photograph's)."""

    file: str
    before: str
    after: str

    @property
    def message(self) -> str:
        return say("lamp.changed", file=self.file, after=say(f"lamp.{self.after}"), before=say(f"lamp.{self.before}"))

    def to_json(self) -> dict[str, Any]:
        return {"file": self.file, "before": self.before, "after": self.after, "message": self.message}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> LampChange:
        return cls(document["file"], document["before"], document["after"])


def lamp_kind(cct_k: float, poor: bool = False) -> LampKind:
    """The kind of light by its correlated colour temperature; ``poor`` when the photograph has ``poor_lamp``."""
    if poor:
        return "poor"
    if cct_k < WARM_BELOW_K:
        return "warm"
    return "daylight" if cct_k >= DAYLIGHT_FROM_K else "neutral"


def lamp_changes(observations: Sequence[Observation], baseline: Sequence[Observation] = ()) -> tuple[LampChange, ...]:
    """Observations whose light is of another kind than that of ``baseline`` (without any: of the first that is known).

    A light is another when its kind is, and its colour temperature is further off than reading it is uncertain.
    Photographs whose lamp is unknown are passed over.
    """
    usual = next((one for one in (*baseline, *observations) if one.usable and one.lamp_cct_k), None)
    if usual is None or usual.lamp_cct_k is None:
        return ()
    before = _kind_of(usual, usual.lamp_cct_k)
    early = {id(one) for one in baseline}
    changes = []
    for one in observations:
        if not one.usable or not one.lamp_cct_k or id(one) in early:
            continue
        after = _kind_of(one, one.lamp_cct_k)
        apart = abs(1e6 / one.lamp_cct_k - 1e6 / usual.lamp_cct_k)
        if after != before and (apart > SAME_WITHIN_MIRED or "poor" in (before, after)):
            changes.append(LampChange(one.file, before, after))
    return tuple(changes)


def _kind_of(observation: Observation, cct_k: float) -> LampKind:
    return lamp_kind(cct_k, any(problem.code == "poor_lamp" for problem in observation.problems))
