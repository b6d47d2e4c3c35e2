"""Users of a console under test, logged in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
from fastapi.testclient import TestClient

from sealtrack import data
from sealtrack.console.access.roles import Role
from sealtrack.console.access.users import User, add_user
from sealtrack.console.app import create_app
from sealtrack.console.clock import now_ms
from sealtrack.console.intake.files import Files
from sealtrack.console.store import Store
from sealtrack.settings import Console

_SCENARIO = data.path("replay/scenarios/haiphong-huunghi")
DEMO = Files([next(_SCENARIO.glob("feed.*"))], _SCENARIO / "shipments.csv", [Path(data.path("geofences"))])
PASSWORD = "correct horse battery"  # noqa: S105 - of users that live for one test
BASE = "http://127.0.0.1:8787"


def client_of(store: Store, settings: Console) -> TestClient:
    """A browser without cookies, in front of this store's console."""
    return TestClient(create_app(settings, store), base_url=BASE)


def everybody() -> User:
    """A user who sees all units."""
    return User("tester", "Tester", Role.admin, (), "en", must_change=False, active=True)


class People:
    """`people("analyst")` is a logged-in client of that role; `units` bind it to customs units."""

    def __init__(self, store: Store, anonymous: TestClient) -> None:
        self.store, self.anonymous = store, anonymous
        self.app = anonymous.app

    def add(self, user: str, role: Role, units: tuple[str, ...] = (), *, must_change: bool = False) -> None:
        """Make a user with the password PASSWORD."""
        made = User(user, user.title(), role, units, "vi", must_change=must_change, active=True)
        with self.store.writing() as connection:
            add_user(connection, made, PASSWORD, now_ms())

    def __call__(self, role: str, user: str = "", units: tuple[str, ...] = ()) -> Caller:
        """A new user of this role, logged in."""
        name = user or role
        self.add(name, Role(role), units)
        return self.log_in(name)

    def log_in(self, user: str) -> Caller:
        """A client of its own for a user who exists."""
        caller = Caller(TestClient(self.app, base_url=BASE))
        answer = caller.client.post("/api/v1/login", json={"user": user, "password": PASSWORD})
        assert answer.status_code == 204, answer.text
        caller.csrf = caller.client.get("/api/v1/me").json()["csrf"]
        return caller


class Caller:
    """Calls the API under `/api/v1` as one user, with the session's CSRF token."""

    def __init__(self, client: TestClient) -> None:
        self.client, self.csrf = client, ""

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of an answer that must be 200."""
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """The JSON of an answer that must have this status."""
        answer = self.client.post(f"/api/v1{path}", json=body or {}, headers={"X-CSRF-Token": self.csrf})
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx2.Response:
        """The answer, whatever it is."""
        headers = {"X-CSRF-Token": self.csrf}
        return self.client.request(method, f"/api/v1{path}", params=query, json=body, headers=headers)
