"""A shipment's recent reports in the order of the law, and walking them again (judgement section 2; DESIGN section 5).

The tail is a slice of one arena. Checkpoints of the walk's state lie along it, denser towards its end; number 0 is the
state before its first report. A late report is inserted and the walk repeated from the last checkpoint before it.
"""

from __future__ import annotations

import math

from sealtrack.core.gaps import forget_gaps_before
from sealtrack.core.jit import helper
from sealtrack.core.silence import last_at
from sealtrack.core.state import CHECKPOINT_REPORTS, CHECKPOINTS, Row, Rows, Rules, Store
from sealtrack.core.walk import walk
from sealtrack.schema import FLAG_DISTRUSTED, NO_TIME

SAID_FLAGS = ~FLAG_DISTRUSTED & 0xFF
"""Flags that a report brings along: all but what the walk notes itself."""

APPENDED, INSERTED, REPEATED, TOO_OLD = range(4)
"""What became of a report: at the end, in the middle (walk again), a copy that changes nothing, before the tail."""


@helper
def _order(a: float, b: float) -> int:
    """-1, 0 or 1: the order of two numbers, NaN first and equal to itself."""
    if a < b or (math.isnan(a) and not math.isnan(b)):
        return -1
    if a > b or (math.isnan(b) and not math.isnan(a)):
        return 1
    return 0


@helper
def content_order(a: Row, b: Row) -> int:
    """Order of two reports by what they say, without time, seq, received and where they were read; 0 = the same."""
    order = _order(a["lat"], b["lat"])
    if order == 0:
        order = _order(a["lon"], b["lon"])
    if order == 0:
        order = _order(a["speed_kmh"], b["speed_kmh"])
    if order == 0:
        order = _order(a["heading_deg"], b["heading_deg"])
    if order == 0:
        order = _order(a["accuracy_m"], b["accuracy_m"])
    if order == 0:
        order = _order(a["battery_pct"], b["battery_pct"])
    if order == 0:
        order = _order(float(a["events"]), float(b["events"]))
    if order == 0:
        order = _order(float(a["lock"]), float(b["lock"]))
    if order == 0:
        order = _order(float(a["satellites"]), float(b["satellites"]))
    if order == 0:
        order = _order(float(a["flags"] & SAID_FLAGS), float(b["flags"] & SAID_FLAGS))
    if order == 0:
        order = _order(float(a["card"]), float(b["card"]))
    return order


@helper
def report_order(a: Row, b: Row) -> int:
    """-1, 0 or 1: the order in which two reports are walked."""
    if a["time_ms"] != b["time_ms"]:
        return -1 if a["time_ms"] < b["time_ms"] else 1
    if a["seq"] != b["seq"]:
        return -1 if a["seq"] < b["seq"] else 1
    if a["received_ms"] != b["received_ms"]:
        return -1 if a["received_ms"] < b["received_ms"] else 1
    return content_order(a, b)


@helper
def is_first_copy(a: Row, b: Row) -> bool:
    """True when, of two copies, `a` is the one that counts."""
    if a["received_ms"] != b["received_ms"]:
        return a["received_ms"] < b["received_ms"]
    if a["partition"] != b["partition"]:
        return a["partition"] < b["partition"]
    return a["offset"] < b["offset"]


@helper
def _move(tail: Rows, source: int, target: int, count: int) -> None:
    """Copy `count` rows within the arena; the ranges may overlap."""
    if source < target:
        for i in range(count - 1, -1, -1):
            tail[target + i] = tail[source + i]
    else:
        for i in range(count):
            tail[target + i] = tail[source + i]


@helper
def is_copy(store: Store, slot: int, report: Row) -> bool:
    """True when the tail holds a report that says the same."""
    kept, tail = store.kept[slot], store.tail
    i = last_at(tail, kept["start"], kept["count"], report["time_ms"])
    while i >= 0 and tail[kept["start"] + i]["time_ms"] == report["time_ms"]:
        other = tail[kept["start"] + i]
        if other["seq"] == report["seq"] and content_order(other, report) == 0:
            return True
        i -= 1
    return False


@helper
def put(store: Store, slot: int, report: Row) -> int:
    """Place a report in its shipment's tail, which must have room. Returns APPENDED, INSERTED, REPEATED or TOO_OLD."""
    kept, tail = store.kept[slot], store.tail
    start, count = kept["start"], kept["count"]
    t_ms = report["time_ms"]
    if count == 0 or t_ms > tail[start + count - 1]["time_ms"]:
        if t_ms <= store.trip[slot, 1]["walked_ms"]:
            return TOO_OLD
        tail[start + count] = report
        kept["count"] += 1
        return APPENDED
    if t_ms <= store.trip[slot, 1]["walked_ms"]:
        return TOO_OLD
    i = last_at(tail, start, count, t_ms)
    while i >= 0 and tail[start + i]["time_ms"] == t_ms:
        if tail[start + i]["seq"] == report["seq"] and content_order(tail[start + i], report) == 0:
            if not is_first_copy(report, tail[start + i]):
                return REPEATED
            _move(tail, start + i + 1, start + i, count - i - 1)
            count -= 1
            break
        i -= 1
    i = last_at(tail, start, count, t_ms)
    while i >= 0 and report_order(report, tail[start + i]) < 0:
        i -= 1
    at_end = i == count - 1 and count == kept["count"]
    _move(tail, start + i + 1, start + i + 2, count - i - 1)
    tail[start + i + 1] = report
    kept["count"] = count + 1
    return APPENDED if at_end else INSERTED


