"""A folder to analyse: its photographs, and ``photos.csv`` with the times that override theirs."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from calibration.errors import NothingToAnalyze, UsageError
from calibration.photo import SUFFIXES
from calibration.problems import because, problem

CAPTURE_TIMES = "photos.csv"


def find_photographs(folder: Path) -> list[Path]:
    """The photographs directly in ``folder``, in order of name. Raises ``NothingToAnalyze`` when there are none."""
    found = sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )
    if not found:
        raise NothingToAnalyze(problem("unreadable", reason=because("no_photographs", name=folder.name)))
    return found


def read_capture_times(folder: Path) -> dict[str, datetime]:
    """Capture times by file name from ``photos.csv``, empty without one. Raises ``UsageError`` naming a bad line."""
    path = folder / CAPTURE_TIMES
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{CAPTURE_TIMES} cannot be read as text: {error}.") from None
    rows = csv.DictReader(text.splitlines())
    if not {"file", "captured_at"} <= set(rows.fieldnames or ()):
        raise UsageError(f"{CAPTURE_TIMES} needs the columns file,captured_at in its first line.")
    times = {}
    for number, row in enumerate(rows, start=2):
        try:
            times[row["file"].strip()] = datetime.fromisoformat(row["captured_at"].strip())
        except (AttributeError, ValueError):
            raise UsageError(
                f"{CAPTURE_TIMES}, line {number}: {row['captured_at']!r} is not a time like 2026-05-03T08:12:00+02:00."
            ) from None
    return times


def captured_at_of(captured_at: datetime, treated_at: datetime) -> datetime:
    """An aware time: the photograph's own offset, else the treatment's."""
    return captured_at if captured_at.tzinfo else captured_at.replace(tzinfo=treated_at.tzinfo)
