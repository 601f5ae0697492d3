"""Care of the day: what the documents advise, their conflicts shown, and the way to the clinic where they disagree."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from analyzer.recovery.texts import aftercare_sentence, aftercare_state, topic_title
from analyzer.treatment import Treatment

Advice = Literal["avoid", "do", "may"]


@dataclass(frozen=True)
class Said:
    """What one document advises on one topic, from ``from_day`` until before ``to_day`` (None: no end is given).

    ``figure`` is False where the document names no time and the days are our choice of when to show it.
    """

    id: str
    document: str
    heading: str
    advice: Advice
    from_day: float
    to_day: float | None
    figure: bool
    state: str

    def speaks_of(self, day: float) -> bool:
        return self.from_day <= day and (self.to_day is None or day < self.to_day)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "document": self.document,
            "heading": self.heading,
            "advice": self.advice,
            "from_day": self.from_day,
            "to_day": self.to_day,
            "figure": self.figure,
            "state": aftercare_state(self.id, self.state),
        }


@dataclass(frozen=True)
class Topic:
    """One thing to do or leave, with everything that is said of it. ``careful`` is the careful side of a conflict."""

    id: str
    careful: Advice
    says: tuple[Said, ...]
    procedure: str | None = None
    conflict: bool = False
    agree: bool = False


@dataclass(frozen=True)
class CareItem:
    """One topic on one day. ``advice`` is what all agree on, or the careful side where they conflict."""

    topic: str
    advice: Advice
    conflict: bool
    says: tuple[Said, ...]

    @property
    def claims(self) -> tuple[str, ...]:
        return tuple(said.id for said in self.says)

    def to_json(self) -> dict[str, Any]:
        note = aftercare_sentence("conflict") if self.conflict else None
        return {
            "topic": self.topic,
            "title": topic_title(self.topic),
            "advice": self.advice,
            "message": aftercare_sentence(self.advice, topic=topic_title(self.topic)),
            "conflict": self.conflict,
            "note": note,
            "ask_clinic": self.conflict,
            "claims": list(self.claims),
            "says": [said.to_json() for said in self.says],
        }


@cache
def load_topics() -> tuple[Topic, ...]:
    """Every topic of ``aftercare.toml``, in the order of the file."""
    table = tomllib.loads(files("analyzer.recovery").joinpath("aftercare.toml").read_text(encoding="utf-8"))
    return tuple(_topic(entry) for entry in table["topic"])


def aftercare(day: float, treatment: Treatment | None = None) -> tuple[CareItem, ...]:
    """What the documents advise for this day after the treatment (negative before it); conflicts come first.

    Topics of which no document speaks on this day are left out.
    """
    items = []
    for topic in load_topics():
        if topic.procedure is not None and (treatment is None or treatment.procedure != topic.procedure):
            continue
        says = tuple(said for said in topic.says if said.speaks_of(day))
        if says:
            items.append(_item(topic, says))
    return tuple(sorted(items, key=lambda item: not item.conflict))


def _item(topic: Topic, says: tuple[Said, ...]) -> CareItem:
    kinds = {said.advice for said in says}
    against = "avoid" in kinds and len(kinds) > 1 and not topic.agree
    conflict = against or (topic.conflict and len(says) > 1)
    advice: Advice = topic.careful if against or topic.agree else says[0].advice
    return CareItem(topic.id, advice, conflict, says)


def _topic(entry: dict[str, Any]) -> Topic:
    return Topic(
        id=entry["id"],
        careful=entry["careful"],
        says=tuple(
            Said(
                one["id"], one["document"], one["heading"], one["advice"], float(one["from_day"]),
                None if one.get("to_day") is None else float(one["to_day"]), one.get("figure", True), one["state"],
            )
            for one in entry["says"]
        ),
        procedure=entry.get("procedure"),
        conflict=entry.get("conflict", False),
        agree=entry.get("agree", False),
    )  # fmt: skip
