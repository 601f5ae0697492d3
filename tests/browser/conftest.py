"""The app as people meet it: a server of its own and a real Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE_S = 60.0
START = """
import sys
from pathlib import Path
from analyzer.web.server import serve
serve(Path(sys.argv[1]), int(sys.argv[2]), open_browser=False, demo=False)
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        reason = f"no Chromium on this machine (looked for {', '.join(BROWSERS)})"
        if os.environ.get("CI") == "true" or os.environ.get("RUBOR_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        # Chromium itself phones home at times; what is counted here is what the page asks for.
        opened = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where an empty app answers."""
    folder = tmp_path_factory.mktemp("app")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = folder / "server.log"
    command = [sys.executable, "-c", START, str(folder / "data"), str(port)]
    root = Path(__file__).resolve().parents[2]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=root) as server:
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                server.kill()
    assert "Traceback" not in log.read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def asked(context: BrowserContext) -> list[str]:
    """Every address the pages of ``context`` ask for."""
    addresses: list[str] = []
    context.on("request", lambda request: addresses.append(request.url))
    return addresses


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone's window; the zone is that of the sample patient."""
    opened = browser.new_context(viewport={"width": 360, "height": 740}, timezone_id="Europe/Berlin")
    yield opened
    opened.close()


def _wait_until_up(health: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(health, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the app did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
