"""Whether others were heard, or fell silent, where a seal did (judgement section 11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from sealtrack.across.digests import Cell, Heard, Key, Silence
from sealtrack.core.state import SLOT_MS

SLOTS_AFTER = 6
LOST_TOGETHER_MS = 900_000
TOLD = 5
"""Others are counted up to this many: an outage of a thousand seals must not make a thousand versions of each alert."""
KEPT_A_SLOT = 16
"""Shipments remembered of a cell and slot; more than are ever told, so that a few may be withdrawn."""

_LOST_SLOTS = -(-LOST_TOGETHER_MS // SLOT_MS)


class Neighbours(NamedTuple):
    """Other shipments around a signal_loss, each at most TOLD."""

    heard: int
    lost: int


class Coverage:
    """Silences and heard cells of all shipments, own and others'."""

    def __init__(self) -> None:
        self.silences: dict[Key, Silence] = {}
        self._by_slot: dict[tuple[Cell, int], set[Key]] = defaultdict(set)
        self._heard: dict[tuple[Cell, int], set[str]] = defaultdict(set)
        self._counted: dict[Key, Neighbours] = {}

    def put_silence(self, silence: Silence) -> set[Key]:
        """Insert, replace or withdraw one; returns the silences whose neighbours changed."""
        key, before = silence.key, self.silences.get(silence.key)
        if silence == before or (silence.gone and before is None):
            return set()
        added = before is None
        around = {key for key in self._lost_near(silence) if not added or self._hungry(key, lambda told: told.lost)}
        if before is not None:
            around |= set(self._lost_near(before))
            self._forget(before)
        if not silence.gone:
            self.silences[key] = silence
            self._by_slot[silence.cell, silence.start // SLOT_MS].add(key)
        return {key} | self._recount(around - {key})

    def put_heard(self, heard: Heard) -> set[Key]:
        """Insert or withdraw a heard cell; returns the silences whose neighbours changed."""
        known = self._heard[heard.cell, heard.slot]
        if heard.gone == (heard.shipment_id not in known):
            return set()
        if heard.gone:
            known.discard(heard.shipment_id)
        elif len(known) >= KEPT_A_SLOT:
            return set()
        else:
            known.add(heard.shipment_id)
        slots = range(heard.slot - SLOTS_AFTER, heard.slot)
        around = (key for slot in slots for key in self._by_slot.get((heard.cell, slot), ()))
        return self._recount(key for key in around if heard.gone or self._hungry(key, lambda told: told.heard))

    def heard_by(self, shipment_id: str, from_slot: int) -> list[Heard]:
        """What is remembered of a shipment from a slot on."""
        return [
            Heard(shipment_id, cell, slot)
            for (cell, slot), known in self._heard.items()
            if slot >= from_slot and shipment_id in known
        ]

    def heard(self) -> Iterator[Heard]:
        """All that is remembered."""
        for (cell, slot), known in self._heard.items():
            yield from (Heard(shipment_id, cell, slot) for shipment_id in known)

    def neighbours(self, key: Key) -> Neighbours:
        """The neighbours of a silence that was put."""
        silence = self.silences[key]
        first = silence.start // SLOT_MS + 1
        heard: set[str] = set()
        for slot in range(first, first + SLOTS_AFTER):
            heard |= self._heard.get((silence.cell, slot), set())
            if len(heard) > TOLD:
                break
        lost: set[str] = set()
        for shipment_id, _ in self._lost_near(silence):
            lost.add(shipment_id)
            if len(lost) > TOLD:
                break
        own = {silence.shipment_id}
        told = Neighbours(min(TOLD, len(heard - own)), min(TOLD, len(lost - own)))
        self._counted[key] = told
        return told

    def prune(self, floor_ms: int) -> None:
        """Forget what lies before `floor_ms`."""
        for silence in [silence for silence in self.silences.values() if silence.start < floor_ms]:
            self._forget(silence)
        old_slots = [place for place in self._heard if place[1] < floor_ms // SLOT_MS]
        for place in old_slots:
            del self._heard[place]

    def _forget(self, silence: Silence) -> None:
        del self.silences[silence.key]
        self._counted.pop(silence.key, None)
        place = silence.cell, silence.start // SLOT_MS
        self._by_slot[place].discard(silence.key)
        if not self._by_slot[place]:
            del self._by_slot[place]

    def _lost_near(self, silence: Silence) -> Iterator[Key]:
        slot = silence.start // SLOT_MS
        for near in range(slot - _LOST_SLOTS, slot + _LOST_SLOTS + 1):
            for key in self._by_slot.get((silence.cell, near), ()):
                if abs(key[1] - silence.start) <= LOST_TOGETHER_MS:
                    yield key

    def _hungry(self, key: Key, count: Callable[[Neighbours], int]) -> bool:
        told = self._counted.get(key)
        return told is None or count(told) < TOLD

    def _recount(self, keys: Iterable[Key]) -> set[Key]:
        return {key for key in keys if self._counted.get(key) != self.neighbours(key)}
