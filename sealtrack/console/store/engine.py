"""Opens a store, brings it up to date, and hands out connections: some that read, one at a time that writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from sealtrack.console.store.migrate import migrate
from sealtrack.errors import TransportError, UsageError

_WRITES = {"sealtrack_writes": True}
_BUSY_MS = 30_000
_WRITER = 7_325_862
"""The lock that whoever writes to PostgreSQL holds."""


class Store:
    """One database. Threads share it; a connection belongs to one of them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the store."""
        options = {"isolation_level": "REPEATABLE READ"} if self.engine.dialect.name == "postgresql" else {}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: everything in it is kept, or nothing."""
        with self.engine.connect().execution_options(**_WRITES) as connection, connection.begin():
            if self.engine.dialect.name == "postgresql":
                # As in SQLite, writers take turns: an intake and a decision never see half of one another.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER})
            yield connection

    def close(self) -> None:
        """Release all connections."""
        self.engine.dispose()

    @property
    def url(self) -> str:
        """Where it is, without the password."""
        return self.engine.url.render_as_string(hide_password=True)


def open_store(url: str) -> Store:
    """The store at a SQLAlchemy URL (`sqlite:///file`, `postgresql://…`) or file name, made or migrated if need be.

    Raises:
        UsageError: the URL cannot be meant, or the store was made by a newer sealtrack.
        TransportError: the file or the server refuses.
    """
    parsed = _parse(url)
    shown = parsed.render_as_string(hide_password=True)
    try:
        engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
        with ExitStack() as undo:
            undo.callback(engine.dispose)
            migrate(engine)
            undo.pop_all()
    except (DBAPIError, OSError) as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise TransportError(f"{shown}: the store cannot be opened ({reason}); check address and rights") from None
    return Store(engine)


def _parse(url: str) -> URL:
    remedy = "write sqlite:///FILE, postgresql://USER@HOST/DATABASE, or a file name"
    if "://" not in url:
        url = f"sqlite:///{url}"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UsageError(f"store: this address cannot be read; {remedy}") from None
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise UsageError(f"store: {parsed.render_as_string(hide_password=True)}: {remedy}")
    return parsed


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    # Only its owner reads it: hashes of passwords, and what is known of carriers. WAL files take these rights over.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    engine = create_engine(url, connect_args={"timeout": _BUSY_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver's guess
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", f"busy_timeout = {_BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its turn at once: to turn from reader to writer half-way would fail when another came between.
    writes = connection.get_execution_options().get("sealtrack_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED")
    except (ImportError, NoSuchModuleError):
        raise UsageError("store: PostgreSQL needs the package psycopg: pip install 'sealtrack[console]'") from None
