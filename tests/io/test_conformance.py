"""What `sealtrack.io.ports` promises, held against the memory broker and a real Apache Kafka."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Protocol

import pytest

from sealtrack.errors import TransportError
from sealtrack.io.memory import MemoryBroker, MemoryLanes, MemoryPublisher, MemorySource, MemoryState
from sealtrack.io.ports import Lanes, Message, Outlook, Publisher, RecordBatch, Source, State, Undone
from tests.broker import Broker

PARTITIONS = 3
PATIENCE = 6_000
"""Polls of a tenth of a second before a test gives up."""


class Adapter(Protocol):
    """One broker under test, with topics and a group of this test's own."""

    topic: str
    out: str

    def source(self, *, poll_records: int = 1000) -> Source:
        """A new source of `topic`."""

    def lanes(self, *, poll_records: int = 1000) -> Lanes:
        """A new member of the group that reads `topic`."""

    def publisher(self, lanes: Lanes | None = None) -> Publisher:
        """A new publisher."""

    def state(self) -> State:
        """A reader of `out`."""


class MemoryAdapter:
    topic, out = "t", "o"

    def __init__(self) -> None:
        self.broker = MemoryBroker(PARTITIONS)

    def source(self, *, poll_records: int = 1000) -> Source:
        return MemorySource(self.broker, [self.topic], poll_records=poll_records)

    def lanes(self, *, poll_records: int = 1000) -> Lanes:
        return MemoryLanes(self.broker, self.topic, poll_records=poll_records)

    def publisher(self, lanes: Lanes | None = None) -> Publisher:
        assert lanes is None or isinstance(lanes, MemoryLanes)
        return MemoryPublisher(self.broker, lanes)

    def state(self) -> State:
        return MemoryState(self.broker, self.out)


class KafkaAdapter:
    def __init__(self, bootstrap: str, stack: ExitStack) -> None:
        from sealtrack.settings import Kafka

        name = uuid.uuid4().hex
        self.topic, self.out = f"t-{name}", f"o-{name}"
        self.kafka = Kafka(bootstrap=bootstrap, group=f"g-{name}")
        self.stack = stack

    def source(self, *, poll_records: int = 1000) -> Source:
        from sealtrack.io.kafka import KafkaSource

        return self.stack.enter_context(KafkaSource(self.kafka, [self.topic], poll_records=poll_records))

    def lanes(self, *, poll_records: int = 1000) -> Lanes:
        from sealtrack.io.kafka import KafkaLanes

        return self.stack.enter_context(KafkaLanes(self.kafka, self.topic, poll_records=poll_records))

    def publisher(self, lanes: Lanes | None = None) -> Publisher:
        from sealtrack.io.kafka import KafkaLanes, KafkaPublisher

        assert lanes is None or isinstance(lanes, KafkaLanes)
        return self.stack.enter_context(KafkaPublisher(self.kafka, lanes))

    def state(self) -> State:
        from sealtrack.io.kafka import KafkaState

        return self.stack.enter_context(KafkaState(self.kafka, self.out))


@pytest.fixture
def memory_adapter() -> MemoryAdapter:
    return MemoryAdapter()


@pytest.fixture
def kafka_adapter(broker: Broker) -> Iterator[KafkaAdapter]:
    with ExitStack() as stack:
        adapter = KafkaAdapter(broker.bootstrap, stack)
        broker.create_topics({adapter.topic: PARTITIONS, adapter.out: PARTITIONS})
        yield adapter


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.broker)])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    found: Adapter = request.getfixturevalue(f"{request.param}_adapter")
    return found


def message(adapter: Adapter, key: str, value: bytes | None, timestamp_ms: int | None = None) -> Message:
    return Message(adapter.topic, key.encode(), value, timestamp_ms)


def read(source: Source, count: int) -> list[RecordBatch]:
    """All there is, when it is at least so much: who published knows of the end of a transaction before readers do."""
    batches: list[RecordBatch] = []
    for _ in range(PATIENCE):
        batches += source.poll(0.1)
        if sum(map(len, batches)) >= count and source.caught_up():
            return batches
    raise AssertionError(f"gave up after {len(batches)} batches")


def values(batches: list[RecordBatch]) -> list[bytes | None]:
    return [value for batch in batches for value in batch.values]


