from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from analyzer.records.access import Actor, NoSuchRecord
from analyzer.records.analyst import Basis
from analyzer.records.archive import Archive
from analyzer.records.courses import course_of, worklist
from analyzer.records.patients import change_patient, create_patient
from analyzer.records.photographs import add_photograph, delete_photograph
from analyzer.treatment import Treatment

MakePhoto = Callable[..., bytes]


class CountingJudge:
    """The archive's own judge, with the verdicts it is told to give, counting how often it was asked."""

    def __init__(self, archive: Archive, statuses: dict[str, str]) -> None:
        self.asked = 0
        self._judge = archive.analyst.judge
        self._statuses = statuses

    def __call__(self, basis: Basis) -> dict[str, Any]:
        self.asked += 1
        document = self._judge(basis)
        status = self._statuses.get(basis.patient, "within")
        document["urgent"] = status == "urgent"
        document["verdict"]["status"] = "within" if status == "urgent" else status
        return document


def add(archive: Archive, actor: Actor, patient_id: str, data: bytes, day: float, treatment: Treatment) -> str:
    taken = treatment.treated_at + timedelta(days=day)
    answer = add_photograph(archive, actor, patient_id, data, "a.jpg", bare_skin=True, captured_at=taken)
    assert answer.photograph is not None
    return answer.photograph.id


def test_a_course_is_judged_once_until_something_changes(
    archive: Archive, actor: Actor, treatment: Treatment, make_photo: MakePhoto
) -> None:
    judge = CountingJudge(archive, {})
    archive = replace(archive, analyst=replace(archive.analyst, judge=judge))
    patient = create_patient(archive, actor, "Anna", treatment)
    assert course_of(archive, actor, patient.id).document is None
    assert judge.asked == 0
    first = add(archive, actor, patient.id, make_photo(100), 1.0, treatment)
    for _ in range(3):
        course = course_of(archive, actor, patient.id)
    assert judge.asked == 1
    assert course.document is not None
    assert [point["photo_id"] for point in course.document["points"]] == [first]
    assert course.last_day == pytest.approx(1.0)

    second = add(archive, actor, patient.id, make_photo(110), 2.0, treatment)
    document = course_of(archive, actor, patient.id).document
    assert document is not None
    assert [point["photo_id"] for point in document["points"]] == [first, second]
    delete_photograph(archive, actor, first)
    document = course_of(archive, actor, patient.id).document
    assert document is not None
    assert [point["photo_id"] for point in document["points"]] == [second]
    change_patient(archive, actor, patient.id, "Anna", replace(treatment, needle_depth_mm=2.0))
    course_of(archive, actor, patient.id)
    assert judge.asked == 4


def test_a_photograph_without_time_waits(
    archive: Archive, actor: Actor, treatment: Treatment, make_photo: MakePhoto
) -> None:
    patient = create_patient(archive, actor, "Anna", treatment)
    add_photograph(archive, actor, patient.id, make_photo(), "a.jpg", bare_skin=True)
    course = course_of(archive, actor, patient.id)
    assert len(course.photographs) == 1
    assert (course.document, course.last_day) == (None, None)


def test_the_worklist_has_the_most_urgent_first(
    archive: Archive, actor: Actor, treatment: Treatment, make_photo: MakePhoto
) -> None:
    statuses = {"Ada": "within", "Bo": "watch", "Cy": "urgent", "Di": "outside", "Ed": "insufficient", "Al": "watch"}
    archive = replace(archive, analyst=replace(archive.analyst, judge=CountingJudge(archive, statuses)))
    create_patient(archive, actor, "Aaron", treatment)
    for count, name in enumerate(statuses):
        patient = create_patient(archive, actor, name, treatment)
        add(archive, actor, patient.id, make_photo(100 + count), 1.0, treatment)
    order = [one.patient.name for one in worklist(archive, actor)]
    assert order == ["Cy", "Di", "Al", "Bo", "Ed", "Ada", "Aaron"]
    assert worklist(archive, Actor("stranger")) == []


def test_a_course_is_for_its_owner(archive: Archive, actor: Actor, treatment: Treatment) -> None:
    patient = create_patient(archive, actor, "Anna", treatment)
    with pytest.raises(NoSuchRecord):
        course_of(archive, Actor("stranger"), patient.id)


def test_days_count_from_the_treatment_across_a_change_of_clock(
    archive: Archive, actor: Actor, treatment: Treatment, make_photo: MakePhoto
) -> None:
    patient = create_patient(archive, actor, "Anna", treatment)
    taken = datetime.fromisoformat("2026-05-02T04:30:00-04:00")  # exactly 24 hours after 10:30+02:00
    add_photograph(archive, actor, patient.id, make_photo(), "a.jpg", bare_skin=True, captured_at=taken)
    assert course_of(archive, actor, patient.id).last_day == pytest.approx(1.0)
