"""What the documents say: ``claims.toml`` as typed, checked objects."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from analyzer.recovery.texts import claim_state
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
class WordTable:
    """How words become numbers: who is meant (shares), how much is left (levels), vague lengths of time (hours)."""

    shares: Mapping[str, float]
    levels: Mapping[str, float]
    words: Mapping[str, float]


@dataclass(frozen=True)
class Implied:
    """One inequality of a claim: for ``share`` of people the residual at ``at_h`` is at most / at least ``level``.

    The words are those of the table that the numbers came from; ``hour_word`` is None for a document's own figure.
    """

    at_h: float
    level: float
    side: Literal["at_most", "at_least"]
    share: float
    share_word: str = ""
    level_word: str = ""
    hour_word: str | None = None


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
            "state": claim_state(self.id, self.state),
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
    topic: str = ""
    depth_mm: tuple[float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "topic": self.topic,
            "document": self.document,
            "heading": self.heading,
            "who": self.who,
            "from_h": self.from_h,
            "to_h": self.to_h,
            "state": claim_state(self.id, self.state),
        }


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
    """Every claim of the documents, in the order of the file, its words read by the file's own table."""
    return claims_read_by(document_words())


def claims_read_by(words: WordTable) -> tuple[Claim, ...]:
    """Every claim of the documents, its words read by another table."""
    return tuple(_claim(entry, words) for entry in _table()["claim"])


@cache
def document_words() -> WordTable:
    """The table of ``claims.toml``: an assumption of ours, in one place."""
    table = _table()
    return WordTable(table["shares"], table["levels"], table["words"])


@cache
def claims_by_id() -> dict[str, Claim]:
    return {claim.id: claim for claim in load_claims()}


@cache
def load_milestones() -> tuple[Milestone, ...]:
    """Every milestone of the result."""
    return tuple(
        Milestone(
            entry["id"], entry["document"], entry["heading"], entry["who"],
            entry.get("from_h"), entry.get("to_h"), entry["state"], entry["topic"],
            (entry["depth_mm"][0], entry["depth_mm"][1]) if "depth_mm" in entry else None,
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


def _claim(entry: dict[str, Any], words: WordTable) -> Claim:
    applies = entry.get("applies", {})
    from_h, to_h, lasts_h = (_hours(entry.get(key), words) for key in ("from_h", "to_h", "lasts_h"))
    return Claim(
        id=entry["id"],
        document=entry["document"],
        heading=entry["heading"],
        sign=entry["sign"],
        who=entry["who"],
        from_h=from_h,
        to_h=to_h,
        state=entry["state"],
        implies=tuple(_implied(one, words, entry["who"]) for one in entry.get("implies", ())),
        lasts_h=lasts_h,
        tone=applies.get("tone"),
        area=applies.get("area"),
        sensitive=applies.get("sensitive"),
        care=applies.get("care"),
    )


def _implied(entry: dict[str, Any], words: WordTable, who: str) -> Implied:
    side: Literal["at_most", "at_least"] = "at_most" if "at_most" in entry else "at_least"
    share, level_word, hour = entry.get("share", who), entry[side], entry["at_h"]
    hour_word = hour if isinstance(hour, str) else None
    at_h = _hours(hour, words)
    assert at_h is not None
    return Implied(at_h, words.levels[level_word], side, words.shares[share], share, level_word, hour_word)


def _hours(value: float | str | None, words: WordTable) -> float | None:
    """A figure as it is, a vague length of time by the table."""
    if isinstance(value, str):
        return words.words[value]
    return value
