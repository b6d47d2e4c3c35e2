"""Section 11, what several shipments show: rendezvous, and the neighbours of a silence."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sealtrack.schema import Kind, Severity
from tests.naive.admission import Report
from tests.naive.geometry import distance_m
from tests.naive.machine import Alert
from tests.naive.short_stops import ShortStop
from tests.naive.silence import one_step_lower
from tests.naive.terms import Case

LIVE_MS = 120_000
SLOT_MS = 600_000
SLOTS = 6
LOST_MS = 900_000

Cell = tuple[int, int]


@dataclass
class Trip:
    """A shipment as the others see it."""

    case: Case
    alerts: list[Alert]
    stops: list[ShortStop]
    heard: set[tuple[Cell, int]] = field(default_factory=set)
    """Cells in which it was heard, each with the slot."""

    @property
    def name(self) -> str:
        return self.case.shipment.shipment_id


def cell_of(lat: float, lon: float) -> Cell:
    return math.floor(lat * 10), math.floor(lon * 10)


def cells_heard(reports: list[Report]) -> set[tuple[Cell, int]]:
    # reading: any fix tells that there is a network, a wild one too; of several copies the first is asked
    return {
        (cell_of(report.fix.lat, report.fix.lon), report.t // SLOT_MS)
        for report in reports
        if report.fix is not None and report.r - report.t <= LIVE_MS
    }


def rendezvous(trip: Trip, others: list[Trip]) -> list[Alert]:
    found = []
    for stop in trip.stops:
        partners = [
            (partner, other.name)
            for other in others
            if other.case.shipment.seal_id != trip.case.shipment.seal_id
            for partner in other.stops
            if _meet(stop, partner, trip.case)
        ]
        if partners:
            found.append(_meeting(stop, partners, trip.case))
    return found


def _shared(a: ShortStop, b: ShortStop) -> tuple[int, int | None]:
    ends = [stop.end for stop in (a, b) if stop.end is not None]
    return max(a.start, b.start), min(ends, default=None)


def _meet(a: ShortStop, b: ShortStop, case: Case) -> bool:
    start, end = _shared(a, b)
    # reading: what is open lasts until the clock
    length_ms = (case.clock if end is None else end) - start
    near = distance_m(a.place, b.place) <= case.policy.rendezvous_m
    return near and length_ms >= case.policy.rendezvous_s * 1_000


def _meeting(stop: ShortStop, partners: list[tuple[ShortStop, str]], case: Case) -> Alert:
    shared = [_shared(stop, partner) for partner, _ in partners]
    start = min(begin for begin, _ in shared)
    ends = [end for _, end in shared]
    end = None if None in ends else max(end for end in ends if end is not None)
    # reading: the first partner is the one with whom it shared first; of two, the one that stood first, by name
    first, _ = min(partners, key=lambda partner: (_shared(stop, partner[0])[0], partner[0].start, partner[1]))
    lasted_ms = (case.clock if end is None else end) - start
    # reading: partners are counted as shipments; what is shared is what the alert spans
    names = sorted({name for _, name in partners})
    severity = Severity.warning
    if len(names) >= case.policy.rendezvous_crowd:
        severity = Severity.info
    elif lasted_ms >= case.policy.stop_warning_s * 1_000:
        severity = Severity.critical
    lon, lat = stop.place
    alert = Alert(Kind.rendezvous, severity, start, max(stop.detected_at, first.detected_at), lat, lon, end)
    alert.evidence["partners"] = names
    alert.written = math.inf
    return alert


def ask_neighbours(trip: Trip, others: list[Trip]) -> None:
    """Say of each silence who else was heard, and who else was lost, where it began."""
    for alert in trip.alerts:
        if alert.kind != Kind.signal_loss or alert.evidence["backfilled"]:
            continue
        if alert.lat is None or alert.lon is None:
            continue
        cell, slot = cell_of(alert.lat, alert.lon), alert.start // SLOT_MS
        slots = {(cell, slot + i) for i in range(1, SLOTS + 1)}
        heard = sum(bool(slots & other.heard) for other in others)
        lost = sum(any(_lost_with(loss, alert, cell) for loss in other.alerts) for other in others)
        alert.evidence |= {"others_heard": heard, "others_lost": lost}
        if lost and not heard:
            alert.severity = one_step_lower(alert.severity)


def _lost_with(loss: Alert, alert: Alert, cell: Cell) -> bool:
    # reading: one that was filled afterwards was lost all the same
    if loss.kind != Kind.signal_loss or loss.lat is None or loss.lon is None:
        return False
    return cell_of(loss.lat, loss.lon) == cell and abs(loss.start - alert.start) <= LOST_MS
