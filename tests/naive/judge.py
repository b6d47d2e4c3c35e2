"""The whole view of all shipments: section 9."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from sealtrack.policy import Policies
from sealtrack.schema import Kind, Shipment, Sighting, Status
from tests.naive.across import Trip, ask_neighbours, cells_heard, rendezvous
from tests.naive.admission import Fix, Report, reports_of
from tests.naive.anomaly import anomalies
from tests.naive.checkpoint import skipped_checkpoints
from tests.naive.conduct import batteries, crossings, forbidden, jammings, speedings
from tests.naive.deadlines import overdue, silent_shipment
from tests.naive.fences import Corridor, Fences, Zone
from tests.naive.gate import Step, walk
from tests.naive.geometry import distance_m
from tests.naive.machine import Alert, Machine
from tests.naive.progress import reversals
from tests.naive.rules import deviations, shortcuts
from tests.naive.seal import beyond_horizon, openings, tampering
from tests.naive.separation import separations
from tests.naive.short_stops import accumulations, short_stops
from tests.naive.sightings import Seen, merge, sightings_of
from tests.naive.silence import silence_limit_ms, silences
from tests.naive.stops import stops
from tests.naive.terms import DAY_MS, Case, last_terms, policy_of, records_of, shipment_end

RULES = (deviations, tampering, anomalies, openings, forbidden, reversals, speedings, jammings, batteries)


class Verdict(NamedTuple):
    """What is said of one shipment in the end."""

    alerts: list[dict[str, Any]]
    """Those that are not retracted, sorted by (kind, start)."""
    late_reports: int
    """How many came beyond the horizon."""


def judge(
    reports: list[dict[str, Any]],
    told: list[Shipment],
    fences: Fences,
    policies: Policies,
    clock_ms: int,
    sightings: list[Sighting],
) -> dict[str, Verdict]:
    """What is said of each shipment in the end.

    A report is a dict with the columns of REPORT_DTYPE, but `seal`, `card`, `lock` as text or None, `events` a set of
    names, `valid` a bool; what is absent is missing. `told`: records of shipments in the order in which they were told.
    The clock is `clock_ms` or the largest received, if that is later.
    """
    clock = max(clock_ms, clock_of(reports))
    first_heard = min((raw["received_ms"] for raw in reports), default=None)
    shipments = last_terms(told)
    trips, fixes, late = [], [], []
    for shipment in shipments:
        policy, end = policy_of(shipment, policies), shipment_end(shipment, shipments)
        records = records_of(shipment.shipment_id, told)
        case = Case(shipment, _plain(fences), policy, end, clock, records, policies, first_heard)
        own = reports_of(reports, case)
        steps = walk([report for report in own if not report.beyond], case)
        trips.append(_trip(own, steps, sightings_of(sightings, case), case))
        fixes.append([step.fix for step in steps if step.fix])
        late.append(sum(report.beyond for report in own))
    for trip in trips:
        others = [other for other in trips if other is not trip]
        ask_neighbours(trip, others)
        trip.alerts += rendezvous(trip, others)
    return {
        trip.name: Verdict(_views(trip.alerts, accepted), count)
        for trip, accepted, count in zip(trips, fixes, late, strict=True)
    }


def _trip(own: list[Report], steps: list[Step], seen: list[Seen], case: Case) -> Trip:
    """What the shipment's own reports and sightings say of it."""
    heard = [r for report in own for r in report.heard]
    # reading: a shipment of which no report came has no sightings either
    walked = merge(steps, seen if heard else [])
    machines = [*(rule(steps, case) for rule in RULES), separations(walked, case)]
    stopped = stops(steps, case)
    if heard:
        stopped.clock(min(case.clock, max(heard) + silence_limit_ms(max(heard), steps, case.at(max(heard)))))
    alerts = shortcuts(steps, case) + crossings(steps, case) + [a for machine in machines for a in machine.alerts]
    alerts += stopped.alerts + skipped_checkpoints(walked, case)
    alerts += silences(own, steps, case) + overdue(steps, case) + silent_shipment(heard, case)
    if case.clock >= case.end:
        for machine in machines:
            _close(machine, case.end)
        stopped.close(case.end if stopped.left_at is None else stopped.left_at, math.inf)
        for alert in alerts:
            alert.end = case.end if alert.end is None else alert.end
    alerts = beyond_horizon([report for report in own if report.beyond], case) + alerts
    alerts = list({(a.kind, a.start): a for a in sorted(alerts, key=lambda a: a.written)}.values())
    short = short_stops(steps, case)
    grouped = accumulations(short, alerts, case)
    # reading: where one begins with a stop that other terms alerted by itself, it takes that one's place
    apart = [alert for alert in alerts if (alert.kind, alert.start) not in {(a.kind, a.start) for a in grouped}]
    return Trip(case, apart + grouped, short, cells_heard(own))


