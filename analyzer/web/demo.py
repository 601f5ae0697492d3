"""The demo's sample patients, brought in as a person would: record, photographs, real measuring.

It runs behind the first page, which is up at once and shows how far it is.
"""

from __future__ import annotations

import csv
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread

from analyzer.records.access import Actor
from analyzer.records.archive import Archive
from analyzer.records.patients import create_patient
from analyzer.records.photographs import add_photograph, set_bare_skin
from analyzer.treatment import read_treatment
from calibration.errors import RuborError
from calibration.photo import SUFFIXES

_log = logging.getLogger(__name__)


@dataclass
class Progress:
    """How far the import is; ``total`` is None until the folder has been counted."""

    total: int | None = None
    done: int = 0
    failures: list[str] = field(default_factory=list)
    finished: bool = False
    stop: Event = field(default_factory=Event, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def count_one(self) -> None:
        with self._lock:
            self.done += 1


PROGRESS = Progress()


def start_import(archive: Archive, actor: Actor, folder: Path, progress: Progress = PROGRESS) -> Thread:
    """Bring the sample patients in ``folder`` into ``archive`` in the background."""
    thread = Thread(target=_import_all, args=(archive, actor, folder, progress), name="demo import", daemon=True)
    thread.start()
    return thread


def _import_all(archive: Archive, actor: Actor, folder: Path, progress: Progress) -> None:
    try:
        patients = sorted(path.parent for path in folder.glob("*/treatment.toml"))
        progress.total = sum(len(_photographs(one)) for one in patients)
        for patient in patients:
            try:
                _import_patient(archive, actor, patient, progress)
            except RuborError as error:
                progress.failures.append(f"{patient.name}: {error}")
    except Exception:
        _log.exception("the demo's samples could not be brought in")
        progress.failures.append("the samples could not be read")
    finally:
        progress.finished = True


def _import_patient(archive: Archive, actor: Actor, folder: Path, progress: Progress) -> None:
    treatment = read_treatment(folder / "treatment.toml")
    patient = create_patient(archive, actor, folder.name, treatment)
    times = {row["file"]: row["captured_at"] for row in _rows(folder / "photos.csv")}
    covered = {
        datetime.fromisoformat(row["captured_at"])
        for row in _rows(folder / "signs.csv")
        if row["sign"] == "bare_skin" and row["severity"] == "0"
    }

    def add(path: Path) -> None:
        if progress.stop.is_set():
            return
        taken = datetime.fromisoformat(times[path.name]) if path.name in times else None
        if taken is not None and taken.tzinfo is None:
            taken = taken.replace(tzinfo=treatment.treated_at.tzinfo)
        try:
            data = path.read_bytes()
            kept = add_photograph(
                archive, actor, patient.id, data, path.name, bare_skin=True, captured_at=taken
            ).photograph
            if kept is not None and kept.captured_at in covered:
                set_bare_skin(archive, actor, kept.id, False)
        except Exception:
            _log.exception("sample %s could not be brought in", path)
            progress.failures.append(f"{folder.name}/{path.name}")
        finally:
            progress.count_one()

    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        list(pool.map(add, _photographs(folder)))


def _photographs(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows of a small CSV; none where the file is not there."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as lines:
        return [{name: (value or "").strip() for name, value in row.items()} for row in csv.DictReader(lines)]
