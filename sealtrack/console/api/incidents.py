"""The queue and the incident."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from sealtrack.console import dossier, queue
from sealtrack.console.access.guard import Viewer
from sealtrack.console.api.answers import Json, refuses
from sealtrack.console.api.params import Id, incident_filter
from sealtrack.console.api.shapes.incident import Counts, Incident, Page
from sealtrack.console.desk import desk_of

router = APIRouter(tags=["incidents"])


@router.get("/incidents", response_model=Page, response_class=Json)
def list_incidents(
    request: Request,
    session: Viewer,
    wanted: Annotated[queue.Filter, Depends(incident_filter)],
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Query(ge=1, le=queue.LARGEST_PAGE)] = 50,
) -> Json:
    """One page of incidents: `{total, page, size, items}`."""
    with desk_of(request).store.reading() as connection:
        return Json(queue.page(connection, session.user, wanted, page, size))


@router.get("/incidents/counts", response_model=Counts, response_class=Json)
def counts(request: Request, session: Viewer) -> Json:
    """How many incidents are new, and how many stand in the queue."""
    with desk_of(request).store.reading() as connection:
        return Json(queue.counts(connection, session.user))


@router.get("/incidents/{incident_id}", response_model=Incident, response_class=Json, responses=refuses(404))
def show_incident(request: Request, session: Viewer, incident_id: Id) -> Json:
    """One incident, by its id or that of any of its alerts."""
    with desk_of(request).store.reading() as connection:
        row = dossier.find(connection, session.user, incident_id)
        return Json(dossier.dossier(connection, session.user, row))
