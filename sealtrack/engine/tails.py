"""Reading a shipment's tail, writing it anew, and the state of all shipments as bytes and back.

The bytes are the same for every number of parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sealtrack.columnar import from_columns, to_columns
from sealtrack.core.reading import exchange
from sealtrack.core.state import (
    KEPT_DTYPE,
    LATE_SEEN,
    NO_PAGE,
    NO_ZONE,
    TRIP_DTYPE,
    Store,
)
from sealtrack.engine.arena import lacks_cold, part_of, with_room
from sealtrack.schema import REPORT_DTYPE
from sealtrack.whole_rows import joined, picked

LAYOUTS = (TRIP_DTYPE, KEPT_DTYPE, REPORT_DTYPE)
"""Of what `dump` gives: bytes of one layout mean nothing in another."""


def tail_rows(stores: Sequence[Store], slot: int) -> NDArray[np.void]:
    """A shipment's reports, in order."""
    return _read(stores, slot)[0]


def _read(stores: Sequence[Store], slot: int) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """(its reports, its checkpoints)."""
    store = stores[part_of(slot, len(stores))]
    kept = store.kept[slot]
    rows, trips = np.zeros(kept["count"], REPORT_DTYPE), np.zeros(kept["checkpoints"], TRIP_DTYPE)
    exchange(store, slot, rows, 0, trips, False)
    return rows, trips


def _write(stores: list[Store], slot: int, rows: NDArray[np.void], trips: NDArray[np.void]) -> None:
    """Put these reports, and checkpoints if there are any, in place of those that the shipment has."""
    part = part_of(slot, len(stores))
    if lacks_cold(stores[part]):
        stores[part] = with_room(stores[part])
    done = exchange(stores[part], slot, rows, 0, trips, True)
    while done < len(rows):
        stores[part] = with_room(stores[part])
        done = exchange(stores[part], slot, rows, done, trips, True)


def tail_start(store: Store, slot: int) -> np.void:
    """Of the walk's state before the first report of a shipment's tail what START_DTYPE has."""
    row: np.void = store.kept[slot]["start"]
    return row


def keep_only(stores: list[Store], slot: int, stays: NDArray[np.bool_]) -> NDArray[np.void]:
    """Remove those reports of a tail that do not stay, and return them; the shipment is to be walked again."""
    rows = tail_rows(stores, slot)
    if not stays.all():
        _write(stores, slot, rows[stays], np.zeros(0, TRIP_DTYPE))
    gone: NDArray[np.void] = rows[~stays]
    return gone


def dump(stores: Sequence[Store], slots: Sequence[int]) -> dict[str, bytes]:
    """The state of these shipments. Where it lies in memory is no state."""
    store = stores[0]
    read = [_read(stores, slot) for slot in slots]
    tail = joined([*(rows for rows, _ in read), np.zeros(0, REPORT_DTYPE)])
    saved = joined([*(trips for _, trips in read), np.zeros(0, TRIP_DTYPE)])
    kept, trip = (picked(rows, np.array(slots, np.intp)) for rows in (store.kept, store.trip))
    kept["skipped"] = kept["pages"] = kept["pages_start"] = kept["pages_room"] = 0
    kept["checkpoint_in"] = NO_PAGE
    trip["rest_zone"] = saved["rest_zone"] = NO_ZONE  # zones may be numbered otherwise where it is restored
    late = np.flatnonzero(kept["late_row"] >= 0)
    seen = [stores[part_of(slots[i], len(stores))].late_seen[kept["late_row"][i]] for i in late.tolist()]
    late_seen = np.array(seen, np.int64)
    kept["late_row"][late] = np.arange(len(late))
    return {
        "trip": to_columns(trip),
        "saved": to_columns(saved),
        "kept": to_columns(kept),
        "due": store.due_ms[slots].tobytes(),
        "late_seen": late_seen.tobytes(),
        "tail": to_columns(tail),
    }


def restore(stores: list[Store], n: int, state: Mapping[str, bytes]) -> None:
    """Take over what `dump` gave of the first `n` shipments."""
    store = stores[0]
    kept = from_columns(state["kept"], KEPT_DTYPE, n)
    counts, checkpoints = kept["count"].astype(np.int64), kept["checkpoints"].astype(np.int64)
    tail = from_columns(state["tail"], REPORT_DTYPE, int(counts.sum()))
    saved = from_columns(state["saved"], TRIP_DTYPE, int(checkpoints.sum()))
    _restore_late(stores, kept["late_row"], np.frombuffer(state["late_seen"], np.int64).reshape(-1, LATE_SEEN))
    kept["count"] = 0
    store.trip[:n] = from_columns(state["trip"], TRIP_DTYPE, n)
    store.kept[:n] = kept
    store.due_ms[:n] = np.frombuffer(state["due"], np.int64)
    ends, saved_ends = np.cumsum(counts), np.cumsum(checkpoints)
    for slot in range(n):
        rows, trips = tail[ends[slot] - counts[slot] : ends[slot]], saved[saved_ends[slot] - checkpoints[slot] :]
        _write(stores, slot, rows, trips[: checkpoints[slot]])


def _restore_late(stores: list[Store], late_row: NDArray[np.int32], late_seen: NDArray[np.int64]) -> None:
    """Give each part its rows of `late_seen`, and `late_row`, by slot, where they are there."""
    late = np.flatnonzero(late_row >= 0)
    for part, store in enumerate(stores):
        own = late[part_of(late, len(stores)) == part]
        store.arena["late"] = len(own)
        rows = [late_seen[late_row[own]], np.zeros((1, LATE_SEEN), np.int64)]
        stores[part] = store._replace(late_seen=np.concatenate(rows))
        late_row[own] = np.arange(len(own))
