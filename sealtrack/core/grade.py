"""signal_loss: what was not heard, graded by what the truck could have done meanwhile (judgement section 7)."""

from __future__ import annotations

import math

import numpy as np

from sealtrack.core.arrival import has_arrived
from sealtrack.core.episode import write
from sealtrack.core.fences import DEAD_ZONE
from sealtrack.core.jit import helper
from sealtrack.core.pages import nth
from sealtrack.core.silence import fix_from, fix_until, hole, interval_ms, limit_ms, report_at, tail_start
from sealtrack.core.state import (
    CLOSED_STATUS,
    CRITICAL,
    INFO_SEVERITY,
    NOWHERE,
    OPEN_STATUS,
    SILENCE,
    VIEW,
    WARNING,
    Fix,
    Row,
    Rows,
    Rules,
    Store,
)
from sealtrack.core.terms import policy_at, terms_at
from sealtrack.core.way import WAY_POINTS, Way, find_way, way_m, way_point
from sealtrack.core.zones import ANY, find_zone
from sealtrack.schema import NO_TIME

BACKFILLED_FLAG = 1
DEAD_ZONE_FLAG = 2
DEAD_POINTS = 8
"""So many of the way's points in dead zones explain the silence."""
STEP_MS = 300_000
"""What is not filled yet is told in steps: stored reports that trickle in would make a version each."""


@helper
def _is_dead(rules: Rules, policy: Row, lat: float, lon: float, margin_m: float, t_ms: int) -> bool:
    catalogue, no_routes = policy["catalogue"], rules.fences.route_zones[:0]
    return find_zone(rules.fences, catalogue, lat, lon, margin_m, t_ms, DEAD_ZONE, no_routes, 0, ANY) >= 0


@helper
def _leads_through_dead_zones(rules: Rules, policy: Row, way: Way, t_ms: int) -> bool:
    if not rules.zones_dead:
        return False
    dead = 0
    for i in range(1, WAY_POINTS + 1):
        lat, lon = way_point(rules.fences, way, i)
        dead += _is_dead(rules, policy, lat, lon, 0.0, t_ms)
    return dead >= DEAD_POINTS


@helper
def _enters_dead_zone(rules: Rules, store: Store, slot: int, policy: Row, start_ms: int, before: Fix) -> bool:
    """True when the last fix lies in a dead zone, or so near that the next report would have come from inside."""
    if not rules.zones_dead or before[0] == NO_TIME:
        return False
    near_m = interval_ms(store, slot, start_ms) * policy["road_kmh"] / 3600.0
    return _is_dead(rules, policy, before[1], before[2], near_m, before[0])


@helper
def _grade(
    rules: Rules, store: Store, slot: int, start_ms: int, from_ms: int, to_ms: int, is_open: bool
) -> tuple[int, int, int]:
    """(severity, flag, ms to spare) of a hole that is not filled."""
    policy = policy_at(rules, store, slot, start_ms)
    before = fix_until(store, slot, from_ms)
    after = NOWHERE if is_open else fix_from(store, slot, to_ms)
    spare_ms = to_ms - from_ms
    least = WARNING
    if before[0] == NO_TIME or after[0] == NO_TIME:
        dead = _enters_dead_zone(rules, store, slot, policy, start_ms, before)
    else:
        info = terms_at(store, slot, before[0])
        way = find_way(rules, info, before, after, policy["fix_error_m"], before[0])
        spare_ms -= int(way_m(way) / policy["road_kmh"] * 3600.0)
        dead = _leads_through_dead_zones(rules, policy, way, before[0])
        if spare_ms < 1e3 * policy["short_stop_s"]:
            least = INFO_SEVERITY
    severity = CRITICAL if spare_ms >= 1e3 * policy["silence_critical_s"] else least
    if dead:
        return max(INFO_SEVERITY, severity - 1), DEAD_ZONE_FLAG, spare_ms
    return severity, 0, spare_ms


@helper
def is_at_destination(rules: Rules, store: Store, slot: int, start_ms: int, end_ms: int) -> bool:
    """True when the last fix before the gap, and the first after it if there is one, lie at the destination."""
    before, after = fix_until(store, slot, start_ms), fix_from(store, slot, end_ms)
    if before[0] == NO_TIME or not has_arrived(rules, store, slot, before[1], before[2], before[0]):
        return False
    return after[0] == NO_TIME or has_arrived(rules, store, slot, after[1], after[2], after[0])


