"""The topics: there before anything is read or written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from sealtrack.errors import TransportError, UsageError
from sealtrack.io.kafka.connect import connect
from sealtrack.settings import Kafka

log = logging.getLogger(__name__)


def ensure_topics(
    kafka: Kafka,
    topics: Mapping[str, bool],
    *,
    like: Mapping[str, str] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Make sure that each topic is there; the mapping's value says whether a new one is compacted.

    `like` names topics that need as many partitions as another one has.

    Raises:
        UsageError: a topic is missing and `create_topics` is off, or has too few partitions.
        TransportError: the broker stays away, or refuses.
    """
    admin = connect(KafkaAdminClient, {"client_id": kafka.client_id}, kafka, stop)
    try:
        missing = sorted(set(topics) - set(admin.list_topics()))
        if missing and not kafka.create_topics:
            raise UsageError(f"topic {missing[0]} does not exist: create it, or set kafka.create_topics = true")
        like = like or {}
        for topic in sorted(missing, key=lambda name: name in like):
            count = _partitions(admin, like[topic]) if topic in like else -1
            _create(admin, topic, count, compacted=topics[topic])
        admin.wait_for_topics(list(topics))
        for topic, model in like.items():
            _compare(topic, _partitions(admin, topic), model, _partitions(admin, model))
    except KafkaError as error:
        raise TransportError(f"{kafka.bootstrap}: cannot prepare the topics: {error}") from None
    finally:
        admin.close()


def _create(admin: KafkaAdminClient, topic: str, partitions: int, *, compacted: bool) -> None:
    configs = {"cleanup.policy": "compact"} if compacted else {}
    try:
        admin.create_topics({topic: {"num_partitions": partitions, "configs": configs}}, wait_for_metadata=True)
        log.info("created topic %s", topic)
    except TopicAlreadyExistsError:
        pass  # another worker was quicker


def _partitions(admin: KafkaAdminClient, topic: str) -> int:
    (found,) = admin.describe_topics([topic])
    return len(found["partitions"])


def _compare(topic: str, count: int, model: str, wanted: int) -> None:
    if count < wanted:
        raise UsageError(f"topic {topic} has {count} partitions, {model} has {wanted}: give it as many")
