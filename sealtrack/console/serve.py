"""Serves the console with uvicorn."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from sealtrack.console.access.users import first_admin
from sealtrack.console.app import create_app
from sealtrack.console.audit import append
from sealtrack.console.clock import now_ms
from sealtrack.console.store import Store
from sealtrack.errors import UsageError
from sealtrack.settings import Console


def first_login(store: Store) -> str | None:
    """Where nobody can log in yet, make the admin; returns the one-time password."""
    with store.writing() as connection:
        password = first_admin(connection, now_ms())
        if password is not None:
            append(connection, now_ms(), "", "user_added", "user:admin", {"role": "admin"})
    return password


def serve(store: Store, settings: Console, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; says the address when the port is open. UsageError if it is not to be had."""
    listener = _listen(settings)
    port = listener.getsockname()[1]
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    config = uvicorn.Config(
        create_app(settings, store),
        log_level="warning",
        access_log=False,  # addresses hold names of shipments and carriers
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    say(f"The console is at http://{shown}:{port}/ (Ctrl-C stops it)")
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()


def _listen(settings: Console) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise UsageError(f"cannot listen on {where} ({error.strerror or error}); choose another --port") from None
