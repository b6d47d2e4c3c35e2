"""signal_loss: what was heard, in the order of `received` (judgement section 7).

The gaps between heard stamps are kept, not the stamps: inserting a stamp splits or bounds a gap, so the list is a
function of the set of stamps whatever the order in which they are read.
"""

from __future__ import annotations

import math

import numpy as np

from sealtrack.core.arrival import has_arrived
from sealtrack.core.episode import write
from sealtrack.core.gate import is_trusted
from sealtrack.core.jit import helper
from sealtrack.core.state import (
    CLOSED_STATUS,
    CRITICAL,
    INFO_SEVERITY,
    MAX_GAPS,
    OPEN_STATUS,
    RING,
    SILENCE,
    VIEW,
    WARNING,
    Row,
    Rows,
    Rules,
    Store,
)
from sealtrack.schema import NO_TIME

BACKFILLED_FLAG = 1
SLOWEST_MS = 600_000
"""The longest reporting interval that seals are set to."""
FEW = 3
HOLE_STEP_MS = 300_000
"""What is not filled yet is told in steps: stored reports that trickle in would make a version each."""


@helper
def _add_gap(kept: Row, start_ms: int, end_ms: int, at_least_ms: int) -> bool:
    """Insert a gap in order of time if it is long enough; a full list forgets its oldest."""
    if end_ms - start_ms <= at_least_ms or start_ms < kept["gap_floor_ms"]:
        return False
    if kept["gaps"] == MAX_GAPS:
        kept["gap_floor_ms"] = kept["gap_start_ms"][0] + 1
        _remove_gap(kept, 0)
    i = kept["gaps"]
    while i > 0 and kept["gap_start_ms"][i - 1] > start_ms:
        kept["gap_start_ms"][i] = kept["gap_start_ms"][i - 1]
        kept["gap_end_ms"][i] = kept["gap_end_ms"][i - 1]
        i -= 1
    kept["gap_start_ms"][i] = start_ms
    kept["gap_end_ms"][i] = end_ms
    kept["gaps"] += 1
    kept["settle_ms"] = max(kept["settle_ms"], end_ms)
    return True


@helper
def _remove_gap(kept: Row, i: int) -> None:
    kept["gaps"] -= 1
    for j in range(i, kept["gaps"]):
        kept["gap_start_ms"][j] = kept["gap_start_ms"][j + 1]
        kept["gap_end_ms"][j] = kept["gap_end_ms"][j + 1]


@helper
def hear(kept: Row, received_ms: int, at_least_ms: int) -> bool:
    """Note that the seal was heard; True when a gap longer than `at_least_ms` appeared, shrank or went."""
    if kept["first_heard_ms"] == NO_TIME:
        kept["first_heard_ms"] = kept["last_heard_ms"] = received_ms
        return False
    if received_ms >= kept["last_heard_ms"]:
        changed = _add_gap(kept, kept["last_heard_ms"], received_ms, at_least_ms)
        kept["last_heard_ms"] = received_ms
        return changed
    if received_ms < kept["first_heard_ms"]:
        changed = _add_gap(kept, received_ms, kept["first_heard_ms"], at_least_ms)
        kept["first_heard_ms"] = received_ms
        return changed
    for i in range(kept["gaps"]):
        start_ms, end_ms = kept["gap_start_ms"][i], kept["gap_end_ms"][i]
        if start_ms < received_ms < end_ms:
            _remove_gap(kept, i)
            _add_gap(kept, start_ms, received_ms, at_least_ms)
            _add_gap(kept, received_ms, end_ms, at_least_ms)
            return True
    return False


@helper
def forget_gaps_before(kept: Row, t_ms: int) -> None:
    """Gaps that began before the tail can no longer change: what was said of them stands."""
    while kept["gaps"] > 0 and kept["gap_start_ms"][0] < t_ms:
        _remove_gap(kept, 0)
    kept["gap_floor_ms"] = max(kept["gap_floor_ms"], t_ms)


