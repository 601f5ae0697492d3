"""What pages and routes share in one process: the opened records and the demo's progress."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from threading import Lock

from analyzer.records.archive import Archive, open_archive

DATA_DIR = "RUBOR_DATA_DIR"
DEMO = "RUBOR_DEMO"

_opening = Lock()


def archive() -> Archive:
    """The records this process serves, opened when first asked for."""
    with _opening:
        return _open()


@cache
def _open() -> Archive:
    return open_archive(data_dir())


def data_dir() -> Path:
    """Where the records live: ``RUBOR_DATA_DIR``, else the user's own data folder."""
    chosen = os.environ.get(DATA_DIR)
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "rubor"


def is_demo() -> bool:
    return os.environ.get(DEMO) == "1"
