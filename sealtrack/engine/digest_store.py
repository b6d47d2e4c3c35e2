"""Digests of own shipments and of other workers', as far as they are remembered: what the second stage judges from."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from sealtrack.across import Coverage, Digest, Heard, Key, Meetings, Place, ShortStop, Silence
from sealtrack.core.state import CELLS_A_DEGREE
from sealtrack.engine.rows import Row
from sealtrack.policy import Policies, Policy
from sealtrack.schema import NO_TIME, Shipment

KEPT_MS = 86_400_000
"""Digests are forgotten this long after the horizon: nothing read by then can still concern them."""
PRUNE_EVERY_MS = 3_600_000

Concerned = tuple[str, Key]
"""What a digest concerns: "stop" or "silence", and which."""


class DigestStore:
    """Stops by place, silences and who was heard by cell. `shares`: keep own digests for `take`."""

    def __init__(self, policies: Policies, *, shares: bool) -> None:
        self.meetings = Meetings(policies)
        self.coverage = Coverage()
        self.floor_ms = NO_TIME
        """What ended before is forgotten."""
        self._shares = shares
        self._outbox: list[Digest] = []

    def share(self, digest: ShortStop | Silence) -> set[Concerned]:
        """Take an own digest, and keep it for others; returns what it concerns."""
        if self._shares:
            self._outbox.append(digest)
        return self.absorb(digest)

    def absorb(self, digest: ShortStop | Silence) -> set[Concerned]:
        """Take a digest; returns what it concerns."""
        if isinstance(digest, ShortStop):
            return {("stop", key) for key in self.meetings.put(digest)}
        if digest.start < self.floor_ms and digest.key not in self.coverage.silences:
            return set()  # forgotten with those around it: it ends now
        return {("silence", key) for key in self.coverage.put_silence(digest)}

    def withdraw_stop(self, key: Key) -> set[Concerned]:
        """An own short stop holds no longer."""
        before = self.meetings.stops.get(key)
        return set() if before is None else self.share(msgspec.structs.replace(before, gone=True))

    def withdraw_silence(self, key: Key) -> set[Concerned]:
        """An own silence holds no longer, or nobody knows its place any more."""
        before = self.coverage.silences.get(key)
        return set() if before is None else self.share(msgspec.structs.replace(before, gone=True))

    def share_heard(self, heard: Heard) -> Iterator[set[Concerned]]:
        """Take own shipments that were heard at a place, and keep them for others; as `absorb_heard`."""
        if self._shares:
            self._outbox.append(heard)
        return self.absorb_heard(heard.place, heard.shipment_ids, gone=heard.gone)

    def absorb_heard(self, place: Place, shipment_ids: Collection[str], *, gone: bool) -> Iterator[set[Concerned]]:
        """Take shipments that were heard at a place, or not after all; yields what each concerns, if anything.

        Each is to be dealt with wholly before the next: what is told must not depend on who came with whom.
        """
        if not gone and self.coverage.concerns_nobody(place):
            self.coverage.put_all_heard(place, shipment_ids)
            return
        for shipment_id in shipment_ids:
            if keys := self.coverage.put_heard(place, shipment_id, gone=gone):
                yield {("silence", key) for key in keys}

    def take(self) -> list[Digest]:
        """What changed of own digests since the last call, in order."""
        digests, self._outbox = self._outbox, []
        return digests

    def prune(self, clock_ms: int, horizon_ms: int) -> None:
        """Forget digests far older than the clock, now and then."""
        floor_ms = clock_ms - horizon_ms - KEPT_MS
        if floor_ms >= self.floor_ms + PRUNE_EVERY_MS:
            self.floor_ms = floor_ms
            self.meetings.prune(floor_ms)
            self.coverage.prune(floor_ms)

    def dump(self) -> dict[str, Any]:
        """What a snapshot holds of it."""
        digests = [*self.meetings.stops.values(), *self.coverage.silences.values(), *self.coverage.heard()]
        return {"digests": digests, "outbox": self._outbox, "floor_ms": self.floor_ms}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `dump` gave, through MessagePack."""
        for digest in msgspec.convert(state["digests"], list[Digest]):
            if isinstance(digest, Heard):
                self.coverage.put_all_heard(digest.place, digest.shipment_ids)
            else:
                self.absorb(digest)
        self._outbox = msgspec.convert(state["outbox"], list[Digest])
        self.floor_ms = state["floor_ms"]


def silence_of(row: Row, shipment_id: str) -> Silence | None:
    """The digest of a silence; None without a place."""
    if math.isnan(row.lat):
        return None
    cell = math.floor(row.lat * CELLS_A_DEGREE), math.floor(row.lon * CELLS_A_DEGREE)
    return Silence(shipment_id, row.start_ms, None if row.end_ms == NO_TIME else row.end_ms, cell)


def short_stop_of(row: Row, shipment: Shipment, policy: Policy, *, is_long: bool) -> ShortStop:
    """The digest of a short stop; `is_long`: it is an unauthorised_stop by now."""
    end_ms = None if row.end_ms == NO_TIME else row.end_ms
    least_s = policy.stop_warning_s if is_long else policy.short_stop_s
    return ShortStop(
        shipment_id=shipment.shipment_id,
        seal_id=shipment.seal_id,
        start=row.start_ms,
        end=end_ms,
        lat=row.lat,
        lon=row.lon,
        opened_at=row.detected_ms,
        closed_at=None if end_ms is None else row.after_fix_ms,
        stood_until=row.start_ms + int(1e3 * least_s) if end_ms is None else end_ms,
    )
