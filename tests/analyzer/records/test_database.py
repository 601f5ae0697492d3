from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session

from analyzer.records.database import AuditRow, Base, open_database


def test_the_migrations_make_exactly_the_tables_of_the_models(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "a.sqlite")
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert differences == []


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    for _ in range(2):
        engine = open_database(tmp_path / "a.sqlite")
        with Session(engine) as session, session.begin():
            session.add(AuditRow(at=datetime.now(UTC), actor="a", action="b", object="c"))
        engine.dispose()
    engine = open_database(tmp_path / "a.sqlite")
    with Session(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditRow)) == 2
    engine.dispose()


def test_times_come_back_aware_and_the_same_moment(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "a.sqlite")
    moment = datetime(2026, 5, 1, 23, 30, tzinfo=timezone(timedelta(hours=-7)))
    with Session(engine) as session, session.begin():
        session.add(AuditRow(at=moment, actor="a", action="b", object="c"))
    with Session(engine) as session:
        stored = session.scalars(sa.select(AuditRow)).one().at
    engine.dispose()
    assert stored == moment
    assert stored.tzinfo is UTC


def test_a_time_without_offset_is_refused(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "a.sqlite")
    with Session(engine) as session:
        session.add(AuditRow(at=datetime(2026, 5, 1), actor="a", action="b", object="c"))
        with pytest.raises(sa.exc.StatementError, match="without an offset"):
            session.flush()
    engine.dispose()


def test_readers_do_not_wait_and_deletes_cascade(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "a.sqlite")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 15_000}
