"""Where the truck is: route_deviation with its shortcuts, position_anomaly (sections 3 and 4)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from sealtrack.policy import Policy
from sealtrack.schema import Kind, Severity, Shipment
from tests.naive.admission import Fix
from tests.naive.fences import Corridor, Fences, approved, in_approved_zone, in_force, place
from tests.naive.gate import Step
from tests.naive.geometry import on_line
from tests.naive.machine import Alert, Machine, Seen


@dataclass(frozen=True)
class Case:
    """What every rule needs to know beside the reports."""

    shipment: Shipment
    fences: Fences
    policy: Policy
    end: int
    """First millisecond that is not the shipment's."""
    clock: int


def see(step: Step, severity: Severity, events: frozenset[str] = frozenset(), offset_m: float = float("-inf")) -> Seen:
    """A level-2 report at its accepted fix, else at L."""
    # reading: a wild fix is no place; an alert that a wild fix raises stands at L like one without a fix
    where = step.fix or step.last
    lat, lon = (where.lat, where.lon) if where else (None, None)
    return Seen(severity, lat, lon, events, offset_m, None if step.fix else step.fixes_before)


def deviations(steps: list[Step], case: Case) -> Machine:
    p = case.policy
    machine = Machine(Kind.route_deviation, p.deviation_fixes, p.deviation_s, p.deviation_exit_fixes)
    for step in steps:
        if step.fix is not None:
            level, seen = _deviation_level(step, step.fix, case)
            machine.step(level, step.report.t, step.report.r, seen)
    return machine


def _deviation_level(step: Step, fix: Fix, case: Case) -> tuple[int, Seen | None]:
    spot = place(case.fences, case.shipment, fix.point, fix.t)
    if spot is None:
        return -1, None
    if in_approved_zone(case.fences, case.shipment, fix.point, fix.t):
        return 0, None
    if spot.excess_m > fix.e:
        critical = spot.excess_m > case.policy.deviation_critical_m
        return 2, see(step, Severity.critical if critical else Severity.warning, offset_m=spot.offset_m)
    ratio = case.policy.deviation_exit_ratio
    corridors = approved(case.fences, case.shipment, fix.t).values()
    back = any(on_line(fix.point, c.line).distance_m <= ratio * c.half_width_m for c in corridors)
    return (0 if back else 1), None


def shortcuts(steps: list[Step], case: Case) -> list[Alert]:
    accepted = [step for step in steps if step.fix]
    found = []
    for before, step in pairwise(accepted):
        a, b = before.fix, step.fix
        if a and b and not step.jump and _is_shortcut(a, b, case):
            alert = Alert(Kind.route_deviation, Severity.warning, a.t, step.report.r, a.lat, a.lon, b.t)
            alert.written = b.t
            found.append(alert)
    return found


def _is_shortcut(a: Fix, b: Fix, case: Case) -> bool:
    corridors = approved(case.fences, case.shipment, b.t).values()
    held = [c for c in corridors if in_force(c, a.t) and _excess_m(a, c) <= b.e and _excess_m(b, c) <= b.e]
    return bool(held) and all(_cannot_have_followed(a, b, corridor, case.policy) for corridor in held)


def _excess_m(fix: Fix, corridor: Corridor) -> float:
    return on_line(fix.point, corridor.line).distance_m - corridor.half_width_m


def _cannot_have_followed(a: Fix, b: Fix, corridor: Corridor, policy: Policy) -> bool:
    along_m = abs(on_line(b.point, corridor.line).along_m - on_line(a.point, corridor.line).along_m)
    if along_m <= policy.max_speed_kmh / 3_600 * (b.t - a.t) + policy.reach_slack_m:
        return False
    straight = ((a.lon + (b.lon - a.lon) * i / 16, a.lat + (b.lat - a.lat) * i / 16) for i in range(1, 16))
    return max(on_line(point, corridor.line).distance_m for point in straight) > 1.5 * corridor.half_width_m


def is_quiet(step: Step, last: int, policy: Policy) -> bool:
    """Section 4, Quiet: whether an episode with its last event at `last` is over by this report."""
    return step.report.t - last >= max(policy.quiet_s * 1_000, policy.silence_intervals * step.interval_ms)


def anomalies(steps: list[Step], case: Case) -> Machine:
    machine = Machine(Kind.position_anomaly)
    last, gross_fixes = 0, 0
    for step in steps:
        report = step.report
        if machine.phase == "open" and is_quiet(step, last, case.policy):
            machine.close(last, report.t)
        if step.gross or step.jump:
            gross_fixes = (gross_fixes if machine.phase == "open" else 0) + (not step.mended)
            warning = step.jump or gross_fixes >= 3
            where = (step.before.lat, step.before.lon) if step.before else (None, None)
            machine.step(2, report.t, report.r, Seen(Severity.warning if warning else Severity.info, *where))
        if step.wild:
            last = report.t
    machine.last_event = last
    return machine
