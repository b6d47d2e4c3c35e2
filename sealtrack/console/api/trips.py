"""One shipment, and one seal with the shipments that it has served."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import ColumnElement, Connection, Row, select

from sealtrack.console.access.guard import Viewer
from sealtrack.console.access.users import User
from sealtrack.console.api.answers import Json, refuses
from sealtrack.console.api.params import Id
from sealtrack.console.api.shapes.incident import SealTold, ShipmentTold
from sealtrack.console.api.shapes.track import Track
from sealtrack.console.desk import desk_of
from sealtrack.console.dossier import alerts_of, shipment_object
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.intake.unjudged import unjudged_part
from sealtrack.console.problems import not_found
from sealtrack.console.queue import item
from sealtrack.console.scope import own_incidents, own_seals, own_shipments
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.heard import seals
from sealtrack.console.store.tables.judged import incidents
from sealtrack.console.times import shown
from sealtrack.console.track import interval, track
from sealtrack.schema import Lock

router = APIRouter(tags=["incidents"])
MOST_TRIPS = 200


@router.get("/shipments/{shipment_id:path}/track", response_model=Track, response_class=Json, responses=refuses(404))
def show_whole_track(request: Request, session: Viewer, shipment_id: Id) -> Json:
    """What the seal reported on the whole trip, in the form of an incident's track."""
    desk = desk_of(request)
    with desk.store.reading() as connection:
        own = (shipments.c.shipment_id == shipment_id, own_shipments(session.user))
        row = connection.execute(select(shipments).where(*own)).one_or_none()
        if row is None:
            raise not_found("shipment")
        first, last = interval(connection, row)
        return Json(track(connection, desk, row, first, last))


@router.get("/shipments/{shipment_id:path}", response_model=ShipmentTold, response_class=Json, responses=refuses(404))
def show_shipment(request: Request, session: Viewer, shipment_id: Id) -> Json:
    """The declaration, its incidents, withdrawn ones too, all its alerts that stand, and how its seal was last."""
    with desk_of(request).store.reading() as connection:
        own = (shipments.c.shipment_id == shipment_id, own_shipments(session.user))
        row = connection.execute(select(shipments).where(*own)).one_or_none()
        if row is None:
            raise not_found("shipment")
        return Json(
            {
                "shipment": shipment_object(connection, row),
                "incidents": _incidents(connection, session.user, incidents.c.shipment_id == shipment_id),
                "alerts": alerts_of(connection, shipment_id),
                "unjudged": unjudged_part(connection, shipment_id),
                "seal": _seal(connection, session.user, row.seal_id),
            }
        )


@router.get("/seals/{seal_id:path}", response_model=SealTold, response_class=Json, responses=refuses(404))
def show_seal(request: Request, session: Viewer, seal_id: Id) -> Json:
    """How the seal was last, the shipments that it has served, the latest first, and their incidents."""
    with desk_of(request).store.reading() as connection:
        own = (shipments.c.seal_id == seal_id, own_shipments(session.user))
        query = select(shipments).where(*own).order_by(shipments.c.depart_ms.desc()).limit(MOST_TRIPS)
        trips = connection.execute(query).all()
        if not trips:
            raise not_found("seal")
        return Json(
            {
                "seal": _seal(connection, session.user, seal_id),
                "trips": [_trip(row) for row in trips],
                "incidents": _incidents(connection, session.user, incidents.c.seal_id == seal_id),
            }
        )


def _incidents(connection: Connection, user: User, where: ColumnElement[bool]) -> list[dict[str, Any]]:
    query = select(incidents).where(where, own_incidents(user)).order_by(incidents.c.start_ms.desc())
    return [item(row) for row in connection.execute(query.limit(MOST_TRIPS))]


def _seal(connection: Connection, user: User, seal_id: str) -> dict[str, Any] | None:
    """Its latest state; None for a seal that was never heard. On another unit's trip: not where, nor how locked."""
    row = connection.execute(select(seals).where(seals.c.seal_id == seal_id)).one_or_none()
    if row is None:
        return None
    own = seal_id in own_seals(connection, user, clock_ms(connection), seal_id)
    return {
        "seal_id": seal_id,
        "heard_at": shown(row.heard_ms),
        "fix_at": shown(row.fix_ms) if own else None,
        "lat": row.lat if own else None,
        "lon": row.lon if own else None,
        "lock": Lock(row.lock).name if own else None,
        "battery_pct": None if row.battery_pct is None else round(row.battery_pct, 1),
        "satellites": row.satellites,
    }


def _trip(row: Row[Any]) -> dict[str, Any]:
    same = ("shipment_id", "route_id", "carrier", "vehicle", "cargo", "unit")
    times = {"depart_at": shown(row.depart_ms), "closed_at": shown(row.closed_ms)}
    return {name: getattr(row, name) for name in same} | times
