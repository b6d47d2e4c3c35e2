"""What the lanes of all workers tell each other through the digests topic. Lane p writes to partition p:

- `clock`: how far its clock is, and when it first heard anybody;
- its stops and silences, each under a key of its own, replaced when it changes;
- where shipments were heard, which is nearly all there is to tell: many in one record, under a key made of its content.
  Two records of one key say the same, so compaction takes nothing away; what was said last of a place counts.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Hashable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter

import msgspec

from sealtrack.across import Digest, Heard, ShortStop, Silence
from sealtrack.core.state import SLOT_MS
from sealtrack.io.ports import Message, Source

_CLOCK = b"clock"
_FORGET_EVERY_MS = 3_600_000
_MOST_HEARD = 1_000
_MOST_LETTERS = 100_000
"""Heard cells in one record, and letters in their names: far below what a broker takes."""


class LaneClock(msgspec.Struct, frozen=True, kw_only=True):
    """How far a lane is."""

    clock_ms: int
    """Before its first record: when that was received."""
    heard_ms: int | None
    """The least `received` of its reports."""
    checkpoint_ms: int | None = None
    """The clock of its last checkpoint: whoever takes it over goes on from there."""


class _Heards(msgspec.Struct, frozen=True, tag="heards"):
    """Who was heard where, as columns."""

    shipments: list[str]
    lats: list[int]
    lons: list[int]
    slots: list[int]
    gone: list[bool]

    def each(self) -> Iterator[Heard]:
        """One for those that stand together."""
        columns = zip(self.lats, self.lons, self.slots, self.gone, self.shipments, strict=True)
        for (lat, lon, slot, gone), together in groupby(columns, itemgetter(0, 1, 2, 3)):
            yield Heard(tuple(one[-1] for one in together), (lat, lon), slot, gone)


_decode_clock = msgspec.json.Decoder(LaneClock).decode
_decode = msgspec.json.Decoder(ShortStop | Silence | _Heards).decode


class Others:
    """What has been heard of all lanes."""

    def __init__(self, source: Source, keep_ms: int) -> None:
        self._source, self._keep_ms = source, keep_ms
        self._clocks: dict[int, LaneClock] = {}
        self._digests: dict[int, dict[Hashable, ShortStop | Silence]] = {}
        self._heard: dict[int, list[Heard]] = {}
        """In the order in which it was told, of a place the last one counts."""
        self._forgot_ms = 0

    @property
    def clock_ms(self) -> int | None:
        """The furthest clock that any lane has told of."""
        return max((one.clock_ms for one in self._clocks.values()), default=None)

    def reached_ms(self, lane: int) -> int | None:
        """How far a lane has come; None as long as it has told nothing."""
        return self._clocks[lane].clock_ms if lane in self._clocks else None

    @property
    def heard_ms(self) -> int | None:
        """When anybody was first heard."""
        return min((one.heard_ms for one in self._clocks.values() if one.heard_ms is not None), default=None)

    def behind(self, clock_ms: int | None) -> set[int]:
        """The lanes that have not come so far, as far as is known."""
        return {lane for lane, one in self._clocks.items() if clock_ms is None or one.clock_ms < clock_ms}

    def read(self, timeout_s: float = 0) -> dict[int, list[Digest]]:
        """What has arrived, by the lane that said it."""
        news: dict[int, list[Digest]] = {}
        for batch in self._source.poll(timeout_s):
            told = news.setdefault(batch.partition, [])
            for key, value in zip(batch.keys, batch.values, strict=True):
                if value is None or key is None:
                    continue
                if key == _CLOCK:
                    self._clocks[batch.partition] = _decode_clock(value)
                else:
                    one = _decode(value)
                    told += one.each() if isinstance(one, _Heards) else [one]
            self._remember(batch.partition, told)
        if news:
            self._forget_old()
        return news

    def caught_up(self) -> bool:
        """True when all that the topic holds has been read."""
        return self._source.caught_up()

    def told_to(self, lane: int) -> list[Digest]:
        """All that the other lanes have said."""
        single = [one for other, digests in self._digests.items() if other != lane for one in digests.values()]
        return single + [one for other, heard in self._heard.items() if other != lane for one in heard]

    def _remember(self, lane: int, told: Iterable[Digest]) -> None:
        digests, heard = self._digests.setdefault(lane, {}), self._heard.setdefault(lane, [])
        for one in told:
            if isinstance(one, Heard):
                heard.append(one)
            else:
                digests[type(one), one.shipment_id, one.start] = one

    def _forget_old(self) -> None:
        """What no lane needs, wherever it begins again: those behind are behind by weeks when a backlog is read."""
        floor_ms = min(((one.checkpoint_ms or 0) for one in self._clocks.values()), default=0) - self._keep_ms
        if floor_ms < self._forgot_ms + _FORGET_EVERY_MS:
            return
        self._forgot_ms = floor_ms
        for digests in self._digests.values():
            for key in [key for key, one in digests.items() if _end_ms(one) < floor_ms]:
                del digests[key]
        for lane, heard in self._heard.items():
            self._heard[lane] = [one for one in heard if one.slot * SLOT_MS >= floor_ms]


def clock_message(topic: str, lane: int, clock: LaneClock) -> Message:
    """How far a lane is."""
    return Message(topic, _CLOCK, msgspec.json.encode(clock), partition=lane)


def digest_messages(topic: str, lane: int, digests: Iterable[Digest]) -> list[Message]:
    """A lane's digests, of stops and silences the last of each."""
    heard: list[Heard] = []
    last: dict[bytes, ShortStop | Silence] = {}
    for one in digests:
        if isinstance(one, Heard):
            heard.append(one)
        else:
            last[f"{type(one).__name__}/{one.shipment_id}/{one.start}".encode()] = one
    records = [(key, msgspec.json.encode(one)) for key, one in last.items()]
    records += [(b"heard/" + _hash(value), value) for value in map(msgspec.json.encode, _bundles(heard))]
    return [Message(topic, key, value, partition=lane) for key, value in records]


def _bundles(heard: list[Heard]) -> Iterator[_Heards]:
    part: list[tuple[str, Heard]] = []
    letters = 0
    for shipment_id, one in ((shipment_id, those) for those in heard for shipment_id in those.shipment_ids):
        if len(part) == _MOST_HEARD or (part and letters + len(shipment_id) > _MOST_LETTERS):
            yield _bundle(part)
            part, letters = [], 0
        part.append((shipment_id, one))
        letters += len(shipment_id)
    if part:
        yield _bundle(part)


def _bundle(part: list[tuple[str, Heard]]) -> _Heards:
    return _Heards(
        shipments=[shipment_id for shipment_id, _ in part],
        lats=[one.cell[0] for _, one in part],
        lons=[one.cell[1] for _, one in part],
        slots=[one.slot for _, one in part],
        gone=[one.gone for _, one in part],
    )


def _hash(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=12).hexdigest().encode()


def _end_ms(digest: ShortStop | Silence) -> int:
    return sys.maxsize if digest.end is None and not digest.gone else digest.end or digest.start
