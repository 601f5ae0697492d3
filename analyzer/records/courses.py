"""A patient's course: the readings judged, kept until something it was judged from changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analyzer.records.access import Actor, note, patient_of
from analyzer.records.analyst import Basis
from analyzer.records.archive import Archive
from analyzer.records.database import CourseRow
from analyzer.records.patients import Patient, get_patient, list_patients
from analyzer.records.photographs import Photograph, face_maps, list_photographs
from analyzer.records.signs import list_signs
from analyzer.signs import SignEntry
from calibration.language import language

# Worst first; a record that nobody has photographed yet comes last.
URGENCY = ("urgent", "outside", "watch", "insufficient", "within", "empty")


@dataclass(frozen=True)
class Course:
    """One patient with photographs and, where any was read or a sign told, the judged ``rubor.series/1`` document.

    Each point of the document carries ``photo_id`` besides what the contract names.
    """

    patient: Patient
    photographs: tuple[Photograph, ...]
    document: dict[str, Any] | None
    signs: tuple[SignEntry, ...] = ()

    @property
    def status(self) -> str:
        """One of :data:`URGENCY`."""
        if self.document is None:
            return "empty"
        return "urgent" if self.document.get("urgent") else str(self.document["verdict"]["status"])

    @property
    def last_day(self) -> float | None:
        """The day of the latest photograph, counted from its own session."""
        timed = [one for one in self.photographs if one.captured_at is not None]
        return day_of(timed[-1], self.patient) if timed else None

    @property
    def open_flags(self) -> list[dict[str, Any]]:
        if self.document is None:
            return []
        return [flag for flag in self.document["verdict"]["flags"] if flag.get("to_day") is None]


def course_of(archive: Archive, actor: Actor, patient_id: str) -> Course:
    """The patient's course, judged now or as it was kept. Raises ``NoSuchRecord``."""
    patient = get_patient(archive, actor, patient_id)
    return _course(archive, actor, patient)


def worklist(archive: Archive, actor: Actor) -> list[Course]:
    """Every patient's course, the most urgent first, then by name."""
    courses = [_course(archive, actor, patient) for patient in list_patients(archive, actor)]
    with archive.session() as session:
        note(session, actor, "list", "patients")
    return sorted(courses, key=lambda one: (URGENCY.index(one.status), one.patient.name.casefold()))


def day_of(photograph: Photograph, patient: Patient) -> float:
    """Elapsed hours / 24 from the photograph's own session, which the photograph must have a time for.

    Its own is the latest session before it; before the first one days are negative.
    """
    if photograph.captured_at is None:
        raise ValueError(f"{photograph.name} has no time")
    starts = [one.treated_at for one in patient.treatment.sessions]
    start = max((one for one in starts if one <= photograph.captured_at), default=starts[0])
    return (photograph.captured_at - start).total_seconds() / 86_400.0


def _course(archive: Archive, actor: Actor, patient: Patient) -> Course:
    photographs = list_photographs(archive, actor, patient.id)
    signs = list_signs(archive, actor, patient.id)
    return Course(patient, tuple(photographs), _document(archive, actor, patient, photographs, signs), signs)


def _document(
    archive: Archive, actor: Actor, patient: Patient, photographs: Sequence[Photograph], signs: Sequence[SignEntry]
) -> dict[str, Any] | None:
    timed = [one for one in photographs if one.captured_at is not None and one.reading is not None]
    if not timed and not signs:
        return None
    readings = [one.reading for one in timed if one.reading is not None]
    told = [one.to_json() for one in signs]
    basis = [
        archive.analyst.version,
        language(),
        patient.name,
        patient.treatment.to_json(),
        told,
        *(one.to_json() for one in readings),
    ]
    fingerprint = hashlib.sha256(json.dumps(basis, sort_keys=True).encode()).hexdigest()
    with archive.session() as session:
        patient_of(session, actor, patient.id)
        row = session.get(CourseRow, patient.id)
        kept = row.document if row is not None and row.fingerprint == fingerprint else None
    if kept is None:
        maps = face_maps(archive, actor, patient.id)
        timed_maps = {one.name: maps[one.name] for one in timed if one.name in maps}
        kept = archive.analyst.judge(Basis(patient.name, patient.treatment, readings, signs, timed_maps))
        with archive.session() as session:
            patient_of(session, actor, patient.id)
            session.merge(CourseRow(patient_id=patient.id, fingerprint=fingerprint, document=kept))
    ids = {one.name: one.id for one in timed}
    points = [{**point, "photo_id": ids.get(point["file"])} for point in kept["points"]]
    return {**kept, "points": points}
