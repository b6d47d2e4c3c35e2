"""speeding: by the reported speed, or by the fixes of a device that reports none (judgement section 4, Measured).

The mean between two fixes, less what their errors explain, is the least that the truck's highest speed can have been.
One wild fix within reach makes two fast ways, to it and back, but no fast way past it: hence the mark before the last.
Several in a row make a zigzag, which is seldom fast past each of them.
"""

from __future__ import annotations

import math

from sealtrack.core.episode import begin, gather, judge
from sealtrack.core.gate import JUMP, MENDED, set_place
from sealtrack.core.geodesy import distance_m, is_within
from sealtrack.core.jit import helper
from sealtrack.core.machine import ENTER, EXIT, IDLE, NEITHER
from sealtrack.core.seal import LOCK_BIT, UNLOCK_BITS
from sealtrack.core.state import SPEEDING, WARNING, Row, Rows, Rules
from sealtrack.core.way import WAY_POINTS, find_way, way_point
from sealtrack.core.zones import speed_limit_kmh
from sealtrack.schema import FLAG_CLOCK, NO_TIME

EXIT_RATIO = 0.95
MARK_MS = 25_000
"""From one mark to the next at least, so that their errors weigh little against the way between."""
MEASURED_FLAG = 1


@helper
def reports_speed(report: Row) -> bool:
    """False where none is reported, or 0, which is what some gateways make of none."""
    return report["speed_kmh"] > 0.0


@helper
def forget_marks(trip: Row) -> None:
    """The next fix without a speed is the first mark."""
    if trip["mark"]["ms"] != NO_TIME:
        set_place(trip["mark"], NO_TIME, 0.0, 0.0, 0.0)
        set_place(trip["earlier_mark"], NO_TIME, 0.0, 0.0, 0.0)


@helper
def is_marked(trip: Row, t_ms: int) -> bool:
    """True when a fix at `t_ms` is too soon after the last mark to be one."""
    return trip["mark"]["ms"] != NO_TIME and t_ms - trip["mark"]["ms"] < MARK_MS


@helper
def set_mark(trip: Row) -> None:
    """`trip["good"]` is the last mark."""
    mark, good = trip["mark"], trip["good"]
    set_place(trip["earlier_mark"], mark["ms"], mark["lat"], mark["lon"], mark["error_m"])
    set_place(mark, good["ms"], good["lat"], good["lon"], good["error_m"])


@helper
def is_plainly_slower(policy: Row, mark: Row, t_ms: int, lat: float, lon: float, error_m: float) -> bool:
    """True when nothing says that the truck came from the mark faster than `max_road_kmh`."""
    if mark["ms"] == NO_TIME:
        return True
    way_m = policy["max_road_kmh"] / 3.6e3 * (t_ms - mark["ms"]) + mark["error_m"] + error_m
    return is_within(mark["lat"], mark["lon"], lat, lon, way_m - 1.0)


@helper
def _speeds_since(mark: Row, good: Row) -> tuple[float, float]:
    """(least, mean) km/h from the mark to the fix: without and with what their errors can explain."""
    way_m = distance_m(mark["lat"], mark["lon"], good["lat"], good["lon"])
    kmh_per_m = 3.6e3 / (good["ms"] - mark["ms"])
    return (way_m - mark["error_m"] - good["error_m"]) * kmh_per_m, way_m * kmh_per_m


@helper
def _limit_kmh(rules: Rules, policy: Row, lat: float, lon: float, t_ms: int) -> float:
    if not rules.zones_limit_speed:
        return policy["max_road_kmh"]
    return min(policy["max_road_kmh"], speed_limit_kmh(rules.fences, policy["catalogue"], lat, lon, t_ms))


