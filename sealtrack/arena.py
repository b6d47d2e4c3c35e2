"""The arrays behind the kernels: making them larger, reading a shipment's tail, and all of them as bytes and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sealtrack.columnar import from_columns, to_columns
from sealtrack.core.cold import LINE, LINES, ROOM
from sealtrack.core.reading import exchange
from sealtrack.core.state import (
    ARENA_DTYPE,
    INFO_DTYPE,
    KEPT_DTYPE,
    LATE_SEEN,
    NO_PAGE,
    NO_ZONE,
    PAGE,
    RING,
    TRIP_DTYPE,
    WINDOWS,
    Store,
    blank_kept,
    blank_trips,
)
from sealtrack.core.timers import BLOCK, NEVER
from sealtrack.schema import NO_TIME, REPORT_DTYPE

LEAST = 64
"""Pages, and entries of their lists, that are added at least."""
GROWTH = 8
"""The arena grows by this part of itself: it is by far the largest of the arrays, and growing moves nothing."""

LAYOUTS = (TRIP_DTYPE, KEPT_DTYPE, REPORT_DTYPE)
"""Of what `dump` gives: bytes of one layout mean nothing in another."""


def empty_store() -> Store:
    """A store without shipments."""
    return Store(
        info=np.zeros(0, INFO_DTYPE),
        terms=np.zeros(0, INFO_DTYPE),
        trip=blank_trips(0),
        kept=blank_kept(0),
        due_ms=np.zeros(0, np.int64),
        block_due_ms=np.zeros(0, np.int64),
        tail=np.zeros(0, REPORT_DTYPE),
        pages=np.zeros(0, np.int32),
        cold=np.zeros(0, np.uint8),
        cold_free=np.full(LINES + 1, NO_PAGE, np.int32),
        window=np.zeros(WINDOWS * PAGE, REPORT_DTYPE),
        window_of=np.full(WINDOWS, NO_PAGE, np.int32),
        scratch=np.zeros(LINES * LINE, np.uint8),
        values=np.zeros(PAGE, np.int64),
        steps=np.zeros(PAGE, np.int64),
        spare=blank_trips(1),
        late_seen=np.zeros((1, LATE_SEEN), np.int64),
        arena=np.array([(0, NO_PAGE, 0, 0, 0)], ARENA_DTYPE),
        cards=np.zeros(0, np.int32),
        seal_start=np.zeros(1, np.int32),
        seal_slots=np.zeros(0, np.int32),
        ordered=np.zeros(RING, np.float64),
    )


def with_slots(store: Store, size: int) -> Store:
    """The store with rows for `size` shipments; the clock must look at all of them once more."""
    more = size - len(store.info)
    return store._replace(
        info=np.concatenate([store.info, np.zeros(more, INFO_DTYPE)]),
        trip=np.concatenate([store.trip, blank_trips(more)]),
        kept=np.concatenate([store.kept, blank_kept(more)]),
        due_ms=np.concatenate([store.due_ms, np.full(more, NEVER)]),
        block_due_ms=np.full(-(-size // BLOCK), NO_TIME),
    )


def with_room(store: Store) -> Store:
    """The store with more of what the kernels have run out of: room for what is packed, pages, lists of them, rows for
    late reports.
    """
    used, _, _, late, cold = store.arena[0].item()
    if _lacks_cold(store):
        store.cold.resize(LINE * (cold + 2 * ROOM + cold // GROWTH), refcheck=False)  # in place: nobody keeps a view
        return store
    if len(store.tail) == PAGE * used:
        store.tail.resize(PAGE * (used + max(LEAST, used // GROWTH)), refcheck=False)
        return store
    if len(store.late_seen) == late:
        rows = np.zeros((max(1, late // GROWTH), LATE_SEEN), np.int64)
        return store._replace(late_seen=np.concatenate([store.late_seen, rows]))
    return store._replace(pages=np.concatenate([store.pages, np.zeros(max(LEAST, len(store.pages)), np.int32)]))


def _lacks_cold(store: Store) -> bool:
    """True when there is no room for what one report may make (`cold.has_room`)."""
    return len(store.cold) <= LINE * (int(store.arena["cold"][0]) + ROOM)


def tail_rows(store: Store, slot: int) -> NDArray[np.void]:
    """A shipment's reports, in order."""
    return _read(store, slot)[0]


