"""forbidden_zone, jamming, low_battery: what a report says of truck or device (judgement section 4)."""

from __future__ import annotations

import math

from sealtrack.core.episode import begin, gather, judge, write
from sealtrack.core.fences import DEAD_ZONE, FORBIDS_ENTER, PERMITS_OPEN, PERMITS_STOP
from sealtrack.core.gate import NO_FIX
from sealtrack.core.jit import helper
from sealtrack.core.machine import ENTER, EXIT, IDLE, NEITHER
from sealtrack.core.state import (
    CLOSED_STATUS,
    CRITICAL,
    FORBIDDEN,
    INFO_SEVERITY,
    JAMMING,
    LOW_BATTERY,
    STEP,
    WARNING,
    Fix,
    Row,
    Rows,
    Rules,
)
from sealtrack.core.way import WAY_POINTS, find_way, way_point
from sealtrack.core.zones import ANY, find_zone
from sealtrack.schema import EVENT_BIT, NO_TIME

JAMMING_BIT = EVENT_BIT["jamming"]
LOW_BATTERY_BIT = EVENT_BIT["low_battery"]
CHARGING_BIT = EVENT_BIT["charging"]

BATTERY_RECOVERED_PCT = 5.0
"""Points above the limit at which a battery counts as charged again."""
CROSSING_INSIDE = 3
"""So many points of the way between two sparse fixes must lie inside, deeper than the error, for a crossing.

Without the depth a truck that stands at a zone's edge would cross it with the noise of its fixes.
"""
CROSSING_FLAG = 1
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
    good = trip["good"]
    zone = forbidden_at(rules, info, good["lat"], good["lon"], good["error_m"], good["ms"])
    if zone < 0:
        if trip["phase"][FORBIDDEN] == IDLE:
            crossed = crossed_zone(rules, info, before, good)
            return write_crossing(slot, trip, before, report, crossed, out, n) if crossed >= 0 else n
        still = forbidden_at(rules, info, good["lat"], good["lon"], -good["error_m"], good["ms"]) >= 0
        level = NEITHER if still else EXIT
        return judge(table, slot, trip, FORBIDDEN, level, report, report["time_ms"], 0, 0, out, n)
    if trip["phase"][FORBIDDEN] == IDLE:
        begin(trip, FORBIDDEN, report, good["lat"], good["lon"], report["time_ms"], math.nan)
        trip["peak"][FORBIDDEN] = zone  # the first, if it drives on into another one
    gather(trip, FORBIDDEN, report, 0.0, math.nan)
    return judge(table, slot, trip, FORBIDDEN, ENTER, report, report["time_ms"], CRITICAL, 0, out, n)


@helper
def _last_place(trip: Row) -> tuple[float, float]:
    """Where the last accepted fix lies, this report's if it has one; NaN when there is none yet."""
    good = trip["good"]
    return (good["lat"], good["lon"]) if good["ms"] != NO_TIME else (math.nan, math.nan)


@helper
def walk_jamming(
    rules: Rules,
    policy: Row,
    table: Rows,
    slot: int,
    trip: Row,
    before: Fix,
    report: Row,
    verdict: int,
    out: Rows,
    n: int,
) -> int:
    """Fixes lost while reports still come, away from zones where that is usual; or the device says so."""
    said = report["events"] & JAMMING_BIT
    if verdict != NO_FIX and said == 0:
        if trip["phase"][JAMMING] == IDLE:
            return n
        return judge(table, slot, trip, JAMMING, EXIT, report, report["time_ms"], 0, 0, out, n)
    if said == 0 and (before[0] == NO_TIME or _fix_is_scarce(rules, policy, before)):
        return n
    if trip["phase"][JAMMING] == IDLE:
        lat, lon = _last_place(trip)
        begin(trip, JAMMING, report, lat, lon, trip["good"]["ms"], math.nan)
    gather(trip, JAMMING, report, 0.0, math.nan)
    severity = CRITICAL if said else WARNING
    return judge(table, slot, trip, JAMMING, ENTER, report, report["time_ms"], severity, said, out, n)


@helper
def _fix_is_scarce(rules: Rules, policy: Row, before: Fix) -> bool:
    """True where a lost fix means nothing: a known dead zone, or a yard, port or rest area with roofs."""
    no_routes = rules.fences.route_zones[:0]
    usual = DEAD_ZONE | PERMITS_STOP | PERMITS_OPEN
    catalogue = policy["catalogue"]
    return find_zone(rules.fences, catalogue, before[1], before[2], 0.0, before[0], usual, no_routes, 0, ANY) >= 0


@helper
def walk_battery(policy: Row, table: Rows, slot: int, trip: Row, report: Row, out: Rows, n: int) -> int:
    """low_battery for any report that speaks of the battery."""
    battery_pct = report["battery_pct"]
    said = report["events"] & LOW_BATTERY_BIT
    low = said != 0 or battery_pct < policy["battery_low_pct"]
    if not low:
        recovered = battery_pct >= policy["battery_low_pct"] + BATTERY_RECOVERED_PCT
        if trip["phase"][LOW_BATTERY] == IDLE or not (recovered or report["events"] & CHARGING_BIT):
            return n
        return judge(table, slot, trip, LOW_BATTERY, EXIT, report, report["time_ms"], 0, 0, out, n)
    if trip["phase"][LOW_BATTERY] == IDLE:
        lat, lon = _last_place(trip)
        begin(trip, LOW_BATTERY, report, lat, lon, trip["good"]["ms"], math.nan)
    gather(trip, LOW_BATTERY, report, 0.0, battery_pct)
    severity = WARNING if battery_pct < policy["battery_critical_pct"] else INFO_SEVERITY
    return judge(table, slot, trip, LOW_BATTERY, ENTER, report, report["time_ms"], severity, said, out, n)
