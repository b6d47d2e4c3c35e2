"""All shipments on their way."""

from __future__ import annotations

from fastapi import APIRouter, Request

from sealtrack.console.access.guard import Viewer
from sealtrack.console.api.answers import Json
from sealtrack.console.api.shapes.duty import Live
from sealtrack.console.api.shapes.track import Places
from sealtrack.console.desk import desk_of
from sealtrack.console.live import live, places

router = APIRouter(tags=["duty room"])


@router.get("/live", response_model=Live, response_class=Json)
def show_live(request: Request, session: Viewer) -> Json:
    """A row for each shipment under way, in the order of `columns`."""
    desk = desk_of(request)
    with desk.store.reading() as connection:
        return Json(live(connection, desk, session.user))


@router.get("/places", response_model=Places, response_class=Json)
def show_places(request: Request, _session: Viewer) -> Json:
    """Corridors and zones, packed as the map of `sealtrack replay --map` reads them; the tiles that settings name."""
    desk = desk_of(request)
    return Json({**places(desk), "tiles": desk.ground.address})
