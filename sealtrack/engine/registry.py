"""The shipments under watch, as the rows that the kernels read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.state import SLOT_MS, Store
from sealtrack.core.timers import BLOCK, NEVER
from sealtrack.declared import holds_from, terms_at
from sealtrack.engine.arena import empty_stores, shared, with_slots
from sealtrack.engine.atlas import Atlas
from sealtrack.engine.tails import keep_only, tail_rows, tail_start
from sealtrack.engine.terms_rows import TermsRows
from sealtrack.policy import Policies
from sealtrack.schema import FLAG_SIGHTING, NO_TIME, Shipment

TRANSIT_LIMIT_MS = 30 * 86_400_000
"""A shipment that is never closed ends this long after its departure (the limit of transit in Vietnam)."""
SPARE = 8
"""Room for so many more shipments, as a part of those there are: making room copies them all."""
MOST_CARDS = 100_000
"""Names of cards and sightings; whoever sends reports may make up as many as they like."""
ANOTHER_CARD = "one of too many cards to name"


class Registry:
    """Shipments by slot, and the arrays behind them. Slots are given out in the order of registration.

    `parts`: so many threads can judge them at once.
    """

    def __init__(self, atlas: Atlas, policies: Policies, parts: int = 1) -> None:
        self.atlas = atlas
        self._rows = TermsRows(atlas, policies)
        self.shipments: list[Shipment] = []
        """By slot, the last terms of each."""
        self.ids: list[str] = []
        """By slot."""
        self.terms: list[list[Shipment]] = []
        """By slot, all records of each, by `amended_at`."""
        self._judged_by: list[list[int]] = []
        """By slot, the catalogues of its terms."""
        self.slots: dict[str, int] = {}
        self.seals: dict[str, int] = {}
        self.cards: dict[str, int] = {}
        self._by_seal: list[list[int]] = []
        self._earlier: dict[int, list[int]] = {}
        """By slot, where the terms before its last ones stand in `store.terms`."""
        self._card_starts: dict[tuple[str, ...], int] = {}
        """Where each list of open_cards stands in `store.cards`."""
        self._n_terms = self._n_cards = 0
        self.stores = empty_stores(parts)
        """By part. What has a row for each slot is the same in all of them."""

    @property
    def store(self) -> Store:
        """For what all parts have in common."""
        return self.stores[0]

    def put(self, shipments: Iterable[Shipment]) -> tuple[list[int], list[str]]:
        """Insert or replace records of shipments; those of one shipment with other `amended_at` stand side by side.

        Returns the slots whose rows changed, other shipments of the same seals included, and a line for each shipment
        that can only be judged in part.
        """
        records = list(shipments)
        self._make_room(len({one.shipment_id for one in records if one.shipment_id not in self.slots}))
        new: list[Shipment] = []
        seals = set()
        touched: set[int] = set()
        for record in records:
            slot = self.slots.get(record.shipment_id)
            if slot is None:
                slot = self._new_slot(record)
            elif record in self.terms[slot]:
                continue
            seals |= {self.shipments[slot].seal_id, self._set_terms(slot, record).seal_id}
            touched.add(slot)
            new.append(record)
        filled = np.array(sorted(touched), np.intp)
        problems = self._fill(filled, new)
        self._look_at(filled, self.store.info["depart_ms"][filled])  # from then on
        codes = sorted(self.seals[seal] for seal in seals)
        touched |= self._order(codes)
        self._list_slots(codes)
        return sorted(touched), problems

    def over(self, limit_ms: int) -> set[int]:
        """The slots of shipments that ended by then and of which no clock will say anything more."""
        n = len(self.shipments)
        ended = (self.store.info["end_ms"][:n] <= limit_ms) & (self.store.due_ms[:n] == NEVER)
        return set(np.flatnonzero(ended).tolist())

    def is_news(self, record: Shipment, limit_ms: int) -> bool:
        """Whether a record is of a shipment that is known, or that had not ended by then."""
        return record.shipment_id in self.slots or _ends_ms(record) > limit_ms

    def fit(self) -> list[int]:
        """Write the rows of all terms again, after the atlas follows other editions; the slots that it concerns."""
        number = self.atlas.number_of
        touched = [slot for slot, records in enumerate(self.terms) if [*map(number, records)] != self._judged_by[slot]]
        self._fill(np.array(touched, np.intp), [])
        return touched

    def geofences_at(self, slot: int, t_ms: int) -> str:
        """The version of the geofences that judges a shipment at a time."""
        return self.atlas.version_of(terms_at(self.terms[slot], t_ms))

    def card_code(self, name: str) -> int:
        """The number of a card in the kernels' rows."""
        return self.cards.setdefault(name, len(self.cards))

    def heard_card(self, name: str) -> int:
        """The number of a card in a report. Cards beyond MOST_CARDS that nobody declared are not told apart."""
        if name not in self.cards and len(self.cards) >= MOST_CARDS:
            name = ANOTHER_CARD
        return self.card_code(name)

    def card_names(self) -> list[str]:
        """Card names by number."""
        return list(self.cards)

    def _seal_slots(self, seal_id: str) -> list[int]:
        code = self.seals.setdefault(seal_id, len(self.seals))
        if code == len(self._by_seal):
            self._by_seal.append([])
        return self._by_seal[code]

    def _new_slot(self, shipment: Shipment) -> int:
        slot = len(self.shipments)
        self.shipments.append(shipment)
        self.ids.append(shipment.shipment_id)
        self.terms.append([])
        self._judged_by.append([])
        self.slots[shipment.shipment_id] = slot
        self._seal_slots(shipment.seal_id).append(slot)
        return slot

    def _make_room(self, more: int) -> None:
        """For so many new shipments, which are to come at once."""
        n = len(self.shipments)
        if n + more > len(self.store.info):
            self.stores = with_slots(self.stores, max(16, n + more + (n + more) // SPARE))
        self.store.kept["checkpoints"][n : n + more] = 1

    def _set_terms(self, slot: int, record: Shipment) -> Shipment:
        """Add a record or replace the one of the same time; returns the last terms, whose seal the shipment has."""
        others = [known for known in self.terms[slot] if known.amended_at != record.amended_at]
        self.terms[slot] = sorted([*others, record], key=holds_from)
        before, last = self.shipments[slot], self.terms[slot][-1]
        if before.seal_id != last.seal_id:
            self._by_seal[self.seals[before.seal_id]].remove(slot)
            self._seal_slots(last.seal_id).append(slot)
        self.shipments[slot] = last
        return last

    def _fill(self, slots: NDArray[np.intp], new: Sequence[Shipment]) -> list[str]:
        """Write the rows of these shipments' terms, the last one to its slot; returns what is wrong with the new ones.

        All at once: a field written alone costs as much as a whole row.
        """
        known = set(map(id, new))
        numbers = slots.tolist()
        records = [*new, *(one for slot in numbers for one in self.terms[slot] if id(one) not in known)]
        told = self._rows.of(records)
        self._fill_cards(told.rows, records)
        row_of = {id(record): row for row, record in enumerate(records)}
        rows = told.rows[[row_of[id(self.shipments[slot])] for slot in numbers]]
        rows["end_ms"] = self.store.info["end_ms"][slots]
        rows["earlier"] = [self._fill_earlier(slot, told.rows, row_of) for slot in numbers]
        self.store.info[slots] = rows
        return [line for lines in told.problems[: len(new)] for line in lines]

    def _fill_earlier(self, slot: int, rows: NDArray[np.void], row_of: Mapping[int, int]) -> int:
        """Write a shipment's terms before its last ones, each in its place; returns that of the latest, -1 = none."""
        records = self.terms[slot]
        self._judged_by[slot] = [self.atlas.number_of(record) for record in records]
        if len(records) == 1:
            return -1
        at = self._earlier.setdefault(slot, [])
        for number, record in enumerate(records[:-1]):
            row = rows[row_of[id(record)]]
            row["earlier"] = at[number - 1] if number else -1
            if number == len(at):
                at.append(self._n_terms)
                self._n_terms += 1
                self.stores = shared(self.stores, terms=_long_enough(self.store.terms, self._n_terms))
            self.store.terms[at[number]] = row
        return at[-1]

    def _fill_cards(self, rows: NDArray[np.void], records: Sequence[Shipment]) -> None:
        starts = []
        for record in records:
            if record.open_cards not in self._card_starts:
                codes = [self.card_code(card) for card in record.open_cards]
                start, end = self._n_cards, self._n_cards + len(codes)
                self.stores = shared(self.stores, cards=_long_enough(self.store.cards, end))
                self.store.cards[start:end] = codes
                self._card_starts[record.open_cards], self._n_cards = start, end
            starts.append(self._card_starts[record.open_cards])
        rows["card_start"] = starts
        rows["card_count"] = [len(record.open_cards) for record in records]

    def _order(self, seals: Iterable[int]) -> set[int]:
        """Put seals' shipments in the order of departure and date their ends; returns those whose end changed."""
        slots: list[int] = []
        ends_ms: list[int] = []
        for seal in seals:
            own = self._by_seal[seal]
            if len(own) > 1:
                own.sort(key=lambda slot: (self.shipments[slot].depart_at, self.shipments[slot].shipment_id))
            slots += own
            afters = [self.shipments[slot].depart_at for slot in own[1:]]
            ends_ms += [
                min(_ends_ms(self.shipments[slot]), after) for slot, after in zip(own, [*afters, NEVER], strict=False)
            ]
        before_ms = self.store.info["end_ms"][slots]
        self.store.info["end_ms"][slots] = ends_ms
        return {slots[i] for i in np.flatnonzero(before_ms != ends_ms).tolist()}

    def _list_slots(self, seals: Sequence[int]) -> None:
        """Have the kernels find the shipments of these seals, which are in order; those of the others stay."""
        before = np.diff(self.store.seal_start)
        anew = np.zeros(len(self._by_seal), np.bool_)
        anew[seals] = True
        counts = np.zeros(len(self._by_seal), np.int64)
        counts[: len(before)] = before
        counts[seals] = [len(self._by_seal[seal]) for seal in seals]
        listed_anew = np.repeat(anew, counts)
        slots = np.empty(len(listed_anew), np.int32)
        slots[~listed_anew] = self.store.seal_slots[~np.repeat(anew[: len(before)], before)]
        slots[listed_anew] = [slot for seal in seals for slot in self._by_seal[seal]]
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self.stores = shared(self.stores, seal_start=start, seal_slots=slots)

    def add_seals(self, seals: Iterable[str]) -> None:
        """Give these seals their numbers, in this order."""
        for seal in seals:
            self._seal_slots(seal)

    def amend(self, slot: int) -> None:
        """Have the kernels walk a shipment's tail again: what was declared of it has changed."""
        self.store.kept[slot]["amended"] = 1
        self._look_at(np.array([slot]), NO_TIME)

    def _look_at(self, slots: NDArray[np.intp], due_ms: NDArray[np.int64] | int) -> None:
        """Have the clock look at shipments from `due_ms` on; the caller tells the clock itself."""
        self.store.due_ms[slots] = due_ms
        self.store.block_due_ms[slots // BLOCK] = NO_TIME

    def look_at_all(self) -> None:
        """Have the clock look at every shipment; the caller tells the clock itself."""
        self.store.due_ms[: len(self.shipments)] = NO_TIME
        self.store.block_due_ms[:] = NO_TIME

    def take_back(self, slot: int, sighting: np.void) -> None:
        """Remove a sighting from a shipment's tail; the shipment is to be walked again."""
        rows = tail_rows(self.stores, slot)
        same = np.ones(len(rows), np.bool_)
        for name in ("flags", "card", "received_ms", "partition", "offset"):
            same &= rows[name] == sighting[name]
        keep_only(self.stores, slot, ~same)

    def hear_anew(self, slot: int) -> int:
        """Have the kernels tell again where it was heard; returns the first slot of time that is all in its tail."""
        self.store.kept[slot]["heard_slot"] = NO_TIME
        before_ms = int(tail_start(self.store, slot)["last_ms"])
        return NO_TIME if before_ms == NO_TIME else before_ms // SLOT_MS + 1

    def with_reports(self, slots: Sequence[int]) -> list[int]:
        """Those of these shipments of which anything was ever heard."""
        at = np.array(slots, np.intp)
        kept = self.store.kept
        heard = (kept["count"][at] > 0) | (kept["first_heard_ms"][at] != NO_TIME)
        found: list[int] = at[heard].tolist()
        return found

    def take_misplaced(self, slot: int) -> NDArray[np.void]:
        """Remove from a shipment's tail the reports that no longer belong to it, and return them; sightings stay.

        What was heard is forgotten with them, for the kernels to hear the rest again, unless it began before the tail.
        """
        kept, info = self.store.kept[slot], self.store.info[slot]
        rows = tail_rows(self.stores, slot)
        seal = self.seals[self.shipments[slot].seal_id]
        mine = (rows["time_ms"] >= info["depart_ms"]) & (rows["time_ms"] < info["end_ms"]) & (rows["seal"] == seal)
        gone = keep_only(self.stores, slot, mine | (rows["flags"] & FLAG_SIGHTING != 0))
        if len(gone) and tail_start(self.store, slot)["last_ms"] == NO_TIME:
            kept["gaps"] = 0
            kept["first_heard_ms"] = kept["last_heard_ms"] = kept["settle_ms"] = NO_TIME
        return gone


def _ends_ms(shipment: Shipment) -> int:
    """When it ends, if its seal has no other shipment before that."""
    limit_ms = shipment.depart_at + TRANSIT_LIMIT_MS
    return limit_ms if shipment.closed_at is None else min(limit_ms, shipment.closed_at + 1)


def _long_enough(array: NDArray[Any], n: int) -> NDArray[Any]:
    """The array with room for `n` entries; it is doubled, so that one entry more does not move all others."""
    return array if n <= len(array) else np.concatenate([array, np.zeros(max(n, len(array)), array.dtype)])
