"""Failed logins, counted over the last minute for each user name and for each address.

They stand in the store: all processes of a console count together, and a restart forgets nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select

from sealtrack.console.store.tables.people import attempts

WINDOW_MS = 60_000
_ADDRESS_FACTOR = 4
"""Several people share an address: it may fail more often than a name."""


def begin(connection: Connection, user: str, address: str, at_ms: int, per_minute: int) -> list[int] | None:
    """Count an attempt before its password is looked at, so that many at once gain nothing; None: too many.

    Returns its numbers, for `succeeded`.
    """
    connection.execute(delete(attempts).where(attempts.c.at_ms <= at_ms - WINDOW_MS))
    limits = {_key("name", user.casefold()): per_minute, _key("address", address): per_minute * _ADDRESS_FACTOR}
    counted = select(func.count()).select_from(attempts)
    if any((connection.scalar(counted.where(attempts.c.key == key)) or 0) >= most for key, most in limits.items()):
        return None
    rows = [{"key": key, "at_ms": at_ms} for key in limits]
    return [connection.execute(insert(attempts).values(row).returning(attempts.c.id)).scalar_one() for row in rows]


def succeeded(connection: Connection, numbers: Sequence[int]) -> None:
    """The password was right: only what fails counts."""
    connection.execute(delete(attempts).where(attempts.c.id.in_(numbers)))


def _key(sort: str, value: str) -> str:
    """A digest: people type their password where their name belongs."""
    return f"{sort}:{hashlib.sha256(value.encode(errors='replace')).hexdigest()}"
