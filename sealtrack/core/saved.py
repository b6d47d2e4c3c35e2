"""Checkpoints: the walk's state along a shipment's tail, denser towards its end, each in a block of `Store.cold`.

Most of a state is as it was before the first report, since few rules have anything to remember: a block has the words
that differ, after a byte for each eight words that says which ones do. Number 0 is the state before the tail's first
report.
"""

from __future__ import annotations

import math

import numpy as np

from sealtrack.core.cold import LINE, free_block, keep_block
from sealtrack.core.gaps import forget_gaps_before
from sealtrack.core.jit import helper
from sealtrack.core.pages import drop_first
from sealtrack.core.state import CHECKPOINTS, NO_PAGE, RING, TRIP_DTYPE, Row, Rows, Store, blank_trips
from sealtrack.core.words import put_word, word

BLANK = blank_trips(1).view(np.int64)
TRIP = TRIP_DTYPE.itemsize
WORDS = len(BLANK)
GROUPS = (WORDS + 7) // 8
FIRST = np.minimum(8 * np.arange(GROUPS), WORDS - 8)
"""The first word of each eight; the last eight lie in part in the ones before, too."""
HEAD = 8
"""Bytes of a block before the bytes that say which words it has."""


@helper
def pack_trip(store: Store, trips: Rows, row: int) -> int:
    """A block that says what the state in row `row` of `trips` says, NO_PAGE when there is no room for it."""
    scratch, at, end = store.scratch, row * TRIP, HEAD + GROUPS
    for group in range(GROUPS):
        first, differ, has = FIRST[group], 0, 0
        for k in range(8):
            differ |= word(trips, at + 8 * (first + k)) ^ BLANK[first + k]
        if differ != 0:
            for k in range(8):
                value = word(trips, at + 8 * (first + k))
                differs = 1 if value != BLANK[first + k] else 0
                put_word(scratch, end, value)
                has |= differs << k
                end += 8 * differs
        scratch[HEAD + group] = has
    return keep_block(store, end)


@helper
def read_checkpoint(store: Store, block: int, trips: Rows, row: int) -> None:
    """The state of a block to row `row` of `trips`; of NO_PAGE the one before any report."""
    start = block * LINE + HEAD
    at, to = start + GROUPS, row * TRIP
    for group in range(GROUPS):
        first = FIRST[group]
        has = 0 if block == NO_PAGE else store.cold[start + group]
        for k in range(8):
            if has >> k & 1:
                put_word(trips, to + 8 * (first + k), word(store.cold, at))
                at += 8
            else:
                put_word(trips, to + 8 * (first + k), BLANK[first + k])


@helper
def _drop(store: Store, kept: Row, i: int) -> None:
    """Drop checkpoint `i`."""
    free_block(store, kept["checkpoint_in"][i])
    kept["checkpoints"] -= 1
    for j in range(i, kept["checkpoints"]):
        kept["checkpoint_in"][j] = kept["checkpoint_in"][j + 1]
        kept["checkpoint_at"][j] = kept["checkpoint_at"][j + 1]
        kept["checkpoint_ms"][j] = kept["checkpoint_ms"][j + 1]


@helper
def _thin(store: Store, kept: Row, index: int) -> None:
    """Drop the checkpoint whose loss costs least: the smallest gap around it for the root of its age at report `index`.

    What remains lies further apart with each step back, so that walking again costs a small multiple of how late the
    report was, and one of them soon leaves the horizon, so that the tail can be cut there. By the age itself the tail
    grows to two or three horizons; evenly spread, a report that is minutes late is walked from an hour before.
    """
    least = math.inf
    drop = 1
    for i in range(1, kept["checkpoints"]):
        after = index if i + 1 == kept["checkpoints"] else kept["checkpoint_at"][i + 1]
        cost = (after - kept["checkpoint_at"][i - 1]) / math.sqrt(index - kept["checkpoint_at"][i] + 1.0)
        if cost < least:
            least, drop = cost, i
    _drop(store, kept, drop)


@helper
def keep_checkpoint(store: Store, slot: int, index: int, apart: int) -> None:
    """Save the walk's state before report `index` of the tail if `apart` reports lie since the last one.

    Called only where time moves on, so that reports of the same time never lie on both sides.
    """
    kept = store.kept[slot]
    if index - kept["checkpoint_at"][kept["checkpoints"] - 1] < apart:
        return
    if kept["checkpoints"] == CHECKPOINTS:
        _thin(store, kept, index)
    block = pack_trip(store, store.trip, slot)
    if block == NO_PAGE:
        return
    n = kept["checkpoints"]
    kept["checkpoint_in"][n] = block
    kept["checkpoint_at"][n] = index
    kept["checkpoint_ms"][n] = store.trip[slot]["walked_ms"]
    kept["checkpoints"] = n + 1


@helper
def go_back(store: Store, slot: int, t_ms: int) -> int:
    """Go back to the state before the reports of time `t_ms`; returns the index of the first report after it."""
    kept = store.kept[slot]
    while kept["checkpoints"] > 1 and kept["checkpoint_ms"][kept["checkpoints"] - 1] >= t_ms:
        _drop(store, kept, kept["checkpoints"] - 1)
    last = kept["checkpoints"] - 1
    read_checkpoint(store, kept["checkpoint_in"][last], store.trip, slot)
    return kept["checkpoint_at"][last]


@helper
def start_at(store: Store, slot: int, c: int) -> None:
    """Drop the reports before checkpoint `c`, which becomes number 0."""
    kept = store.kept[slot]
    gone = kept["checkpoint_at"][c]
    for _ in range(c):
        _drop(store, kept, 0)
    for i in range(kept["checkpoints"]):
        kept["checkpoint_at"][i] -= gone
    read_checkpoint(store, kept["checkpoint_in"][0], store.spare, 0)
    start, trip = kept["start"], store.spare[0]
    start["last_ms"] = trip["last_ms"]
    start["read_offset"] = trip["read_offset"]
    start["read_partition"] = trip["read_partition"]
    start["walked_ms"] = trip["walked_ms"]
    start["ring_n"] = trip["ring_n"]
    for i in range(RING):
        start["ring_s"][i] = trip["ring_s"][i]
    start["raw"] = trip["raw"]
    drop_first(store, slot, gone)
    forget_gaps_before(kept, start["last_ms"])
