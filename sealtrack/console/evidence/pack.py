"""Makes the pack: a zip whose manifest names every file with its SHA-256."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from sealtrack import __version__
from sealtrack.console import dossier
from sealtrack.console.access.users import User
from sealtrack.console.desk import Desk
from sealtrack.console.evidence.gather import Case, Material, case_of, material, named_in, overlapping
from sealtrack.console.evidence.lines import lines_of, report_lines, reports_of
from sealtrack.console.evidence.report_html import report_html
from sealtrack.console.evidence.report_pdf import report_pdf
from sealtrack.console.evidence.rerun import differences, rerun
from sealtrack.console.intake.documents import files_of, in_use
from sealtrack.console.problems import Problem, not_found
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.times import shown
from sealtrack.geofence import Catalogue
from sealtrack.io.codecs import alert_json

FORMAT = 1
MANIFEST = "manifest.json"
ALERTS, REPORTS, SHIPMENTS, SIGHTINGS = "alerts.ndjson", "reports.ndjson", "shipments.ndjson", "sightings.ndjson"
_STAMP = (1980, 1, 1, 0, 0, 0)
"""Every file in the zip has this time: the same content gives the same bytes."""


def make_pack(connection: Connection, desk: Desk, user: User, row: Any, at_ms: int) -> tuple[bytes, str]:
    """The zip, and the SHA-256 of its manifest, which the audit log keeps."""
    declared = connection.execute(select(shipments).where(shipments.c.shipment_id == row.shipment_id)).one_or_none()
    if declared is None:
        raise not_found("shipment behind this incident")
    desk = desk.judging(declared)
    if desk.catalogue is None:
        raise Problem(409, "The console has no geofences: start it once with --geofences.", code="state")
    case = case_of(connection, row)
    taken, unproven = _sufficient(connection, desk, desk.catalogue, row, case)
    told = dossier.dossier(connection, user, row)
    files = _files(taken, case) | _documents(connection, desk.catalogue)
    files["incident.json"] = msgspec.json.encode(told)
    files["report.html"] = report_html(told, case, taken, desk, unproven)
    files["report.pdf"] = report_pdf(told, case, taken, desk)
    manifest = {
        "format": FORMAT,
        "made_by": f"sealtrack {__version__}",
        "made_for": user.user,
        "made_at": shown(at_ms),
        "incident_id": row.incident_id,
        "shipment_id": row.shipment_id,
        "clock": shown(case.clock_ms),
        "geofences_sha256": desk.catalogue.sha256,
        "policy_sha256": desk.policies.sha256(),
        "audit_head": case.audit_head,
        "not_reproduced": unproven,
        "files": {name: {"sha256": _sha256(files[name]), "bytes": len(files[name])} for name in sorted(files)},
    }
    written = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    return _zip({MANIFEST: written} | files), _sha256(written)


def _sufficient(
    connection: Connection, desk: Desk, catalogue: Catalogue, row: Any, case: Case
) -> tuple[Material, list[str]]:
    """The least that gives the same alerts: the shipment alone, with those that its evidence names, or with all that
    were on their way. And what differs even then, which the pack says of itself.
    """
    own = [row.shipment_id]
    groups: list[Sequence[str]] = [own, own + named_in(case.alerts, row.shipment_id), overlapping(connection, row)]
    best: tuple[Material, list[str]] | None = None
    for group in groups:
        taken = material(connection, group)
        if taken is None:
            break
        reports = reports_of(report_lines(taken.reports), REPORTS)
        again = rerun(reports, taken.shipments, taken.sightings, catalogue, desk.policies, case.clock_ms)
        faults = differences(case.alerts, [alert for alert in again if alert.shipment_id == row.shipment_id])
        if best is None or len(faults) < len(best[1]):
            best = taken, faults
        if not faults:
            break
    if best is None:
        raise Problem(409, "This shipment has too many reports for one pack.", code="too_large")
    return best


def _files(taken: Material, case: Case) -> dict[str, bytes]:
    return {
        ALERTS: b"".join(alert_json(alert) + b"\n" for alert in case.alerts),
        "history.ndjson": b"".join(alert_json(alert) + b"\n" for alert in case.history),
        REPORTS: report_lines(taken.reports),
        SHIPMENTS: lines_of(taken.shipments),
        SIGHTINGS: lines_of(taken.sightings),
        "audit.ndjson": lines_of(case.audit),
    }


def _documents(connection: Connection, catalogue: Catalogue) -> dict[str, bytes]:
    """The files of the geofences that judged it, and of the policy in use, each in a folder of its name."""
    folders = {
        "geofences": files_of(connection, "geofences", catalogue.sha256),
        "policy": in_use(connection, "policy"),
    }
    return {f"{topic}/{name}": content for topic, files in folders.items() for name, content in files.items()}


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
