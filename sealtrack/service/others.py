"""What the lanes of all workers tell each other through the digests topic. Lane p writes to partition p:

- `clock`: how far its clock is, and when it first heard anybody;
- its digests, each under a key of its own, replaced when it changes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import msgspec

from sealtrack.across import Digest, Heard
from sealtrack.core.state import SLOT_MS
from sealtrack.io.ports import Message, Source

_CLOCK = b"clock"
_FORGET_EVERY_MS = 3_600_000


class LaneClock(msgspec.Struct, frozen=True, kw_only=True):
    """How far a lane is."""

    clock_ms: int
    """Before its first record: when that was received."""
    heard_ms: int | None
    """The least `received` of its reports."""
    checkpoint_ms: int | None = None
    """The clock of its last checkpoint: whoever takes it over goes on from there."""


class Others:
    """What has been heard of all lanes."""

    def __init__(self, source: Source, keep_ms: int) -> None:
        self._source, self._keep_ms = source, keep_ms
        self._clocks: dict[int, LaneClock] = {}
        self._digests: dict[int, dict[bytes, Digest]] = {}
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
                    self._clocks[batch.partition] = msgspec.json.decode(value, type=LaneClock)
                else:
                    told.append(msgspec.json.decode(value, type=Digest))
                    self._digests.setdefault(batch.partition, {})[key] = told[-1]
        if news:
            self._forget_old()
        return news

    def caught_up(self) -> bool:
        """True when all that the topic holds has been read."""
        return self._source.caught_up()

    def told_to(self, lane: int) -> list[Digest]:
        """All that the other lanes have said."""
        return [one for other, digests in self._digests.items() if other != lane for one in digests.values()]

    def _forget_old(self) -> None:
        """What no lane needs, wherever it begins again: those behind are behind by weeks when a backlog is read."""
        floor_ms = min(((one.checkpoint_ms or 0) for one in self._clocks.values()), default=0) - self._keep_ms
        if floor_ms < self._forgot_ms + _FORGET_EVERY_MS:
            return
        self._forgot_ms = floor_ms
        for digests in self._digests.values():
            for key in [key for key, one in digests.items() if _time_ms(one) < floor_ms]:
                del digests[key]


def clock_message(topic: str, lane: int, clock: LaneClock) -> Message:
    """How far a lane is."""
    return Message(topic, _CLOCK, msgspec.json.encode(clock), partition=lane)


def digest_messages(topic: str, lane: int, digests: Iterable[Digest]) -> list[Message]:
    """A lane's digests, the last of each key."""
    last = {_key_of(one): one for one in digests}
    return [Message(topic, key, msgspec.json.encode(one), partition=lane) for key, one in last.items()]


def _key_of(digest: Digest) -> bytes:
    if isinstance(digest, Heard):
        return f"heard/{digest.shipment_id}/{digest.cell[0]}/{digest.cell[1]}/{digest.slot}".encode()
    return f"{type(digest).__name__}/{digest.shipment_id}/{digest.start}".encode()


def _time_ms(digest: Digest) -> int:
    if isinstance(digest, Heard):
        return digest.slot * SLOT_MS
    return sys.maxsize if digest.end is None and not digest.gone else digest.end or digest.start
