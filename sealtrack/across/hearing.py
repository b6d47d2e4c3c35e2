"""Where and when shipments were heard, those apart that fell silent there about that time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from sealtrack.across.digests import Heard, Place
from sealtrack.across.starts import Starts, apart
from sealtrack.core.state import SLOT_MS


class Hearing:
    """Shipments by place. `starts` are when one fell silent there about that time, in order of coming to be known."""

    def __init__(self) -> None:
        self._steady: dict[Place, set[str]] = defaultdict(set)
        """Those that did not fall silent: whoever looks at the slot counts them. Every place that is known is a key."""
        self._fallen = Starts[Place]()
        """The others, with each of their starts: whoever fell silent together with them does not count them."""

    def put(self, place: Place, shipment_id: str, starts: Iterable[int]) -> None:
        """Insert one; with `starts`, one that is not there."""
        steady = self._steady[place]
        if not starts:
            steady.add(shipment_id)
            return
        for start in starts:
            self._fallen.add(place, (start, shipment_id))

    def put_all(self, place: Place, shipment_ids: Iterable[str]) -> None:
        """Insert those that never fell silent there."""
        self._steady[place].update(shipment_ids)

    def take(self, place: Place, shipment_id: str, starts: Iterable[int]) -> None:
        """Take one out that is there."""
        self._steady[place].discard(shipment_id)
        for start in starts:
            self._fallen.remove(place, (start, shipment_id))

    def has(self, place: Place, shipment_id: str, starts: Collection[int]) -> bool:
        """Whether it is there."""
        if starts:
            return any(self._fallen.has(place, (start, shipment_id)) for start in starts)
        return shipment_id in self.steady(place)

    def fall(self, place: Place, shipment_id: str, start: int) -> None:
        """One that is there fell silent, once more perhaps."""
        self._steady[place].discard(shipment_id)
        self._fallen.add(place, (start, shipment_id))

    def rise(self, place: Place, shipment_id: str, start: int, starts: Collection[int]) -> None:
        """It did not, if it is there; `starts` are when else it did."""
        if self._fallen.has(place, (start, shipment_id)):
            self._fallen.remove(place, (start, shipment_id))
            if not starts:
                self._steady[place].add(shipment_id)

    def steady(self, place: Place) -> Collection[str]:
        """Whom everybody counts who looks there."""
        return self._steady.get(place, ())

    def fallen(self, place: Place, start: int) -> Iterator[str]:
        """Those with a start that is not together with this one."""
        if place in self._fallen:
            for stretch in apart([start], -math.inf, math.inf):
                yield from (shipment_id for _, shipment_id in self._fallen.between(place, *stretch))

    def places_of(self, shipment_id: str, from_slot: int) -> list[Place]:
        """Where one was heard from a slot on, in order of time."""
        there = [place for place in self._steady if place[1] >= from_slot and shipment_id in self._all_at(place)]
        return sorted(there, key=lambda place: (place[1], place[0]))

    def all(self) -> Iterator[Heard]:
        """Everything, by place."""
        for place in self._steady:
            yield Heard(tuple(sorted(self._all_at(place))), *place)

    def prune(self, floor_ms: int) -> None:
        """Forget slots before `floor_ms`."""
        old = [place for place in self._steady if place[1] < floor_ms // SLOT_MS]
        self._fallen.drop(old)
        for place in old:
            del self._steady[place]

    def _all_at(self, place: Place) -> set[str]:
        fallen = self._fallen.between(place, -math.inf, math.inf)
        return self._steady[place].union(shipment_id for _, shipment_id in fallen)
