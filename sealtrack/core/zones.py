"""Which zones hold a point (judgement section 3, "Place").

The packed index narrows to a few zones; exact geometry decides. Edges count as inside, and so does anything within
`margin_m` of the ring.
"""

from __future__ import annotations

import math

import numpy as np

from sealtrack.core.fences import LIMITS_SPEED, NEAR_M, NODE, PERMITS_OPEN, PERMITS_STOP, Fences
from sealtrack.core.geodesy import metres_per_degree
from sealtrack.core.jit import helper
from sealtrack.core.state import NO_ZONE, Rules

HOUR_MS = 3_600_000
WEEK_HOURS = 168
EPOCH_WEEKDAY_HOURS = 72  # 1970-01-01 was a Thursday: 72 hours after Monday 00:00

ANY = 0
"""Filter: no condition on membership."""
OF_ROUTES = 1
"""Filter: only zones that touch one of the given routes."""

EDGE_M = 0.01
"""A point this near to the ring lies on it."""


@helper
def zone_in_force(fences: Fences, zone: int, t_ms: int) -> bool:
    """True when `t_ms` lies in the zone's validity and schedule."""
    z = fences.zones[zone]
    if t_ms < z["valid_from_ms"] or t_ms >= z["valid_to_ms"]:
        return False
    if z["schedule"] < 0:
        return True
    hour = (t_ms // HOUR_MS + EPOCH_WEEKDAY_HOURS) % WEEK_HOURS
    return fences.schedules[z["schedule"], hour] != 0


@helper
def in_polygon(fences: Fences, zone: int, lat: float, lon: float, margin_m: float) -> bool:
    """True inside the zone's rings (even-odd) or within `margin_m` of one of their edges.

    A negative margin asks for inside, and not within that distance of an edge.
    """
    z = fences.zones[zone]
    m_per_lat, m_per_lon = metres_per_degree(lat)
    margin2 = max(abs(margin_m), EDGE_M) ** 2
    inside = at_edge = False
    for i in range(z["ring_start"], z["ring_end"] - 1):
        ay = (fences.ring_lat[i] - lat) * m_per_lat
        by = (fences.ring_lat[i + 1] - lat) * m_per_lat
        if math.isnan(ay) or math.isnan(by):
            continue  # the gap between two rings
        ax = (fences.ring_lon[i] - lon) * m_per_lon
        bx = (fences.ring_lon[i + 1] - lon) * m_per_lon
        if (ay > 0.0) != (by > 0.0) and ax + (bx - ax) * ay / (ay - by) > 0.0:
            inside = not inside
        ex, ey = bx - ax, by - ay
        length2 = ex * ex + ey * ey
        f = 0.0
        if length2 > 0.0:
            f = min(1.0, max(0.0, -(ax * ex + ay * ey) / length2))
        dx, dy = ax + f * ex, ay + f * ey
        at_edge = at_edge or dx * dx + dy * dy <= margin2
    return (inside and not at_edge) if margin_m < 0.0 else (inside or at_edge)


@helper
def depth_m(fences: Fences, zone: int, lat: float, lon: float) -> float:
    """How far a point inside the zone's rings lies from the nearest edge; 0 outside."""
    z = fences.zones[zone]
    m_per_lat, m_per_lon = metres_per_degree(lat)
    nearest2 = math.inf
    inside = False
    for i in range(z["ring_start"], z["ring_end"] - 1):
        ay, by = (fences.ring_lat[i] - lat) * m_per_lat, (fences.ring_lat[i + 1] - lat) * m_per_lat
        if math.isnan(ay) or math.isnan(by):
            continue
        ax, bx = (fences.ring_lon[i] - lon) * m_per_lon, (fences.ring_lon[i + 1] - lon) * m_per_lon
        if (ay > 0.0) != (by > 0.0) and ax + (bx - ax) * ay / (ay - by) > 0.0:
            inside = not inside
        ex, ey = bx - ax, by - ay
        length2 = ex * ex + ey * ey
        f = min(1.0, max(0.0, -(ax * ex + ay * ey) / length2)) if length2 > 0.0 else 0.0
        dx, dy = ax + f * ex, ay + f * ey
        nearest2 = min(nearest2, dx * dx + dy * dy)
    return math.sqrt(nearest2) if inside else 0.0


@helper
def touches(fences: Fences, routes: np.ndarray, n_routes: int, zone: int) -> bool:
    """True when the zone touches the corridor of one of the first `n_routes` of `routes`."""
    for k in range(n_routes):
        r = fences.routes[routes[k]]
        for i in range(r["zone_start"], r["zone_start"] + r["zone_count"]):
            if fences.route_zones[i] == zone:
                return True
    return False


@helper
def find_zone(
    fences: Fences,
    catalogue: int,
    lat: float,
    lon: float,
    margin_m: float,
    t_ms: int,
    rules: int,
    routes: np.ndarray,
    n_routes: int,
    which: int,
) -> int:
    """A zone of a catalogue in force at `t_ms` that holds the point and has any bit of `rules`; -1 if there is none.

    `which` is ANY, or OF_ROUTES to ask only zones that touch `routes[:n_routes]`.
    """
    first, top = fences.trees[catalogue]["first_level"], fences.trees[catalogue]["levels"] - 1
    first_leaf = fences.trees[catalogue]["first_leaf"]
    if fences.level_starts[first] == fences.level_starts[first + 1]:
        return -1
    if margin_m <= NEAR_M and rules_near(fences, catalogue, lat, lon) & rules == 0:
        return -1
    m_per_lat, m_per_lon = metres_per_degree(lat)
    pad_lat = margin_m / m_per_lat + 1e-9
    pad_lon = margin_m / m_per_lon + 1e-9
    level, index = top, 0
    while level <= top:
        if _near_box(fences.boxes[fences.level_starts[first + level] + index], lat, lon, pad_lat, pad_lon):
            if level > 0:
                level, index = level - 1, index * NODE  # down to the first child
                continue
            zone = fences.order[first_leaf + index]
            if (
                fences.zones[zone]["rules"] & rules
                and zone_in_force(fences, zone, t_ms)
                and (which == ANY or touches(fences, routes, n_routes, zone))
                and in_polygon(fences, zone, lat, lon, margin_m)
            ):
                return zone
        level, index = _next_node(fences, first, top, level, index)
    return -1


@helper
def rules_near(fences: Fences, catalogue: int, lat: float, lon: float) -> int:
    """Bits of all zones of a catalogue whose box lies within NEAR_M of the point, and of some that do not."""
    grid = fences.grid[catalogue]
    row, col = (lat - grid["lat_min"]) * grid["per_deg"], (lon - grid["lon_min"]) * grid["per_deg"]
    if not (0.0 <= row < grid["rows"] and 0.0 <= col < grid["cols"]):
        return 0
    return int(fences.near_rules[grid["start"] + int(row) * grid["cols"] + int(col)])


@helper
def _near_box(box: np.void, lat: float, lon: float, pad_lat: float, pad_lon: float) -> bool:
    if lat < box["lat_min"] - pad_lat or lat > box["lat_max"] + pad_lat:
        return False
    return not (lon < box["lon_min"] - pad_lon or lon > box["lon_max"] + pad_lon)


@helper
def _next_node(fences: Fences, first: int, top: int, level: int, index: int) -> tuple[int, int]:
    """(level, index in it) of the node to look at when this one and all below it are done; without a stack, up a tree.

    A level above the root's when there is none.
    """
    index += 1
    while index % NODE == 0 or index >= fences.level_starts[first + level + 1] - fences.level_starts[first + level]:
        level += 1
        if level > top:
            break
        index = (index - 1) // NODE + 1
    return level, index


@helper
def speed_limit_kmh(fences: Fences, catalogue: int, lat: float, lon: float, t_ms: int) -> float:
    """The limit of the zone that holds the point; infinite where none does. Zones with limits should not overlap."""
    zone = find_zone(fences, catalogue, lat, lon, 0.0, t_ms, LIMITS_SPEED, fences.route_zones[:0], 0, ANY)
    return float(fences.zones[zone]["speed_limit_kmh"]) if zone >= 0 else math.inf


@helper
def holds(fences: Fences, zone: int, lat: float, lon: float, margin_m: float, t_ms: int) -> bool:
    """True when `zone` (-1 = none) is in force and holds the point."""
    return zone >= 0 and zone_in_force(fences, zone, t_ms) and in_polygon(fences, zone, lat, lon, margin_m)


@helper
def in_approved_zone(rules: Rules, info: np.void, lat: float, lon: float, t_ms: int) -> bool:
    """Origin, destination, or a zone that permits stop or open and touches an approved corridor."""
    fences = rules.fences
    if holds(fences, info["origin"], lat, lon, 0.0, t_ms) or holds(fences, info["destination"], lat, lon, 0.0, t_ms):
        return True
    catalogue, permits = rules.policies[info["policy"]]["catalogue"], PERMITS_STOP | PERMITS_OPEN
    return find_zone(fences, catalogue, lat, lon, 0.0, t_ms, permits, info["routes"], info["n_routes"], OF_ROUTES) >= 0


@helper
def may_open(rules: Rules, info: np.void, lat: float, lon: float, margin_m: float, t_ms: int) -> bool:
    """True where this shipment's seal may be opened."""
    fences = rules.fences
    origin, destination = info["origin"], info["destination"]
    if origin == NO_ZONE and destination == NO_ZONE:
        catalogue = rules.policies[info["policy"]]["catalogue"]
        return find_zone(fences, catalogue, lat, lon, margin_m, t_ms, PERMITS_OPEN, info["routes"], 0, ANY) >= 0
    if origin >= 0 and fences.zones[origin]["rules"] & PERMITS_OPEN and holds(fences, origin, lat, lon, margin_m, t_ms):
        return True
    return (
        destination >= 0
        and fences.zones[destination]["rules"] & PERMITS_OPEN != 0
        and holds(fences, destination, lat, lon, margin_m, t_ms)
    )