def by_partition(batches: list[RecordBatch]) -> dict[int, list[bytes | None]]:
    return {p: values([b for b in batches if b.partition == p]) for p in {batch.partition for batch in batches}}


class Member:
    """One worker's lanes, polled in a thread: starts what it is given at its first record, keeps what it read."""

    def __init__(self, adapter: Adapter) -> None:
        self.lanes = adapter.lanes()
        self.held: set[int] = set()
        self.lost: set[int] = set()
        self.read: list[RecordBatch] = []
        self._polled, self._stop = threading.Condition(), threading.Event()
        self.go_on()

    def go_on(self) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def pause(self) -> None:
        self._stop.set()
        self._thread.join()

    def leave(self) -> None:
        self.pause()
        self.lanes.close()

    def until(self, true: Callable[[], object]) -> None:
        with self._polled:
            assert self._polled.wait_for(true, PATIENCE / 10), (self.held, len(self.read))

    def _run(self) -> None:
        while not self._stop.is_set():
            moved, batches = self.lanes.poll(0.1)
            for lane in moved.taken:
                self.lanes.start(lane, None)
            with self._polled:
                self.held = (self.held - moved.lost) | moved.taken
                self.lost |= moved.lost
                self.read += batches
                self._polled.notify_all()


@pytest.fixture
def join(adapter: Adapter) -> Iterator[Callable[[], Member]]:
    """Makes members, which do not outlive the test."""
    members: list[Member] = []

    def one_more() -> Member:
        members.append(Member(adapter))
        return members[-1]

    yield one_more
    for member in members:
        member.pause()


@pytest.fixture
def member(join: Callable[[], Member]) -> Member:
    """The only member, with all lanes."""
    found = join()
    found.until(lambda: len(found.held) == PARTITIONS)
    return found


@contextmanager
def outdated(member: Member, join: Callable[[], Member]) -> Iterator[None]:
    """Inside, it believes in the group as it was before another member came."""
    name = "_membership" if hasattr(member.lanes, "_membership") else "generation"
    before = getattr(member.lanes, name)
    another = join()
    another.until(lambda: another.held)
    member.pause()
    now = getattr(member.lanes, name)
    setattr(member.lanes, name, before)
    yield
    setattr(member.lanes, name, now)
    member.go_on()


# --- sources


def test_order_within_a_partition_and_consecutive_offsets(adapter: Adapter) -> None:
    adapter.publisher().publish([message(adapter, f"k{i % 5}", b"%d" % i) for i in range(200)], {})
    batches = read(adapter.source(poll_records=7), 200)
    assert sorted(int(value or 0) for value in values(batches)) == list(range(200))
    for partition, found in by_partition(batches).items():
        order = [int(value or 0) for value in found]
        assert order == sorted(order)
        mine = [batch for batch in batches if batch.partition == partition]
        assert [offset for batch in mine for offset in batch.offsets] == list(range(len(order)))


def test_a_poll_returns_at_most_what_was_asked_for(adapter: Adapter) -> None:
    adapter.publisher().publish([message(adapter, f"k{i}", b"") for i in range(50)], {})
    source = adapter.source(poll_records=7)
    sizes: list[int] = []
    for _ in range(PATIENCE):
        sizes.append(sum(map(len, source.poll(0.1))))
        if sum(sizes) == 50:
            break
    assert max(sizes) == 7


def test_one_key_stays_in_one_partition_the_one_that_lane_of_names(adapter: Adapter) -> None:
    adapter.publisher().publish([message(adapter, f"k{i % 10}", b"") for i in range(100)], {})
    lanes = adapter.lanes()
    batches = read(adapter.source(), 100)
    found = {(key, batch.partition) for batch in batches for key in batch.keys}
    assert found == {(key, lanes.lane_of(key)) for key in {key for key, _ in found} if key is not None}
    assert len({partition for _, partition in found}) == PARTITIONS


def test_a_partition_can_be_named(adapter: Adapter) -> None:
    adapter.publisher().publish([Message(adapter.topic, b"k", b"%d" % p, partition=p) for p in range(PARTITIONS)], {})
    assert by_partition(read(adapter.source(), PARTITIONS)) == {p: [b"%d" % p] for p in range(PARTITIONS)}


