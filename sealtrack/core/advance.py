"""The entry points: a batch of reports, and the passing of time.

Each report is dealt with wholly before the next one, and the clock after each report: how the input is cut into batches
changes nothing. The loops stop early when the caller must act (make room, take the output) and go on from there.
"""

from __future__ import annotations

import math

import numpy as np

from sealtrack.core.gaps import hear
from sealtrack.core.gate import has_fix
from sealtrack.core.jit import entry, helper
from sealtrack.core.late import count_late, judge_late
from sealtrack.core.state import (
    BEGIN,
    CELLS_A_DEGREE,
    END,
    HEARD,
    HELD,
    MAX_GAPS,
    SLOT_MS,
    Row,
    Rows,
    Rules,
    Store,
)
from sealtrack.core.tail import INSERTED, REPEATED, TOO_OLD, is_copy, put, step, trim, walk_again
from sealtrack.core.terms import shortest_silence_ms
from sealtrack.core.view import NEVER, next_due_ms, unheard_ms, view
from sealtrack.schema import FLAG_SIGHTING, NO_TIME

DONE, TAKE_OUTPUT, NEED_ROOM = range(3)
"""Why a loop stopped."""

LOW_BITS = 0xFFFFFFFF

LIVE_MS = 120_000
"""A report received this soon after its time shows that there is coverage where its fix lies."""

ROWS_A_REPORT = 24
ROWS_A_VIEW = MAX_GAPS + 12
"""More output rows than one report, and one view, can write."""

CLOCK_DTYPE = np.dtype(
    [
        ("ms", "i8"),  # the clock: largest received so far
        ("heard_ms", "i8"),  # least received of all reports, whosever; NEVER = none yet
        ("jump_ms", "i8"),  # a stamp far ahead that waits for another one to confirm it
        ("due_ms", "i8"),  # no view changes before this
        ("horizon_ms", "i8"),
        ("seen_ms", "i8"),  # largest received of sightings read before the first report, which alone starts the clock
    ]
)

JUMP_MS = 86_400_000
"""A stamp further ahead than this moves the clock only when the next report confirms it."""


@helper
def _bracket(out: Rows, n: int, row_type: int, slot: int, step_ms: int, floor_ms: int) -> int:
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
def _close_bracket(
    rules: Rules, store: Store, slot: int, clock_ms: int, anyone_ms: int, out: Rows, begin: int, n: int
) -> int:
    """Add the clock's view and the end bracket, or drop the bracket if it would say nothing."""
    kept = store.kept[slot]
    walked = n
    n, due_ms = view(rules, store, slot, clock_ms, anyone_ms, out, n)
    kept["due_ms"] = due_ms
    viewed = n - walked
    quiet = walked == begin + 1 and kept["emitted_ms"] <= out[begin]["step_ms"]
    view_sum = _sum_rows(out, walked, n)
    if quiet and viewed == kept["viewed"] and view_sum == kept["view_sum"]:
        return begin
    kept["view_sum"] = view_sum
    for i in range(begin + 1, walked):
        kept["emitted_ms"] = max(kept["emitted_ms"], out[i]["step_ms"])
    kept["viewed"] = viewed
    return _bracket(out, n, END, slot, 0, 0)


@helper
def _settle(store: Store, slot: int) -> None:
    """The first fix after the last silence is in: its grade needs no more looks."""
    kept = store.kept[slot]
    if kept["settle_ms"] != NO_TIME and store.trip[slot, 0]["raw"]["ms"] >= kept["settle_ms"]:
        kept["settle_ms"] = NO_TIME


@helper
def _note_heard(kept: Row, slot: int, report: Row, out: Rows, n: int) -> int:
    """Tell where a live report was heard, when that differs from the one before. A fact of one report: never undone."""
    if report["received_ms"] - report["time_ms"] > LIVE_MS or not has_fix(report):
        return n
    time_slot = report["time_ms"] // SLOT_MS
    lat, lon = math.floor(report["lat"] * CELLS_A_DEGREE), math.floor(report["lon"] * CELLS_A_DEGREE)
    if time_slot == kept["heard_slot"] and lat == kept["heard_lat"] and lon == kept["heard_lon"]:
        return n
    kept["heard_slot"] = time_slot
    kept["heard_lat"] = lat
    kept["heard_lon"] = lon
    row = out[n]
    row["type"] = HEARD
    row["slot"] = slot
    row["start_ms"] = time_slot
    row["lat"] = lat
    row["lon"] = lon
    return n + 1


