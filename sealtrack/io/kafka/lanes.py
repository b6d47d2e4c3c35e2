"""The partitions that a consumer group gives to this worker."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Self

from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError, RetriableError
from kafka.partitioner.default import murmur2
from kafka.structs import ConsumerGroupMetadata, TopicPartition

from sealtrack.errors import UsageError
from sealtrack.io.kafka.connect import QUESTION_MS, connect, one_line
from sealtrack.io.kafka.reader import Reader
from sealtrack.io.kafka.source import READING
from sealtrack.io.kafka.topics import MORE_PARTITIONS
from sealtrack.io.ports import Moved, Outlook, RecordBatch
from sealtrack.settings import Kafka

log = logging.getLogger(__name__)

KEYS_KNOWN, LONGEST_KNOWN = 100_000, 64
"""So many keys, of so many bytes at most, whose place is remembered: the client's hash is plain Python, and each batch
has most of the seals again. Longer ones are made up by whoever likes, and would take hundreds of megabytes."""
_STABLE = "<stable>"
_JOINING_S = 30.0
"""How long one poll waits for the group to agree."""


class KafkaLanes:
    """See `sealtrack.io.ports.Lanes`. Partitions move one by one (cooperative assignment), the others are read on.

    Two clients: the member of the group reads nothing, and what the group gave is read by a client of no group.
    """

    def __init__(
        self, kafka: Kafka, topic: str, *, poll_records: int = 10_000, stop: Callable[[], bool] = lambda: False
    ) -> None:
        self._kafka, self.topic, self._stop = kafka, topic, stop
        options = READING | {
            "client_id": kafka.client_id,
            "group_id": kafka.group,
            "group_instance_id": kafka.instance,
            "partition_assignment_strategy": [CooperativeStickyAssignor],
            "session_timeout_ms": int(kafka.session_timeout_s * 1000),
            "heartbeat_interval_ms": min(3000, int(kafka.session_timeout_s * 1000 / 4)),
        }
        self._reader = Reader(kafka, topic, poll_records, stop)
        self._member = connect(KafkaConsumer, options, kafka, stop)
        self._moves = _Moves(self._member)
        self._held: set[int] = set()
        self._answering = self._settled = True
        self._membership: ConsumerGroupMetadata | None = None
        self._member.subscribe([topic], listener=self._moves)
        # Joining a group before the topic's metadata is there assigns nothing, and sometimes stays at that.
        with self._speaking("cannot read"):
            self._partitions = len(self._member.partitions_for_topic(topic) or ())

    @property
    def membership(self) -> ConsumerGroupMetadata | None:
        """The membership under which the lanes of the last poll are held: the broker refuses an outdated one."""
        return self._membership

    def poll(self, timeout_s: float) -> tuple[Moved, list[RecordBatch]]:
        with self._speaking("cannot read"):
            try:
                self._settle()
            except RetriableError as error:  # what is held is read on; the reader's patience has an end
                self._settled = False
                self._tell_away(error)
            moved = self._moves.take(self._held)
            if any(lane >= self._partitions for lane in moved.taken):
                raise UsageError(f"topic {self.topic} was given more partitions meanwhile: {MORE_PARTITIONS}")
            self._held = (self._held - moved.lost) | moved.taken
            if moved.lost or moved.taken:
                self._reader.drop(moved.lost | moved.taken)
            return moved, self._reader.poll(timeout_s)

    def start(self, lane: int, offset: int | None) -> int:
        with self._speaking("cannot seek in"):
            return self._reader.start(lane, offset)

    def hold(self, lane: int, offset: int) -> None:
        self._reader.hold(lane, offset)

    def count(self) -> int:
        return self._partitions

    def position(self, lane: int) -> int:
        return self._reader.positions[lane]

    def end(self, lane: int) -> int:
        with self._speaking("cannot tell the end of"):
            return self._reader.ends([lane])[lane]

    def offset_at(self, lane: int, time_ms: int) -> int:
        with self._speaking("cannot look for a time in"):
            found = self._reader.offset_at(lane, time_ms)
        return self.end(lane) if found is None else found

    def committed(self, lane: int) -> int | None:
        # Asking for stable offsets, the client waits until an open transaction of another worker has ended.
        with self._speaking("cannot tell the committed offset of"):
            return self._member.committed(self._part(lane))

    def caught_up(self) -> frozenset[int]:
        if not self._settled:
            return frozenset()  # nothing is polled meanwhile, and what is published may be refused
        try:
            done = self._reader.at_end()
        except KafkaError as error:
            self._tell_away(error)
            return frozenset()
        if not self._answering:
            log.info("%(bootstrap)s answers again", {"event": "broker_back", "bootstrap": self._kafka.bootstrap})
        self._answering = True
        return done

    def outlook(self) -> Outlook:
        return Outlook(self._settled and self._membership is not None, self._answering, self._reader.known_ends)

    def all_done(self) -> bool:
        numbers = range(self._partitions)
        try:
            ends, firsts = self._reader.ends(numbers), self._reader.beginnings(numbers)
            done = {n: self._member.committed(self._part(n), timeout_ms=QUESTION_MS) for n in numbers}
        except KafkaError:
            return False
        return all((done[n] or firsts[n]) >= ends[n] for n in numbers)

    def lane_of(self, key: bytes) -> int:
        number = _known_hash(key) if len(key) <= LONGEST_KNOWN else murmur2(key)
        return (number & 0x7FFFFFFF) % max(1, self._partitions)

    def close(self) -> None:
        self._member.close(autocommit=False, timeout_ms=QUESTION_MS)
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _settle(self) -> None:
        """Take part in the group; while a rebalance is under way, until it ends."""
        self._member.poll(timeout_ms=0)
        # A join that completes between two polls is forgotten by the client, which joins anew: everybody's partitions
        # would be dealt out again, and again. So it is not left alone meanwhile.
        patience_s = time.monotonic() + _JOINING_S
        while not self._is_settled() and not self._stop() and time.monotonic() < patience_s:
            # One for the sake of new partitions it takes for done once they are dealt out, and never completes.
            self._member._coordinator.request_rejoin()  # type: ignore[attr-defined]  # noqa: SLF001
            self._member.poll(timeout_ms=100)
        self._settled = self._is_settled()

    def _tell_away(self, error: KafkaError) -> None:
        if self._answering:
            fields = {"event": "broker_away", "bootstrap": self._kafka.bootstrap, "why": str(error)}
            log.warning("%(bootstrap)s does not answer (%(why)s); waiting, time stands still", fields)
        self._answering = False

    def _is_settled(self) -> bool:
        membership = self._member.group_metadata()  # type: ignore[no-untyped-call]
        # While a join is under way its generation is known before its partitions are: keep the one of those held.
        if membership.state == _STABLE:
            self._membership = membership
        return bool(membership.state == _STABLE)

    def _part(self, lane: int) -> TopicPartition:
        return TopicPartition(self.topic, lane)

    def _speaking(self, what: str) -> AbstractContextManager[None]:
        return one_line(f"{self._kafka.bootstrap}: {what} {self.topic}")


@lru_cache(KEYS_KNOWN)
def _known_hash(key: bytes) -> int:
    return int(murmur2(key))


class _Moves(ConsumerRebalanceListener):
    """What the group's rebalances did, in order; called from kafka-python's own thread."""

    def __init__(self, member: KafkaConsumer) -> None:
        self._member = member
        self._seen: deque[tuple[bool, frozenset[int]]] = deque()

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        for part in assigned:
            # Without a position the next poll would ask for the committed one, and that waits until the transactions
            # of a dead worker have timed out.
            self._member.seek(part, 0)
            self._member.pause(part)  # for good: another client reads
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
