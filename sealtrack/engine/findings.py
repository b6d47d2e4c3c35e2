"""From what holds of each shipment to the alerts that are published: both stages, and their versions.

The kernels' rows change facts; a fact is an alert, or a digest for the second stage, or both. Each row is dealt with
wholly before the next one, own digests included: how the input is cut into batches changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealtrack.across import Digest, Heard, Neighbours, ShortStop, accumulations, rendezvous
from sealtrack.across import Key as DigestKey
from sealtrack.core.state import HEARD, OPENING, RENDEZVOUS, SHORT_STOP, SILENCE, STOP, TAMPER
from sealtrack.engine.digest_store import Concerned, DigestStore, short_stop_of, silence_of
from sealtrack.engine.evidence import Names, make_alert
from sealtrack.engine.group_alerts import accumulation_alert, rendezvous_alert, with_neighbours
from sealtrack.engine.ledger import Key, Ledger
from sealtrack.engine.registry import Registry
from sealtrack.engine.rows import Row, plain
from sealtrack.engine.versions import Versions
from sealtrack.policy import Policies, Policy
from sealtrack.schema import NO_TIME, Alert

MANY_HEARD = 32
"""So many heard cells in a row are worth sorting."""


class Findings:
    """All alerts of all shipments. `shares`: keep own digests for `take_digests`."""

    def __init__(self, registry: Registry, policies: Policies, *, shares: bool) -> None:
        self._registry = registry
        self._policies = policies
        self.ledger = Ledger()
        self._versions = Versions()
        self._digests = DigestStore(policies, shares=shares)

    def take(self, rows: NDArray[np.void]) -> list[Alert]:
        """Take output rows of the kernels in order; returns what to publish."""
        news: list[Alert] = []
        if not len(rows):
            return news
        start = 0
        others = np.flatnonzero(rows["type"] != HEARD)
        for index, row in zip(others.tolist(), plain(rows[others]), strict=True):
            if index > start:
                news += self._take_heard(rows[start:index])
            if keys := self.ledger.take(row):
                news += self._judge(row.slot, keys)
            start = index + 1
        return news + self._take_heard(rows[start:]) if start < len(rows) else news

    def _take_heard(self, rows: NDArray[np.void]) -> list[Alert]:
        """Places in which shipments were heard: nearly all rows of ordinary traffic.

        A place at once; one by one, in order, where it concerns a silence.
        """
        if len(rows) < MANY_HEARD:
            return self._take_singly(rows)
        columns = [rows[name].astype(np.int64) for name in ("start_ms", "lat", "lon")]
        order = np.lexsort(columns)
        steps = np.any([np.diff(column[order]) != 0 for column in columns], axis=0)
        singly = []
        for group in np.split(order, np.flatnonzero(steps) + 1):
            slot, lat, lon = (int(column[group[0]]) for column in columns)
            if self._digests.coverage.concerns_nobody(((lat, lon), slot)):
                self._share_heard(Heard(tuple(self._ids(rows["slot"][group])), (lat, lon), slot))
            else:
                singly += group.tolist()
        return self._take_singly(rows[sorted(singly)])

    def _take_singly(self, rows: NDArray[np.void]) -> list[Alert]:
        news: list[Alert] = []
        columns = [rows[name].astype(np.int64).tolist() for name in ("lat", "lon", "start_ms")]
        for shipment_id, lat, lon, slot in zip(self._ids(rows["slot"]), *columns, strict=True):
            news += self._share_heard(Heard((shipment_id,), (lat, lon), slot))
        return news

    def _share_heard(self, heard: Heard) -> list[Alert]:
        return self._concern_each(self._digests.share_heard(heard))

    def _ids(self, slots: NDArray[np.int32]) -> list[str]:
        return list(map(self._registry.ids.__getitem__, slots.tolist()))

    def hear(self, digests: Iterable[Digest]) -> list[Alert]:
        """Take digests of other workers; those of a shipment that is heard here are known better."""
        news: list[Alert] = []
        for digest in digests:
            if isinstance(digest, Heard):  # nearly all
                others = [shipment_id for shipment_id in digest.shipment_ids if not self._is_heard_here(shipment_id)]
                news += self._concern_each(self._digests.absorb_heard(digest.place, others, gone=digest.gone))
            elif not self._is_heard_here(digest.shipment_id):
                news += self._concern(self._digests.absorb(digest))
        return news

    def _is_heard_here(self, shipment_id: str) -> bool:
        slot = self._registry.slots.get(shipment_id)
        return slot is not None and bool(self._registry.store.kept[slot]["first_heard_ms"] != NO_TIME)

    def take_digests(self) -> list[Digest]:
        """What changed of own digests since the last call, in order."""
        return self._digests.take()

    def renew(self, slot: int) -> list[Alert]:
        """What was declared of a shipment has changed: its policy, or its seal, may now mean something else."""
        touched = set()
        for row in self.ledger.standing(slot, (SHORT_STOP,)):
            if row.end_ms == NO_TIME or row.end_ms >= self._digests.floor_ms:
                stop = self._short_stop(slot, row)
                touched |= self._digests.share(stop) | {("stop", stop.key)}
        return self._accumulate(slot) + self._concern(touched)

    def unhear(self, slot: int, from_slot: int) -> list[Alert]:
        """Forget where a shipment was heard from a slot of time on: reports left it. The rest is told again."""
        news: list[Alert] = []
        shipment_id = self._registry.shipments[slot].shipment_id
        for place in self._digests.coverage.places_of(shipment_id, from_slot):
            news += self._share_heard(Heard((shipment_id,), *place, gone=True))
        return news

    def prune(self, clock_ms: int, horizon_ms: int) -> None:
        """Forget digests far older than the clock, now and then."""
        self._digests.prune(clock_ms, horizon_ms)

    def adopt(self, published: Mapping[str, Alert], partly: Collection[str]) -> list[Alert]:
        """Take these for what was published, whatever was said before; see `Engine.adopt`."""
        known = self._registry.slots
        unknown = {alert.shipment_id for alert in published.values() if alert.shipment_id not in known}
        return self._versions.adopt(published, {*partly, *unknown})

    def standing(self) -> Iterable[Alert]:
        """Every alert that is not retracted, as it was published last."""
        return self._versions.standing()

    def alerts_of(self, slots: Collection[int]) -> list[str]:
        """The ids of all that was ever said of these shipments."""
        return self._versions.ids_of({self._registry.shipments[slot].shipment_id for slot in slots})

    def dump(self, number: Mapping[int, int]) -> dict[str, Any]:
        """What a snapshot holds beside the ledger; `number` gives the shipments that it holds their new slots."""
        known = {self._registry.shipments[slot].shipment_id for slot in number}
        gone = {one.shipment_id for one in self._registry.shipments} - known
        return {"versions": self._versions.dump(number, gone)} | self._digests.dump()

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `dump` gave, through MessagePack."""
        self._versions.load(state["versions"])
        self._digests.load(state)

    def _judge(self, slot: int, keys: list[Key]) -> list[Alert]:
        """Something else holds now of these alerts of a shipment."""
        touched: set[Concerned] = set()
        rules = {rule for rule, _ in keys}
        for rule, start_ms in keys:
            if rule in (SHORT_STOP, STOP):
                touched |= self._share_stop(slot, start_ms)
                touched.add(("stop", (self._registry.shipments[slot].shipment_id, start_ms)))  # its evidence, too
            elif rule == SILENCE:
                touched |= self._share_silence(slot, start_ms)
        shipment_id = self._registry.shipments[slot].shipment_id
        news: list[Alert] = []
        for rule, start_ms in keys:
            if rule != SHORT_STOP:
                news += self._publish(slot, (rule, start_ms))
            if rule == SILENCE:
                touched.discard(("silence", (shipment_id, start_ms)))
        if rules & {SHORT_STOP, OPENING, TAMPER}:
            news += self._accumulate(slot)
        return news + self._concern(touched)

    def _publish(self, slot: int, key: Key) -> list[Alert]:
        """The alert that a fact is."""
        row = self.ledger.current(slot, key)
        if row is None:
            return self._settle(slot, key, [])
        shipment = self._registry.shipments[slot]
        alert = make_alert(row, shipment, Names(self._registry.card_names, self._registry.atlas.zone_ids))
        if key[0] == SILENCE and not alert.evidence.get("backfilled"):
            neighbours = self._neighbours(alert, (shipment.shipment_id, key[1]))
            alert = alert if neighbours is None else with_neighbours(alert, neighbours)
        return self._settle(slot, key, [alert])

    def _settle(self, slot: int, key: Key, alerts: Sequence[Alert]) -> list[Alert]:
        """These are all alerts of one ground now; returns what to publish."""
        for alert in alerts:
            alert.evidence["geofences"] = self._registry.geofences_at(slot, alert.start)
        return self._versions.settle((slot, *key), alerts)

    def _neighbours(self, alert: Alert, silence: DigestKey) -> Neighbours | None:
        """Of a silence: None without a place. Those that are forgotten by now remain as they were told last."""
        if silence in self._digests.coverage.silences:
            return self._digests.coverage.neighbours(silence)
        last = self._versions.last(alert.alert_id) if silence[1] < self._digests.floor_ms else None
        if last is None or "others_heard" not in last.evidence:
            return None
        return Neighbours(last.evidence["others_heard"], last.evidence["others_lost"])

    def _accumulate(self, slot: int) -> list[Alert]:
        rows = {row.start_ms: row for row in self.ledger.standing(slot, (SHORT_STOP,))}
        acts = [row.start_ms for row in self.ledger.standing(slot, (OPENING, TAMPER))]
        stops = [self._short_stop(slot, row) for row in rows.values()]
        shipment = self._registry.shipments[slot]
        alerts = [
            accumulation_alert(found, [rows[stop.start] for stop in found.stops], shipment)
            for found in accumulations(stops, acts, self._policy(slot))
        ]
        return self._settle(slot, (SHORT_STOP, 0), alerts)

    def _concern_each(self, concerned: Iterable[set[Concerned]]) -> list[Alert]:
        """As `_concern`, one after another: what comes of one may change what the next concerns."""
        news: list[Alert] = []
        for touched in concerned:
            news += self._concern(touched)
        return news

    def _concern(self, touched: Iterable[Concerned]) -> list[Alert]:
        """Judge again what digests concern, as far as the shipment is ours."""
        news: list[Alert] = []
        for what, (shipment_id, start_ms) in sorted(touched):
            slot = self._registry.slots.get(shipment_id)
            if slot is None:
                continue
            if what == "stop":
                news += self._meet(slot, start_ms)
            elif self.ledger.current(slot, (SILENCE, start_ms)) is not None:
                news += self._publish(slot, (SILENCE, start_ms))
        return news

    def _meet(self, slot: int, start_ms: int) -> list[Alert]:
        """The rendezvous of one short stop."""
        key = RENDEZVOUS, start_ms
        row = self.ledger.current(slot, (SHORT_STOP, start_ms))
        if row is None:
            return self._settle(slot, key, [])
        shipment = self._registry.shipments[slot]
        meetings = self._digests.meetings
        own = meetings.stops[shipment.shipment_id, start_ms]
        found = rendezvous(own, meetings.with_whom(own.key), self._policy(slot))
        return self._settle(slot, key, [] if found is None else [rendezvous_alert(found, row, shipment)])

    def _share_stop(self, slot: int, start_ms: int) -> set[Concerned]:
        row = self.ledger.current(slot, (SHORT_STOP, start_ms))
        if row is None:
            return self._digests.withdraw_stop((self._registry.ids[slot], start_ms))
        return self._digests.share(self._short_stop(slot, row))

    def _share_silence(self, slot: int, start_ms: int) -> set[Concerned]:
        row = self.ledger.current(slot, (SILENCE, start_ms))
        shipment_id = self._registry.ids[slot]
        silence = None if row is None else silence_of(row, shipment_id)
        if silence is None:
            return self._digests.withdraw_silence((shipment_id, start_ms))
        return self._digests.share(silence)

    def _short_stop(self, slot: int, row: Row) -> ShortStop:
        is_long = self.ledger.current(slot, (STOP, row.start_ms)) is not None
        return short_stop_of(row, self._registry.shipments[slot], self._policy(slot), is_long=is_long)

    def _policy(self, slot: int) -> Policy:
        chosen = self._policies.choose(self._registry.shipments[slot])
        return self._policies.sets.get(chosen, self._policies.default)
