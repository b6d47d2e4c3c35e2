"""Answers carry a strict Content-Security-Policy; calls under a foreign name, from a foreign page, or that are larger
than any that can be meant, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sealtrack.console.access.guard import SAFE
from sealtrack.console.problems import Problem, problem_answer
from sealtrack.settings import Console

_OWN = ("127.0.0.1", "localhost", "::1")
MOST_BYTES = 1_000_000
"""Of a request's body: the longest note is a hundredth of it."""
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[\w.-]+))(?::\d+)?", re.ASCII)
_TOO_LARGE = f"A request has at most {MOST_BYTES:,} bytes."


class Shield:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, settings: Console) -> None:
        self._app = app
        self._hosts = {name.lower() for name in (*_OWN, settings.host, *settings.hosts)}
        self._policy = content_policy(settings.tiles)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = _unreadable(scope) or self._refused(scope["method"], Headers(scope=scope))
        answer = problem_answer(refused) if refused else self._app

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await answer(scope, _limited(receive), send_with_headers)

    def _refused(self, method: str, headers: Headers) -> Problem | None:
        # A page elsewhere can point a name of its own at this machine, and then reads what it likes (DNS rebinding).
        host = headers.get("host", "")
        if "*" not in self._hosts and _name(host) not in self._hosts:
            return Problem(400, "This console is not called so; the setting console.hosts lists its names.")
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != host
        if method not in SAFE and (foreign or headers.get("sec-fetch-site") in ("cross-site", "same-site")):
            return Problem(403, "This call came from another site.", code="csrf")
        return None

    def _add(self, headers: MutableHeaders, path: str) -> None:
        headers["Content-Security-Policy"] = self._policy
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if not path.startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")


def _unreadable(scope: Scope) -> Problem | None:
    length = Headers(scope=scope).get("content-length", "0")
    if length.isdecimal() and int(length) > MOST_BYTES:
        return Problem(413, _TOO_LARGE)
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        return Problem(400, "An address cannot hold the character NUL.")
    return None


def _limited(receive: Receive) -> Receive:
    """The same, up to MOST_BYTES: a body may come without saying how long it is."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BYTES:
            raise HTTPException(413, _TOO_LARGE)
        return message

    return limited


def content_policy(tiles: str) -> str:
    """Nothing but what this server serves; tiles from the one server that the settings name."""
    parts = urlsplit(tiles)
    images = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    rules: Sequence[str] = (
        "default-src 'self'",
        f"img-src 'self' data:{images}",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return "; ".join(rules)


def _name(host: str) -> str:
    """Of a Host header; "" for one that is not plainly a name or an address, with or without a port."""
    found = _HOST.fullmatch(host)
    return (found["six"] or found["name"]).lower() if found else ""
