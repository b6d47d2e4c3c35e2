"""Where a shipment's recent reports lie: in pages of one arena, so that none of it moves or lies idle as tails grow.

Row `i` of a tail is found through the shipment's list of pages, a slice of `Store.pages`. Pages that a tail has left
are chained through their first row's `offset`. All but the last pages of a tail are packed (`packed`): these are read
in a window, and unpacked when a late report is put among their rows.
"""

from __future__ import annotations

from sealtrack.core.cold import free_block
from sealtrack.core.jit import COMPILED, helper
from sealtrack.core.packed import first_ms, note, pack, unpack
from sealtrack.core.state import NO_PAGE, PAGE, WINDOWS, Row, Store
from sealtrack.schema import FLAG_DISTRUSTED

WARM = 1 if COMPILED else 1 << 30
"""Full pages at a tail's end that stay as they are: most late reports belong there, and the last silence is judged by
them. All of them where nothing is compiled: packing would take a thousand times as long."""


@helper
def _window(store: Store, block: int) -> int:
    """The first row of `Store.window` that shows a block."""
    i = block % WINDOWS
    if store.window_of[i] != block:
        store.window_of[i] = block
        unpack(store, block, store.window, i * PAGE)
    return i * PAGE


@helper
def nth(store: Store, slot: int, i: int) -> Row:
    """Report `i` of a shipment's tail, to be read before the next one is."""
    kept = store.kept[slot]
    at = kept["skipped"] + i
    page = store.pages[kept["pages_start"] + at // PAGE]
    if page >= 0:
        return store.tail[page * PAGE + at % PAGE]
    return store.window[_window(store, ~page) + at % PAGE]


@helper
def page_of(store: Store, slot: int, t_ms: int) -> tuple[int, int]:
    """(first, end): these rows of a tail lie on the page where `t_ms` belongs."""
    kept = store.kept[slot]
    low, high = 0, (kept["skipped"] + kept["count"] + PAGE - 1) // PAGE - 1
    while low < high:
        middle = (low + high + 1) // 2
        page = store.pages[kept["pages_start"] + middle]
        start_ms = store.tail[page * PAGE]["time_ms"] if page >= 0 else first_ms(store, ~page)
        if start_ms <= t_ms:
            low = middle
        else:
            high = middle - 1
    first = low * PAGE - kept["skipped"]
    return max(0, first), min(int(kept["count"]), first + PAGE)


@helper
def keep_note(store: Store, slot: int, i: int, report: Row) -> None:
    """Keep what the walk has noted in report `i`, as `nth` gave it."""
    kept = store.kept[slot]
    at = kept["skipped"] + i
    page = store.pages[kept["pages_start"] + at // PAGE]
    if page < 0:
        note(store, ~page, at % PAGE, report["flags"] & FLAG_DISTRUSTED != 0)


@helper
def is_full(kept: Row) -> bool:
    """True when the tail has no room for one more report."""
    return kept["skipped"] + kept["count"] == PAGE * kept["pages"]


@helper
def add_page(store: Store, slot: int) -> bool:
    """Give a tail one more page; False when the arena has none left, or its list no room."""
    kept = store.kept[slot]
    if kept["pages"] == kept["pages_room"] and not _move_list(store, kept, store.arena[0]):
        return False
    _pack_pages(store, kept)
    page = _take_page(store)
    if page == NO_PAGE:
        return False
    store.pages[kept["pages_start"] + kept["pages"]] = page
    kept["pages"] += 1
    return True


@helper
def _take_page(store: Store) -> int:
    """A page of the arena, NO_PAGE when there is none left."""
    arena = store.arena[0]
    page = arena["free"]
    if page != NO_PAGE:
        arena["free"] = store.tail[page * PAGE]["offset"]
    elif (arena["used"] + 1) * PAGE <= len(store.tail):
        page = arena["used"]
        arena["used"] += 1
    return page


@helper
def _free_page(store: Store, entry: int) -> None:
    """Give the page of this entry of `Store.pages` back, packed or not."""
    page = store.pages[entry]
    if page < 0:
        if store.window_of[~page % WINDOWS] == ~page:
            store.window_of[~page % WINDOWS] = NO_PAGE
        free_block(store, ~page)
    else:
        store.tail[page * PAGE]["offset"] = store.arena[0]["free"]
        store.arena[0]["free"] = page


@helper
def _pack_pages(store: Store, kept: Row) -> None:
    """Pack the pages of a full tail, but for the last WARM, back to one that is."""
    entry = kept["pages_start"] + kept["pages"] - 1 - WARM
    while entry >= kept["pages_start"] and store.pages[entry] >= 0:
        block = pack(store, store.pages[entry])
        if block == NO_PAGE:
            return
        _free_page(store, entry)
        store.pages[entry] = ~block
        entry -= 1


@helper
def unpack_from(store: Store, slot: int, i: int) -> bool:
    """Unpack the pages of a tail from report `i` on; False when the arena has not enough.

    From the last one on, so that the packed ones are the first ones at any time.
    """
    kept = store.kept[slot]
    for k in range(kept["pages"] - 1, (kept["skipped"] + i) // PAGE - 1, -1):
        entry = kept["pages_start"] + k
        block = ~store.pages[entry]
        if block < 0:
            continue
        page = _take_page(store)
        if page == NO_PAGE:
            return False
        unpack(store, block, store.tail, page * PAGE)
        _free_page(store, entry)
        store.pages[entry] = page
    return True


@helper
def _move_list(store: Store, kept: Row, arena: Row) -> bool:
    """Give a shipment's list of pages twice its room. What it leaves is lost: it is a hundredth of the pages."""
    room = max(4, 2 * kept["pages_room"])
    if arena["listed"] + room > len(store.pages):
        return False
    for k in range(kept["pages"]):
        store.pages[arena["listed"] + k] = store.pages[kept["pages_start"] + k]
    kept["pages_start"] = arena["listed"]
    kept["pages_room"] = room
    arena["listed"] += room
    return True


@helper
def drop_first(store: Store, slot: int, gone: int) -> None:
    """Remove the first `gone` reports of a tail and give the pages back that they leave empty."""
    kept = store.kept[slot]
    kept["count"] -= gone
    kept["skipped"] += gone
    left = kept["skipped"] // PAGE
    start = kept["pages_start"]
    for k in range(left):
        _free_page(store, start + k)
    kept["pages"] -= left
    kept["skipped"] -= left * PAGE
    for k in range(kept["pages"]):
        store.pages[start + k] = store.pages[start + left + k]
