"""Stores of each sort, for tests that hold both to the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sealtrack.console.store import Store, open_store

STORES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]


@contextmanager
def new_store(request: pytest.FixtureRequest, folder: Path) -> Iterator[Store]:
    """An empty store of the sort that the parameter of the asking fixture names."""
    if request.param == "sqlite":
        url = f"sqlite:///{folder}/empty.db"
    else:
        url = request.getfixturevalue("postgres").new_database()
    opened = open_store(url)
    try:
        yield opened
    finally:
        opened.close()
