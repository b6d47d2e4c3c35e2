"""Whole topics, from the first record."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Self

from kafka import KafkaConsumer
from kafka.errors import KafkaError
from kafka.structs import TopicPartition

from sealtrack.io.kafka.connect import QUESTION_MS, connect, one_line
from sealtrack.io.kafka.whole import way_to_read
from sealtrack.io.ports import RecordBatch
from sealtrack.settings import Kafka

log = logging.getLogger(__name__)

READING: dict[str, Any] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "isolation_level": "read_committed",
    "allow_auto_create_topics": False,
}


class KafkaSource:
    """Reads topics; see `sealtrack.io.ports.Source`."""

    def __init__(
        self,
        kafka: Kafka,
        topics: Sequence[str],
        *,
        poll_records: int = 10_000,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._topics, self._bootstrap = topics, kafka.bootstrap
        options = READING | {"client_id": kafka.client_id, "max_poll_records": poll_records}
        self._consumer = connect(KafkaConsumer, options, kafka, stop)
        self._batch_of = way_to_read(self._consumer)

    def poll(self, timeout_s: float) -> list[RecordBatch]:
        with one_line(f"{self._bootstrap}: cannot read {', '.join(self._topics)}"):
            self._assign_all()
            polled = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
        return [self._batch_of(part, records) for part, records in polled.items()]

    def caught_up(self) -> bool:
        parts = sorted(self._consumer.assignment())
        try:
            ends = self._consumer.end_offsets(parts, timeout_ms=QUESTION_MS)
            done = all((self._consumer.position(part, QUESTION_MS) or 0) >= ends[part] for part in parts)
        except KafkaError as error:
            log.debug(
                "%(bootstrap)s does not answer: %(why)s",
                {"event": "broker_away", "bootstrap": self._bootstrap, "why": str(error)},
            )
            return False
        return bool(parts) and done

    def close(self) -> None:
        self._consumer.close(autocommit=False, timeout_ms=QUESTION_MS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _assign_all(self) -> None:
        # Also notices partitions that are added later; those assigned before keep their positions.
        found = {TopicPartition(t, p) for t in self._topics for p in self._consumer.partitions_for_topic(t) or ()}
        if found != self._consumer.assignment():
            self._consumer.assign(sorted(found))
