"""Patients and their treatment: begin a record, change it, list them, remove one for good."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from analyzer.records.access import Actor, note, patient_of
from analyzer.records.archive import Archive, at_offset, offset_minutes
from analyzer.records.card_choice import CardChoice
from analyzer.records.database import PatientRow, PhotographRow, TreatmentRow
from analyzer.treatment import Treatment, join_sessions
from calibration.errors import UsageError

MAX_NAME = 100


@dataclass(frozen=True)
class Patient:
    """One record with its treatment."""

    id: str
    name: str
    treatment: Treatment
    card: CardChoice = field(default_factory=CardChoice)


def create_patient(archive: Archive, actor: Actor, name: str, treatment: Treatment) -> Patient:
    """Begin a record. Raises ``UsageError`` for a name that is empty or too long, ``TreatmentError``."""
    treatment = _sound(treatment)
    row = PatientRow(id=str(uuid.uuid4()), name=_checked(name), owner=actor.name, created_at=datetime.now(UTC))
    with archive.session() as session:
        session.add(row)
        session.flush()
        session.add_all(_session_row(row.id, one) for one in treatment.sessions)
        note(session, actor, "create", f"patient {row.id}")
        return Patient(row.id, row.name, treatment)


def change_patient(archive: Archive, actor: Actor, patient_id: str, name: str, treatment: Treatment) -> Patient:
    """Replace name and treatment of a record; its course is judged anew when it is next asked for."""
    treatment = _sound(treatment)
    with archive.session() as session:
        row = patient_of(session, actor, patient_id)
        row.name = _checked(name)
        session.execute(sa.delete(TreatmentRow).where(TreatmentRow.patient_id == patient_id))
        session.add_all(_session_row(patient_id, one) for one in treatment.sessions)
        note(session, actor, "change", f"patient {patient_id}")
        return _patient(session, row)


def add_session(archive: Archive, actor: Actor, patient_id: str, treatment: Treatment) -> Patient:
    """Add a session to a record, in its place in time; raises ``TreatmentError`` where it cannot be of this record."""
    patient = get_patient(archive, actor, patient_id)
    joined = join_sessions([*(replace(one, earlier=()) for one in patient.treatment.sessions), treatment], "the record")
    return change_patient(archive, actor, patient_id, patient.name, joined)


def choose_card(archive: Archive, actor: Actor, patient_id: str, card: CardChoice) -> Patient:
    """Say which colour card is used; what another one has read is read again (``photographs.measure_missing``)."""
    with archive.session() as session:
        row = patient_of(session, actor, patient_id)
        row.card, row.paired_card = card.name, card.paired
        note(session, actor, "change", f"card of patient {patient_id}")
        return _patient(session, row)


def card_of(row: PatientRow) -> CardChoice:
    """The colour card of a record."""
    return CardChoice(row.card, row.paired_card)


def list_patients(archive: Archive, actor: Actor) -> list[Patient]:
    """The actor's patients, by name."""
    with archive.session() as session:
        rows = session.scalars(
            sa.select(PatientRow).where(PatientRow.owner == actor.name).order_by(PatientRow.name, PatientRow.created_at)
        ).all()
        return [_patient(session, row) for row in rows]


def get_patient(archive: Archive, actor: Actor, patient_id: str) -> Patient:
    """One patient. Raises :class:`~analyzer.records.access.NoSuchRecord`."""
    with archive.session() as session:
        row = patient_of(session, actor, patient_id)
        note(session, actor, "view", f"patient {patient_id}")
        return _patient(session, row)


def delete_patient(archive: Archive, actor: Actor, patient_id: str) -> None:
    """Remove the record, its readings and its photographs for good."""
    with archive.session() as session:
        row = patient_of(session, actor, patient_id)
        keys = session.scalars(sa.select(PhotographRow.object_key).where(PhotographRow.patient_id == patient_id)).all()
        session.delete(row)
        note(session, actor, "delete", f"patient {patient_id}")
    # Rows first: a photograph without a row is never shown, a row without its photograph would fail.
    for key in keys:
        archive.photos.delete(key)


def treatment_of(session: Session, patient_id: str) -> Treatment:
    """The patient's treatment: the latest session, with the earlier ones."""
    rows = session.scalars(sa.select(TreatmentRow).where(TreatmentRow.patient_id == patient_id)).all()
    if not rows:
        raise LookupError(f"patient {patient_id} has no treatment")
    return join_sessions([_session_of(row) for row in rows], "the record")


def _session_of(row: TreatmentRow) -> Treatment:
    return Treatment(
        treated_at=at_offset(row.treated_at, row.offset_minutes),
        procedure=row.procedure,
        needle_depth_mm=row.needle_depth_mm,
        passes=row.passes,
        body_area=row.body_area,
        skin_tone=row.skin_tone,
        sensitive_skin=row.sensitive_skin,
        conditions=tuple(row.conditions),
    )


def _patient(session: Session, row: PatientRow) -> Patient:
    return Patient(row.id, row.name, treatment_of(session, row.id), card_of(row))


def _session_row(patient_id: str, treatment: Treatment) -> TreatmentRow:
    return TreatmentRow(
        id=str(uuid.uuid4()),
        patient_id=patient_id,
        treated_at=treatment.treated_at,
        offset_minutes=offset_minutes(treatment.treated_at),
        procedure=treatment.procedure,
        needle_depth_mm=treatment.needle_depth_mm,
        passes=treatment.passes,
        body_area=treatment.body_area,
        skin_tone=treatment.skin_tone,
        sensitive_skin=treatment.sensitive_skin,
        conditions=list(treatment.conditions),
    )


def _sound(treatment: Treatment) -> Treatment:
    """The treatment held to the rules of ``treatment.toml``; raises ``TreatmentError``."""
    return Treatment.from_json(treatment.to_json())


def _checked(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy:
        raise UsageError("Give the record a name, so that you can find it again.")
    if len(tidy) > MAX_NAME:
        raise UsageError(f"A name can have at most {MAX_NAME} characters.")
    return tidy
