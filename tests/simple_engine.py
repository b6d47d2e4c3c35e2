"""An engine small enough to read at a glance: a cut lock in a known shipment is an alert, and that is all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sealtrack.columns import Reports
from sealtrack.schema import FLAG_SIGHTING, Alert, Kind, Lock, Severity, Shipment, Status

HORIZON_MS = 6 * 3_600_000


class SimpleEngine:
    """A `sealtrack.service.Judge`; holds what belongs to no shipment, as the real one does."""

    def __init__(self) -> None:
        self.clock_ms: int | None = None
        self.ticks: list[int] = []
        self.records: list[Shipment] = []
        self.read: list[str] = []
        """Seals, and ids of sightings, as they came."""
        self._shipments: dict[str, Shipment] = {}
        self._held: list[tuple[str, int, int]] = []
        self._known: set[str] = set()
        self._late: list[str] = []

    def register(self, shipments: Sequence[Shipment]) -> tuple[list[Alert], list[str]]:
        self.records += shipments
        self._shipments |= {shipment.seal_id: shipment for shipment in shipments}
        held, self._held = self._held, []
        problems = [f"shipment {s.shipment_id}: no route {s.route_id}" for s in shipments if s.route_id == "nowhere"]
        return [alert for one in held for alert in self._cut(*one)], problems

    def process(self, reports: Reports, clock_ms: int | None = None) -> list[Alert]:
        if clock_ms is not None:
            self.ticks.append(clock_ms)
        elif len(reports):
            self.clock_ms = max(self.clock_ms or 0, int(reports.rows["received_ms"].max()))
        reported = reports.rows[reports.rows["flags"] & FLAG_SIGHTING == 0]
        late = reported["seal"][reported["received_ms"] - reported["time_ms"] > HORIZON_MS]
        seals = {reports.seals[seal] for seal in late}
        self._late += [self._shipments[seal].shipment_id for seal in seals if seal in self._shipments]
        for row in reports.rows:
            sighting = row["flags"] & FLAG_SIGHTING
            name = reports.sightings[row["seq"]].sighting_id if sighting else reports.seals[row["seal"]]
            self.read.append(name)
        cut = np.flatnonzero(reports.rows["lock"] == Lock.cut).tolist()
        cut_seals = [reports.seals[reports.rows["seal"][row]] for row in cut]
        cuts = zip(cut, cut_seals, strict=True)
        return [alert for row, seal in cuts for alert in self._cut(seal, *self._place(reports, row))]

    def flags(self, shipment_ids: Sequence[str]) -> list[dict[str, Any]]:
        return [{"shipment_id": shipment, "flagged": True, "score": 1} for shipment in shipment_ids]

    def late_shipments(self) -> list[str]:
        late, self._late = self._late, []
        return late

    def unclaimed(self) -> list[str]:
        return [f"seal {seal}: no shipment" for seal in sorted({seal for seal, *_ in self._held})]

    @staticmethod
    def _place(reports: Reports, row: int) -> tuple[int, int]:
        return int(reports.rows["time_ms"][row]), int(reports.rows["partition"][row])

    def _cut(self, seal: str, time_ms: int, partition: int) -> list[Alert]:
        shipment = self._shipments.get(seal)
        if shipment is None:
            self._held.append((seal, time_ms, partition))
            return []
        alert_id = f"{shipment.shipment_id}-{time_ms}"
        if alert_id in self._known:
            return []
        self._known.add(alert_id)
        return [
            Alert(
                alert_id=alert_id,
                version=1,
                kind=Kind.seal_tamper,
                status=Status.closed,
                severity=Severity.critical,
                shipment_id=shipment.shipment_id,
                seal_id=seal,
                start=time_ms,
                end=time_ms,
                lat=None,
                lon=None,
                evidence={"partition": partition},
                detected_at=time_ms,
            )
        ]
