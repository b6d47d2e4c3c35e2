"""Makes the pack: a zip whose manifest names every file with its SHA-256."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from sealtrack import __version__
from sealtrack.console import dossier
from sealtrack.console.access.users import User
from sealtrack.console.desk import Desk
from sealtrack.console.evidence.gather import Case, Material, case_of
from sealtrack.console.evidence.lines import lines_of, report_lines
from sealtrack.console.evidence.names import (
    ALERTS,
    AUDIT,
    FORMAT,
    HISTORY,
    MANIFEST,
    REPORTS,
    SHIPMENTS,
    SIGHTINGS,
    folder_of,
)
from sealtrack.console.evidence.report_html import report_html
from sealtrack.console.evidence.report_pdf import report_pdf
from sealtrack.console.evidence.sufficient import Sufficient, sufficient
from sealtrack.console.intake.documents import files_of
from sealtrack.console.problems import Problem, not_found
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.times import shown
from sealtrack.io.codecs import alert_json

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
    found = sufficient(connection, desk, user, row, case)
    told = dossier.dossier(connection, user, row)
    files = _files(found.taken, case) | _documents(connection, found)
    files["incident.json"] = msgspec.json.encode(told)
    files["report.html"] = report_html(told, case, found, desk)
    files["report.pdf"] = report_pdf(told, case, found, desk)
    manifest = {
        "format": FORMAT,
        "made_by": f"sealtrack {__version__}",
        "made_for": user.user,
        "made_at": shown(at_ms),
        "incident_id": row.incident_id,
        "shipment_id": row.shipment_id,
        "clock": shown(case.clock_ms),
        "geofences": [
            {"from_ms": edition.from_ms if number else None, "sha256": edition.catalogue.sha256}
            for number, edition in enumerate(found.editions)
        ],
        "policy_sha256": found.policies.sha256(),
        "audit_head": case.audit_head,
        "not_reproduced": found.unproven,
        "files": {name: {"sha256": _sha256(files[name]), "bytes": len(files[name])} for name in sorted(files)},
    }
    written = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    return _zip({MANIFEST: written} | files), _sha256(written)


def _files(taken: Material, case: Case) -> dict[str, bytes]:
    return {
        ALERTS: b"".join(alert_json(alert) + b"\n" for alert in case.alerts),
        HISTORY: b"".join(alert_json(alert) + b"\n" for alert in case.history),
        REPORTS: report_lines(taken.reports),
        SHIPMENTS: lines_of(taken.shipments),
        SIGHTINGS: lines_of(taken.sightings),
        AUDIT: lines_of(case.audit),
    }


def _documents(connection: Connection, found: Sufficient) -> dict[str, bytes]:
    """The files of the geofences and of the policy that judged it, each version in a folder of its name."""
    files = {}
    for edition in found.editions:
        version = edition.catalogue.sha256
        for name, content in files_of(connection, "geofences", version).items():
            files[f"{folder_of(version)}{name}"] = content
    policy = files_of(connection, "policy", found.policies.sha256())
    return files | {f"policy/{name}": content for name, content in policy.items()}


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
