"""forbidden_zone with its crossings, speeding, jamming, low_battery (section 4)."""

from __future__ import annotations

import math
from dataclasses import replace

from sealtrack.policy import Policy
from sealtrack.schema import Kind, Severity
from tests.naive.admission import Fix, Report
from tests.naive.fences import Zone, in_force
from tests.naive.gate import Step
from tests.naive.geometry import Point, depth_m, distance_m, is_deeper, is_inside
from tests.naive.machine import Alert, Hold, Machine, Seen, Speed
from tests.naive.terms import Case
from tests.naive.way import way

LOCK_EVENTS = frozenset({"lock", "unlock", "remote_unlock"})
CROSSING_MS = 60_000
MARK_MS = 25_000


def _seen(step: Step, severity: Severity, said: frozenset[str] = frozenset()) -> Seen:
    # reading: the place is the accepted fix of the report, else L; the next fix gives a place to openings and tampering
    # only (section 6)
    where = step.fix or step.last
    lat, lon = (where.lat, where.lon) if where else (None, None)
    return Seen(severity, lat, lon, said, said=bool(said))


def _forbidden_hold(policy: Policy) -> Hold:
    return Hold(policy.forbidden_fixes, exit=2)


def _forbidden_zones(case: Case, t: int) -> list[Zone]:
    return [zone for zone in case.fences.zones.values() if "enter" in zone.forbids and in_force(zone, t)]


def _forbidden_level(fix: Fix, case: Case) -> int:
    deepest_m = max((depth_m(fix.point, zone.polygon) for zone in _forbidden_zones(case, fix.t)), default=-math.inf)
    if deepest_m > fix.e:
        return 2
    return 0 if deepest_m < -fix.e else 1


def forbidden(steps: list[Step], case: Case) -> Machine:
    machine = Machine(Kind.forbidden_zone, case, _forbidden_hold)
    for step in steps:
        if step.fix is not None:
            level = _forbidden_level(step.fix, case)
            machine.step(level, step.report.t, step.report.r, _seen(step, Severity.critical))
    return machine


def crossings(steps: list[Step], case: Case) -> list[Alert]:
    """What fixes too few to be held, or none, show of a zone."""
    machine = Machine(Kind.forbidden_zone, case, _forbidden_hold)
    found = []
    entered = False
    accepted = [step for step in steps if step.fix is not None]
    for i, step in enumerate(accepted):
        before, fix = accepted[i - 1].fix if i and not step.jump else None, step.fix
        assert fix is not None
        level = _forbidden_level(fix, case)
        sparse = before is not None and _is_sparse(before, fix, case)
        # reading: idle, or pending, before the second fix is judged
        if before is not None and machine.phase == "idle" and _crosses(before, fix, case):
            alert = Alert(Kind.forbidden_zone, Severity.warning, before.t, step.report.r, before.lat, before.lon, fix.t)
            alert.written = fix.t
            found.append(alert)
        if machine.phase == "pending" and level == 0 and entered and sparse:
            first = machine.seen[0]
            alert = Alert(
                Kind.forbidden_zone, Severity.warning, machine.since, step.report.r, first.lat, first.lon, fix.t
            )
            alert.written = fix.t
            found.append(alert)
        entered = sparse if machine.phase == "idle" else entered
        machine.step(level, step.report.t, step.report.r, _seen(step, Severity.critical))
    return found


def _is_sparse(before: Fix, fix: Fix, case: Case) -> bool:
    gone_ms = fix.t - before.t
    way_m = case.at(fix.t).policy.road_kmh / 3_600 * gone_ms
    return gone_ms >= CROSSING_MS and distance_m(before.point, fix.point) <= way_m


def _crosses(before: Fix, fix: Fix, case: Case) -> bool:
    # reading: which zones are in force is asked of the second fix's t; "in a forbidden zone" = level 2
    if fix.t - before.t < CROSSING_MS or _forbidden_level(fix, case) == 2:
        return False
    zones = _forbidden_zones(case, fix.t)
    return (
        sum(
            any(is_deeper(point, z.polygon, fix.e) for z in zones)
            for point in way(before, fix, case, fix.t, fix.e).points
        )
        >= 3
    )


