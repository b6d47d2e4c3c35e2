"""Versions of alerts into the store, and what follows for the incidents of their shipments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, func, select, update

from sealtrack.console.intake.regroup import regroup
from sealtrack.console.store.alerts import alert_row
from sealtrack.console.store.tables.judged import alerts
from sealtrack.console.store.upsert import insert_new
from sealtrack.schema import Alert
from sealtrack.settings import Console

_AT_ONCE = 500


def take_alerts(connection: Connection, found: Iterable[Alert], settings: Console, at_ms: int) -> None:
    """Insert versions; one that is there already changes nothing. The incidents of their shipments follow."""
    by_shipment: dict[str, list[Alert]] = {}
    for alert in found:
        by_shipment.setdefault(alert.shipment_id, []).append(alert)
    ids = list(by_shipment)
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        _insert(connection, [alert for shipment_id in some for alert in by_shipment[shipment_id]])
        regroup(connection, some, settings, at_ms)


def _insert(connection: Connection, found: Sequence[Alert]) -> None:
    rows: dict[tuple[str, int], dict[str, Any]] = {
        (alert.alert_id, alert.version): {**alert_row(alert), "last": False} for alert in found
    }
    insert_new(connection, alerts, list(rows.values()))
    ids = list(dict.fromkeys(alert.alert_id for alert in found))
    for start in range(0, len(ids), _AT_ONCE):
        _mark_last(connection, ids[start : start + _AT_ONCE])


def _mark_last(connection: Connection, ids: Sequence[str]) -> None:
    inner = alerts.alias()
    newest = select(func.max(inner.c.version)).where(inner.c.alert_id == alerts.c.alert_id).scalar_subquery()
    connection.execute(update(alerts).where(alerts.c.alert_id.in_(ids)).values(last=alerts.c.version == newest))