def test_keys_values_and_stamps_come_back_as_they_went(adapter: Adapter) -> None:
    stamp = 1_700_000_000_123
    adapter.publisher().publish([message(adapter, "k", b"\x00\xff", stamp), message(adapter, "k", None, stamp + 1)], {})
    (batch,) = read(adapter.source(), 2)
    assert list(batch.keys) == [b"k", b"k"]
    assert list(batch.values) == [b"\x00\xff", None]
    assert batch.timestamps_ms.tolist() == [stamp, stamp + 1]


def test_nothing_there_is_nothing_polled(adapter: Adapter) -> None:
    source = adapter.source()
    assert read(source, 0) == []
    assert source.poll(0.01) == []


def test_caught_up_only_when_all_has_been_polled(adapter: Adapter) -> None:
    source = adapter.source(poll_records=5)
    assert read(source, 0) == []
    adapter.publisher().publish([message(adapter, "k", b"%d" % i) for i in range(10)], {})
    first = next(filter(None, (source.poll(0.1) for _ in range(PATIENCE))))
    assert len(values(first)) == 5
    assert not source.caught_up()
    assert len(values(read(source, 5))) == 5


def test_every_source_reads_from_the_first_record(adapter: Adapter) -> None:
    adapter.publisher().publish([message(adapter, "k", b"1")], {})
    assert values(read(adapter.source(), 1)) == values(read(adapter.source(), 1)) == [b"1"]


# --- lanes


def test_a_lone_member_has_all_lanes_and_reads_them_when_started(adapter: Adapter) -> None:
    adapter.publisher().publish([message(adapter, f"k{i}", b"%d" % i) for i in range(20)], {})
    lanes, taken = adapter.lanes(), set[int]()
    assert not lanes.outlook().joined
    assert lanes.count() == PARTITIONS
    for _ in range(PATIENCE):
        moved, batches = lanes.poll(0.1)
        assert batches == []
        taken |= moved.taken
        if len(taken) == PARTITIONS:
            break
    assert lanes.caught_up() == frozenset()
    for lane in taken:
        assert lanes.start(lane, None) == lanes.position(lane) == 0
    found: list[RecordBatch] = []
    for _ in range(PATIENCE):
        found += lanes.poll(0.1)[1]
        if len(values(found)) == 20 and lanes.caught_up() == taken:
            break
    assert sorted(int(value or 0) for value in values(found)) == list(range(20))
    assert all(lanes.position(lane) == lanes.end(lane) for lane in taken)
    assert lanes.outlook() == Outlook(joined=True, answers=True, ends={lane: lanes.end(lane) for lane in taken})


def test_a_lane_can_be_read_from_any_offset_again(adapter: Adapter, member: Member) -> None:
    adapter.publisher().publish([message(adapter, "k", b"%d" % i) for i in range(10)], {})
    member.until(lambda: len(values(member.read)) == 10)
    member.pause()
    member.lanes.start(member.lanes.lane_of(b"k"), 4)
    member.go_on()
    member.until(lambda: len(values(member.read)) == 16)
    assert values(member.read)[10:] == [b"%d" % i for i in range(4, 10)]


def test_a_lane_on_hold_gives_nothing_until_it_is_started_again(adapter: Adapter, member: Member) -> None:
    publisher, lane = adapter.publisher(), member.lanes.lane_of(b"k")
    other = next(f"o{i}" for i in range(99) if member.lanes.lane_of(b"o%d" % i) != lane)
    publisher.publish([message(adapter, "k", b"%d" % i) for i in range(10)], {})
    member.until(lambda: len(values(member.read)) == 10)
    member.pause()
    member.lanes.hold(lane, 7)
    member.go_on()
    publisher.publish([message(adapter, "k", b"10"), message(adapter, other, b"else")], {})
    member.until(lambda: b"else" in values(member.read))
    assert values(member.read)[10:] == [b"else"]
    member.pause()
    assert member.lanes.position(lane) == 7
    assert lane not in member.lanes.caught_up()
    assert member.lanes.start(lane, 7) == 7
    member.go_on()
    member.until(lambda: len(values(member.read)) == 15)
    assert values(member.read)[11:] == [b"7", b"8", b"9", b"10"]


