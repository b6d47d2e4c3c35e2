"""The entry point: a batch of reports, and the passing of time.

Each report is dealt with wholly before the next one of its shipment, and the clock after each report: how the input is
cut into batches changes nothing. The loops stop early when the caller must act (make room, longer output) and go on
from there.
"""

from __future__ import annotations

from sealtrack.core.clock import follow_seen
from sealtrack.core.jit import entry, helper
from sealtrack.core.looks import look, look_at_all, look_at_others
from sealtrack.core.prefetch import REPORTS_AHEAD, fetch_report, fetch_shipment, fetch_tail_end
from sealtrack.core.state import Row, Rows, Rules, Store
from sealtrack.core.take import make_room, rows_for, take
from sealtrack.core.timers import is_own, set_due
from sealtrack.core.turns import Turns, arrange, dissolve, mark, slot_of, take_turn
from sealtrack.core.view import unheard_ms
from sealtrack.schema import FLAG_SIGHTING

DONE, LONGER_OUTPUT, NEED_ROOM = range(3)
"""Why the loops stopped."""
BEGIN, ARRANGE, JUDGE, LOOK = range(4)
"""What they are at (`at["stage"]`)."""


@helper
def _hear_anyone(rules: Rules, store: Store, clock: Row, report: Row) -> None:
    """Note when the first report of all was received: before that no shipment can be called silent."""
    before_ms, received_ms = clock["heard_ms"], report["received_ms"]
    if report["flags"] & FLAG_SIGHTING or received_ms >= before_ms:
        return
    clock["heard_ms"] = received_ms
    for slot in range(len(store.kept)):
        if not is_own(store, slot):
            continue
        due_ms = unheard_ms(rules, store.info[slot])
        if store.kept[slot]["checkpoints"] > 0 and received_ms <= due_ms < before_ms:
            set_due(store, clock, slot, min(store.due_ms[slot], due_ms))


@helper
def _judge_one(
    rules: Rules, store: Store, reports: Rows, turns: Turns, slot: int, clock: Row, out: Rows
) -> tuple[int, int]:
    """All that is left to judge of one shipment's reports; returns as `advance` does."""
    at = turns.at[0]
    while at["next"] < turns.start[at["group"] + 1]:
        i = turns.order[at["next"]]
        report = reports[i]
        fetch_report(reports, turns, at["next"] + REPORTS_AHEAD)
        wanted = look(rules, store, turns, slot, clock, i, out)
        if wanted:
            return LONGER_OUTPUT, wanted
        if not make_room(store, slot, report, clock):
            return NEED_ROOM, 0
        wanted = rows_for(store, slot, report)
        if at["rows"] + wanted > len(out):
            return LONGER_OUTPUT, wanted
        clock["ms"] = turns.clock_ms[i]
        mark(turns, take(rules, store, slot, report, clock, out, at["rows"]), 2 * i)
        at["looked"] = i
        at["next"] += 1
    wanted = look(rules, store, turns, slot, clock, at["stop"], out)
    return (LONGER_OUTPUT, wanted) if wanted else (DONE, 0)


@helper
def _judge_all(rules: Rules, store: Store, reports: Rows, turns: Turns, clock: Row, out: Rows) -> tuple[int, int]:
    at = turns.at[0]
    while at["group"] < at["groups"]:
        if at["group"] + 1 < at["groups"]:
            fetch_tail_end(store, slot_of(turns, at["group"] + 1))
        if at["group"] + 2 < at["groups"]:
            fetch_shipment(store, slot_of(turns, at["group"] + 2))
        why, wanted = _judge_one(rules, store, reports, turns, slot_of(turns, at["group"]), clock, out)
        if why != DONE:
            return why, wanted
        take_turn(turns, at["group"] + 1)
    return DONE, 0


@helper
def _advance(rules: Rules, store: Store, reports: Rows, turns: Turns, clock: Row, out: Rows) -> tuple[int, int]:
    at = turns.at[0]
    if at["stage"] == BEGIN:
        follow_seen(clock)  # the caller may have started it
        wanted = look_at_all(rules, store, turns, clock, out)
        if wanted:
            return LONGER_OUTPUT, wanted
        at["stage"] = ARRANGE
    while at["stage"] != ARRANGE or at["stop"] < len(reports):
        if at["stage"] == ARRANGE:
            arrange(store, turns, reports, at["stop"], clock)
            _hear_anyone(rules, store, clock, reports[at["first"]])
            take_turn(turns, 0)
            at["stage"] = JUDGE
        if at["stage"] == JUDGE:
            why, wanted = _judge_all(rules, store, reports, turns, clock, out)
            if why != DONE:
                return why, wanted
            at["slot"] = 0
            at["looked"] = at["first"]
            at["stage"] = LOOK
        wanted = look_at_others(rules, store, turns, clock, out)
        if wanted:
            return LONGER_OUTPUT, wanted
        dissolve(turns)
        clock["ms"] = turns.clock_ms[at["stop"] - 1]
        at["stage"] = ARRANGE
    return DONE, 0


@entry
def advance(rules: Rules, store: Store, reports: Rows, turns: Turns, clocks: Rows, out: Rows) -> tuple[int, int]:
    """Renew what is due, then judge `reports` (REPORT_DTYPE, admitted, the engine's codes) of the store's shipments.

    Stores of other parts may be judged at the same time, each with a clock, turns and output of its own. `clocks` holds
    one CLOCK_DTYPE row; `turns.at` is zero at first, and then has the number of output rows. Returns
    (DONE | LONGER_OUTPUT | NEED_ROOM, rows that `out` lacks): after one of the latter two, act and call again. Output
    is in the order of reading when it is sorted by `turns.key`, then by slot. It is the only entry point: each one
    would compile the whole core once more.
    """
    return _advance(rules, store, reports, turns, clocks[0], out)
