"""Short stops: they alert nobody by themselves (judgement section 11).

A hidden rule of the walk: an opening row once a stop has lasted `short_stop_s`, a closing row when it is left.
`detected_ms` is when it was seen to be one, `after_fix_ms` of a closed one when it was seen to have ended.
"""

from __future__ import annotations

import math

from sealtrack.core.episode import begin, close_now, write
from sealtrack.core.jit import helper
from sealtrack.core.machine import OPEN
from sealtrack.core.rest import may_stop
from sealtrack.core.state import CLOSED_STATUS, OPEN_STATUS, SHORT_STOP, STEP, VIEW, Row, Rows, Rules
from sealtrack.core.stop import left_end_ms
from sealtrack.schema import NO_TIME


@helper
def _begin(trip: Row, report: Row) -> None:
    k, anchor, i = SHORT_STOP, trip["anchor"], trip["near_route"]
    route_m = trip["route_m"][i] if i >= 0 else math.nan
    begin(trip, k, report, anchor["lat"], anchor["lon"], anchor["first_ms"], route_m)
    trip["first_offset"][k] = anchor["offset"]
    trip["last_offset"][k] = report["offset"]
    trip["since_ms"][k] = anchor["start_ms"]
    trip["count"][k] = anchor["n"]
    trip["detected_ms"][k] = report["received_ms"]


@helper
def _end(trip: Row, seen_ms: int) -> None:
    """Its last words: the mean of all its fixes, and when its end was seen."""
    k, anchor = SHORT_STOP, trip["anchor"]
    trip["lat"][k] = anchor["lat"]
    trip["lon"][k] = anchor["lon"]
    trip["count"][k] = anchor["n"]
    trip["after_fix_ms"][k] = seen_ms


@helper
def stand_short(rules: Rules, policy: Row, slot: int, trip: Row, report: Row, out: Rows, n: int) -> int:
    """The fix lies at the anchor; returns the next free row."""
    anchor = trip["anchor"]
    t_ms = report["time_ms"]
    if trip["phase"][SHORT_STOP] == OPEN or t_ms - anchor["start_ms"] < 1e3 * policy["short_stop_s"]:
        return n
    if may_stop(rules, policy, trip, t_ms):
        return n
    _begin(trip, report)
    trip["phase"][SHORT_STOP] = OPEN
    return write(out, n, STEP, slot, trip, SHORT_STOP, OPEN_STATUS, NO_TIME, t_ms)


@helper
def leave_short(rules: Rules, policy: Row, slot: int, trip: Row, report: Row, end_ms: int, out: Rows, n: int) -> int:
    """The truck left its anchor at `end_ms`: close the stop, or tell of one that only now proves long enough."""
    anchor = trip["anchor"]
    if trip["phase"][SHORT_STOP] != OPEN:
        if anchor["n"] < 2 or end_ms - anchor["start_ms"] < 1e3 * policy["short_stop_s"]:
            return n
        if may_stop(rules, policy, trip, anchor["last_ms"]):
            return n
        _begin(trip, report)
    trip["last_offset"][SHORT_STOP] = report["offset"]
    _end(trip, report["received_ms"])
    return close_now(slot, trip, SHORT_STOP, end_ms, report["time_ms"], out, n)


@helper
def close_short(policy: Row, slot: int, trip: Row, closed_ms: int, out: Rows, n: int) -> int:
    """The shipment ended at `closed_ms` while it stood, or was leaving: the clock's word."""
    end_ms = left_end_ms(trip, policy) if trip["away_n"] > 0 else closed_ms
    write(out, n, VIEW, slot, trip, SHORT_STOP, CLOSED_STATUS, end_ms, closed_ms)
    row, anchor = out[n], trip["anchor"]
    row["lat"] = anchor["lat"]
    row["lon"] = anchor["lon"]
    row["count"] = anchor["n"]
    row["after_fix_ms"] = closed_ms
    return n + 1
