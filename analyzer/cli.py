"""The command ``rubor``: thin words around the pipeline. Exit status 0 analysed, 2 used wrongly, 3 not analysable."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from calibration.errors import InputError, RuborError, UsageError

# Our matrices are small: more threads of linear algebra only wait for each other. Has to stand before NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

OWN_MISTAKE, USED_WRONGLY, NOT_ANALYSABLE = 1, 2, 3
_JSON = click.option("--json", "json_to", metavar="FILE|-", help="Write the result as JSON; - is standard output.")


def main(arguments: list[str] | None = None) -> None:
    """Entry point: every refusal becomes one sentence on standard error and an exit status."""
    try:
        rubor.main(args=arguments, prog_name="rubor", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(USED_WRONGLY)
    except click.Abort:
        sys.exit(130)
    except RuborError as error:
        _say(str(error))
        sys.exit(USED_WRONGLY if isinstance(error, UsageError) else NOT_ANALYSABLE)
    except Exception as error:
        _say(f"Rubor made a mistake of its own ({type(error).__name__}: {error}). Your files are unchanged.")
        sys.exit(OWN_MISTAKE)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rubor", message="rubor %(version)s")
def rubor() -> None:
    """Redness after microneedling: measured from photographs with a colour card, compared with what is expected.

    Not a diagnosis. Pus, blisters, fever or rising pain: call your clinic today, whatever this says.
    """


@rubor.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--card", default="auto", show_default=True, metavar="auto|none|NAME", help="The card in the picture.")
@_JSON
@click.option(
    "--label-map", type=click.Path(path_type=Path), metavar="PNG", help="Write the regions, one label a pixel."
)
@click.option(
    "--overlay",
    type=click.Path(path_type=Path),
    metavar="PNG",
    help="Write the photograph with regions and card drawn in.",
)
def photo(image: Path, card: str, json_to: str | None, label_map: Path | None, overlay: Path | None) -> None:
    """Measure one photograph: calibrate, find the regions, read their redness."""
    from analyzer.pipeline import analyze_photo

    analysis = analyze_photo(image, card=card)
    reading = analysis.reading
    if label_map is not None or overlay is not None:
        from analyzer.overlay import write_label_map, write_overlay

        if label_map is not None:
            write_label_map(analysis, label_map)
        if overlay is not None:
            write_overlay(analysis, overlay)
    if json_to is not None:
        _write_json(reading.to_json(), json_to)
    for problem in reading.problems:
        _say(problem.sentence)
    if not reading.usable:
        sys.exit(NOT_ANALYSABLE)
    if json_to != "-":
        from analyzer.terminal import photo_in_words

        click.echo(photo_in_words(reading))


@rubor.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--treatment", type=click.Path(path_type=Path), metavar="FILE", help="Instead of FOLDER/treatment.toml.")
@_JSON
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE.html|.pdf", help="Write a report for people.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Photographs analysed side by side."
)
def analyze(folder: Path, treatment: Path | None, json_to: str | None, report: Path | None, jobs: int) -> None:
    """Analyse one patient's series: every photograph, the trend, the verdict."""
    from analyzer.pipeline import analyze_series, unusable_series

    _require_ending(report, (".html", ".pdf"), "--report")
    try:
        result = analyze_series(folder, treatment_file=treatment, jobs=jobs, progress=_say)
    except InputError as error:
        if json_to is not None:
            _write_json(unusable_series(folder.resolve().name, error), json_to)
        raise
    document = result.to_json()
    if json_to is not None:
        _write_json(document, json_to)
    if report is not None:
        from analyzer.exports.report import write_report

        write_report(result, report)
    if not document["usable"]:
        _say("No photograph of this series could be used; each one's reason is named above.")
        sys.exit(NOT_ANALYSABLE)
    if json_to != "-":
        from analyzer.terminal import series_in_words

        click.echo(series_in_words(document))


