"""The whole view of one shipment: section 9."""

from __future__ import annotations

import math
from typing import Any

from sealtrack.policy import Policy
from sealtrack.schema import Shipment, Status
from tests.naive.admission import DAY_MS, Fix, reports_of, shipment_end
from tests.naive.conduct import batteries, crossings, forbidden, jammings, speedings
from tests.naive.deadlines import overdue, silent_shipment
from tests.naive.fences import Corridor, Fences, Zone
from tests.naive.gate import walk
from tests.naive.machine import Alert
from tests.naive.progress import reversals
from tests.naive.rules import Case, anomalies, deviations, shortcuts
from tests.naive.seal import beyond_horizon, openings, tampering
from tests.naive.silence import silence_limit_ms, silences
from tests.naive.stops import stops

RULES = (deviations, tampering, anomalies, openings, forbidden, reversals, speedings, jammings, batteries)


def judge(
    reports: list[dict[str, Any]],
    shipment: Shipment,
    seal_shipments: list[Shipment],
    fences: Fences,
    policy: Policy,
    clock_ms: int,
) -> list[dict[str, Any]]:
    """The alerts that are not retracted, sorted by (kind, start).

    A report is a dict with the columns of REPORT_DTYPE, but `seal`, `card`, `lock` as text or None, `events` a set of
    names, `valid` a bool; what is absent is missing. The clock is `clock_ms` or the largest received, if that is later.
    """
    end = shipment_end(shipment, seal_shipments)
    clock = max(clock_ms, clock_of(reports))
    case = Case(shipment, _plain(fences), policy, end, clock)
    own = reports_of(reports, shipment, seal_shipments, policy)
    steps = walk([report for report in own if not report.beyond], policy)

    machines = [rule(steps, case) for rule in RULES]
    stopped = stops(steps, case)
    heard = [r for report in own for r in report.heard]
    if heard:
        stopped.clock(min(clock, max(heard) + silence_limit_ms(max(heard), steps, case)))
    walked = [alert for machine in machines for alert in machine.alerts]
    alerts = shortcuts(steps, case) + crossings(steps, case) + walked + stopped.alerts
    alerts += silences(own, steps, case) + overdue(steps, case) + silent_shipment(heard, case)
    if clock >= end:
        for machine in machines:
            if machine.phase == "open":
                machine.close(end if machine.last_event is None else machine.last_event, math.inf)
        stopped.close(end if stopped.left_at is None else stopped.left_at, math.inf)
        for alert in alerts:
            alert.end = end if alert.end is None else alert.end
    alerts = beyond_horizon([report for report in own if report.beyond], case) + alerts
    alerts = list({(a.kind, a.start): a for a in sorted(alerts, key=lambda a: a.written)}.values())
    fixes = [step.fix for step in steps if step.fix]
    return sorted((_view(alert, fixes, alerts) for alert in alerts), key=lambda view: (view["kind"], view["start"]))


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
