"""Section 7, overdue and silent_shipment."""

from __future__ import annotations

from sealtrack.schema import Kind, Severity
from tests.naive.gate import Step
from tests.naive.machine import Alert
from tests.naive.rules import Case
from tests.naive.silence import at_destination


def overdue(steps: list[Step], case: Case) -> list[Alert]:
    deadline = case.shipment.arrive_by
    clock = min(case.clock, case.end)
    if deadline is None or clock <= deadline or case.end <= deadline + 1:
        return []
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
    return [Alert(Kind.overdue, severity, deadline, deadline, lat, lon, end)]


def silent_shipment(heard: list[int], case: Case) -> list[Alert]:
    """`heard`: the r of every report of the shipment, and of its copies."""
    start = case.shipment.depart_at
    due = start + round(case.policy.unheard_s * 1_000)
    if min(case.clock, case.end) < due or any(r <= due for r in heard):
        return []
    # reading: what was heard after the shipment's end ends it there, as with signal_loss
    end = min(*heard, case.end) if heard else None
    return [Alert(Kind.silent_shipment, Severity.warning, start, due, None, None, end)]
