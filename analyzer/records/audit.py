"""The audit as a chain: each entry carries a digest of itself and of the one before it, so that a change shows.

What it shows: an entry that was changed, removed, put in or put elsewhere. What it cannot show alone: that the last
entries were cut off, or that somebody made the whole chain anew. For both, the latest digest is noted outside of the
records now and then, and looked for again later.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from analyzer.records.database import AuditRow


@dataclass(frozen=True)
class AuditCheck:
    """``entries`` of the chain, ``older`` ones from before there was a chain, the ``latest`` digest, the number of the
    first entry that does not fit (None: all do), and whether a digest that was asked for was ``seen``."""

    entries: int
    older: int
    latest: str | None
    broken_at: int | None
    seen: bool


def append(session: Session, row: AuditRow) -> None:
    """Add ``row`` as the chain's next link.

    The row is written first: from then on this transaction holds the database's one writing lock, so no other entry can
    come between the previous link and this one.
    """
    session.add(row)
    session.flush()
    before = session.scalar(
        sa.select(AuditRow.digest).where(AuditRow.id < row.id).order_by(AuditRow.id.desc()).limit(1)
    )
    row.digest = _digest(before, row)


def check(session: Session, noted: str | None = None) -> AuditCheck:
    """Follow the whole chain; ``noted`` is a digest written down earlier, which must still be in it."""
    entries = older = 0
    before: str | None = None
    broken_at: int | None = None
    seen = False
    for row in session.scalars(sa.select(AuditRow).order_by(AuditRow.id)).yield_per(1000):
        if row.digest is None and before is None:
            older += 1
            continue
        entries += 1
        seen = seen or row.digest == noted
        if broken_at is None and row.digest != _digest(before, row):
            broken_at = row.id
        before = row.digest
    return AuditCheck(entries, older, before, broken_at, seen)


def _digest(before: str | None, row: AuditRow) -> str:
    content = [before or "", row.id, row.at.isoformat(), row.actor, row.action, row.object]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8")).hexdigest()
