"""The command ``rubor``. Exit status 0 analysed, 2 used wrongly, 3 not analysable; each command has its own file."""

from __future__ import annotations

import os
import sys

import click

from analyzer.commands.audit import audit
from analyzer.commands.card import card
from analyzer.commands.export import export
from analyzer.commands.output import NOT_ANALYSABLE, OWN_MISTAKE, USED_WRONGLY, say
from analyzer.commands.photo import compare, photo
from analyzer.commands.series import analyze, assess
from analyzer.commands.serving import demo, serve
from analyzer.commands.windows import windows
from calibration.errors import RuborError, UsageError

# Our matrices are small: more threads of linear algebra only wait for each other. Has to stand before NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


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
        say(str(error))
        sys.exit(USED_WRONGLY if isinstance(error, UsageError) else NOT_ANALYSABLE)
    except Exception as error:
        say(f"Rubor made a mistake of its own ({type(error).__name__}: {error}). Your files are unchanged.")
        sys.exit(OWN_MISTAKE)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rubor", message="rubor %(version)s")
def rubor() -> None:
    """Redness after microneedling: measured from photographs with a colour card, compared with what is expected.

    Not a diagnosis. Pus, blisters, fever or rising pain: call your clinic today, whatever this says.
    """


for command in (photo, analyze, assess, compare, card, windows, export, audit, demo, serve):
    rubor.add_command(command)


if __name__ == "__main__":
    main()
