"""Serves a console to the browser under test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from playwright.sync_api import Page

from sealtrack.console.access.roles import Role
from sealtrack.console.access.users import User, add_user
from sealtrack.console.app import create_app
from sealtrack.console.clock import now_ms
from sealtrack.console.store import Store
from sealtrack.settings import Console

PASSWORD = "correct horse battery"  # noqa: S105 - of users that live for one test


@dataclass(frozen=True)
class Served:
    """A console that answers at `address`."""

    address: str
    store: Store

    def sign_in(self, page: Page, role: Role = Role.admin, user: str = "", units: tuple[str, ...] = ()) -> None:
        """Log a new user of this role in, without the login page."""
        name = user or role.value
        made = User(name, name.title(), role, units, "vi", must_change=False, active=True)
        with self.store.writing() as connection:
            add_user(connection, made, PASSWORD, now_ms())
        answer = page.request.post("/api/v1/login", data={"user": name, "password": PASSWORD})
        assert answer.status == 204, answer.text()


@contextmanager
def serving(store: Store, settings: Console) -> Iterator[Served]:
    """Serve this store from a thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(settings, store), log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", store)
    finally:
        server.should_exit = True
        thread.join(timeout=300)
        listener.close()
