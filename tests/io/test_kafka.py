"""What only a real Kafka can show: absence, outages, rebalances, missing topics."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sealtrack.errors import TransportError, UsageError
from sealtrack.io.kafka import KafkaSink, KafkaSource, ensure_topics
from sealtrack.io.ports import Message, Reassigned, RecordBatch
from sealtrack.settings import Kafka
from tests.broker import Broker, free_ports

PATIENCE = 300
"""Polls of a tenth of a second before a test gives up."""


@pytest.fixture
def topic() -> str:
    return f"t-{uuid.uuid4().hex}"


def from_the_first(_part: tuple[str, int], _reached_ms: int) -> int:
    return 0


def poll_until(source: KafkaSource, done: Callable[[], bool]) -> list[RecordBatch]:
    found: list[RecordBatch] = []
    for _ in range(PATIENCE):
        found += source.poll(0.1)
        if done():
            return found
    raise AssertionError("gave up")


def read_values(source: KafkaSource) -> list[bytes | None]:
    return [value for batch in poll_until(source, source.caught_up) for value in batch.values]


def io_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("kafka-io")}


def test_a_broker_that_stays_away_is_one_line_with_the_reason_and_leaves_nothing_behind() -> None:
    (port,) = free_ports(1)
    before = io_threads()
    with pytest.raises(TransportError) as refusal:
        KafkaSink(Kafka(bootstrap=f"127.0.0.1:{port}", start_timeout_s=0.5))
    assert io_threads() == before
    assert f"127.0.0.1:{port}" in str(refusal.value)
    assert "ECONNREFUSED" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_waiting_for_the_broker_ends_when_asked_to_stop() -> None:
    (port,) = free_ports(1)
    with pytest.raises(TransportError):
        KafkaSource(Kafka(bootstrap=f"127.0.0.1:{port}"), ["t"], stop=lambda: True)


def test_a_broker_that_comes_late_is_waited_for(own_broker: Broker, topic: str) -> None:
    waiting = threading.Event()

    class Notice(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            assert own_broker.bootstrap in record.getMessage()
            waiting.set()

    logger, notice = logging.getLogger("sealtrack.io.kafka"), Notice(logging.WARNING)
    logger.addHandler(notice)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(KafkaSource, Kafka(bootstrap=own_broker.bootstrap), [topic])
        assert waiting.wait(30)
        own_broker.start()
        source = coming.result(60)
    logger.removeHandler(notice)
    own_broker.create_topics({topic: 1})
    with source, KafkaSink(Kafka(bootstrap=own_broker.bootstrap)) as sink:
        sink.publish([Message(topic, b"k", b"v")])
        assert read_values(source) == [b"v"]


def test_killed_and_back_nothing_is_lost_and_the_source_goes_on(own_broker: Broker, topic: str) -> None:
    own_broker.start()
    own_broker.create_topics({topic: 1})
    kafka = Kafka(bootstrap=own_broker.bootstrap)
    with KafkaSource(kafka, [topic], group="g") as source, KafkaSink(kafka) as sink:
        sink.publish([Message(topic, b"k", b"before")])
        assert read_values(source) == [b"before"]
        own_broker.kill()
        assert not source.caught_up()
        with ThreadPoolExecutor(1) as pool:
            published = pool.submit(sink.publish, [Message(topic, b"k", b"during")])
            own_broker.start()
            published.result(60)
        assert read_values(source) == [b"during"]


def test_nobody_can_tell_whether_a_frozen_broker_has_more(own_broker: Broker, topic: str) -> None:
    own_broker.start()
    own_broker.create_topics({topic: 1})
    with KafkaSource(Kafka(bootstrap=own_broker.bootstrap), [topic]) as source:
        assert read_values(source) == []
        own_broker.pause()
        assert not source.caught_up()
        own_broker.resume()
        assert read_values(source) == []


def test_an_unknown_topic_is_named(broker: Broker, topic: str) -> None:
    with (
        KafkaSink(Kafka(bootstrap=broker.bootstrap, publish_timeout_s=1)) as sink,
        pytest.raises(TransportError, match=topic),
    ):
        sink.publish([Message(topic, b"k", b"v")])


def test_a_message_beyond_the_limit_is_refused_by_topic_and_key(broker: Broker, topic: str) -> None:
    broker.create_topics({topic: 1})
    with (
        KafkaSink(Kafka(bootstrap=broker.bootstrap)) as sink,
        pytest.raises(TransportError, match=f"{topic}.*key-1"),
    ):
        sink.publish([Message(topic, b"key-1", b"x" * 2_000_000)])


def test_missing_topics_are_made_or_named(broker: Broker, topic: str) -> None:
    with pytest.raises(UsageError, match=f"topic {topic} does not exist"):
        ensure_topics(Kafka(bootstrap=broker.bootstrap, create_topics=False), {topic: False})
    ensure_topics(Kafka(bootstrap=broker.bootstrap), {topic: True})
    ensure_topics(Kafka(bootstrap=broker.bootstrap, create_topics=False), {topic: True})
    with KafkaSink(Kafka(bootstrap=broker.bootstrap)) as sink, pytest.raises(TransportError, match=topic):
        sink.publish([Message(topic, None, b"a compacted topic takes no record without a key")])  # type: ignore[arg-type]


def test_a_second_worker_takes_partitions_and_the_first_starts_anew(broker: Broker, topic: str) -> None:
    broker.create_topics({topic: 2})
    kafka = Kafka(bootstrap=broker.bootstrap)
    with KafkaSink(kafka) as sink:
        sink.publish([Message(topic, b"k%d" % i, b"%d" % i) for i in range(20)])
    with KafkaSource(kafka, [topic], group=topic, restart=from_the_first) as first:
        assert len(read_values(first)) == 20
        with (
            KafkaSource(kafka, [topic], group=topic, restart=from_the_first) as second,
            ThreadPoolExecutor(1) as pool,
        ):
            others = pool.submit(read_values, second)
            with pytest.raises(Reassigned):
                poll_until(first, lambda: False)
            mine = read_values(first)
            assert sorted(int(value or 0) for value in mine + others.result(60)) == list(range(20))
