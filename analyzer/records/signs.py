"""The daily check: what people tell beside their photographs, kept as the entries that ``signs.csv`` holds."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from analyzer.records.access import Actor, note, patient_of
from analyzer.records.archive import Archive, at_offset, offset_minutes
from analyzer.records.database import SignRow
from analyzer.signs import HIGHEST_SEVERITY, KNOWN, SignEntry

# A second check within this time corrects the first one instead of standing beside it.
SAME_CHECK = timedelta(minutes=30)


def add_check(
    archive: Archive, actor: Actor, patient_id: str, captured_at: datetime, answers: Mapping[str, int]
) -> tuple[SignEntry, ...]:
    """Keep the answers (sign to severity 0 to 3) of one moment (aware); an answer just given is replaced.

    Raises ``ValueError`` for a sign or severity that does not exist and ``NoSuchRecord`` for another's patient.
    """
    for sign, severity in answers.items():
        if sign not in KNOWN or not 0 <= severity <= HIGHEST_SEVERITY:
            raise ValueError(f"there is no {sign!r} of severity {severity}")
    with archive.session() as session:
        patient_of(session, actor, patient_id)
        session.execute(
            sa.delete(SignRow).where(
                SignRow.patient_id == patient_id,
                SignRow.sign.in_(answers),
                SignRow.captured_at > captured_at - SAME_CHECK,
                SignRow.captured_at <= captured_at,
            )
        )
        for sign, severity in answers.items():
            session.add(
                SignRow(
                    id=str(uuid.uuid4()),
                    patient_id=patient_id,
                    captured_at=captured_at,
                    offset_minutes=offset_minutes(captured_at),
                    sign=sign,
                    severity=severity,
                )
            )
        note(session, actor, "add", f"signs of patient {patient_id}")
    return tuple(SignEntry(captured_at, sign, severity) for sign, severity in answers.items())


def list_signs(archive: Archive, actor: Actor, patient_id: str) -> tuple[SignEntry, ...]:
    """Every entry of the patient in order of time, each on the clock where it was told."""
    with archive.session() as session:
        patient_of(session, actor, patient_id)
        rows = session.scalars(
            sa.select(SignRow).where(SignRow.patient_id == patient_id).order_by(SignRow.captured_at, SignRow.sign)
        )
        return tuple(SignEntry(at_offset(row.captured_at, row.offset_minutes), row.sign, row.severity) for row in rows)
