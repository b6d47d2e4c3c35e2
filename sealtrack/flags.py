"""The live record of a flagged shipment: a score in which every point is explained, and its current incident.

Alerts of a shipment that touch in time (`TOUCH_MS`) form one incident. A shipment is flagged while an alert of weight
warning or more stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sealtrack.io.codecs.times import time_text
from sealtrack.schema import Alert, Kind, Severity, Status

TOUCH_MS = 1_800_000
POINTS = {Severity.info: 0, Severity.warning: 20, Severity.critical: 50}
OFFENCE_POINTS = {Kind.seal_open: 30, Kind.seal_tamper: 30, Kind.route_deviation: 20, Kind.unauthorised_stop: 10}
"""More for kinds that are acts, not circumstances."""
MOST_POINTS = 100
_ORDER = list(Severity)


class Flags:
    """What stands against each shipment."""

    def __init__(self) -> None:
        self._standing: dict[str, dict[str, Alert]] = {}

    def note(self, alerts: Iterable[Alert]) -> None:
        """Take new versions of alerts."""
        for alert in alerts:
            standing = self._standing.setdefault(alert.shipment_id, {})
            if alert.status == Status.retracted:
                standing.pop(alert.alert_id, None)
            else:
                standing[alert.alert_id] = alert

    def restore(self, alerts: Iterable[Alert]) -> None:
        """Start again from the alerts that stand."""
        self._standing.clear()
        self.note(alerts)

    def record(self, shipment_id: str) -> dict[str, Any]:
        """The `seal.flagged` record; `flagged` false when nothing stands against the shipment."""
        alerts = [a for a in self._standing.get(shipment_id, {}).values() if a.severity != Severity.info]
        if not alerts:
            return {"shipment_id": shipment_id, "flagged": False}
        incident = max(incidents(alerts), key=lambda group: (score(group), group[0].start))
        return {
            "shipment_id": shipment_id,
            "flagged": True,
            "seal_id": alerts[0].seal_id,
            "severity": worst(alerts),
            "score": score(incident),
            "reasons": [_reason(alert) for alert in incident],
            "incident": {
                "incident_id": incident[0].alert_id,
                "start": time_text(incident[0].start),
                "open": any(alert.end is None for alert in incident),
                "alert_ids": [alert.alert_id for alert in incident],
            },
            "alerts": len(alerts),
            "updated_at": time_text(max(alert.detected_at for alert in alerts)),
        }


def incidents(alerts: Iterable[Alert]) -> list[list[Alert]]:
    """Alerts of one shipment grouped by touching times, each group by start."""
    groups: list[list[Alert]] = []
    reach = 0.0
    for alert in sorted(alerts, key=lambda a: (a.start, a.kind)):
        if not groups or alert.start > reach + TOUCH_MS:
            groups.append([])
            reach = 0.0
        groups[-1].append(alert)
        reach = max(reach, float("inf") if alert.end is None else alert.end)
    return groups


def points(alert: Alert) -> int:
    """What one alert adds to a score."""
    base = POINTS[Severity(alert.severity)]
    return base + OFFENCE_POINTS.get(Kind(alert.kind), 0) if base else 0


def score(group: Iterable[Alert]) -> int:
    """0 to 100: the sum of the points of an incident's alerts, each kind counted once at its worst."""
    by_kind: dict[str, int] = {}
    for alert in group:
        by_kind[alert.kind] = max(by_kind.get(alert.kind, 0), points(alert))
    return min(MOST_POINTS, sum(by_kind.values()))


def worst(alerts: Iterable[Alert]) -> Severity:
    """The highest severity."""
    return max((Severity(alert.severity) for alert in alerts), key=_ORDER.index)


def _reason(alert: Alert) -> dict[str, Any]:
    text = f"{alert.kind} since {time_text(alert.start)}, {alert.severity}"
    return {"alert_id": alert.alert_id, "kind": alert.kind, "points": points(alert), "text": text}
