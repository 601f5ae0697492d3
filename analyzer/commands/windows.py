"""``rubor windows``: what the documents say, the expected band, a clinic's own numbers, learning from its series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from analyzer.commands.output import CLINIC_OPTION, JSON_OPTION, LANGUAGE_OPTION, say, write_json, write_text
from calibration.errors import InputError, UsageError


@click.command()
@click.option(
    "--treatment",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A treatment record; else a plain facial treatment.",
)
@CLINIC_OPTION
@click.option("--explain", is_flag=True, help="How each claim became numbers, what contradicts what, every band.")
@click.option(
    "--learn",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Learn the band from 50 or more series of your own: a table as for rubor assess.",
)
@click.option(
    "--treatments",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="With --learn: the treatments, as for rubor assess.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE.toml", help="With --learn: where it goes.")
@click.option("--name", metavar="NAME", help="With --learn: the clinic's name.")
@JSON_OPTION
@LANGUAGE_OPTION
def windows(
    treatment: Path | None,
    clinic: Path | None,
    explain: bool,
    learn: Path | None,
    treatments: Path | None,
    out: Path | None,
    name: str | None,
    json_to: str | None,
) -> None:
    """What the documents say, claim by claim, and the expected band for this treatment."""
    from analyzer.recovery import windows as documents_windows
    from analyzer.recovery.band import SCHEMA
    from analyzer.recovery.clinic import band_changes, changes, read_clinic
    from analyzer.recovery.explain import explain as explained
    from analyzer.treatment import read_treatment

    if learn is None and (treatments or out or name):
        raise UsageError("--treatments, --out and --name belong to --learn.")
    if learn is not None and clinic is not None:
        raise UsageError("--learn starts from the documents: leave --clinic out.")
    record = read_treatment(treatment) if treatment else None
    try:
        settings = _learn(learn, treatments, out, name, quiet=json_to == "-") if learn else None
    except InputError as error:
        if json_to is not None:
            write_json({"schema": SCHEMA, "usable": False, "problems": [error.problem.to_json()]}, json_to)
        raise
    settings = read_clinic(clinic) if clinic else settings
    document = explained(record, settings=settings) if explain else documents_windows(record, settings=settings)
    if settings is not None:
        document["changes"] = changes(settings)
        document["band_changes"] = band_changes(settings, record)
    document |= _of_today(record)
    if json_to is not None:
        write_json(document, json_to)
    if json_to != "-":
        from analyzer.terminal import windows_in_words
        from analyzer.windows_words import changes_in_words, explained_in_words

        if settings is not None:
            click.echo(changes_in_words(document))
        click.echo(explained_in_words(document) if explain else windows_in_words(document))


def _learn(readings: Path, treatments: Path | None, out: Path | None, name: str | None, quiet: bool) -> Any:
    """Learn, write the clinic's file, and give back its numbers."""
    import tomllib

    from analyzer.assess import read_series
    from analyzer.recovery.clinic import clinic_toml, parse_clinic
    from analyzer.recovery.learn import learn

    if out is not None and out.suffix.lower() != ".toml":
        raise UsageError(f"--out takes a file ending in .toml, not {out.name}.")
    found = learn(read_series(readings, treatments))
    text = clinic_toml(name or "this clinic", found.fit, found.learned)
    settings = parse_clinic(tomllib.loads(text), "the learned file")
    if out is not None:
        write_text(out, text)
        say(f"Written to {out.name}; use it with --clinic {out.name}.")
    elif not quiet:
        click.echo(text)
    return settings


def _of_today(record: Any) -> dict[str, Any]:
    """Care and milestones as the documents have them, day by day."""
    from analyzer.recovery.aftercare import aftercare
    from analyzer.recovery.milestones import milestones

    days = (0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 14.0)
    return {
        "aftercare": [{"day": day, "items": [item.to_json() for item in aftercare(day, record)]} for day in days],
        "timeline": [item.to_json() for item in milestones(record, 0.0)],
    }
