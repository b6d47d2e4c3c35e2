"""Users in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from sealtrack.console.access import passwords
from sealtrack.console.access.roles import Role
from sealtrack.console.store.tables.people import sessions, user_units, users


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in. `units`: whose shipments they see; none: all."""

    user: str
    name: str
    role: Role
    units: tuple[str, ...]
    language: str
    must_change: bool
    active: bool


def find_user(connection: Connection, user: str) -> User | None:
    """The user of this name, active or not."""
    row = connection.execute(select(users).where(users.c.user == user)).one_or_none()
    if row is None:
        return None
    found = connection.scalars(select(user_units.c.unit).where(user_units.c.user == user).order_by(user_units.c.unit))
    return User(row.user, row.name, Role(row.role), tuple(found), row.language, row.must_change, row.active)


def list_users(connection: Connection) -> list[User]:
    """All, by name."""
    names = connection.scalars(select(users.c.user).order_by(users.c.user)).all()
    return [user for name in names if (user := find_user(connection, name))]


def add_user(connection: Connection, user: User, password: str, at_ms: int) -> None:
    """A new user with this password."""
    values = {
        "user": user.user,
        "name": user.name,
        "role": user.role.value,
        "password": passwords.hashed(password),
        "must_change": user.must_change,
        "active": user.active,
        "language": user.language,
        "created_ms": at_ms,
    }
    connection.execute(insert(users).values(values))
    set_units(connection, user.user, user.units)


def set_units(connection: Connection, user: str, units: Sequence[str]) -> None:
    """Whose shipments the user sees from now on."""
    connection.execute(delete(user_units).where(user_units.c.user == user))
    if units:
        connection.execute(insert(user_units), [{"user": user, "unit": unit} for unit in sorted(set(units))])


def set_password(connection: Connection, user: str, password: str, *, must_change: bool) -> None:
    """A new password; every session of the user ends."""
    values = {"password": passwords.hashed(password), "must_change": must_change}
    connection.execute(update(users).where(users.c.user == user).values(values))
    connection.execute(delete(sessions).where(sessions.c.user == user))


def set_language(connection: Connection, user: str, language: str) -> None:
    """Of the pages that the user sees."""
    connection.execute(update(users).where(users.c.user == user).values(language=language))


def first_admin(connection: Connection, at_ms: int) -> str | None:
    """Where there is no user yet, make `admin`; returns its one-time password, else None."""
    if connection.scalar(select(func.count()).select_from(users)):
        return None
    password = passwords.one_time()
    admin = User("admin", "admin", Role.admin, (), "vi", must_change=True, active=True)
    add_user(connection, admin, password, at_ms)
    return password


def password_of(connection: Connection, user: str) -> str | None:
    """The hash of an active user's password; None where there is no such user."""
    return connection.scalar(select(users.c.password).where(users.c.user == user, users.c.active))
