from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from analyzer.reading import Reading
from analyzer.records.access import Actor, NoSuchRecord
from analyzer.records.analyst import Measurement
from analyzer.records.archive import Archive
from analyzer.records.card_choice import CardChoice
from analyzer.records.patients import Patient, create_patient, delete_patient
from analyzer.records.photographs import (
    add_photograph,
    delete_photograph,
    face_maps,
    list_photographs,
    measure_missing,
    photograph_data,
    photograph_outline,
    photograph_view,
    set_bare_skin,
    set_time,
)
from analyzer.treatment import Treatment
from calibration.problems import problem

STRANGER = Actor("stranger")
MakePhoto = Callable[..., bytes]


@pytest.fixture
def patient(archive: Archive, actor: Actor, treatment: Treatment) -> Patient:
    return create_patient(archive, actor, "Anna", treatment)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_photograph_is_kept_and_measured(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto
) -> None:
    data = make_photo(taken="2026:05:02 08:00:00", offset="+01:00")
    answer = add_photograph(archive, actor, patient.id, data, "d01.jpg", bare_skin=True)
    assert answer.outcome == "used"
    (kept,) = list_photographs(archive, actor, patient.id)
    assert kept == answer.photograph
    assert kept.captured_at is not None
    assert kept.captured_at.isoformat() == "2026-05-02T08:00:00+01:00"
    assert kept.reading is not None
    assert kept.reading.regions["face"].a == pytest.approx(12.0, abs=0.1)


def test_a_time_without_offset_is_read_on_the_treatments_clock(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto
) -> None:
    data = make_photo(taken="2026:05:02 08:00:00")
    kept = add_photograph(archive, actor, patient.id, data, "d01.jpg", bare_skin=True).photograph
    assert kept is not None
    assert kept.captured_at is not None
    assert kept.captured_at.isoformat() == "2026-05-02T08:00:00+02:00"


def test_a_photograph_without_time_is_kept_and_asks_for_it(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto
) -> None:
    answer = add_photograph(archive, actor, patient.id, make_photo(), "d01.jpg", bare_skin=True)
    assert answer.needs_time
    assert answer.photograph is not None
    assert [one.code for one in answer.problems] == ["no_time"]
    said = datetime.fromisoformat("2026-05-03T09:15:00+02:00")
    timed = set_time(archive, actor, answer.photograph.id, said)
    assert timed.captured_at == said
    assert timed.problems == ()


def test_the_same_file_is_recognised_and_not_kept_twice(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto
) -> None:
    first = add_photograph(archive, actor, patient.id, make_photo(), "a.jpg", bare_skin=True)
    again = add_photograph(archive, actor, patient.id, make_photo(), "b.jpg", bare_skin=True)
    assert again.outcome == "duplicate"
    assert again.photograph == first.photograph
    assert len(list_photographs(archive, actor, patient.id)) == 1


def test_two_photographs_of_one_name_are_both_kept(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto
) -> None:
    for grey in (100, 110, 120):
        add_photograph(archive, actor, patient.id, make_photo(grey), "../x/IMG_1.jpg", bare_skin=True)
    names = [one.name for one in list_photographs(archive, actor, patient.id)]
    assert names == ["IMG_1.jpg", "IMG_1 (2).jpg", "IMG_1 (3).jpg"]


def test_photographs_that_come_in_together_are_all_kept_once(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto
) -> None:
    greys = [100, 110, 120, 100, 110, 120, 100, 110, 120]
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda grey: add_photograph(archive, actor, patient.id, make_photo(grey), "image.jpg", bare_skin=True),
                greys,
            )
        )
    assert sorted(one.outcome for one in answers) == ["duplicate"] * 6 + ["used"] * 3
    names = {one.name for one in list_photographs(archive, actor, patient.id)}
    assert names == {"image.jpg", "image (2).jpg", "image (3).jpg"}


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\xff\xd8\xff\xe0 cut"])
def test_what_is_no_photograph_is_not_kept_and_says_so(
    archive: Archive, actor: Actor, patient: Patient, tmp_path: Path, data: bytes
) -> None:
    answer = add_photograph(archive, actor, patient.id, data, "x.jpg", bare_skin=True)
    assert answer.outcome == "not_kept"
    assert [one.code for one in answer.problems] == ["unreadable"]
    assert list_photographs(archive, actor, patient.id) == []
    assert files_in(tmp_path / "data" / "photos") == []


def test_a_refused_photograph_is_kept(archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto) -> None:
    def refuse(_data: bytes, name: str, _card: CardChoice) -> Measurement:
        return Measurement(Reading(name, None, 64, 80, usable=False, problems=(problem("blurred"),)))

    strict = replace(archive, analyst=replace(archive.analyst, read=refuse))
    answer = add_photograph(strict, actor, patient.id, make_photo(), "a.jpg", bare_skin=True)
    assert answer.outcome == "not_used"
    assert [one.code for one in answer.problems] == ["blurred", "no_time"]
    assert len(list_photographs(strict, actor, patient.id)) == 1


