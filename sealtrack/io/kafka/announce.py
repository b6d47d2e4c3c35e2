"""One record on its own: too large for the transactions, and whole in itself."""

from __future__ import annotations

from collections.abc import Callable

from kafka import KafkaProducer

from sealtrack.io.kafka.connect import connect, one_line
from sealtrack.io.ports import Message
from sealtrack.io.topic_plan import LARGEST_GEOFENCES
from sealtrack.settings import Kafka


def announce(kafka: Kafka, message: Message, stop: Callable[[], bool] = lambda: False) -> None:
    """Publish it and wait until it stands; TransportError when it cannot."""
    options = {
        "client_id": kafka.client_id,
        "acks": "all",
        "compression_type": "gzip",
        "max_request_size": LARGEST_GEOFENCES,
        "allow_auto_create_topics": False,
    }
    producer = connect(KafkaProducer, options, kafka, stop)
    try:
        with one_line(f"{kafka.bootstrap}: cannot write to {message.topic}"):
            sent = producer.send(message.topic, message.value, message.key, timestamp_ms=message.timestamp_ms)
            sent.get(kafka.publish_timeout_s)  # type: ignore[no-untyped-call]
    finally:
        producer.close(timeout=0)
