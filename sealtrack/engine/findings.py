"""From what holds of each shipment to the alerts that are published: both stages, and their versions.

The kernels' rows change facts; a fact is an alert, or a digest for the second stage, or both. Each row is dealt with
wholly before the next one, own digests included: how the input is cut into batches changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from sealtrack.across import (
    Coverage,
    Digest,
    Heard,
    Meetings,
    Neighbours,
    Place,
    ShortStop,
    Silence,
    accumulations,
    rendezvous,
)
from sealtrack.across import (
    Key as DigestKey,
)
from sealtrack.core.state import (
    CELLS_A_DEGREE,
    HEARD,
    OPENING,
    RENDEZVOUS,
    SHORT_STOP,
    SILENCE,
    STOP,
    TAMPER,
)
from sealtrack.engine.evidence import Names, make_alert
from sealtrack.engine.group_alerts import accumulation_alert, rendezvous_alert, with_neighbours
from sealtrack.engine.ledger import Key, Ledger
from sealtrack.engine.registry import Registry
from sealtrack.engine.rows import Row, plain
from sealtrack.engine.versions import Versions
from sealtrack.policy import Policies, Policy
from sealtrack.schema import NO_TIME, Alert

KEPT_MS = 86_400_000
"""Digests are forgotten this long after the horizon: nothing read by then can still concern them."""
PRUNE_EVERY_MS = 3_600_000
MANY_HEARD = 32
"""So many heard cells in a row are worth sorting."""


class Findings:
    """All alerts of all shipments. `shares`: keep own digests for `take_digests`."""

    def __init__(self, registry: Registry, policies: Policies, *, shares: bool) -> None:
        self._registry = registry
        self._policies = policies
        self.ledger = Ledger()
        self._versions = Versions()
        self._meetings = Meetings(policies)
        self._coverage = Coverage()
        self._shares = shares
        self._outbox: list[Digest] = []
        self._floor_ms = NO_TIME

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
            if self._coverage.concerns_nobody(((lat, lon), slot)):
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
        """Take an own digest, and keep it for others."""
        if self._shares:
            self._outbox.append(heard)
        return self._put_heard(heard.place, heard.shipment_ids, gone=heard.gone)

    def _put_heard(self, place: Place, shipment_ids: Collection[str], *, gone: bool) -> list[Alert]:
        if not gone and self._coverage.concerns_nobody(place):
            self._coverage.put_all_heard(place, shipment_ids)
            return []
        news: list[Alert] = []
        for shipment_id in shipment_ids:  # each dealt with wholly: what is told must not depend on who came with whom
            if keys := self._coverage.put_heard(place, shipment_id, gone=gone):
                news += self._concern({("silence", key) for key in keys})
        return news

    def _ids(self, slots: NDArray[np.int32]) -> list[str]:
        return list(map(self._registry.ids.__getitem__, slots.tolist()))

    def hear(self, digests: Iterable[Digest]) -> list[Alert]:
        """Take digests of other workers; those of a shipment that is heard here are known better."""
        news: list[Alert] = []
        for digest in digests:
            if isinstance(digest, Heard):  # nearly all
                others = [shipment_id for shipment_id in digest.shipment_ids if not self._is_heard_here(shipment_id)]
                news += self._put_heard(digest.place, others, gone=digest.gone)
            elif not self._is_heard_here(digest.shipment_id):
                news += self._concern(self._absorb(digest))
        return news

    def _is_heard_here(self, shipment_id: str) -> bool:
        slot = self._registry.slots.get(shipment_id)
        return slot is not None and bool(self._registry.store.kept[slot]["first_heard_ms"] != NO_TIME)

    def take_digests(self) -> list[Digest]:
        """What changed of own digests since the last call, in order."""
        digests, self._outbox = self._outbox, []
        return digests

    def renew(self, slot: int) -> list[Alert]:
        """What was declared of a shipment has changed: its policy, or its seal, may now mean something else."""
        touched = set()
        for row in self.ledger.standing(slot, (SHORT_STOP,)):
            if row.end_ms == NO_TIME or row.end_ms >= self._floor_ms:
                stop = self._short_stop(slot, row)
                touched |= self._share(stop) | {("stop", stop.key)}
        return self._accumulate(slot) + self._concern(touched)

    def unhear(self, slot: int, from_slot: int) -> list[Alert]:
        """Forget where a shipment was heard from a slot of time on: reports left it. The rest is told again."""
        news: list[Alert] = []
        shipment_id = self._registry.shipments[slot].shipment_id
        for place in self._coverage.places_of(shipment_id, from_slot):
            news += self._share_heard(Heard((shipment_id,), *place, gone=True))
        return news

    def prune(self, clock_ms: int, horizon_ms: int) -> None:
        """Forget digests far older than the clock, now and then."""
        floor_ms = clock_ms - horizon_ms - KEPT_MS
        if floor_ms >= self._floor_ms + PRUNE_EVERY_MS:
            self._floor_ms = floor_ms
            self._meetings.prune(floor_ms)
            self._coverage.prune(floor_ms)

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
        digests = [*self._meetings.stops.values(), *self._coverage.silences.values(), *self._coverage.heard()]
        return {
            "versions": self._versions.dump(number, gone),
            "digests": digests,
            "outbox": self._outbox,
            "floor_ms": self._floor_ms,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `dump` gave, through MessagePack."""
        self._versions.load(state["versions"])
        for digest in msgspec.convert(state["digests"], list[Digest]):
            if isinstance(digest, Heard):
                self._coverage.put_all_heard(digest.place, digest.shipment_ids)
            else:
                self._absorb(digest)
        self._outbox = msgspec.convert(state["outbox"], list[Digest])
        self._floor_ms = state["floor_ms"]

    def _judge(self, slot: int, keys: list[Key]) -> list[Alert]:
        """Something else holds now of these alerts of a shipment."""
        touched: set[tuple[str, DigestKey]] = set()
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
        if silence in self._coverage.silences:
            return self._coverage.neighbours(silence)
        last = self._versions.last(alert.alert_id) if silence[1] < self._floor_ms else None
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

    def _concern(self, touched: Iterable[tuple[str, DigestKey]]) -> list[Alert]:
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
        own = self._meetings.stops[shipment.shipment_id, start_ms]
        found = rendezvous(own, self._meetings.with_whom(own.key), self._policy(slot))
        return self._settle(slot, key, [] if found is None else [rendezvous_alert(found, row, shipment)])

    def _share_stop(self, slot: int, start_ms: int) -> set[tuple[str, DigestKey]]:
        row = self.ledger.current(slot, (SHORT_STOP, start_ms))
        if row is not None:
            return self._share(self._short_stop(slot, row))
        before = self._meetings.stops.get((self._registry.shipments[slot].shipment_id, start_ms))
        return set() if before is None else self._share(msgspec.structs.replace(before, gone=True))

    def _share_silence(self, slot: int, start_ms: int) -> set[tuple[str, DigestKey]]:
        row = self.ledger.current(slot, (SILENCE, start_ms))
        shipment_id = self._registry.shipments[slot].shipment_id
        if row is not None and not math.isnan(row.lat):
            cell = math.floor(row.lat * CELLS_A_DEGREE), math.floor(row.lon * CELLS_A_DEGREE)
            end_ms = None if row.end_ms == NO_TIME else row.end_ms
            return self._share(Silence(shipment_id, start_ms, end_ms, cell))
        before = self._coverage.silences.get((shipment_id, start_ms))
        return set() if before is None else self._share(msgspec.structs.replace(before, gone=True))

    def _share(self, digest: ShortStop | Silence) -> set[tuple[str, DigestKey]]:
        """Take an own digest, and keep it for others; returns what it concerns."""
        if self._shares:
            self._outbox.append(digest)
        return self._absorb(digest)

    def _absorb(self, digest: ShortStop | Silence) -> set[tuple[str, DigestKey]]:
        if isinstance(digest, ShortStop):
            return {("stop", key) for key in self._meetings.put(digest)}
        if digest.start < self._floor_ms and digest.key not in self._coverage.silences:
            return set()  # forgotten with those around it: it ends now
        return {("silence", key) for key in self._coverage.put_silence(digest)}

    def _short_stop(self, slot: int, row: Row) -> ShortStop:
        shipment, policy = self._registry.shipments[slot], self._policy(slot)
        start_ms = row.start_ms
        end_ms = None if row.end_ms == NO_TIME else row.end_ms
        long = self.ledger.current(slot, (STOP, start_ms)) is not None
        least_s = policy.stop_warning_s if long else policy.short_stop_s
        return ShortStop(
            shipment_id=shipment.shipment_id,
            seal_id=shipment.seal_id,
            start=start_ms,
            end=end_ms,
            lat=row.lat,
            lon=row.lon,
            opened_at=row.detected_ms,
            closed_at=None if end_ms is None else row.after_fix_ms,
            stood_until=start_ms + int(1e3 * least_s) if end_ms is None else end_ms,
        )

    def _policy(self, slot: int) -> Policy:
        chosen = self._policies.choose(self._registry.shipments[slot])
        return self._policies.sets.get(chosen, self._policies.default)
