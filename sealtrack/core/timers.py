"""When the clock's view of each shipment may next change: a moment for each, and a lower bound for blocks of them.

Looking through all shipments each time one of them is due took longer than judging the reports in between. A bound may
be too early, for a moment that has moved on since; whoever looks into the block then writes the true one.

Shipments are shared out between threads block by block, in turns, and a clock looks at those of its own part only.
"""

from __future__ import annotations

import numpy as np

from sealtrack.core.jit import helper
from sealtrack.core.state import Row, Store
from sealtrack.schema import NO_TIME

BLOCK = 64
"""Shipments a block."""
NEVER = np.iinfo(np.int64).max


@helper
def is_own(store: Store, slot: int) -> bool:
    """True when a shipment belongs to the part that this store is for (`arena.part_of`)."""
    arena = store.arena[0]
    return arena["parts"] == 1 or slot // BLOCK % arena["parts"] == arena["part"]


@helper
def set_due(store: Store, clock: Row, slot: int, due_ms: int) -> None:
    """Look at a shipment when the clock says `due_ms`, and not before; at once where it is still to be walked again."""
    if store.kept[slot]["amended"]:
        due_ms = NO_TIME
    store.due_ms[slot] = due_ms
    block = slot // BLOCK
    if due_ms < store.block_due_ms[block]:  # noqa: PLR1730 - written rarely: bounds of other threads lie beside it
        store.block_due_ms[block] = due_ms
    clock["due_ms"] = min(clock["due_ms"], due_ms)


@helper
def next_due(store: Store, clock: Row, slot: int) -> int:
    """The next shipment from `slot` on that is due; -1 when none is. Then the clock knows when one will be."""
    part, parts = store.arena[0]["part"], store.arena[0]["parts"]
    block = slot // BLOCK
    block += (part - block) % parts
    while block < len(store.block_due_ms):
        if store.block_due_ms[block] <= clock["ms"]:
            earliest_ms = NEVER
            for i in range(block * BLOCK, min(len(store.due_ms), (block + 1) * BLOCK)):
                if store.due_ms[i] <= clock["ms"]:
                    return i
                earliest_ms = min(earliest_ms, store.due_ms[i])
            store.block_due_ms[block] = earliest_ms
        block += parts
    earliest_ms = NEVER
    for block in range(part, len(store.block_due_ms), parts):
        earliest_ms = min(earliest_ms, store.block_due_ms[block])
    clock["due_ms"] = earliest_ms
    return -1
