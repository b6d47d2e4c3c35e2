"""Alerts as rows, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from sealtrack.console.store.tables.judged import alerts
from sealtrack.io.codecs.alerts import alert_object
from sealtrack.schema import Alert, Status


def alert_row(alert: Alert) -> dict[str, Any]:
    """The row of one version, without `last`."""
    same = ("alert_id", "version", "kind", "status", "severity", "shipment_id", "seal_id", "lat", "lon")
    times = {"start_ms": alert.start, "end_ms": alert.end, "detected_ms": alert.detected_at}
    evidence = bytes(alert_object(alert)["evidence"]).decode()
    return {name: getattr(alert, name) for name in same} | times | {"evidence": evidence}


def alert_of(row: Any) -> Alert:
    """The alert in a row."""
    same = ("alert_id", "version", "kind", "status", "severity", "shipment_id", "seal_id", "lat", "lon")
    return Alert(
        **{name: getattr(row, name) for name in same},
        start=row.start_ms,
        end=row.end_ms,
        evidence=json.loads(row.evidence),
        detected_at=row.detected_ms,
    )


def standing(connection: Connection, shipment_ids: Sequence[str]) -> dict[str, list[Alert]]:
    """The last version of every alert of these shipments that is not retracted, by start."""
    wanted = (alerts.c.shipment_id.in_(shipment_ids), alerts.c.last, alerts.c.status != Status.retracted)
    found: dict[str, list[Alert]] = {one: [] for one in shipment_ids}
    for row in connection.execute(select(alerts).where(*wanted).order_by(alerts.c.start_ms, alerts.c.alert_id)):
        found[row.shipment_id].append(alert_of(row))
    return found


def versions(connection: Connection, alert_ids: Sequence[str]) -> dict[str, list[Alert]]:
    """Every version of these alerts, the first one first."""
    found: dict[str, list[Alert]] = {one: [] for one in alert_ids}
    for row in connection.execute(select(alerts).where(alerts.c.alert_id.in_(alert_ids)).order_by(alerts.c.version)):
        found[row.alert_id].append(alert_of(row))
    return found
