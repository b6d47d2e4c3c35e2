"""Blocks of bytes for what is packed: pages of tails and checkpoints, of sizes that differ.

A block lies in `Store.cold` in whole lines of it, and its number is that of its first line. Its first word is the
number of its lines. Blocks that are given back are chained by size through their second word.
"""

from __future__ import annotations

from sealtrack.core.jit import helper
from sealtrack.core.state import NO_PAGE, Store
from sealtrack.core.words import put_word, word

LINE = 32
"""Bytes of a line."""
LINES = 104
"""The largest block: a page of which nothing can be said in fewer bytes, or a checkpoint like nothing blank."""
ROOM = 16 * LINES
"""Lines that are kept free for what one report may make. Where that is too few, pages stay as they are and checkpoints
are not kept, which makes no difference to what is said."""


@helper
def has_room(store: Store) -> bool:
    """True when what one report makes will find room."""
    return (store.arena[0]["cold"] + ROOM) * LINE < len(store.cold)


@helper
def keep_block(store: Store, used: int) -> int:
    """Move the first `used` bytes of `Store.scratch` to a new block, NO_PAGE when there is no room."""
    arena = store.arena[0]
    lines = (used + LINE - 1) // LINE
    block = store.cold_free[lines]
    if block != NO_PAGE:
        store.cold_free[lines] = word(store.cold, block * LINE + 8)
    elif (arena["cold"] + lines) * LINE < len(store.cold):  # who reads a word at its end reads a little further
        block = arena["cold"]
        arena["cold"] += lines
    else:
        return NO_PAGE
    put_word(store.scratch, 0, lines)
    for at in range(0, lines * LINE, 8):
        put_word(store.cold, block * LINE + at, word(store.scratch, at))
    return block


@helper
def free_block(store: Store, block: int) -> None:
    """Give a block back; NO_PAGE is none."""
    if block == NO_PAGE:
        return
    lines = word(store.cold, block * LINE)
    put_word(store.cold, block * LINE + 8, store.cold_free[lines])
    store.cold_free[lines] = block
