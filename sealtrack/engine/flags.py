"""The live record of a shipment that somebody must look at: `seal.flagged` (fields: `sealtrack.schema.FlagRecord`).

A shipment is flagged while an alert of weight warning or more stands. Its record tells the incident with the highest
score (`incidents.py`, `score.py`). One with reports beyond the horizon has a record too, flagged or not: its trip is to
be judged again (judgement section 8).

An incident is named after its first alert, so that its id depends on the evidence and not on the order in which it
came. Late evidence that puts an earlier alert before it changes the id; the former one is still among `alert_ids`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sealtrack.engine.incidents import incidents
from sealtrack.engine.score import Reason, reasons, score
from sealtrack.io.codecs.times import time_text
from sealtrack.policy import limits
from sealtrack.schema import Alert, Severity, Status

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

    def record(self, shipment_id: str, late_reports: int = 0, late_by_ms: int = 0) -> dict[str, Any]:
        """The `seal.flagged` record; `late_reports` came beyond the horizon, the latest by `late_by_ms`."""
        alerts = [a for a in self._standing.get(shipment_id, {}).values() if a.severity != Severity.info]
        head = {"shipment_id": shipment_id, "flagged": bool(alerts)}
        tail: dict[str, Any] = {"late_reports": late_reports, "readjudicate": late_reports > 0}
        late = []
        if late_reports:
            tail["horizon_needed_s"] = horizon_needed_s(late_by_ms)
            late.append(_late_reason(late_reports, tail["horizon_needed_s"]))
        if not alerts:
            return head | ({"score": 0, "reasons": [reason.record() for reason in late]} if late else {}) | tail
        found = incidents(alerts)
        incident = max(found, key=lambda group: (score(group), group[0].start))
        return (
            head
            | {
                "seal_id": alerts[0].seal_id,
                "severity": worst(alerts),
                "score": score(incident),
                "reasons": [reason.record() for reason in (*reasons(incident), *late)],
                "incident": _incident(incident),
                "incidents": len(found),
                "alerts": len(alerts),
                "updated_at": time_text(max(alert.detected_at for alert in alerts)),
            }
            | tail
        )


def worst(alerts: Iterable[Alert]) -> Severity:
    """The highest severity."""
    return max((Severity(alert.severity) for alert in alerts), key=_ORDER.index)


def horizon_needed_s(late_by_ms: int) -> int:
    """A `horizon_s` that takes reports so late: whole hours, at most what a policy allows."""
    return min(math.ceil(late_by_ms / 3_600_000) * 3_600, int(limits()["horizon_s"].high))


def _late_reason(late_reports: int, horizon_s: int) -> Reason:
    reports = "1 report came" if late_reports == 1 else f"{late_reports} reports came"
    text = (
        f"{reports} after the horizon, judged for seal events only: replay the whole trip with horizon_s = {horizon_s}"
    )
    return Reason(0, f"{text}: +0")


def _incident(alerts: Sequence[Alert]) -> dict[str, Any]:
    ends = [alert.end for alert in alerts]
    last = None if None in ends else max(end for end in ends if end is not None)
    return {
        "incident_id": alerts[0].alert_id,
        "start": time_text(alerts[0].start),
        "end": None if last is None else time_text(last),
        "open": last is None,
        "severity": worst(alerts),
        "alert_ids": [alert.alert_id for alert in alerts],
    }
