"""Where the store is kept when nobody says where."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_dir


def default_store() -> str:
    """A file in the user's data folder."""
    return str(Path(user_data_dir("sealtrack")) / "console.db")
