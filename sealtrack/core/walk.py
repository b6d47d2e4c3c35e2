"""One report through the gate, its place and every rule, in this order (judgement section 3)."""

from __future__ import annotations

import math

from sealtrack.core.anomaly import walk_anomaly
from sealtrack.core.arrival import note_arrival, note_delay
from sealtrack.core.checkpoint import walk_checkpoint, walk_seen_at_checkpoint
from sealtrack.core.conduct import walk_battery, walk_jamming
from sealtrack.core.deviation import walk_deviation
from sealtrack.core.episode import begin, close_now, gather, judge, write
from sealtrack.core.forbidden import walk_forbidden
from sealtrack.core.gate import ACCEPTED, JUMP, MENDED, pass_gate
from sealtrack.core.jit import helper
from sealtrack.core.machine import ENTER, IDLE, OPEN
from sealtrack.core.progress import walk_progress
from sealtrack.core.rest import may_stop
from sealtrack.core.seal import walk_seal
from sealtrack.core.separation import MISREAD_BITS, note_sighting, sighting_error, walk_separation
from sealtrack.core.short import leave_short, stand_short
from sealtrack.core.speeding import walk_speeding
from sealtrack.core.state import (
    CLOSED_STATUS,
    CRITICAL,
    RING,
    STEP,
    STOP,
    WARNING,
    Fix,
    Row,
    Rows,
    Rules,
    Store,
)
from sealtrack.core.stop import LEFT, STATIONARY, forget, left_end_ms, note_fix, settle
from sealtrack.core.terms import forget_places_of_other_terms, terms_at
from sealtrack.schema import FLAG_SIGHTING, NO_TIME


@helper
def push_interval(trip: Row, report: Row) -> None:
    """Remember the time since the report before, and where this one was read."""
    t_ms = report["time_ms"]
    if trip["last_ms"] != NO_TIME and t_ms > trip["last_ms"]:
        trip["ring_s"][trip["ring_n"] % RING] = (t_ms - trip["last_ms"]) / 1e3
        trip["ring_n"] += 1
    trip["last_ms"] = t_ms
    trip["read_offset"] = report["offset"]
    trip["read_partition"] = report["partition"]


@helper
def begin_stop(trip: Row, anchor: Row, report: Row) -> None:
    """An episode that starts at the anchor."""
    i = trip["near_route"]
    route_m = trip["route_m"][i] if i >= 0 else math.nan
    begin(trip, STOP, report, anchor["lat"], anchor["lon"], anchor["first_ms"], route_m)
    trip["first_offset"][STOP] = anchor["offset"]


@helper
def stop_severity(policy: Row, duration_ms: int) -> int:
    """WARNING, or CRITICAL for a stop of `stop_critical_s`."""
    return CRITICAL if duration_ms >= 1e3 * policy["stop_critical_s"] else WARNING


@helper
def walk_standing(rules: Rules, policy: Row, table: Rows, slot: int, trip: Row, report: Row, out: Rows, n: int) -> int:
    """The fix lies at the anchor: long enough, and where it is not permitted, that is an offence."""
    anchor = trip["anchor"]
    duration_ms = report["time_ms"] - anchor["start_ms"]
    if trip["phase"][STOP] == OPEN:  # also where its mean has drifted to a place that permits stops since
        trip["lat"][STOP] = anchor["lat"]
        trip["lon"][STOP] = anchor["lon"]
    if duration_ms < 1e3 * policy["stop_warning_s"] or may_stop(rules, policy, trip, report["time_ms"]):
        return n
    if trip["phase"][STOP] == IDLE:
        begin_stop(trip, anchor, report)
    gather(trip, STOP, report, duration_ms / 1e3, trip["end_route_m"][STOP])
    severity = stop_severity(policy, duration_ms)
    return judge(table, slot, trip, STOP, ENTER, report, anchor["start_ms"], severity, 0, out, n)


