"""Verdicts from numbers alone, for many patients: readings of a colorimeter, or earlier ones of Rubor's own."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from analyzer.reading import FACE
from analyzer.series import Observation, RegionColour, Series
from analyzer.treatment import Treatment, TreatmentError, parse_treatment_row
from calibration.errors import InputError, NothingToAnalyze, UsageError
from calibration.problems import Problem, problem

REQUIRED = ("patient", "captured_at", "a")
# No skin, bruised or burnt, is outside of these; a number beyond is a slip of the pen.
A_LIMITS, L_LIMITS, B_LIMITS = (-20.0, 80.0), (0.0, 100.0), (-60.0, 80.0)
LARGEST_SE = 30.0


@dataclass
class PatientNumbers:
    """What the files say of one patient: observations by moment, treatments by line, and what was wrong."""

    moments: list[tuple[datetime, dict[str, RegionColour]]] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def assess(readings: Path, treatments: Path | None) -> Iterator[dict[str, Any]]:
    """One ``rubor.series/1`` document for each patient of ``readings``, in order of first appearance.

    A bad line is left out and named in its patient's ``problems``. Raises ``NothingToAnalyze`` for a file that does not
    exist or holds no reading, ``UsageError`` for missing columns.
    """
    from analyzer.pipeline import unusable_series
    from analyzer.recovery import judge

    patients = _read_readings(readings)
    if treatments is not None:
        _read_treatments(treatments, patients)
    for name, numbers in patients.items():
        try:
            series = _series(name, numbers)
        except InputError as error:
            document = unusable_series(name, error)
            document["problems"] += [one.to_json() for one in numbers.problems]
            yield document
        else:
            yield judge(series).to_json()


def _series(name: str, numbers: PatientNumbers) -> Series:
    if not numbers.treatments:
        raise NothingToAnalyze(problem("no_treatment", patient=name))
    if len(numbers.treatments) > 1:
        raise NothingToAnalyze(problem("several_sessions", patient=name))
    if not numbers.moments:
        raise NothingToAnalyze(problem("no_reading", patient=name))
    observations = tuple(
        Observation(file=moment.isoformat(), captured_at=moment, regions=regions)
        for moment, regions in sorted(numbers.moments, key=lambda one: one[0])
    )
    return Series(name, numbers.treatments[0], observations, tuple(numbers.problems))


def _read_readings(path: Path) -> dict[str, PatientNumbers]:
    patients: dict[str, PatientNumbers] = {}
    for number, row in _rows(path, REQUIRED):
        numbers = patients.setdefault((row["patient"] or "").strip(), PatientNumbers())
        try:
            captured_at, region, colour = _reading(row)
        except ValueError as error:
            numbers.problems.append(problem("bad_line", file=path.name, line=number, reason=str(error).rstrip(".")))
            continue
        # A second reading of one region at one time is a moment of its own: an average would hide their difference.
        known = next((one for when, one in numbers.moments if when == captured_at and region not in one), None)
        if known is None:
            numbers.moments.append((captured_at, {region: colour}))
        else:
            known[region] = colour
    if not patients:
        raise NothingToAnalyze(problem("unreadable", reason=f"{path.name} holds no reading"))
    return patients


def _read_treatments(path: Path, patients: Mapping[str, PatientNumbers]) -> None:
    for number, row in _rows(path, ("patient", "treated_at")):
        numbers = patients.get((row.pop("patient") or "").strip())
        if numbers is None:
            continue  # a treatment without readings has nothing to be said of it
        try:
            numbers.treatments.append(parse_treatment_row(row, f"{path.name}, line {number}"))
        except TreatmentError as error:
            numbers.problems.append(problem("bad_line", file=path.name, line=number, reason=str(error).rstrip(".")))


def _rows(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Lines of a CSV file with their numbers, the header being line 1."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NothingToAnalyze(problem("unreadable", reason=f"there is no file {path.name}")) from None
    except (OSError, UnicodeDecodeError):
        raise NothingToAnalyze(problem("unreadable", reason=f"{path.name} is not a text file")) from None
    rows = csv.DictReader(text.splitlines(), restkey="more")
    if missing := [name for name in required if name not in (rows.fieldnames or ())]:
        raise UsageError(f"{path.name} needs the column {missing[0]} in its first line.")
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageError(f"{path.name}, line {rows.line_num}, is not CSV: {error}.") from None
        row.pop("more", None)
        yield rows.line_num, row


def _reading(row: Mapping[str, str | None]) -> tuple[datetime, str, RegionColour]:
    """Time, region and colour of one line; ``ValueError`` says what is wrong with it."""
    text = (row["captured_at"] or "").strip()
    try:
        captured_at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time like 2026-05-03T08:12:00+02:00") from None
    if captured_at.tzinfo is None:
        raise ValueError(f"the time {text} has no offset, such as +02:00")
    a = _number(row, "a", A_LIMITS)
    if a is None:
        raise ValueError("a is empty")
    a_se = _number(row, "a_se", (0.0, LARGEST_SE))
    colour = RegionColour(a, a_se, _number(row, "L", L_LIMITS), _number(row, "b", B_LIMITS))
    return captured_at, (row.get("region") or "").strip() or FACE, colour


def _number(row: Mapping[str, str | None], name: str, limits: tuple[float, float]) -> float | None:
    text = (row.get(name) or "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}, not a number") from None
    if not (math.isfinite(value) and limits[0] <= value <= limits[1]):
        raise ValueError(f"{name} is {text}, outside of {limits[0]:g} to {limits[1]:g}")
    return value