@helper
def _take(rules: Rules, store: Store, slot: int, report: Row, clock: Row, out: Rows, n: int) -> int:
    """Deal with one report of a shipment, which has room in its tail; returns the next free output row."""
    kept = store.kept[slot]
    again_ms = report["time_ms"]
    silence_ms = shortest_silence_ms(rules, store, slot)
    heard = False
    sighting = report["flags"] & FLAG_SIGHTING != 0
    if not sighting:
        n = _note_heard(kept, slot, report, out, n)
        kept["newest_received_ms"] = max(kept["newest_received_ms"], report["received_ms"])
        heard = kept["first_heard_ms"] == NO_TIME  # it may come too late
        if heard and kept["count"] > 0:
            again_ms = NO_TIME + 1  # the sightings that waited for it are walked now
        heard = hear(kept, report["received_ms"], silence_ms) or heard
    placed = TOO_OLD
    if report["received_ms"] - report["time_ms"] <= clock["horizon_ms"]:
        placed = put(store, slot, report)
    if placed == TOO_OLD and not sighting and not is_copy(store, slot, report):
        count_late(kept, report)
        n = judge_late(rules, store, slot, report, out, n)
    if again_ms != report["time_ms"]:
        placed = INSERTED
    now_ms = clock["ms"] if clock["ms"] != NO_TIME else report["received_ms"]
    plain = not heard and kept["viewed"] == 0 and kept["settle_ms"] == NO_TIME
    if plain and placed != INSERTED:
        first = n
        if placed != TOO_OLD and placed != REPEATED:
            n = step(rules, store, slot, kept["count"] - 1, out, n)
        if n > first:
            kept["emitted_ms"] = max(kept["emitted_ms"], report["time_ms"])
        kept["due_ms"] = next_due_ms(rules, store, slot)
        return n
    begin = n
    n = _bracket(out, n, BEGIN, slot, NEVER, kept["gap_floor_ms"])
    if placed == INSERTED:
        n, void_after_ms = walk_again(rules, store, slot, again_ms, out, n)
        out[begin]["step_ms"] = void_after_ms
    elif placed != TOO_OLD and placed != REPEATED:
        n = step(rules, store, slot, kept["count"] - 1, out, n)
    n = _close_bracket(rules, store, slot, now_ms, clock["heard_ms"], out, begin, n)
    _settle(store, slot)
    return n


@helper
def _hear_again(rules: Rules, store: Store, slot: int) -> None:
    """Rebuild what was heard from the tail, when reports that left it took it along."""
    kept = store.kept[slot]
    if kept["first_heard_ms"] != NO_TIME:
        return
    silence_ms = shortest_silence_ms(rules, store, slot)
    for i in range(kept["start"], kept["start"] + kept["count"]):
        if store.tail[i]["flags"] & FLAG_SIGHTING == 0:
            hear(kept, store.tail[i]["received_ms"], silence_ms)


@helper
def _renew(rules: Rules, store: Store, slot: int, clock: Row, out: Rows, n: int) -> int:
    """Renew a shipment's view at the clock; an amended one is walked again first. Returns the next free row."""
    kept = store.kept[slot]
    begin = n
    n = _bracket(out, n, BEGIN, slot, NEVER, kept["gap_floor_ms"])
    if kept["amended"]:
        kept["amended"] = 0
        _hear_again(rules, store, slot)
        if kept["heard_slot"] == NO_TIME:  # reports that left it took that along, too
            for i in range(kept["start"], kept["start"] + kept["count"]):
                if store.tail[i]["flags"] & FLAG_SIGHTING == 0:
                    n = _note_heard(kept, slot, store.tail[i], out, n)
        n, void_after_ms = walk_again(rules, store, slot, NO_TIME + 1, out, n)
        out[begin]["step_ms"] = void_after_ms
        kept["emitted_ms"] = NEVER  # the bracket must stand: it may void what no new row replaces
        n = _close_bracket(rules, store, slot, clock["ms"], clock["heard_ms"], out, begin, n)
        kept["emitted_ms"] = store.trip[slot, 0]["walked_ms"]
        return n
    return _close_bracket(rules, store, slot, clock["ms"], clock["heard_ms"], out, begin, n)


@helper
def _tick(rules: Rules, store: Store, clock: Row, out: Rows, n: int) -> tuple[int, int]:
    """Renew every view that is due. Returns (next free row, 0 when all are done, else the rows that are wanted)."""
    due_ms = NEVER
    for slot in range(len(store.kept)):
        kept = store.kept[slot]
        if kept["due_ms"] <= clock["ms"]:
            wanted = ROWS_A_VIEW + (ROWS_A_REPORT * kept["count"] if kept["amended"] else 0)
            if n + wanted > len(out):
                return n, wanted
            n = _renew(rules, store, slot, clock, out, n)
        due_ms = min(due_ms, kept["due_ms"])
    clock["due_ms"] = due_ms
    return n, 0