@rubor.command()
@click.argument("readings", type=click.Path(path_type=Path))
@click.option("--treatments", type=click.Path(path_type=Path), metavar="FILE.csv", help="patient,treated_at and more.")
@click.option("--json", "json_to", metavar="FILE.jsonl|-", help="One document a line; - is standard output.")
def assess(readings: Path, treatments: Path | None, json_to: str | None) -> None:
    """Verdicts from numbers alone: a table of readings of many patients."""
    from analyzer.assess import assess as assess_all

    assessed = 0
    with _lines_to(json_to) as write:
        for document in assess_all(readings, treatments):
            assessed += bool(document["usable"])
            for problem in document["problems"]:
                _say(f"{document['patient']}: {problem['message']} {problem['advice']}")
            if write is not None:
                write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
            elif document["usable"]:
                verdict = document["verdict"]
                click.echo(f"{document['patient']}: {verdict['status'].upper()}. {verdict['summary']}")
    if not assessed:
        _say("No patient could be assessed; each one's reason is named above.")
        sys.exit(NOT_ANALYSABLE)


@rubor.command()
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
@_JSON
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
        _write_json(document, json_to)
    if json_to != "-":
        from analyzer.terminal import windows_in_words

        click.echo(windows_in_words(document))


@rubor.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE.png|.pdf")
@click.option(
    "--region", default="face", show_default=True, metavar="NAME", help="Show one region instead of the face."
)
@click.option("--anonymise", is_flag=True, help="Cover the eyes.")
def compare(before: Path, after: Path, output: Path, region: str, anonymise: bool) -> None:
    """Before and after, aligned, in the same light and at the same scale."""
    from analyzer.reading import LABELS

    _require_ending(output, (".png", ".pdf"), "-o")
    if region not in LABELS:
        raise UsageError(f"There is no region {region!r}: choose one of {', '.join(LABELS)}.")
    from analyzer.compare import compare_pictures, save_comparison

    save_comparison(compare_pictures(before, after, region, anonymise), output)
    _say(f"Wrote {output}.")


@rubor.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Default: 8501, or a free one.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
def demo(port: int | None, no_browser: bool) -> None:
    """The app with sample patients, opened in the browser."""
    from analyzer.web.server import serve as run

    run(data_dir=None, port=port, open_browser=not no_browser, demo=True)


@rubor.command()
@click.option("--data", "data_dir", type=click.Path(path_type=Path), help="Folder for database and photographs.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: 8501.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
def serve(data_dir: Path | None, port: int | None, no_browser: bool) -> None:
    """The app for real use, for one person on this machine."""
    from analyzer.web.server import serve as run

    run(data_dir=data_dir, port=port, open_browser=not no_browser, demo=False)


def _not_built(name: str, instead: str) -> None:
    @rubor.command(name, context_settings={"ignore_unknown_options": True}, help="Not built yet.")
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> None:  # noqa: ARG001 - accepted, so that the sentence is always the same
        from analyzer.errors import NotYet

        raise NotYet(f"rubor {name} is not built yet: {instead}")


_not_built("card", "use a ColorChecker Classic, Mini, Nano or Passport meanwhile.")
_not_built("export", "rubor analyze FOLDER --json FILE writes everything that is known of a series.")


def _require_ending(path: Path | None, endings: tuple[str, ...], option: str) -> None:
    if path is not None and path.suffix.lower() not in endings:
        raise UsageError(f"{option} takes a file ending in {' or '.join(endings)}, not {path.name}.")


def _write_json(document: dict[str, Any], target: str) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        _write_text(Path(target), text)


@contextmanager
def _lines_to(target: str | None) -> Iterator[Callable[[str], object] | None]:
    """Where lines of JSON go: standard output, a file that is written line by line, or (None) nowhere."""
    if target is None or target == "-":
        yield None if target is None else sys.stdout.write
        return
    try:
        file = Path(target).open("w", encoding="utf-8")  # noqa: SIM115 - closed below; only opening may fail politely
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror or error}.") from None
    with file:
        yield file.write


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from None


def _say(sentence: str) -> None:
    """Progress and refusals go to standard error: standard output may carry JSON alone."""
    click.echo(sentence, err=True)


if __name__ == "__main__":
    main()
