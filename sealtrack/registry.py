"""The shipments under watch, as the rows that the kernels read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from sealtrack.arena import empty_store, keep_only, places, tail_start, with_slots
from sealtrack.atlas import Atlas
from sealtrack.core.fences import Fences
from sealtrack.core.state import INFO_DTYPE, MAX_ROUTES, NO_ZONE, SLOT_MS, UNKNOWN_ZONE
from sealtrack.core.timers import BLOCK, NEVER
from sealtrack.declared import holds_from, terms_at
from sealtrack.io.codecs.times import time_text
from sealtrack.policy import Policies
from sealtrack.schema import FLAG_SIGHTING, NO_TIME, Shipment

TRANSIT_LIMIT_MS = 30 * 86_400_000
"""A shipment that is never closed ends this long after its departure (the limit of transit in Vietnam)."""
MOST_CARDS = 100_000
"""Names of cards and sightings; whoever sends reports may make up as many as they like."""
ANOTHER_CARD = "one of too many cards to name"


class Registry:
    """Shipments by slot, and the arrays behind them. Slots are given out in the order of registration."""

    def __init__(self, atlas: Atlas, policies: Policies) -> None:
        self.atlas = atlas
        self._policies = policies
        self._policy_rows = {name: number for number, name in enumerate(policies.names())}
        self.shipments: list[Shipment] = []
        """By slot, the last terms of each."""
        self.terms: list[list[Shipment]] = []
        """By slot, all records of each, by `amended_at`."""
        self._judged_by: list[list[int]] = []
        """By slot, the catalogues of its terms."""
        self.slots: dict[str, int] = {}
        self.seals: dict[str, int] = {}
        self.cards: dict[str, int] = {}
        self._by_seal: list[list[int]] = []
        self._along_m: dict[tuple[int, int], float] = {}
        self._along_of: Fences | None = None
        """Where zones lie along routes, by (route, zone) of these fences."""
        self.store = empty_store()

    def put(self, shipments: Iterable[Shipment]) -> tuple[list[int], list[str]]:
        """Insert or replace records of shipments; those of one shipment with other `amended_at` stand side by side.

        Returns the slots whose rows changed, other shipments of the same seals included, and a line for each shipment
        that can only be judged in part.
        """
        problems: list[str] = []
        seals = set()
        touched = set()
        for record in shipments:
            slot = self.slots.get(record.shipment_id)
            if slot is None:
                slot = self._new_slot(record)
            elif record in self.terms[slot]:
                continue
            seals |= {self.shipments[slot].seal_id, self._set_terms(slot, record).seal_id}
            touched.add(slot)
            problems += self._fill(slot, record)
        for seal in seals:
            touched |= self._order(self.seals[seal])
        self._rebuild_lookup()
        return sorted(touched), problems

    def over(self, limit_ms: int) -> set[int]:
        """The slots of shipments that ended by then and of which no clock will say anything more."""
        n = len(self.shipments)
        ended = (self.store.info["end_ms"][:n] <= limit_ms) & (self.store.due_ms[:n] == NEVER)
        return set(np.flatnonzero(ended).tolist())

    def is_news(self, record: Shipment, limit_ms: int) -> bool:
        """Whether a record is of a shipment that is known, or that had not ended by then."""
        end_ms = record.depart_at + TRANSIT_LIMIT_MS
        if record.closed_at is not None:
            end_ms = min(end_ms, record.closed_at + 1)
        return record.shipment_id in self.slots or end_ms > limit_ms

    def fit(self) -> list[int]:
        """Write the rows of all terms again, after the atlas follows other editions; the slots that it concerns."""
        touched = []
        for slot, records in enumerate(self.terms):
            numbers = [self.atlas.number_of(record) for record in records]
            if numbers != self._judged_by[slot]:
                self._fill(slot, None)
                touched.append(slot)
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
        self.terms.append([])
        self._judged_by.append([])
        self.slots[shipment.shipment_id] = slot
        self._seal_slots(shipment.seal_id).append(slot)
        if slot == len(self.store.info):
            self.store = with_slots(self.store, max(16, 2 * slot))
        self.store.kept[slot]["checkpoints"] = 1
        return slot

    def _set_terms(self, slot: int, record: Shipment) -> Shipment:
        """Add a record or replace the one of the same time; returns the last terms, whose seal the shipment has."""
        others = [known for known in self.terms[slot] if known.amended_at != record.amended_at]
        self.terms[slot] = sorted([*others, record], key=holds_from)
        before, last = self.shipments[slot], self.terms[slot][-1]
        if before.seal_id != last.seal_id:
            self._by_seal[self.seals[before.seal_id]].remove(slot)
            self._seal_slots(last.seal_id).append(slot)
        self.shipments[slot] = last
        self._look_at(slot, last.depart_at)  # from then on
        return last

    def _fill(self, slot: int, new: Shipment | None) -> list[str]:
        """Write the rows of a shipment's terms, the last one to its slot; returns what is wrong with the new record."""
        problems = []
        self._judged_by[slot] = [self.atlas.number_of(record) for record in self.terms[slot]]
        earlier = -1
        for record in self.terms[slot]:
            info = np.zeros((), INFO_DTYPE)
            faults = self._fill_row(info, record)
            problems += faults if record is new else []
            info["earlier"] = earlier
            info["end_ms"] = self.store.info[slot]["end_ms"]
            if record is not self.shipments[slot]:
                earlier = len(self.store.terms)
                self.store = self.store._replace(terms=np.append(self.store.terms, info))
        self.store.info[slot] = info
        return problems

    def _fill_row(self, info: NDArray[np.void], shipment: Shipment) -> list[str]:
        who = f"shipment {shipment.shipment_id}"
        if shipment.amended_at is not None:
            who += f" as amended at {time_text(shipment.amended_at)}"
        catalogue = self.atlas.number_of(shipment)
        zones = self.atlas.zones[catalogue]
        problems = self._fill_routes(info, shipment, self.atlas.routes[catalogue], who)
        for column, name in (("origin", shipment.origin_zone), ("destination", shipment.destination_zone)):
            info[column] = zones.get(name, UNKNOWN_ZONE) if name else NO_ZONE
            if name and name not in zones:
                problems.append(f"{who}: unknown {column} zone {name}; it permits nothing")
        chosen = self._policies.choose(shipment)
        if shipment.policy and shipment.policy != chosen:
            problems.append(f"{who}: unknown policy {shipment.policy}; {chosen or 'the default'} is used")
        info["policy"] = self._policy_rows[chosen] + catalogue * len(self._policy_rows)
        info["depart_ms"] = shipment.depart_at
        info["from_ms"] = holds_from(shipment)
        info["arrive_by_ms"] = NO_TIME if shipment.arrive_by is None else shipment.arrive_by
        self._fill_direction(info)
        codes = [self.card_code(card) for card in shipment.open_cards]
        info["card_start"], info["card_count"] = len(self.store.cards), len(codes)
        self.store = self.store._replace(cards=np.concatenate([self.store.cards, np.array(codes, np.int32)]))
        return problems

    @staticmethod
    def _fill_routes(info: NDArray[np.void], shipment: Shipment, known: Mapping[str, int], who: str) -> list[str]:
        problems = []
        names = [name for name in shipment.route_id.split("|") if name]
        routes = [known[name] for name in names if name in known]
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            what = f"unknown route {', '.join(unknown)}" if unknown else "no route"
            problems.append(f"{who}: {what}; without a corridor route_deviation cannot be judged")
        if len(routes) > MAX_ROUTES:
            problems.append(f"{who}: {len(routes)} alternative routes, only the first {MAX_ROUTES} are used")
        info["n_routes"] = min(len(routes), MAX_ROUTES)
        info["routes"][: info["n_routes"]] = routes[:MAX_ROUTES]
        return problems

    def _fill_direction(self, info: NDArray[np.void]) -> None:
        """Which way along each route the destination lies from the origin, and where; 0 when the zones do not tell."""
        origin, destination = int(info["origin"]), int(info["destination"])
        if origin < 0 or destination < 0:
            return
        for i in range(info["n_routes"]):
            route = int(info["routes"][i])
            info["goal_m"][i] = self._at_m(route, destination)
            info["toward"][i] = np.sign(info["goal_m"][i] - self._at_m(route, origin))

    def _at_m(self, route: int, zone: int) -> float:
        """Where along a route the vertex nearest to a zone's middle lies; few pairs of them serve all shipments."""
        if self._along_of is not self.atlas.fences:
            self._along_of = self.atlas.fences
            self._along_m.clear()
        if (route, zone) not in self._along_m:
            self._along_m[route, zone] = self._nearest_m(route, zone)
        return self._along_m[route, zone]

    def _nearest_m(self, route: int, zone: int) -> float:
        fences = self.atlas.fences
        r, z = fences.routes[route], fences.zones[zone]
        vertices = fences.vertices[r["vertex_start"] : r["vertex_start"] + r["vertex_count"]]
        ring = slice(z["ring_start"], z["ring_end"])
        dlat = vertices["lat"] - np.nanmean(fences.ring_lat[ring])
        dlon = vertices["lon"] - np.nanmean(fences.ring_lon[ring])
        return float(vertices["route_m"][np.argmin(np.hypot(dlat, dlon))])

    def _order(self, seal: int) -> set[int]:
        """Put a seal's shipments in the order of departure and date their ends; returns those whose end changed."""
        slots = self._by_seal[seal]
        slots.sort(key=lambda slot: (self.shipments[slot].depart_at, self.shipments[slot].shipment_id))
        changed = set()
        for slot, after in zip(slots, [*slots, None][1:], strict=True):
            shipment = self.shipments[slot]
            end_ms = shipment.depart_at + TRANSIT_LIMIT_MS
            if shipment.closed_at is not None:
                end_ms = min(end_ms, shipment.closed_at + 1)
            if after is not None:
                end_ms = min(end_ms, self.shipments[after].depart_at)
            if self.store.info[slot]["end_ms"] != end_ms:
                self.store.info[slot]["end_ms"] = end_ms
                changed.add(slot)
        return changed

    def _rebuild_lookup(self) -> None:
        counts = [len(slots) for slots in self._by_seal]
        self.store = self.store._replace(
            seal_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            seal_slots=np.array([slot for slots in self._by_seal for slot in slots], np.int32),
        )

    def add_seals(self, seals: Iterable[str]) -> None:
        """Give these seals their numbers, in this order."""
        for seal in seals:
            self._seal_slots(seal)

    def amend(self, slot: int) -> None:
        """Have the kernels walk a shipment's tail again: what was declared of it has changed."""
        self.store.kept[slot]["amended"] = 1
        self._look_at(slot, NO_TIME)

    def _look_at(self, slot: int, due_ms: int) -> None:
        """Have the clock look at a shipment from `due_ms` on; the caller tells the clock itself."""
        self.store.due_ms[slot] = due_ms
        self.store.block_due_ms[slot // BLOCK] = NO_TIME

    def look_at_all(self) -> None:
        """Have the clock look at every shipment; the caller tells the clock itself."""
        self.store.due_ms[: len(self.shipments)] = NO_TIME
        self.store.block_due_ms[:] = NO_TIME

    def take_back(self, slot: int, sighting: np.void) -> None:
        """Remove a sighting from a shipment's tail; the shipment is to be walked again."""
        rows = self.store.tail[places(self.store, slot)]
        same = np.ones(len(rows), np.bool_)
        for name in ("flags", "card", "received_ms", "partition", "offset"):
            same &= rows[name] == sighting[name]
        keep_only(self.store, slot, ~same)

    def hear_anew(self, slot: int) -> int:
        """Have the kernels tell again where it was heard; returns the first slot of time that is all in its tail."""
        self.store.kept[slot]["heard_slot"] = NO_TIME
        before_ms = int(tail_start(self.store, slot)["last_ms"])
        return NO_TIME if before_ms == NO_TIME else before_ms // SLOT_MS + 1

    def take_misplaced(self, slot: int) -> NDArray[np.void]:
        """Remove from a shipment's tail the reports that no longer belong to it, and return them; sightings stay.

        What was heard is forgotten with them, for the kernels to hear the rest again, unless it began before the tail.
        """
        kept, info = self.store.kept[slot], self.store.info[slot]
        rows = self.store.tail[places(self.store, slot)]
        seal = self.seals[self.shipments[slot].seal_id]
        mine = (rows["time_ms"] >= info["depart_ms"]) & (rows["time_ms"] < info["end_ms"]) & (rows["seal"] == seal)
        gone = keep_only(self.store, slot, mine | (rows["flags"] & FLAG_SIGHTING != 0))
        if len(gone) and tail_start(self.store, slot)["last_ms"] == NO_TIME:
            kept["gaps"] = 0
            kept["first_heard_ms"] = kept["last_heard_ms"] = kept["settle_ms"] = NO_TIME
        return gone
