"""A console on the demo scenario: filled once, copied for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from sealtrack.console.access import passwords
from sealtrack.console.clock import now_ms
from sealtrack.console.intake.files import fill, read_files
from sealtrack.console.store import Store, open_store
from sealtrack.console.store.tables.judged import incidents
from sealtrack.settings import Console
from tests.console.people import DEMO, People, client_of
from tests.console.postgres import Postgres, PostgresUnavailableError
from tests.console.stores import STORES, new_store


@pytest.fixture(scope="package", autouse=True)
def quick_hashes() -> Iterator[None]:
    """A password takes a fifth of a second to hash, and hundreds are; `test_served` has it as it is."""
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", quick)
        patch.setattr(passwords, "_NOBODY", quick.hash("nobody's"))
        yield


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store that holds the demo, and nobody."""
    path = tmp_path_factory.mktemp("console") / "demo.db"
    judged, catalogue, policies, rejected = read_files(DEMO, lambda *_: None)
    assert rejected == []
    store = open_store(str(path))
    fill(store, judged, catalogue, policies, DEMO, Console())
    store.close()
    return path


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Iterator[Store]:
    """The demo in a store of the test's own, as if it came just now: what nobody looks at escalates by itself."""
    shutil.copy(filled, tmp_path / "console.db")
    opened = open_store(str(tmp_path / "console.db"))
    with opened.writing() as connection:
        since_ms = now_ms() - (connection.scalar(select(func.max(incidents.c.opened_ms))) or 0)
        times = (incidents.c.opened_ms, incidents.c.updated_ms, incidents.c.due_ms)
        connection.execute(update(incidents).values({time: time + since_ms for time in times}))
    yield opened
    opened.close()


@pytest.fixture
def people(store: Store) -> Iterator[People]:
    """Clients of the console, one a user: see `People`."""
    with client_of(store, Console()) as client:
        yield People(store, client)


@pytest.fixture
def make_people(store: Store) -> Iterator[Callable[[Console], People]]:
    """As `people`, with settings of the test's own."""
    opened = []

    def make(settings: Console) -> People:
        opened.append(client_of(store, settings))
        return People(store, opened[-1])

    yield make
    for client in opened:
        client.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; where it is not installed the test is skipped, in CI it fails."""
    try:
        server = Postgres()
    except PostgresUnavailableError as problem:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{problem} (CI must not skip the PostgreSQL tests)")
        pytest.skip(str(problem))
    with server:
        yield server


@pytest.fixture(params=STORES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store, of each sort."""
    with new_store(request, tmp_path) as opened:
        yield opened
