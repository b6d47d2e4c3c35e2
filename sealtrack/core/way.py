"""The way between two fixes that nothing was heard of (judgement section 4): along a corridor that holds both."""

from __future__ import annotations

import math

from sealtrack.core.fences import Fences
from sealtrack.core.geodesy import distance_m
from sealtrack.core.jit import helper
from sealtrack.core.locate import locate_on_route
from sealtrack.core.meeting import is_met_twice
from sealtrack.core.state import Fix, Row, Rules

WAY_POINTS = 15
"""Points that a way is judged by: 1/16 .. 15/16 of it."""
STRAIGHT = -1

Way = tuple[int, float, float, float, float, float, float]
"""(corridor or STRAIGHT, its route_m at both ends, lat and lon of both fixes; along a corridor how far they lie beside
its line, degrees).
"""


@helper
def find_way(rules: Rules, info: Row, before: Fix, after: Fix, error_m: float, t_ms: int) -> Way:
    """Along the corridor in force at `t_ms` that holds both fixes, up to `error_m` outside; else straight.

    Of several the one nearest to the second fix. Not along one that comes back near itself where one of
    the fixes lies: where on it that is cannot be told.
    """
    chosen = STRAIGHT
    from_m = to_m = 0.0
    nearest_m = math.inf
    for i in range(info["n_routes"]):
        route = info["routes"][i]
        r = rules.fences.routes[route]
        if not r["valid_from_ms"] <= t_ms < r["valid_to_ms"]:
            continue
        after_m, after_at_m, _ = locate_on_route(rules.fences, route, after[1], after[2], -1)
        excess_m = after_m - r["half_width_m"]
        if excess_m > error_m or excess_m >= nearest_m or is_met_twice(rules, route, after_at_m):
            continue
        before_m, before_at_m, _ = locate_on_route(rules.fences, route, before[1], before[2], -1)
        if before_m - r["half_width_m"] <= error_m and not is_met_twice(rules, route, before_at_m):
            chosen, from_m, to_m, nearest_m = route, before_at_m, after_at_m, excess_m
    if chosen == STRAIGHT:
        return STRAIGHT, 0.0, 0.0, before[1], before[2], after[1], after[2]
    lat1, lon1 = point_along(rules.fences, chosen, from_m)
    lat2, lon2 = point_along(rules.fences, chosen, to_m)
    return chosen, from_m, to_m, before[1] - lat1, before[2] - lon1, after[1] - lat2, after[2] - lon2


@helper
def way_m(way: Way) -> float:
    """How long it is."""
    if way[0] == STRAIGHT:
        return distance_m(way[3], way[4], way[5], way[6])
    return abs(way[2] - way[1])


@helper
def way_point(fences: Fences, way: Way, i: int) -> tuple[float, float]:
    """(lat, lon) of point `i`, from 1 to WAY_POINTS: as far beside a corridor's line as its ends are, in proportion."""
    f = i / (WAY_POINTS + 1)
    lat, lon = way[3] + f * (way[5] - way[3]), way[4] + f * (way[6] - way[4])
    if way[0] == STRAIGHT:
        return lat, lon
    line_lat, line_lon = point_along(fences, way[0], way[1] + f * (way[2] - way[1]))
    return line_lat + lat, line_lon + lon


@helper
def point_along(fences: Fences, route: int, at_m: float) -> tuple[float, float]:
    """(lat, lon) of the point of a corridor's line that far along it."""
    r = fences.routes[route]
    low, high = r["vertex_start"], r["vertex_start"] + r["vertex_count"] - 2
    while low < high:
        middle = (low + high + 1) // 2
        if fences.vertices[middle]["route_m"] <= at_m:
            low = middle
        else:
            high = middle - 1
    a, b = fences.vertices[low], fences.vertices[low + 1]
    length_m = b["route_m"] - a["route_m"]
    f = (at_m - a["route_m"]) / length_m if length_m > 0.0 else 0.0
    return a["lat"] + f * (b["lat"] - a["lat"]), a["lon"] + f * (b["lon"] - a["lon"])