def test_the_offset_of_a_time(adapter: Adapter, member: Member) -> None:
    adapter.publisher().publish([message(adapter, "k", b"", 1000 * i) for i in range(1, 10)], {})
    member.until(lambda: len(values(member.read)) == 9)
    lane = member.lanes.lane_of(b"k")
    assert [member.lanes.offset_at(lane, ms) for ms in (0, 1000, 4500, 9000)] == [0, 0, 4, 8]
    assert 8 < member.lanes.offset_at(lane, 9001) <= member.lanes.end(lane)


def test_members_share_the_lanes_and_a_lane_never_has_two_holders(member: Member, join: Callable[[], Member]) -> None:
    second = join()
    second.until(lambda: second.held and second.held == member.lost)
    assert not member.held & second.held
    assert len(member.held | second.held) == PARTITIONS
    second.leave()
    member.until(lambda: len(member.held) == PARTITIONS)


# --- transactions


def test_messages_and_positions_hold_together(adapter: Adapter, member: Member) -> None:
    publisher = adapter.publisher(member.lanes)
    assert {member.lanes.committed(lane) for lane in range(PARTITIONS)} == {None}
    publisher.publish([message(adapter, "k", b"1")], {0: 5, 2: 7})
    assert [member.lanes.committed(lane) for lane in range(PARTITIONS)] == [5, None, 7]
    assert values(read(adapter.source(), 1)) == [b"1"]
    publisher.publish([], {0: 6})
    assert member.lanes.committed(0) == 6


def test_a_new_member_sees_what_the_group_has_dealt_with(
    adapter: Adapter, member: Member, join: Callable[[], Member]
) -> None:
    adapter.publisher(member.lanes).publish([], {1: 4})
    member.leave()
    another = join()
    another.until(lambda: another.held)
    assert another.lanes.committed(1) == 4


def test_all_is_done_when_the_group_has_dealt_with_every_partition(adapter: Adapter, member: Member) -> None:
    member.until(member.lanes.all_done)
    adapter.publisher().publish([message(adapter, f"k{i}", b"") for i in range(20)], {})
    member.until(lambda: len(values(member.read)) == 20)
    assert not member.lanes.all_done()
    publisher = adapter.publisher(member.lanes)
    publisher.publish([], {0: member.lanes.end(0), 1: member.lanes.end(1)})
    assert not member.lanes.all_done()
    publisher.publish([], {2: member.lanes.end(2)})
    member.until(member.lanes.all_done)


def test_who_missed_a_rebalance_publishes_nothing_until_it_knows(
    adapter: Adapter, member: Member, join: Callable[[], Member]
) -> None:
    publisher = adapter.publisher(member.lanes)
    publisher.publish([message(adapter, "k", b"before")], {0: 1})
    with outdated(member, join), pytest.raises(Undone):
        publisher.publish([message(adapter, "k", b"undone")], {0: 2})
    assert values(read(adapter.source(), 1)) == [b"before"]

    def held() -> bool:
        with suppress(Undone):  # until the group has settled
            publisher.publish([message(adapter, "k", b"after")], {0: 3})
            return True
        return False

    member.until(held)
    assert values(read(adapter.source(), 2)) == [b"before", b"after"]


def test_a_closed_publisher_leaves_nothing_open(adapter: Adapter) -> None:
    publisher = adapter.publisher()
    publisher.publish([message(adapter, "k", b"1")], {})
    publisher.close()
    assert values(read(adapter.source(), 1)) == [b"1"]


def test_state_is_the_last_value_of_each_key_by_lane(adapter: Adapter) -> None:
    def put(key: bytes, value: bytes | None, lane: int) -> Message:
        return Message(adapter.out, key, value, partition=lane)

    publisher, state = adapter.publisher(), adapter.state()
    assert state.read(0) == {}
    publisher.publish([put(b"a", b"1", 0), put(b"b", b"1", 0), put(b"a", b"other", 1)], {})
    publisher.publish([put(b"a", b"2", 0), put(b"b", None, 0)], {})
    assert state.read(0) == {b"a": b"2"}
    assert state.read(1) == {b"a": b"other"}
    assert state.read(2) == {}


def test_closed_publishers_of_memory_refuse() -> None:
    publisher = MemoryPublisher(MemoryBroker())
    publisher.close()
    with pytest.raises(TransportError):
        publisher.publish([], {})
