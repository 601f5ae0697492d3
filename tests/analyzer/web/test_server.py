from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.web import context, server
from calibration.errors import UsageError

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind((server.ADDRESS, 0))
        holder.listen()
        yield int(holder.getsockname()[1])


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(taken_port: int) -> None:
    with pytest.raises(UsageError, match=f"Port {taken_port} is in use"):
        server.free_port(taken_port)


def test_without_a_wish_the_next_free_port_is_taken(taken_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PORT", taken_port)
    assert taken_port < server.free_port(None) < taken_port + server.PORTS_TRIED


def test_when_nothing_is_free_it_says_so(taken_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PORT", taken_port)
    monkeypatch.setattr(server, "PORTS_TRIED", 1)
    with pytest.raises(UsageError, match="in use"):
        server.free_port(None)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_leaves_no_photograph_behind(tmp_path: Path, stop: signal.Signals) -> None:
    port = server.free_port(None)
    start = f"from analyzer.web.server import serve; serve(None, {port}, open_browser=False, demo=True)"
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", start], env=environment, cwd=ROOT, stdout=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        assert f"http://127.0.0.1:{port}" in demo.stdout.readline().decode()
        until = time.monotonic() + 60
        while not list(tmp_path.glob("rubor-demo-*/photos/*/*")) and time.monotonic() < until:
            time.sleep(0.2)
        assert list(tmp_path.glob("rubor-demo-*/photos/*/*"))
        demo.send_signal(stop)
        assert demo.wait(timeout=60) == 0
    assert list(tmp_path.glob("rubor-demo-*")) == []


def test_nobody_outside_is_served_and_nobody_is_told() -> None:
    assert server.SETTINGS["server.address"] == "127.0.0.1"
    assert server.SETTINGS["browser.gatherUsageStats"] is False
    assert server.SETTINGS["client.showErrorDetails"] == "none"
    assert server.SETTINGS["server.enableStaticServing"] is False


def test_every_setting_is_one_that_streamlit_knows() -> None:
    from streamlit import config

    for name in server.SETTINGS:
        assert name in config._config_options_template, name


def test_the_file_for_streamlit_run_says_the_same() -> None:
    path = ROOT / ".streamlit" / "config.toml"
    for section, values in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for name, value in values.items():
            assert server.SETTINGS[f"{section}.{name}"] == value


def test_records_live_where_the_user_keeps_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(context.DATA_DIR, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert context.data_dir() == tmp_path / "rubor"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert context.data_dir() == tmp_path / ".local" / "share" / "rubor"
    monkeypatch.setenv(context.DATA_DIR, str(tmp_path / "mine"))
    assert context.data_dir() == tmp_path / "mine"
