"""What the documents say: ``claims.toml`` as typed, checked objects."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from analyzer.treatment import Treatment

Who = Literal["all", "most", "some", "few"]
ToneGroup = Literal["lighter", "darker"]

# Who makes a course an expected one; what is said of "few" does not (docs/contract.md).
EXPECTED = ("all", "most", "some")

# Fitzpatrick I-III and ITA above 28 degrees are taken as "lighter": the one document that speaks of
# tones draws no line, so this one is ours.
_LIGHTER = frozenset({"I", "II", "III", "very_light", "light", "intermediate"})
_DARKER = frozenset({"IV", "V", "VI", "tan", "brown", "dark"})


@dataclass(frozen=True)
class Implied:
    """One inequality of a claim: for ``share`` of people the residual at ``at_h`` is at most / at least ``level``."""

    at_h: float
    level: float
    side: Literal["at_most", "at_least"]
    share: float


@dataclass(frozen=True)
class Claim:
    """One statement of one document. ``implies`` is empty for a claim that is shown but not fitted."""

    id: str
    document: str
    heading: str
    sign: str
    who: Who
    from_h: float | None
    to_h: float | None
    state: str
    implies: tuple[Implied, ...] = ()
    lasts_h: float | None = None
    tone: ToneGroup | None = None
    area: Literal["face", "body"] | None = None
    sensitive: bool | None = None
    care: str | None = None

    @property
    def informational(self) -> bool:
        return not self.implies

    def applies_to(self, treatment: Treatment, tone: ToneGroup | None) -> bool:
        """Whether the claim speaks of this patient; a claim for one tone is kept where the tone is unknown."""
        if self.tone is not None and tone is not None and self.tone != tone:
            return False
        if self.area is not None and self.area != ("face" if treatment.body_area == "face" else "body"):
            return False
        return not (self.sensitive is True and not treatment.sensitive_skin)

    def to_json(self) -> dict[str, Any]:
        """The claim as in ``rubor.windows/1``, without ``met``."""
        return {
            "id": self.id,
            "document": self.document,
            "heading": self.heading,
            "sign": self.sign,
            "who": self.who,
            "from_h": self.from_h,
            "to_h": self.to_h,
            "state": self.state,
        }


@dataclass(frozen=True)
class Milestone:
    """What a document says of the result in the long run; frames the series, is never judged."""

    id: str
    document: str
    heading: str
    who: str
    from_h: float | None
    to_h: float | None
    state: str


@dataclass(frozen=True)
class Contradiction:
    """Claims that cannot all be true: each side is a group of claim ids."""

    about: str
    sides: tuple[tuple[str, ...], ...]
    says: str

    def to_json(self) -> dict[str, Any]:
        return {"about": self.about, "sides": [list(side) for side in self.sides], "says": self.says}


def tone_group(skin_tone: str | None) -> ToneGroup | None:
    """``lighter`` or ``darker`` for a Fitzpatrick type or an ITA class; None for ``auto`` or unknown."""
    if skin_tone in _LIGHTER:
        return "lighter"
    return "darker" if skin_tone in _DARKER else None


@cache
def load_claims() -> tuple[Claim, ...]:
    """Every claim of the documents, in the order of the file."""
    table = _table()
    return tuple(_claim(entry, table["shares"]) for entry in table["claim"])


@cache
def claims_by_id() -> dict[str, Claim]:
    return {claim.id: claim for claim in load_claims()}


@cache
def load_milestones() -> tuple[Milestone, ...]:
    """Every milestone of the result."""
    return tuple(
        Milestone(
            entry["id"], entry["document"], entry["heading"], entry["who"],
            entry.get("from_h"), entry.get("to_h"), entry["state"],
        )
        for entry in _table()["milestone"]
    )  # fmt: skip


@cache
def load_contradictions() -> tuple[Contradiction, ...]:
    """Where the documents contradict each other, or themselves."""
    return tuple(
        Contradiction(entry["about"], tuple(tuple(side) for side in entry["sides"]), entry["says"])
        for entry in _table()["contradiction"]
    )


def level(name: str) -> float:
    """The residual that a word stands for, such as ``gone``."""
    return float(_table()["levels"][name])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("analyzer.recovery").joinpath("claims.toml").read_text(encoding="utf-8"))


def _claim(entry: dict[str, Any], shares: dict[str, float]) -> Claim:
    applies = entry.get("applies", {})
    return Claim(
        id=entry["id"],
        document=entry["document"],
        heading=entry["heading"],
        sign=entry["sign"],
        who=entry["who"],
        from_h=entry.get("from_h"),
        to_h=entry.get("to_h"),
        state=entry["state"],
        implies=tuple(_implied(one, shares, entry["who"]) for one in entry.get("implies", ())),
        lasts_h=entry.get("lasts_h"),
        tone=applies.get("tone"),
        area=applies.get("area"),
        sensitive=applies.get("sensitive"),
        care=applies.get("care"),
    )


def _implied(entry: dict[str, Any], shares: dict[str, float], who: str) -> Implied:
    side: Literal["at_most", "at_least"] = "at_most" if "at_most" in entry else "at_least"
    return Implied(float(entry["at_h"]), float(entry[side]), side, shares[entry.get("share", who)])
