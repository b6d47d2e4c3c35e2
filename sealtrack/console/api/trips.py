"""One shipment, and one seal with its trips."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection, select

from sealtrack.console import devices, dossier, queue
from sealtrack.console.access.guard import Viewer
from sealtrack.console.access.users import User
from sealtrack.console.api.answers import Json
from sealtrack.console.desk import desk_of
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.problems import not_found
from sealtrack.console.scope import own_incidents, own_shipments
from sealtrack.console.store.alerts import standing, versions
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.judged import incidents
from sealtrack.console.store.tables.worked import maintenance
from sealtrack.console.track import interval, track

router = APIRouter(tags=["shipments"])
MOST_TRIPS = 200


@router.get("/shipments/{shipment_id:path}/track", response_class=Json)
def show_whole_track(request: Request, session: Viewer, shipment_id: str) -> Json:
    """What the seal reported on the whole trip, in the form of an incident's track."""
    desk = desk_of(request)
    with desk.store.reading() as connection:
        declared = _own(connection, session.user, shipment_id)
        first, last = interval(connection, declared)
        return Json(track(connection, desk, declared, first, last))


@router.get("/shipments/{shipment_id:path}", response_class=Json)
def show_shipment(request: Request, session: Viewer, shipment_id: str) -> Json:
    """The declaration, its incidents, and every alert that stands, also those of weight info."""
    with desk_of(request).store.reading() as connection:
        declared = _own(connection, session.user, shipment_id)
        alerts = standing(connection, [shipment_id])[shipment_id]
        history = versions(connection, [alert.alert_id for alert in alerts])
        told = {
            **dossier.shipment_object(connection, declared),
            "incidents": _incidents(connection, session.user, incidents.c.shipment_id == shipment_id),
            "alerts": [dossier.alert_object(alert, history[alert.alert_id]) for alert in alerts],
        }
    return Json(told)


@router.get("/seals/{seal_id:path}", response_class=Json)
def show_seal(request: Request, session: Viewer, seal_id: str) -> Json:
    """The trips of a seal, the latest first, with their incidents; its maintenance, also what is done."""
    with desk_of(request).store.reading() as connection:
        where = (shipments.c.seal_id == seal_id, own_shipments(session.user))
        query = select(shipments).where(*where).order_by(shipments.c.depart_ms.desc()).limit(MOST_TRIPS)
        trips = connection.execute(query).all()
        if not trips:
            raise not_found("seal")
        care = select(maintenance).where(maintenance.c.seal_id == seal_id).order_by(maintenance.c.id.desc())
        clock = clock_ms(connection)
        found = _incidents(connection, session.user, incidents.c.seal_id == seal_id)
        told = {
            "seal_id": seal_id,
            "trips": [
                {
                    **dossier.shipment_object(connection, trip),
                    "incidents": [one for one in found if one["shipment_id"] == trip.shipment_id],
                }
                for trip in trips
            ],
            "tasks": [devices.task(row, clock) for row in connection.execute(care.limit(MOST_TRIPS))],
        }
    return Json(told)


def _own(connection: Connection, user: User, shipment_id: str) -> Any:
    where = (shipments.c.shipment_id == shipment_id, own_shipments(user))
    row = connection.execute(select(shipments).where(*where)).one_or_none()
    if row is None:
        raise not_found("shipment")
    return row


def _incidents(connection: Connection, user: User, where: Any) -> list[dict[str, Any]]:
    query = select(incidents).where(where, own_incidents(user)).order_by(incidents.c.start_ms.desc()).limit(MOST_TRIPS)
    return [queue.item(row) for row in connection.execute(query)]
