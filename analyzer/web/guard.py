"""The door-keeper of every request: same machine, same origin, and strict headers on every answer.

Streamlit itself sends no security headers, lets any page on this computer speak to it, and looks up its
public address on the internet when a foreign page asks; so foreign requests are turned away before.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
# Nothing here is meant for other programs: counters and remote driving stay shut.
CLOSED_PATHS = ("/_stcore/metrics", "/_stcore/agent")
# What shows a person's data must not be pulled into another site's page.
PRIVATE_PATHS = ("/photo/", "/compare/", "/export/", "/media/")

_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


class Guard:
    """ASGI middleware: refuses foreign hosts and origins, adds the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = refuse(scope["path"], Headers(scope=scope), (scope.get("client") or ("127.0.0.1", 0))[0])
        if refusal is not None:
            await self._turn_away(refusal, scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security_headers().items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, send_with_headers)

    @staticmethod
    async def _turn_away(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await PlainTextResponse(reason, status_code=403, headers=security_headers())(scope, receive, send)


def refuse(path: str, headers: Headers, client: str) -> str | None:
    """Why a request from the address ``client`` is turned away, None where it is let in."""
    if not _is_this_computer(client):
        return "This is served to its own computer alone."
    host = headers.get("host", "")
    if re.sub(r":\d+$", "", host) not in LOCAL_HOSTS:
        return "This address is not served here."
    origin = headers.get("origin")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return "Requests from other sites are not answered."
    if path.startswith(PRIVATE_PATHS) and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return "Requests from other sites are not answered."
    if path.startswith(CLOSED_PATHS):
        return "This is not open."
    return None


def _is_this_computer(client: str) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or bool(mapped and mapped.is_loopback)


@cache
def security_headers() -> dict[str, str]:
    """Headers of every answer. Charts need no eval; Streamlit's styles are inline, its one inline script is named."""
    scripts = " ".join(f"'sha256-{digest}'" for digest in _inline_script_hashes())
    policy = {
        "default-src": "'self'",
        "script-src": f"'self' {scripts} blob:",
        "img-src": "'self' data: blob:",
        "style-src": "'self' 'unsafe-inline'",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    }


def _inline_script_hashes() -> list[str]:
    """SHA-256 of each inline script of the installed Streamlit's page, as a policy names them."""
    import streamlit

    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()
    return [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(page)]
