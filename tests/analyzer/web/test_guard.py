from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Coroutine, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from analyzer.web.guard import Guard, security_headers

Finish = Callable[[Coroutine[Any, Any, Any]], Any]
HERE = "http://127.0.0.1:8501"


async def _hello(_request: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


@pytest.fixture
def app() -> Starlette:
    routes = [Route("/{path:path}", _hello), WebSocketRoute("/_stcore/stream", _socket)]
    return Starlette(routes=routes, middleware=[Middleware(Guard)])


@pytest.fixture
def client(app: Starlette, door_of: Callable[[Starlette], Any]) -> Any:
    return door_of(app)


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:8501", "127.0.0.1", "[::1]:8501"])
def test_this_computer_is_let_in(client: Any, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200
    assert client.get("/", headers={"host": host, "origin": f"http://{host}"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:8501"},
        {"host": "localhost:8501@evil.example"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://localhost:8501"},
        {"origin": "null"},
    ],
)
def test_other_hosts_and_origins_are_turned_away(client: Any, headers: dict[str, str]) -> None:
    answer = client.get("/", headers=headers)
    assert answer.status_code == 403
    assert "hello" not in answer.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("::1", 200), ("::ffff:127.0.0.1", 200), ("192.168.1.7", 403), ("::ffff:10.0.0.1", 403)],
)
def test_another_computer_is_turned_away_whatever_host_it_names(
    app: Starlette, finished: Finish, address: str, status: int
) -> None:
    async def ask() -> int:
        transport = httpx.ASGITransport(app, client=(address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            return (await client.get("/")).status_code

    assert finished(ask()) == status


@pytest.mark.parametrize("path", ["/photo/1", "/compare/1/2.png", "/export/1.csv", "/media/x.jpg"])
def test_a_foreign_page_cannot_pull_in_private_things(client: Any, path: str) -> None:
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
        assert client.get(path, headers={"sec-fetch-site": site}).status_code == status


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/openapi.json"])
def test_counters_and_remote_driving_are_shut(client: Any, path: str) -> None:
    assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    ("origin", "answers"),
    [(HERE, ["websocket.accept", "websocket.send", "websocket.close"]), ("http://evil.example", ["websocket.close"])],
)
def test_only_this_page_gets_a_websocket(app: Starlette, finished: Finish, origin: str, answers: list[str]) -> None:
    headers = [(b"host", b"127.0.0.1:8501"), (b"origin", origin.encode())]
    scope = {
        "type": "websocket",
        "path": "/_stcore/stream",
        "headers": headers,
        "query_string": b"",
        "subprotocols": [],
    }
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message["type"])

    finished(app(scope, receive, send))
    assert sent == answers


def test_the_policy_names_the_one_inline_script_and_allows_no_other() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = security_headers()["Content-Security-Policy"]
    (scripts,) = (part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts.split() == ["script-src", "'self'", f"'sha256-{digest}'", "blob:"]
    assert "frame-ancestors 'none'" in policy
