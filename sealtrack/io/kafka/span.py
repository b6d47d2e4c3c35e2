"""A stretch of a topic: from somewhere to somewhere, or on and on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple, Self

import numpy as np
from kafka import KafkaConsumer
from kafka.structs import TopicPartition

from sealtrack.errors import TransportError, UsageError
from sealtrack.io.kafka.batch import batch_of
from sealtrack.io.kafka.connect import QUESTION_MS, connect, one_line
from sealtrack.io.kafka.source import READING
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import Time
from sealtrack.settings import Kafka

_POLL_MS = 500
_ANSWER_MS = 30_000
"""Longest wait for an answer: a command has nothing else to do meanwhile."""


class Place(NamedTuple):
    """A place in each partition: an offset, or a time that records are stamped with."""

    offset: int | None = None
    time_ms: Time | None = None


class KafkaSpan:
    """Records from `start` (None: the first there is) to before `end` (None: the end at this moment).

    Only what is committed. By time, a record belongs to the stretch by its own stamp, in whatever order they stand.
    """

    def __init__(
        self,
        kafka: Kafka,
        topic: str,
        partitions: Collection[int] = (),
        *,
        start: Place | None = None,
        end: Place | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """`partitions`: only these; none: all. UsageError for a topic or partition that does not exist."""
        self._what = f"{kafka.bootstrap}: cannot read {topic}"
        self._start, self._end, self._stop = start or Place(), end or Place(), stop
        self._consumer = connect(
            KafkaConsumer, READING | {"client_id": kafka.client_id, "max_poll_records": 10_000}, kafka, stop
        )
        with one_line(self._what):
            there = self._consumer.partitions_for_topic(topic)
        if not there:
            raise UsageError(f"topic {topic} does not exist at {kafka.bootstrap}; check its name in [topics]")
        for one in sorted(set(partitions) - set(there)):
            raise UsageError(f"topic {topic} has no partition {one}; it has 0 to {max(there)}")
        self._parts = [TopicPartition(topic, number) for number in sorted(partitions or there)]
        with one_line(self._what):
            self._seek()

    def count(self) -> int:
        """Offsets between here and the end; more than there are records, where some were compacted or undone."""
        return sum(max(0, self._ends[part] - self._at(part)) for part in self._parts)

    def polls(self, *, follow: bool = False) -> Iterator[list[RecordBatch]]:
        """What there is, then, to `follow`, what comes, until `stop()`: poll by poll, [] where nothing came.

        TransportError: stopped before the end, or the broker went away.
        """
        while not self._stop() and (follow or self._left()):
            with one_line(self._what):
                polled = self._consumer.poll(timeout_ms=_POLL_MS)
            yield [self._within(batch_of(part, records), bounded=not follow) for part, records in polled.items()]
        if self._stop() and not follow:
            raise TransportError(f"{self._what} to its end: stopped")

    def close(self) -> None:
        self._consumer.close(autocommit=False, timeout_ms=QUESTION_MS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _seek(self) -> None:
        self._consumer.assign(self._parts)
        firsts = self._consumer.beginning_offsets(self._parts, timeout_ms=_ANSWER_MS)
        self._ends = self._consumer.end_offsets(self._parts, timeout_ms=_ANSWER_MS)
        starts = dict(firsts)
        if self._start.time_ms is not None:
            found = self._consumer.offsets_for_times(dict.fromkeys(self._parts, max(0, self._start.time_ms)))
            starts = {part: at.offset if (at := found.get(part)) else self._ends[part] for part in self._parts}
        elif self._start.offset is not None:
            # Not beyond the end: the broker would have the consumer begin at the first record.
            starts = {part: min(max(self._start.offset, firsts[part]), self._ends[part]) for part in self._parts}
        if self._end.offset is not None:
            self._ends = {part: min(end, self._end.offset) for part, end in self._ends.items()}
        for part in self._parts:
            self._consumer.seek(part, starts[part])

    def _at(self, part: TopicPartition) -> int:
        return self._consumer.position(part, _ANSWER_MS) or 0

    def _left(self) -> bool:
        """Whether there is more before the ends; partitions that stand there are not asked any more."""
        with one_line(self._what):
            done = [part for part in self._parts if self._at(part) >= self._ends[part]]
            self._consumer.pause(*done)
        return len(done) < len(self._parts)

    def _within(self, batch: RecordBatch, *, bounded: bool) -> RecordBatch:
        stamps, kept = batch.timestamps_ms, np.ones(len(batch), np.bool_)
        if bounded:
            kept &= batch.offsets < self._ends[TopicPartition(batch.topic, batch.partition)]
        if self._start.offset is not None:
            kept &= batch.offsets >= self._start.offset
        if self._start.time_ms is not None:
            kept &= stamps >= self._start.time_ms
        if self._end.time_ms is not None:
            kept &= stamps < self._end.time_ms
        return batch if kept.all() else batch.take(np.flatnonzero(kept).tolist())
