"""The topics that every worker reads whole: shipments, sightings, and what all lanes tell each other."""

from __future__ import annotations

from collections.abc import Collection

from sealtrack.io.ports import Source
from sealtrack.service.book import Book
from sealtrack.service.lane import Lane
from sealtrack.service.letters import Letters
from sealtrack.service.maps import Maps
from sealtrack.service.others import Others
from sealtrack.service.sighted import Sighted

_DAY_MS = 86_400_000


class Known:
    """What has been read of them so far."""

    def __init__(
        self,
        shipments: Source,
        sightings: Source,
        digests: Source,
        maps: Maps | None = None,
        *,
        horizon_ms: int,
        limit_ms: int,
    ) -> None:
        """Without `maps`, engines keep the geofences that they are made with."""
        self._shipments, self._maps = shipments, maps
        self.book, self.letters = Book(), Letters()
        self.sighted = Sighted(sightings, self.letters, max(limit_ms, horizon_ms))
        self.others = Others(digests, horizon_ms + 2 * _DAY_MS)

    def read(self, lanes: Collection[Lane], timeout_s: float = 0) -> bool:
        """Tell the lanes what has arrived; True if nothing had."""
        batches = self._shipments.poll(timeout_s)
        moved = self._maps is not None and self._maps.read(self.letters)
        if self._maps is not None and moved:
            for lane in lanes:
                lane.follow(self._maps.editions)
        for batch in batches:
            shipments, rejected = self.book.add(batch)
            self.letters.add(batch, rejected)
            for lane in lanes:
                lane.register(shipments)
        sightings, digests = self.sighted.read(), self.others.read()
        for lane in lanes:
            lane.see(sightings)
            lane.hear_of(self.others.heard_ms)
            for teller, told in digests.items():
                if teller != lane.number:
                    lane.hear(told)
        return not (batches or moved or len(sightings) or digests)

    def is_whole(self) -> bool:
        """True when all that the topics hold has been read; False also when nobody can tell."""
        mapped = self._maps is None or self._maps.is_whole()
        return mapped and self._shipments.caught_up() and self.sighted.caught_up() and self.others.caught_up()

    def introduce(self, lane: Lane) -> None:
        """Tell a lane that begins all that it has not been told."""
        if self._maps is not None:
            lane.follow(self._maps.editions)
        lane.register(self.book)
        restored = lane.before.checkpoint if lane.restored_at is not None else None
        seen, waiting = (restored.seen, set(restored.waiting)) if restored else ({}, set())
        lane.see(self.sighted.missing(seen, waiting))
        lane.hear_of(self.others.heard_ms)
        lane.hear(self.others.told_to(lane.number))
