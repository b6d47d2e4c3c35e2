"""Section 11, what several shipments show: rendezvous, and the neighbours of a silence."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

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
MOST = 5

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


class Meeting(NamedTuple):
    """Two short stops at one place."""

    start: int
    name: str
    """Of the other shipment."""
    end: int | None
    lasted_ms: float
    """As far as is known."""
    detected_at: int


def rendezvous(trip: Trip, others: list[Trip]) -> list[Alert]:
    found = []
    for stop in trip.stops:
        meetings = [
            _meeting(stop, trip, partner, other)
            for other in others
            if other.case.shipment.seal_id != trip.case.shipment.seal_id
            for partner in other.stops
            if distance_m(stop.place, partner.place) <= trip.case.policy.rendezvous_m
        ]
        long = [meeting for meeting in meetings if meeting.lasted_ms >= trip.case.policy.rendezvous_s * 1_000]
        if long:
            found.append(_alert(stop, sorted(long), trip.case))
    return found


def _meeting(a: ShortStop, trip: Trip, b: ShortStop, other: Trip) -> Meeting:
    start = max(a.start, b.start)
    end = min([stop.end for stop in (a, b) if stop.end is not None], default=None)
    # reading: of two open ones that began together the one counts that is known to have stood longer
    known_ms = max(_known_ms(stop, whose) for stop, whose in ((a, trip), (b, other)) if stop.start == start)
    lasted_ms = known_ms if end is None else end - start
    return Meeting(start, other.name, end, lasted_ms, max(a.detected_at, b.detected_at))


def _known_ms(stop: ShortStop, trip: Trip) -> float:
    """How long an open stop is known to have lasted."""
    warned = any(a.kind == Kind.unauthorised_stop and a.start == stop.start for a in trip.alerts)
    policy = trip.case.policy
    return (policy.stop_warning_s if warned else policy.short_stop_s) * 1_000


def _alert(stop: ShortStop, meetings: list[Meeting], case: Case) -> Alert:
    ends = [meeting.end for meeting in meetings]
    end = None if None in ends else max(end for end in ends if end is not None)
    # reading: partners are counted as shipments
    names = list(dict.fromkeys(meeting.name for meeting in meetings))
    together_ms = max(meeting.lasted_ms for meeting in meetings)
    severity = Severity.warning
    if len(names) >= case.policy.rendezvous_crowd:
        severity = Severity.info
    elif together_ms >= case.policy.stop_warning_s * 1_000:
        severity = Severity.critical
    lon, lat = stop.place
    alert = Alert(Kind.rendezvous, severity, meetings[0].start, meetings[0].detected_at, lat, lon, end)
    alert.evidence = {"partners": names[: int(case.policy.rendezvous_crowd)], "together_s": together_ms / 1_000}
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
        slots = range(slot + 1, slot + SLOTS + 1)
        if alert.end is not None:
            slots = range(slot + 1, min(slot + SLOTS + 1, alert.end // SLOT_MS))
        lost = {other.name for other in others if any(_lost_with(loss, alert, cell) for loss in other.alerts)}
        heard = {other.name for other in others if any((cell, number) in other.heard for number in slots)} - lost
        alert.evidence |= {"others_heard": min(len(heard), MOST), "others_lost": min(len(lost), MOST)}
        if lost and not heard:
            alert.severity = one_step_lower(alert.severity)


def _lost_with(loss: Alert, alert: Alert, cell: Cell) -> bool:
    # reading: one that was filled afterwards was lost all the same
    if loss.kind != Kind.signal_loss or loss.lat is None or loss.lon is None:
        return False
    return cell_of(loss.lat, loss.lon) == cell and abs(loss.start - alert.start) <= LOST_MS
