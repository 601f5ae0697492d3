"""``rubor windows``: what the documents say, and the expected band."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.commands.output import JSON_OPTION, write_json


@click.command()
@click.option(
    "--treatment",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A treatment record; else a plain facial treatment.",
)
@click.option(
    "--clinic", type=click.Path(path_type=Path), metavar="FILE.toml", help="A clinic's own numbers (not built yet)."
)
@click.option("--explain", is_flag=True, help="How each claim became numbers (not built yet).")
@click.option(
    "--learn",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Learn from a clinic's own series (not built yet).",
)
@JSON_OPTION
def windows(
    treatment: Path | None, clinic: Path | None, explain: bool, learn: Path | None, json_to: str | None
) -> None:
    """What the documents say, claim by claim, and the expected band for this treatment."""
    from analyzer.errors import NotYet
    from analyzer.recovery import windows as documents_windows
    from analyzer.treatment import read_treatment

    for name, given in (("--clinic", clinic), ("--explain", explain), ("--learn", learn)):
        if given:
            raise NotYet(f"{name} is not built yet: run rubor windows without it to see every claim and the band.")
    document = documents_windows(read_treatment(treatment) if treatment else None)
    if json_to is not None:
        write_json(document, json_to)
    if json_to != "-":
        from analyzer.terminal import windows_in_words

        click.echo(windows_in_words(document))
