"""Unit scope: whose shipments a user sees. Every query about shipments passes here."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, true

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
