"""A broker inside this process: topics, partitions by key, offsets, groups, transactions.

It keeps every promise of `sealtrack.io.ports` that one process can keep, so that what runs on it runs on Kafka.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np

from sealtrack.errors import TransportError
from sealtrack.io.ports import Message, Moved, Outlook, RecordBatch, Undone


class _Record(NamedTuple):
    timestamp_ms: int
    key: bytes
    value: bytes | None


class _Group:
    """Its members, and what they have dealt with."""

    def __init__(self) -> None:
        self.members: list[MemoryLanes] = []
        self.generation = 0
        self.committed: dict[tuple[str, int], int] = {}


class MemoryBroker:
    """Topics appear when they are first published to or read; each has `partitions` partitions."""

    def __init__(self, partitions: int = 3) -> None:
        self.partitions = partitions
        self.arrival = threading.Condition()
        self.groups: dict[str, _Group] = defaultdict(_Group)
        self._logs: dict[str, list[list[_Record]]] = defaultdict(lambda: [[] for _ in range(partitions)])

    def log(self, topic: str, partition: int) -> list[_Record]:
        """The records of one partition; its index is the offset."""
        return self._logs[topic][partition]

    def partition_of(self, key: bytes) -> int:
        """Where records of this key go."""
        return zlib.crc32(key) % self.partitions

    def append(self, *messages: Message) -> None:
        """Store records and wake the sources that wait."""
        now_ms = time.time_ns() // 1_000_000
        with self.arrival:
            for message in messages:
                partition = self.partition_of(message.key) if message.partition is None else message.partition
                stamp = now_ms if message.timestamp_ms is None else message.timestamp_ms
                self.log(message.topic, partition).append(_Record(stamp, message.key, message.value))
            self.arrival.notify_all()


class _Closing:
    def close(self) -> None:
        """Nothing to release."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class MemorySource(_Closing):
    """Reads topics of a `MemoryBroker` from their first records."""

    def __init__(self, broker: MemoryBroker, topics: Sequence[str], *, poll_records: int = 10_000) -> None:
        self._reading = _Reading(broker, poll_records)
        for topic in topics:
            for partition in range(broker.partitions):
                self._reading.positions[topic, partition] = 0

    def poll(self, timeout_s: float) -> list[RecordBatch]:
        return self._reading.poll(timeout_s)

    def caught_up(self) -> bool:
        return not self._reading.behind()


