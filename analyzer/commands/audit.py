"""``rubor audit``: was the record of who did what changed?"""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.errors import RuborError


class AuditBroken(RuborError):
    """The audit was changed; the text says from where on."""


@click.command()
@click.option("--data", "data_dir", type=click.Path(path_type=Path), help="Where the app keeps its records.")
@click.option("--noted", metavar="DIGEST", help="A digest that this command told earlier: it must still be there.")
def audit(data_dir: Path | None, noted: str | None) -> None:
    """Check that nobody changed the app's record of who did what.

    Tells the latest digest: write it down elsewhere, and give it as --noted another time.
    """
    from analyzer.records.archive import open_archive
    from analyzer.records.audit import check
    from analyzer.web.context import data_dir as usual_data_dir
    from calibration.errors import NothingToAnalyze
    from calibration.problems import because, problem

    folder = data_dir or usual_data_dir()
    if not (folder / "records.sqlite").is_file():
        raise NothingToAnalyze(problem("unreadable", reason=because("no_records", name=folder)))
    with open_archive(folder).session() as session:
        result = check(session, noted)
    if result.broken_at is not None:
        raise AuditBroken(f"The audit was changed: entry {result.broken_at} does not fit the one before it.")
    if noted is not None and not result.seen:
        raise AuditBroken("The audit was changed: the digest you noted is no longer in it.")
    older = f" ({result.older} older ones have no digest)" if result.older else ""
    click.echo(f"The audit is unbroken: {result.entries} entries{older}, the latest with the digest {result.latest}.")
