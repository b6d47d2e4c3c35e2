"""Suppressions: what need not be looked at until when, why, and who answers for it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlalchemy import Connection, insert, select, update

from sealtrack.console.access.guard import Supervisor, Viewer
from sealtrack.console.access.users import User
from sealtrack.console.api.answers import Json, refuses
from sealtrack.console.api.params import Given, Number, Short, Text, time_of
from sealtrack.console.api.shapes.people import Suppressions, SuppressionTold
from sealtrack.console.audit import append
from sealtrack.console.clock import now_ms
from sealtrack.console.desk import Desk, desk_of
from sealtrack.console.geometry import outline
from sealtrack.console.problems import Problem, not_found
from sealtrack.console.scope import own_shipments
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.worked import suppressions
from sealtrack.console.suppress import judge_all
from sealtrack.console.times import shown
from sealtrack.schema import Kind

router = APIRouter(tags=["suppressions"])
LONGEST_D = 90


class Suppression(Given):
    """Exactly one of shipment, route, seal and zone; without `kind` alerts of every kind."""

    shipment_id: Short | None = None
    route_id: Short | None = None
    seal_id: Short | None = None
    zone: Short | None = None
    kind: Kind | None = None
    until: Annotated[str, Field(max_length=40, description="RFC 3339, with a zone")]
    reason: Text

    def scope(self) -> tuple[str, str]:
        """(shipment, route, seal or zone; its id)."""
        given = {"shipment": self.shipment_id, "route": self.route_id, "seal": self.seal_id, "zone": self.zone}
        named = [(scope, value) for scope, value in given.items() if value]
        if len(named) != 1:
            raise Problem(422, "Name one of shipment_id, route_id, seal_id and zone.", code="invalid")
        return named[0]


@router.post(
    "/suppressions", status_code=201, response_model=SuppressionTold, response_class=Json, responses=refuses(404)
)
def add(request: Request, session: Supervisor, given: Suppression) -> Json:
    """Take incidents out of the queue until a moment, at most 90 days away. Their alerts are kept and counted."""
    desk, at_ms = desk_of(request), now_ms()
    scope, value = given.scope()
    until_ms = time_of("until", given.until) or 0
    if not at_ms < until_ms <= at_ms + LONGEST_D * 86_400_000:
        raise Problem(422, f"until: must be in the future, at most {LONGEST_D} days away.", code="invalid")
    row = {
        "scope": scope,
        "value": value,
        "kind": given.kind,
        "from_ms": at_ms,
        "until_ms": until_ms,
        "reason": given.reason,
        "owner": session.user.user,
        "units": json.dumps(session.user.units),
        "outline": _outline(desk, value) if scope == "zone" else None,
        "ended_ms": None,
    }
    with desk.store.writing() as connection:
        _check_is_own(connection, session.user, scope, value)
        number = connection.execute(insert(suppressions).values(row).returning(suppressions.c.id)).scalar_one()
        judge_all(connection, desk.settings, at_ms)
        told = {name: row[name] for name in ("scope", "value", "kind", "until_ms", "reason")}
        append(connection, at_ms, session.user.user, "suppress", f"suppression:{number}", told)
        return Json(_shown(_find(connection, session.user, number)), 201)


@router.get("/suppressions", response_model=Suppressions, response_class=Json)
def list_all(
    request: Request,
    session: Viewer,
    ended: Annotated[bool, Query(description="also those that are over")] = False,  # noqa: FBT002 - a query's flag
) -> Json:
    """Those of the user's units, the one that ends first first."""
    query = select(suppressions).order_by(suppressions.c.until_ms, suppressions.c.id)
    if not ended:
        query = query.where(suppressions.c.until_ms > now_ms(), suppressions.c.ended_ms.is_(None))
    with desk_of(request).store.reading() as connection:
        found = [row for row in connection.execute(query) if _is_own(connection, row, session.user)]
    return Json({"items": [_shown(row) for row in found]})


@router.get("/suppressions/{number}", response_model=SuppressionTold, response_class=Json, responses=refuses(404))
def show(request: Request, session: Viewer, number: Number) -> Json:
    """One suppression."""
    with desk_of(request).store.reading() as connection:
        return Json(_shown(_find(connection, session.user, number)))


@router.delete("/suppressions/{number}", response_model=SuppressionTold, response_class=Json, responses=refuses(404))
def end(request: Request, session: Supervisor, number: Number) -> Json:
    """End it now; it stays on record."""
    desk, at_ms = desk_of(request), now_ms()
    with desk.store.writing() as connection:
        row = _find(connection, session.user, number)
        if session.user.units and not _covers_all(session.user, row):
            raise Problem(403, "It also holds for other units: its owner, or who sees all units, ends it.", code="role")
        if row.ended_ms is None and row.until_ms > at_ms:
            table = suppressions
            connection.execute(update(table).where(table.c.id == number).values(ended_ms=at_ms))
            judge_all(connection, desk.settings, at_ms)
            append(connection, at_ms, session.user.user, "end_suppression", f"suppression:{number}", {})
        return Json(_shown(_find(connection, session.user, number)))


def _find(connection: Connection, user: User, number: int) -> Any:
    row = connection.execute(select(suppressions).where(suppressions.c.id == number)).one_or_none()
    if row is None or not _is_own(connection, row, user):
        raise not_found("suppression")
    return row


def _is_own(connection: Connection, row: Any, user: User) -> bool:
    """Whether the user may know of it: it holds for one of their units, and names nothing that is only others'."""
    units = set(json.loads(row.units))
    if not user.units or _covers_all(user, row):
        return True
    if units and not units & set(user.units):
        return False
    named = {"shipment": shipments.c.shipment_id, "seal": shipments.c.seal_id}.get(row.scope)
    if named is None:
        return True
    return connection.scalar(select(named).where(named == row.value, own_shipments(user)).limit(1)) is not None


def _covers_all(user: User, row: Any) -> bool:
    """Whether it holds for no unit but the user's."""
    units = set(json.loads(row.units))
    return bool(units) and units <= set(user.units)


def _check_is_own(connection: Connection, user: User, scope: str, value: str) -> None:
    """A user of one unit cannot name another's shipment, nor learn whether it exists."""
    if scope == "shipment":
        where = (shipments.c.shipment_id == value, own_shipments(user))
        if connection.scalar(select(shipments.c.shipment_id).where(*where)) is None:
            raise not_found("shipment")


def _outline(desk: Desk, zone_id: str) -> str:
    if desk.catalogue is None or zone_id not in desk.catalogue.zone_ids:
        raise Problem(422, f"zone: there is no zone {zone_id!r} in the geofences.", code="invalid")
    return json.dumps(outline(desk.catalogue, zone_id))


def _shown(row: Any) -> dict[str, Any]:
    same = ("id", "scope", "value", "kind", "reason", "owner")
    times = {"from": row.from_ms, "until": row.until_ms, "ended_at": row.ended_ms}
    return {name: getattr(row, name) for name in same} | {name: shown(ms) for name, ms in times.items()}