class MemoryLanes(_Closing):
    """The partitions of a topic that a group gives to this member."""

    def __init__(self, broker: MemoryBroker, topic: str, group: str = "g", *, poll_records: int = 10_000) -> None:
        self._broker, self.topic, self._group = broker, topic, broker.groups[group]
        self._reading = _Reading(broker, poll_records)
        self.generation = -1
        self.held: set[int] = set()
        self._on_hold: dict[int, int] = {}
        self._group.members.append(self)
        self._group.generation += 1

    def poll(self, timeout_s: float) -> tuple[Moved, list[RecordBatch]]:
        with self._broker.arrival:
            moved = self._rebalance()
        return moved, [] if moved.taken else self._reading.poll(timeout_s)

    def start(self, lane: int, offset: int | None) -> int:
        self._on_hold.pop(lane, None)
        self._reading.positions[self.topic, lane] = offset or 0
        return offset or 0

    def hold(self, lane: int, offset: int) -> None:
        self._reading.positions.pop((self.topic, lane), None)
        self._on_hold[lane] = offset

    def position(self, lane: int) -> int:
        return self._on_hold[lane] if lane in self._on_hold else self._reading.positions[self.topic, lane]

    def count(self) -> int:
        return self._broker.partitions

    def end(self, lane: int) -> int:
        return len(self._broker.log(self.topic, lane))

    def offset_at(self, lane: int, time_ms: int) -> int:
        log = self._broker.log(self.topic, lane)
        return next((offset for offset, record in enumerate(log) if record.timestamp_ms >= time_ms), len(log))

    def committed(self, lane: int) -> int | None:
        return self._group.committed.get((self.topic, lane))

    def caught_up(self) -> frozenset[int]:
        behind = self._reading.behind()
        return frozenset(part[1] for part in self._reading.positions if part not in behind)

    def outlook(self) -> Outlook:
        joined = self in self._group.members and self.generation == self._group.generation
        return Outlook(joined, True, {lane: self.end(lane) for lane in self.held})

    def all_done(self) -> bool:
        lanes = range(self._broker.partitions)
        return all((self.committed(lane) or 0) >= self.end(lane) for lane in lanes)

    def lane_of(self, key: bytes) -> int:
        return self._broker.partition_of(key)

    def close(self) -> None:
        if self in self._group.members:
            self._group.members.remove(self)
            self._group.generation += 1

    def commit(self, offsets: Mapping[int, int]) -> None:
        """What a publisher does with the offsets; Undone when the group has moved on."""
        if self.generation != self._group.generation or self not in self._group.members:
            raise Undone("the group has moved on")
        self._group.committed |= {(self.topic, lane): offset for lane, offset in offsets.items()}

    def _rebalance(self) -> Moved:
        if self not in self._group.members:
            return Moved(frozenset(), frozenset())
        self.generation = self._group.generation
        number, count = self._group.members.index(self), len(self._group.members)
        mine = {lane for lane in range(self._broker.partitions) if lane % count == number}
        others = {lane for member in self._group.members if member is not self for lane in member.held}
        moved = Moved(frozenset(self.held - mine), frozenset(mine - self.held - others))
        self.held = (self.held - moved.lost) | moved.taken
        for lane in moved.lost:
            self._on_hold.pop(lane, None)
            self._reading.positions.pop((self.topic, lane), None)
        return moved


class MemoryPublisher(_Closing):
    """Publishes into a `MemoryBroker`."""

    def __init__(self, broker: MemoryBroker, lanes: MemoryLanes | None = None) -> None:
        self._broker, self._lanes, self._closed = broker, lanes, False

    def publish(self, messages: Sequence[Message], offsets: Mapping[int, int]) -> None:
        if self._closed:
            raise TransportError("the publisher is closed; open a new one")
        with self._broker.arrival:
            if self._lanes is not None:
                self._lanes.commit(offsets)
            self._broker.append(*messages)

    def close(self) -> None:
        self._closed = True


class MemoryState(_Closing):
    """Reads the state topic of a `MemoryBroker`."""

    def __init__(self, broker: MemoryBroker, topic: str) -> None:
        self._broker, self._topic = broker, topic

    def read(self, lane: int) -> dict[bytes, bytes]:
        with self._broker.arrival:
            last = {record.key: record.value for record in self._broker.log(self._topic, lane)}
        return {key: value for key, value in last.items() if value is not None}


class _Reading:
    """Positions in partitions, and what comes next there."""

    def __init__(self, broker: MemoryBroker, poll_records: int) -> None:
        self._broker, self._poll_records = broker, poll_records
        self.positions: dict[tuple[str, int], int] = {}

    def behind(self) -> set[tuple[str, int]]:
        return {part for part, position in self.positions.items() if position < len(self._broker.log(*part))}

    def poll(self, timeout_s: float) -> list[RecordBatch]:
        with self._broker.arrival:
            self._broker.arrival.wait_for(self.behind, timeout_s)
            room, batches = self._poll_records, []
            for part, position in self.positions.items():
                records = self._broker.log(*part)[position : position + room]
                if records:
                    batches.append(_batch(*part, position, records))
                    self.positions[part] += len(records)
                    room -= len(records)
        return batches


def _batch(topic: str, partition: int, start: int, records: Sequence[_Record]) -> RecordBatch:
    return RecordBatch(
        topic,
        partition,
        np.arange(start, start + len(records)),
        np.array([record.timestamp_ms for record in records], np.int64),
        [record.key for record in records],
        [record.value for record in records],
    )
