"""Unit scope: whose shipments a user sees. Every query about shipments passes here."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, func, or_, select, true

from sealtrack.console.access.users import User
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.judged import incidents


def sees_all(user: User) -> bool:
    """Whether the user is bound to no unit."""
    return not user.units


def own_incidents(user: User) -> ColumnElement[bool]:
    """The incidents of the user's units: of their shipments, or assigned to them."""
    if sees_all(user):
        return true()
    return or_(incidents.c.unit.in_(user.units), incidents.c.assigned_unit.in_(user.units))


def own_shipments(user: User) -> ColumnElement[bool]:
    """The shipments of the user's units."""
    return true() if sees_all(user) else shipments.c.unit.in_(user.units)


def own_seals(connection: Connection, user: User, clock: int, seal_id: str | None = None) -> set[str]:
    """Seals (or the one given) whose last trip is one of the user's units: where another unit's trip is now, and
    whether it is locked, is not for them.
    """
    table = shipments
    last = select(table.c.seal_id, func.max(table.c.depart_ms).label("depart_ms")).where(table.c.depart_ms <= clock)
    last = last.where(table.c.seal_id == seal_id) if seal_id is not None else last
    latest = last.group_by(table.c.seal_id).subquery()
    same = (table.c.seal_id == latest.c.seal_id) & (table.c.depart_ms == latest.c.depart_ms)
    return set(connection.scalars(select(table.c.seal_id).join(latest, same).where(own_shipments(user))))