def test_when_measuring_breaks_the_photograph_is_kept_and_measured_later(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_data: bytes, _name: str, _card: CardChoice) -> Measurement:
        raise ZeroDivisionError("a bug")

    unlucky = replace(archive, analyst=replace(archive.analyst, read=broken))
    answer = add_photograph(unlucky, actor, patient.id, make_photo(), "a.jpg", bare_skin=True)
    assert answer.outcome == "unmeasured"
    assert "a bug" in caplog.text
    measure_missing(archive, actor, patient.id)
    (kept,) = list_photographs(archive, actor, patient.id)
    assert kept.reading is not None


def test_another_method_reads_again_and_keeps_the_time(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto
) -> None:
    data = make_photo(taken="2026:05:02 08:00:00")
    before = add_photograph(archive, actor, patient.id, data, "a.jpg", bare_skin=True).photograph
    newer = replace(archive, analyst=replace(archive.analyst, version="test 2"))
    assert list_photographs(newer, actor, patient.id)[0].reading is None
    measure_missing(newer, actor, patient.id)
    # The kept copy has no metadata, so the time must come from the record.
    assert list_photographs(newer, actor, patient.id) == [before]


def test_make_up_is_a_problem_of_the_reading_and_can_be_put_right(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto
) -> None:
    data = make_photo(taken="2026:05:02 08:00:00")
    answer = add_photograph(archive, actor, patient.id, data, "a.jpg", bare_skin=False)
    assert answer.outcome == "doubtful"
    assert [one.code for one in answer.problems] == ["made_up"]
    assert answer.photograph is not None
    assert set_bare_skin(archive, actor, answer.photograph.id, True).problems == ()


def test_no_metadata_is_kept_or_shown(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto, tmp_path: Path
) -> None:
    data = make_photo(taken="2026:05:02 08:00:00", place=True)
    assert b"SecretMaker" in data
    kept = add_photograph(archive, actor, patient.id, data, "a.jpg", bare_skin=True).photograph
    assert kept is not None
    view = photograph_view(archive, actor, kept.id, 48)
    for path in files_in(tmp_path / "data" / "photos"):
        assert b"SecretMaker" not in path.read_bytes()
        assert b"2026:05:02" not in path.read_bytes()
    shown = Image.open(BytesIO(view))
    assert max(shown.size) <= 48
    assert not shown.getexif()


def test_a_deleted_photograph_is_gone_from_the_disk(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto, tmp_path: Path
) -> None:
    kept = add_photograph(archive, actor, patient.id, make_photo(), "a.jpg", bare_skin=True).photograph
    assert kept is not None
    photograph_view(archive, actor, kept.id, 48)
    delete_photograph(archive, actor, kept.id)
    assert files_in(tmp_path / "data" / "photos") == []
    assert add_photograph(archive, actor, patient.id, make_photo(), "a.jpg", bare_skin=True).outcome != "duplicate"
    delete_patient(archive, actor, patient.id)
    assert files_in(tmp_path / "data" / "photos") == []


def test_nobody_else_reaches_a_photograph(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto
) -> None:
    kept = add_photograph(archive, actor, patient.id, make_photo(), "a.jpg", bare_skin=True).photograph
    assert kept is not None
    moment = datetime.fromisoformat("2026-05-03T09:15:00+02:00")
    for attempt in (
        lambda: photograph_view(archive, STRANGER, kept.id, 48),
        lambda: photograph_data(archive, STRANGER, kept.id),
        lambda: set_time(archive, STRANGER, kept.id, moment),
        lambda: set_bare_skin(archive, STRANGER, kept.id, False),
        lambda: delete_photograph(archive, STRANGER, kept.id),
        lambda: list_photographs(archive, STRANGER, patient.id),
        lambda: add_photograph(archive, STRANGER, patient.id, make_photo(9), "b.jpg", bare_skin=True),
        lambda: photograph_view(archive, actor, "no-such-id", 48),
    ):
        with pytest.raises(NoSuchRecord):
            attempt()
    assert list_photographs(archive, actor, patient.id) == [kept]


def test_the_face_map_is_kept_beside_the_photograph_and_goes_with_it(
    archive: Archive, actor: Actor, patient: Patient, make_photo: MakePhoto, tmp_path: Path
) -> None:
    kept = add_photograph(archive, actor, patient.id, make_photo(100), "a.jpg", bare_skin=True).photograph
    assert kept is not None
    assert face_maps(archive, actor, patient.id) == {"a.jpg": b"map of 10.0"}
    assert photograph_outline(archive, actor, kept.id) == b"outline"
    with pytest.raises(NoSuchRecord):
        photograph_outline(archive, STRANGER, kept.id)
    with pytest.raises(NoSuchRecord):
        face_maps(archive, Actor("stranger"), patient.id)
    newer = replace(archive, analyst=replace(archive.analyst, version="test 2"))
    assert face_maps(newer, actor, patient.id) == {}  # another method draws its own
    delete_photograph(archive, actor, kept.id)
    assert face_maps(archive, actor, patient.id) == {}
    assert files_in(tmp_path / "data" / "photos") == []
