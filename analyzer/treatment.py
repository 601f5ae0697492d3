"""The treatment record: ``treatment.toml`` as a typed, checked object."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Any

from calibration.errors import UsageError, shown
from calibration.language import texts
from calibration.problems import because

PROCEDURES = ("microneedling", "rf-microneedling", "derma-roller")
SKIN_TONES = ("auto", "I", "II", "III", "IV", "V", "VI")
BODY_AREAS = (
    "face", "neck", "chest", "abdomen", "back", "arms", "hands", "legs", "feet", "buttocks", "scalp",
)  # fmt: skip
BODY_AREA_ALIASES: Mapping[str, str] = {
    "décolleté": "chest", "decollete": "chest", "stomach": "abdomen", "arm": "arms", "hand": "hands",
    "leg": "legs", "thighs": "legs", "foot": "feet",
}  # fmt: skip

# Needles of pens and rollers end at about 3 mm; radio-frequency devices for the body reach 8 mm.
# The limits stand a little above, so that they catch a slip of the unit or the comma and nothing else.
DEPTH_LIMITS_MM: Mapping[str, tuple[float, float]] = {
    "microneedling": (0.1, 4.0),
    "rf-microneedling": (0.1, 8.0),
    "derma-roller": (0.1, 4.0),
}
PASSES_LIMITS = (1, 30)
YEARS = (2000, 2100)
MAX_CONDITIONS = 20
MAX_SESSIONS = 100
MAX_CONDITION_LENGTH = 60

_EXAMPLE = "2026-05-01T10:30:00+02:00"


class TreatmentError(UsageError):
    """The treatment record is missing or wrong; the text says where and what is expected."""


@dataclass(frozen=True)
class Treatment:
    """One session, the latest. ``treated_at`` is aware; the rest may be unknown (None) or at its default.

    ``earlier`` are the sessions before it, in order of time, each with no earlier ones of its own.
    """

    treated_at: datetime
    procedure: str = "microneedling"
    needle_depth_mm: float | None = None
    passes: int | None = None
    body_area: str = "face"
    skin_tone: str = "auto"
    sensitive_skin: bool = False
    conditions: tuple[str, ...] = field(default=())
    earlier: tuple[Treatment, ...] = ()

    @property
    def sessions(self) -> tuple[Treatment, ...]:
        """Every session in order of time, this one last."""
        return (*self.earlier, self)

    def to_json(self) -> dict[str, Any]:
        """The keys of ``treatment.toml``; with several sessions also ``earlier``, a list of the same."""
        document = self._keys()
        if self.earlier:
            document["earlier"] = [one._keys() for one in self.earlier]
        return document

    def _keys(self) -> dict[str, Any]:
        return {
            "treated_at": self.treated_at.isoformat(),
            "procedure": self.procedure,
            "needle_depth_mm": self.needle_depth_mm,
            "passes": self.passes,
            "body_area": self.body_area,
            "skin_tone": self.skin_tone,
            "sensitive_skin": self.sensitive_skin,
            "conditions": list(self.conditions),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Treatment:
        """Read back what :meth:`to_json` wrote; raises :class:`TreatmentError` for anything else."""
        known = {key: value for key, value in document.items() if value is not None}
        earlier = known.pop("earlier", [])
        if isinstance(known.get("treated_at"), str):
            known["treated_at"] = _iso_time(known["treated_at"], "the record")
        latest = parse_treatment(known, "the record")
        if not earlier:
            return latest
        return join_sessions([*(cls.from_json(one) for one in earlier), latest], "the record")


def read_treatment(path: Path) -> Treatment:
    """Read ``treatment.toml``. Raises :class:`TreatmentError` with one plain sentence."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _error("no_treatment_file", file=path.name, folder=path.parent.name or ".", example=_EXAMPLE) from None
    except (OSError, UnicodeDecodeError) as error:
        raise _error("treatment_not_text", file=path.name, why=error) from None
    except tomllib.TOMLDecodeError as error:
        raise _error("not_toml", file=path.name, why=error) from None
    except (ValueError, RecursionError) as error:  # tomllib lets an impossible date or a deep nest through
        raise _error("not_toml", file=path.name, why=error) from None
    return parse_treatment(document, path.name)


