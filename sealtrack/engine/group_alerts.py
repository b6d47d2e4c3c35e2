"""Alerts, and words in alerts, that come of several stops or shipments: from `sealtrack.across` to an alert."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sealtrack.across import Accumulation, Neighbours, Rendezvous
from sealtrack.engine.evidence import SEVERITIES, alert_id
from sealtrack.engine.rows import Row
from sealtrack.schema import Alert, Kind, Severity, Shipment, Status


def accumulation_alert(found: Accumulation, rows: list[Row], shipment: Shipment) -> Alert:
    """The unauthorised_stop of several short ones; `rows`: the rows of its stops, in their order."""
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


def rendezvous_alert(found: Rendezvous, row: Row, shipment: Shipment) -> Alert:
    """The alert of one shipment that met others during the short stop of `row`."""
    evidence: dict[str, Any] = {"partners": list(found.partners), "together_s": round(found.together_s, 1)}
    return _alert(
        shipment,
        Kind.rendezvous,
        found.severity,
        (found.start, found.end),
        found.detected_at,
        evidence | _where_read(row, row),
        (row.lat, row.lon),
    )


def with_neighbours(alert: Alert, neighbours: Neighbours) -> Alert:
    """A signal_loss that now says how others fared there, too: where they fell silent as well, it weighs less."""
    alert.evidence.update(others_heard=neighbours.heard, others_lost=neighbours.lost)
    if neighbours.heard or not neighbours.lost:
        return alert
    return replace(alert, severity=SEVERITIES[max(0, SEVERITIES.index(Severity(alert.severity)) - 1)])


def _where_read(first: Row, last: Row) -> dict[str, Any]:
    return {
        "partition": first.partition,
        "first_offset": first.first_offset,
        "last_offset": last.last_offset,
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
