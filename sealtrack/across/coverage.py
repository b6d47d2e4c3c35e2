"""Whether others were heard, or fell silent, where a seal did (judgement section 11).

An outage has thousands of seals fall silent in one cell. So nothing looks at all of them for each of them: others are
counted up to TOLD, found by time; and a change concerns nobody where everybody has enough without it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from sealtrack.across.digests import Cell, Heard, Key, Place, Silence
from sealtrack.across.hearing import Hearing
from sealtrack.across.starts import LOST_TOGETHER_MS, SLOTS_AFTER, Starts, about, apart, looking_at, slots_about
from sealtrack.core.state import SLOT_MS

TOLD = 5
"""Others are counted up to this many: an outage of a thousand seals must not make a thousand versions of each alert."""


class Neighbours(NamedTuple):
    """Other shipments around a signal_loss, each at most TOLD."""

    heard: int
    lost: int


class Coverage:
    """Silences and heard cells of all shipments, own and others'."""

    def __init__(self) -> None:
        self.silences: dict[Key, Silence] = {}
        self._silent = Starts[Cell]()
        self._listening = Starts[Cell]()
        """Of these, those that were not told TOLD heard when they were counted last."""
        self._starts: dict[tuple[str, Cell], list[int]] = {}
        self._hearing = Hearing()
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
            self._forget(before)
            around |= self._told_of(before)
        if not silence.gone:
            around |= self._told_of(silence)
            self._remember(silence)
        return {key} | self._recount(around - {key})

    def put_heard(self, place: Place, shipment_id: str, *, gone: bool = False) -> set[Key]:
        """Insert or withdraw one that was heard; returns the silences whose neighbours changed."""
        cell, slot = place
        if not gone and cell not in self._silent:  # nearly always
            self._hearing.put(place, shipment_id, ())
            return set()
        starts = self._starts_about(shipment_id, place)
        if self._hearing.has(place, shipment_id, starts) != gone:
            return set()
        if gone:
            self._hearing.take(place, shipment_id, starts)
        enough = len(self._hearing.steady(place)) >= TOLD  # without this one
        if not gone:
            self._hearing.put(place, shipment_id, starts)
        if enough:
            return set()
        silent = self._silent if gone else self._listening
        around = [
            (other_id, start)
            for stretch in apart(starts, *looking_at(slot))
            for start, other_id in silent.between(cell, *stretch)
        ]
        return self._recount(key for key in around if self._looks_at(key, slot))

    def concerns_nobody(self, place: Place) -> bool:
        """Whether no silence would count one more that is heard there: none looks there, or each has enough."""
        cell, slot = place
        if cell not in self._listening or len(self._hearing.steady(place)) >= TOLD:
            return True
        return next(self._listening.between(cell, *looking_at(slot)), None) is None

    def put_all_heard(self, place: Place, shipment_ids: Collection[str]) -> None:
        """Insert those heard where it concerns nobody."""
        silent = [one for one in shipment_ids if (one, place[0]) in self._starts]
        self._hearing.put_all(place, set(shipment_ids).difference(silent))
        for shipment_id in silent:
            starts = self._starts_about(shipment_id, place)
            if not self._hearing.has(place, shipment_id, starts):
                self._hearing.put(place, shipment_id, starts)

    def places_of(self, shipment_id: str, from_slot: int) -> list[Place]:
        """Where a shipment was heard from a slot on, as far as it is remembered."""
        return self._hearing.places_of(shipment_id, from_slot)

    def heard(self) -> Iterator[Heard]:
        """All that is remembered."""
        return self._hearing.all()

    def neighbours(self, key: Key) -> Neighbours:
        """The neighbours of a silence that was put."""
        silence = self.silences[key]
        found = self._counted[key] = Neighbours(self._heard_after(silence), self._lost_with(silence))
        self._listen(silence, listens=found.heard < TOLD)
        return found

    def prune(self, floor_ms: int) -> None:
        """Forget what lies before `floor_ms`."""
        for silence in [silence for silence in self.silences.values() if silence.start < floor_ms]:
            self._forget(silence)
        self._hearing.prune(floor_ms)

    def _remember(self, silence: Silence) -> None:
        shipment_id, cell, start = silence.shipment_id, silence.cell, silence.start
        for place in self._heard_about(silence):
            self._hearing.fall(place, shipment_id, start)
        self.silences[silence.key] = silence
        self._silent.add(cell, (start, shipment_id))
        self._listen(silence, listens=True)
        self._starts.setdefault((shipment_id, cell), []).append(start)

    def _forget(self, silence: Silence) -> None:
        shipment_id, cell, start = silence.shipment_id, silence.cell, silence.start
        del self.silences[silence.key]
        self._counted.pop(silence.key, None)
        self._silent.remove(cell, (start, shipment_id))
        self._listen(silence, listens=False)
        others = self._starts[shipment_id, cell]
        others.remove(start)
        if not others:
            del self._starts[shipment_id, cell]
        for place in ((cell, slot) for slot in slots_about(start)):
            self._hearing.rise(place, shipment_id, start, self._starts_about(shipment_id, place))

    def _starts_about(self, shipment_id: str, place: Place) -> list[int]:
        """When a shipment fell silent in a cell, as far as who looks at the slot may be silent together with it."""
        cell, slot = place
        starts = self._starts.get((shipment_id, cell))
        if starts is None:
            return []
        from_ms, to_ms = looking_at(slot)
        return [start for start in starts if from_ms - LOST_TOGETHER_MS <= start < to_ms + LOST_TOGETHER_MS]

    def _heard_about(self, silence: Silence) -> list[Place]:
        """Where the shipment of a silence was heard, as far as others that fell silent with it may look there."""
        shipment_id = silence.shipment_id
        places = [(silence.cell, slot) for slot in slots_about(silence.start)]
        return [p for p in places if self._hearing.has(p, shipment_id, self._starts_about(shipment_id, p))]

    def _heard_after(self, silence: Silence) -> int:
        """How many others were heard after a silence began, those lost with it left out; at most TOLD."""
        found: set[str] = set()
        first = silence.start // SLOT_MS + 1
        beyond = first + SLOTS_AFTER if silence.end is None else min(first + SLOTS_AFTER, silence.end // SLOT_MS)
        for slot in range(first, beyond):
            place = silence.cell, slot
            steady = self._hearing.steady(place)
            if len(steady) >= TOLD:
                return TOLD
            found.update(steady)
            for shipment_id in self._hearing.fallen(place, silence.start):
                if len(found) >= TOLD:
                    return TOLD
                if not self._lost(shipment_id, silence):
                    found.add(shipment_id)
        return min(TOLD, len(found))

    def _lost_with(self, silence: Silence) -> int:
        """How many others fell silent together with a silence; at most TOLD."""
        found = {silence.shipment_id}
        for _, shipment_id in self._silent.between(silence.cell, *about(silence.start)):
            found.add(shipment_id)
            if len(found) > TOLD:
                break
        return len(found) - 1

    def _lost(self, shipment_id: str, silence: Silence) -> bool:
        """That shipment fell silent with this silence: to hear it before or after says nothing."""
        starts = self._starts.get((shipment_id, silence.cell), ())
        return any(abs(start - silence.start) <= LOST_TOGETHER_MS for start in starts)

    def _told_of(self, silence: Silence) -> set[Key]:
        """The silences that one which is not remembered, yet or any more, concerns: they may count it as lost, or as
        heard if it were not.
        """
        cell, (from_ms, to_ms) = silence.cell, about(silence.start)
        found = self._few(cell, from_ms, silence.start + 1) | self._few(cell, silence.start, to_ms)
        for place in self._heard_about(silence):
            steady = self._hearing.steady(place)
            if len(steady) - (silence.shipment_id in steady) < TOLD:
                first_ms, last_ms = looking_at(place[1])
                near = self._silent.between(cell, max(from_ms, first_ms), min(to_ms, last_ms))
                found |= {(shipment_id, start) for start, shipment_id in near}
        return found

    def _few(self, cell: Cell, from_ms: int, to_ms: int) -> set[Key]:
        """The silences of a stretch no longer than LOST_TOGETHER_MS; none when they are of so many shipments that each
        has enough others for its neighbours.
        """
        found: set[Key] = set()
        shipments: set[str] = set()
        for start, shipment_id in self._silent.between(cell, from_ms, to_ms):
            found.add((shipment_id, start))
            shipments.add(shipment_id)
            if len(shipments) > TOLD:
                return set()
        return found

    def _listen(self, silence: Silence, *, listens: bool) -> None:
        start = silence.start, silence.shipment_id
        if listens != self._listening.has(silence.cell, start):
            (self._listening.add if listens else self._listening.remove)(silence.cell, start)

    def _looks_at(self, key: Key, slot: int) -> bool:
        end = self.silences[key].end
        return end is None or slot < end // SLOT_MS

    def _recount(self, keys: Iterable[Key]) -> set[Key]:
        return {key for key in keys if self._counted.get(key) != self.neighbours(key)}
