"""One report of a shipment: what it says in both orders of time, and the walk's step."""

from __future__ import annotations

from sealtrack.core.cold import has_room
from sealtrack.core.gaps import hear
from sealtrack.core.heard import note_heard
from sealtrack.core.jit import helper
from sealtrack.core.late import count_late, judge_late
from sealtrack.core.pages import add_page, is_full
from sealtrack.core.renew import ROWS_A_REPORT, ROWS_A_VIEW, bracket, close_bracket, settle_silence
from sealtrack.core.state import BEGIN, CHECKPOINT_REPORTS, Row, Rows, Rules, Store
from sealtrack.core.tail import INSERTED, REPEATED, TOO_OLD, append, is_copy, open_for, put, step, trim, walk_again
from sealtrack.core.terms import shortest_silence_ms
from sealtrack.core.timers import NEVER, set_due
from sealtrack.core.view import next_due_ms
from sealtrack.schema import FLAG_SIGHTING, NO_TIME


@helper
def make_room(store: Store, slot: int, report: Row, clock: Row) -> bool:
    """Room for one more report of a shipment, on time or late; False when the arena has none."""
    if not has_room(store):
        return False
    if is_full(store.kept[slot]):
        trim(store, slot, clock["horizon_ms"])
        if is_full(store.kept[slot]) and not add_page(store, slot):
            return False
    return store.arena[0]["late"] < len(store.late_seen) and open_for(store, slot, report, clock["horizon_ms"])


@helper
def rows_for(store: Store, slot: int, report: Row) -> int:
    """More output rows than `take` may write."""
    kept = store.kept[slot]
    wanted = ROWS_A_REPORT + ROWS_A_VIEW
    if report["time_ms"] <= store.trip[slot]["walked_ms"] or kept["first_heard_ms"] == NO_TIME:
        wanted += ROWS_A_REPORT * kept["count"]
    return wanted


@helper
def _goes_on(kept: Row, trip: Row, report: Row, clock: Row, silence_ms: int) -> bool:
    """True for the next report in both orders of time, heard in time, of a shipment of which the clock says nothing."""
    if report["flags"] & FLAG_SIGHTING or kept["first_heard_ms"] == NO_TIME:
        return False
    if kept["viewed"] != 0 or kept["settle_ms"] != NO_TIME or report["time_ms"] <= trip["walked_ms"]:
        return False
    if report["received_ms"] - report["time_ms"] > clock["horizon_ms"]:
        return False
    return 0 <= report["received_ms"] - kept["last_heard_ms"] <= silence_ms


@helper
def _take_next(rules: Rules, store: Store, slot: int, report: Row, clock: Row, out: Rows, n: int) -> int:
    """`take` for a report that goes on: nearly all do."""
    kept = store.kept[slot]
    n = first = note_heard(kept, slot, report, out, n)
    kept["newest_received_ms"] = max(kept["newest_received_ms"], report["received_ms"])
    kept["last_heard_ms"] = report["received_ms"]
    append(store, slot, report)
    n = step(rules, store, slot, kept["count"] - 1, CHECKPOINT_REPORTS, out, n)
    if n > first:
        kept["emitted_ms"] = max(kept["emitted_ms"], report["time_ms"])
    set_due(store, clock, slot, next_due_ms(rules, store, slot))
    return n


@helper
def take(rules: Rules, store: Store, slot: int, report: Row, clock: Row, out: Rows, n: int) -> int:
    """Deal with one report of a shipment, which has room in its tail; returns the next free output row."""
    kept = store.kept[slot]
    silence_ms = shortest_silence_ms(rules, store, slot)
    if _goes_on(kept, store.trip[slot], report, clock, silence_ms):
        return _take_next(rules, store, slot, report, clock, out, n)
    again_ms = report["time_ms"]
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
