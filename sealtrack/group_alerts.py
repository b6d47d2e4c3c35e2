"""Alerts, and words in alerts, that come of several stops or shipments: from `sealtrack.across` to an alert."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sealtrack.across import Accumulation, Neighbours, Rendezvous
from sealtrack.evidence import SEVERITIES, alert_id
from sealtrack.schema import Alert, Kind, Severity, Shipment, Status


def accumulation_alert(found: Accumulation, rows: list[np.void], shipment: Shipment) -> Alert:
    """The unauthorised_stop of several short ones; `rows`: the OUT_DTYPE rows of its stops, in their order."""
    first, last = found.stops[0], found.stops[-1]
    evidence: dict[str, Any] = {
        "accumulated": True,
        "probing": found.probing,
        "stops": found.halts,
        "stood_s": round(found.stood_s, 1),
    }
    return _alert(
        shipment,
        Kind.unauthorised_stop,
        Severity.critical if found.probing else Severity.warning,
        (first.start, last.end),
        found.completed_at,
        evidence | _where_read(rows[0], rows[-1]),
        (first.lat, first.lon),
    )


def rendezvous_alert(found: Rendezvous, row: np.void, shipment: Shipment) -> Alert:
    """The alert of one shipment that met others during the short stop of `row` (OUT_DTYPE)."""
    evidence: dict[str, Any] = {"partners": list(found.partners), "together_s": round(found.together_s, 1)}
    return _alert(
        shipment,
        Kind.rendezvous,
        found.severity,
        (found.start, found.end),
        found.detected_at,
        evidence | _where_read(row, row),
        (row["lat"], row["lon"]),
    )


def with_neighbours(alert: Alert, neighbours: Neighbours) -> Alert:
    """A signal_loss that says how others fared there: where they fell silent too, it weighs less."""
    severity = Severity(alert.severity)
    if neighbours.lost and not neighbours.heard:
        severity = SEVERITIES[max(0, SEVERITIES.index(severity) - 1)]
    others = {"others_heard": neighbours.heard, "others_lost": neighbours.lost}
    return replace(alert, severity=severity, evidence=alert.evidence | others)


def _where_read(first: np.void, last: np.void) -> dict[str, Any]:
    return {
        "partition": int(first["partition"]),
        "first_offset": int(first["first_offset"]),
        "last_offset": int(last["last_offset"]),
    }


def _alert(
    shipment: Shipment,
    kind: Kind,
    severity: Severity,
    interval: tuple[int, int | None],
    detected_ms: int,
    evidence: dict[str, Any],
    place: tuple[Any, Any],
) -> Alert:
    start, end = interval
    if end is not None:
        evidence = {"duration_s": round((end - start) / 1e3, 1)} | evidence
    return Alert(
        alert_id=alert_id(shipment.shipment_id, kind, start),
        version=1,
        kind=kind,
        status=Status.open if end is None else Status.closed,
        severity=severity,
        shipment_id=shipment.shipment_id,
        seal_id=shipment.seal_id,
        start=start,
        end=end,
        lat=round(float(place[0]), 6),
        lon=round(float(place[1]), 6),
        evidence=evidence,
        detected_at=detected_ms,
    )
