"""The arrays behind the kernels: making them larger, reading a shipment's tail, and all of them as bytes and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sealtrack.columnar import from_columns, to_columns
from sealtrack.core.pages import PAGE
from sealtrack.core.state import (
    ARENA_DTYPE,
    CHECKPOINTS,
    INFO_DTYPE,
    KEPT_DTYPE,
    LATE_SEEN,
    NO_PAGE,
    NO_ZONE,
    RING,
    TRIP_DTYPE,
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
        saved=blank_trips(0).reshape(0, CHECKPOINTS),
        kept=blank_kept(0),
        due_ms=np.zeros(0, np.int64),
        block_due_ms=np.zeros(0, np.int64),
        tail=np.zeros(0, REPORT_DTYPE),
        pages=np.zeros(0, np.int32),
        late_seen=np.zeros((1, LATE_SEEN), np.int64),
        arena=np.array([(0, NO_PAGE, 0, 0)], ARENA_DTYPE),
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
        saved=np.concatenate([store.saved, blank_trips(more * CHECKPOINTS).reshape(more, CHECKPOINTS)]),
        kept=np.concatenate([store.kept, blank_kept(more)]),
        due_ms=np.concatenate([store.due_ms, np.full(more, NEVER)]),
        block_due_ms=np.full(-(-size // BLOCK), NO_TIME),
    )


def with_room(store: Store) -> Store:
    """The store with more of what the kernels have run out of: pages, room for lists of them, rows for late reports."""
    used, _, _, late = store.arena[0].item()
    if len(store.tail) == PAGE * used:
        store.tail.resize(PAGE * (used + max(LEAST, used // GROWTH)), refcheck=False)  # in place: nobody keeps a view
        return store
    if len(store.late_seen) == late:
        rows = np.zeros((max(1, late // GROWTH), LATE_SEEN), np.int64)
        return store._replace(late_seen=np.concatenate([store.late_seen, rows]))
    return store._replace(pages=np.concatenate([store.pages, np.zeros(max(LEAST, len(store.pages)), np.int32)]))


def places(store: Store, slot: int) -> NDArray[np.int64]:
    """Where a shipment's reports lie in `Store.tail`, in order."""
    kept = store.kept[slot]
    pages = store.pages[kept["pages_start"] : kept["pages_start"] + kept["pages"]]
    rows = (pages[:, None].astype(np.int64) * PAGE + np.arange(PAGE)).ravel()
    return rows[kept["skipped"] : kept["skipped"] + kept["count"]]


def tail_start(store: Store, slot: int) -> np.void:
    """The walk's state before the first report of a shipment's tail."""
    row: np.void = store.saved[slot, store.kept[slot]["checkpoint_in"][0]]
    return row


def keep_only(store: Store, slot: int, stays: NDArray[np.bool_]) -> NDArray[np.void]:
    """Remove those reports of a tail that do not stay, and return them; the shipment is to be walked again."""
    at = places(store, slot)
    rows = store.tail[at]
    store.tail[at[: stays.sum()]] = rows[stays]
    store.kept[slot]["count"] = stays.sum()
    gone: NDArray[np.void] = rows[~stays]
    return gone


def dump(store: Store, slots: Sequence[int]) -> dict[str, bytes]:
    """The state of these shipments. Where it lies in memory is no state."""
    kept, saved = store.kept[slots], store.saved[slots]
    saved = np.take_along_axis(saved, kept["checkpoint_in"], axis=1)[_in_use(kept)]
    kept["skipped"] = kept["pages"] = kept["pages_start"] = kept["pages_room"] = 0
    kept["checkpoint_in"] = np.arange(CHECKPOINTS)
    tails = [store.tail[places(store, slot)] for slot in slots]
    trip = store.trip[slots]
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
        "tail": to_columns(np.concatenate([*tails, store.tail[:0]])),
    }


def restored(store: Store, n: int, state: Mapping[str, bytes]) -> Store:
    """The store with what `dump` gave of its first `n` shipments."""
    kept = from_columns(state["kept"], KEPT_DTYPE, n)
    counts = kept["count"].astype(np.int64)
    tail = from_columns(state["tail"], REPORT_DTYPE, int(counts.sum()))
    late_seen = np.frombuffer(state["late_seen"], np.int64).reshape(-1, LATE_SEEN)
    kept["pages"] = kept["pages_room"] = pages = -(-counts // PAGE)
    kept["pages_start"] = np.cumsum(pages) - pages
    used = int(pages.sum())
    in_page = np.arange(len(tail)) - np.repeat(np.cumsum(counts) - counts, counts)
    arena = np.zeros(PAGE * used, REPORT_DTYPE)
    arena[np.repeat(PAGE * kept["pages_start"].astype(np.int64), counts) + in_page] = tail
    in_use = _in_use(kept)
    store.trip[:n] = from_columns(state["trip"], TRIP_DTYPE, n)
    store.saved[:n][in_use] = from_columns(state["saved"], TRIP_DTYPE, int(in_use.sum()))
    store.kept[:n] = kept
    store.due_ms[:n] = np.frombuffer(state["due"], np.int64)
    return store._replace(
        tail=arena,
        pages=np.arange(used, dtype=np.int32),
        late_seen=np.concatenate([late_seen, np.zeros((1, LATE_SEEN), np.int64)]),
        arena=np.array([(used, NO_PAGE, used, len(late_seen))], ARENA_DTYPE),
    )


def _in_use(kept: NDArray[np.void]) -> NDArray[np.bool_]:
    """Which checkpoints of each shipment hold a state, in their order in time."""
    return np.arange(CHECKPOINTS) < kept["checkpoints"][:, None]
