"""What another version left, on a real broker: it is refused with a line, and no alert is lost or told twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sealtrack.errors import UsageError
from sealtrack.io.kafka import KafkaLanes
from sealtrack.io.ports import Message
from sealtrack.service.state import Checkpoint, checkpoint_messages
from sealtrack.settings import Kafka
from tests.broker import Broker
from tests.broker.expect import GEOFENCES, SCENARIOS, assert_told_once, replayed, wait_until
from tests.broker.feed import messages_in, produce
from tests.broker.worker import PATIENCE_S, Worker

SCENARIO = "late-burst"
OLD = msgspec.msgpack.encode(
    {"format": "sealtrack-snapshot-2", "layout": "0", "judged_by": "0", "shipments": [], "seals": [], "cards": []}
)


@pytest.fixture
def worker(broker: Broker, tmp_path: Path) -> Worker:
    return Worker(broker, tmp_path, GEOFENCES)


@pytest.mark.parametrize(
    ("snapshot", "reason"),
    [(OLD, "taken with another format"), (b"\x80\x04 a pickle, perhaps", "not a sealtrack snapshot")],
    ids=["an older format", "something else"],
)
def test_a_checkpoint_of_another_version_is_told_of_and_the_trips_are_read_again(
    worker: Worker, snapshot: bytes, reason: str
) -> None:
    worker.create_topics(1)
    worker.declare(SCENARIOS / SCENARIO / "shipments.csv")
    feed = list(messages_in(SCENARIOS / SCENARIO / "feed.csv.gz", worker.topics.positions))
    produce(worker.broker.bootstrap, feed[:1500])
    worker.run_until_end()
    left = checkpoint_messages(worker.topics.state, 0, Checkpoint(offset=1500), snapshot, 50)
    produce(worker.broker.bootstrap, (one._replace(partition=None) for one in left if one.value is not None))
    produce(worker.broker.bootstrap, feed[1500:])
    worker.run_until_end()
    assert f"lane 0: its checkpoint is not used: snapshot: {reason}" in worker.said()
    assert "lane 0: reading again from offset 0 (published up to 1500)" in worker.said()
    assert_told_once(worker.alerts(), replayed(SCENARIO))
    worker.run_until_end()
    assert worker.said().count("is not used") == 1, "the new version's own checkpoint is"


def test_more_partitions_are_refused_with_the_way_out(worker: Worker) -> None:
    worker.create_topics(1)
    worker.declare(SCENARIOS / SCENARIO / "shipments.csv")
    worker.run_until_end()
    worker.broker.add_partitions(worker.topics.positions, 3)
    assert worker.start("--until-end").wait(PATIENCE_S) == 2
    last = worker.said().splitlines()[-1]
    assert f"{worker.topics.positions} has 3" in last
    assert "'More partitions' in docs/kafka.md" in last
    assert "Traceback" not in worker.said()


@pytest.fixture
def lanes(broker: Broker, worker: Worker) -> Iterator[KafkaLanes]:
    """Has its one lane, of a topic that is given two more partitions."""
    topic = worker.topics.positions
    broker.create_topics({topic: 1})
    with KafkaLanes(Kafka(bootstrap=broker.bootstrap, group=worker.name), topic) as lanes:
        while not lanes.poll(0.1)[0].taken:
            pass
        broker.add_partitions(topic, 3)
        yield lanes


def test_more_partitions_while_it_runs_are_refused_too(lanes: KafkaLanes) -> None:
    with pytest.raises(UsageError, match="more partitions meanwhile"):
        poll_on(lanes)


def test_more_partitions_that_are_dealt_out_between_two_polls_are_refused_too(
    lanes: KafkaLanes, worker: Worker
) -> None:
    coordinator = lanes._member._coordinator  # type: ignore[attr-defined]
    while not coordinator.need_rejoin():
        lanes._member.topics()
    while coordinator._join_task is None:
        lanes._member.poll(timeout_ms=0)
    wait_until(lambda: not coordinator.need_rejoin(), worker)
    with pytest.raises(UsageError, match="more partitions meanwhile"):
        poll_on(lanes)


def poll_on(lanes: KafkaLanes) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        lanes._member.topics()  # what the client asks for by itself every five minutes; the first answer may be old
        lanes.poll(0.1)


def test_an_edition_that_only_a_later_version_can_read_is_set_aside(worker: Worker) -> None:
    worker.create_topics(1)
    worker.run_until_end()
    produce(worker.broker.bootstrap, [Message(worker.topics.geofences, b"later", b'{"type": "FenceSet", "v": 9}')])
    worker.run_until_end()
    assert "the geofences before stay in force" in worker.said()
