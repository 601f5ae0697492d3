"""The audit's chain: an honest one holds, and every way to falsify one entry shows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from analyzer.cli import main
from analyzer.records.access import LOCAL_USER, note
from analyzer.records.archive import Archive, open_archive
from analyzer.records.audit import AuditCheck, check
from analyzer.records.database import AuditRow

MANY = 12


@pytest.fixture
def noted(tmp_path: Path) -> Archive:
    archive = open_archive(tmp_path)
    for number in range(MANY):
        with archive.session() as session:
            note(session, LOCAL_USER, "view", f"photograph {number}")
    return archive


def checked(archive: Archive, digest: str | None = None) -> AuditCheck:
    with archive.session() as session:
        return check(session, digest)


def test_an_honest_chain_holds_after_reopening(noted: Archive, tmp_path: Path) -> None:
    noted.close()
    result = checked(open_archive(tmp_path))
    assert (result.entries, result.older, result.broken_at) == (MANY, 0, None)
    assert result.latest is not None


@pytest.mark.parametrize(
    ("falsify", "broken_at"),
    [
        ("UPDATE audit SET actor = 'somebody else' WHERE id = 5", 5),
        ("UPDATE audit SET object = 'photograph 99' WHERE id = 1", 1),
        ("UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE id = 7", 7),
        ("DELETE FROM audit WHERE id = 6", 7),
        ("UPDATE audit SET digest = NULL WHERE id = 8", 8),
        ("UPDATE audit SET digest = (SELECT digest FROM audit WHERE id = 2) WHERE id = 3", 3),
        ("INSERT INTO audit (at, actor, action, object) SELECT at, actor, action, object FROM audit WHERE id = 4", 13),
    ],
)
def test_a_changed_entry_shows(noted: Archive, falsify: str, broken_at: int) -> None:
    with noted.session() as session:
        session.execute(sa.text(falsify))
    assert checked(noted).broken_at == broken_at


def test_a_cut_end_shows_by_a_digest_noted_before(noted: Archive) -> None:
    latest = checked(noted).latest
    assert checked(noted, latest).seen
    with noted.session() as session:
        session.execute(sa.text("DELETE FROM audit WHERE id > 10"))
    result = checked(noted, latest)
    assert result.broken_at is None
    assert not result.seen


def test_entries_from_before_the_chain_are_counted_apart(tmp_path: Path) -> None:
    archive = open_archive(tmp_path)
    with archive.session() as session:
        session.add(AuditRow(at=datetime.now(UTC), actor="a", action="b", object="c"))
    with archive.session() as session:
        note(session, LOCAL_USER, "view", "patient 1")
    result = checked(archive)
    assert (result.entries, result.older, result.broken_at) == (1, 1, None)


def test_many_at_once_make_one_chain(tmp_path: Path) -> None:
    archive = open_archive(tmp_path)

    def view(number: int) -> None:
        with archive.session() as session:
            note(session, LOCAL_USER, "view", f"photograph {number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(view, range(60)))
    result = checked(archive)
    assert (result.entries, result.broken_at) == (60, None)


def told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = 0
    try:
        main(arguments)
    except SystemExit as leaving:
        status = int(str(leaving.code))
    heard = capsys.readouterr()
    return status, heard.out + heard.err


@pytest.mark.parametrize(
    ("spoil", "arguments", "status", "words"),
    [
        (None, (), 0, f"unbroken: {MANY} entries"),
        ("DELETE FROM audit WHERE id = 3", (), 3, "entry 4"),
        (None, ("--noted", "0" * 64), 3, "no longer in it"),
    ],
)
def test_the_command(
    noted: Archive,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: str | None,
    arguments: tuple[str, ...],
    status: int,
    words: str,
) -> None:
    if spoil is not None:
        with noted.session() as session:
            session.execute(sa.text(spoil))
    left, said = told(["audit", "--data", str(tmp_path), *arguments], capsys)
    assert left == status
    assert words in said


def test_a_folder_without_records_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = told(["audit", "--data", str(tmp_path)], capsys)
    assert status == 3
    assert "there are no records" in said
    assert list(tmp_path.iterdir()) == []
