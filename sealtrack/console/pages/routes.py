"""One route a page. Data come to the page from its JSON twin, so that both show the same to the same user."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from sealtrack.console import dossier
from sealtrack.console.access.guard import Admin, Anyone, Supervisor, Viewer
from sealtrack.console.access.sessions import Session
from sealtrack.console.desk import desk_of
from sealtrack.console.pages.frame import show
from sealtrack.console.problems import not_found
from sealtrack.console.queue import STATUSES

router = APIRouter(include_in_schema=False)


@router.get("/login")
def login(request: Request) -> Response:
    return show(request, "login.html", None)


@router.get("/password")
def password(request: Request, session: Anyone) -> Response:
    return show(request, "password.html", session)


@router.get("/")
def queue(request: Request, session: Viewer) -> Response:
    return show(request, "queue.html", session, twin="/incidents", statuses=(*STATUSES, "all"))


@router.get("/incidents/{incident_id}")
def incident(request: Request, session: Viewer, incident_id: str) -> Response:
    with desk_of(request).store.reading() as connection:
        row = dossier.find(connection, session.user, incident_id)
    names = {"id": row.incident_id}
    return show(request, "incident.html", session, twin=f"/incidents/{row.incident_id}", data=names)


@router.get("/live")
def live(request: Request, session: Viewer) -> Response:
    return show(request, "live.html", session, twin="/live")


@router.get("/shipments/{name:path}")
def shipment(request: Request, session: Viewer, name: str) -> Response:
    return _trip(request, session, "shipment", name)


@router.get("/seals/{name:path}")
def seal(request: Request, session: Viewer, name: str) -> Response:
    return _trip(request, session, "seal", name)


@router.get("/statistics")
def statistics(request: Request, session: Viewer) -> Response:
    return _report(request, session, "statistics")


@router.get("/devices")
def devices(request: Request, session: Viewer) -> Response:
    return _report(request, session, "devices")


@router.get("/handover")
def handover(request: Request, session: Viewer) -> Response:
    return _report(request, session, "handover")


@router.get("/audit")
def audit(request: Request, session: Supervisor) -> Response:
    return _report(request, session, "audit")


@router.get("/suppressions")
def suppressions(request: Request, session: Viewer) -> Response:
    return show(request, "suppressions.html", session, twin="/suppressions")


@router.get("/users")
def users(request: Request, session: Admin) -> Response:
    return show(request, "users.html", session, twin="/users")


@router.get("/layers/{number}.geojson")
def layer(request: Request, _session: Viewer, number: int) -> Response:
    """A GeoJSON file that the setting `console.layers` names, by its place there."""
    files = desk_of(request).settings.layers
    if not 0 <= number < len(files) or not files[number].is_file():
        raise not_found("layer")
    return FileResponse(files[number], media_type="application/geo+json")


@router.get("/tiles/{z}/{x}/{y}")
def tile(request: Request, _session: Viewer, z: int, x: int, y: int) -> Response:
    """A picture of the PMTiles archive that the setting `console.tiles` names."""
    archive = desk_of(request).ground.archive
    content = archive.tile(z, x, y) if archive else None
    if archive is None or content is None:
        raise not_found("tile")
    return Response(content, media_type=archive.media_type, headers={"Cache-Control": "private, max-age=86400"})


def _trip(request: Request, session: Session, page: str, name: str) -> Response:
    names = {"report": page, "id": name}
    return show(request, "shipment.html", session, twin=f"/{page}s/{name}", page=page, data=names)


def _report(request: Request, session: Session, page: str) -> Response:
    return show(request, "report.html", session, twin=f"/{page}", page=page, data={"report": page, "id": ""})
