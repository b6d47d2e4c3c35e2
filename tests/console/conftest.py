"""A console on the demo scenario: filled once, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sealtrack.console.intake.files import fill, read_files
from sealtrack.console.store import Store, open_store
from sealtrack.settings import Console
from tests.console.people import DEMO, People, client_of


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
    """The demo in a store of the test's own."""
    shutil.copy(filled, tmp_path / "console.db")
    opened = open_store(str(tmp_path / "console.db"))
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
