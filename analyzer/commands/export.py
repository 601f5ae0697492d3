"""``rubor export``: for other systems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.commands.output import CARD_OPTION, LANGUAGE_OPTION, say
from calibration.errors import NothingToAnalyze, UsageError

if TYPE_CHECKING:
    from analyzer.exports.exported import Exported


@click.command()
@click.argument("patient")
@click.option("--format", "form", type=click.Choice(["csv", "fhir", "dicom"]), required=True, help="For whom.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="PATH",
    help="csv: FILE.csv or a folder; fhir: a file; dicom: FILE.dcm or a folder.",
)
@click.option("--with-photographs", is_flag=True, help="Let the photographs leave too, without metadata (fhir, dicom).")
@click.option("--pseudonym", metavar="TEXT", help="How other systems call this patient. Default: a made-up identifier.")
@click.option("--treatment", type=click.Path(path_type=Path), metavar="FILE", help="Instead of FOLDER/treatment.toml.")
@CARD_OPTION
@LANGUAGE_OPTION
@click.option("--data", "data_dir", type=click.Path(path_type=Path), help="Where the app keeps its records.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Photographs analysed side by side."
)
def export(
    patient: str,
    form: str,
    output: Path,
    with_photographs: bool,
    pseudonym: str | None,
    treatment: Path | None,
    card: str,
    data_dir: Path | None,
    jobs: int,
) -> None:
    """For other systems: PATIENT is a folder of photographs, or a record of the app by its name.

    Photographs stay here unless --with-photographs is given. The files carry no name but the one you give.
    """
    if form == "csv" and with_photographs:
        raise UsageError("csv holds numbers alone: leave --with-photographs out, or choose fhir or dicom.")
    if with_photographs and form == "dicom" and output.suffix.lower() == ".dcm":
        raise UsageError("With photographs there are several DICOM files: give -o a folder, not a .dcm file.")
    if pseudonym is not None and not (0 < len(pseudonym.strip()) <= 64 and pseudonym.isprintable()):
        raise UsageError("--pseudonym takes 1 to 64 printable characters.")
    pseudonym = pseudonym.strip() if pseudonym else None
    record = _find(patient, treatment, card, data_dir, pseudonym, jobs)
    from analyzer.exports.files import write_whole

    files = _files(record, form, output, with_photographs)
    write_whole(files)
    for path in files:
        say(f"Wrote {path}.")


def _find(
    patient: str, treatment: Path | None, card: str, data_dir: Path | None, pseudonym: str | None, jobs: int
) -> Exported:
    from analyzer.exports.exported import from_folder, from_record
    from calibration.cards import AUTO
    from calibration.problems import because, problem

    folder = Path(patient)
    if folder.is_dir():
        return from_folder(folder, treatment_file=treatment, card=card, pseudonym=pseudonym, jobs=jobs, progress=say)
    if treatment is not None or card != AUTO:
        raise UsageError("--treatment and --card go with a folder of photographs; a record of the app has its own.")
    from analyzer.web.context import data_dir as usual_data_dir

    found = from_record(patient, data_dir or usual_data_dir(), pseudonym=pseudonym)
    if found is None:
        raise NothingToAnalyze(problem("unreadable", reason=because("no_record", name=patient)))
    return found


def _files(record: Exported, form: str, output: Path, with_photographs: bool) -> dict[Path, bytes]:
    if form == "csv":
        from analyzer.exports.csv_table import csv_files

        return csv_files(record, output)
    if form == "dicom":
        from analyzer.exports.dicom import dicom_files

        return dicom_files(record, output, with_photographs)
    from analyzer.exports.fhir import fhir_bundle

    place = output / "bundle.json" if output.is_dir() else output
    return {place: fhir_bundle(record, with_photographs)}
