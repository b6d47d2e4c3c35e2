"""Publishing in transactions, with the positions of the lanes in the same ones.

What kafka-python 3.0 does, and this file allows for:

- A batch refused for its epoch makes the producer fetch a new epoch by itself. A commit under way at that moment would
  report success for records that are gone. So every record is acknowledged before anything is committed.
- Offsets are sent after the records: when the broker takes an offset, the records came before a rebalance, and whoever
  takes the lane over waits for them (`KafkaState`).
- Its waits have no limit, and a request that finds the coordinator away is forgotten, never sent. They run in a thread
  that is left behind when the broker would have ended the transaction anyway.
- After a refused offset it neither aborts for real nor forgets the offset, and commits it with the next transaction. A
  producer that failed is closed, and a new one of the same id ends what was open.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import (
    FencedInstanceIdError,
    InvalidProducerEpochError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    ProducerFencedError,
    TopicAuthorizationFailedError,
)
from kafka.producer.future import FutureRecordMetadata
from kafka.structs import OffsetAndMetadata, TopicPartition

from sealtrack.errors import TransportError
from sealtrack.io.kafka.connect import QUESTION_MS, connect
from sealtrack.io.kafka.lanes import KafkaLanes
from sealtrack.io.kafka.refusals import ACLS
from sealtrack.io.ports import Message, Undone
from sealtrack.settings import Kafka

log = logging.getLogger(__name__)

_HOPELESS = (MessageSizeTooLargeError, TopicAuthorizationFailedError)
"""Errors that the next attempt would meet again."""
_NOT_PERMITTED = "AuthorizationFailedError"
_FENCING = (ProducerFencedError, InvalidProducerEpochError)


class KafkaPublisher:
    """See `sealtrack.io.ports.Publisher`."""

    def __init__(self, kafka: Kafka, lanes: KafkaLanes | None = None, stop: Callable[[], bool] = lambda: False) -> None:
        """Without `lanes` it publishes messages only."""
        self._kafka, self._lanes, self._stop = kafka, lanes, stop
        self._id = f"{kafka.group}-{kafka.instance or uuid.uuid4().hex}"
        self._producer: KafkaProducer | None = self._connect(kafka.start_timeout_s)

    def publish(self, messages: Sequence[Message], offsets: Mapping[int, int]) -> None:
        producer = self._producer = self._producer or self._connect(self._kafka.publish_timeout_s)
        error = self._beside(lambda: self._transact(producer, messages, offsets))
        if error is None:
            return
        self._clean_up(producer, error)
        why = str(error) or type(error).__name__
        if isinstance(error, FencedInstanceIdError):
            raise TransportError(
                f"another worker runs as kafka.instance = {self._kafka.instance!r} of group {self._kafka.group!r}; "
                "this one stops: give each worker an instance of its own"
            ) from None
        if isinstance(error, _HOPELESS) or _NOT_PERMITTED in why:  # of one record, and of all that follow it
            raise TransportError(
                f"{self._kafka.bootstrap}: {why}; {ACLS if _NOT_PERMITTED in why else _REMEDY}"
            ) from None
        if not isinstance(error, KafkaError | OSError):
            raise error
        raise Undone(why) from None

    def close(self) -> None:
        if self._producer is not None:
            self._producer.close(timeout=QUESTION_MS / 1000)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _transact(self, producer: KafkaProducer, messages: Sequence[Message], offsets: Mapping[int, int]) -> None:
        producer.begin_transaction()
        for message, sent in [(message, _send(producer, message)) for message in messages]:
            with _naming(message):
                sent.get()  # type: ignore[no-untyped-call]
        if offsets and self._lanes is not None:
            topic, membership = self._lanes.topic, self._lanes.membership
            if membership is None:
                raise Undone("this worker is in no group yet")
            ends = {TopicPartition(topic, lane): OffsetAndMetadata(end, "", -1) for lane, end in offsets.items()}
            producer.send_offsets_to_transaction(ends, membership)
        producer.commit_transaction()

    def _beside(self, call: Callable[[], None]) -> Exception | None:
        """What the call raises, in a thread of its own, which is left behind when the transaction has timed out."""
        errors: list[Exception] = []

        def run() -> None:
            try:
                call()
            except Exception as error:  # noqa: BLE001 - looked at by the caller
                errors.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(self._kafka.transaction_timeout_s)
        if thread.is_alive():
            return KafkaTimeoutError(f"no end within {self._kafka.transaction_timeout_s:g} s")
        return errors[0] if errors else None

    def _clean_up(self, producer: KafkaProducer, error: Exception) -> None:
        """End the transaction: readers, and whoever recovers, wait for it."""
        self._producer = None
        with suppress(KafkaError, OSError):
            producer.close(timeout=0)
        # A producer of this id ends what was open. Not after an error of fencing: nothing is open then, and the new one
        # would throw out the worker that took this one's place, if that is what it was.
        if not isinstance(error, _FENCING):
            self._producer = self._connect(self._kafka.publish_timeout_s)

    def _connect(self, patience_s: float) -> KafkaProducer:
        timeout_ms = int(self._kafka.transaction_timeout_s * 1000)
        options = {
            "client_id": self._kafka.client_id,
            "acks": "all",
            "transactional_id": self._id,
            "transaction_timeout_ms": timeout_ms,
            "allow_auto_create_topics": False,
            "max_block_ms": timeout_ms // 2,  # what names a missing topic comes before what says only "no end"
            "delivery_timeout_ms": timeout_ms,
            "request_timeout_ms": timeout_ms,
        }
        return connect(_ready_producer, options, self._kafka, self._stop, patience_s)


def _ready_producer(**options: Any) -> KafkaProducer:
    producer = KafkaProducer(**options)
    try:
        producer.init_transactions()
    except BaseException:
        producer.close(timeout=0)
        raise
    return producer


_REMEDY = "see that the topic exists and may be written, then start again"


def _send(producer: KafkaProducer, message: Message) -> FutureRecordMetadata:
    with _naming(message):
        return producer.send(
            message.topic,
            message.value,
            message.key,
            partition=message.partition,
            timestamp_ms=message.timestamp_ms,
        )


@contextmanager
def _naming(message: Message) -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        why = str(error).removeprefix(f"{type(error).__name__}: ")
        raise type(error)(f"{message.topic} did not take a message of {message.key!r}: {why}") from None
