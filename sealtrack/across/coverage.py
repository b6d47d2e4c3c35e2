"""Whether others were heard, or fell silent, where a seal did (judgement section 11)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sealtrack.across.digests import Cell, Heard, Key, Silence
from sealtrack.core.state import SLOT_MS

SLOTS_AFTER = 6
LOST_TOGETHER_MS = 900_000
TOLD = 5
"""Others are counted up to this many: an outage of a thousand seals must not make a thousand versions of each alert."""

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
        self._starts: dict[tuple[str, Cell], set[int]] = defaultdict(set)
        self._silent: Counter[Cell] = Counter()
        self._heard: dict[tuple[Cell, int], set[str]] = defaultdict(set)
        self._counted: dict[Key, Neighbours] = {}

    def put_silence(self, silence: Silence) -> set[Key]:
        """Insert, replace or withdraw one; returns the silences whose neighbours may have changed."""
        key, before = silence.key, self.silences.get(silence.key)
        if silence == before or (silence.gone and before is None):
            return set()
        if before is not None and before.cell == silence.cell and not silence.gone:
            self.silences[key] = silence  # its end: of no concern to others
            return {key}
        around: set[Key] = set()
        if before is not None:
            around |= set(self._lost_near(before))
            self._forget(before)
        if not silence.gone:
            around |= self._told_of(silence)
            self.silences[key] = silence
            self._silent[silence.cell] += 1
            self._by_slot[silence.cell, silence.start // SLOT_MS].add(key)
            self._starts[silence.shipment_id, silence.cell].add(silence.start)
        return {key} | self._recount(around - {key})

    def put_heard(self, heard: Heard) -> set[Key]:
        """Insert or withdraw a heard cell; returns the silences whose neighbours changed."""
        known = self._heard[heard.cell, heard.slot]
        count = len(known)
        if heard.gone:
            known.discard(heard.shipment_id)
        else:
            known.add(heard.shipment_id)
        if len(known) == count or heard.cell not in self._silent:
            return set()
        slots = range(heard.slot - SLOTS_AFTER, heard.slot)
        around = (key for slot in slots for key in self._by_slot.get((heard.cell, slot), ()))
        counting = (key for key in around if heard.gone or self._may_hear(key))
        return self._recount(key for key in counting if not self._lost(heard.shipment_id, self.silences[key]))

    def is_silent(self, cell: Cell) -> bool:
        """Whether a silence is remembered there."""
        return cell in self._silent

    def put_all_heard(self, cell: Cell, slot: int, shipment_ids: Iterable[str]) -> None:
        """Insert those heard in a cell in which nobody is silent."""
        self._heard[cell, slot].update(shipment_ids)

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
        own = silence.shipment_id
        first = silence.start // SLOT_MS + 1
        beyond = first + SLOTS_AFTER if silence.end is None else min(first + SLOTS_AFTER, silence.end // SLOT_MS)
        heard = _first_few(
            shipment_id
            for slot in range(first, beyond)
            for shipment_id in self._heard.get((silence.cell, slot), ())
            if shipment_id != own and not self._lost(shipment_id, silence)
        )
        lost = _first_few(shipment_id for shipment_id, _ in self._lost_near(silence) if shipment_id != own)
        self._counted[key] = Neighbours(heard, lost)
        return self._counted[key]

    def prune(self, floor_ms: int) -> None:
        """Forget what lies before `floor_ms`."""
        for silence in [silence for silence in self.silences.values() if silence.start < floor_ms]:
            self._forget(silence)
        for place in [place for place in self._heard if place[1] < floor_ms // SLOT_MS]:
            del self._heard[place]

    def _forget(self, silence: Silence) -> None:
        del self.silences[silence.key]
        self._counted.pop(silence.key, None)
        place, who = (silence.cell, silence.start // SLOT_MS), (silence.shipment_id, silence.cell)
        self._by_slot[place].discard(silence.key)
        self._starts[who].discard(silence.start)
        self._silent[silence.cell] -= 1
        if not self._silent[silence.cell]:
            del self._silent[silence.cell]
        if not self._by_slot[place]:
            del self._by_slot[place]
        if not self._starts[who]:
            del self._starts[who]

    def _lost_near(self, silence: Silence) -> Iterator[Key]:
        slot = silence.start // SLOT_MS
        for near in range(slot - _LOST_SLOTS, slot + _LOST_SLOTS + 1):
            for key in self._by_slot.get((silence.cell, near), ()):
                if abs(key[1] - silence.start) <= LOST_TOGETHER_MS:
                    yield key

    def _lost(self, shipment_id: str, silence: Silence) -> bool:
        """That shipment fell silent with this silence: to hear it before or after says nothing."""
        starts = self._starts.get((shipment_id, silence.cell), ())
        return any(abs(start - silence.start) <= LOST_TOGETHER_MS for start in starts)

    def _told_of(self, silence: Silence) -> set[Key]:
        """The silences that a new one concerns: those that count it, or that no longer count it as heard."""
        slot = silence.start // SLOT_MS
        after = range(slot - _LOST_SLOTS, slot + _LOST_SLOTS + SLOTS_AFTER + 1)
        was_heard = any(silence.shipment_id in self._heard.get((silence.cell, at), ()) for at in after)
        near = self._lost_near(silence)
        return {key for key in near if was_heard or key not in self._counted or self._counted[key].lost < TOLD}

    def _may_hear(self, key: Key) -> bool:
        return key not in self._counted or self._counted[key].heard < TOLD

    def _recount(self, keys: Iterable[Key]) -> set[Key]:
        return {key for key in keys if self._counted.get(key) != self.neighbours(key)}


def _first_few(shipments: Iterable[str]) -> int:
    """How many different ones there are, at most TOLD."""
    found: set[str] = set()
    for shipment_id in shipments:
        found.add(shipment_id)
        if len(found) == TOLD:
            break
    return len(found)
