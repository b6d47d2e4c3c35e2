"""Where the files are that travel with sealtrack: the geofence catalogue and the demo scenario."""

from __future__ import annotations

from pathlib import Path

from sealtrack.errors import InputError

_HERE = Path(__file__).parent
_ROOTS = (_HERE / "_data", _HERE.parent)
"""Inside an installed wheel; in a source checkout."""


def path(name: str) -> Path:
    """The file or folder `name` as the repository calls it, e.g. "geofences"; InputError if it did not travel along."""
    for root in _ROOTS:
        if (root / name).exists():
            return root / name
    raise InputError(f"{name}: not part of this installation; install sealtrack again, or run it from a checkout")
