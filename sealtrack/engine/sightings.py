"""Sightings: whose they are, and how they stand among that shipment's reports (judgement section 10).

A batch of `Reports` carries them as they came; here each is joined to its shipments, again whenever one of those is
declared or amended, and becomes a row for the kernels: place, uncertainty, and what was read that differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from sealtrack.columns import clean
from sealtrack.declared import Key, key_of, keys_of, plain, terms_at
from sealtrack.engine.registry import Registry
from sealtrack.geofence import middle_of_zone
from sealtrack.schema import FLAG_SIGHTING, NOT_A_TRACKER, OTHER_PLATE, OTHER_SEAL, REPORT_DTYPE, Shipment, Sighting

MOST = 100_000
"""Sightings remembered, for shipments that are declared or amended later; the oldest give way."""

_HASH_BITS = 8
"""Lowest bit of `events` that tells two sightings apart which agree in all that is judged."""


@dataclass(slots=True, eq=False)
class _Seen:
    sighting: Sighting
    row: np.void
    """Without seal, place and differences, which are a shipment's."""
    key: Key
    given: dict[int, np.void] = field(default_factory=dict)
    """The row that each shipment got, by slot."""


class Sightings:
    """All that were read, by what they name."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._seen: dict[Key, list[_Seen]] = {}
        self._count = 0
        self._slots: dict[Key, set[int]] = {}
        self._keys: dict[int, set[Key]] = {}
        self._unlisted: set[int] = set()
        """Shipments whose names are not in `_slots` yet: many a feed has no sightings at all, and names are a third of
        what registering costs."""
        self.forgotten = 0
        """Sightings beyond MOST."""

    def join(self, rows: NDArray[np.void], sightings: Sequence[Sighting]) -> NDArray[np.void]:
        """The batch with each sighting's row replaced by one for each shipment it belongs to, or one without a seal.

        `rows` are admitted; a sighting's `seq` is its index in `sightings`.
        """
        parts, start = [], 0
        for index in np.flatnonzero(rows["flags"] & FLAG_SIGHTING).tolist():
            seen = self._take(sightings[int(rows["seq"][index])], rows[index])
            parts += [rows[start:index], self._rows([*seen.given.values()] or [seen.row])]
            start = index + 1
        return np.concatenate([*parts, rows[start:]]) if parts else rows

    def join_again(self, slots: Sequence[int]) -> NDArray[np.void]:
        """After these shipments were put: take back what is theirs no more, and return what now is."""
        self._unlisted.update(slots)
        if not self._seen:
            return self._rows([])
        self._list()
        rows = []
        for slot in slots:
            for seen in chain.from_iterable(self._seen.get(key, ()) for key in sorted(self._keys[slot])):
                before, now = seen.given.pop(slot, None), self._given(seen, slot)
                if now is not None:
                    seen.given[slot] = now
                if before is not None and now is not None and before.tobytes() == now.tobytes():
                    continue
                if before is not None:
                    self._registry.take_back(slot, before)
                if now is not None:
                    rows.append(now)
        return self._rows(rows)

    def dump(self) -> list[tuple[Sighting, bytes]]:
        """What was read, for a snapshot."""
        return [(seen.sighting, seen.row.tobytes()) for seen in self._all()]

    def load(self, data: Sequence[tuple[Sighting, bytes]]) -> None:
        """What `dump` gave; the shipments are registered already."""
        self.join_again(range(len(self._registry.shipments)))
        for sighting, row in data:
            self._remember(_Seen(sighting, np.frombuffer(row, REPORT_DTYPE)[0], key_of(sighting)))

    def lines(self) -> list[str]:
        """A sentence for each name that sightings gave and that no shipment of their time has."""
        said = []
        for key in sorted(self._seen):
            count = sum(not seen.given for seen in self._seen[key])
            if count:
                who = f"sightings of {key.by} {_as_given(self._seen[key][0].sighting)}"
                why = "check its depart_at and closed_at" if self._slots.get(key) else "register the shipment"
                said.append(f"{who}: {count} belong to no shipment under way at their time; {why}")
        return said

    def _all(self) -> Iterator[_Seen]:
        return chain.from_iterable(self._seen.values())

    def _take(self, sighting: Sighting, admitted: np.void) -> _Seen:
        row = _copy(admitted)
        row["seq"], row["seal"] = -1, -1
        row["card"] = self._registry.card_code(sighting.sighting_id)
        digest = hashlib.blake2b(sighting.sighting_id.encode(), digest_size=3).digest()
        row["events"] = int.from_bytes(digest) << _HASH_BITS
        return self._remember(_Seen(sighting, row, key_of(sighting)))

    def _list(self) -> None:
        for slot in self._unlisted:
            keys = self._keys.setdefault(slot, set())
            for record in self._registry.terms[slot]:
                keys |= keys_of(record)
            for key in keys:
                self._slots.setdefault(key, set()).add(slot)
        self._unlisted.clear()

    def _remember(self, seen: _Seen) -> _Seen:
        self._list()
        for slot in sorted(self._slots.get(seen.key, ())):
            given = self._given(seen, slot)
            if given is not None:
                seen.given[slot] = given
        if self._count >= MOST:
            oldest = next(iter(self._seen))
            self._count -= len(self._seen[oldest])
            self.forgotten += len(self._seen.pop(oldest))
        self._seen.setdefault(seen.key, []).append(seen)
        self._count += 1
        return seen

    def _place(self, sighting: Sighting, shipment: Shipment) -> tuple[float, float, float]:
        """(lat, lon, uncertainty): NaN for the policy's own uncertainty, or where no place is known."""
        if sighting.lat is not None and sighting.lon is not None:
            return sighting.lat, sighting.lon, np.nan
        atlas = self._registry.atlas
        zone = atlas.zones[atlas.number_of(shipment)].get(sighting.zone_id or "")
        return (np.nan, np.nan, np.nan) if zone is None else middle_of_zone(atlas.fences, zone)

    def _given(self, seen: _Seen, slot: int) -> np.void | None:
        """The sighting's row as this shipment's; None when it is not its own at that time."""
        info, t_ms = self._registry.store.info[slot], int(seen.row["time_ms"])
        seal_id = self._registry.shipments[slot].seal_id
        shipment = replace(terms_at(self._registry.terms[slot], t_ms), seal_id=seal_id)
        if seen.key not in keys_of(shipment) or not info["depart_ms"] <= t_ms < info["end_ms"]:
            return None
        row = _copy(seen.row)
        row["seal"] = self._registry.seals[seal_id]
        row["events"] |= differences(seen.sighting, shipment)
        row["lat"], row["lon"], row["accuracy_m"] = self._place(seen.sighting, shipment)
        return row

    @staticmethod
    def _rows(rows: Sequence[np.void]) -> NDArray[np.void]:
        return np.array(rows, REPORT_DTYPE) if rows else np.zeros(0, REPORT_DTYPE)


def differences(sighting: Sighting, shipment: Shipment) -> int:
    """Bits of what the sighting says otherwise than the shipment, and of who says it."""
    bits = 0 if sighting.source == "tracker" else NOT_A_TRACKER
    if plain(sighting.plate) and plain(shipment.vehicle) and plain(sighting.plate) != plain(shipment.vehicle):
        bits |= OTHER_PLATE
    if plain(sighting.seal_id) and plain(sighting.seal_id) != plain(shipment.seal_id):
        bits |= OTHER_SEAL
    return bits


def _copy(row: np.void) -> np.void:
    """Rows are compared by their bytes."""
    copy: np.void = clean(np.atleast_1d(row))[0]
    return copy


def _as_given(sighting: Sighting) -> str | None:
    return sighting.shipment_id or sighting.vehicle or sighting.seal_id or sighting.plate
