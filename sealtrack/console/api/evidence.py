"""The evidence pack of an incident."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from sealtrack.console import dossier
from sealtrack.console.access.guard import Analyst
from sealtrack.console.api.answers import refuses
from sealtrack.console.api.params import Id
from sealtrack.console.audit import append
from sealtrack.console.clock import now_ms
from sealtrack.console.desk import desk_of
from sealtrack.console.evidence.pack import make_pack

router = APIRouter(tags=["evidence"])


@router.get(
    "/incidents/{incident_id}/evidence.zip",
    response_class=Response,
    responses=refuses(404, 409) | {200: {"content": {"application/zip": {}}, "description": "The pack."}},
)
def evidence(request: Request, session: Analyst, incident_id: Id) -> Response:
    """Everything the incident was judged from; `sealtrack evidence verify` proves it. That it was made is audited."""
    desk, user, at_ms = desk_of(request), session.user, now_ms()
    with desk.store.reading() as connection:
        row = dossier.find(connection, user, incident_id)
        content, sha256 = make_pack(connection, desk, user, row, at_ms)
    with desk.store.writing() as connection:
        told = {"manifest_sha256": sha256, "shipment_id": row.shipment_id}
        append(connection, at_ms, user.user, "evidence", f"incident:{row.incident_id}", told)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", f"evidence-{row.shipment_id}-{row.incident_id}.zip")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Manifest-SHA256": sha256}
    return Response(content, media_type="application/zip", headers=headers)
