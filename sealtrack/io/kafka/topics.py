"""The topics: there before anything is read or written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

from kafka import KafkaAdminClient
from kafka.errors import AuthorizationError, KafkaError, TopicAlreadyExistsError

from sealtrack.errors import TransportError, UsageError
from sealtrack.io.kafka.connect import connect
from sealtrack.io.kafka.refusals import ACLS, explained
from sealtrack.io.topic_plan import Plan
from sealtrack.settings import Kafka

log = logging.getLogger(__name__)


MORE_PARTITIONS = (
    "its seals come in other partitions now than those where they were judged; see 'More partitions' in docs/kafka.md"
)


class New(NamedTuple):
    """What a topic that is made gets beyond its plan; -1 and None: what the broker gives by default."""

    partitions: int = -1
    replication: int = -1
    retention_ms: int | None = None
    """Of those that expire; the others keep their records for ever."""


def ensure_topics(
    kafka: Kafka, topics: Mapping[str, Plan], new: New | None = None, *, stop: Callable[[], bool] = lambda: False
) -> list[str]:
    """Make sure that each topic is there; returns those that were made.

    Raises:
        UsageError: a topic is missing and `create_topics` is off, or one has too few partitions.
        TransportError: the broker stays away, or refuses.
    """
    admin = connect(KafkaAdminClient, {"client_id": kafka.client_id}, kafka, stop)
    try:
        missing = sorted(set(topics) - set(admin.list_topics()))
        if missing and new is None and not kafka.create_topics:
            raise UsageError(f"topic {missing[0]} does not exist: create it, or set kafka.create_topics = true")
        made = [
            name
            for name in sorted(missing, key=lambda name: topics[name].like is not None)
            if _create(admin, name, topics[name], new or New())
        ]
        admin.wait_for_topics(list(topics))
        for name, wanted in topics.items():
            if wanted.like is not None:
                _compare(name, _partitions(admin, name), wanted.like, _partitions(admin, wanted.like))
    except KafkaError as error:
        raise TransportError(f"{kafka.bootstrap}: cannot prepare the topics: {explained(error)}") from None
    else:
        return made
    finally:
        admin.close()


def _create(admin: KafkaAdminClient, name: str, wanted: Plan, new: New) -> bool:
    configs = dict(wanted.configs)
    if new.retention_ms is not None and "cleanup.policy" not in configs:
        configs["retention.ms"] = str(new.retention_ms if wanted.expires else -1)
    partitions = new.partitions if wanted.like is None else _partitions(admin, wanted.like)
    topic = {"num_partitions": partitions, "replication_factor": new.replication, "configs": configs}
    try:
        admin.create_topics({name: topic}, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        return False  # another worker was quicker
    except AuthorizationError:
        raise UsageError(
            f"topic {name}: this user may not see it, or it does not exist and may not be created; create it, or {ACLS}"
        ) from None
    log.info("created topic %(topic)s", {"event": "topic_created", "topic": name})
    return True


def _partitions(admin: KafkaAdminClient, topic: str) -> int:
    (found,) = admin.describe_topics([topic])
    return len(found["partitions"])


def _compare(topic: str, count: int, model: str, wanted: int) -> None:
    if count < wanted:
        raise UsageError(
            f"topic {topic} has {count} partitions, {model} has {wanted}: if nothing was judged yet, give it as many. "
            f"If {model} was given more: {MORE_PARTITIONS}"
        )
