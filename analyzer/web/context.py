"""What pages and routes share in one process: the opened records and the demo's progress."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from threading import Lock

from analyzer.records.archive import Archive, open_archive
from analyzer.records.sealing import passing_seal

DATA_DIR = "RUBOR_DATA_DIR"
DEMO = "RUBOR_DEMO"
DEMO_FOLDER = "rubor-demo-"

_opening = Lock()


def archive() -> Archive:
    """The records this process serves, opened when first asked for."""
    with _opening:
        return _open()


@cache
def _open() -> Archive:
    folder = data_dir()
    # What the demo shows is gone when it stops, and its key with it.
    return open_archive(folder, seal=passing_seal() if folder.name.startswith(DEMO_FOLDER) else None)


def data_dir() -> Path:
    """Where the records live: ``RUBOR_DATA_DIR``, else the user's own data folder."""
    chosen = os.environ.get(DATA_DIR)
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "rubor"


def is_demo() -> bool:
    return os.environ.get(DEMO) == "1"