@helper
def _move_clock(clock: Row, stamp_ms: int) -> None:
    """Advance the clock to a received stamp; one absurd stamp does not move it."""
    if clock["ms"] != NO_TIME and stamp_ms <= clock["ms"]:
        clock["jump_ms"] = NO_TIME
    elif clock["ms"] != NO_TIME and stamp_ms - clock["ms"] <= JUMP_MS:
        clock["ms"] = stamp_ms
        clock["jump_ms"] = NO_TIME
    elif clock["jump_ms"] != NO_TIME and abs(stamp_ms - clock["jump_ms"]) <= JUMP_MS:
        clock["ms"] = max(stamp_ms, clock["jump_ms"])
        clock["jump_ms"] = NO_TIME
    else:
        clock["jump_ms"] = stamp_ms


@helper
def hear_anyone(rules: Rules, store: Store, clock: Row, received_ms: int) -> None:
    """Note when the first report of all was received: before that no shipment can be called silent."""
    before_ms = clock["heard_ms"]
    if received_ms >= before_ms:
        return
    clock["heard_ms"] = received_ms
    for slot in range(len(store.kept)):
        due_ms = unheard_ms(rules, store.info[slot])
        if store.kept[slot]["checkpoints"] > 0 and received_ms <= due_ms < before_ms:
            store.kept[slot]["due_ms"] = min(store.kept[slot]["due_ms"], due_ms)
            clock["due_ms"] = min(clock["due_ms"], due_ms)


@helper
def _follow(clock: Row, report: Row) -> None:
    """Advance the clock to what was just read; a sighting is not heard of a seal, and cannot start it."""
    if report["flags"] & FLAG_SIGHTING and clock["ms"] == NO_TIME:
        clock["seen_ms"] = max(clock["seen_ms"], report["received_ms"])
        return
    _move_clock(clock, report["received_ms"])
    if clock["ms"] != NO_TIME and clock["seen_ms"] != NO_TIME:
        _move_clock(clock, clock["seen_ms"])
        clock["seen_ms"] = NO_TIME


@helper
def find_slot(store: Store, seal: int, t_ms: int) -> int:
    """The shipment that seal `seal` served at `t_ms`; -1 if none."""
    if seal < 0 or seal + 1 >= len(store.seal_start):
        return -1
    for i in range(store.seal_start[seal + 1] - 1, store.seal_start[seal] - 1, -1):
        slot = store.seal_slots[i]
        if store.info[slot]["depart_ms"] <= t_ms:
            return slot if t_ms < store.info[slot]["end_ms"] else -1
    return -1


@helper
def _advance_all(
    rules: Rules, store: Store, reports: Rows, first: int, clocks: Rows, out: Rows
) -> tuple[int, int, int, int]:
    clock = clocks[0]
    n = 0
    if clock["ms"] != NO_TIME and clock["ms"] >= clock["due_ms"]:
        n, wanted = _tick(rules, store, clock, out, n)
        if wanted:
            return first, n, TAKE_OUTPUT, wanted
    for i in range(first, len(reports)):
        report = reports[i]
        slot = find_slot(store, report["seal"], report["time_ms"])
        full = slot >= 0 and store.kept[slot]["count"] == store.kept[slot]["room"]
        if full and trim(store, slot, clock["horizon_ms"]) == 0:
            return i, n, NEED_ROOM, slot
        needed = ROWS_A_REPORT + ROWS_A_VIEW
        if slot >= 0 and store.kept[slot]["count"] > 0:
            last = store.tail[store.kept[slot]["start"] + store.kept[slot]["count"] - 1]
            if report["time_ms"] <= last["time_ms"] or store.kept[slot]["first_heard_ms"] == NO_TIME:
                needed += ROWS_A_REPORT * store.kept[slot]["count"]
        if n + needed > len(out):
            return i, n, TAKE_OUTPUT, needed
        _follow(clock, report)
        if report["flags"] & FLAG_SIGHTING == 0:
            hear_anyone(rules, store, clock, report["received_ms"])
        if slot >= 0:
            n = _take(rules, store, slot, report, clock, out, n)
            clock["due_ms"] = min(clock["due_ms"], store.kept[slot]["due_ms"])
        else:
            n = _bracket(out, n, HELD, slot, i, 0)
        if clock["ms"] >= clock["due_ms"]:
            n, wanted = _tick(rules, store, clock, out, n)
            if wanted:
                return i + 1, n, TAKE_OUTPUT, wanted
    return len(reports), n, DONE, -1


@entry
def advance(
    rules: Rules, store: Store, reports: Rows, first: int, clocks: Rows, out: Rows
) -> tuple[int, int, int, int]:
    """Renew what is due, then judge reports[first:] (REPORT_DTYPE, admitted, the engine's codes) in reading order.

    `clocks` holds one CLOCK_DTYPE row. Returns (next report, output rows written, DONE | TAKE_OUTPUT | NEED_ROOM, rows
    that `out` must at least hold | slot that needs room). After TAKE_OUTPUT or NEED_ROOM, act and call again with the
    returned position. It is the only entry point: each one would compile the whole core once more.
    """
    return _advance_all(rules, store, reports, first, clocks, out)
