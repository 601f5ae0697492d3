"""What an export is made from: one patient's judged series, from a folder or from a record of the app."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.changes import Reference, references_of
from analyzer.reading import Reading, RegionReading
from analyzer.treatment import Treatment
from analyzer.words import say
from calibration.errors import NothingToAnalyze
from calibration.problems import because, problem

if TYPE_CHECKING:
    from analyzer.records.courses import Course

# Under which all identifiers of exports are made, so that the same thing has the same identifier in every export.
_NAMESPACE = uuid.UUID("5c1f7a0e-6f0b-5d0e-9a55-2f1f6f7f0a11")


def intended_use() -> str:
    """What every export says of itself, in the language spoken now."""
    return say("export.use")


@dataclass(frozen=True, eq=False)
class Exported:
    """One patient.

    ``patient`` is the name as in ``document`` (``rubor.series/1``); ``pseudonym`` stands for it where an export goes to
    another system. ``readings`` are by file name. ``photographs`` gives (file name, bytes as stored), when asked.
    """

    patient: str
    pseudonym: str
    treatment: Treatment
    document: Mapping[str, Any]
    readings: Mapping[str, Reading]
    photographs: Callable[[], Iterator[tuple[str, bytes]]]

    def identifier(self, *parts: object) -> uuid.UUID:
        """The lasting identifier of one thing of this patient, named by ``parts``."""
        return uuid.uuid5(_NAMESPACE, "\n".join(str(part) for part in (self.pseudonym, *parts)))

    def region_of(self, file: str, name: str) -> RegionReading:
        """A photograph's region, a* and its error as the series compares them: so an export can be judged again."""
        region = self.readings[file].regions[name]
        compared = self._references[name].compared(region)
        return replace(region, a=compared.a, a_se=compared.a_se)

    @cached_property
    def _references(self) -> dict[str, Reference]:
        return references_of(self.treatment, self.readings.values())

    def usable_points(self) -> list[Mapping[str, Any]]:
        """The measured photographs in order of time."""
        return [point for point in self.document["points"] if point["usable"] and point["regions"]]


def from_folder(
    folder: Path,
    *,
    treatment_file: Path | None = None,
    card: str = "auto",
    pseudonym: str | None = None,
    jobs: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Exported:
    """Analyse ``folder`` for an export. Raises as ``analyze_series``, and where no photograph can be used."""
    from analyzer.folder import find_photographs
    from analyzer.pipeline import analyze_series

    result = analyze_series(folder, treatment_file=treatment_file, jobs=jobs, progress=progress, card=card)
    document = result.to_json()
    if not document["usable"]:
        raise NothingToAnalyze(problem("unreadable", reason=because("none_usable", name=folder.name)))
    patient, treatment = document["patient"], result.treatment
    first = treatment.sessions[0].treated_at.isoformat()
    readings = {one.file: one for one in result.readings}

    def photographs() -> Iterator[tuple[str, bytes]]:
        for path in find_photographs(folder):
            if path.name in readings and readings[path.name].usable:
                yield path.name, path.read_bytes()

    made_up = str(uuid.uuid5(_NAMESPACE, f"{patient}\n{first}"))
    return Exported(patient, pseudonym or made_up, treatment, document, readings, photographs)


def from_record(name: str, data_dir: Path, *, pseudonym: str | None = None) -> Exported | None:
    """The record of the app whose name or identifier is ``name``; None where there is none.

    Raises ``NothingToAnalyze`` for a record without a usable photograph, or where several have that name.
    """
    if not (data_dir / "records.sqlite").is_file():
        return None
    from analyzer.records.access import LOCAL_USER, note
    from analyzer.records.archive import open_archive
    from analyzer.records.courses import course_of
    from analyzer.records.patients import list_patients
    from analyzer.records.photographs import measure_missing, photograph_data

    archive = open_archive(data_dir)
    found = [one for one in list_patients(archive, LOCAL_USER) if name in (one.id, one.name)]
    if not found:
        return None
    if len(found) > 1:
        listed = ", ".join(one.id for one in found)
        raise NothingToAnalyze(problem("unreadable", reason=because("several_records", name=name, listed=listed)))
    patient = found[0]
    measure_missing(archive, LOCAL_USER, patient.id)
    course = course_of(archive, LOCAL_USER, patient.id)
    if course.document is None or not course.document["usable"]:
        raise NothingToAnalyze(problem("unreadable", reason=because("none_usable", name=name)))
    with archive.session() as session:
        note(session, LOCAL_USER, "export", f"patient {patient.id}")

    def photographs() -> Iterator[tuple[str, bytes]]:
        for one in course.photographs:
            if one.reading is not None and one.reading.usable:
                yield one.name, photograph_data(archive, LOCAL_USER, one.id)

    return of_course(course, course.document, pseudonym, photographs)


def of_course(
    course: Course,
    document: Mapping[str, Any],
    pseudonym: str | None = None,
    photographs: Callable[[], Iterator[tuple[str, bytes]]] = lambda: iter(()),
) -> Exported:
    """A course of the app's records, judged in ``document``."""
    patient = course.patient
    readings = {one.name: one.reading for one in course.photographs if one.reading is not None}
    return Exported(patient.name, pseudonym or patient.id, patient.treatment, document, readings, photographs)