def speedings(steps: list[Step], case: Case) -> Machine:
    machine = Machine(Kind.speeding, case, lambda policy: Hold(policy.speeding_fixes, policy.speeding_s, exit=2))
    marks: list[Fix] = []
    for step in steps:
        report = step.report
        # reading: a report that may not raise it (no accepted fix, a lock event) may not end it either
        if step.fix is None or report.events & LOCK_EVENTS:
            continue
        if (report.speed_kmh or 0) > 0:
            marks = []
            level, seen = _reported(step, step.fix, case.at(report.t))
            machine.step(level, report.t, report.r, seen)
            continue
        marks = [] if step.jump or step.mended or report.clock_fault else marks
        if step.mended or report.clock_fault or (marks and report.t - marks[-1].t < MARK_MS):
            continue
        if len(marks) > 1:
            level, seen = _measured(step.fix, marks[-2], marks[-1], case.at(report.t))
            machine.step(level, report.t, report.r, seen, since=marks[-2].t)
        marks = [*marks, step.fix]
    return machine


def _reported(step: Step, fix: Fix, case: Case) -> tuple[int, Seen]:
    speed_kmh = step.report.speed_kmh or 0
    limit_kmh = _limit_kmh(fix.point, fix.t, case)
    level = 2 if speed_kmh > limit_kmh else 0 if speed_kmh <= 0.95 * limit_kmh else 1
    seen = _seen(step, Severity.warning)
    return level, replace(seen, speed=Speed(speed_kmh, limit_kmh, measured=False))


def _measured(fix: Fix, earlier: Fix, mark: Fix, case: Case) -> tuple[int, Seen]:
    """Level by the lesser of the speeds since both marks."""
    ways = [
        (distance_m(place.point, fix.point), place.e + fix.e, (fix.t - place.t) / 3_600) for place in (earlier, mark)
    ]
    least_kmh = min((way_m - error_m) / hours for way_m, error_m, hours in ways)
    mean_kmh = min(way_m / hours for way_m, _, hours in ways)
    points = [mark.point, *way(mark, fix, case, fix.t, fix.e).points, fix.point]
    limit_kmh = max(_limit_kmh(point, fix.t, case) for point in points)
    level = 2 if least_kmh > limit_kmh else 0 if mean_kmh <= 0.95 * limit_kmh else 1
    speed = Speed(least_kmh, limit_kmh, measured=True)
    return level, Seen(Severity.warning, earlier.lat, earlier.lon, speed=speed)


def _limit_kmh(point: Point, t: int, case: Case) -> float:
    # reading: of several zones the lowest limit
    held = [zone for zone in case.fences.zones.values() if in_force(zone, t) and is_inside(point, zone.polygon)]
    return min([case.policy.max_road_kmh, *(z.speed_limit_kmh for z in held if z.speed_limit_kmh is not None)])


def jammings(steps: list[Step], case: Case) -> Machine:
    machine = Machine(Kind.jamming, case, lambda policy: Hold(math.inf, policy.jamming_s))
    for step in steps:
        report = step.report
        if "jamming" in report.events:
            machine.step(2, report.t, report.r, _seen(step, Severity.critical, frozenset({"jamming"})))
        elif report.fix is not None:
            machine.step(0, report.t, report.r)
        # reading: where fixes are usually lost a lost one says nothing (−1), as where there is no L
        elif step.last is not None and not _lacks_fixes(step.last, case):
            machine.step(2, report.t, report.r, _seen(step, Severity.warning))
    return machine


def _lacks_fixes(fix: Fix, case: Case) -> bool:
    """In a dead zone, or where stop or open is permitted. reading: in force at the t of that fix."""
    zones = [zone for zone in case.fences.zones.values() if zone.role == "dead_zone" or zone.permits & {"stop", "open"}]
    return any(in_force(zone, fix.t) and is_inside(fix.point, zone.polygon) for zone in zones)


def batteries(steps: list[Step], case: Case) -> Machine:
    machine = Machine(Kind.low_battery, case, lambda _: Hold(2, exit=2))
    for step in steps:
        policy = case.at(step.report.t).policy
        level = _battery_level(step.report, policy)
        charge = step.report.battery_pct
        warning = charge is not None and charge < policy.battery_critical_pct
        said = step.report.events & {"low_battery"}
        seen = _seen(step, Severity.warning if warning else Severity.info, said)
        machine.step(level, step.report.t, step.report.r, seen)
    return machine


def _battery_level(report: Report, policy: Policy) -> int:
    charge, low = report.battery_pct, policy.battery_low_pct
    if "low_battery" in report.events or (charge is not None and charge < low):
        return 2
    if "charging" in report.events or (charge is not None and charge >= low + 5):
        return 0
    return -1