def _read(store: Store, slot: int) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """(its reports, its checkpoints)."""
    kept = store.kept[slot]
    rows, trips = np.zeros(kept["count"], REPORT_DTYPE), np.zeros(kept["checkpoints"], TRIP_DTYPE)
    exchange(store, slot, rows, 0, trips, False)
    return rows, trips


def _write(store: Store, slot: int, rows: NDArray[np.void], trips: NDArray[np.void]) -> Store:
    """The store with these reports, and checkpoints if there are any, in place of those that the shipment has."""
    if _lacks_cold(store):
        store = with_room(store)
    done = exchange(store, slot, rows, 0, trips, True)
    while done < len(rows):
        store = with_room(store)
        done = exchange(store, slot, rows, done, trips, True)
    return store


def tail_start(store: Store, slot: int) -> np.void:
    """Of the walk's state before the first report of a shipment's tail what START_DTYPE has."""
    row: np.void = store.kept[slot]["start"]
    return row


def keep_only(store: Store, slot: int, stays: NDArray[np.bool_]) -> tuple[Store, NDArray[np.void]]:
    """(the store without those reports of a tail that do not stay, these); the shipment is to be walked again."""
    rows = tail_rows(store, slot)
    if not stays.all():
        store = _write(store, slot, rows[stays], np.zeros(0, TRIP_DTYPE))
    gone: NDArray[np.void] = rows[~stays]
    return store, gone


def dump(store: Store, slots: Sequence[int]) -> dict[str, bytes]:
    """The state of these shipments. Where it lies in memory is no state."""
    read = [_read(store, slot) for slot in slots]
    tail = np.concatenate([*(rows for rows, _ in read), np.zeros(0, REPORT_DTYPE)])
    saved = np.concatenate([*(trips for _, trips in read), np.zeros(0, TRIP_DTYPE)])
    kept, trip = store.kept[slots], store.trip[slots]
    kept["skipped"] = kept["pages"] = kept["pages_start"] = kept["pages_room"] = 0
    kept["checkpoint_in"] = NO_PAGE
    trip["rest_zone"] = saved["rest_zone"] = NO_ZONE  # zones may be numbered otherwise where it is restored
    late = kept["late_row"] >= 0
    late_seen = store.late_seen[kept["late_row"][late]]
    kept["late_row"][late] = np.arange(len(late_seen))
    return {
        "trip": to_columns(trip),
        "saved": to_columns(saved),
        "kept": to_columns(kept),
        "due": store.due_ms[slots].tobytes(),
        "late_seen": late_seen.tobytes(),
        "tail": to_columns(tail),
    }


def restored(store: Store, n: int, state: Mapping[str, bytes]) -> Store:
    """The store with what `dump` gave of its first `n` shipments."""
    kept = from_columns(state["kept"], KEPT_DTYPE, n)
    counts, checkpoints = kept["count"].astype(np.int64), kept["checkpoints"].astype(np.int64)
    tail = from_columns(state["tail"], REPORT_DTYPE, int(counts.sum()))
    saved = from_columns(state["saved"], TRIP_DTYPE, int(checkpoints.sum()))
    late_seen = np.frombuffer(state["late_seen"], np.int64).reshape(-1, LATE_SEEN)
    kept["count"] = 0
    store.trip[:n] = from_columns(state["trip"], TRIP_DTYPE, n)
    store.kept[:n] = kept
    store.due_ms[:n] = np.frombuffer(state["due"], np.int64)
    store.arena["late"] = len(late_seen)
    store = store._replace(late_seen=np.concatenate([late_seen, np.zeros((1, LATE_SEEN), np.int64)]))
    ends, saved_ends = np.cumsum(counts), np.cumsum(checkpoints)
    for slot in range(n):
        rows, trips = tail[ends[slot] - counts[slot] : ends[slot]], saved[saved_ends[slot] - checkpoints[slot] :]
        store = _write(store, slot, rows, trips[: checkpoints[slot]])
    return store
