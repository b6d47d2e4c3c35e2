"""What only a real Kafka can show: absence, outages, rebalances, missing topics."""

from __future__ import annotations

import logging
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource
from typer.testing import CliRunner

from sealtrack.cli.main import app
from sealtrack.errors import TransportError, UsageError
from sealtrack.io.kafka import KafkaLanes, KafkaPublisher, KafkaSource, KafkaState, ensure_topics
from sealtrack.io.kafka.connect import _bootstrap_warnings
from sealtrack.io.ports import Message, Undone
from sealtrack.io.topic_plan import Plan
from sealtrack.settings import Kafka, Topics
from tests.broker import Broker, free_ports

PATIENCE_S = 600
"""Longest wait for what comes within seconds where all is well."""
PATIENCE = 10 * PATIENCE_S
"""Polls of a tenth of a second before a test gives up."""


@pytest.fixture
def topic() -> str:
    return f"t-{uuid.uuid4().hex}"


def read_values(source: KafkaSource, count: int = 0) -> list[bytes | None]:
    """All there is, when it is at least so much: what is acknowledged may be seen a moment later."""
    found: list[bytes | None] = []
    for _ in range(PATIENCE):
        found += [value for batch in source.poll(0.1) for value in batch.values]
        if len(found) >= count and source.caught_up():
            return found
    raise AssertionError("gave up")


def io_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("kafka-io")}


def test_a_broker_that_stays_away_is_one_line_with_the_reason_and_leaves_nothing_behind() -> None:
    (port,) = free_ports(1)
    before = io_threads()
    with pytest.raises(TransportError) as refusal:
        KafkaPublisher(Kafka(bootstrap=f"127.0.0.1:{port}", start_timeout_s=0.5))
    assert io_threads() <= before  # some of another test may end meanwhile
    assert f"127.0.0.1:{port}" in str(refusal.value)
    assert "ECONNREFUSED" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_after_a_try_to_connect_the_client_says_no_more_than_before() -> None:
    logger = logging.getLogger("kafka.net.selector")
    with _bootstrap_warnings():
        assert logger.isEnabledFor(logging.WARNING)  # as when the client asks: it warns of a processor that is busy
    assert not logger.isEnabledFor(logging.WARNING)


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

    logger, notice = logging.getLogger("sealtrack.io.kafka.connect"), Notice(logging.WARNING)
    logger.addHandler(notice)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(KafkaSource, Kafka(bootstrap=own_broker.bootstrap), [topic])
        assert waiting.wait(PATIENCE_S)
        own_broker.start()
        source = coming.result(PATIENCE_S)
    logger.removeHandler(notice)
    own_broker.create_topics({topic: 1})
    with source, KafkaPublisher(Kafka(bootstrap=own_broker.bootstrap)) as publisher:
        publisher.publish([Message(topic, b"k", b"v")], {})
        assert read_values(source, 1) == [b"v"]


def test_killed_and_back_nothing_is_lost_and_the_source_goes_on(own_broker: Broker, topic: str) -> None:
    own_broker.start()
    own_broker.create_topics({topic: 1})
    kafka = Kafka(bootstrap=own_broker.bootstrap, transaction_timeout_s=4)
    with KafkaSource(kafka, [topic]) as source, KafkaPublisher(kafka) as publisher:
        publish_at_last(publisher, Message(topic, b"k", b"before"))
        assert read_values(source, 1) == [b"before"]
        own_broker.kill()
        assert not source.caught_up()
        with ThreadPoolExecutor(1) as pool:
            published = pool.submit(publish_at_last, publisher, Message(topic, b"k", b"during"))
            own_broker.start()
            published.result(PATIENCE_S)
        assert read_values(source, 1) == [b"during"]


def publish_at_last(publisher: KafkaPublisher, message: Message) -> None:
    """As the service does: what was undone is done again."""
    while True:
        with suppress(Undone):
            return publisher.publish([message], {})


def test_nobody_can_tell_whether_a_frozen_broker_has_more(own_broker: Broker, topic: str) -> None:
    own_broker.start()
    own_broker.create_topics({topic: 1})
    with KafkaSource(Kafka(bootstrap=own_broker.bootstrap), [topic]) as source:
        assert read_values(source) == []
        own_broker.pause()
        assert not source.caught_up()
        own_broker.resume()
        assert read_values(source) == []


def test_a_broker_that_is_killed_while_a_member_joins_is_waited_for(own_broker: Broker, topic: str) -> None:
    own_broker.start()
    own_broker.create_topics({topic: 1})
    with KafkaLanes(Kafka(bootstrap=own_broker.bootstrap, group=topic), topic) as lanes:
        own_broker.kill()
        with ThreadPoolExecutor(1) as pool:
            polled = pool.submit(lanes.poll, 0.1)
            own_broker.start()
            taken = set(polled.result(PATIENCE_S)[0].taken)
        for _ in range(PATIENCE):
            taken |= lanes.poll(0.1)[0].taken
            if taken:
                break
        assert taken == {0}


def test_an_unknown_topic_is_named(broker: Broker, topic: str) -> None:
    with (
        KafkaPublisher(Kafka(bootstrap=broker.bootstrap, transaction_timeout_s=12)) as publisher,
        pytest.raises(Undone, match=topic),
    ):
        publisher.publish([Message(topic, b"k", b"v")], {})


