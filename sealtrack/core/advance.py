"""The entry points: a batch of reports, and the passing of time.

Each report is dealt with wholly before the next one, and the clock after each report: how the input is cut into batches
changes nothing. The loops stop early when the caller must act (make room, take the output) and go on from there.
"""

from __future__ import annotations

import numpy as np

from sealtrack.core.gaps import hear
from sealtrack.core.heard import note_heard
from sealtrack.core.jit import entry, helper
from sealtrack.core.late import count_late, judge_late
from sealtrack.core.pages import add_page, is_full, nth
from sealtrack.core.prefetch import AHEAD, fetch_shipment, fetch_tail_end
from sealtrack.core.renew import ROWS_A_REPORT, ROWS_A_VIEW, bracket, close_bracket, settle_silence, tick
from sealtrack.core.state import BEGIN, CHECKPOINT_REPORTS, HELD, Row, Rows, Rules, Store
from sealtrack.core.tail import INSERTED, REPEATED, TOO_OLD, is_copy, put, step, trim, walk_again
from sealtrack.core.terms import shortest_silence_ms
from sealtrack.core.timers import NEVER, set_due
from sealtrack.core.view import next_due_ms, unheard_ms
from sealtrack.schema import FLAG_SIGHTING, NO_TIME

DONE, TAKE_OUTPUT, NEED_ROOM = range(3)
"""Why a loop stopped."""

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
def _take(rules: Rules, store: Store, slot: int, report: Row, clock: Row, out: Rows, n: int) -> int:
    """Deal with one report of a shipment, which has room in its tail; returns the next free output row."""
    kept = store.kept[slot]
    again_ms = report["time_ms"]
    silence_ms = shortest_silence_ms(rules, store, slot)
    heard = False
    sighting = report["flags"] & FLAG_SIGHTING != 0
    if not sighting:
        n = note_heard(kept, slot, report, out, n)
        kept["newest_received_ms"] = max(kept["newest_received_ms"], report["received_ms"])
        heard = kept["first_heard_ms"] == NO_TIME  # it may come too late
        if heard and kept["count"] > 0:
            again_ms = NO_TIME + 1  # the sightings that waited for it are walked now
        heard = hear(kept, report["received_ms"], silence_ms) or heard
    placed = TOO_OLD
    if report["received_ms"] - report["time_ms"] <= clock["horizon_ms"]:
        placed = put(store, slot, report)
    if placed == TOO_OLD and not sighting and not is_copy(store, slot, report):
        count_late(store, slot, report)
        n = judge_late(rules, store, slot, report, out, n)
    if again_ms != report["time_ms"]:
        placed = INSERTED
    plain = not heard and kept["viewed"] == 0 and kept["settle_ms"] == NO_TIME
    if plain and placed != INSERTED:
        first = n
        if placed != TOO_OLD and placed != REPEATED:
            n = step(rules, store, slot, kept["count"] - 1, CHECKPOINT_REPORTS, out, n)
        if n > first:
            kept["emitted_ms"] = max(kept["emitted_ms"], report["time_ms"])
        set_due(store, clock, slot, next_due_ms(rules, store, slot))
        return n
    begin = n
    n = bracket(out, n, BEGIN, slot, NEVER, kept["gap_floor_ms"])
    if placed == INSERTED:
        n, void_after_ms = walk_again(rules, store, slot, again_ms, out, n)
        out[begin]["step_ms"] = void_after_ms
    elif placed != TOO_OLD and placed != REPEATED:
        n = step(rules, store, slot, kept["count"] - 1, CHECKPOINT_REPORTS, out, n)
    n = close_bracket(rules, store, slot, clock, out, begin, n)
    settle_silence(store, slot)
    return n


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
            set_due(store, clock, slot, min(store.due_ms[slot], due_ms))


@helper
def _follow_seen(clock: Row) -> None:
    """Advance a clock that runs to the sightings that were read before it did."""
    if clock["ms"] != NO_TIME and clock["seen_ms"] != NO_TIME:
        _move_clock(clock, clock["seen_ms"])
        clock["seen_ms"] = NO_TIME


@helper
def _follow(clock: Row, report: Row) -> None:
    """Advance the clock to what was just read; a sighting is not heard of a seal, and cannot start it."""
    if report["flags"] & FLAG_SIGHTING and clock["ms"] == NO_TIME:
        clock["seen_ms"] = max(clock["seen_ms"], report["received_ms"])
        return
    _move_clock(clock, report["received_ms"])
    _follow_seen(clock)


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
def _make_room(store: Store, slot: int, clock: Row) -> bool:
    """Room for one more report of a shipment, on time or late; False when the arena has none."""
    if is_full(store.kept[slot]):
        trim(store, slot, clock["horizon_ms"])
        if is_full(store.kept[slot]) and not add_page(store, slot):
            return False
    return store.arena[0]["late"] < len(store.late_seen)


@helper
def _advance_all(
    rules: Rules, store: Store, reports: Rows, first: int, clocks: Rows, out: Rows
) -> tuple[int, int, int, int]:
    clock = clocks[0]
    n = 0
    _follow_seen(clock)  # the caller may have started it
    if clock["ms"] != NO_TIME and clock["ms"] >= clock["due_ms"]:
        n, wanted = tick(rules, store, clock, out, n)
        if wanted:
            return first, n, TAKE_OUTPUT, wanted
    for i in range(first, len(reports)):
        report = reports[i]
        if i + AHEAD < len(reports):
            fetch_shipment(store, reports[i + AHEAD]["seal"])
            fetch_tail_end(store, reports[i + AHEAD // 2]["seal"])
        slot = find_slot(store, report["seal"], report["time_ms"])
        if slot >= 0 and not _make_room(store, slot, clock):
            return i, n, NEED_ROOM, -1
        needed = ROWS_A_REPORT + ROWS_A_VIEW
        if slot >= 0 and store.kept[slot]["count"] > 0:
            kept = store.kept[slot]
            if report["time_ms"] <= nth(store, slot, kept["count"] - 1)["time_ms"] or kept["first_heard_ms"] == NO_TIME:
                needed += ROWS_A_REPORT * kept["count"]
        if n + needed > len(out):
            return i, n, TAKE_OUTPUT, needed
        _follow(clock, report)
        if report["flags"] & FLAG_SIGHTING == 0:
            hear_anyone(rules, store, clock, report["received_ms"])
        n = _take(rules, store, slot, report, clock, out, n) if slot >= 0 else bracket(out, n, HELD, slot, i, 0)
        if clock["ms"] >= clock["due_ms"]:
            n, wanted = tick(rules, store, clock, out, n)
            if wanted:
                return i + 1, n, TAKE_OUTPUT, wanted
    return len(reports), n, DONE, -1


@entry
def advance(
    rules: Rules, store: Store, reports: Rows, first: int, clocks: Rows, out: Rows
) -> tuple[int, int, int, int]:
    """Renew what is due, then judge reports[first:] (REPORT_DTYPE, admitted, the engine's codes) in reading order.

    `clocks` holds one CLOCK_DTYPE row. Returns (next report, output rows written, DONE | TAKE_OUTPUT | NEED_ROOM, rows
    that `out` must at least hold). After TAKE_OUTPUT or NEED_ROOM, act and call again with the
    returned position. It is the only entry point: each one would compile the whole core once more.
    """
    return _advance_all(rules, store, reports, first, clocks, out)
