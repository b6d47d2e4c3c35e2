"""Whether the packages of the console are installed."""

from __future__ import annotations

from importlib.util import find_spec

from sealtrack.errors import UsageError

_PACKAGES = ("fastapi", "uvicorn", "jinja2", "sqlalchemy", "alembic", "argon2", "openpyxl", "matplotlib", "pmtiles")


def check() -> None:
    """UsageError, naming the remedy, if one is missing."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageError(f"the console needs {', '.join(missing)}: pip install 'sealtrack[console]'")
