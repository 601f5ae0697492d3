from __future__ import annotations

import csv
from io import BytesIO, StringIO

import pytest
from PIL import Image

from analyzer.web.routes import VIEW_SIDES


def test_a_photograph_is_shown_small_clean_and_not_cached(room) -> None:  # type: ignore[no-untyped-def]
    answer = room.client.get(f"/photo/{room.photo_ids[0]}?w=160")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, no-store"
    assert b"SecretMaker" not in answer.content
    shown = Image.open(BytesIO(answer.content))
    assert max(shown.size) <= 160
    assert shown.size[0] / shown.size[1] == pytest.approx(600 / 800, abs=0.02)
    assert not shown.getexif()


@pytest.mark.parametrize("asked", ["", "0", "-5", "abc", "99999999999", "300"])
def test_any_size_asked_for_gives_one_of_a_few(room, asked: str) -> None:  # type: ignore[no-untyped-def]
    answer = room.client.get(f"/photo/{room.photo_ids[0]}?w={asked}")
    assert answer.status_code == 200
    assert max(Image.open(BytesIO(answer.content)).size) <= max(VIEW_SIDES)


def test_what_is_not_there_and_what_is_not_mine_look_the_same(room) -> None:  # type: ignore[no-untyped-def]
    mine = room.photo_ids[0]
    for path in (
        f"/photo/{room.foreign_photo_id}",
        "/photo/no-such-photograph",
        f"/compare/{mine}/{room.foreign_photo_id}.png",
        f"/compare/{room.foreign_photo_id}/{mine}.png",
        f"/export/{room.foreign_patient_id}.json",
        f"/export/{room.foreign_patient_id}.csv",
    ):
        answer = room.client.get(path)
        assert answer.status_code == 404, path
        assert answer.text.startswith("There is no such"), path


def test_the_series_can_be_taken_along_as_json(room) -> None:  # type: ignore[no-untyped-def]
    answer = room.client.get(f"/export/{room.patient_id}.json")
    assert "attachment" in answer.headers["content-disposition"]
    document = answer.json()
    assert document["schema"] == "rubor.series/1"
    assert [point["file"] for point in document["points"]] == ["d0.jpg", "d1.jpg", "d2.jpg"]


def test_the_readings_can_be_taken_along_as_csv(room) -> None:  # type: ignore[no-untyped-def]
    answer = room.client.get(f"/export/{room.patient_id}.csv")
    rows = list(csv.DictReader(StringIO(answer.text)))
    faces = [row for row in rows if row["region"] == "face"]
    assert len(rows) == 3 * 7
    assert [row["captured_at"] for row in faces] == [f"2026-05-0{day}T10:30:00+02:00" for day in (1, 2, 3)]
    assert {float(row["a"]) for row in faces} == {14.25}
    assert [row["day"] for row in faces] == ["0", "1", "2"]
    assert [row["residual"] for row in faces] == ["0.5"] * 3
    # A name that begins like a formula must not run in a spreadsheet.
    assert {row["patient"] for row in rows} == {"'=Anna"}


def test_unknown_kinds_are_refused(room) -> None:  # type: ignore[no-untyped-def]
    assert room.client.get(f"/export/{room.patient_id}.exe").status_code == 404
    assert room.client.get(f"/compare/{room.photo_ids[0]}/{room.photo_ids[1]}.exe").status_code == 404


def test_an_unknown_region_is_refused(room) -> None:  # type: ignore[no-untyped-def]
    answer = room.client.get(f"/compare/{room.photo_ids[0]}/{room.photo_ids[1]}.png?region=elbow")
    assert (answer.status_code, answer.text) == (404, "There is no such region.")


def test_photographs_without_a_face_are_not_compared_and_it_says_why(room) -> None:  # type: ignore[no-untyped-def]
    answer = room.client.get(f"/compare/{room.photo_ids[0]}/{room.photo_ids[1]}.png")
    assert answer.status_code == 422
    assert "Before, 01 May 2026" in answer.text
    assert "day 0.0" in answer.text
    assert "No face was found" in answer.text
