"""What the clock adds to the walk (judgement section 7): silences, waiting openings, long stops, closing.

The view is a pure function of a shipment's reports and the clock, and is written whole each time: what it no longer
holds is retracted by the reader.
"""

from __future__ import annotations

import math

from sealtrack.core.arrival import has_arrived
from sealtrack.core.episode import write
from sealtrack.core.grade import view_gaps, view_silence
from sealtrack.core.jit import helper
from sealtrack.core.machine import OPEN
from sealtrack.core.rest import may_stop
from sealtrack.core.seal import NEVER_LOCKED_FLAG
from sealtrack.core.short import close_short
from sealtrack.core.silence import limit_ms
from sealtrack.core.state import (
    ANOMALY,
    CLOSED_STATUS,
    CRITICAL,
    OPEN_STATUS,
    OPENING,
    OVERDUE,
    SHORT_STOP,
    STOP,
    TAMPER,
    UNHEARD,
    VIEW,
    WARNING,
    Fix,
    Row,
    Rows,
    Rules,
    Store,
)
from sealtrack.core.stop import left_end_ms
from sealtrack.core.terms import policy_at, shortest_silence_ms
from sealtrack.core.timers import NEVER
from sealtrack.schema import NO_TIME


@helper
def view_wait(rules: Rules, store: Store, slot: int, trip: Row, clock_ms: int, out: Rows, n: int) -> tuple[int, int]:
    """An opening that has waited too long for a fix. Returns (n, next due)."""
    if trip["wait_ms"] == NO_TIME or trip["phase"][OPENING] == OPEN:
        return n, NEVER
    policy = policy_at(rules, store, slot, trip["wait_ms"])
    waits_ms, end_ms = int(1e3 * policy["fixless_wait_s"]), store.info[slot]["end_ms"]
    due_ms = min(trip["wait_received_ms"] + waits_ms, end_ms)
    if clock_ms < due_ms:
        return n, due_ms
    if due_ms == end_ms and trip["good"]["ms"] != NO_TIME and end_ms - trip["good"]["ms"] <= waits_ms:
        return n, NEVER  # released where it was seen just before
    write(out, n, VIEW, slot, trip, OPENING, OPEN_STATUS, NO_TIME, trip["wait_ms"])
    row = out[n]
    good = trip["good"]
    known = good["ms"] != NO_TIME
    row["severity"] = CRITICAL
    row["count"] = 1
    row["start_ms"] = trip["wait_ms"]
    row["detected_ms"] = due_ms
    row["first_offset"] = row["last_offset"] = trip["wait_offset"]
    row["partition"] = trip["wait_partition"]
    row["card"] = trip["wait_card"]
    row["events"] = trip["wait_events"]
    row["flag"] = NEVER_LOCKED_FLAG if trip["wait_never_locked"] else 0
    row["peak"] = 0.0
    row["start_route_m"] = trip["openings"] + 1
    row["before_fix_ms"] = good["ms"]
    row["after_fix_ms"] = NO_TIME
    row["lat"] = good["lat"] if known else math.nan
    row["lon"] = good["lon"] if known else math.nan
    return n + 1, NEVER


@helper
def view_stop(rules: Rules, store: Store, slot: int, trip: Row, clock_ms: int, out: Rows, n: int) -> tuple[int, int]:
    """A stop that no fix has ended, as if a fix at its place came now; a silent seal no longer says that it stands.

    Returns (n, next due).
    """
    anchor = trip["anchor"]
    if anchor["n"] < 2 or trip["away_n"] > 0:
        return n, NEVER
    policy = policy_at(rules, store, slot, trip["last_ms"])
    last_ms = store.kept[slot]["last_heard_ms"]
    believed_ms = last_ms + limit_ms(rules, store, slot, last_ms)
    warning_ms = anchor["start_ms"] + int(1e3 * policy["stop_warning_s"])
    critical_ms = anchor["start_ms"] + int(1e3 * policy["stop_critical_s"])
    clock_ms = min(clock_ms, believed_ms)
    is_open = trip["phase"][STOP] == OPEN
    if is_open and trip["severity"][STOP] == CRITICAL:
        return n, NEVER
    if clock_ms < warning_ms:
        return n, warning_ms
    due_ms = critical_ms if clock_ms < critical_ms else NEVER
    warned = not is_open and not may_stop(rules, policy, trip, warning_ms)
    critical = due_ms == NEVER and not may_stop(rules, policy, trip, critical_ms)
    if not warned and not critical:
        return n, due_ms
    write(out, n, VIEW, slot, trip, STOP, OPEN_STATUS, NO_TIME, anchor["start_ms"])
    row = out[n]
    row["severity"] = CRITICAL if critical else WARNING
    row["peak"] = ((critical_ms if critical else warning_ms) - anchor["start_ms"]) / 1e3
    if not is_open:
        i = trip["near_route"]
        row["count"] = anchor["n"]
        row["start_ms"] = anchor["start_ms"]
        row["detected_ms"] = warning_ms if warned else critical_ms
        row["first_offset"] = row["last_offset"] = anchor["offset"]
        row["events"] = 0
        row["card"] = -1
        row["before_fix_ms"] = anchor["first_ms"]
        row["after_fix_ms"] = NO_TIME
        row["lat"] = anchor["lat"]
        row["lon"] = anchor["lon"]
        row["start_route_m"] = row["end_route_m"] = trip["route_m"][i] if i >= 0 else math.nan
    return n + 1, due_ms


