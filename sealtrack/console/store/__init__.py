"""What the console remembers: SQLite for one machine, PostgreSQL for a team, through SQLAlchemy and Alembic."""

from sealtrack.console.store.default import default_store
from sealtrack.console.store.engine import Store, open_store

__all__ = ["Store", "default_store", "open_store"]
