"""What an incident's row says of its alerts and its shipment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sealtrack.console.store.search import searchable
from sealtrack.engine.score import points, score
from sealtrack.schema import Alert, Severity

_WEIGHT = {severity.value: weight for weight, severity in enumerate(Severity)}

HEAD: dict[str, Any] = {
    "status": "new",
    "assigned_unit": None,
    "assigned_to": None,
    "verdict": None,
    "verdict_reason": None,
    "closing_by": None,
    "responded_ms": None,
    "closed_ms": None,
    "withdrawn": False,
    "suppressed": False,
    "queued": True,
}
"""A new incident: nobody has done anything yet."""


def judged(members: Sequence[Alert]) -> dict[str, Any]:
    """From the alerts of one incident, by start."""
    ends = [alert.end for alert in members]
    last = None if None in ends else max(end for end in ends if end is not None)
    worst = max(members, key=points)
    placed = next((alert for alert in (worst, *members) if alert.lat is not None), worst)
    severity = max((alert.severity for alert in members), key=_WEIGHT.__getitem__)
    return {
        "incident_id": members[0].alert_id,
        "shipment_id": members[0].shipment_id,
        "seal_id": members[0].seal_id,
        "score": score(members),
        "severity": str(severity),
        "weight": _WEIGHT[severity],
        "kinds": "".join(f",{kind}" for kind in dict.fromkeys(alert.kind for alert in members)) + ",",
        "start_ms": members[0].start,
        "end_ms": last,
        "open": last is None,
        "alerts": len(members),
        "lat": placed.lat,
        "lon": placed.lon,
        "detected_ms": max(alert.detected_at for alert in members),
    }


def shipment_part(members: Sequence[Alert], declared: Any) -> dict[str, Any]:
    """What is copied from the shipment; `declared` is its row, None where it was never declared to the console."""
    names = ("unit", "route_id", "carrier", "vehicle", "cargo")
    found = {name: getattr(declared, name, None) for name in names}
    told = (members[0].shipment_id, members[0].seal_id, *found.values(), getattr(declared, "declaration_no", None))
    return found | {"search": searchable(" ".join(one for one in told if one))}
