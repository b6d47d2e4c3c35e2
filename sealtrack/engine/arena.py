"""The arrays behind the kernels, and making them larger.

There is a store for each part of the shipments, so that threads can judge them at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.cold import LINE, LINES, ROOM
from sealtrack.core.state import (
    ARENA_DTYPE,
    INFO_DTYPE,
    LATE_SEEN,
    NO_PAGE,
    PAGE,
    RING,
    WINDOWS,
    Store,
    blank_kept,
    blank_trips,
)
from sealtrack.core.timers import BLOCK, NEVER
from sealtrack.schema import NO_TIME, REPORT_DTYPE
from sealtrack.whole_rows import joined

LEAST = 64
"""Pages, and entries of their lists, that are added at least."""
GROWTH = 8
"""The arena grows by this part of itself: it is by far the largest of the arrays, and growing moves nothing."""

APART = 128
"""Bytes between what one thread writes and what another does: two lines of a cache."""
SHARED = ("info", "terms", "trip", "kept", "due_ms", "block_due_ms", "cards", "seal_start", "seal_slots")
"""What the stores of all parts have in common."""

T = TypeVar("T", int, NDArray[Any])


def empty_stores(parts: int) -> list[Store]:
    """Stores without shipments, by part."""
    stores = [_empty_store(part, parts) for part in range(parts)]
    return shared(stores, **{name: getattr(stores[0], name) for name in SHARED})


def shared(stores: Sequence[Store], **arrays: NDArray[Any]) -> list[Store]:
    """The stores with these arrays, which they have in common."""
    return [store._replace(**arrays) for store in stores]


def part_of(slot: T, parts: int) -> T:
    """The part that a shipment belongs to, as `timers.is_own` has it: whole blocks, since a block has one bound."""
    return slot // BLOCK % parts


def alone(array: NDArray[Any]) -> NDArray[Any]:
    """A copy of a small array, APART from all others."""
    apart = -(-APART // array.itemsize)
    room = np.zeros(len(array) + 2 * apart, array.dtype)
    room[apart:-apart] = array
    return room[apart:-apart]


def memory_bytes(stores: Sequence[Store]) -> int:
    """Of all their arrays."""
    return sum({id(array): array.nbytes for store in stores for array in store}.values())


def _empty_store(part: int, parts: int) -> Store:
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
        window_of=alone(np.full(WINDOWS, NO_PAGE, np.int32)),
        scratch=alone(np.zeros(LINES * LINE, np.uint8)),
        values=alone(np.zeros(PAGE, np.int64)),
        steps=alone(np.zeros(PAGE, np.int64)),
        spare=alone(blank_trips(1)),
        late_seen=np.zeros((1, LATE_SEEN), np.int64),
        arena=alone(np.array([(part, parts, 0, NO_PAGE, 0, 0, 0, 0)], ARENA_DTYPE)),
        cards=np.zeros(0, np.int32),
        seal_start=np.zeros(1, np.int32),
        seal_slots=np.zeros(0, np.int32),
        ordered=alone(np.zeros(RING, np.float64)),
    )


def with_slots(stores: Sequence[Store], size: int) -> list[Store]:
    """The stores with rows for `size` shipments; the clock must look at all of them once more."""
    store = stores[0]
    more = size - len(store.info)
    return shared(
        stores,
        info=joined([store.info, np.zeros(more, INFO_DTYPE)]),
        trip=joined([store.trip, blank_trips(more)]),
        kept=joined([store.kept, blank_kept(more)]),
        due_ms=np.concatenate([store.due_ms, np.full(more, NEVER)]),
        block_due_ms=np.full(-(-size // BLOCK), NO_TIME),
    )


def with_room(store: Store) -> Store:
    """The store with more of what the kernels have run out of: room for what is packed, pages, lists of them, rows for
    late reports.
    """
    used, late, cold = (int(store.arena[name][0]) for name in ("used", "late", "cold"))
    if lacks_cold(store):
        store.cold.resize(LINE * (cold + 2 * ROOM + cold // GROWTH), refcheck=False)  # in place: nobody keeps a view
        return store
    if len(store.tail) == PAGE * used:
        store.tail.resize(PAGE * (used + max(LEAST, used // GROWTH)), refcheck=False)
        return store
    if len(store.late_seen) == late:
        rows = np.zeros((max(1, late // GROWTH), LATE_SEEN), np.int64)
        return store._replace(late_seen=np.concatenate([store.late_seen, rows]))
    return store._replace(pages=np.concatenate([store.pages, np.zeros(max(LEAST, len(store.pages)), np.int32)]))


def lacks_cold(store: Store) -> bool:
    """True when there is no room for what one report may make (`cold.has_room`)."""
    return len(store.cold) <= LINE * (int(store.arena["cold"][0]) + ROOM)
