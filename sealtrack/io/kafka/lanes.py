"""The partitions that a consumer group gives to this worker."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Self

from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError
from kafka.partitioner.default import murmur2
from kafka.structs import ConsumerGroupMetadata, TopicPartition

from sealtrack.io.kafka.batch import batch_of
from sealtrack.io.kafka.connect import QUESTION_MS, connect, one_line
from sealtrack.io.kafka.source import READING
from sealtrack.io.ports import Moved, RecordBatch
from sealtrack.settings import Kafka

log = logging.getLogger(__name__)

_STABLE = "<stable>"
_JOINING_S = 30.0
"""How long one poll waits for the group to agree."""


class KafkaLanes:
    """See `sealtrack.io.ports.Lanes`. Partitions move one by one (cooperative assignment), the others are read on."""

    def __init__(
        self, kafka: Kafka, topic: str, *, poll_records: int = 10_000, stop: Callable[[], bool] = lambda: False
    ) -> None:
        self._kafka, self.topic, self._stop = kafka, topic, stop
        options = READING | {
            "client_id": kafka.client_id,
            "group_id": kafka.group,
            "group_instance_id": kafka.instance,
            "partition_assignment_strategy": [CooperativeStickyAssignor],
            "max_poll_records": poll_records,
            "session_timeout_ms": int(kafka.session_timeout_s * 1000),
            "heartbeat_interval_ms": min(3000, int(kafka.session_timeout_s * 1000 / 4)),
        }
        self._consumer = connect(KafkaConsumer, options, kafka, stop)
        self._moves = _Moves(self._consumer)
        self._held: set[int] = set()
        self._started: set[int] = set()
        self._answering = self._settled = True
        self._membership: ConsumerGroupMetadata | None = None
        self._consumer.subscribe([topic], listener=self._moves)
        # Joining a group before the topic's metadata is there assigns nothing, and sometimes stays at that.
        with self._speaking("cannot read"):
            self._partitions = len(self._consumer.partitions_for_topic(topic) or ())

    @property
    def membership(self) -> ConsumerGroupMetadata | None:
        """The membership under which the lanes of the last poll are held: the broker refuses an outdated one."""
        return self._membership

    def poll(self, timeout_s: float) -> tuple[Moved, list[RecordBatch]]:
        with self._speaking("cannot read"):
            polled = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
            # A join that completes between two polls is forgotten by the client, which joins anew: everybody's
            # partitions would be dealt out again, and again. So it is not left alone meanwhile.
            patience_s = time.monotonic() + _JOINING_S
            while not polled and not self._is_settled() and not self._stop() and time.monotonic() < patience_s:
                polled = self._consumer.poll(timeout_ms=1000)
            self._settled = self._is_settled()
        moved = self._moves.take(self._held)
        self._held = (self._held - moved.lost) | moved.taken
        self._started -= moved.lost | moved.taken
        return moved, [batch_of(part, records) for part, records in polled.items() if part.partition in self._started]

    def start(self, lane: int, offset: int | None) -> int:
        part = self._part(lane)
        with self._speaking("cannot seek in"):
            first = self._consumer.beginning_offsets([part], timeout_ms=QUESTION_MS)[part]
            found = first if offset is None else max(offset, first)
            self._consumer.seek(part, found)
            self._consumer.resume(part)
        self._started.add(lane)
        return found

    def position(self, lane: int) -> int:
        with self._speaking("cannot tell the position in"):
            return self._consumer.position(self._part(lane), QUESTION_MS) or 0

    def end(self, lane: int) -> int:
        part = self._part(lane)
        with self._speaking("cannot tell the end of"):
            return self._consumer.end_offsets([part], timeout_ms=QUESTION_MS)[part]

    def offset_at(self, lane: int, time_ms: int) -> int:
        part = self._part(lane)
        with self._speaking("cannot look for a time in"):
            found = self._consumer.offsets_for_times({part: max(0, time_ms)}, timeout_ms=QUESTION_MS).get(part)
        return self.end(lane) if found is None else found.offset

    def committed(self, lane: int) -> int | None:
        # Asking for stable offsets, the client waits until an open transaction of another worker has ended.
        with self._speaking("cannot tell the committed offset of"):
            return self._consumer.committed(self._part(lane))

    def caught_up(self) -> frozenset[int]:
        if not self._settled:
            return frozenset()  # nothing is polled meanwhile, and what is published may be refused
        parts = sorted(map(self._part, self._started))
        try:
            ends = self._consumer.end_offsets(parts, timeout_ms=QUESTION_MS)
            done = [p.partition for p in parts if (self._consumer.position(p, QUESTION_MS) or 0) >= ends[p]]
        except KafkaError as error:
            if self._answering:
                log.warning("%s does not answer (%s); waiting, time stands still", self._kafka.bootstrap, error)
            self._answering = False
            return frozenset()
        if not self._answering:
            log.info("%s answers again", self._kafka.bootstrap)
        self._answering = True
        return frozenset(done)

    def all_done(self) -> bool:
        parts = [TopicPartition(self.topic, number) for number in range(self._partitions)]
        try:
            ends = self._consumer.end_offsets(parts, timeout_ms=QUESTION_MS)
            firsts = self._consumer.beginning_offsets(parts, timeout_ms=QUESTION_MS)
            done = {part: self._consumer.committed(part, timeout_ms=QUESTION_MS) for part in parts}
        except KafkaError:
            return False
        return all((done[part] or firsts[part]) >= ends[part] for part in parts)

    def lane_of(self, key: bytes) -> int:
        return (murmur2(key) & 0x7FFFFFFF) % max(1, self._partitions)

    def close(self) -> None:
        self._consumer.close(autocommit=False, timeout_ms=QUESTION_MS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _is_settled(self) -> bool:
        membership = self._consumer.group_metadata()  # type: ignore[no-untyped-call]
        # While a join is under way its generation is known before its partitions are: keep the one of those held.
        if membership.state == _STABLE:
            self._membership = membership
        return bool(membership.state == _STABLE)

    def _part(self, lane: int) -> TopicPartition:
        return TopicPartition(self.topic, lane)

    def _speaking(self, what: str) -> AbstractContextManager[None]:
        return one_line(f"{self._kafka.bootstrap}: {what} {self.topic}")


class _Moves(ConsumerRebalanceListener):
    """What the group's rebalances did, in order; called from kafka-python's own thread."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer = consumer
        self._seen: deque[tuple[bool, frozenset[int]]] = deque()

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        for part in assigned:
            # Without a position the next poll would ask for the committed one, and that waits until the transactions
            # of a dead worker have timed out.
            self._consumer.seek(part, 0)
            self._consumer.pause(part)
        self._seen.append((True, frozenset(part.partition for part in assigned)))

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._seen.append((False, frozenset(part.partition for part in revoked)))

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        self.on_partitions_revoked(lost)

    def take(self, held: Collection[int]) -> Moved:
        """What has changed since the last call, when `held` were held."""
        now, gone = set(held), set[int]()
        while self._seen:
            came, lanes = self._seen.popleft()
            if came:
                now |= lanes
            else:
                now -= lanes
                gone |= lanes & set(held)
        return Moved(frozenset(gone), frozenset(lane for lane in now if lane in gone or lane not in held))