@helper
def _thin(store: Store, slot: int, index: int) -> None:
    """Drop the checkpoint whose loss costs least: the smallest gap around it for its age at report `index`.

    What remains lies about twice as far apart with each step back, so that walking again costs a small multiple of how
    late the report was, whether one report or six hours.
    """
    kept = store.kept[slot]
    least = math.inf
    drop = 1
    for i in range(1, kept["checkpoints"]):
        after = index if i + 1 == kept["checkpoints"] else kept["checkpoint_at"][i + 1]
        cost = (after - kept["checkpoint_at"][i - 1]) / (index - kept["checkpoint_at"][i] + 1.0)
        if cost < least:
            least, drop = cost, i
    kept["checkpoints"] -= 1
    for i in range(drop, kept["checkpoints"]):
        store.trip[slot, 1 + i] = store.trip[slot, 2 + i]
        kept["checkpoint_at"][i] = kept["checkpoint_at"][i + 1]


@helper
def keep_checkpoint(store: Store, slot: int, index: int) -> None:
    """Save the walk's state before report `index` of the tail if CHECKPOINT_REPORTS lie since the last one.

    Called only where time moves on, so that reports of the same time never lie on both sides.
    """
    kept = store.kept[slot]
    if index - kept["checkpoint_at"][kept["checkpoints"] - 1] < CHECKPOINT_REPORTS:
        return
    if kept["checkpoints"] == CHECKPOINTS:
        _thin(store, slot, index)
    n = kept["checkpoints"]
    store.trip[slot, 1 + n] = store.trip[slot, 0]
    kept["checkpoint_at"][n] = index
    kept["checkpoints"] = n + 1


@helper
def step(rules: Rules, store: Store, slot: int, index: int, out: Rows, n: int) -> int:
    """Walk report `index` of the tail; returns the next free output row.

    Sightings of a seal that was never heard wait until it is: it may be another worker's.
    """
    if store.kept[slot]["first_heard_ms"] == NO_TIME:
        return n
    report = store.tail[store.kept[slot]["start"] + index]
    if report["time_ms"] > store.trip[slot, 0]["walked_ms"]:
        keep_checkpoint(store, slot, index)
    return walk(rules, store, slot, store.trip[slot, 0], report, out, n)


@helper
def walk_again(rules: Rules, store: Store, slot: int, t_ms: int, out: Rows, n: int) -> tuple[int, int]:
    """Repeat the walk from the last checkpoint before `t_ms`; returns (n, the time after which versions are void)."""
    kept = store.kept[slot]
    c = kept["checkpoints"] - 1
    while c > 0 and store.trip[slot, 1 + c]["walked_ms"] >= t_ms:
        c -= 1
    kept["checkpoints"] = c + 1
    store.trip[slot, 0] = store.trip[slot, 1 + c]
    void_after_ms = store.trip[slot, 0]["walked_ms"]
    for index in range(kept["checkpoint_at"][c], kept["count"]):
        n = step(rules, store, slot, index, out, n)
    return n, void_after_ms


@helper
def trim(store: Store, slot: int, horizon_ms: int) -> int:
    """Drop reports that were received more than the horizon ago, up to a checkpoint; returns how many went.

    Nothing on time can still be inserted before them: its `received` is now at least the newest, its time at most the
    horizon older.
    """
    kept = store.kept[slot]
    if kept["count"] == 0:
        return 0
    cut_ms = kept["newest_received_ms"] - horizon_ms
    old = 0
    while old < kept["count"]:
        report = store.tail[kept["start"] + old]
        if report["received_ms"] >= cut_ms or report["time_ms"] >= cut_ms:
            break
        old += 1
    c = kept["checkpoints"] - 1
    while c > 0 and kept["checkpoint_at"][c] > old:
        c -= 1
    if c == 0:
        return 0
    gone = kept["checkpoint_at"][c]
    for i in range(c, kept["checkpoints"]):
        store.trip[slot, 1 + i - c] = store.trip[slot, 1 + i]
        kept["checkpoint_at"][i - c] = kept["checkpoint_at"][i] - gone
    kept["checkpoints"] -= c
    _move(store.tail, kept["start"] + gone, kept["start"], kept["count"] - gone)
    kept["count"] -= gone
    forget_gaps_before(kept, store.trip[slot, 1]["last_ms"])
    return gone
