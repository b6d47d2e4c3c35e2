"""Whose turn it is: a batch's reports in the order in which they are judged, each shipment's all at once.

Shipments know nothing of each other here, only the clock; and where that stood after each report, whosever it was, is
known before any is judged. So a shipment's rows are fetched once for all its reports of a batch. What is written is put
in the order of reading afterwards (`Turns.key`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.by_reference import by_reference
from sealtrack.core.clock import follow
from sealtrack.core.jit import helper
from sealtrack.core.state import Row, Rows, Store
from sealtrack.core.timers import is_own
from sealtrack.schema import FLAG_SIGHTING

NOBODY, ANOTHERS = -1, -2

AT_DTYPE = np.dtype(
    [
        ("stage", "i8"),  # see `advance`
        ("stop", "i8"),  # reports from `first` up to here are arranged
        ("first", "i8"),
        ("groups", "i8"),  # shipments that have any of them
        ("group", "i8"),  # whose turn it is
        ("next", "i8"),  # where in `order` its next one stands
        ("looked", "i8"),  # the clock after the reports before this one has looked at the shipment
        ("slot", "i8"),  # the next shipment that the clock looks at
        ("rows", "i8"),  # output rows so far
    ]
)


@by_reference
class Turns(NamedTuple):
    """Room for the order of a batch."""

    clock_ms: NDArray[np.int64]
    """By report: the clock after it."""
    slot: NDArray[np.int32]
    """By report: its shipment, NOBODY = none, ANOTHERS = one of another part."""
    order: NDArray[np.int32]
    """The reports, group after group."""
    start: NDArray[np.int32]
    """By group: its first place in `order`; entry [group + 1] ends it."""
    filled: NDArray[np.int32]
    """By group: how far it is filled while they are put in order."""
    group: NDArray[np.int32]
    """By slot: its group, or -1 between batches."""
    key: NDArray[np.int64]
    """By output row: where it belongs, twice the number of the report, and one more for what the clock says then."""
    at: NDArray[np.void]
    """One AT_DTYPE row: how far the loops are."""


def turns_for(reports: int, slots: int, rows: int) -> Turns:
    """Room for a batch of so many reports, shipments and output rows."""
    return Turns(
        clock_ms=np.zeros(reports, np.int64),
        slot=np.zeros(reports, np.int32),
        order=np.zeros(reports, np.int32),
        start=np.zeros(reports + 1, np.int32),
        filled=np.zeros(reports, np.int32),
        group=np.full(slots, -1, np.int32),
        key=np.zeros(rows, np.int64),
        at=np.zeros(1, AT_DTYPE),
    )


@helper
def _find_slot(store: Store, report: Row, latest_ms: int) -> int:
    """The shipment that a report's seal served at its time; NOBODY if none, or if that ended `latest_ms` before."""
    seal, t_ms = report["seal"], report["time_ms"]
    if seal < 0 or seal + 1 >= len(store.seal_start):
        return NOBODY
    for i in range(store.seal_start[seal + 1] - 1, store.seal_start[seal] - 1, -1):
        slot = store.seal_slots[i]
        if store.info[slot]["depart_ms"] <= t_ms:
            end_ms = store.info[slot]["end_ms"]
            return slot if t_ms < end_ms and report["received_ms"] - end_ms <= latest_ms else NOBODY
    return NOBODY


@helper
def arrange(store: Store, turns: Turns, reports: Rows, first: int, clock: Row) -> None:
    """Put the reports from `first` on in turns, and move the clock past them.

    It ends before a further report that was received before all others ever: that changes what the clock says of every
    shipment (`advance.hear_anyone`).
    """
    at = turns.at[0]
    at["first"] = at["stop"] = first
    at["groups"] = 0
    heard_ms = clock["heard_ms"]
    while at["stop"] < len(reports):
        i = at["stop"]
        report = reports[i]
        if report["flags"] & FLAG_SIGHTING == 0 and report["received_ms"] < heard_ms:
            if i > first:
                break
            heard_ms = report["received_ms"]
        follow(clock, report)
        turns.clock_ms[i] = clock["ms"]
        slot = _find_slot(store, report, clock["latest_ms"])
        if slot != NOBODY and not is_own(store, slot):
            slot = ANOTHERS
        turns.slot[i] = slot
        if slot >= 0:
            turns.filled[_group_of(turns, slot)] += 1
        at["stop"] = i + 1
    _put_in_order(turns)


@helper
def _group_of(turns: Turns, slot: int) -> int:
    """The group of a shipment, a new one if it has none."""
    group = turns.group[slot]
    if group < 0:
        group = turns.at[0]["groups"]
        turns.at[0]["groups"] = group + 1
        turns.group[slot] = group
        turns.filled[group] = 0
    return group


@helper
def _put_in_order(turns: Turns) -> None:
    """Fill `order`: `filled` holds how many reports each group has."""
    at = turns.at[0]
    place = 0
    for group in range(at["groups"]):
        turns.start[group] = place
        place += turns.filled[group]
        turns.filled[group] = turns.start[group]
    turns.start[at["groups"]] = place
    for i in range(at["first"], at["stop"]):
        if turns.slot[i] >= 0:
            group = turns.group[turns.slot[i]]
            turns.order[turns.filled[group]] = i
            turns.filled[group] += 1


@helper
def slot_of(turns: Turns, group: int) -> int:
    """The shipment of a group."""
    return turns.slot[turns.order[turns.start[group]]]


@helper
def when_due(turns: Turns, due_ms: int, low: int, high: int) -> int:
    """The first report from `low` on after which the clock has come to `due_ms`; `high` if none before that one."""
    while low < high:
        middle = (low + high) // 2
        if turns.clock_ms[middle] >= due_ms:
            high = middle
        else:
            low = middle + 1
    return low


@helper
def take_turn(turns: Turns, group: int) -> None:
    """It is the turn of this group."""
    at = turns.at[0]
    at["group"] = group
    at["looked"] = at["first"]
    at["next"] = turns.start[group]


@helper
def mark(turns: Turns, rows: int, key: int) -> None:
    """Output rows up to `rows` are new, and belong there."""
    at = turns.at[0]
    for row in range(at["rows"], rows):
        turns.key[row] = key
    at["rows"] = rows


@helper
def dissolve(turns: Turns) -> None:
    """All groups have had their turn."""
    for group in range(turns.at[0]["groups"]):
        turns.group[slot_of(turns, group)] = -1