@helper
def write_plain(
    out: Rows,
    n: int,
    slot: int,
    trip: Row,
    k: int,
    place: Fix,
    start_ms: int,
    end_ms: int,
    detected_ms: int,
    severity: int,
) -> int:
    """A VIEW row without evidence of its own; returns n + 1. `place`: the last accepted fix when it began, if any."""
    write(out, n, VIEW, slot, trip, k, OPEN_STATUS if end_ms == NO_TIME else CLOSED_STATUS, end_ms, start_ms)
    row = out[n]
    row["severity"] = severity
    row["count"] = 0
    row["start_ms"] = start_ms
    row["detected_ms"] = detected_ms
    row["first_offset"] = row["last_offset"] = row["partition"] = -1
    row["events"] = 0
    row["card"] = -1
    row["before_fix_ms"], row["lat"], row["lon"] = place
    row["after_fix_ms"] = NO_TIME
    row["peak"] = 0.0
    row["start_route_m"] = row["end_route_m"] = math.nan
    return n + 1


@helper
def view_overdue(rules: Rules, store: Store, slot: int, trip: Row, clock_ms: int, out: Rows, n: int) -> tuple[int, int]:
    """Not at the destination when the deadline passed, or bound to be late. Returns (n, next due)."""
    info = store.info[slot]
    deadline_ms = info["arrive_by_ms"]
    if deadline_ms == NO_TIME or info["end_ms"] <= deadline_ms + 1:  # closed in time, if only just
        return n, NEVER
    predicted = trip["late_ms"] != NO_TIME
    if clock_ms <= deadline_ms:
        if predicted:
            place = (trip["late_ms"], trip["late_lat"], trip["late_lon"])
            detected_ms = trip["late_received_ms"]
            n = write_plain(out, n, slot, trip, OVERDUE, place, deadline_ms, NO_TIME, detected_ms, WARNING)
            out[n - 1]["after_fix_ms"] = trip["late_arrival_ms"]
        return n, deadline_ms + 1
    arrived_ms = trip["arrived_ms"]
    good = trip["good"]
    undecided = arrived_ms == NO_TIME and good["ms"] != NO_TIME and good["ms"] <= deadline_ms
    if undecided and has_arrived(rules, store, slot, good["lat"], good["lon"], good["ms"]):
        arrived_ms = good["ms"]
    if arrived_ms != NO_TIME and arrived_ms <= deadline_ms:
        return n, NEVER
    critical_ms = deadline_ms + int(1e3 * rules.policies[info["policy"]]["overdue_critical_s"])
    by_ms = clock_ms if arrived_ms == NO_TIME else arrived_ms
    severity = CRITICAL if by_ms >= critical_ms else WARNING
    # where it was then: a place that moved on with the truck would be a new version at every report
    place = (trip["due_fix_ms"], trip["due_lat"], trip["due_lon"])
    if good["ms"] != NO_TIME and good["ms"] <= deadline_ms:
        place = (good["ms"], good["lat"], good["lon"])
    detected_ms = min(deadline_ms, trip["late_received_ms"]) if predicted else deadline_ms
    n = write_plain(out, n, slot, trip, OVERDUE, place, deadline_ms, arrived_ms, detected_ms, severity)
    if predicted:
        out[n - 1]["after_fix_ms"] = trip["late_arrival_ms"]
    return n, critical_ms if by_ms < critical_ms and arrived_ms == NO_TIME else NEVER


@helper
def unheard_ms(rules: Rules, info: Row) -> int:
    """By when a shipment must have been heard."""
    return int(info["depart_ms"] + int(1e3 * rules.policies[info["policy"]]["unheard_s"]))


@helper
def view_unheard(
    rules: Rules, store: Store, slot: int, trip: Row, clock_ms: int, anyone_ms: int, out: Rows, n: int
) -> tuple[int, int]:
    """Registered and departed, but nothing heard, though from `anyone_ms` on somebody was. Returns (n, next due)."""
    info = store.info[slot]
    due_ms = unheard_ms(rules, info)
    if anyone_ms > due_ms:
        return n, NEVER  # nobody listened; `advance.hear_anyone` looks again when that turns out otherwise
    heard_ms = store.kept[slot]["first_heard_ms"]
    if clock_ms < due_ms or (heard_ms != NO_TIME and heard_ms <= due_ms):
        return n, due_ms if heard_ms == NO_TIME else NEVER
    if heard_ms != NO_TIME:
        heard_ms = min(heard_ms, info["end_ms"])
    nowhere = (NO_TIME, math.nan, math.nan)
    return write_plain(out, n, slot, trip, UNHEARD, nowhere, info["depart_ms"], heard_ms, due_ms, WARNING), NEVER


