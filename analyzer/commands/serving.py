"""``rubor demo`` and ``rubor serve``: the app."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Default: 8501, or a free one.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
def demo(port: int | None, no_browser: bool) -> None:
    """The app with sample patients, opened in the browser."""
    from analyzer.web.server import serve as run

    run(data_dir=None, port=port, open_browser=not no_browser, demo=True)


@click.command()
@click.option("--data", "data_dir", type=click.Path(path_type=Path), help="Folder for database and photographs.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: 8501.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
def serve(data_dir: Path | None, port: int | None, no_browser: bool) -> None:
    """The app for real use, for one person on this machine."""
    from analyzer.web.server import serve as run

    run(data_dir=data_dir, port=port, open_browser=not no_browser, demo=False)
