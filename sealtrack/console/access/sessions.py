"""Sessions: a random token in the browser, its hash in the store."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, or_, select, update

from sealtrack.console.access.users import User, find_user
from sealtrack.console.store.tables.people import sessions
from sealtrack.settings import Console

_USED_EVERY_MS = 60_000
"""A session's last use is written down this often, not at every request."""


@dataclass(frozen=True, slots=True)
class Session:
    """A logged-in user, and the token that each change must carry."""

    user: User
    csrf: str
    bearer: bool
    key: str
    """The hash under which the store knows the session."""
    used_ms: int


def begin(connection: Connection, user: str, at_ms: int, settings: Console, *, bearer: bool = False) -> str:
    """A new session; returns its token. Always a new one, so that nobody can have known it before the login."""
    token = secrets.token_urlsafe(32)
    values = {
        "token": _key(token),
        "user": user,
        "csrf": secrets.token_urlsafe(32),
        "bearer": bearer,
        "created_ms": at_ms,
        "used_ms": at_ms,
        "expires_ms": at_ms + int(settings.session_h * 3_600_000),
    }
    connection.execute(insert(sessions).values(values))
    return token


def find(connection: Connection, token: str, at_ms: int, settings: Console) -> Session | None:
    """The session of this token, if it has not ended and its user is still active."""
    return find_by_key(connection, _key(token), at_ms, settings)


def find_by_key(connection: Connection, key: str, at_ms: int, settings: Console) -> Session | None:
    """The same, by what the store knows it as."""
    row = connection.execute(select(sessions).where(sessions.c.token == key)).one_or_none()
    if row is None or row.expires_ms <= at_ms or row.used_ms + settings.idle_h * 3_600_000 <= at_ms:
        return None
    user = find_user(connection, row.user)
    return Session(user, row.csrf, row.bearer, key, row.used_ms) if user and user.active else None


def is_due(session: Session, at_ms: int) -> bool:
    """Whether the session's use must be written down again."""
    return at_ms - session.used_ms >= _USED_EVERY_MS


def touch(connection: Connection, session: Session, at_ms: int) -> None:
    """The session was used now."""
    connection.execute(update(sessions).where(sessions.c.token == session.key).values(used_ms=at_ms))


def end(connection: Connection, key: str) -> None:
    """Log out."""
    connection.execute(delete(sessions).where(sessions.c.token == key))


def end_all(connection: Connection, user: str) -> None:
    """End every session of a user."""
    connection.execute(delete(sessions).where(sessions.c.user == user))


def forget_ended(connection: Connection, at_ms: int, settings: Console) -> None:
    """Remove sessions that have ended by themselves."""
    idle_ms = at_ms - int(settings.idle_h * 3_600_000)
    connection.execute(delete(sessions).where(or_(sessions.c.expires_ms <= at_ms, sessions.c.used_ms <= idle_ms)))


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
