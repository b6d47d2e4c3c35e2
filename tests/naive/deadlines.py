"""Section 7, overdue and silent_shipment."""

from __future__ import annotations

from sealtrack.schema import Kind, Severity
from tests.naive.admission import Fix
from tests.naive.fences import place
from tests.naive.gate import Step
from tests.naive.geometry import is_met_twice
from tests.naive.machine import Alert
from tests.naive.progress import direction, zone_m
from tests.naive.silence import at_destination
from tests.naive.terms import Case


def overdue(steps: list[Step], case: Case) -> list[Alert]:
    deadline = case.shipment.arrive_by
    clock = min(case.clock, case.end)
    # reading: "closed" is what ends the shipment, be it the next one of its seal
    if deadline is None or case.end <= deadline + 1:
        return []
    foreseen = _predicted(steps, deadline, case)
    if clock <= deadline:
        return [] if foreseen is None else [foreseen]
    # reading: a mended fix is an accepted one
    fixes = [step.fix for step in steps if step.fix]
    by_then = [fix for fix in fixes if fix.t <= deadline]
    if by_then and at_destination(by_then[-1], case):
        return []
    # reading: a fix at the destination after the deadline ends it; it does not take it back
    end = next((fix.t for fix in fixes if fix.t > deadline and at_destination(fix, case)), None)
    long = (clock if end is None else end) - deadline >= case.policy.overdue_critical_s * 1_000
    # reading: it begins at the deadline, so its place is L of that moment
    lat, lon = (by_then[-1].lat, by_then[-1].lon) if by_then else (None, None)
    severity = Severity.critical if long else Severity.warning
    alert = Alert(Kind.overdue, severity, deadline, deadline, lat, lon, end)
    if foreseen is not None:
        alert.detected_at, alert.evidence = min(deadline, foreseen.detected_at), foreseen.evidence
    return [alert]


def _predicted(steps: list[Step], deadline: int, case: Case) -> Alert | None:
    """The first of the fixes, up to the last one before the deadline, that cannot arrive in time."""
    found = None
    for step in steps:
        if step.fix is None or step.fix.t > deadline:
            continue
        if at_destination(step.fix, case):
            found = None
            continue
        arrival = _arrival(step.fix, case)
        if arrival is None:
            continue
        if arrival <= deadline + case.at(step.fix.t).policy.overdue_margin_s * 1_000:
            found = None
        elif found is None:
            found = Alert(Kind.overdue, Severity.warning, deadline, step.report.r, step.fix.lat, step.fix.lon)
            found.evidence["predicted_arrival"] = round(arrival)
    return found


def _arrival(fix: Fix, case: Case) -> float | None:
    """When the truck can be at its destination; None where that cannot be told."""
    then = case.at(fix.t)
    spot = place(then.fences, then.shipment, fix.point, fix.t)
    if spot is None or spot.excess_m > fix.e or then.shipment.destination_zone != case.shipment.destination_zone:
        return None
    corridor = case.fences.corridors[spot.route_id]
    sign = direction(spot.route_id, then)
    if sign == 0 or is_met_twice(corridor.line, corridor.half_width_m, spot.route_m):
        return None
    rest_m = sign * (zone_m(case.fences, case.shipment.destination_zone, spot.route_id) - spot.route_m)
    # reading: past the destination's vertex nothing of the way is left
    return fix.t + max(rest_m, 0.0) / then.policy.road_kmh * 3_600


def silent_shipment(heard: list[int], case: Case) -> list[Alert]:
    """`heard`: the r of every report of the shipment, and of its copies."""
    start = case.shipment.depart_at
    due = start + round(case.policy.unheard_s * 1_000)
    if min(case.clock, case.end) < due or any(r <= due for r in heard):
        return []
    # reading: where nobody was heard by then the gateway, not the seal, was silent
    if case.first_heard is None or case.first_heard > due:
        return []
    # reading: what was heard after the shipment's end ends it there, as with signal_loss
    end = min(*heard, case.end) if heard else None
    return [Alert(Kind.silent_shipment, Severity.warning, start, due, None, None, end)]
