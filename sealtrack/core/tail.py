"""A shipment's recent reports in the order of the law, and walking them again (judgement section 2; DESIGN section 5).

A late report is inserted and the walk repeated from the last checkpoint before it (`saved`).
"""

from __future__ import annotations

import math

from sealtrack.core.calm import walk_calm
from sealtrack.core.jit import helper
from sealtrack.core.pages import keep_note, nth, unpack_from
from sealtrack.core.saved import go_back, keep_checkpoint, start_at
from sealtrack.core.silence import last_at, tail_start
from sealtrack.core.state import CHECKPOINT_REPORTS, PAGE, Row, Rows, Rules, Store
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
    """Order of two reports by what they say, without time, seq, received, card and where they were read; 0 = the same.

    Cards have no order: their numbers are given out as they are read.
    """
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
    return order


@helper
def stands_first(a: Row, b: Row) -> bool:
    """True when `a` stands before `b`, in whatever order they were read."""
    if a["partition"] != b["partition"]:
        return a["partition"] < b["partition"]
    return a["offset"] < b["offset"]


@helper
def report_order(a: Row, b: Row) -> int:
    """-1, 0 or 1: the order in which two reports are walked."""
    if a["time_ms"] != b["time_ms"]:
        return -1 if a["time_ms"] < b["time_ms"] else 1
    if a["seq"] != b["seq"]:
        return -1 if a["seq"] < b["seq"] else 1
    if a["received_ms"] != b["received_ms"]:
        return -1 if a["received_ms"] < b["received_ms"] else 1
    order = content_order(a, b)
    if order == 0 and a["card"] != b["card"]:
        return -1 if stands_first(a, b) else 1
    return order


@helper
def is_first_copy(a: Row, b: Row) -> bool:
    """True when, of two copies, `a` is the one that counts."""
    if a["received_ms"] != b["received_ms"]:
        return a["received_ms"] < b["received_ms"]
    return stands_first(a, b)


@helper
def _is_said(store: Store, slot: int, i: int, report: Row) -> bool:
    """True when row `i` of the tail, of the same time, is a copy of the report."""
    other = nth(store, slot, i)
    return other["seq"] == report["seq"] and other["card"] == report["card"] and content_order(other, report) == 0


@helper
def is_copy(store: Store, slot: int, report: Row) -> bool:
    """True when the tail holds a report that says the same."""
    i = last_at(store, slot, report["time_ms"])
    while i >= 0 and nth(store, slot, i)["time_ms"] == report["time_ms"]:
        if _is_said(store, slot, i, report):
            return True
        i -= 1
    return False


@helper
def put(store: Store, slot: int, report: Row) -> int:
    """Place a report in its shipment's tail, which must have room. Returns APPENDED, INSERTED, REPEATED or TOO_OLD."""
    kept = store.kept[slot]
    count = kept["count"]
    t_ms = report["time_ms"]
    if count == 0 or t_ms > nth(store, slot, count - 1)["time_ms"]:
        if count == 0 and t_ms <= tail_start(store, slot)["walked_ms"]:
            return TOO_OLD
        append(store, slot, report)
        return APPENDED
    if t_ms <= tail_start(store, slot)["walked_ms"]:
        return TOO_OLD
    return _insert(store, slot, report)


@helper
def open_for(store: Store, slot: int, report: Row, horizon_ms: int) -> bool:
    """Unpack what `put` is going to move for a report; False when the arena has no room for that."""
    kept, t_ms = store.kept[slot], report["time_ms"]
    if kept["count"] == 0 or t_ms > nth(store, slot, kept["count"] - 1)["time_ms"]:
        return True
    if t_ms <= kept["start"]["walked_ms"] or report["received_ms"] - t_ms > horizon_ms:
        return True  # it is not put there
    return unpack_from(store, slot, last_at(store, slot, t_ms - 1) + 1)


