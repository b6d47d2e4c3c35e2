"""Renewing the clock's view of a shipment: written whole inside a bracket of rows, and dropped when it says no news."""

from __future__ import annotations

import math

from sealtrack.core.gaps import hear
from sealtrack.core.heard import note_heard
from sealtrack.core.jit import helper
from sealtrack.core.pages import nth
from sealtrack.core.state import BEGIN, END, MAX_GAPS, Row, Rows, Rules, Store
from sealtrack.core.tail import walk_again
from sealtrack.core.terms import shortest_silence_ms
from sealtrack.core.timers import NEVER, set_due
from sealtrack.core.view import view
from sealtrack.schema import FLAG_SIGHTING, NO_TIME

LOW_BITS = 0xFFFFFFFF

ROWS_A_REPORT = 24
ROWS_A_VIEW = MAX_GAPS + 12
"""More output rows than one report, and one view, can write."""


@helper
def bracket(out: Rows, n: int, row_type: int, slot: int, step_ms: int, floor_ms: int) -> int:
    """Write a row that is none of an alert; returns the next free row."""
    row = out[n]
    row["type"] = row_type
    row["slot"] = slot
    row["step_ms"] = step_ms
    row["start_ms"] = floor_ms
    return n + 1


@helper
def _mix(total: int, value: int) -> int:
    """Each value counts by its position: two that change against each other do not make up for it."""
    return ((total * 31) & LOW_BITS) + (value & LOW_BITS)


@helper
def _mix_digits(total: int, value: float, scale: float) -> int:
    return _mix(total, -1 if math.isnan(value) else int(value * scale))


@helper
def _sum_rows(out: Rows, first: int, n: int) -> int:
    """A number that changes when one of these rows says something else."""
    total = 0
    for i in range(first, n):
        row = out[i]
        total = _mix(_mix(_mix(total, row["start_ms"]), row["end_ms"]), row["detected_ms"])
        total = _mix(total, int(row["kind"]) + 64 * int(row["status"]) + 128 * int(row["severity"]))
        total = _mix(_mix(total, int(row["flag"])), int(row["count"]))
        total = _mix(_mix(total, row["before_fix_ms"]), row["after_fix_ms"])
        total = _mix(_mix(total, row["first_offset"]), row["last_offset"])
        total = _mix_digits(_mix_digits(total, row["lat"], 1e6), row["lon"], 1e6)
        total = _mix_digits(total, row["peak"], 1e3)
        total = _mix_digits(_mix_digits(total, row["start_route_m"], 1.0), row["end_route_m"], 1.0)
    return total & LOW_BITS


@helper
def close_bracket(rules: Rules, store: Store, slot: int, clock: Row, out: Rows, begin: int, n: int) -> int:
    """Add the clock's view and the end bracket, or drop the bracket if it would say nothing.

    Before the clock runs there is no view: the first stamp may be absurd. It looks at the shipment as soon as it does.
    """
    kept = store.kept[slot]
    walked = n
    due_ms = NO_TIME + 1
    if clock["ms"] != NO_TIME:
        n, due_ms = view(rules, store, slot, clock["ms"], clock["heard_ms"], out, n)
    set_due(store, clock, slot, due_ms)
    viewed = n - walked
    quiet = walked == begin + 1 and kept["emitted_ms"] <= out[begin]["step_ms"]
    view_sum = _sum_rows(out, walked, n)
    if quiet and viewed == kept["viewed"] and view_sum == kept["view_sum"]:
        return begin
    kept["view_sum"] = view_sum
    for i in range(begin + 1, walked):
        kept["emitted_ms"] = max(kept["emitted_ms"], out[i]["step_ms"])
    kept["viewed"] = viewed
    return bracket(out, n, END, slot, 0, 0)


@helper
def settle_silence(store: Store, slot: int) -> None:
    """The first fix after the last silence is in: its grade needs no more looks."""
    kept = store.kept[slot]
    if kept["settle_ms"] != NO_TIME and store.trip[slot]["raw"]["ms"] >= kept["settle_ms"]:
        kept["settle_ms"] = NO_TIME


@helper
def _hear_again(rules: Rules, store: Store, slot: int) -> None:
    """Rebuild what was heard from the tail, when reports that left it took it along."""
    kept = store.kept[slot]
    if kept["first_heard_ms"] != NO_TIME:
        return
    silence_ms = shortest_silence_ms(rules, store, slot)
    for i in range(kept["count"]):
        if nth(store, slot, i)["flags"] & FLAG_SIGHTING == 0:
            hear(kept, nth(store, slot, i)["received_ms"], silence_ms)


@helper
def renew(rules: Rules, store: Store, slot: int, clock: Row, out: Rows, n: int) -> int:
    """Renew a shipment's view at the clock; an amended one is walked again first. Returns the next free row."""
    kept = store.kept[slot]
    begin = n
    n = bracket(out, n, BEGIN, slot, NEVER, kept["gap_floor_ms"])
    if kept["amended"]:
        kept["amended"] = 0
        _hear_again(rules, store, slot)
        if kept["heard_slot"] == NO_TIME:  # reports that left it took that along, too
            for i in range(kept["count"]):
                if nth(store, slot, i)["flags"] & FLAG_SIGHTING == 0:
                    n = note_heard(kept, slot, nth(store, slot, i), out, n)
        n, void_after_ms = walk_again(rules, store, slot, NO_TIME + 1, out, n)
        out[begin]["step_ms"] = void_after_ms
        kept["emitted_ms"] = NEVER  # the bracket must stand: it may void what no new row replaces
        n = close_bracket(rules, store, slot, clock, out, begin, n)
        kept["emitted_ms"] = store.trip[slot]["walked_ms"]
        return n
    return close_bracket(rules, store, slot, clock, out, begin, n)
