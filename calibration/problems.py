"""What can be wrong with a photograph: one code, one severity, one sentence, one piece of advice.

The codes and severities (``problems.toml``) are promised to the outside (docs/contract.md). The sentences are kept with
all others (``translations``), so that they can be reviewed and translated in one place.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from calibration.language import texts

Severity = Literal["reject", "warn"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a photograph, and the one thing to do about it."""

    code: str
    severity: Severity
    message: str
    advice: str

    @property
    def sentence(self) -> str:
        """Message and advice in one line, for standard error and for logs."""
        return f"{self.message} {self.advice}".strip()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Problem:
        return cls(**{key: document[key] for key in ("code", "severity", "message", "advice")})


@cache
def _severities() -> dict[str, Severity]:
    return tomllib.loads(files("calibration").joinpath("problems.toml").read_text(encoding="utf-8"))


def problem(code: str, severity: Severity | None = None, **facts: object) -> Problem:
    """The :class:`Problem` named ``code``, its sentence filled in with ``facts``.

    ``severity`` overrides the table's where the contract allows both (a mild blur only warns).
    Raises ``KeyError`` for a code or a fact that the texts do not know: a programming error.
    """
    severity = severity or _severities()[code]
    entry = _entry(code, severity)
    return Problem(code, severity, entry["message"].format(**facts), entry["advice"].format(**facts))


def _entry(code: str, severity: Severity) -> dict[str, str]:
    """The words for ``code``; a warning of what elsewhere refuses has its own (``code:warn``) where that says more."""
    known = texts("problems")
    return dict(known.get(f"{code}:{severity}") or known[code])


def because(why: str, /, **facts: object) -> str:
    """The end of a sentence that says why: ``why`` is a key of the texts' ``reasons``, filled in with ``facts``."""
    return str(texts("reasons")[why]).format(**facts)


def reworded(one: Problem) -> Problem:
    """A stored problem in the language spoken now; one that tells figures of its own stays as it was said."""
    if one.code not in texts("problems"):
        return one
    entry = _entry(one.code, one.severity)
    if "{" in entry["message"] + entry["advice"]:
        return one
    return Problem(one.code, one.severity, entry["message"], entry["advice"])


def codes() -> frozenset[str]:
    """Every problem code that Rubor can raise."""
    return frozenset(_severities())