@helper
def close_rows(rules: Rules, store: Store, slot: int, trip: Row, first: int, out: Rows, n: int) -> int:
    """Past the shipment's end: the view's open rows from `first` on, and the walk's open episodes, close there."""
    end_ms = store.info[slot]["end_ms"]
    viewed = 0
    for i in range(first, n):
        if out[i]["status"] == OPEN_STATUS:
            out[i]["status"] = CLOSED_STATUS
            out[i]["end_ms"] = end_ms
        viewed |= 1 << out[i]["kind"]
    if trip["phase"][SHORT_STOP] == OPEN:
        n = close_short(policy_at(rules, store, slot, trip["last_ms"]), slot, trip, end_ms, out, n)
    for k in range(SHORT_STOP):
        if trip["phase"][k] == OPEN and not (k == STOP and viewed & (1 << STOP)):
            end = end_ms
            if k == TAMPER or k == ANOMALY:
                end = trip["last_ms_2"][k]
            elif k == STOP and trip["away_n"] > 0:
                end = left_end_ms(trip, policy_at(rules, store, slot, trip["last_ms"]))  # it was being left
            n = write(out, n, VIEW, slot, trip, k, CLOSED_STATUS, end, end_ms)
    return n


@helper
def view(rules: Rules, store: Store, slot: int, clock_ms: int, anyone_ms: int, out: Rows, n: int) -> tuple[int, int]:
    """Write the clock's view of a shipment as VIEW rows; returns (n, when it may next change).

    `anyone_ms`: when the first report of all was received.
    """
    end_ms = store.info[slot]["end_ms"]
    trip = store.trip[slot]
    at_ms = min(clock_ms, end_ms)
    first = n
    n = view_gaps(rules, store, slot, trip, out, n)
    n, due_silence = view_silence(rules, store, slot, trip, at_ms, out, n)
    n, due_wait = view_wait(rules, store, slot, trip, at_ms, out, n)
    n, due_stop = view_stop(rules, store, slot, trip, at_ms, out, n)
    if due_stop <= at_ms:
        due_stop = NEVER  # beyond what a silent seal can show
    n, due_overdue = view_overdue(rules, store, slot, trip, at_ms, out, n)
    n, due_unheard = view_unheard(rules, store, slot, trip, at_ms, anyone_ms, out, n)
    if clock_ms >= end_ms:
        return close_rows(rules, store, slot, trip, first, out, n), NEVER
    due_ms = min(min(due_silence, due_wait), min(due_stop, due_overdue))
    return n, min(min(due_ms, due_unheard), end_ms)


@helper
def _stop_due_ms(rules: Rules, policy: Row, trip: Row) -> int:
    """When the clock may open the stop or make it critical; in the past where reports without a fix went by since."""
    anchor = trip["anchor"]
    if anchor["n"] < 2 or trip["away_n"] > 0:
        return NEVER
    is_open = trip["phase"][STOP] == OPEN
    warning_ms = anchor["start_ms"] + int(1e3 * policy["stop_warning_s"])
    if not is_open and (warning_ms > trip["last_ms"] or not may_stop(rules, policy, trip, warning_ms)):
        return warning_ms
    critical_ms = anchor["start_ms"] + int(1e3 * policy["stop_critical_s"])
    if is_open and trip["severity"][STOP] == CRITICAL:
        return NEVER
    if critical_ms > trip["last_ms"] or not may_stop(rules, policy, trip, critical_ms):
        return critical_ms
    return NEVER


@helper
def next_due_ms(rules: Rules, store: Store, slot: int) -> int:
    """A cheap lower bound of when the view may change, for the ordinary path after an in-order report."""
    info = store.info[slot]
    trip = store.trip[slot]
    due_ms = store.kept[slot]["last_heard_ms"] + shortest_silence_ms(rules, store, slot)
    if trip["wait_ms"] != NO_TIME:
        waits_s = policy_at(rules, store, slot, trip["wait_ms"])["fixless_wait_s"]
        due_ms = min(due_ms, trip["wait_received_ms"] + int(1e3 * waits_s))
    arrived_in_time = trip["arrived_ms"] != NO_TIME and trip["arrived_ms"] <= info["arrive_by_ms"]
    if info["arrive_by_ms"] != NO_TIME and not arrived_in_time:
        due_ms = min(due_ms, info["arrive_by_ms"] + 1 if trip["late_ms"] == NO_TIME else trip["last_ms"])
    stop_due_ms = _stop_due_ms(rules, policy_at(rules, store, slot, trip["last_ms"]), trip)
    return min(due_ms, min(stop_due_ms, info["end_ms"]))
