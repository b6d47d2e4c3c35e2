"""Writing episodes: the start, the evidence and the versions of one machine (judgement sections 4 and 9)."""

from __future__ import annotations

from sealtrack.core.jit import helper
from sealtrack.core.machine import CLOSED, IDLE, NOTHING, OPEN, OPENED, advance_machine
from sealtrack.core.state import CLOSED_STATUS, OPEN_STATUS, RING, STEP, Row, Rows
from sealtrack.schema import NO_TIME


@helper
def begin(trip: Row, k: int, report: Row, lat: float, lon: float, before_fix_ms: int, route_m: float) -> None:
    """Where rule `k`'s episode starts; `before_fix_ms` is the time of the fix that gave (lat, lon), NO_TIME = none."""
    trip["lat"][k] = lat
    trip["lon"][k] = lon
    trip["before_fix_ms"][k] = before_fix_ms
    trip["after_fix_ms"][k] = NO_TIME
    trip["first_offset"][k] = report["offset"]
    trip["partition"][k] = report["partition"]
    trip["card"][k] = report["card"]
    trip["flag"][k] = 0
    trip["peak"][k] = 0.0
    trip["start_route_m"][k] = route_m
    trip["end_route_m"][k] = route_m


@helper
def write(
    out: Rows, n: int, row_type: int, slot: int, trip: Row, k: int, status: int, end_ms: int, step_ms: int
) -> int:
    """Write rule `k`'s episode as output row `n`; returns n + 1."""
    row = out[n]
    row["type"] = row_type
    row["kind"] = k
    row["status"] = status
    row["flag"] = trip["flag"][k]
    row["slot"] = slot
    row["start_ms"] = trip["since_ms"][k]
    row["end_ms"] = end_ms
    row["step_ms"] = step_ms
    row["severity"] = trip["severity"][k]
    row["count"] = trip["count"][k]
    row["events"] = trip["events"][k]
    row["card"] = trip["card"][k]
    row["partition"] = trip["partition"][k]
    row["detected_ms"] = trip["detected_ms"][k]
    row["first_offset"] = trip["first_offset"][k]
    row["last_offset"] = trip["last_offset"][k]
    row["before_fix_ms"] = trip["before_fix_ms"][k]
    row["after_fix_ms"] = trip["after_fix_ms"][k]
    row["lat"] = trip["lat"][k]
    row["lon"] = trip["lon"][k]
    row["peak"] = trip["peak"][k]
    row["start_route_m"] = trip["start_route_m"][k]
    row["end_route_m"] = trip["end_route_m"][k]
    return n + 1


@helper
def gather(trip: Row, k: int, report: Row, peak: float, route_m: float) -> None:
    """Add a level-2 report to the evidence."""
    trip["peak"][k] = max(trip["peak"][k], peak)
    trip["last_offset"][k] = report["offset"]
    trip["end_route_m"][k] = route_m


@helper
def judge(
    table: Rows,
    slot: int,
    trip: Row,
    k: int,
    level: int,
    report: Row,
    since_ms: int,
    severity: int,
    events: int,
    out: Rows,
    n: int,
) -> int:
    """Advance rule `k` by `report` and write a version if there is news. Call `begin`/`gather` first on level 2."""
    row = table[k]
    t_ms = report["time_ms"]
    action = advance_machine(trip, k, row, level, t_ms, since_ms, severity, events)
    if action == NOTHING:
        return n
    if action == CLOSED:
        return write(out, n, STEP, slot, trip, k, CLOSED_STATUS, trip["miss_ms"][k], t_ms)
    if action == OPENED:
        trip["detected_ms"][k] = report["received_ms"]
    return write(out, n, STEP, slot, trip, k, OPEN_STATUS, NO_TIME, t_ms)


@helper
def ring_interval_ms(trip: Row) -> float:
    """The reporting interval as the walk sees it now: upper quartile of the ring, 0 if it is empty."""
    count = min(trip["ring_n"], RING)
    for i in range(count):
        below = same = 0
        for j in range(count):
            below += trip["ring_s"][j] < trip["ring_s"][i]
            same += trip["ring_s"][j] == trip["ring_s"][i]
        if below <= 3 * count // 4 < below + same:
            return trip["ring_s"][i] * 1e3
    return 0.0


@helper
def close_if_quiet(policy: Row, slot: int, trip: Row, k: int, t_ms: int, out: Rows, n: int) -> int:
    """End an episode of device events that had its last one long enough before `t_ms`, even if the next is here now.

    Long enough: `quiet_s`, and `silence_intervals` reporting intervals, so that a slow seal does not end it each time.
    """
    if trip["phase"][k] != OPEN:
        return n
    since_ms = t_ms - trip["last_ms_2"][k]
    if since_ms < policy["quiet_s"] * 1e3:
        return n
    if since_ms >= policy["silence_intervals"] * ring_interval_ms(trip):
        trip["phase"][k] = IDLE
        trip["miss_ms"][k] = trip["last_ms_2"][k]
        return write(out, n, STEP, slot, trip, k, CLOSED_STATUS, trip["miss_ms"][k], t_ms)
    return n


@helper
def close_now(slot: int, trip: Row, k: int, end_ms: int, step_ms: int, out: Rows, n: int) -> int:
    """End rule `k`'s open episode at `end_ms`."""
    trip["phase"][k] = IDLE
    trip["miss_ms"][k] = end_ms
    return write(out, n, STEP, slot, trip, k, CLOSED_STATUS, end_ms, step_ms)
