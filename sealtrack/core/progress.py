"""route_reversal: back along the route (judgement section 4)."""

from __future__ import annotations

from sealtrack.core.episode import begin, gather, judge
from sealtrack.core.forbidden import SPARSE_MS
from sealtrack.core.gate import set_place
from sealtrack.core.jit import helper
from sealtrack.core.machine import ENTER, EXIT, IDLE, NEITHER, PENDING, advance_machine
from sealtrack.core.meeting import is_met_twice
from sealtrack.core.state import REVERSAL, WARNING, Row, Rows, Rules
from sealtrack.schema import NO_TIME


@helper
def _start(trip: Row, i: int, at_m: float, toward: int) -> None:
    """Measure progress on route alternative `i` from here."""
    trip["progress_route"] = i
    trip["progress_from_m"] = at_m
    trip["progress_m"] = at_m
    trip["progress_sign"] = toward
    trip["turned"]["ms"] = NO_TIME


@helper
def _enter(table: Rows, trip: Row, report: Row, at_m: float) -> None:
    """The episode begins here, or at the fix before, if that was well on the way back and long ago."""
    good, turned = trip["good"], trip["turned"]
    if turned["ms"] == NO_TIME or good["ms"] - turned["ms"] < SPARSE_MS:
        begin(trip, REVERSAL, report, good["lat"], good["lon"], good["ms"], at_m)
        return
    begin(trip, REVERSAL, report, turned["lat"], turned["lon"], turned["ms"], trip["turned_m"])
    advance_machine(trip, REVERSAL, table[REVERSAL], ENTER, turned["ms"], turned["ms"], WARNING, 0)


@helper
def _walk_back(
    policy: Row, table: Rows, slot: int, trip: Row, report: Row, back_m: float, at_m: float, out: Rows, n: int
) -> int:
    """route_reversal for a fix so far back from the furthest point."""
    phase, half_m = trip["phase"][REVERSAL], policy["reversal_m"] / 2
    if phase == IDLE and back_m < policy["reversal_m"]:
        return n
    level = EXIT if back_m <= half_m else NEITHER
    if back_m >= policy["reversal_m"] or (phase == PENDING and level == NEITHER):
        level = ENTER
        if phase == IDLE:
            _enter(table, trip, report, at_m)
        gather(trip, REVERSAL, report, back_m, at_m)
    return judge(table, slot, trip, REVERSAL, level, report, report["time_ms"], WARNING, 0, out, n)


@helper
def walk_progress(
    rules: Rules, policy: Row, table: Rows, info: Row, slot: int, trip: Row, report: Row, out: Rows, n: int
) -> int:
    """Judge how far the truck has come along the corridor that holds the accepted fix.

    The direction is that from origin to destination zone; where they do not tell, that of the first `reversal_m`.
    """
    i = trip["near_route"]
    if i < 0 or not trip["excess_m"] <= trip["good"]["error_m"]:
        return n
    at_m = trip["route_m"][i]
    if is_met_twice(rules, info["routes"][i], at_m):
        return n
    if trip["progress_route"] != i:
        _start(trip, i, at_m, info["toward"][i])
    if trip["progress_sign"] == 0:
        gone_m = at_m - trip["progress_from_m"]
        if abs(gone_m) < policy["reversal_m"]:
            return n
        trip["progress_sign"] = 1 if gone_m > 0 else -1
        trip["progress_m"] = at_m
    back_m = trip["progress_sign"] * (trip["progress_m"] - at_m)
    if back_m < 0.0:
        trip["progress_m"] = at_m
    n = _walk_back(policy, table, slot, trip, report, back_m, at_m, out, n)
    if back_m > policy["reversal_m"] / 2:
        set_place(trip["turned"], trip["good"]["ms"], trip["good"]["lat"], trip["good"]["lon"], 0.0)
        trip["turned_m"] = at_m
    else:
        trip["turned"]["ms"] = NO_TIME
    return n
