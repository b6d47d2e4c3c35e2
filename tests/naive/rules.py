"""Where the truck is: route_deviation with its shortcuts, position_anomaly (sections 3 and 4)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from sealtrack.policy import Policy
from sealtrack.schema import Kind, Severity, Shipment
from tests.naive.admission import Fix
from tests.naive.fences import Fences, approved, in_approved_zone, place
from tests.naive.gate import Step
from tests.naive.geometry import densify, on_line
from tests.naive.machine import Alert, Machine, Seen

STRAIGHT_STEP_M = 100.0


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
    if in_approved_zone(case.fences, case.shipment, fix.point, fix.t):
        return 0, None
    spot = place(case.fences, case.shipment, fix.point, fix.t)
    if spot is None:
        # reading: without a valid approved corridor there is no excess, hence no information
        return -1, None
    if spot.excess_m > fix.e:
        critical = spot.excess_m > case.policy.deviation_critical_m
        return 2, see(step, Severity.critical if critical else Severity.warning, offset_m=spot.offset_m)
    ratio = case.policy.deviation_exit_ratio
    corridors = approved(case.fences, case.shipment, fix.t).values()
    back = any(on_line(fix.point, c.line).distance_m <= ratio * c.half_width_m for c in corridors)
    return (0 if back else 1), None


def shortcuts(steps: list[Step], case: Case) -> list[Alert]:
    accepted = [step for step in steps if step.fix]
    return [
        Alert(Kind.route_deviation, Severity.warning, a.fix.t, b.report.r, a.fix.lat, a.fix.lon, b.fix.t)
        for a, b in pairwise(accepted)
        if a.fix and b.fix and _is_shortcut(a.fix, b.fix, case)
    ]


def _is_shortcut(a: Fix, b: Fix, case: Case) -> bool:
    at, to = (place(case.fences, case.shipment, fix.point, fix.t) for fix in (a, b))
    # reading: "along one corridor" = one corridor is the nearest (least excess) of both fixes
    if at is None or to is None or at.route_id != to.route_id or at.excess_m > a.e or to.excess_m > b.e:
        return False
    p = case.policy
    if abs(to.route_m - at.route_m) <= p.max_speed_kmh / 3_600 * (b.t - a.t) + p.reach_slack_m:
        return False
    corridor = case.fences.corridors[at.route_id]
    straight = densify((a.point, b.point), STRAIGHT_STEP_M)
    farthest = max(on_line((float(x), float(y)), corridor.line).distance_m for x, y in straight)
    # reading: half a width is half_width_m, counted from the corridor's edge
    return farthest - corridor.half_width_m > corridor.half_width_m


def anomalies(steps: list[Step], case: Case) -> Machine:
    machine = Machine(Kind.position_anomaly)
    last_wild, gross_fixes = 0, 0
    for step in steps:
        report = step.report
        if machine.phase == "open" and report.t - last_wild >= case.policy.quiet_s * 1_000:
            machine.close(last_wild)
        if step.gross or step.jump:
            gross_fixes = (gross_fixes if machine.phase == "open" else 0) + step.gross
            warning = step.jump or gross_fixes >= 3
            machine.step(2, report.t, report.r, see(step, Severity.warning if warning else Severity.info))
        if step.wild:
            last_wild = report.t
    return machine
