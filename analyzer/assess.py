"""Verdicts from numbers alone, for many patients: readings of a colorimeter, or earlier ones of Rubor's own."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.reading import FACE
from analyzer.series import Observation, RegionColour, Series
from analyzer.signs import SignEntry, bare_skin_at, exposures_before, read_patients_signs
from analyzer.treatment import Treatment, TreatmentError, join_sessions, parse_treatment_row
from calibration.errors import InputError, NothingToAnalyze, UsageError
from calibration.problems import Problem, because, problem

if TYPE_CHECKING:
    from analyzer.recovery.settings import Settings

REQUIRED = ("patient", "captured_at", "a")
# No skin, bruised or burnt, is outside of these; a number beyond is a slip of the pen.
A_LIMITS, L_LIMITS, B_LIMITS = (-20.0, 80.0), (0.0, 100.0), (-60.0, 80.0)
LARGEST_SE = 30.0


@dataclass
class PatientNumbers:
    """What the files say of one patient: observations by moment, treatments by line, and what was wrong."""

    by_time: dict[datetime, list[dict[str, RegionColour]]] = field(default_factory=dict)
    treatments: list[Treatment] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    signs: tuple[SignEntry, ...] = ()

    @property
    def moments(self) -> list[tuple[datetime, dict[str, RegionColour]]]:
        """What was read, in order of time."""
        in_time = sorted(self.by_time.items(), key=lambda one: one[0])
        return [(when, regions) for when, found in in_time for regions in found]


def assess(
    readings: Path, treatments: Path | None, settings: Settings | None = None, signs: Path | None = None
) -> Iterator[dict[str, Any]]:
    """One ``rubor.series/1`` document for each patient of ``readings``, in order of first appearance.

    A bad line is left out and named in its patient's ``problems``. ``settings`` are a clinic's own numbers in place of
    the documents'; ``signs`` is a table as ``signs.csv``, with a column ``patient`` besides. Raises
    ``NothingToAnalyze`` for a file that does not exist or holds no reading, ``UsageError`` for missing columns.
    """
    from analyzer.pipeline import unusable_series
    from analyzer.recovery import judge
    from analyzer.recovery.signs import urgent_document

    patients = _read_readings(readings)
    if treatments is not None:
        _read_treatments(treatments, patients)
    if signs is not None:
        _add_signs(signs, patients)
    for name, numbers in patients.items():
        try:
            series = _series(name, numbers)
        except InputError as error:
            document = unusable_series(name, error)
            document["problems"] += [one.to_json() for one in numbers.problems]
            if numbers.treatments:
                urgent_document(document, numbers.signs, [one.treated_at for one in numbers.treatments])
            yield document
        else:
            yield judge(series, settings).to_json()


def read_series(readings: Path, treatments: Path | None) -> list[Series]:
    """The series of every patient who has a treatment and readings; the others, and bad lines, are left out.

    A ``treated_at`` in the readings themselves serves where there is no file of treatments. Raises as :func:`assess`.
    """
    patients = _read_readings(readings)
    if treatments is not None:
        _read_treatments(treatments, patients)
    else:
        _treatments_of_readings(readings, patients)
    found = []
    for name, numbers in patients.items():
        try:
            found.append(_series(name, numbers))
        except (InputError, TreatmentError):
            continue
    return found


def _series(name: str, numbers: PatientNumbers) -> Series:
    if not numbers.treatments:
        raise NothingToAnalyze(problem("no_treatment", patient=name))
    if not numbers.by_time:
        raise NothingToAnalyze(problem("no_reading", patient=name))
    told = numbers.signs
    observations = tuple(
        Observation(
            file=moment.isoformat(),
            captured_at=moment,
            regions=regions,
            bare_skin=bare_skin_at(told, moment) is not False,
            exposed=exposures_before(told, moment),
        )
        for moment, regions in numbers.moments
    )
    try:
        treatment = join_sessions(numbers.treatments)
    except TreatmentError:  # lines that each are right and cannot be of one record
        raise NothingToAnalyze(problem("no_treatment", patient=name)) from None
    return Series(name, treatment, observations, tuple(numbers.problems), told)


def _add_signs(path: Path, patients: Mapping[str, PatientNumbers]) -> None:
    """The log of each patient who has readings; a table that cannot be read at all is named at every one of them."""
    entries, problems = read_patients_signs(path)
    for name, numbers in patients.items():
        numbers.signs = entries.get(name, ())
        numbers.problems += problems.get(name, ())
        if name:
            numbers.problems += problems.get("", ())


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
        at_that_time = numbers.by_time.setdefault(captured_at, [])
        known = next((one for one in at_that_time if region not in one), None)
        if known is None:
            at_that_time.append({region: colour})
        else:
            known[region] = colour
    if not patients:
        raise NothingToAnalyze(problem("unreadable", reason=because("no_reading", name=path.name)))
    return patients


def _read_treatments(path: Path, patients: Mapping[str, PatientNumbers]) -> None:
    for number, row in _rows(path, ("patient", "treated_at")):
        numbers = patients.get((row.pop("patient") or "").strip())
        if numbers is None:
            continue  # a treatment without readings has nothing to be said of it
        try:
            treatment = parse_treatment_row(row, because("line_of", file=path.name, line=number))
            if treatment not in numbers.treatments:  # a line given twice is one session
                join_sessions([*numbers.treatments, treatment], because("line_of", file=path.name, line=number))
                numbers.treatments.append(treatment)
        except TreatmentError as error:
            numbers.problems.append(problem("bad_line", file=path.name, line=number, reason=str(error).rstrip(".")))


def _treatments_of_readings(path: Path, patients: Mapping[str, PatientNumbers]) -> None:
    """Treatments from a table of readings that names them in every line: each patient's, once."""
    keys = [one.name for one in fields(Treatment) if one.name != "earlier"]
    for number, row in _rows(path, REQUIRED):
        cells = {key: row[key] for key in keys if row.get(key)}
        numbers = patients.get((row["patient"] or "").strip())
        if numbers is None or "treated_at" not in cells:
            continue
        try:
            treatment = parse_treatment_row(cells, because("line_of", file=path.name, line=number))
        except TreatmentError as error:
            numbers.problems.append(problem("bad_line", file=path.name, line=number, reason=str(error).rstrip(".")))
            continue
        if treatment not in numbers.treatments:
            numbers.treatments.append(treatment)


def _rows(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Lines of a CSV file with their numbers, the header being line 1."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NothingToAnalyze(problem("unreadable", reason=because("no_file", name=path.name))) from None
    except (OSError, UnicodeDecodeError):
        raise NothingToAnalyze(problem("unreadable", reason=because("not_text", name=path.name))) from None
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
        raise ValueError(because("bad_time", text=repr(text))) from None
    if captured_at.tzinfo is None:
        raise ValueError(because("no_offset", text=text))
    a = _number(row, "a", A_LIMITS)
    if a is None:
        raise ValueError(because("empty_cell", name="a"))
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
        raise ValueError(because("not_number", name=name, text=repr(text))) from None
    if not (math.isfinite(value) and limits[0] <= value <= limits[1]):
        raise ValueError(because("out_of_range", name=name, text=text, low=limits[0], high=limits[1]))
    return value
