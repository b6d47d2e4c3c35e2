"""Where the truck is: route_deviation with its shortcuts; quiet (section 4)."""

from __future__ import annotations

from itertools import pairwise

from sealtrack.policy import Policy
from sealtrack.schema import Kind, Severity
from tests.naive.admission import Fix
from tests.naive.fences import Corridor, approved, in_approved_zone, in_force, place
from tests.naive.gate import Step
from tests.naive.geometry import on_line
from tests.naive.machine import Alert, Hold, Machine, Seen
from tests.naive.terms import Case
from tests.naive.way import excess_m, is_vague, straight


def see(step: Step, severity: Severity, events: frozenset[str] = frozenset(), offset_m: float = float("-inf")) -> Seen:
    """A level-2 report at its accepted fix, else at L."""
    # reading: a wild fix is no place; an alert that a wild fix raises stands at L like one without a fix
    where = step.fix or step.last
    lat, lon = (where.lat, where.lon) if where else (None, None)
    return Seen(severity, lat, lon, events, offset_m, None if step.fix else step.fixes_before)


def deviations(steps: list[Step], case: Case) -> Machine:
    machine = Machine(
        Kind.route_deviation, case, lambda p: Hold(p.deviation_fixes, p.deviation_s, p.deviation_exit_fixes)
    )
    for step in steps:
        if step.fix is not None:
            level, seen = _deviation_level(step, step.fix, case.at(step.report.t))
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
        # reading: where the terms changed between the two, no place of the first along a route is known
        same_terms = a and b and case.number_at(a.t) == case.number_at(b.t)
        if a and b and same_terms and not step.jump and _is_shortcut(a, b, case.at(b.t)):
            alert = Alert(Kind.route_deviation, Severity.warning, a.t, step.report.r, a.lat, a.lon, b.t)
            alert.written = b.t
            found.append(alert)
    return found


def _is_shortcut(a: Fix, b: Fix, case: Case) -> bool:
    corridors = approved(case.fences, case.shipment, b.t).values()
    held = [c for c in corridors if in_force(c, a.t) and excess_m(a, c) <= b.e and excess_m(b, c) <= b.e]
    return bool(held) and all(_cannot_have_followed(a, b, corridor, case.policy) for corridor in held)


def _cannot_have_followed(a: Fix, b: Fix, corridor: Corridor, policy: Policy) -> bool:
    if is_vague(a, corridor) or is_vague(b, corridor):
        return False
    along_m = abs(on_line(b.point, corridor.line).along_m - on_line(a.point, corridor.line).along_m)
    if along_m <= policy.max_speed_kmh / 3_600 * (b.t - a.t) + policy.reach_slack_m:
        return False
    return max(on_line(point, corridor.line).distance_m for point in straight(a, b)) > 1.5 * corridor.half_width_m


def is_quiet(step: Step, last: int, policy: Policy) -> bool:
    """Section 4, Quiet: whether an episode with its last event at `last` is over by this report."""
    return step.report.t - last >= max(policy.quiet_s * 1_000, policy.silence_intervals * step.interval_ms)
