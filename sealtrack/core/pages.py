"""Where a shipment's recent reports lie: in pages of one arena, so that none of it moves or lies idle as tails grow.

Row `i` of a tail is found through the shipment's list of pages, a slice of `Store.pages`. Pages that a tail has left
are chained through their first row's `offset`.
"""

from __future__ import annotations

from sealtrack.core.jit import helper
from sealtrack.core.state import NO_PAGE, Row, Store

PAGE = 32
"""Reports a page."""


@helper
def nth(store: Store, slot: int, i: int) -> Row:
    """Report `i` of a shipment's tail."""
    kept = store.kept[slot]
    at = kept["skipped"] + i
    return store.tail[store.pages[kept["pages_start"] + at // PAGE] * PAGE + at % PAGE]


@helper
def is_full(kept: Row) -> bool:
    """True when the tail has no room for one more report."""
    return kept["skipped"] + kept["count"] == PAGE * kept["pages"]


@helper
def add_page(store: Store, slot: int) -> bool:
    """Give a tail one more page; False when the arena has none left, or its list no room."""
    kept, arena = store.kept[slot], store.arena[0]
    if kept["pages"] == kept["pages_room"] and not _move_list(store, kept, arena):
        return False
    page = arena["free"]
    if page != NO_PAGE:
        arena["free"] = store.tail[page * PAGE]["offset"]
    elif (arena["used"] + 1) * PAGE <= len(store.tail):
        page = arena["used"]
        arena["used"] += 1
    else:
        return False
    store.pages[kept["pages_start"] + kept["pages"]] = page
    kept["pages"] += 1
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
    kept, arena = store.kept[slot], store.arena[0]
    kept["count"] -= gone
    kept["skipped"] += gone
    left = kept["skipped"] // PAGE
    start = kept["pages_start"]
    for k in range(left):
        page = store.pages[start + k]
        store.tail[page * PAGE]["offset"] = arena["free"]
        arena["free"] = page
    kept["pages"] -= left
    kept["skipped"] -= left * PAGE
    for k in range(kept["pages"]):
        store.pages[start + k] = store.pages[start + left + k]