@helper
def _limit_since(rules: Rules, policy: Row, info: Row, mark: Row, good: Row) -> float:
    """The highest limit between the mark and the fix."""
    t_ms = good["ms"]
    limit_kmh = max(
        _limit_kmh(rules, policy, mark["lat"], mark["lon"], t_ms),
        _limit_kmh(rules, policy, good["lat"], good["lon"], t_ms),
    )
    if limit_kmh >= policy["max_road_kmh"]:
        return limit_kmh
    before, after = (mark["ms"], mark["lat"], mark["lon"]), (t_ms, good["lat"], good["lon"])
    way = find_way(rules, info, before, after, good["error_m"], t_ms)
    for i in range(1, WAY_POINTS + 1):
        lat, lon = way_point(rules.fences, way, i)
        limit_kmh = max(limit_kmh, _limit_kmh(rules, policy, lat, lon, t_ms))
    return limit_kmh


@helper
def _walk_measured(
    rules: Rules, policy: Row, table: Rows, info: Row, slot: int, trip: Row, report: Row, out: Rows, n: int
) -> int:
    """The fix `trip["good"]` of a report without a speed is the third mark in a row, or a later one."""
    good, mark, earlier = trip["good"], trip["mark"], trip["earlier_mark"]
    least_kmh, mean_kmh = _speeds_since(mark, good)
    idle = trip["phase"][SPEEDING] == IDLE
    if idle and least_kmh <= _limit_kmh(rules, policy, good["lat"], good["lon"], good["ms"]):
        return n
    least_past_kmh, mean_past_kmh = _speeds_since(earlier, good)
    least_kmh, mean_kmh = min(least_kmh, least_past_kmh), min(mean_kmh, mean_past_kmh)
    limit_kmh = _limit_since(rules, policy, info, mark, good)
    level = EXIT if mean_kmh <= EXIT_RATIO * limit_kmh else NEITHER
    if least_kmh > limit_kmh:
        level = ENTER
        if idle:
            begin(trip, SPEEDING, report, earlier["lat"], earlier["lon"], earlier["ms"], math.nan)
        trip["flag"][SPEEDING] |= MEASURED_FLAG
        gather(trip, SPEEDING, report, least_kmh, limit_kmh)
    return judge(table, slot, trip, SPEEDING, level, report, earlier["ms"], WARNING, 0, out, n)


@helper
def _walk_reported(rules: Rules, policy: Row, table: Rows, slot: int, trip: Row, report: Row, out: Rows, n: int) -> int:
    speed_kmh, good = report["speed_kmh"], trip["good"]
    limit_kmh = _limit_kmh(rules, policy, good["lat"], good["lon"], good["ms"])
    if speed_kmh <= limit_kmh and trip["phase"][SPEEDING] == IDLE:
        return n
    level = EXIT if speed_kmh <= EXIT_RATIO * limit_kmh else NEITHER
    if speed_kmh > limit_kmh:
        level = ENTER
        if trip["phase"][SPEEDING] == IDLE:
            begin(trip, SPEEDING, report, good["lat"], good["lon"], report["time_ms"], math.nan)
        gather(trip, SPEEDING, report, float(speed_kmh), limit_kmh)
    return judge(table, slot, trip, SPEEDING, level, report, report["time_ms"], WARNING, 0, out, n)


@helper
def walk_speeding(
    rules: Rules,
    policy: Row,
    table: Rows,
    info: Row,
    slot: int,
    trip: Row,
    report: Row,
    verdict: int,
    out: Rows,
    n: int,
) -> int:
    """Judge an accepted fix. A lock event's speed is not reliable."""
    if report["events"] & (UNLOCK_BITS | LOCK_BIT):
        return n
    if reports_speed(report):
        forget_marks(trip)
        return _walk_reported(rules, policy, table, slot, trip, report, out, n)
    if verdict == JUMP or verdict == MENDED or report["flags"] & FLAG_CLOCK:
        forget_marks(trip)
    if verdict == MENDED or report["flags"] & FLAG_CLOCK or is_marked(trip, report["time_ms"]):
        return n
    if trip["earlier_mark"]["ms"] != NO_TIME:
        n = _walk_measured(rules, policy, table, info, slot, trip, report, out, n)
    set_mark(trip)
    return n
