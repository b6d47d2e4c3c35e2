"""What the console remembers: SQLite for one machine, PostgreSQL for a team, through SQLAlchemy and Alembic."""

from sealtrack.console.store.engine import Store, open_store

__all__ = ["Store", "open_store"]