@helper
def walk_departure(rules: Rules, policy: Row, slot: int, trip: Row, report: Row, end_ms: int, out: Rows, n: int) -> int:
    """The truck left its anchor at `end_ms`: close the stop, or open and close one that only now proves long enough."""
    anchor = trip["anchor"]
    duration_ms = end_ms - anchor["start_ms"]
    if trip["phase"][STOP] == OPEN:
        trip["peak"][STOP] = duration_ms / 1e3
        trip["severity"][STOP] = max(trip["severity"][STOP], stop_severity(policy, duration_ms))
        return close_now(slot, trip, STOP, end_ms, report["time_ms"], out, n)
    if anchor["n"] < 2 or duration_ms < 1e3 * policy["stop_warning_s"]:
        return n
    if may_stop(rules, policy, trip, anchor["last_ms"]):
        return n
    begin_stop(trip, anchor, report)
    trip["since_ms"][STOP] = anchor["start_ms"]
    trip["severity"][STOP] = stop_severity(policy, duration_ms)
    trip["count"][STOP] = anchor["n"]
    trip["peak"][STOP] = duration_ms / 1e3
    trip["last_offset"][STOP] = report["offset"]
    trip["detected_ms"][STOP] = report["received_ms"]
    return write(out, n, STEP, slot, trip, STOP, CLOSED_STATUS, end_ms, report["time_ms"])


@helper
def walk_stop(
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
    """unauthorised_stop for an accepted fix."""
    if verdict == JUMP:
        n = leave_short(rules, policy, slot, trip, report, trip["anchor"]["last_ms"], out, n)
        n = walk_departure(rules, policy, slot, trip, report, trip["anchor"]["last_ms"], out, n)
        forget(trip, report, policy)
        return n
    said = note_fix(trip, report, before, policy)
    if said == STATIONARY:
        n = stand_short(rules, policy, slot, trip, report, out, n)
        return walk_standing(rules, policy, table, slot, trip, report, out, n)
    if said == LEFT:
        end_ms = left_end_ms(trip, policy)
        n = leave_short(rules, policy, slot, trip, report, end_ms, out, n)
        n = walk_departure(rules, policy, slot, trip, report, end_ms, out, n)
        settle(trip)
    return n


@helper
def walk(rules: Rules, store: Store, slot: int, trip: Row, report: Row, out: Rows, n: int) -> int:
    """Advance one shipment's walk by one report; writes STEP rows from `n` on and returns the next free row."""
    info = terms_at(store, slot, report["time_ms"])
    policy = rules.policies[info["policy"]]
    table = rules.table[info["policy"]]
    forget_places_of_other_terms(store, slot, trip, report["time_ms"])
    trip["walked_ms"] = report["time_ms"]
    if report["flags"] & FLAG_SIGHTING:
        error_m = sighting_error(report, policy)
        if report["events"] & MISREAD_BITS == 0:
            n = walk_seen_at_checkpoint(rules, info, slot, trip, report, error_m, out, n)
        return note_sighting(policy, table, slot, trip, report, error_m, out, n)
    push_interval(trip, report)
    before = (trip["good"]["ms"], trip["good"]["lat"], trip["good"]["lon"])
    if before[0] == NO_TIME:
        before = (NO_TIME, math.nan, math.nan)
    verdict = pass_gate(trip, report, policy)
    note_arrival(rules, store, slot, trip, before, report)
    n = walk_anomaly(policy, table, slot, trip, before, report, verdict, out, n)
    accepted = verdict == ACCEPTED or verdict == MENDED or verdict == JUMP
    if accepted:
        n = walk_separation(policy, table, slot, trip, before, report, out, n)
        came_from = (NO_TIME, math.nan, math.nan) if verdict == JUMP else before  # no way leads through a jump
        n = walk_deviation(rules, policy, table, info, slot, trip, came_from, report, out, n)
        note_delay(rules, policy, store, info, slot, trip, report)
        n = walk_stop(rules, policy, table, slot, trip, before, report, verdict, out, n)
        if verdict == JUMP:
            trip["progress_route"] = -1  # measured anew: nobody drove there
        n = walk_progress(rules, policy, table, info, slot, trip, report, out, n)
        n = walk_checkpoint(rules, info, slot, trip, report, verdict == JUMP, out, n)
        n = walk_forbidden(rules, table, info, slot, trip, came_from, report, out, n)
        n = walk_speeding(rules, policy, table, info, slot, trip, report, verdict, out, n)
    n = walk_jamming(rules, policy, table, slot, trip, before, report, verdict, out, n)
    n = walk_battery(policy, table, slot, trip, report, out, n)
    return walk_seal(rules, store, table, info, slot, trip, before, report, accepted, out, n)
