"""Folders to analyse, and ``photos.csv``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from analyzer.folder import captured_at_of, find_photographs, read_capture_times
from calibration.errors import NothingToAnalyze, UsageError


def test_photographs_are_found_by_ending_in_any_case(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.heic", "c.Jpeg", ".hidden.jpg", "notes.txt", "photos.csv"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.jpg").mkdir()
    assert [path.name for path in find_photographs(tmp_path)] == ["a.heic", "b.JPG", "c.Jpeg"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToAnalyze):
        find_photographs(tmp_path)


def test_times_are_read_with_and_without_offset(tmp_path: Path) -> None:
    (tmp_path / "photos.csv").write_text(
        "\ufefffile,captured_at,note\na.jpg, 2026-05-03T08:12:00+02:00 ,x\nb.jpg,2026-05-03T08:12:00,\n",
        encoding="utf-8",
    )
    times = read_capture_times(tmp_path)
    assert times["a.jpg"] == datetime(2026, 5, 3, 6, 12, tzinfo=UTC)
    assert times["b.jpg"].tzinfo is None


def test_no_file_is_no_times(tmp_path: Path) -> None:
    assert read_capture_times(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a.jpg,now\n", "columns"),
        ("file,captured_at\na.jpg,yesterday\n", "line 2"),
        ("file,captured_at\na.jpg\n", "line 2"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "photos.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=named):
        read_capture_times(tmp_path)


def test_a_time_without_offset_takes_the_treatments() -> None:
    treated = datetime(2026, 5, 1, 10, tzinfo=timezone(timedelta(hours=2)))
    assert captured_at_of(datetime(2026, 5, 2, 10), treated) - treated == timedelta(days=1)
    aware = datetime(2026, 5, 2, 10, tzinfo=UTC)
    assert captured_at_of(aware, treated) == aware
