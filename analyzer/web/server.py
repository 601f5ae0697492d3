"""Starting the app: settings, the port, the start-up work, the browser.

``serve`` is what the commands ``rubor serve`` and ``rubor demo`` call. The app itself is built by the door,
``streamlit_app.py``, so that every way of starting gives the same app.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.request
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from analyzer.records.access import LOCAL_USER
from analyzer.records.archive import Archive
from analyzer.records.patients import list_patients
from analyzer.records.photographs import measure_missing
from analyzer.records.sealing import key_file, seal_of
from analyzer.resources import app_script, samples_folder
from analyzer.web import context
from analyzer.web.demo import PROGRESS, start_import
from calibration.errors import UsageError

ADDRESS = "127.0.0.1"
PORT = 8501
PORTS_TRIED = 50
UPLOAD_MB = 60
SECONDS_TO_FINISH = 10.0

# The page that Streamlit runs for every visitor.
PAGE_SCRIPT = Path(__file__).with_name("pages") / "main.py"

SETTINGS: dict[str, Any] = {
    # Nobody outside this computer, and no questions to the internet about its address.
    "server.address": ADDRESS,
    "server.headless": True,
    "server.allowedHosts": ["127.0.0.1", "localhost"],
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "server.enableStaticServing": False,
    "server.maxUploadSize": UPLOAD_MB,
    # A phone that sleeps between two photographs must find its page again.
    "server.disconnectedSessionTTL": 1800,
    "browser.gatherUsageStats": False,
    "browser.serverAddress": ADDRESS,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": True,
    "theme.base": "light",
    "theme.primaryColor": "#1d4f7a",
    "theme.textColor": "#1c2430",
    "theme.backgroundColor": "#ffffff",
    "theme.secondaryBackgroundColor": "#f1f4f8",
    "theme.linkColor": "#1d4f7a",
}


def apply_settings() -> None:
    """Set what must hold however the app is started: without a login it is for this computer alone."""
    from streamlit import config

    for name, value in SETTINGS.items():
        if config.get_option(name) != value:
            config.set_option(name, value)


@asynccontextmanager
async def start_up(_app: object) -> AsyncIterator[dict[str, Any]]:
    """Open the records before the first page; what takes long goes on behind it."""
    from starlette.concurrency import run_in_threadpool

    archive = await run_in_threadpool(context.archive)
    work = start_import(archive, LOCAL_USER, samples_folder()) if context.is_demo() else _start_catching_up(archive)
    yield {}
    PROGRESS.stop.set()
    await run_in_threadpool(work.join, SECONDS_TO_FINISH)
    archive.close()


def _start_catching_up(archive: Archive) -> threading.Thread:
    """Seal what an older version kept unsealed; measure what is unmeasured, or was measured with another method."""

    def catch_up() -> None:
        archive.photos.seal_all()
        for patient in list_patients(archive, LOCAL_USER):
            measure_missing(archive, LOCAL_USER, patient.id, PROGRESS.stop)

    thread = threading.Thread(target=catch_up, name="catching up", daemon=True)
    thread.start()
    return thread


def serve(data_dir: Path | None, port: int | None, open_browser: bool, demo: bool) -> None:
    """Run the app until it is stopped.

    ``data_dir`` None is the user's data folder, or a passing one in the demo. ``port`` None takes 8501 or
    the next free one. Raises :class:`UsageError` when a port that was asked for is taken.
    """
    if demo and data_dir is None:
        with tempfile.TemporaryDirectory(prefix=context.DEMO_FOLDER, ignore_cleanup_errors=True) as passing:
            _serve(Path(passing), port, open_browser, demo)
    else:
        _serve(data_dir or context.data_dir(), port, open_browser, demo)


def free_port(port: int | None) -> int:
    """The port to serve on; see :func:`serve`."""
    if port is not None:
        if not _is_free(port):
            raise UsageError(f"Port {port} is in use by another program; choose another one.")
        return port
    for candidate in range(PORT, PORT + PORTS_TRIED):
        if _is_free(candidate):
            return candidate
    raise UsageError(f"Ports {PORT} to {PORT + PORTS_TRIED - 1} are all in use; name a free one.")


def _serve(data_dir: Path, port: int | None, open_browser: bool, demo: bool) -> None:
    from streamlit.web import bootstrap

    chosen = free_port(port)
    passing = data_dir.name.startswith(context.DEMO_FOLDER)
    if not passing:
        seal_of(data_dir, key_file())  # a key that is not there is said now, in one sentence
    os.environ[context.DATA_DIR] = str(data_dir)
    os.environ[context.DEMO] = "1" if demo else "0"
    url = f"http://{ADDRESS}:{chosen}"
    print(f"Rubor is at {url} - stop it with Ctrl+C.", flush=True)
    how_long = " until it stops" if passing else ""
    print(f"Records are kept in {data_dir}{how_long}.", flush=True)
    if open_browser:
        threading.Thread(target=_open_when_up, args=(url,), daemon=True).start()
    settings = SETTINGS | {"server.port": chosen}
    # Before the door is opened: Streamlit complains when its settings change after they were first read.
    bootstrap.load_config_options(settings)
    app = runpy.run_path(str(app_script()))["app"]
    # A plain stop must end as tidily as Ctrl+C does: the demo's photographs are removed on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        app.run(config=settings)


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the server itself will: a port that only lingers after a stop is free.
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except (OSError, OverflowError):
            return False
    return True


def _open_when_up(url: str, patience_s: float = 30.0) -> None:
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            webbrowser.open(url)
            return