@helper
def _set(store: Store, slot: int, i: int, report: Row) -> None:
    kept = store.kept[slot]
    at = kept["skipped"] + i
    store.tail[store.pages[kept["pages_start"] + at // PAGE] * PAGE + at % PAGE] = report


@helper
def append(store: Store, slot: int, report: Row) -> None:
    """Place a report that is later than all others at the end of its shipment's tail, which must have room."""
    kept = store.kept[slot]
    kept["count"] += 1
    _set(store, slot, kept["count"] - 1, report)


@helper
def _insert(store: Store, slot: int, report: Row) -> int:
    """Place a report that is not later than all others; returns APPENDED, INSERTED or REPEATED."""
    kept = store.kept[slot]
    before, t_ms = kept["count"], report["time_ms"]
    i = last_at(store, slot, t_ms)
    while i >= 0 and nth(store, slot, i)["time_ms"] == t_ms:
        if _is_said(store, slot, i, report):
            if not is_first_copy(report, nth(store, slot, i)):
                return REPEATED
            for j in range(i, before - 1):
                _set(store, slot, j, nth(store, slot, j + 1))
            kept["count"] -= 1
            break
        i -= 1
    i = last_at(store, slot, t_ms)
    while i >= 0 and report_order(report, nth(store, slot, i)) < 0:
        i -= 1
    at_end = i == before - 1
    for j in range(kept["count"], i + 1, -1):
        _set(store, slot, j, nth(store, slot, j - 1))
    kept["count"] += 1
    _set(store, slot, i + 1, report)
    return APPENDED if at_end else INSERTED


@helper
def step(rules: Rules, store: Store, slot: int, index: int, apart: int, out: Rows, n: int) -> int:
    """Walk report `index` of the tail; returns the next free output row. `apart`: as `keep_checkpoint` has it.

    Sightings of a seal that was never heard wait until it is: it may be another worker's.
    """
    if store.kept[slot]["first_heard_ms"] == NO_TIME:
        return n
    report, trip = nth(store, slot, index), store.trip[slot]
    if report["time_ms"] > trip["walked_ms"]:
        keep_checkpoint(store, slot, index, apart)
    if not (rules.short_way and walk_calm(rules, store.info[slot], trip, report)):
        n = walk(rules, store, slot, trip, report, out, n)
    keep_note(store, slot, index, report)
    return n


@helper
def walk_again(rules: Rules, store: Store, slot: int, t_ms: int, out: Rows, n: int) -> tuple[int, int]:
    """Repeat the walk from the last checkpoint before `t_ms`; returns (n, the time after which versions are void).

    A checkpoint is kept before `t_ms` itself: stored reports come in bursts, and the next one is walked from there.
    """
    begin = go_back(store, slot, t_ms)
    void_after_ms = store.trip[slot]["walked_ms"]
    first = last_at(store, slot, t_ms - 1) + 1
    for index in range(begin, store.kept[slot]["count"]):
        n = step(rules, store, slot, index, 1 if index == first else CHECKPOINT_REPORTS, out, n)
    return n, void_after_ms


@helper
def trim(store: Store, slot: int, horizon_ms: int) -> None:
    """Drop reports that were received more than the horizon ago, up to a checkpoint.

    Nothing on time can still be inserted before them: its `received` is now at least the newest, its time at most the
    horizon older.
    """
    kept = store.kept[slot]
    if kept["newest_received_ms"] == NO_TIME:
        return
    cut_ms = kept["newest_received_ms"] - horizon_ms
    if kept["checkpoints"] < 2 or kept["checkpoint_ms"][1] >= cut_ms:
        return  # the report before it is not old
    old = 0
    while old < kept["count"]:
        report = nth(store, slot, old)
        if report["received_ms"] >= cut_ms or report["time_ms"] >= cut_ms:
            break
        old += 1
    c = kept["checkpoints"] - 1
    while c > 0 and kept["checkpoint_at"][c] > old:
        c -= 1
    if c > 0:
        start_at(store, slot, c)
