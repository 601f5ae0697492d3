"""Milestones of the result in the long run: they frame the end of a series, and nobody is judged by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from analyzer.recovery.claims import Milestone, load_contradictions, load_milestones
from analyzer.recovery.texts import milestone_sentence
from analyzer.treatment import Treatment

When = Literal["now", "ahead", "passed", "undated"]

_ORDER: tuple[When, ...] = ("now", "ahead", "passed", "undated")


@dataclass(frozen=True)
class MilestoneItem:
    """One milestone as seen from one day. ``against`` are the milestones and claims that say otherwise."""

    milestone: Milestone
    when: When
    against: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            **self.milestone.to_json(),
            "from_day": _days(self.milestone.from_h),
            "to_day": _days(self.milestone.to_h),
            "when": self.when,
            "label": milestone_sentence(self.when),
            "conflict": bool(self.against),
            "against": list(self.against),
            "note": milestone_sentence("conflict") if self.against else None,
        }


def milestones(treatment: Treatment | None = None, day: float = 0.0) -> tuple[MilestoneItem, ...]:
    """What the documents say of the result, seen from this day: now, ahead (the nearest first), passed, undated.

    What is said of superficial or of deep needling alone is left out where the record names another depth.
    """
    items = [
        MilestoneItem(one, _when(one, 24.0 * day), _against(one.id))
        for one in load_milestones()
        if _about(one, treatment)
    ]
    return tuple(sorted(items, key=lambda item: (_ORDER.index(item.when), item.milestone.from_h or 0.0)))


def _about(milestone: Milestone, treatment: Treatment | None) -> bool:
    if milestone.depth_mm is None or treatment is None or treatment.needle_depth_mm is None:
        return True
    low, high = milestone.depth_mm
    return low <= treatment.needle_depth_mm <= high


def _when(milestone: Milestone, hour: float) -> When:
    if milestone.from_h is None and milestone.to_h is None:
        return "undated"
    if hour < (milestone.from_h or 0.0):
        return "ahead"
    return "passed" if milestone.to_h is not None and hour > milestone.to_h else "now"


def _against(name: str) -> tuple[str, ...]:
    others: dict[str, None] = {}
    for one in load_contradictions():
        if any(name in side for side in one.sides):
            others.update(dict.fromkeys(other for side in one.sides if name not in side for other in side))
    return tuple(others)


def _days(hours: float | None) -> float | None:
    return None if hours is None else round(hours / 24.0, 2)
