"""What all commands share: where JSON goes, what is said on standard error, the exit statuses."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from calibration.errors import UsageError, writing

OWN_MISTAKE, USED_WRONGLY, NOT_ANALYSABLE = 1, 2, 3
JSON_OPTION = click.option(
    "--json", "json_to", metavar="FILE|-", help="Write the result as JSON; - is standard output."
)


def _speak(context: click.Context, option: click.Parameter, wanted: str | None) -> None:  # noqa: ARG001
    from calibration.language import LANGUAGES, known, speak

    if wanted is None:
        return
    code = known(wanted)
    if code is None:
        raise click.BadParameter(f"there is no language {wanted}; known are {', '.join(LANGUAGES)}.")
    context.call_on_close(lambda: speak(None))  # a language is of one run, not of the process
    speak(code)


LANGUAGE_OPTION = click.option(
    "--lang", metavar="CODE", callback=_speak, expose_value=False, is_eager=True,
    help="Language of the sentences: en or de; else RUBOR_LANG.",
)  # fmt: skip
CARD_OPTION = click.option(
    "--card",
    default="auto",
    show_default=True,
    metavar="auto|none|NAME",
    help="The card in the picture; @after-2014 behind a bought card's name (or auto) if it is from November 2014 on.",
)
CLINIC_OPTION = click.option(
    "--clinic", type=click.Path(path_type=Path), metavar="FILE.toml", help="A clinic's own numbers for the band."
)


def require_ending(path: Path | None, endings: tuple[str, ...], option: str) -> None:
    if path is not None and path.suffix.lower() not in endings:
        raise UsageError(f"{option} takes a file ending in {' or '.join(endings)}, not {path.name}.")


def write_json(document: dict[str, Any], target: str) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_text(Path(target), text)


@contextmanager
def lines_to(target: str | None) -> Iterator[Callable[[str], object] | None]:
    """Where lines of JSON go: standard output, a file that is written line by line, or (None) nowhere."""
    if target is None or target == "-":
        yield None if target is None else sys.stdout.write
        return
    with writing(target):
        file = Path(target).open("w", encoding="utf-8")  # noqa: SIM115 - closed below; only opening may fail politely
    with file:
        yield file.write


def write_text(path: Path, text: str) -> None:
    with writing(path):
        path.write_text(text, encoding="utf-8")


def say(sentence: str) -> None:
    """Progress and refusals go to standard error: standard output may carry JSON alone."""
    click.echo(sentence, err=True)
