"""What `sealtrack.io.ports` promises, held against the memory broker and a real Apache Kafka."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from sealtrack.errors import TransportError
from sealtrack.io.memory import MemoryBroker, MemorySink, MemorySource
from sealtrack.io.ports import Message, RecordBatch, Restart, Sink, Source
from tests.broker import Broker

PARTITIONS = 3
PATIENCE = 100
"""Polls of a tenth of a second before a test gives up."""


class Adapter(Protocol):
    """One broker under test, with topics and a group of this test's own."""

    topic: str
    group: str

    def source(self, *, group: str | None = None, restart: Restart | None = None, poll_records: int = 1000) -> Source:
        """A new source of `topic`."""

    def sink(self) -> Sink:
        """A new sink."""


class MemoryAdapter:
    topic, group = "t", "g"

    def __init__(self) -> None:
        self.broker = MemoryBroker(PARTITIONS)

    def source(self, *, group: str | None = None, restart: Restart | None = None, poll_records: int = 1000) -> Source:
        return MemorySource(self.broker, [self.topic], group=group, restart=restart, poll_records=poll_records)

    def sink(self) -> Sink:
        return MemorySink(self.broker)


class KafkaAdapter:
    def __init__(self, bootstrap: str, stack: ExitStack) -> None:
        from sealtrack.settings import Kafka

        name = uuid.uuid4().hex
        self.topic, self.group = f"t-{name}", f"g-{name}"
        self.kafka = Kafka(bootstrap=bootstrap, publish_timeout_s=5, session_timeout_s=6)
        self.stack = stack

    def source(self, *, group: str | None = None, restart: Restart | None = None, poll_records: int = 1000) -> Source:
        from sealtrack.io.kafka import KafkaSource

        source = KafkaSource(self.kafka, [self.topic], group=group, restart=restart, poll_records=poll_records)
        self.stack.callback(source.close)
        return source

    def sink(self) -> Sink:
        from sealtrack.io.kafka import KafkaSink

        sink = KafkaSink(self.kafka)
        self.stack.callback(sink.close)
        return sink


@pytest.fixture
def memory_adapter() -> MemoryAdapter:
    return MemoryAdapter()


@pytest.fixture
def kafka_adapter(broker: Broker) -> Iterator[KafkaAdapter]:
    with ExitStack() as stack:
        adapter = KafkaAdapter(broker.bootstrap, stack)
        broker.create_topics({adapter.topic: PARTITIONS})
        yield adapter


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.broker)])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    found: Adapter = request.getfixturevalue(f"{request.param}_adapter")
    return found


def message(adapter: Adapter, key: str, value: bytes | None, timestamp_ms: int | None = None) -> Message:
    return Message(adapter.topic, key.encode(), value, timestamp_ms)


def read(source: Source, done: Callable[[list[RecordBatch]], bool] | None = None) -> list[RecordBatch]:
    """Poll until `done`, or until the source says that it has caught up."""
    batches: list[RecordBatch] = []
    for _ in range(PATIENCE):
        batches += source.poll(0.1)
        if done(batches) if done else source.caught_up():
            return batches
    raise AssertionError(f"gave up after {len(batches)} batches")


def values(batches: list[RecordBatch]) -> list[bytes | None]:
    return [value for batch in batches for value in batch.values]


def ends(batches: list[RecordBatch]) -> dict[tuple[str, int], int]:
    return {(batch.topic, batch.partition): int(batch.offsets[-1]) + 1 for batch in batches}


def test_order_within_a_partition_and_consecutive_offsets(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, f"k{i % 5}", b"%d" % i) for i in range(200)])
    batches = read(adapter.source(poll_records=7))
    assert sorted(int(value or 0) for value in values(batches)) == list(range(200))
    for partition in range(PARTITIONS):
        mine = [batch for batch in batches if batch.partition == partition]
        order = [int(value or 0) for value in values(mine)]
        assert order == sorted(order)
        assert [offset for batch in mine for offset in batch.offsets] == list(range(len(order)))


def test_a_poll_returns_at_most_what_was_asked_for(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, f"k{i}", b"") for i in range(50)])
    source = adapter.source(poll_records=7)
    sizes = [sum(map(len, source.poll(0.1))) for _ in range(20)]
    assert max(sizes) == 7


def test_one_key_goes_to_one_partition_and_many_keys_spread(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, f"k{i % 30}", b"") for i in range(90)])
    homes: dict[bytes | None, set[int]] = {}
    for batch in read(adapter.source()):
        for key in batch.keys:
            homes.setdefault(key, set()).add(batch.partition)
    assert all(len(partitions) == 1 for partitions in homes.values())
    assert set().union(*homes.values()) == set(range(PARTITIONS))


