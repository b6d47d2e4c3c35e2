"""Reading partitions of one topic, each from where its reader says."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from kafka import KafkaConsumer
from kafka.errors import RetriableError
from kafka.structs import TopicPartition

from sealtrack.io.kafka.connect import QUESTION_MS, connect
from sealtrack.io.kafka.source import READING
from sealtrack.io.kafka.whole import way_to_read
from sealtrack.io.ports import RecordBatch
from sealtrack.settings import Kafka

log = logging.getLogger(__name__)

STALL_S = 30.0
"""A partition that holds more, and gives nothing for so long though the broker answers, is read by a new client."""

MANY_AT_ONCE = {
    "fetch_min_bytes": 1 << 20,
    "fetch_max_wait_ms": 100,
    "max_partition_fetch_bytes": 4 << 20,
    "receive_buffer_bytes": 4 << 20,
}
"""A fetch costs the broker and the client about the same whatever it brings; it is waited for a tenth of a second."""


class Reader:
    """A consumer of no group: what it reads, and from where, is changed by its caller only, between two polls.

    The member of the group does not read. kafka-python 3.0 keeps aside what it has fetched of a partition that is
    paused, fetches nothing of it meanwhile, and forgets it there when another partition was read to its end since. A
    rebalance that gives back lanes just lost would pause and resume them, and some of them would stand still for good.
    """

    def __init__(self, kafka: Kafka, topic: str, poll_records: int, stop: Callable[[], bool]) -> None:
        self._kafka, self._topic, self._stop = kafka, topic, stop
        self._options = READING | MANY_AT_ONCE | {"client_id": kafka.client_id, "max_poll_records": poll_records}
        self.positions: dict[int, int] = {}
        """Of what is read, or on hold: the offset of the next record, by partition."""
        self._on_hold: set[int] = set()
        self.known_ends: dict[int, int] = {}
        """The offset after the last record, as `at_end` was told last."""
        self._moved_s: dict[int, float] = {}
        self._consumer = self._connect(kafka.start_timeout_s)

    def start(self, partition: int, offset: int | None) -> int:
        """Read from an offset, None: from the first record; returns where that is."""
        first = self.beginnings([partition])[partition]
        self.positions[partition] = first if offset is None else max(offset, first)
        self._moved_s[partition] = time.monotonic()
        self._on_hold.discard(partition)
        self._assign()
        self._consumer.seek(self._part(partition), self.positions[partition])
        return self.positions[partition]

    def hold(self, partition: int, offset: int) -> None:
        """Read it no more until `start`, and take `offset` for its position."""
        self.positions[partition] = offset
        self._on_hold.add(partition)
        self._assign()

    def drop(self, partitions: Iterable[int]) -> None:
        """Read these no more."""
        for partition in partitions:
            self.positions.pop(partition, None)
            self._moved_s.pop(partition, None)
            self._on_hold.discard(partition)
        self._assign()

    def poll(self, timeout_s: float) -> list[RecordBatch]:
        """What has arrived."""
        if not self._read():
            time.sleep(min(timeout_s, 0.1))  # the client refuses to wait for nothing
            return []
        try:
            polled = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
        except RetriableError as error:
            self._renew(str(error) or type(error).__name__)
            return []
        batches = [self._batch_of(part, records) for part, records in polled.items()]
        for batch in batches:
            self.positions[batch.partition] = int(batch.offsets[-1]) + 1
            self._moved_s[batch.partition] = time.monotonic()
        return batches

    def at_end(self) -> frozenset[int]:
        """The partitions of which all has been polled, as the broker just said; moves over what is no record.

        KafkaError: it does not answer.
        """
        ends = self.known_ends = self.ends(self.positions)
        for partition in self._read():
            reached = self._consumer.position(self._part(partition), QUESTION_MS)
            self.positions[partition] = max(self.positions[partition], reached or 0)
        done = frozenset(partition for partition, end in ends.items() if self.positions[partition] >= end)
        stalled = [one for one in set(self._read()) - done if time.monotonic() - self._moved_s[one] > STALL_S]
        if stalled:
            self._renew(f"nothing came of partitions {sorted(stalled)} for {STALL_S:g} s")
        return done

    def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        """The offset after the last record, by partition. KafkaError: the broker does not answer."""
        found = self._consumer.end_offsets(list(map(self._part, partitions)), timeout_ms=QUESTION_MS)
        return {part.partition: offset for part, offset in found.items()}

    def beginnings(self, partitions: Iterable[int]) -> dict[int, int]:
        """The offset of the first record, by partition. KafkaError: the broker does not answer."""
        found = self._consumer.beginning_offsets(list(map(self._part, partitions)), timeout_ms=QUESTION_MS)
        return {part.partition: offset for part, offset in found.items()}

    def offset_at(self, partition: int, time_ms: int) -> int | None:
        """The offset of the first record stamped so or later. KafkaError: the broker does not answer."""
        part = self._part(partition)
        found = self._consumer.offsets_for_times({part: max(0, time_ms)}, timeout_ms=QUESTION_MS).get(part)
        return None if found is None else found.offset

    def close(self) -> None:
        """Release connections."""
        self._consumer.close(autocommit=False, timeout_ms=QUESTION_MS)

    def _renew(self, why: str) -> None:
        fields = {"event": "reader_renewed", "topic": self._topic, "why": why}
        log.warning("%(topic)s: %(why)s; reading on with a new client", fields)
        self.close()
        self._consumer = self._connect(self._kafka.publish_timeout_s)
        self._assign()
        for partition in self._read():
            self._consumer.seek(self._part(partition), self.positions[partition])
            self._moved_s[partition] = time.monotonic()

    def _read(self) -> list[int]:
        return sorted(set(self.positions) - self._on_hold)

    def _connect(self, patience_s: float) -> KafkaConsumer:
        consumer = connect(KafkaConsumer, self._options, self._kafka, self._stop, patience_s)
        self._batch_of = way_to_read(consumer)
        return consumer

    def _assign(self) -> None:
        self._consumer.assign([self._part(partition) for partition in self._read()])

    def _part(self, partition: int) -> TopicPartition:
        return TopicPartition(self._topic, partition)
