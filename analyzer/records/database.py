"""The tables, and the engine they live in.

One set of models for SQLite (embedded) and, later, a server. Times are stored in UTC; where the local
time of day matters to people, the offset is kept beside it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

BUSY_TIMEOUT_MS = 15_000


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware ``datetime`` in UTC. SQLite forgets the zone, so it is put back on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without an offset cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Names every constraint, so that a later migration can change it on any database."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _belongs_to(table: str) -> Mapped[str]:
    return mapped_column(sa.String(36), sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), index=True)


class PatientRow(Base):
    """One person's record. ``owner`` is the actor who may see it; ``card``, ``paired_card``: the colour card in use."""

    __tablename__ = "patients"

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    owner: Mapped[str] = mapped_column(sa.String(200), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime())
    card: Mapped[str] = mapped_column(sa.String(40), server_default="auto")
    paired_card: Mapped[str | None] = mapped_column(sa.Text)


class TreatmentRow(Base):
    """One session; the columns are the keys of ``treatment.toml``."""

    __tablename__ = "treatments"

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    patient_id: Mapped[str] = _belongs_to("patients")
    treated_at: Mapped[datetime] = mapped_column(UtcTime())
    offset_minutes: Mapped[int]
    procedure: Mapped[str] = mapped_column(sa.String(40))
    needle_depth_mm: Mapped[float | None] = mapped_column(sa.Double)
    passes: Mapped[int | None]
    body_area: Mapped[str] = mapped_column(sa.String(40))
    skin_tone: Mapped[str] = mapped_column(sa.String(10))
    sensitive_skin: Mapped[bool]
    conditions: Mapped[list[str]] = mapped_column(sa.JSON)


class PhotographRow(Base):
    """One photograph as it was kept: without metadata, so its time stands here.

    ``sha256`` is of the file as it was sent; it tells a photograph that was sent twice.
    """

    __tablename__ = "photographs"
    __table_args__ = (sa.UniqueConstraint("patient_id", "sha256"), sa.UniqueConstraint("patient_id", "name"))

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    patient_id: Mapped[str] = _belongs_to("patients")
    sha256: Mapped[str] = mapped_column(sa.String(64))
    name: Mapped[str] = mapped_column(sa.String(255))
    captured_at: Mapped[datetime | None] = mapped_column(UtcTime())
    offset_minutes: Mapped[int | None]
    bare_skin: Mapped[bool]
    object_key: Mapped[str] = mapped_column(sa.String(255))
    media_type: Mapped[str] = mapped_column(sa.String(60))
    width: Mapped[int | None]
    height: Mapped[int | None]
    added_at: Mapped[datetime] = mapped_column(UtcTime())


class ReadingRow(Base):
    """What one version of the method read from one photograph: the document ``rubor.photo/1``."""

    __tablename__ = "readings"

    photograph_id: Mapped[str] = mapped_column(
        sa.String(36), sa.ForeignKey("photographs.id", ondelete="CASCADE"), primary_key=True
    )
    method_version: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class SignRow(Base):
    """One answer of the daily check: a sign and its severity, at a moment."""

    __tablename__ = "signs"

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    patient_id: Mapped[str] = _belongs_to("patients")
    captured_at: Mapped[datetime] = mapped_column(UtcTime())
    offset_minutes: Mapped[int]
    sign: Mapped[str] = mapped_column(sa.String(40))
    severity: Mapped[int]


class CourseRow(Base):
    """The patient's judged course, the document ``rubor.series/1``, and what it was judged from."""

    __tablename__ = "courses"

    patient_id: Mapped[str] = mapped_column(
        sa.String(36), sa.ForeignKey("patients.id", ondelete="CASCADE"), primary_key=True
    )
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    document: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class AuditRow(Base):
    """Who did what to which record, and when. Written, never changed; ``digest`` shows if it was (``audit``)."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcTime(), index=True)
    actor: Mapped[str] = mapped_column(sa.String(200))
    action: Mapped[str] = mapped_column(sa.String(40))
    object: Mapped[str] = mapped_column(sa.String(200))
    digest: Mapped[str | None] = mapped_column(sa.String(64))


def open_database(path: Path) -> sa.Engine:
    """An engine on the SQLite file ``path``, brought to the newest schema."""
    engine = sa.create_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", _prepare_connection)
    migrate(engine)
    return engine


def migrate(engine: sa.Engine) -> None:
    """Bring the schema of ``engine`` to the newest version; nothing is lost, nothing is asked."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _prepare_connection(connection: Any, _record: object) -> None:
    """Readers never wait for a writer (WAL), writers wait for each other, and deletes cascade."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # A deleted face or reading must not linger in the file's free pages.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()
