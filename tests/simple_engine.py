"""An engine small enough to read at a glance: a cut lock in a known shipment is an alert, and that is all.

Its snapshots are JSON, and fit engines with the same `law`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from sealtrack.across import Digest, Heard
from sealtrack.columns import Reports
from sealtrack.engine.atlas import Edition
from sealtrack.engine.figures import Figures
from sealtrack.errors import InputError
from sealtrack.schema import FLAG_SIGHTING, Alert, Kind, Lock, Severity, Shipment, Status

HORIZON_MS = 6 * 3_600_000


class SimpleEngine:
    """A `sealtrack.service.Judge`; holds what belongs to no shipment, as the real one does."""

    def __init__(self, law: str = "") -> None:
        self.law = law
        """Another law opens its alerts a minute later."""
        self.clock_ms: int | None = None
        self.ticks: list[int] = []
        self.records: list[Shipment] = []
        self.read: list[str] = []
        """Seals, and ids of sightings, as they came."""
        self.heard: list[Digest] = []
        self.editions: set[str] = set()
        self._digests: list[Digest] = []
        self._late: list[str] = []
        self._shipments: dict[str, Shipment] = {}
        self._held: list[tuple[str, int, int]] = []
        self._known: dict[str, Alert] = {}

    def register(self, shipments: Sequence[Shipment]) -> tuple[list[Alert], list[str]]:
        self.records += shipments
        self._shipments |= {shipment.seal_id: shipment for shipment in shipments}
        held, self._held = self._held, []
        problems = [f"shipment {s.shipment_id}: no route {s.route_id}" for s in shipments if s.route_id == "nowhere"]
        return [alert for one in held for alert in self._cut(*one)], problems

    def follow(self, editions: Sequence[Edition]) -> list[Alert]:
        self.editions = {edition.catalogue.version for edition in editions}
        return []

    def process(self, reports: Reports, clock_ms: int | None = None) -> list[Alert]:
        if clock_ms is not None:
            self.ticks.append(clock_ms)
            self.clock_ms = max(self.clock_ms or 0, clock_ms)
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
            if not sighting:
                self._digests.append(Heard((name,), (0, 0), int(row["time_ms"]) // 600_000))
        cut = np.flatnonzero(reports.rows["lock"] == Lock.cut).tolist()
        cut_seals = [reports.seals[reports.rows["seal"][row]] for row in cut]
        cuts = zip(cut, cut_seals, strict=True)
        return [alert for row, seal in cuts for alert in self._cut(seal, *self._place(reports, row))]

    def flags(self, shipment_ids: Sequence[str]) -> list[dict[str, Any]]:
        return [{"shipment_id": shipment, "flagged": True, "score": 1} for shipment in shipment_ids]

    def late_shipments(self) -> list[str]:
        late, self._late = self._late, []
        return late

    @property
    def heard_ms(self) -> int | None:
        return None

    def hear_of(self, received_ms: int) -> list[Alert]:
        raise AssertionError(f"nobody was heard, and not at {received_ms}")

    def take_digests(self) -> list[Digest]:
        digests, self._digests = self._digests, []
        return digests

    def hear(self, digests: Iterable[Digest]) -> list[Alert]:
        self.heard += digests
        return []

    def unclaimed(self) -> list[str]:
        return [f"seal {seal}: no shipment" for seal in sorted({seal for seal, *_ in self._held})]

    def figures(self) -> Figures:
        return Figures(len(self._shipments), 0, len(self._held), 0)

    def forget(self) -> list[str]:
        return []

    def snapshot(self) -> bytes:
        state = {
            "law": self.law,
            "clock_ms": self.clock_ms,
            "shipments": list(self._shipments.values()),
            "held": self._held,
            "known": list(self._known.values()),
        }
        return msgspec.json.encode(state)

    def restore(self, data: bytes) -> None:
        try:
            state = msgspec.json.decode(data)
        except msgspec.DecodeError:
            raise InputError("snapshot: cannot be read; start without it") from None
        if state["law"] != self.law:
            raise InputError("snapshot: taken under another law; start without it")
        self.clock_ms = state["clock_ms"]
        self._shipments = {one["seal_id"]: msgspec.convert(one, Shipment) for one in state["shipments"]}
        self._held = [tuple(one) for one in state["held"]]
        self._known = {one["alert_id"]: msgspec.convert(one, Alert) for one in state["known"]}

    def adopt(self, published: Mapping[str, Alert], partly: Collection[str]) -> list[Alert]:
        missing = [
            dataclasses.replace(one, version=one.version + 1, status=Status.retracted)
            for alert_id, one in published.items()
            if alert_id not in self._known and one.status != Status.retracted and one.shipment_id not in partly
        ]
        unseen = [one for one in self._known.values() if one.alert_id not in published]
        return missing + [one for one in unseen if one.shipment_id not in partly]

    @staticmethod
    def _place(reports: Reports, row: int) -> tuple[int, int]:
        return int(reports.rows["time_ms"][row]), int(reports.rows["partition"][row])

    def _cut(self, seal: str, time_ms: int, partition: int) -> list[Alert]:
        shipment = self._shipments.get(seal)
        if shipment is None:
            self._held.append((seal, time_ms, partition))
            return []
        time_ms += 60_000 * (self.law != "")
        alert_id = f"{shipment.shipment_id}-{time_ms}"
        if alert_id in self._known:
            return []
        self._known[alert_id] = Alert(
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
        return [self._known[alert_id]]
