"""route_reversal (section 4, Progress)."""

from __future__ import annotations

from sealtrack.schema import Kind, Severity
from tests.naive.fences import Fences, Zone, place
from tests.naive.gate import Step
from tests.naive.geometry import Point, densify, distance_m, is_met_twice, lengths_m
from tests.naive.machine import Hold, Machine, Seen
from tests.naive.terms import Case

SPARSE_MS = 60_000


def reversals(steps: list[Step], case: Case) -> Machine:
    machine = Machine(Kind.route_reversal, case, lambda _: Hold(3, 60, exit=2))
    route, first_m, furthest_m, sign = "", 0.0, 0.0, 0
    number = -1
    turned: tuple[Step, Seen] | None = None
    for step in steps:
        if step.jump or case.number_at(step.report.t) != number:
            route, number = "", case.number_at(step.report.t)
        terms = case.at(step.report.t)
        reversal_m = terms.policy.reversal_m
        spot = place(case.fences, terms.shipment, step.fix.point, step.fix.t) if step.fix else None
        if step.fix is None or spot is None or spot.excess_m > step.fix.e:
            continue
        corridor = case.fences.corridors[spot.route_id]
        if is_met_twice(corridor.line, corridor.half_width_m, spot.route_m):
            continue
        if spot.route_id != route:
            route, first_m, furthest_m, turned = spot.route_id, spot.route_m, spot.route_m, None
            sign = direction(spot.route_id, terms)
        if sign == 0:
            gone_m = spot.route_m - first_m
            if abs(gone_m) < reversal_m:
                continue
            sign = 1 if gone_m > 0 else -1
        furthest_m = max(furthest_m, spot.route_m) if sign > 0 else min(furthest_m, spot.route_m)
        back_m = sign * (furthest_m - spot.route_m)
        level = 2 if back_m >= reversal_m else 0 if back_m <= reversal_m / 2 else 1
        if level == 1 and machine.phase == "pending":
            level = 2
        if level == 2 and machine.phase == "idle" and turned and step.report.t - turned[0].report.t >= SPARSE_MS:
            machine.step(2, turned[0].report.t, turned[0].report.r, turned[1])
        seen = Seen(Severity.warning, step.fix.lat, step.fix.lon)
        machine.step(level, step.report.t, step.report.r, seen)
        turned = (step, seen) if back_m > reversal_m / 2 else None
    return machine


def direction(route_id: str, case: Case) -> int:
    """From origin to destination zone along the route: 1, -1, or 0 where it is not known."""
    names = (case.shipment.origin_zone, case.shipment.destination_zone)
    if not all(name in case.fences.zones for name in names):
        return 0
    origin_m, destination_m = (zone_m(case.fences, name, route_id) for name in names)
    corridor = case.fences.corridors[route_id]
    if any(is_met_twice(corridor.line, corridor.half_width_m, m) for m in (origin_m, destination_m)):
        return 0
    return (destination_m > origin_m) - (destination_m < origin_m)


def zone_m(fences: Fences, name: str | None, route_id: str) -> float:
    """How far along the route its vertex lies that is nearest to the mean of the zone's ring vertices."""
    # reading: a ring's vertices are those of the file, where its first stands last again; a route's are those it has
    # once no segment is longer than 1 km
    line = fences.corridors[route_id].line
    mean = ring_mean(fences.zones[str(name)])
    vertices = densify(line)
    nearest = min(range(len(vertices)), key=lambda i: distance_m(mean, (vertices[i][0], vertices[i][1])))
    return float(lengths_m(line)[:nearest].sum())


def ring_mean(zone: Zone) -> Point:
    ring = list(zone.polygon.exterior.coords)
    return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)
