"""Apache Kafka through kafka-python: the one place that knows it."""

from sealtrack.io.kafka.announce import announce
from sealtrack.io.kafka.lanes import KafkaLanes
from sealtrack.io.kafka.publisher import KafkaPublisher
from sealtrack.io.kafka.source import KafkaSource
from sealtrack.io.kafka.span import KafkaSpan, Place
from sealtrack.io.kafka.state import KafkaState
from sealtrack.io.kafka.topics import New, ensure_topics

__all__ = [
    "KafkaLanes",
    "KafkaPublisher",
    "KafkaSource",
    "KafkaSpan",
    "KafkaState",
    "New",
    "Place",
    "announce",
    "ensure_topics",
]
