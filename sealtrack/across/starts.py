"""When shipments fell silent: lists in order of time, and which times concern each other.

A stretch of time is found in a list without a look at the rest of it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

from sealtrack.core.state import SLOT_MS

SLOTS_AFTER = 6
LOST_TOGETHER_MS = 900_000

Group = TypeVar("Group", bound=Hashable)
Start = tuple[int, str]
"""(start, shipment_id)."""


class Starts(Generic[Group]):
    """Starts of silences, a list in order of time for each group."""

    def __init__(self) -> None:
        self._of: dict[Group, list[Start]] = {}

    def __contains__(self, group: Group) -> bool:
        return group in self._of

    def has(self, group: Group, start: Start) -> bool:
        """Whether it is there."""
        known = self._of.get(group, [])
        at = bisect_left(known, start)
        return at < len(known) and known[at] == start

    def add(self, group: Group, start: Start) -> None:
        """Insert one that is not there."""
        insort(self._of.setdefault(group, []), start)

    def remove(self, group: Group, start: Start) -> None:
        """Take one out that is there."""
        known = self._of[group]
        del known[bisect_left(known, start)]
        if not known:
            del self._of[group]

    def drop(self, groups: Iterable[Group]) -> None:
        """Forget whole groups."""
        for group in groups:
            self._of.pop(group, None)

    def between(self, group: Group, from_ms: float, to_ms: float) -> Iterator[Start]:
        """Those of a group from one time to another one, exclusive, in order."""
        known = self._of.get(group)
        if known is None:
            return
        for at in range(bisect_left(known, (from_ms,)), bisect_left(known, (to_ms,))):
            yield known[at]


def about(start: int) -> tuple[int, int]:
    """From when to when others fall silent together with a silence that begins then; the second one exclusive."""
    return start - LOST_TOGETHER_MS, start + LOST_TOGETHER_MS + 1


def looking_at(slot: int) -> tuple[int, int]:
    """From when to when silences begin that look at a slot, unless they end before it; the second one exclusive."""
    return (slot - SLOTS_AFTER) * SLOT_MS, slot * SLOT_MS


def slots_about(start: int) -> range:
    """The slots that are looked at by silences which began about the same time."""
    first, last = start - LOST_TOGETHER_MS, start + LOST_TOGETHER_MS
    return range(first // SLOT_MS + 1, last // SLOT_MS + SLOTS_AFTER + 1)


def apart(starts: Iterable[int], from_ms: float, to_ms: float) -> Iterator[tuple[float, float]]:
    """The stretches between two times of what did not begin together with any of these."""
    for start in sorted(starts):
        first, beyond = about(start)
        yield from_ms, min(to_ms, first)
        from_ms = max(from_ms, beyond)
    yield from_ms, to_ms
