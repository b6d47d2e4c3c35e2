"""Stores of each sort, for tests that hold both to the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sealtrack.console.store import Store, open_store

STORES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]


def new_url(request: pytest.FixtureRequest, folder: Path) -> str:
    """Where there is no store yet, of the sort that the parameter of the asking fixture names."""
    if request.param == "sqlite":
        return f"sqlite:///{folder}/empty.db"
    return str(request.getfixturevalue("postgres").new_database())


@contextmanager
def new_store(request: pytest.FixtureRequest, folder: Path) -> Iterator[Store]:
    """An empty store of that sort."""
    opened = open_store(new_url(request, folder))
    try:
        yield opened
    finally:
        opened.close()
