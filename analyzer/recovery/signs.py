"""The log of signs beside the documents: how long each is described, and what must stand before everything else.

A sign is *within* while some document still describes it of most, some or all people, *longer* after the last of them,
and *stronger* where it is severe: the documents speak of mild signs. Pus, blisters, fever and rising pain are in no
document's window: they call for the clinic, whatever the photographs show.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from analyzer.recovery.claims import EXPECTED, claims_by_id
from analyzer.recovery.results import Recovery
from analyzer.recovery.texts import day_words, sentence, sign_sentence, sign_words, together
from analyzer.series import Series
from analyzer.signs import COMMON, HIGHEST_SEVERITY, URGENT, SignEntry

SignStatus = Literal["none", "within", "longer", "stronger", "urgent", "before"]

# An urgent sign is over only when it was logged as gone this long after it was last there: a fever falls for some
# hours after a tablet, and that is no reason for calm.
OVER_AFTER = timedelta(hours=48)


@dataclass(frozen=True)
class SignResult:
    """One entry of the log with what the documents say of it. ``day`` is since the latest session before it.

    ``expected_until_h`` is the end of the longest window that a document gives, None where none does.
    """

    sign: str
    captured_at: str
    day: float
    severity: int
    status: SignStatus
    claims: tuple[str, ...]
    expected_until_h: float | None
    message: str

    def to_json(self) -> dict[str, Any]:
        return {
            "sign": self.sign,
            "captured_at": self.captured_at,
            "day": self.day,
            "severity": self.severity,
            "status": self.status,
            "urgent": self.status == "urgent",
            "claims": list(self.claims),
            "expected_until_h": self.expected_until_h,
            "message": self.message,
        }


@dataclass(frozen=True)
class SignWindow:
    """Until when one claim describes one sign; None where it gives no figure."""

    claim: str
    from_h: float | None
    to_h: float | None


@cache
def sign_windows() -> dict[str, tuple[SignWindow, ...]]:
    """The windows of every common sign, by sign."""
    table = tomllib.loads(files("analyzer.recovery").joinpath("signs.toml").read_text(encoding="utf-8"))
    return {
        entry["sign"]: tuple(SignWindow(one["id"], one.get("from_h"), one.get("to_h")) for one in entry["claims"])
        for entry in table["window"]
    }


def judge_signs(entries: Iterable[SignEntry], sessions: Sequence[datetime]) -> tuple[SignResult, ...]:
    """Every logged sign (not what is only of a photograph's moment), in order of time."""
    ordered = sorted(entries, key=lambda one: (one.captured_at, one.sign))
    return tuple(_judged(one, sessions) for one in ordered if one.sign in COMMON or one.sign in URGENT)


def urgent_signs(entries: Iterable[SignEntry], sessions: Sequence[datetime]) -> tuple[str, ...]:
    """The urgent signs that stand: logged after the first treatment and not yet logged as gone for long enough."""
    first = min(sessions)
    after = [one for one in entries if one.captured_at >= first]
    standing = []
    for sign in URGENT:
        there = max((one.captured_at for one in after if one.sign == sign and one.severity > 0), default=None)
        if there is None:
            continue
        gone = [one for one in after if one.sign == sign and one.severity == 0]
        if not any(one.captured_at - there >= OVER_AFTER for one in gone):
            standing.append(sign)
    return tuple(standing)


def with_signs(recovery: Recovery, series: Series) -> Recovery:
    """The recovery with its log of signs: an urgent one stands first in the summary, and a last photograph of stirred
    skin asks for another one."""
    last = max((one for one in series.observations if one.usable), key=lambda one: one.captured_at, default=None)
    verdict = recovery.verdict
    if last is not None and last.exposed and verdict.ask is None:
        ask = sentence("repeat_exposed")
        verdict = replace(verdict, ask=ask, summary=f"{verdict.summary} {ask}")
    sessions = tuple(one.treated_at for one in series.treatment.sessions)
    urgent = urgent_signs(series.signs, sessions)
    if urgent:
        said = sign_sentence("urgent", signs=together([sign_words(sign) for sign in urgent]))
        verdict = replace(verdict, summary=f"{said} {sign_sentence('photographs_say')} {verdict.summary}")
    signs = tuple(one.to_json() for one in judge_signs(series.signs, sessions))
    return replace(recovery, signs=signs, urgent=bool(urgent), verdict=verdict)


def _judged(entry: SignEntry, sessions: Sequence[datetime]) -> SignResult:
    start = max((at for at in sessions if at <= entry.captured_at), default=min(sessions))
    hours = (entry.captured_at - start).total_seconds() / 3600.0
    windows = [one for one in sign_windows().get(entry.sign, ()) if claims_by_id()[one.claim].who in EXPECTED]
    until = max((one.to_h for one in windows if one.to_h is not None), default=None)
    status = _status(entry, hours, until)
    speaking = tuple(one.claim for one in windows if _speaks(one, hours) or status != "within")
    message = sign_sentence(
        status,
        sign=sign_words(entry.sign),
        signs=sign_words(entry.sign),
        day=day_words(hours / 24.0),
        until=day_words((until or 0.0) / 24.0),
    )
    day, when = round(hours / 24.0, 4), entry.captured_at.isoformat()
    return SignResult(entry.sign, when, day, entry.severity, status, speaking, until, message)


def _status(entry: SignEntry, hours: float, until: float | None) -> SignStatus:
    if hours < 0:
        return "before"
    if entry.severity == 0:
        return "none"
    if entry.sign in URGENT:
        return "urgent"
    if entry.severity >= HIGHEST_SEVERITY:
        return "stronger"
    return "longer" if until is not None and hours > until else "within"


def _speaks(window: SignWindow, hours: float) -> bool:
    """Whether this claim speaks of that hour; one without a figure always may."""
    if window.to_h is None:
        return True
    return (window.from_h or 0.0) <= hours <= window.to_h


def urgent_document(document: dict[str, Any], entries: Sequence[SignEntry], sessions: Sequence[datetime]) -> str | None:
    """For a series whose photographs say nothing: mark its document urgent, and the sentence to say; else None."""
    urgent = urgent_signs(entries, sessions)
    if not urgent:
        return None
    document["urgent"] = True
    document["signs"] = [one.to_json() for one in judge_signs(entries, sessions)]
    return sign_sentence("urgent", signs=together([sign_words(sign) for sign in urgent]))
