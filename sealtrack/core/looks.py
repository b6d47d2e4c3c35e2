"""Where the clock looks at a shipment: as soon as what it says of it may change, be it between reports of others."""

from __future__ import annotations

from sealtrack.core.jit import helper
from sealtrack.core.renew import ROWS_A_REPORT, ROWS_A_VIEW, renew
from sealtrack.core.state import Row, Rows, Rules, Store
from sealtrack.core.timers import next_due
from sealtrack.core.turns import Turns, mark, when_due
from sealtrack.schema import NO_TIME


@helper
def _rows_for(store: Store, slot: int) -> int:
    """More output rows than `renew` may write."""
    kept = store.kept[slot]
    return ROWS_A_VIEW + (ROWS_A_REPORT * kept["count"] if kept["amended"] else 0)


@helper
def look(rules: Rules, store: Store, turns: Turns, slot: int, clock: Row, stop: int, out: Rows) -> int:
    """Renew a shipment's view after each report before `stop` at which the clock comes to it.

    Not after one that `at["looked"]` leaves behind. Returns 0, or the rows that `out` lacks.
    """
    at = turns.at[0]
    while at["looked"] < stop and turns.clock_ms[stop - 1] >= store.due_ms[slot]:
        i = when_due(turns, store.due_ms[slot], at["looked"], stop)
        wanted = _rows_for(store, slot)
        if at["rows"] + wanted > len(out):
            return wanted
        clock["ms"] = turns.clock_ms[i]
        mark(turns, renew(rules, store, slot, clock, out, at["rows"]), 2 * i + 1)
        at["looked"] = i + 1
    return 0


@helper
def look_at_others(rules: Rules, store: Store, turns: Turns, clock: Row, out: Rows) -> int:
    """The same for the shipments without a report; `at["slot"]` is the first of them. Returns as `look` does."""
    at = turns.at[0]
    clock["ms"] = turns.clock_ms[at["stop"] - 1]
    if clock["ms"] < clock["due_ms"]:
        return 0
    while True:
        slot = next_due(store, clock, at["slot"])
        if slot < 0:
            return 0
        if slot != at["slot"]:
            at["slot"] = slot
            at["looked"] = at["first"]
        if turns.group[slot] < 0:
            wanted = look(rules, store, turns, slot, clock, at["stop"], out)
            if wanted:
                return wanted
        clock["ms"] = turns.clock_ms[at["stop"] - 1]
        at["slot"] = slot + 1
        at["looked"] = at["first"]


@helper
def look_at_all(rules: Rules, store: Store, turns: Turns, clock: Row, out: Rows) -> int:
    """Before any report: the caller may have moved the clock, or changed what is due. Returns as `look` does."""
    at = turns.at[0]
    if clock["ms"] == NO_TIME or clock["ms"] < clock["due_ms"]:
        return 0
    while True:
        slot = next_due(store, clock, at["slot"])
        if slot < 0:
            return 0
        at["slot"] = slot
        wanted = _rows_for(store, slot)
        if at["rows"] + wanted > len(out):
            return wanted
        mark(turns, renew(rules, store, slot, clock, out, at["rows"]), -1)
        at["slot"] = slot + 1
