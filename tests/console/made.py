"""Shipments and alerts made by hand, for stores of each sort."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sealtrack.console.clock import now_ms
from sealtrack.console.intake.alerts import take_alerts
from sealtrack.console.intake.declared import take_shipments
from sealtrack.console.store import Store
from sealtrack.schema import Alert, Kind, Severity, Shipment, Status
from sealtrack.settings import Console

DEPART_MS = 1_773_100_000_000


def shipment(number: int, **changes: Any) -> Shipment:
    """S1, S2, … of unit `Đội 1`, on seals L1, L2, …"""
    usual: dict[str, Any] = {
        "shipment_id": f"S{number}", "seal_id": f"L{number}", "route_id": "r1", "depart_at": DEPART_MS,
        "unit": "Đội 1", "carrier": f"Carrier {number}",
    }  # fmt: skip
    return Shipment(**(usual | changes))


def alert(number: int, kind: Kind = Kind.seal_open, **changes: Any) -> Alert:
    """Of shipment `number`, an hour after it departed."""
    start = DEPART_MS + 3_600_000 + list(Kind).index(kind) * 60_000
    usual: dict[str, Any] = {
        "alert_id": f"{number:012x}{list(Kind).index(kind):04x}", "version": 1, "kind": kind, "status": Status.closed,
        "severity": Severity.critical, "shipment_id": f"S{number}", "seal_id": f"L{number}", "start": start,
        "end": start + 60_000, "lat": 21.0, "lon": 106.0, "evidence": {}, "detected_at": start + 60_000,
    }  # fmt: skip
    return Alert(**(usual | changes))


def fill_store(store: Store, shipments: Sequence[Shipment], alerts: Sequence[Alert], settings: Console) -> None:
    """As an intake does."""
    with store.writing() as connection:
        take_shipments(connection, shipments)
        take_alerts(connection, alerts, settings, now_ms())