def parse_treatment(document: Mapping[str, Any], source: str = "treatment.toml") -> Treatment:
    """Check a mapping with the keys of ``treatment.toml``; raises :class:`TreatmentError`.

    Body areas are those of ``BODY_AREAS`` (any case; ``BODY_AREA_ALIASES`` are understood). Conditions are
    free text in lower case; only those the expected band knows move it. ``[[session]]`` tables stand for the keys
    themselves, one for each session; the record is then the latest session's, with the others as ``earlier``.
    """
    if "session" in document:
        return join_sessions([_parse_session(one, source) for one in _session_tables(document, source)], source)
    return _parse_session(document, source)


def join_sessions(sessions: Sequence[Treatment], source: str = "treatment.toml") -> Treatment:
    """One record of one or more sessions, in any order; raises :class:`TreatmentError` where they cannot be of one."""
    *earlier, latest = sorted(sessions, key=lambda one: one.treated_at)
    times = [one.treated_at for one in (*earlier, latest)]
    if len(set(times)) < len(times):
        again = next(one for one, following in pairwise(times) if one == following)
        raise _error("same_time", source=source, time=again.isoformat())
    areas = sorted({one.body_area for one in sessions})
    if len(areas) > 1:
        raise _error("several_areas", source=source, areas=_listed(areas))
    return replace(latest, earlier=tuple(earlier))


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} {texts('recovery')['and']} {words[-1]}"


def _parse_session(document: Mapping[str, Any], source: str) -> Treatment:
    unknown = sorted(str(key) for key in document if key not in _PARSERS)
    if unknown:
        raise _error("unknown_key", source=source, key=shown(unknown[0]), known=", ".join(_PARSERS))
    if "treated_at" not in document:
        raise _error("no_treated_at", source=source, example=_EXAMPLE)
    values = {key: _PARSERS[key](document[key], source) for key in _PARSERS if key in document}
    treatment = Treatment(**values)
    _check_depth(treatment, source)
    return treatment


def parse_treatment_row(row: Mapping[str, str | None], source: str = "treatments") -> Treatment:
    """One line of a treatments CSV: the same keys as text, empty cells left out.

    Conditions are separated by ``;``, truth is ``true`` or ``false`` (also ``1``/``0``, ``yes``/``no``).
    Raises :class:`TreatmentError`.
    """
    cells = {key: text.strip() for key, text in row.items() if text is not None and text.strip()}
    document: dict[str, Any] = dict(cells)
    for key, text in cells.items():
        if key == "treated_at":
            document[key] = _iso_time(text, source)
        elif key == "needle_depth_mm":
            document[key] = _cell_number(key, text, float, source)
        elif key == "passes":
            document[key] = _cell_number(key, text, int, source)
        elif key == "sensitive_skin":
            document[key] = _cell_truth(key, text, source)
        elif key == "conditions":
            document[key] = [part.strip() for part in text.split(";") if part.strip()]
    return parse_treatment(document, source)


def _session_tables(document: Mapping[str, Any], source: str) -> list[Mapping[str, Any]]:
    sessions = document["session"]
    if not isinstance(sessions, list) or not all(isinstance(one, Mapping) for one in sessions) or not sessions:
        raise _error("no_session_tables", source=source, value=shown(sessions))
    if len(sessions) > MAX_SESSIONS:
        raise _error("many_sessions", source=source, count=len(sessions), most=MAX_SESSIONS)
    if len(document) > 1:
        raise _error("keys_beside_sessions", source=source)
    if any("session" in one for one in sessions):
        raise _error("nested_session", source=source)
    return sessions


