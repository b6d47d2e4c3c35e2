"""Which short stops lie near which, so that a new one is compared with its neighbours only."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sealtrack.across.digests import Key, ShortStop
from sealtrack.across.near import distance_m, reach_degrees
from sealtrack.across.rendezvous import shares
from sealtrack.policy import Policies

CELL_DEGREES = 0.01
HOUR_MS = 3_600_000
OPEN = -1
"""Stands for the hour of stops that last."""

Bucket = tuple[int, int, int]
"""Cell of latitude and longitude, and hour."""


class Meetings:
    """The short stops of all shipments, own and others', and for each the ones that any policy may call a meeting."""

    def __init__(self, policies: Policies) -> None:
        all_policies = [policies.default, *policies.sets.values()]
        self._radius_m = max(policy.rendezvous_m for policy in all_policies)
        self._shared_s = min(policy.rendezvous_s for policy in all_policies)
        self.stops: dict[Key, ShortStop] = {}
        self._near: dict[Key, set[Key]] = {}
        self._buckets: dict[Bucket, set[Key]] = defaultdict(set)
        self._last_hour = 0

    def put(self, stop: ShortStop) -> set[Key]:
        """Insert, replace or withdraw a stop; returns the stops whose meetings may have changed."""
        key = stop.key
        before = self.stops.get(key)
        if stop == before or (stop.gone and before is None):
            return set()
        touched = {key}
        if before is not None:
            touched |= self._take_out(before)
        if not stop.gone:
            touched |= self._put_in(stop)
        return touched

    def with_whom(self, key: Key) -> Iterator[ShortStop]:
        """The stops of others that may have met this one."""
        return (self.stops[other] for other in self._near[key])

    def prune(self, floor_ms: int) -> None:
        """Forget stops that ended before `floor_ms`, unless they are bound to one that stood on."""
        old = {key for key, stop in self.stops.items() if stop.end is not None and stop.end < floor_ms}
        while bound := {key for key in old if not self._near[key] <= old}:
            old -= bound
        for key in old:
            self._take_out(self.stops[key])

    def _put_in(self, stop: ShortStop) -> set[Key]:
        key = stop.key
        near = {other.key for other in self._around(stop) if self._may_meet(stop, other)}
        self.stops[key] = stop
        self._near[key] = near
        for other in near:
            self._near[other].add(key)
        for bucket in self._buckets_of(stop):
            self._buckets[bucket].add(key)
        self._last_hour = max(self._last_hour, stop.stood_until // HOUR_MS)
        return near

    def _take_out(self, stop: ShortStop) -> set[Key]:
        key = stop.key
        del self.stops[key]
        for bucket in self._buckets_of(stop):
            self._buckets[bucket].discard(key)
            if not self._buckets[bucket]:
                del self._buckets[bucket]
        near = self._near.pop(key)
        for other in near:
            self._near[other].discard(key)
        return near

    def _may_meet(self, a: ShortStop, b: ShortStop) -> bool:
        if a.shipment_id == b.shipment_id or not shares(a, b, self._shared_s):
            return False
        return distance_m(a, b) <= self._radius_m

    def _around(self, stop: ShortStop) -> Iterator[ShortStop]:
        dlat, dlon = reach_degrees(stop.lat, self._radius_m)
        last_hour = self._last_hour if stop.end is None else stop.end // HOUR_MS
        hours = [OPEN, *range(stop.start // HOUR_MS, last_hour + 1)]
        seen: set[Key] = set()
        for lat in _cells(stop.lat - dlat, stop.lat + dlat):
            for lon in _cells(stop.lon - dlon, stop.lon + dlon):
                for hour in hours:
                    seen |= self._buckets.get((lat, lon, hour), set())
        return (self.stops[key] for key in seen)

    @staticmethod
    def _buckets_of(stop: ShortStop) -> Iterator[Bucket]:
        lat, lon = math.floor(stop.lat / CELL_DEGREES), math.floor(stop.lon / CELL_DEGREES)
        hours: Iterable[int] = (OPEN,)
        if stop.end is not None:
            hours = range(stop.start // HOUR_MS, stop.end // HOUR_MS + 1)
        return ((lat, lon, hour) for hour in hours)


def _cells(low: float, high: float) -> range:
    return range(math.floor(low / CELL_DEGREES), math.floor(high / CELL_DEGREES) + 1)
