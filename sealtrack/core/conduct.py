"""jamming, low_battery: what a report says of truck or device (judgement section 4)."""

from __future__ import annotations

import math

from sealtrack.core.episode import begin, gather, judge
from sealtrack.core.fences import DEAD_ZONE, PERMITS_OPEN, PERMITS_STOP
from sealtrack.core.gate import NO_FIX
from sealtrack.core.jit import helper
from sealtrack.core.machine import ENTER, EXIT, IDLE
from sealtrack.core.state import (
    CRITICAL,
    INFO_SEVERITY,
    JAMMING,
    LOW_BATTERY,
    WARNING,
    Fix,
    Row,
    Rows,
    Rules,
)
from sealtrack.core.zones import ANY, find_zone
from sealtrack.schema import EVENT_BIT, NO_TIME

JAMMING_BIT = EVENT_BIT["jamming"]
LOW_BATTERY_BIT = EVENT_BIT["low_battery"]
CHARGING_BIT = EVENT_BIT["charging"]

BATTERY_RECOVERED_PCT = 5.0
"""Points above the limit at which a battery counts as charged again."""


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
