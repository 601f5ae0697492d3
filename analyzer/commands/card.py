"""``rubor card``: the printable card, and what colours a print of it really has."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.commands.output import JSON_OPTION, require_ending, say, write_json, write_text
from calibration.errors import UsageError, writing


@click.command()
@click.option(
    "--paper", type=click.Choice(["a4", "letter"]), default="a4", show_default=True, help="The paper to print on."
)
@click.option("--pair", type=click.Path(path_type=Path), metavar="PHOTO", help="Learn a print's colours from PHOTO.")
@click.option(
    "--beside",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="With --pair: the bought card in PHOTO, with its edition if it is a newer one: classic-24@after-2014.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE.pdf|.toml", help="Where to write.")
@JSON_OPTION
def card(paper: str, pair: Path | None, beside: str, output: Path | None, json_to: str | None) -> None:
    """Write the colour card as a page to print; or learn the colours of your print.

    For the second, photograph the print beside a bought ColorChecker in daylight. What was learned is written to
    PHOTO's name ending in .toml, or to -o; give that file to --card from then on.
    """
    if pair is not None:
        _learn(pair, beside, output, json_to)
        return
    if json_to is not None:
        raise UsageError("--json belongs to --pair: the card itself is a PDF.")
    if output is None:
        raise UsageError("rubor card needs -o FILE.pdf, or --pair PHOTO.")
    require_ending(output, (".pdf",), "-o")
    from calibration.printed_card_pdf import write_card

    with writing(output):
        write_card(output, "letter" if paper == "letter" else "a4")
    say(f"Wrote {output}. Print it at 100 %, on matte paper, and check the scales with a ruler.")


def _learn(photo: Path, beside: str, output: Path | None, json_to: str | None) -> None:
    from calibration.errors import InputError
    from calibration.paired_card import SCHEMA
    from calibration.pairing import pair
    from calibration.photo import read_photo

    target = output or photo.with_suffix(".toml")
    require_ending(target, (".toml",), "-o")
    try:
        paired = pair(read_photo(photo), beside)
    except InputError as error:
        if json_to is not None:
            write_json({"schema": SCHEMA, "usable": False, "problems": [error.problem.to_json()]}, json_to)
        raise
    if json_to is not None:
        write_json({**paired.to_json(), "usable": True, "problems": []}, json_to)
    if json_to is None or output is not None:
        write_text(target, paired.to_toml())
        say(f"Wrote {target}. Use it with: --card {target}")
