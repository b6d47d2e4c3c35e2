"""Apache Kafka through kafka-python: the one place that knows it.

It waits for a broker that is away at start, says so once, and turns what goes wrong later into one-line errors.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

import numpy as np
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import (
    KafkaConfigurationError,
    KafkaError,
    KafkaTimeoutError,
    TopicAlreadyExistsError,
)
from kafka.net.compat import KafkaNetClient
from kafka.structs import OffsetAndMetadata, TopicPartition

from sealtrack.errors import TransportError, UsageError
from sealtrack.io.ports import Message, Reassigned, RecordBatch, Restart
from sealtrack.io.reached import Reached
from sealtrack.settings import Kafka

log = logging.getLogger(__name__)
Client = TypeVar("Client")

_ATTEMPT_S = 3.0
"""One try to reach the broker; between two of them a stop is noticed."""
_QUESTION_MS = 3_000
"""Longest wait for an answer about offsets while the service runs."""


def ensure_topics(kafka: Kafka, topics: Mapping[str, bool], stop: Callable[[], bool] = lambda: False) -> None:
    """Make sure that each topic is there; the mapping's value says whether a new one is compacted.

    Raises:
        UsageError: a topic is missing and `create_topics` is off.
        TransportError: the broker stays away, or refuses.
    """
    admin = _connect(KafkaAdminClient, {"client_id": kafka.client_id}, kafka, stop)
    try:
        missing = sorted(set(topics) - set(admin.list_topics()))
        if missing and not kafka.create_topics:
            raise UsageError(f"topic {missing[0]} does not exist: create it, or set kafka.create_topics = true")
        for topic in missing:
            _create(admin, topic, compacted=topics[topic])
        admin.wait_for_topics(list(topics))
    except KafkaError as error:
        raise TransportError(f"{kafka.bootstrap}: cannot prepare the topics: {error}") from None
    finally:
        admin.close()


class KafkaSource:
    """Reads topics; see `sealtrack.io.ports.Source`.

    A commit carries, as its metadata, the time up to which the partition has been read: a later start can then ask
    for records from before it. An offset that somebody set by hand carries none and is taken as it is.
    """

    def __init__(
        self,
        kafka: Kafka,
        topics: Sequence[str],
        *,
        group: str | None = None,
        restart: Restart | None = None,
        poll_records: int = 10_000,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._topics, self._group, self._restart = topics, group, restart
        self._bootstrap = kafka.bootstrap
        options = {
            "client_id": kafka.client_id,
            "group_id": group,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "isolation_level": "read_committed",
            "allow_auto_create_topics": False,
            "max_poll_records": poll_records,
            "session_timeout_ms": int(kafka.session_timeout_s * 1000),
            "heartbeat_interval_ms": min(3000, int(kafka.session_timeout_s * 1000 / 4)),
        }
        self._consumer = _connect(KafkaConsumer, options, kafka, stop)
        self._held: set[TopicPartition] = set()
        self._reached = Reached()
        self._answering = True
        if group is not None:
            self._consumer.subscribe(list(topics))
            # Joining a group before the topics' metadata is there assigns nothing, and sometimes stays at that.
            with _one_line(f"{kafka.bootstrap}: cannot read {', '.join(topics)}"):
                for topic in topics:
                    self._consumer.partitions_for_topic(topic)

    def poll(self, timeout_s: float) -> list[RecordBatch]:
        with _one_line(f"{self._bootstrap}: cannot read {', '.join(self._topics)}"):
            if self._group is None:
                self._assign_all()
            polled = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
            if self._restart is not None and self._new_assignment(self._restart):
                return []  # whatever was polled is polled again, from where the restart asks
        self._answering = self._answering or bool(polled)
        batches = [_batch(part, records) for part, records in polled.items()]
        for batch in batches:
            self._reached.polled(batch)
        return batches

    def commit(self, positions: dict[tuple[str, int], int]) -> None:
        offsets = {}
        for part, offset in positions.items():
            reached_ms = self._reached.at(part, offset)
            metadata = "" if reached_ms is None else str(reached_ms)
            offsets[TopicPartition(*part)] = OffsetAndMetadata(offset, metadata, -1)
        with _one_line(f"{self._bootstrap}: cannot commit offsets of group {self._group}"):
            self._consumer.commit(offsets)

    def behind(self) -> set[tuple[str, int]]:
        # From the end that the last fetch reported; a partition that was never fetched from has none.
        ends = {part: self._consumer.highwater(part) for part in self._consumer.assignment()}
        with _one_line(f"{self._bootstrap}: cannot tell the position"):
            read = {part: self._consumer.position(part, 0) or 0 for part in ends}
        return {(p.topic, p.partition) for p, end in ends.items() if end is None or read[p] < end}

    def caught_up(self) -> bool:
        parts = sorted(self._consumer.assignment())
        try:
            ends = self._consumer.end_offsets(parts, timeout_ms=_QUESTION_MS)
            done = all((self._consumer.position(part, _QUESTION_MS) or 0) >= ends[part] for part in parts)
        except KafkaError as error:
            if self._answering:
                log.warning("%s does not answer (%s); waiting, time stands still", self._bootstrap, error)
            self._answering = False
            return False
        if not self._answering:
            log.info("%s answers again", self._bootstrap)
        self._answering = True
        return bool(parts) and done

    def close(self) -> None:
        self._consumer.close(autocommit=False, timeout_ms=_QUESTION_MS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _assign_all(self) -> None:
        # Also notices partitions that are added later; those assigned before keep their positions.
        found = {TopicPartition(t, p) for t in self._topics for p in self._consumer.partitions_for_topic(t) or ()}
        if found != self._consumer.assignment():
            self._consumer.assign(sorted(found))

    def _new_assignment(self, restart: Restart) -> bool:
        held = self._consumer.assignment()
        if self._held - held:
            self._held = set()
            raise Reassigned
        fresh = held - self._held
        for part in fresh:
            self._rewind(part, restart)
        self._held = held
        return bool(fresh)

    def _rewind(self, part: TopicPartition, restart: Restart) -> None:
        committed = self._consumer.committed(part, metadata=True, timeout_ms=_QUESTION_MS)
        if committed is None or committed.offset is None:
            self._consumer.seek_to_beginning(part)
            return
        offset = committed.offset
        if committed.metadata:
            wanted_ms = max(0, restart((part.topic, part.partition), int(committed.metadata)))
            found = self._consumer.offsets_for_times({part: wanted_ms}, timeout_ms=_QUESTION_MS).get(part)
            offset = min(offset, found.offset) if found else offset
        if offset < committed.offset:
            log.info("%s-%d: reading again from offset %d (committed %d)", *part, offset, committed.offset)
        self._consumer.seek(part, offset)


class KafkaSink:
    """Publishes through an idempotent producer; see `sealtrack.io.ports.Sink`."""

    def __init__(self, kafka: Kafka, stop: Callable[[], bool] = lambda: False) -> None:
        self._bootstrap = kafka.bootstrap
        timeout_ms = int(kafka.publish_timeout_s * 1000)
        options = {
            "client_id": kafka.client_id,
            "acks": "all",
            "enable_idempotence": True,
            "allow_auto_create_topics": False,
            "max_block_ms": timeout_ms,
            "delivery_timeout_ms": timeout_ms,
            "request_timeout_ms": min(30_000, timeout_ms),
        }
        self._producer = _connect(KafkaProducer, options, kafka, stop)

    def publish(self, messages: Sequence[Message]) -> None:
        for message, sent in [(message, self._send(message)) for message in messages]:
            with self._acknowledgement_of(message):
                sent.get()  # bounded by delivery_timeout_ms

    def close(self) -> None:
        self._producer.close(timeout=_QUESTION_MS / 1000)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _send(self, message: Message) -> Any:
        with self._acknowledgement_of(message):
            return self._producer.send(message.topic, message.value, message.key, timestamp_ms=message.timestamp_ms)

    @contextmanager
    def _acknowledgement_of(self, message: Message) -> Iterator[None]:
        remedy = "see that the broker is up and the topic exists and may be written, then start again"
        with _one_line(f"{self._bootstrap}: {message.topic} did not take a message of {message.key!r}", remedy):
            yield


def _create(admin: KafkaAdminClient, topic: str, *, compacted: bool) -> None:
    configs = {"cleanup.policy": "compact"} if compacted else {}
    try:
        admin.create_topics({topic: {"configs": configs}})
        log.info("created topic %s", topic)
    except TopicAlreadyExistsError:
        pass  # another worker was quicker


def _batch(part: TopicPartition, records: Sequence[ConsumerRecord]) -> RecordBatch:
    n = len(records)
    return RecordBatch(
        part.topic,
        part.partition,
        np.fromiter((record.offset for record in records), np.int64, n),
        np.fromiter((record.timestamp for record in records), np.int64, n),
        [record.key for record in records],
        [record.value for record in records],
    )


@contextmanager
def _one_line(what: str, remedy: str = "") -> Iterator[None]:
    try:
        yield
    except (KafkaError, OSError) as error:
        raise TransportError(f"{what}: {error}" + (f"; {remedy}" if remedy else "")) from None


def _connect(client: Callable[..., Client], options: dict[str, Any], kafka: Kafka, stop: Callable[[], bool]) -> Client:
    """Make a client as soon as the broker answers."""
    options = options | _security(kafka) | {"bootstrap_servers": kafka.bootstrap.split(",")}
    deadline = time.monotonic() + kafka.start_timeout_s
    told = False
    while True:
        try:
            return _attempt(client, options, min(_ATTEMPT_S, kafka.start_timeout_s))  # cut short, it has no reason
        except KafkaConfigurationError as error:
            raise UsageError(f"kafka: {error}") from None
        except (KafkaError, OSError) as error:
            away = f"Kafka at {kafka.bootstrap} does not answer ({error})"
            hopeless = "SaslAuthenticationFailed" in str(error)
            if hopeless or stop() or time.monotonic() >= deadline:
                raise TransportError(f"{away}; start it, or mend the [kafka] settings") from None
            if not told:
                log.warning("%s; trying for %.0f s", away, kafka.start_timeout_s)
            told = True


def _attempt(client: Callable[..., Client], options: dict[str, Any], timeout_s: float) -> Client:
    networks: list[KafkaNetClient] = []

    def network(**config: Any) -> KafkaNetClient:
        networks.append(KafkaNetClient(**config))
        return networks[-1]

    with _bootstrap_warnings() as reasons:
        try:
            return client(**options, bootstrap_timeout_ms=int(timeout_s * 1000), kafka_client=network)
        except BaseException as error:
            for one in networks:  # a client that failed to start leaves its thread behind
                one.close()
            if isinstance(error, KafkaTimeoutError) and reasons:
                # A refused password shows as a bare disconnection every other time.
                telling = (reason for reason in reasons if "disconnected" not in reason)
                raise ConnectionError(next(telling, reasons[0])) from None
            raise


@contextmanager
def _bootstrap_warnings() -> Iterator[list[str]]:
    """Collect why connections fail: kafka-python tells that to its log only."""
    reasons: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            arguments = record.args if isinstance(record.args, tuple) else ()
            faults = (one for one in arguments if isinstance(one, Exception) and not isinstance(one, KafkaTimeoutError))
            reasons.extend(map(str, faults))

    logger, handler = logging.getLogger("kafka.net"), Collect(logging.WARNING)
    before = logger.level, logger.propagate
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield reasons
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before


def _security(kafka: Kafka) -> dict[str, Any]:
    files = {name: getattr(kafka, name) for name in ("ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_crlfile")}
    for name, path in files.items():
        if path is not None and not path.is_file():
            raise UsageError(f"kafka.{name} = {path}: no such file")
    options = {name: path and str(path) for name, path in files.items()} | {
        "security_protocol": kafka.security_protocol,
        "ssl_check_hostname": kafka.ssl_check_hostname,
        "ssl_password": kafka.ssl_password and kafka.ssl_password.reveal(),
        "ssl_ciphers": kafka.ssl_ciphers,
        "sasl_mechanism": kafka.sasl_mechanism,
        "sasl_plain_username": kafka.sasl_username,
        "sasl_plain_password": kafka.sasl_password and kafka.sasl_password.reveal(),
        "sasl_kerberos_service_name": kafka.sasl_kerberos_service_name,
        "sasl_kerberos_domain_name": kafka.sasl_kerberos_domain_name,
    }
    return {name: value for name, value in options.items() if value is not None}