@helper
def _read_at(store: Store, slot: int, t_ms: int) -> tuple[int, int]:
    """(offset, partition) of the last report with time <= t_ms; it may have left the tail."""
    i = report_at(store, slot, t_ms)
    if i < 0:
        start = tail_start(store, slot)
        return start["read_offset"], start["read_partition"]
    report = nth(store, slot, i)
    return report["offset"], int(report["partition"])


@helper
def _write_gap(
    store: Store, slot: int, trip: Row, start_ms: int, end_ms: int, limit: int, severity: int, out: Rows, n: int
) -> int:
    status = OPEN_STATUS if end_ms == NO_TIME else CLOSED_STATUS
    write(out, n, VIEW, slot, trip, SILENCE, status, end_ms, start_ms)
    row = out[n]
    row["severity"] = severity
    row["start_ms"] = start_ms
    row["detected_ms"] = start_ms + limit
    row["peak"] = 0.0
    row["start_route_m"] = row["end_route_m"] = math.nan
    row["count"] = limit // 1000
    row["events"] = 0
    row["card"] = -1
    row["first_offset"], row["partition"] = _read_at(store, slot, start_ms)
    row["before_fix_ms"], row["lat"], row["lon"] = fix_until(store, slot, start_ms)
    row["after_fix_ms"] = NO_TIME
    return n + 1


@helper
def _write_closed(
    rules: Rules, store: Store, slot: int, trip: Row, start_ms: int, end_ms: int, limit: int, out: Rows, n: int
) -> int:
    """A silence that has ended, graded by the hole in device time that remains of it."""
    from_ms, to_ms = hole(store, slot, start_ms, end_ms)
    n = _write_gap(store, slot, trip, start_ms, end_ms, limit, INFO_SEVERITY, out, n)
    row = out[n - 1]
    if to_ms - from_ms <= limit:
        row["flag"] = BACKFILLED_FLAG
        return n
    row["severity"], row["flag"], spare_ms = _grade(rules, store, slot, start_ms, from_ms, to_ms, False)
    row["peak"] = (to_ms - from_ms) // STEP_MS * STEP_MS / 1e3
    spare_s = max(0, spare_ms) // STEP_MS * STEP_MS / 1e3
    row["start_route_m"] = spare_s
    row["end_route_m"] = spare_s / 2 * policy_at(rules, store, slot, start_ms)["road_kmh"] / 3.6
    return n


@helper
def view_gaps(rules: Rules, store: Store, slot: int, trip: Row, out: Rows, n: int) -> int:
    """Write a VIEW row for every silence that has ended and is not settled for good."""
    kept = store.kept[slot]
    for i in range(kept["gaps"]):
        start_ms, end_ms = kept["gap_start_ms"][i], min(kept["gap_end_ms"][i], store.info[slot]["end_ms"])
        limit = limit_ms(rules, store, slot, start_ms)
        if end_ms - start_ms <= limit or is_at_destination(rules, store, slot, start_ms, end_ms):
            continue
        n = _write_closed(rules, store, slot, trip, start_ms, end_ms, limit, out, n)
    return n


@helper
def view_silence(rules: Rules, store: Store, slot: int, trip: Row, clock_ms: int, out: Rows, n: int) -> tuple[int, int]:
    """Write a VIEW row if the seal is silent now. `clock_ms` is already cut at the shipment's end.

    Returns (n, when the answer may next change).
    """
    start_ms = store.kept[slot]["last_heard_ms"]
    never = np.iinfo(np.int64).max
    if start_ms == NO_TIME:
        return n, never
    limit = limit_ms(rules, store, slot, start_ms)
    if clock_ms - start_ms <= limit:
        return n, start_ms + limit + 1
    if is_at_destination(rules, store, slot, start_ms, clock_ms):
        return n, never
    if clock_ms >= store.info[slot]["end_ms"]:
        return _write_closed(rules, store, slot, trip, start_ms, clock_ms, limit, out, n), never
    severity, flag, _ = _grade(rules, store, slot, start_ms, start_ms, clock_ms, True)
    n = _write_gap(store, slot, trip, start_ms, NO_TIME, limit, severity, out, n)
    out[n - 1]["flag"] = flag
    critical_ms = start_ms + int(1e3 * policy_at(rules, store, slot, start_ms)["silence_critical_s"])
    return n, critical_ms if clock_ms < critical_ms else never
