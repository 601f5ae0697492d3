"""``rubor export``: for other systems."""

from __future__ import annotations

import click

from analyzer.errors import NotYet


@click.command(context_settings={"ignore_unknown_options": True}, help="Not built yet.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def export(arguments: tuple[str, ...]) -> None:  # noqa: ARG001 - accepted, so that the sentence is always the same
    raise NotYet("rubor export is not built yet: rubor analyze FOLDER --json FILE writes everything that is known.")
