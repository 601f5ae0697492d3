from __future__ import annotations

from datetime import timedelta

import pytest

from analyzer.records.access import Actor, NoSuchRecord
from analyzer.records.archive import Archive
from analyzer.records.courses import course_of, worklist
from analyzer.records.patients import create_patient, delete_patient
from analyzer.records.signs import add_check, list_signs
from analyzer.signs import SignEntry
from analyzer.treatment import Treatment


def test_what_was_told_comes_back_in_order_of_time_and_on_its_own_clock(
    archive: Archive, actor: Actor, treatment: Treatment
) -> None:
    patient = create_patient(archive, actor, "Anna", treatment)
    later, sooner = (treatment.treated_at + timedelta(days=day) for day in (2, 1))
    add_check(archive, actor, patient.id, later, {"heat": 0, "swelling": 1})
    add_check(archive, actor, patient.id, sooner, {"heat": 2})
    kept = list_signs(archive, actor, patient.id)
    assert kept == (SignEntry(sooner, "heat", 2), SignEntry(later, "heat", 0), SignEntry(later, "swelling", 1))
    assert {one.captured_at.utcoffset() for one in kept} == {treatment.treated_at.utcoffset()}


def test_a_second_check_of_the_same_moment_corrects_the_first(
    archive: Archive, actor: Actor, treatment: Treatment
) -> None:
    patient = create_patient(archive, actor, "Anna", treatment)
    at = treatment.treated_at + timedelta(days=1)
    add_check(archive, actor, patient.id, at, {"fever": 1, "heat": 1})
    add_check(archive, actor, patient.id, at + timedelta(minutes=2), {"fever": 0})
    add_check(archive, actor, patient.id, at + timedelta(hours=5), {"heat": 2})
    told = [(one.sign, one.severity) for one in list_signs(archive, actor, patient.id)]
    assert told == [("heat", 1), ("fever", 0), ("heat", 2)]


@pytest.mark.parametrize("answers", [{"happiness": 1}, {"heat": 4}, {"heat": -1}])
def test_what_is_no_sign_is_not_kept(
    archive: Archive, actor: Actor, treatment: Treatment, answers: dict[str, int]
) -> None:
    patient = create_patient(archive, actor, "Anna", treatment)
    with pytest.raises(ValueError, match="there is no"):
        add_check(archive, actor, patient.id, treatment.treated_at, answers)
    assert list_signs(archive, actor, patient.id) == ()


def test_an_urgent_sign_puts_a_patient_first_without_any_photograph(
    archive: Archive, actor: Actor, treatment: Treatment
) -> None:
    create_patient(archive, actor, "Anna", treatment)
    ill = create_patient(archive, actor, "Zoe", treatment)
    add_check(archive, actor, ill.id, treatment.treated_at + timedelta(days=1), {"fever": 1})
    assert [one.patient.name for one in worklist(archive, actor)] == ["Zoe", "Anna"]
    assert course_of(archive, actor, ill.id).status == "urgent"


def test_signs_are_nobody_elses_and_go_with_the_record(archive: Archive, actor: Actor, treatment: Treatment) -> None:
    patient = create_patient(archive, actor, "Anna", treatment)
    add_check(archive, actor, patient.id, treatment.treated_at, {"heat": 1})
    for call in (list_signs, lambda *who: add_check(*who, treatment.treated_at, {"heat": 1})):
        with pytest.raises(NoSuchRecord):
            call(archive, Actor("stranger"), patient.id)
    delete_patient(archive, actor, patient.id)
    with pytest.raises(NoSuchRecord):
        list_signs(archive, actor, patient.id)
    with archive.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM signs").scalar() == 0
