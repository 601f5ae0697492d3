"""The opened records: the database, the photographs, and who measures them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from analyzer.records.analyst import Analyst, standard_analyst
from analyzer.records.database import open_database
from analyzer.records.sealing import Seal, key_file, seal_of
from analyzer.records.store import PhotoStore


@dataclass(frozen=True)
class Archive:
    """One folder of records; safe to share between threads."""

    engine: sa.Engine
    photos: PhotoStore
    analyst: Analyst

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: kept when the block ends, undone when it fails."""
        with Session(self.engine) as session, session.begin():
            yield session

    def close(self) -> None:
        self.engine.dispose()


def open_archive(folder: Path, analyst: Analyst | None = None, seal: Seal | None = None) -> Archive:
    """Open (or begin) the records in ``folder``, readable by its owner alone.

    Without a ``seal`` photographs are sealed with the user's own key; raises ``WrongKey`` where it is not theirs.
    """
    seal = seal or seal_of(folder, key_file())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Archive(
        engine=open_database(folder / "records.sqlite"),
        photos=PhotoStore(folder / "photos", seal),
        analyst=analyst or standard_analyst(),
    )


def offset_minutes(moment: datetime) -> int:
    """Minutes east of UTC of an aware time."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("this time has no offset")
    return round(offset.total_seconds() / 60)


def at_offset(moment: datetime, minutes: int) -> datetime:
    """The same moment on the clock ``minutes`` east of UTC."""
    return moment.astimezone(timezone(timedelta(minutes=minutes)))
