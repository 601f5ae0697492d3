"""``rubor photo`` and ``rubor compare``: one photograph, and two side by side."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from analyzer.commands.output import CARD_OPTION, JSON_OPTION, NOT_ANALYSABLE, require_ending, say, write_json
from calibration.errors import UsageError


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
@CARD_OPTION
@JSON_OPTION
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
    reading = analysis.with_edition()
    if label_map is not None or overlay is not None:
        from analyzer.overlay import write_label_map, write_overlay

        if label_map is not None:
            write_label_map(analysis, label_map)
        if overlay is not None:
            write_overlay(analysis, overlay)
    if json_to is not None:
        write_json(reading.to_json(), json_to)
    for problem in reading.problems:
        say(problem.sentence)
    if not reading.usable:
        sys.exit(NOT_ANALYSABLE)
    if json_to != "-":
        from analyzer.terminal import photo_in_words

        click.echo(photo_in_words(reading))


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE.png|.pdf")
@click.option(
    "--region", default="face", show_default=True, metavar="NAME", help="Show one region instead of the face."
)
@click.option("--anonymise", is_flag=True, help="Cover the eyes, leave out dates.")
@CARD_OPTION
def compare(before: Path, after: Path, output: Path, region: str, anonymise: bool, card: str) -> None:
    """Before and after, aligned, in the same light and at the same scale."""
    from analyzer.reading import LABELS

    require_ending(output, (".png", ".pdf"), "-o")
    if region not in LABELS:
        raise UsageError(f"There is no region {region!r}: choose one of {', '.join(LABELS)}.")
    from analyzer.compare import comparison

    pair = comparison(before, after, region, anonymise, card=card)
    pair.save(output)
    if pair.doubt:
        say(pair.doubt)
    say(f"Wrote {output}.")
