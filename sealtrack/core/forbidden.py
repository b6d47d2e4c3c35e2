"""forbidden_zone: inside a zone nobody may enter, or across one between two fixes (judgement section 4)."""

from __future__ import annotations

import math

from sealtrack.core.episode import begin, gather, judge, write
from sealtrack.core.fences import FORBIDS_ENTER
from sealtrack.core.geodesy import is_within
from sealtrack.core.jit import helper
from sealtrack.core.machine import ENTER, EXIT, IDLE, NEITHER, PENDING
from sealtrack.core.state import CLOSED_STATUS, CRITICAL, FORBIDDEN, STEP, WARNING, Fix, Row, Rows, Rules
from sealtrack.core.way import WAY_POINTS, find_way, way_point
from sealtrack.core.zones import ANY, find_zone
from sealtrack.schema import NO_TIME

CROSSING_INSIDE = 3
"""So many points of the way between two sparse fixes must lie inside, deeper than the error, for a crossing.

Without the depth a truck that stands at a zone's edge would cross it with the noise of its fixes.
"""
CROSSING_FLAG = 1
ENTERED_FLAG = 2
"""The way to the episode's first fix was sparse, and no faster than a truck drives."""
SPARSE_MS = 60_000


@helper
def forbidden_at(rules: Rules, info: Row, lat: float, lon: float, error_m: float, t_ms: int) -> int:
    """A forbidden zone that holds the point deeper than `error_m`; -1 if none."""
    catalogue, no_routes = rules.policies[info["policy"]]["catalogue"], rules.fences.route_zones[:0]
    return find_zone(rules.fences, catalogue, lat, lon, -error_m, t_ms, FORBIDS_ENTER, no_routes, 0, ANY)


@helper
def write_crossing(slot: int, trip: Row, before: Fix, report: Row, zone: int, out: Rows, n: int) -> int:
    """A closed forbidden_zone from the fix `before` to this one; returns n + 1."""
    write(out, n, STEP, slot, trip, FORBIDDEN, CLOSED_STATUS, report["time_ms"], report["time_ms"])
    row = out[n]
    row["flag"] = CROSSING_FLAG
    row["severity"] = WARNING
    row["count"] = 2
    row["start_ms"] = before[0]
    row["detected_ms"] = report["received_ms"]
    row["first_offset"] = row["last_offset"] = report["offset"]
    row["partition"] = report["partition"]
    row["events"] = 0
    row["card"] = -1
    row["before_fix_ms"] = before[0]
    row["after_fix_ms"] = report["time_ms"]
    row["lat"] = before[1]
    row["lon"] = before[2]
    row["peak"] = zone
    row["start_route_m"] = row["end_route_m"] = math.nan
    return n + 1


@helper
def is_sparse_way(policy: Row, before: Fix, good: Row) -> bool:
    """True when nothing was heard between two fixes for long, and the truck can have driven from one to the other.

    A fix among denser ones may be wild, and so may one that took more than `road_kmh`.
    """
    if before[0] == NO_TIME or good["ms"] - before[0] < SPARSE_MS:
        return False
    way_m = policy["road_kmh"] / 3.6e3 * (good["ms"] - before[0])
    return is_within(before[1], before[2], good["lat"], good["lon"], way_m)


@helper
def write_visit(slot: int, trip: Row, report: Row, out: Rows, n: int) -> int:
    """A closed forbidden_zone of the fixes inside, too few to be held, which ends at this one; returns n + 1."""
    n = write(out, n, STEP, slot, trip, FORBIDDEN, CLOSED_STATUS, report["time_ms"], report["time_ms"])
    row = out[n - 1]
    row["severity"] = WARNING
    row["detected_ms"] = report["received_ms"]
    return n


@helper
def crossed_zone(rules: Rules, info: Row, before: Fix, good: Row) -> int:
    """A forbidden zone on the way between two sparse fixes; -1 if none."""
    if before[0] == NO_TIME or good["ms"] - before[0] < SPARSE_MS:
        return -1
    inside = 0
    zone = -1
    after = (good["ms"], good["lat"], good["lon"])
    way = find_way(rules, info, before, after, good["error_m"], good["ms"])
    for i in range(1, WAY_POINTS + 1):
        lat, lon = way_point(rules.fences, way, i)
        found = forbidden_at(rules, info, lat, lon, good["error_m"], good["ms"])
        if found >= 0:
            inside += 1
            zone = found
    return zone if inside >= CROSSING_INSIDE else -1


@helper
def walk_forbidden(
    rules: Rules, table: Rows, info: Row, slot: int, trip: Row, before: Fix, report: Row, out: Rows, n: int
) -> int:
    """forbidden_zone for an accepted fix."""
    if not rules.zones_forbid:
        return n
    policy, good = rules.policies[info["policy"]], trip["good"]
    zone = forbidden_at(rules, info, good["lat"], good["lon"], good["error_m"], good["ms"])
    if zone < 0:
        if trip["phase"][FORBIDDEN] == IDLE:
            crossed = crossed_zone(rules, info, before, good)
            return write_crossing(slot, trip, before, report, crossed, out, n) if crossed >= 0 else n
        still = forbidden_at(rules, info, good["lat"], good["lon"], -good["error_m"], good["ms"]) >= 0
        level = NEITHER if still else EXIT
        entered = trip["phase"][FORBIDDEN] == PENDING and trip["flag"][FORBIDDEN] & ENTERED_FLAG
        if entered and not still and is_sparse_way(policy, before, good):
            n = write_visit(slot, trip, report, out, n)
        return judge(table, slot, trip, FORBIDDEN, level, report, report["time_ms"], 0, 0, out, n)
    if trip["phase"][FORBIDDEN] == IDLE:
        begin(trip, FORBIDDEN, report, good["lat"], good["lon"], report["time_ms"], math.nan)
        trip["peak"][FORBIDDEN] = zone  # the first, if it drives on into another one
        if is_sparse_way(policy, before, good):
            trip["flag"][FORBIDDEN] = ENTERED_FLAG
    gather(trip, FORBIDDEN, report, 0.0, math.nan)
    return judge(table, slot, trip, FORBIDDEN, ENTER, report, report["time_ms"], CRITICAL, 0, out, n)
