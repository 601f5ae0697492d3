"""``rubor analyze`` and ``rubor assess``: a series of photographs, and tables of numbers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from analyzer.commands.output import (
    CARD_OPTION,
    CLINIC_OPTION,
    JSON_OPTION,
    LANGUAGE_OPTION,
    NOT_ANALYSABLE,
    lines_to,
    require_ending,
    say,
    write_json,
)
from calibration.errors import InputError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--treatment", type=click.Path(path_type=Path), metavar="FILE", help="Instead of FOLDER/treatment.toml.")
@JSON_OPTION
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE.html|.pdf", help="Write a report for people.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Photographs analysed side by side."
)
@CARD_OPTION
@CLINIC_OPTION
@LANGUAGE_OPTION
def analyze(
    folder: Path,
    treatment: Path | None,
    json_to: str | None,
    report: Path | None,
    jobs: int,
    card: str,
    clinic: Path | None,
) -> None:
    """Analyse one patient's series: every photograph, the trend, the verdict."""
    from analyzer.pipeline import analyze_series, unusable_series
    from analyzer.recovery.clinic import read_clinic

    require_ending(report, (".html", ".pdf"), "--report")
    try:
        settings = read_clinic(clinic) if clinic else None
        result = analyze_series(folder, treatment_file=treatment, jobs=jobs, progress=say, settings=settings, card=card)
    except InputError as error:
        refused = unusable_series(folder.resolve().name, error)
        if told := urgent_of_folder(folder, treatment, refused):
            say(told)
        if json_to is not None:
            write_json(refused, json_to)
        raise
    document = result.to_json()
    of_photographs = {one.code for reading in result.readings for one in reading.problems}
    for problem in document["problems"]:
        if problem["code"] not in of_photographs:  # those were said with their photograph
            say(f"{problem['message']} {problem['advice']}")
    for change in document["lamp_changes"]:
        say(change["message"])
    if json_to is not None:
        write_json(document, json_to)
    if report is not None:
        from analyzer.exports.report import write_report

        write_report(result, report)
    if not document["usable"]:
        if document["urgent"]:
            say(document["verdict"]["summary"])
        say("No photograph of this series could be used; each one's reason is named above.")
        sys.exit(NOT_ANALYSABLE)
    if json_to != "-":
        from analyzer.terminal import series_in_words

        click.echo(series_in_words(document))


@click.command()
@click.argument("readings", type=click.Path(path_type=Path))
@click.option("--treatments", type=click.Path(path_type=Path), metavar="FILE.csv", help="patient,treated_at and more.")
@click.option("--json", "json_to", metavar="FILE.jsonl|-", help="One document a line; - is standard output.")
@click.option("--signs", type=click.Path(path_type=Path), metavar="FILE.csv", help="patient,captured_at,sign,severity.")
@CLINIC_OPTION
@LANGUAGE_OPTION
def assess(
    readings: Path, treatments: Path | None, json_to: str | None, signs: Path | None, clinic: Path | None
) -> None:
    """Verdicts from numbers alone: a table of readings of many patients."""
    from analyzer.assess import assess as assess_all
    from analyzer.recovery.clinic import read_clinic

    settings = read_clinic(clinic) if clinic else None

    assessed = 0
    with lines_to(json_to) as write:
        for document in assess_all(readings, treatments, settings, signs):
            assessed += bool(document["usable"])
            for problem in document["problems"]:
                say(f"{document['patient']}: {problem['message']} {problem['advice']}")
            if write is not None:
                write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
            elif document["usable"]:
                verdict = document["verdict"]
                click.echo(f"{document['patient']}: {verdict['status'].upper()}. {verdict['summary']}")
    if not assessed:
        say("No patient could be assessed; each one's reason is named above.")
        sys.exit(NOT_ANALYSABLE)


def urgent_of_folder(folder: Path, treatment: Path | None, refused: dict[str, Any]) -> str | None:
    """A folder without a usable photograph may still hold an urgent sign: mark the document, and what to say of it."""
    from analyzer.recovery.signs import urgent_document
    from analyzer.signs import read_signs
    from analyzer.treatment import TreatmentError, read_treatment

    try:
        record = read_treatment(treatment or folder / "treatment.toml")
    except TreatmentError:
        return None
    told, _ = read_signs(folder, record.treated_at.tzinfo)
    return urgent_document(refused, told, [one.treated_at for one in record.sessions])