def test_a_message_beyond_the_limit_is_refused_by_topic_and_key(broker: Broker, topic: str) -> None:
    broker.create_topics({topic: 1})
    with (
        KafkaPublisher(Kafka(bootstrap=broker.bootstrap)) as publisher,
        pytest.raises(TransportError, match=f"{topic}.*key-1"),
    ):
        publisher.publish([Message(topic, b"key-1", b"x" * 2_000_000)], {})


def test_missing_topics_are_made_or_named(broker: Broker, topic: str) -> None:
    compacted = {topic: Plan({"cleanup.policy": "compact"})}
    strict = Kafka(bootstrap=broker.bootstrap, create_topics=False)
    with pytest.raises(UsageError, match=f"topic {topic} does not exist"):
        ensure_topics(strict, compacted)
    assert ensure_topics(Kafka(bootstrap=broker.bootstrap), compacted) == [topic]
    assert ensure_topics(strict, compacted) == []
    keyless = Message(topic, None, b"a compacted topic takes no record without a key")  # type: ignore[arg-type]
    with KafkaPublisher(strict) as publisher, pytest.raises(Undone, match=topic):
        publisher.publish([keyless], {})


def test_the_state_has_as_many_partitions_as_the_positions_or_is_refused(broker: Broker, topic: str) -> None:
    kafka, state = Kafka(bootstrap=broker.bootstrap), f"{topic}-state"
    broker.create_topics({topic: 5})
    ensure_topics(kafka, {topic: Plan({}), state: Plan({}, like=topic)})
    with KafkaState(kafka, state) as reader:
        assert reader.read(4) == {}
    broker.create_topics({f"{topic}-more": 6})
    with pytest.raises(UsageError, match=f"{state} has 5 partitions, {topic}-more has 6"):
        ensure_topics(kafka, {state: Plan({}, like=f"{topic}-more")})


def test_the_command_makes_topics_with_settings_that_fit(broker: Broker, topic: str) -> None:
    names = {name: f"{topic}-{name}" for name in Topics.__struct_fields__}
    environment = {f"SEALTRACK_TOPICS_{name.upper()}": value for name, value in names.items()}
    command = ["topics", "create", "--bootstrap", broker.bootstrap, "--partitions", "2", "--retention-days", "10"]
    done = CliRunner().invoke(app, command, env=environment)
    assert (done.exit_code, set(done.stdout.split())) == (0, set(names.values()))
    with KafkaAdminClient(bootstrap_servers=broker.bootstrap) as admin:
        assert {len(found["partitions"]) for found in admin.describe_topics(list(names.values()))} == {2}
        resources = [ConfigResource("TOPIC", name) for name in names.values()]
        told = str(admin.describe_configs(resources))
    assert told.count("'864000000'") == 3
    assert CliRunner().invoke(app, command, env=environment).stdout == ""


def test_what_a_dead_worker_left_open_is_waited_for(broker: Broker, topic: str) -> None:
    broker.create_topics({topic: 1})
    kafka = Kafka(bootstrap=broker.bootstrap, transaction_timeout_s=10)
    with KafkaPublisher(kafka) as dying, KafkaState(kafka, topic) as state:
        dying.publish([Message(topic, b"k", b"held", partition=0)], {})
        assert dying._producer is not None
        dying._producer.begin_transaction()
        dying._producer.send(topic, b"open", b"k", partition=0).get(PATIENCE_S)  # type: ignore[no-untyped-call]
        assert state.read(0) == {b"k": b"held"}  # and returns only when the broker has undone the rest
        with pytest.raises(Undone):
            dying.publish([Message(topic, b"k", b"too late", partition=0)], {})
        assert state.read(0) == {b"k": b"held"}


def test_of_two_publishers_of_one_id_the_older_one_is_fenced(broker: Broker, topic: str) -> None:
    broker.create_topics({topic: 1})
    kafka = Kafka(bootstrap=broker.bootstrap, group=topic, instance="one")
    with KafkaPublisher(kafka) as zombie, KafkaSource(kafka, [topic]) as source:
        zombie.publish([Message(topic, b"k", b"zombie, before")], {})
        with KafkaPublisher(kafka) as successor:
            with pytest.raises(Undone):
                zombie.publish([Message(topic, b"k", b"zombie, after")], {})
            successor.publish([Message(topic, b"k", b"successor")], {})
            assert read_values(source, 2) == [b"zombie, before", b"successor"]


def take_all(lanes: KafkaLanes) -> None:
    """Until it has its one lane."""
    while not lanes.poll(0.1)[0].taken:
        pass


def test_of_two_workers_of_one_instance_the_older_one_is_told_and_stops(broker: Broker, topic: str) -> None:
    broker.create_topics({topic: 1})
    kafka = Kafka(bootstrap=broker.bootstrap, group=topic, instance="one")
    with KafkaLanes(kafka, topic) as older, KafkaPublisher(kafka, older) as zombie:
        take_all(older)
        with KafkaLanes(kafka, topic) as newer, KafkaPublisher(kafka, newer) as successor:
            take_all(newer)
            successor.publish([], {0: 1})
            with suppress(Undone):  # its first producer is fenced
                zombie.publish([], {0: 2})
            with pytest.raises(TransportError, match=r"another worker runs as kafka\.instance = 'one'"):
                zombie.publish([], {0: 2})
            assert newer.committed(0) == 1


def test_an_instance_that_comes_back_has_its_lanes_at_once(broker: Broker, topic: str) -> None:
    broker.create_topics({topic: 1})
    kafka = Kafka(bootstrap=broker.bootstrap, group=topic, instance="one", session_timeout_s=1800)
    for _ in range(2):
        with KafkaLanes(kafka, topic) as lanes:
            take_all(lanes)
