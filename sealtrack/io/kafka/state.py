"""Reading back what the lanes left in the state topic."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Self

from kafka import KafkaConsumer
from kafka.structs import TopicPartition

from sealtrack.errors import TransportError
from sealtrack.io.kafka.connect import QUESTION_MS, connect, one_line
from sealtrack.io.kafka.source import READING
from sealtrack.settings import Kafka

log = logging.getLogger(__name__)


class KafkaState:
    """See `sealtrack.io.ports.State`.

    Two consumers: what is committed, and how far the log reaches, open transactions included. A worker that lost the
    lane may have a transaction open whose offsets the broker took before it died; whoever read only what is committed
    now would publish the same again.
    """

    def __init__(self, kafka: Kafka, topic: str, stop: Callable[[], bool] = lambda: False) -> None:
        self._kafka, self._topic = kafka, topic
        self._one_at_a_time = threading.Lock()
        options = READING | {"client_id": kafka.client_id, "max_poll_records": 10_000}
        self._committed = connect(KafkaConsumer, options, kafka, stop)
        self._written = connect(KafkaConsumer, options | {"isolation_level": "read_uncommitted"}, kafka, stop)

    def read(self, lane: int) -> dict[bytes, bytes]:
        part = TopicPartition(self._topic, lane)
        with self._one_at_a_time, one_line(f"{self._kafka.bootstrap}: cannot read {self._topic}"):
            return self._read(part)

    def close(self) -> None:
        self._committed.close(autocommit=False, timeout_ms=QUESTION_MS)
        self._written.close(autocommit=False, timeout_ms=QUESTION_MS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _read(self, part: TopicPartition) -> dict[bytes, bytes]:
        patience_s = self._kafka.transaction_timeout_s + self._kafka.publish_timeout_s
        deadline_s, told_s = time.monotonic() + patience_s, time.monotonic() + 5
        found: dict[bytes, bytes] = {}
        self._committed.assign([part])
        self._committed.seek_to_beginning(part)
        end = self._written.end_offsets([part])[part]
        while (self._committed.position(part) or 0) < end:
            for record in self._committed.poll(timeout_ms=500).get(part, ()):
                if record.value is None:
                    found.pop(record.key, None)
                else:
                    found[record.key] = record.value
            now_s = time.monotonic()
            if now_s > deadline_s:
                raise TransportError(f"{self._topic}-{part.partition}: a transaction stays open; start again")
            if now_s > told_s:
                told_s = float("inf")
                fields = {"event": "state_waits", "topic": part.topic, "lane": part.partition}
                log.info("%(topic)s-%(lane)d: reading on, or waiting for another worker's last transaction", fields)
        return found
