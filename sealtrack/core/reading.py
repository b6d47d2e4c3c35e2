"""The entry point for what is kept of a shipment: read outside the kernels, and written from there."""

from __future__ import annotations

from sealtrack.core.cold import has_room
from sealtrack.core.jit import entry
from sealtrack.core.pages import add_page, drop_first, is_full, nth
from sealtrack.core.saved import pack_trip, read_checkpoint
from sealtrack.core.state import Rows, Store
from sealtrack.core.tail import append


@entry
def exchange(store: Store, slot: int, rows: Rows, first: int, trips: Rows, to_store: bool) -> int:
    """Copy a tail to `rows`, and its checkpoints to `trips`, or, `to_store`, put these in place of what there was.

    `rows` are as many REPORT_DTYPE as the tail has, in order; without `trips`, checkpoints stay as they are. Returns
    how many rows were dealt with: when that is not all, make room and call again with it as `first`. To store needs
    room for what is packed from the beginning.
    """
    kept = store.kept[slot]
    if not to_store:
        for i in range(len(rows)):
            rows[i] = nth(store, slot, i)
        for k in range(len(trips)):
            read_checkpoint(store, kept["checkpoint_in"][k], trips, k)
        return len(rows)
    if first == 0:
        drop_first(store, slot, kept["count"])
    for i in range(first, len(rows)):
        if is_full(kept) and not (has_room(store) and add_page(store, slot)):
            return i
        append(store, slot, rows[i])
    for k in range(len(trips)):
        kept["checkpoint_in"][k] = pack_trip(store, trips, k)
    return len(rows)