def test_keys_timestamps_and_null_values_are_kept(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, "k", b"v", 1_525_000_000_123), message(adapter, "k", None, 7)])
    (batch,) = read(adapter.source())
    assert batch.topic == adapter.topic
    assert batch.keys == [b"k", b"k"]
    assert batch.values == [b"v", None]
    assert batch.timestamps_ms.tolist() == [1_525_000_000_123, 7]


def test_a_message_without_timestamp_gets_the_time_of_publishing(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, "a", b"1")])
    adapter.sink().publish([message(adapter, "a", b"2")])
    (stamps,) = {tuple(batch.timestamps_ms.tolist()) for batch in read(adapter.source())}
    assert 1_700_000_000_000 < stamps[0] <= stamps[1]


def test_a_megabyte_travels(adapter: Adapter) -> None:
    large = bytes(range(250)) * 4_000
    adapter.sink().publish([message(adapter, "k", large)])
    assert values(read(adapter.source())) == [large]


def test_nothing_there_is_an_empty_poll_and_caught_up(adapter: Adapter) -> None:
    source = adapter.source(group=adapter.group)
    assert read(source) == []
    assert source.poll(0.01) == []


def test_caught_up_only_when_all_has_been_polled(adapter: Adapter) -> None:
    source = adapter.source(poll_records=5)
    assert read(source) == []
    adapter.sink().publish([message(adapter, "k", b"%d" % i) for i in range(10)])
    assert not source.caught_up()
    first = read(source, bool)
    assert len(values(first)) == 5
    assert not source.caught_up()
    assert len(values(read(source))) == 5


def test_without_a_group_every_source_reads_from_the_first_record(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, "k", b"1")])
    assert values(read(adapter.source())) == values(read(adapter.source())) == [b"1"]


def test_a_committed_group_goes_on_where_it_stood(adapter: Adapter) -> None:
    sink = adapter.sink()
    sink.publish([message(adapter, f"k{i}", b"before") for i in range(20)])
    source = adapter.source(group=adapter.group)
    source.commit(ends(read(source)))
    source.close()
    sink.publish([message(adapter, "k1", b"after")])
    assert values(read(adapter.source(group=adapter.group))) == [b"after"]


def test_what_was_not_committed_is_read_again(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, "k", b"%d" % i) for i in range(10)])
    source = adapter.source(group=adapter.group)
    (batch,) = read(source)
    source.commit({(batch.topic, batch.partition): 4})
    source.close()
    assert values(read(adapter.source(group=adapter.group))) == [b"4", b"5", b"6", b"7", b"8", b"9"]


def test_groups_do_not_see_each_other(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, "k", b"1")])
    source = adapter.source(group=adapter.group)
    source.commit(ends(read(source)))
    assert values(read(adapter.source(group=f"{adapter.group}-other"))) == [b"1"]


def test_a_restart_reads_again_from_the_time_it_asks_for(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, "k", b"%d" % i, 1000 * i) for i in range(10)])
    source = adapter.source(group=adapter.group, poll_records=8)
    (batch,) = read(source, bool)
    source.commit(ends([batch]))
    source.close()
    asked: list[int] = []

    def two_seconds_earlier(part: tuple[str, int], reached_ms: int) -> int:
        assert part == (batch.topic, batch.partition)
        asked.append(reached_ms)
        return reached_ms - 2000

    again = read(adapter.source(group=adapter.group, restart=two_seconds_earlier))
    assert asked == [batch.reached_ms] == [3500]
    assert values(again) == [b"2", b"3", b"4", b"5", b"6", b"7", b"8", b"9"]


def test_a_restart_never_skips_what_was_not_committed(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, "k", b"%d" % i, 1000 * i) for i in range(6)])
    source = adapter.source(group=adapter.group, poll_records=3)
    source.commit(ends(read(source, bool)))
    source.close()
    later = read(adapter.source(group=adapter.group, restart=lambda _part, reached_ms: reached_ms + 3_600_000))
    assert values(later) == [b"3", b"4", b"5"]


def test_a_restart_of_a_new_group_reads_from_the_first_record(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, "k", b"1")])
    assert values(read(adapter.source(group=adapter.group, restart=lambda _part, reached_ms: reached_ms))) == [b"1"]


def test_a_closed_sink_refuses_in_one_line(adapter: Adapter) -> None:
    sink = adapter.sink()
    sink.close()
    with pytest.raises(TransportError) as refusal:
        sink.publish([message(adapter, "k", b"lost?")])
    assert "\n" not in str(refusal.value)


def test_a_source_without_a_group_cannot_commit(adapter: Adapter) -> None:
    adapter.sink().publish([message(adapter, "k", b"1")])
    source = adapter.source()
    positions = ends(read(source))
    with pytest.raises(TransportError):
        source.commit(positions)
