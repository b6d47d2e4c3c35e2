"""Brings a store to the tables of this sealtrack."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text

from sealtrack.errors import UsageError

_LOCK = 7_325_861
"""Two consoles that start at once on one PostgreSQL: the second waits."""


def migrate(engine: Engine) -> None:
    """Run what is missing of the migrations; UsageError for a store that a newer sealtrack has migrated."""
    with engine.connect().execution_options(sealtrack_writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        try:
            command.upgrade(config(connection), "head")
        except CommandError as error:
            if "Can't locate revision" not in str(error):
                raise
            shown = engine.url.render_as_string(hide_password=True)
            raise UsageError(f"{shown}: this store was made by a newer sealtrack; install that one") from None


def config(connection: Connection) -> Config:
    """Alembic's settings for one connection."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    found.attributes["connection"] = connection
    return found