def _error(why: str, /, **facts: object) -> TreatmentError:
    """One of the texts' ``reasons`` as a sentence of its own."""
    return TreatmentError(f"{because(why, **facts)}.")


def _wrong(source: str, key: str, value: object, expected: str) -> TreatmentError:
    return _error("not_expected", source=source, key=key, value=shown(value), expected=expected)


def _treated_at(value: object, source: str) -> datetime:
    if not isinstance(value, datetime):
        kinds = {time: because("time_alone", example=_EXAMPLE), date: because("date_alone", example=_EXAMPLE)}
        kinds[str] = because("quoted_time", example=_EXAMPLE)
        raise _wrong(source, "treated_at", str(value), kinds.get(type(value)) or because("no_time", example=_EXAMPLE))
    if value.tzinfo is None or value.utcoffset() is None:
        raise _wrong(source, "treated_at", value.isoformat(), because("add_offset", time=value.isoformat()))
    if not YEARS[0] <= value.year <= YEARS[1]:
        expected = because("year_between", low=YEARS[0], high=YEARS[1])
        raise _wrong(source, "treated_at", value.isoformat(), expected)
    return value


def _one_of(key: str, choices: tuple[str, ...]) -> Callable[[object, str], str]:
    by_fold = {choice.casefold(): choice for choice in choices}

    def parse(value: object, source: str) -> str:
        if not isinstance(value, str) or value.strip().casefold() not in by_fold:
            raise _wrong(source, key, value, because("write_one_of", choices=", ".join(choices)))
        return by_fold[value.strip().casefold()]

    return parse


def _body_area(value: object, source: str) -> str:
    folded = value.strip().casefold() if isinstance(value, str) else ""
    return _one_of("body_area", BODY_AREAS)(BODY_AREA_ALIASES.get(folded, value), source)


def _depth(value: object, source: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(source, "needle_depth_mm", value, because("write_depth"))
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _check_depth(treatment: Treatment, source: str) -> None:
    low, high = DEPTH_LIMITS_MM[treatment.procedure]
    depth = treatment.needle_depth_mm
    if depth is not None and not low <= depth <= high:  # a NaN is not inside either
        expected = because("depth_between", procedure=treatment.procedure, low=low, high=high)
        raise _wrong(source, "needle_depth_mm", depth, expected)


def _passes(value: object, source: str) -> int:
    low, high = PASSES_LIMITS
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _wrong(source, "passes", value, because("write_whole_number", low=low, high=high))
    return value


def _sensitive_skin(value: object, source: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(source, "sensitive_skin", value, because("write_bare_truth"))
    return value


def _conditions(value: object, source: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MAX_CONDITIONS:
        raise _wrong(source, "conditions", value, because("write_few_words", most=MAX_CONDITIONS))
    words: list[str] = []
    for one in value:
        word = " ".join(one.split()).lower() if isinstance(one, str) else ""
        if not word or len(word) > MAX_CONDITION_LENGTH or not word.isprintable():
            raise _wrong(source, "conditions", one, because("write_words"))
        if word not in words:
            words.append(word)
    return tuple(words)


def _iso_time(text: str, source: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(source, "treated_at", text, because("write_time", example=_EXAMPLE)) from None


def _cell_number(key: str, text: str, kind: type[int] | type[float], source: str) -> float:
    try:
        return kind(text)
    except ValueError:
        raise _wrong(source, key, text, because("write_number")) from None


def _cell_truth(key: str, text: str, source: str) -> bool:
    truth = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.casefold() not in truth:
        raise _wrong(source, key, text, because("write_truth"))
    return truth[text.casefold()]


_PARSERS: Mapping[str, Callable[[Any, str], Any]] = {
    "treated_at": _treated_at,
    "procedure": _one_of("procedure", PROCEDURES),
    "needle_depth_mm": _depth,
    "passes": _passes,
    "body_area": _body_area,
    "skin_tone": _one_of("skin_tone", SKIN_TONES),
    "sensitive_skin": _sensitive_skin,
    "conditions": _conditions,
}
