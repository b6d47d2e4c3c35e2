"""The reports behind an incident."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import select

from sealtrack.console import dossier
from sealtrack.console.access.guard import Viewer
from sealtrack.console.api.answers import Json, refuses
from sealtrack.console.api.params import Id
from sealtrack.console.api.shapes.track import Track
from sealtrack.console.desk import desk_of
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.problems import not_found
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.track import interval, track

router = APIRouter(tags=["incidents"])


@router.get("/incidents/{incident_id}/track", response_model=Track, response_class=Json, responses=refuses(404))
def show_track(
    request: Request,
    session: Viewer,
    incident_id: Id,
    margin_s: Annotated[int, Query(ge=0, le=86_400 * 31)] = 3_600,
) -> Json:
    """What the seal reported during the incident and `margin_s` around it, as columns."""
    desk = desk_of(request)
    with desk.store.reading() as connection:
        row = dossier.find(connection, session.user, incident_id)
        declared = connection.execute(select(shipments).where(shipments.c.shipment_id == row.shipment_id)).one_or_none()
        if declared is None:
            raise not_found("shipment behind this incident")
        first, last = interval(connection, declared)
        end_ms = row.end_ms if row.end_ms is not None else max(clock_ms(connection), row.start_ms)
        from_ms, to_ms = max(first, row.start_ms - margin_s * 1000), min(last, end_ms + margin_s * 1000)
        return Json(track(connection, desk, declared, from_ms, to_ms))