def _close(machine: Machine, end: int) -> None:
    """The shipment is over."""
    if machine.phase == "open":
        machine.close(end if machine.last_event is None else machine.last_event, math.inf)
        if machine.kind == Kind.seal_open:
            machine.alerts[-1].evidence["relocked"] = False


def clock_of(reports: list[dict[str, Any]]) -> int:
    """The largest received; a stamp more than a day ahead counts only when the next one is within a day of it."""
    clock = ahead = -math.inf
    for r in sorted(raw["received_ms"] for raw in reports):
        if r - clock <= DAY_MS or r - ahead <= DAY_MS:
            clock = r
        else:
            ahead = r
    # reading: the first stamp of all is ahead of nothing
    return int(max(clock, min(raw["received_ms"] for raw in reports))) if reports else 0


def _plain(fences: Fences) -> Fences:
    """Coordinates as tuples, so that geometry can be cached."""
    corridors = {
        name: Corridor(tuple((float(x), float(y)) for x, y in c.line), *c[1:]) for name, c in fences.corridors.items()
    }
    zones = {name: Zone(z.polygon, frozenset(z.permits), *z[2:]) for name, z in fences.zones.items()}
    return Fences(corridors, zones)


def _views(alerts: list[Alert], fixes: list[Fix]) -> list[dict[str, Any]]:
    return sorted((_view(alert, fixes, alerts) for alert in alerts), key=lambda view: (view["kind"], view["start"]))


def _view(alert: Alert, fixes: list[Fix], alerts: list[Alert]) -> dict[str, Any]:
    evidence = dict(alert.evidence)
    if alert.fixless_after is not None:
        before, after = fixes[: alert.fixless_after], fixes[alert.fixless_after :]
        # reading: of several episodes of a kind between two fixes only the last one gets the second fix
        if after and any(a.kind == alert.kind and alert.start < a.start < after[0].t for a in alerts):
            after = []
        evidence |= {"last_fix_at": before[-1].t} if before else {}
        evidence |= {"next_fix_at": after[0].t} if after else {}
        if not before and after:
            alert.lat, alert.lon = after[0].lat, after[0].lon
    if alert.kind == Kind.seal_open and not evidence.get("late"):
        evidence["moved_m"] = _moved_m(alert)
    return {
        "kind": str(alert.kind),
        "status": str(Status.open if alert.end is None else Status.closed),
        "severity": str(alert.severity),
        "start": alert.start,
        "end": alert.end,
        "lat": alert.lat,
        "lon": alert.lon,
        "detected_at": alert.detected_at,
        "evidence": evidence,
    }


def _moved_m(alert: Alert) -> float:
    # reading: nothing is known of a truck without a fix, hence 0
    if alert.lat is None or alert.lon is None:
        return 0.0
    place = (alert.lon, alert.lat)
    return max((distance_m(place, fix.point) for fix in alert.met), default=0.0)
