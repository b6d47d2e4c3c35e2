"""`/metrics`, `/healthz` and `/readyz`: a small HTTP server beside the loop."""

from __future__ import annotations

import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import msgspec
from prometheus_client import disable_created_metrics, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from sealtrack.errors import UsageError
from sealtrack.service.monitor import Monitor

log = logging.getLogger(__name__)

ASKING_S = 10.0
"""A client that takes longer to say what it wants is cut off."""


@contextmanager
def answering(monitor: Monitor, address: str) -> Iterator[str]:
    """Answer at `address` (host:port) while this lasts; gives the URL, with the port that was found for port 0.

    UsageError: the address cannot be had.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    kind = _Server6 if ":" in host else _Server
    disable_created_metrics()  # type: ignore[no-untyped-call]
    try:
        server = make_server(host, int(port), application(monitor), kind, _Handler)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"service.http = {address}: {reason}; choose another host:port") from None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://{address.rpartition(':')[0]}:{server.server_port}"
    log.info("metrics, /healthz and /readyz at %(url)s", {"event": "http", "url": url})
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()


def application(monitor: Monitor) -> WSGIApplication:
    """What it answers. Nothing but GET, and nothing that changes anything."""
    metrics = make_wsgi_app(monitor.metrics.registry)
    pages: dict[str, Callable[[], tuple[HTTPStatus, dict[str, Any]]]] = {
        "/healthz": lambda: _health(monitor),
        "/readyz": lambda: _readiness(monitor),
    }

    def answer(request: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = request["PATH_INFO"]
        if path == "/metrics":
            return metrics(request, start)  # type: ignore[no-any-return]
        page = pages.get(path)
        status, body = page() if page else (HTTPStatus.NOT_FOUND, {"pages": ["/metrics", *pages]})
        start(f"{status.value} {status.phrase}", [("Content-Type", "application/json"), ("Cache-Control", "no-store")])
        return [msgspec.json.encode(body) + b"\n"]

    return answer


def _health(monitor: Monitor) -> tuple[HTTPStatus, dict[str, Any]]:
    alive = monitor.is_alive()
    body = {"alive": alive, "turn_age_s": round(monitor.turn_age_s(), 1), "stuck_after_s": monitor.stuck_after_s}
    return HTTPStatus.OK if alive else HTTPStatus.SERVICE_UNAVAILABLE, body


def _readiness(monitor: Monitor) -> tuple[HTTPStatus, dict[str, Any]]:
    why = monitor.unready()
    body = {"ready": not why, "why": why, **monitor.status._asdict()}
    return HTTPStatus.SERVICE_UNAVAILABLE if why else HTTPStatus.OK, body


class _Server(ThreadingWSGIServer):
    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as it is called
        """A client that went away, or says nothing, is no news; the default prints a traceback."""
        fields = {"event": "http_client", "client": str(client_address), "why": repr(sys.exception())}
        log.debug("%(client)s was not answered: %(why)s", fields)


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = ASKING_S

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has there
        """Nobody wants a line each time that Prometheus asks."""
