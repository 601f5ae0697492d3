"""A flag in words: message for the patient, detail for the clinician, figures and claims."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.recovery.results import Flag, Severity
from analyzer.recovery.texts import day_words, flag_texts, region_words


def make_flag(
    code: str,
    text: str,
    severity: Severity,
    region: str,
    from_day: float,
    to_day: float | None,
    facts: Mapping[str, float],
    claims: tuple[str, ...],
    evidence: Mapping[str, float] | None = None,
    said_day: float | None = None,
) -> Flag:
    """The flag with its two sentences; ``facts`` fill them in and are its evidence unless ``evidence`` is given."""
    said = day_words(from_day if said_day is None else said_day)
    message, detail = flag_texts(text, region=region_words(region), day=said, **facts)
    closed = None if to_day is None else round(to_day, 2)
    return Flag(code, severity, region, round(from_day, 2), closed, evidence or facts, claims, message, detail)
