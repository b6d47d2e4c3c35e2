"""A partition that is to be read is read, whatever the client has in mind with it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from kafka import TopicPartition

from sealtrack.io.kafka import reader as module
from sealtrack.io.kafka.reader import Reader
from sealtrack.io.ports import Message
from sealtrack.settings import Kafka
from tests.broker import Broker
from tests.broker.feed import produce

RECORDS = 100
PATIENCE = 6_000
"""Polls of a tenth of a second before a test gives up."""


@pytest.fixture
def reader(broker: Broker) -> Iterator[Reader]:
    """Of a topic of two partitions with a hundred records each; it gets ten a poll."""
    topic = f"t-{uuid.uuid4().hex}"
    broker.create_topics({topic: 2})
    produce(broker.bootstrap, [Message(topic, b"k", b"v", partition=i % 2) for i in range(2 * RECORDS)])
    reader = Reader(Kafka(bootstrap=broker.bootstrap), topic, 10, lambda: False)
    yield reader
    reader.close()


def read(reader: Reader, done: Callable[[Counter[int]], object]) -> Counter[int]:
    """How many records came of each partition until it was done."""
    count: Counter[int] = Counter()
    for _ in range(PATIENCE):
        for batch in reader.poll(0.1):
            count[batch.partition] += len(batch)
        if done(count):
            return count
    raise AssertionError(count)


def test_a_partition_dropped_amid_its_records_and_taken_back_is_read_whole(reader: Reader) -> None:
    reader.start(0, None)
    reader.start(1, None)
    (first,) = read(reader, bool)
    reader.drop([first])
    other = 1 - first
    assert read(reader, lambda count: count[other] == RECORDS) == {other: RECORDS}
    assert reader.start(first, None) == 0
    assert read(reader, lambda count: count[first] == RECORDS) == {first: RECORDS}
    assert reader.at_end() == {0, 1}


def test_a_client_that_gives_nothing_though_there_is_more_is_replaced(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "STALL_S", 0.0)
    reader.start(0, 95)
    reader._consumer.pause(TopicPartition(reader._topic, 0))  # as if it had lost it
    assert reader.poll(0.1) == []
    assert reader.at_end() == frozenset()
    assert "nothing came of partitions [0]" in caplog.text
    monkeypatch.setattr(module, "STALL_S", 30.0)
    assert read(reader, lambda count: count[0] == 5) == {0: 5}
    assert reader.positions == {0: 100}
    assert reader.at_end() == {0}
