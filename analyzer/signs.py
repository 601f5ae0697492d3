"""What a photograph cannot show and people tell: ``signs.csv`` of a folder.

Columns ``captured_at,sign,severity``. Severity is 0 (none) to 3 (severe); of ``bare_skin`` it is 1 or 0, of what came
before a photograph (exercise, a hot shower, alcohol, cold air) anything above 0 says that it was so.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from calibration.errors import NothingToAnalyze, shown
from calibration.problems import Problem, because, problem

SIGNS_FILE = "signs.csv"
COLUMNS = ("captured_at", "sign", "severity")

COMMON = ("swelling", "tenderness", "heat", "flaking", "bruising")
URGENT = ("pus", "blisters", "fever", "rising_pain")
EXPOSURES = ("exercise", "hot_shower", "alcohol", "cold_air")
BARE_SKIN = "bare_skin"
KNOWN = (*COMMON, *URGENT, *EXPOSURES, BARE_SKIN)
HIGHEST_SEVERITY = 3

# Skin colour needs about 20 minutes to settle after a change of warmth (Korean J Dermatol 2008).
EXPOSED_FOR = timedelta(minutes=20)
# "The photograph of that time": people note it when they take the picture, give or take.
SAME_MOMENT = timedelta(minutes=60)


@dataclass(frozen=True)
class SignEntry:
    """One line of the log: at ``captured_at`` (aware) somebody told of ``sign`` with ``severity`` 0 to 3."""

    captured_at: datetime
    sign: str
    severity: int

    def to_json(self) -> dict[str, Any]:
        return {"captured_at": self.captured_at.isoformat(), "sign": self.sign, "severity": self.severity}


def parse_sign(captured_at: str, sign: str, severity: str, zone: tzinfo | None = None) -> SignEntry:
    """One line as an entry; a time without an offset is taken in ``zone``. ``ValueError`` says what is wrong."""
    name = sign.strip().casefold().replace(" ", "_")
    if name not in KNOWN:
        raise ValueError(because("sign_unknown", sign=shown(sign, 40), known=", ".join(KNOWN)))
    try:
        when = datetime.fromisoformat(captured_at.strip())
    except ValueError:
        raise ValueError(because("bad_time", text=shown(captured_at, 40))) from None
    if when.tzinfo is None:
        if zone is None:
            raise ValueError(because("no_offset", text=shown(captured_at, 40)))
        when = when.replace(tzinfo=zone)
    highest = 1 if name == BARE_SKIN else HIGHEST_SEVERITY
    text = severity.strip()
    if not (text.isascii() and text.isdigit() and len(text) == 1 and int(text) <= highest):
        raise ValueError(because("bad_severity", text=shown(severity, 40), highest=highest))
    return SignEntry(when, name, int(text))


def read_signs(folder: Path, zone: tzinfo | None = None) -> tuple[tuple[SignEntry, ...], tuple[Problem, ...]]:
    """The entries of ``signs.csv`` in order of time, and one problem for each line that had to be left out.

    Both are empty where there is no such file. Never raises: what photographs show must not be lost by a slip here.
    """
    path = folder / SIGNS_FILE
    if not path.exists():
        return (), ()
    of_patients, problems = _read(path, (), zone)
    return of_patients.get("", ()), tuple(why for several in problems.values() for why in several)


def read_patients_signs(path: Path) -> tuple[dict[str, tuple[SignEntry, ...]], dict[str, tuple[Problem, ...]]]:
    """The same of many patients, from a table with a column ``patient`` besides; times carry their offset.

    Raises ``NothingToAnalyze`` for a file that does not exist.
    """
    if not path.exists():
        raise NothingToAnalyze(problem("unreadable", reason=because("no_file", name=path.name)))
    return _read(path, ("patient",), None)


def _read(
    path: Path, extra: tuple[str, ...], zone: tzinfo | None
) -> tuple[dict[str, tuple[SignEntry, ...]], dict[str, tuple[Problem, ...]]]:
    """Entries and problems by patient, ``""`` where the table has no such column."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return {}, {"": (problem("signs_unreadable", file=path.name, reason=because("no_text")),)}
    rows = csv.DictReader(text.splitlines(), restkey="more")
    try:
        missing = [name for name in (*extra, *COLUMNS) if name not in (rows.fieldnames or ())]
    except csv.Error:
        missing = [*COLUMNS]
    if missing:
        why = because("no_column", name=missing[0])
        return {}, {"": (problem("signs_unreadable", file=path.name, reason=why),)}
    entries: dict[str, list[SignEntry]] = {}
    problems: dict[str, list[Problem]] = {}
    for number, row in _rows(rows):
        patient = ((row or {}).get("patient") or "").strip() if extra else ""
        try:
            if row is None:
                raise ValueError(because("not_csv"))
            when, sign, severity = (row[name] or "" for name in COLUMNS)
            entries.setdefault(patient, []).append(parse_sign(when, sign, severity, zone))
        except ValueError as error:
            problems.setdefault(patient, []).append(problem("bad_sign", file=path.name, line=number, reason=str(error)))
    in_time = {name: tuple(sorted(some, key=lambda one: one.captured_at)) for name, some in entries.items()}
    return in_time, {name: tuple(some) for name, some in problems.items()}


def _rows(rows: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, str | None] | None]]:
    """Lines with their numbers, the header being line 1; None for one that is not CSV."""
    while True:
        try:
            row: dict[str, str | None] | None = next(rows)
        except StopIteration:
            return
        except csv.Error:
            row = None
        yield rows.line_num, row


def bare_skin_at(entries: Iterable[SignEntry], captured_at: datetime) -> bool | None:
    """What the log says of the photograph of that moment: bare or not; None where it says nothing.

    The nearest entry counts; where one moment has both answers, the skin was not bare.
    """
    told = [
        (abs(one.captured_at - captured_at), one.severity)
        for one in entries
        if one.sign == BARE_SKIN and abs(one.captured_at - captured_at) <= SAME_MOMENT
    ]
    return bool(min(told)[1]) if told else None


def exposures_before(entries: Iterable[SignEntry], captured_at: datetime) -> tuple[str, ...]:
    """What stirred the skin in the 20 minutes before a photograph of that moment, by the patient's word."""
    told = {
        one.sign
        for one in entries
        if one.sign in EXPOSURES and one.severity > 0 and timedelta(0) <= captured_at - one.captured_at <= EXPOSED_FOR
    }
    return tuple(name for name in EXPOSURES if name in told)
