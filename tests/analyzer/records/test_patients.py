from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from analyzer.records.access import Actor, NoSuchRecord
from analyzer.records.archive import Archive
from analyzer.records.database import AuditRow
from analyzer.records.patients import (
    add_session,
    change_patient,
    create_patient,
    delete_patient,
    get_patient,
    list_patients,
)
from analyzer.treatment import Treatment, TreatmentError
from calibration.errors import UsageError

STRANGER = Actor("stranger")


def test_a_record_comes_back_as_it_was_written(archive: Archive, actor: Actor, treatment: Treatment) -> None:
    made = create_patient(archive, actor, "  Anna   K. ", treatment)
    found = get_patient(archive, actor, made.id)
    assert found == made
    assert found.name == "Anna K."
    assert found.treatment == treatment
    assert found.treatment.treated_at.isoformat() == "2026-05-01T10:30:00+02:00"


def test_a_changed_treatment_replaces_the_old_one(archive: Archive, actor: Actor, treatment: Treatment) -> None:
    made = create_patient(archive, actor, "Anna", treatment)
    later = replace(treatment, treated_at=datetime.fromisoformat("2026-04-02T09:00:00-03:30"), skin_tone="V")
    change_patient(archive, actor, made.id, "Anna B.", later)
    assert [(one.name, one.treatment) for one in list_patients(archive, actor)] == [("Anna B.", later)]


@pytest.mark.parametrize("name", ["", "  \t ", "x" * 101])
def test_a_record_needs_a_name_of_sane_length(archive: Archive, actor: Actor, treatment: Treatment, name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        create_patient(archive, actor, name, treatment)
    assert list_patients(archive, actor) == []


def test_a_treatment_that_breaks_the_rules_is_refused(archive: Archive, actor: Actor, treatment: Treatment) -> None:
    with pytest.raises(TreatmentError):
        create_patient(archive, actor, "Anna", replace(treatment, needle_depth_mm=90.0))


def test_nobody_else_sees_changes_or_deletes_a_record(archive: Archive, actor: Actor, treatment: Treatment) -> None:
    made = create_patient(archive, actor, "Anna", treatment)
    assert list_patients(archive, STRANGER) == []
    with pytest.raises(NoSuchRecord):
        get_patient(archive, STRANGER, made.id)
    with pytest.raises(NoSuchRecord):
        change_patient(archive, STRANGER, made.id, "Mine", treatment)
    with pytest.raises(NoSuchRecord):
        delete_patient(archive, STRANGER, made.id)
    assert get_patient(archive, actor, made.id) == made


def test_what_was_done_is_noted(archive: Archive, actor: Actor, treatment: Treatment) -> None:
    made = create_patient(archive, actor, "Anna", treatment)
    get_patient(archive, actor, made.id)
    delete_patient(archive, actor, made.id)
    with archive.session() as session:
        rows = session.scalars(sa.select(AuditRow).order_by(AuditRow.id)).all()
        notes = [(row.actor, row.action, row.object) for row in rows]
    assert notes == [("nurse", action, f"patient {made.id}") for action in ("create", "view", "delete")]


def test_a_session_takes_its_place_in_time_and_comes_back(archive: Archive, actor: Actor, treatment: Treatment) -> None:
    patient = create_patient(archive, actor, "Anna", treatment)
    later = replace(treatment, treated_at=treatment.treated_at + timedelta(days=35), needle_depth_mm=1.5)
    between = replace(treatment, treated_at=treatment.treated_at + timedelta(days=14))
    add_session(archive, actor, patient.id, later)
    added = add_session(archive, actor, patient.id, between).treatment
    assert added.sessions[-1].needle_depth_mm == 1.5
    kept = get_patient(archive, actor, patient.id).treatment
    assert kept == added
    assert [one.treated_at for one in kept.sessions] == [one.treated_at for one in (treatment, between, later)]
    with pytest.raises(TreatmentError):
        add_session(archive, actor, patient.id, replace(later, body_area="neck", treated_at=later.treated_at))
