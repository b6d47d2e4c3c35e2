"""Topics from wherever a reader says that it stands, which keeps its own offsets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kafka.structs import TopicPartition

from sealtrack.io.kafka.connect import one_line
from sealtrack.io.kafka.source import KafkaSource
from sealtrack.settings import Kafka


class KafkaTail(KafkaSource):
    """A `KafkaSource` that begins each partition at a given offset, without one at the first record."""

    def __init__(
        self,
        kafka: Kafka,
        topics: Sequence[str],
        starts: Mapping[tuple[str, int], int],
        *,
        poll_records: int = 10_000,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(kafka, topics, poll_records=poll_records, stop=stop)
        self._starts = dict(starts)

    def _assign_all(self) -> None:
        before = self._consumer.assignment()
        super()._assign_all()
        with one_line(f"{self._bootstrap}: cannot read {', '.join(self._topics)}"):
            for part in self._consumer.assignment() - before:
                self._begin(part)

    def _begin(self, part: TopicPartition) -> None:
        # What retention has removed by now the broker answers with the first record there is.
        start = self._starts.get((part.topic, part.partition))
        if start is not None:
            self._consumer.seek(part, start)
