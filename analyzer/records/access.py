"""Who may do what, and the note that it was done.

Today there is one local user, and accounts will move in here: every call of the records takes an
:class:`Actor`, so no page and no route can forget to say on whose behalf it asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from analyzer.records.audit import append
from analyzer.records.database import AuditRow, PatientRow, PhotographRow
from calibration.errors import RuborError


@dataclass(frozen=True)
class Actor:
    """The person on whose behalf something is asked."""

    name: str


LOCAL_USER = Actor("local user")


class NoSuchRecord(RuborError):
    """There is no such record, or it is not this actor's: from outside the two look the same."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no such {kind}.")


def patient_of(session: Session, actor: Actor, patient_id: str) -> PatientRow:
    """The patient, if it is the actor's; else :class:`NoSuchRecord`."""
    row = session.get(PatientRow, patient_id)
    if row is None or row.owner != actor.name:
        raise NoSuchRecord("patient")
    return row


def photograph_of(session: Session, actor: Actor, photograph_id: str) -> PhotographRow:
    """The photograph, if its patient is the actor's; else :class:`NoSuchRecord`."""
    row = session.get(PhotographRow, photograph_id)
    owner = None
    if row is not None:
        owner = session.scalar(sa.select(PatientRow.owner).where(PatientRow.id == row.patient_id))
    if row is None or owner != actor.name:
        raise NoSuchRecord("photograph")
    return row


def note(session: Session, actor: Actor, action: str, thing: str) -> None:
    """Write into the audit that ``actor`` did ``action`` to ``thing``."""
    append(session, AuditRow(at=datetime.now(UTC), actor=actor.name, action=action, object=thing))
