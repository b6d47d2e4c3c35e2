"""Section 4, The way: where a truck went between two fixes, as far as that can be known."""

from __future__ import annotations

from tests.naive.admission import Fix
from tests.naive.fences import Corridor, approved, place
from tests.naive.geometry import Point, on_line, point_at
from tests.naive.terms import Case


def way(a: Fix, b: Fix, case: Case, t: int) -> list[Point]:
    """15 points between two fixes. `t`: whose corridors and zones are asked."""
    corridor = _shared_corridor(a, b, case, t)
    if corridor is None:
        return straight(a, b)
    from_m, to_m = (on_line(fix.point, corridor.line).along_m for fix in (a, b))
    return [point_at(corridor.line, from_m + (to_m - from_m) * i / 16) for i in range(1, 16)]


def straight(a: Fix, b: Fix) -> list[Point]:
    return [(a.lon + (b.lon - a.lon) * i / 16, a.lat + (b.lat - a.lat) * i / 16) for i in range(1, 16)]


def excess_m(fix: Fix, corridor: Corridor) -> float:
    return on_line(fix.point, corridor.line).distance_m - corridor.half_width_m


def _shared_corridor(a: Fix, b: Fix, case: Case, t: int) -> Corridor | None:
    # reading: where the terms changed between the two, no place of the first along a route is known
    if case.number_at(a.t) != case.number_at(b.t):
        return None
    case = case.at(t)
    held = {
        name: corridor
        for name, corridor in approved(case.fences, case.shipment, t).items()
        if excess_m(a, corridor) <= b.e and excess_m(b, corridor) <= b.e
    }
    nearest = place(case.fences, case.shipment, b.point, t)
    if nearest is not None and nearest.route_id in held:
        return held[nearest.route_id]
    # reading: "in order" is the order in which the shipment names its routes
    return next(iter(held.values()), None)
