"""A broker inside this process: topics, partitions by key, offsets, committed positions of groups.

It keeps every promise of `sealtrack.io.ports` that one process can keep, so that what runs on it runs on Kafka.
A partition is read by every source of a group that asks for it: groups share positions, not work.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from sealtrack.errors import TransportError
from sealtrack.io.ports import Message, RecordBatch, Restart
from sealtrack.io.reached import Reached


class _Record(NamedTuple):
    timestamp_ms: int
    key: bytes
    value: bytes | None


class _Committed(NamedTuple):
    offset: int
    reached_ms: int | None


class MemoryBroker:
    """Topics appear when they are first published to or read; each has `partitions` partitions."""

    def __init__(self, partitions: int = 3) -> None:
        self.partitions = partitions
        self.arrival = threading.Condition()
        self._logs: dict[str, list[list[_Record]]] = defaultdict(lambda: [[] for _ in range(partitions)])
        self._committed: dict[tuple[str, str, int], _Committed] = {}

    def log(self, topic: str, partition: int) -> list[_Record]:
        """The records of one partition; its index is the offset."""
        return self._logs[topic][partition]

    def committed(self, group: str, topic: str, partition: int) -> _Committed | None:
        return self._committed.get((group, topic, partition))

    def commit(self, group: str, topic: str, partition: int, at: _Committed) -> None:
        self._committed[group, topic, partition] = at

    def append(self, message: Message) -> None:
        """Store one record and wake the sources that wait."""
        now_ms = time.time_ns() // 1_000_000
        stamp = now_ms if message.timestamp_ms is None else message.timestamp_ms
        with self.arrival:
            log = self.log(message.topic, zlib.crc32(message.key) % self.partitions)
            log.append(_Record(stamp, message.key, message.value))
            self.arrival.notify_all()


class MemorySink:
    """Publishes into a `MemoryBroker`."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker: MemoryBroker | None = broker

    def publish(self, messages: Sequence[Message]) -> None:
        if self._broker is None:
            raise TransportError("the sink is closed; open a new one")
        for message in messages:
            self._broker.append(message)

    def close(self) -> None:
        self._broker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class MemorySource:
    """Reads from a `MemoryBroker`."""

    def __init__(
        self,
        broker: MemoryBroker,
        topics: Sequence[str],
        *,
        group: str | None = None,
        restart: Restart | None = None,
        poll_records: int = 10_000,
    ) -> None:
        self._broker, self._group, self._restart, self._poll_records = broker, group, restart, poll_records
        self._parts = [(topic, partition) for topic in topics for partition in range(broker.partitions)]
        self._positions: dict[tuple[str, int], int] = {}
        self._reached = Reached()

    def poll(self, timeout_s: float) -> list[RecordBatch]:
        with self._broker.arrival:
            if not self._positions:
                self._positions = {part: self._first(*part) for part in self._parts}
            self._broker.arrival.wait_for(lambda: not self.caught_up(), timeout_s)
            room, batches = self._poll_records, []
            for part, position in self._positions.items():
                records = self._broker.log(*part)[position : position + room]
                if records:
                    batches.append(_batch(*part, position, records))
                    self._positions[part] += len(records)
                    self._reached.polled(batches[-1])
                    room -= len(records)
        return batches

    def commit(self, positions: dict[tuple[str, int], int]) -> None:
        if self._group is None:
            raise TransportError("a source without a group cannot commit; name a group")
        for part, offset in positions.items():
            self._broker.commit(self._group, *part, _Committed(offset, self._reached.at(part, offset)))

    def behind(self) -> set[tuple[str, int]]:
        return {part for part in self._parts if self._positions.get(part, -1) < len(self._broker.log(*part))}

    def caught_up(self) -> bool:
        return bool(self._positions) and not self.behind()

    def close(self) -> None:
        self._parts, self._positions = [], {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _first(self, topic: str, partition: int) -> int:
        committed = self._broker.committed(self._group, topic, partition) if self._group is not None else None
        if committed is None:
            return 0
        if self._restart is None or committed.reached_ms is None:
            return committed.offset
        wanted_ms = self._restart((topic, partition), committed.reached_ms)
        log = self._broker.log(topic, partition)
        again = (offset for offset, record in enumerate(log) if record.timestamp_ms >= wanted_ms)
        return min(committed.offset, next(again, committed.offset))


def _batch(topic: str, partition: int, start: int, records: Sequence[_Record]) -> RecordBatch:
    return RecordBatch(
        topic,
        partition,
        np.arange(start, start + len(records)),
        np.array([record.timestamp_ms for record in records], np.int64),
        [record.key for record in records],
        [record.value for record in records],
    )