@helper
def last_at(tail: Rows, start: int, count: int, t_ms: int) -> int:
    """Index of the last report with time <= t_ms in tail[start : start + count], relative to start; -1 if none."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if tail[start + middle]["time_ms"] <= t_ms:
            low = middle + 1
        else:
            high = middle
    return low - 1


@helper
def interval_ms(store: Store, slot: int, t_ms: int) -> int:
    """The seal's reporting interval at `t_ms`: upper quartile of the last RING positive differences of time.

    SLOWEST_MS while fewer than FEW of them are known: the reports of fitting and arming come in quick succession.
    Differences that lie before the tail come from the ring of the walk's state at the tail's start.
    """
    kept = store.kept[slot]
    values = np.empty(RING, np.float64)
    n = 0
    i = last_at(store.tail, kept["start"], kept["count"], t_ms)
    while i > 0 and n < RING:
        step_ms = store.tail[kept["start"] + i]["time_ms"] - store.tail[kept["start"] + i - 1]["time_ms"]
        if step_ms > 0:
            values[n] = step_ms
            n += 1
        i -= 1
    base = store.trip[slot, 1]
    if i == 0 and n < RING and base["last_ms"] != NO_TIME:
        values[n] = store.tail[kept["start"]]["time_ms"] - base["last_ms"]
        n += 1
    j = base["ring_n"] - 1
    while i <= 0 and n < RING and j >= 0 and j > base["ring_n"] - 1 - RING:
        values[n] = base["ring_s"][j % RING] * 1e3
        n += 1
        j -= 1
    if n < FEW:
        return SLOWEST_MS
    ordered = np.sort(values[:n])
    return int(ordered[3 * n // 4])


@helper
def limit_ms(store: Store, policy: Row, slot: int, t_ms: int) -> int:
    """Silence longer than this, from `t_ms` on, is signal_loss."""
    return max(int(1e3 * policy["silence_s"]), int(policy["silence_intervals"] * interval_ms(store, slot, t_ms)))


@helper
def hole_ms(store: Store, slot: int, start_ms: int, end_ms: int) -> int:
    """Largest step of device time from the last report at or before `start_ms` to the first at or after `end_ms`."""
    kept = store.kept[slot]
    i = last_at(store.tail, kept["start"], kept["count"], start_ms)
    at_ms = start_ms
    if i >= 0:
        at_ms = store.tail[kept["start"] + i]["time_ms"]
    elif store.trip[slot, 1]["last_ms"] != NO_TIME:
        at_ms = min(start_ms, store.trip[slot, 1]["last_ms"])
    largest_ms = 0
    for j in range(max(0, i + 1), kept["count"]):
        next_ms = store.tail[kept["start"] + j]["time_ms"]
        largest_ms = max(largest_ms, next_ms - at_ms)
        at_ms = next_ms
        if next_ms >= end_ms:
            return largest_ms
    return max(largest_ms, end_ms - at_ms)


@helper
def _trusted_at(store: Store, slot: int, i: int) -> tuple[float, float, int]:
    """(lat, lon, ms) of report `i` of the tail; for -1 of the last trusted fix before it, NaN and NO_TIME if none."""
    if i >= 0:
        report = store.tail[store.kept[slot]["start"] + i]
        return report["lat"], report["lon"], report["time_ms"]
    raw = store.trip[slot, 1]["raw"]
    if raw["ms"] == NO_TIME:
        return math.nan, math.nan, NO_TIME
    return raw["lat"], raw["lon"], raw["ms"]


@helper
def is_at_destination(rules: Rules, store: Store, slot: int, start_ms: int, end_ms: int) -> bool:
    """True when the last fix before the gap, and the first after it if there is one, lie at the destination."""
    kept, tail = store.kept[slot], store.tail
    i = last_at(tail, kept["start"], kept["count"], start_ms)
    while i >= 0 and not is_trusted(tail[kept["start"] + i]):
        i -= 1
    lat, lon, t_ms = _trusted_at(store, slot, i)
    if t_ms == NO_TIME or not has_arrived(rules, store, slot, lat, lon, t_ms):
        return False
    for j in range(i + 1, kept["count"]):
        after = tail[kept["start"] + j]
        if after["time_ms"] >= end_ms and is_trusted(after):
            return has_arrived(rules, store, slot, after["lat"], after["lon"], after["time_ms"])
    return True


@helper
def _write_gap(
    store: Store,
    slot: int,
    trip: Row,
    start_ms: int,
    end_ms: int,
    limit: int,
    hole: int,
    severity: int,
    out: Rows,
    n: int,
) -> int:
    kept, tail = store.kept[slot], store.tail
    status = OPEN_STATUS if end_ms == NO_TIME else CLOSED_STATUS
    write(out, n, VIEW, slot, trip, SILENCE, status, end_ms, start_ms)
    row = out[n]
    row["flag"] = BACKFILLED_FLAG if severity == INFO_SEVERITY else 0
    row["severity"] = severity
    row["start_ms"] = start_ms
    row["detected_ms"] = start_ms + limit
    row["peak"] = hole // HOLE_STEP_MS * HOLE_STEP_MS / 1e3 if hole > limit else 0.0
    row["count"] = limit // 1000
    row["events"] = 0
    row["card"] = -1
    i = last_at(tail, kept["start"], kept["count"], start_ms)
    if i >= 0:
        row["first_offset"] = tail[kept["start"] + i]["offset"]
        row["partition"] = tail[kept["start"] + i]["partition"]
    while i >= 0 and not is_trusted(tail[kept["start"] + i]):
        i -= 1
    row["lat"], row["lon"], row["before_fix_ms"] = _trusted_at(store, slot, i)
    row["after_fix_ms"] = NO_TIME
    return n + 1


@helper
def _write_closed(
    store: Store, policy: Row, slot: int, trip: Row, start_ms: int, end_ms: int, limit: int, out: Rows, n: int
) -> int:
    """A silence that has ended, graded by the hole in device time that remains of it."""
    hole = hole_ms(store, slot, start_ms, end_ms)
    severity = WARNING
    if hole <= limit:
        severity = INFO_SEVERITY
    elif hole >= 1e3 * policy["silence_critical_s"]:
        severity = CRITICAL
    return _write_gap(store, slot, trip, start_ms, end_ms, limit, hole, severity, out, n)


@helper
def view_gaps(rules: Rules, store: Store, slot: int, trip: Row, out: Rows, n: int) -> int:
    """Write a VIEW row for every silence that has ended and is not settled for good."""
    kept = store.kept[slot]
    policy = rules.policies[store.info[slot]["policy"]]
    for i in range(kept["gaps"]):
        start_ms, end_ms = kept["gap_start_ms"][i], min(kept["gap_end_ms"][i], store.info[slot]["end_ms"])
        limit = limit_ms(store, policy, slot, start_ms)
        if end_ms - start_ms <= limit or is_at_destination(rules, store, slot, start_ms, end_ms):
            continue
        n = _write_closed(store, policy, slot, trip, start_ms, end_ms, limit, out, n)
    return n


@helper
def view_silence(rules: Rules, store: Store, slot: int, trip: Row, clock_ms: int, out: Rows, n: int) -> tuple[int, int]:
    """Write a VIEW row if the seal is silent now. `clock_ms` is already cut at the shipment's end.

    Returns (n, when the answer may next change).
    """
    kept = store.kept[slot]
    start_ms = kept["last_heard_ms"]
    never = np.iinfo(np.int64).max
    if start_ms == NO_TIME:
        return n, never
    info = store.info[slot]
    policy = rules.policies[info["policy"]]
    limit = limit_ms(store, policy, slot, start_ms)
    if clock_ms - start_ms <= limit:
        return n, start_ms + limit + 1
    if is_at_destination(rules, store, slot, start_ms, clock_ms):
        return n, never
    if clock_ms >= info["end_ms"]:
        return _write_closed(store, policy, slot, trip, start_ms, clock_ms, limit, out, n), never
    critical_ms = start_ms + int(1e3 * policy["silence_critical_s"])
    severity = CRITICAL if clock_ms >= critical_ms else WARNING
    n = _write_gap(store, slot, trip, start_ms, NO_TIME, limit, 0, severity, out, n)
    return n, critical_ms if clock_ms < critical_ms else never
