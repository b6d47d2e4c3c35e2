"""The console beside a live service: everything once, whatever is killed, and only what was committed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaProducer
from sqlalchemy import func, select

from sealtrack.console.evidence.lines import report_lines
from sealtrack.console.intake.declared import shipment_records_of
from sealtrack.console.intake.topics import TopicIntake
from sealtrack.console.queue import Filter, page
from sealtrack.console.store import Store, open_store
from sealtrack.console.store.alerts import alert_of
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.heard import reports, sources
from sealtrack.console.store.tables.judged import alerts
from sealtrack.io.codecs import alert_json, time_text
from sealtrack.io.kafka.tail import KafkaTail
from sealtrack.io.memory import MemoryBroker, MemorySource
from sealtrack.io.ports import Message, RecordBatch
from sealtrack.settings import Kafka, Settings, Topics
from tests.broker import Broker
from tests.console.people import everybody

SETTINGS = Settings()
"""With the usual names of topics."""


def messages(store: Store, topics: Topics) -> list[Message]:
    """What a live service had read and published, of the demo."""
    with store.reading() as connection:
        declared = shipment_records_of(connection, list(connection.scalars(select(shipments.c.shipment_id))))
        joined = select(reports, sources.c.topic).join(sources, sources.c.id == reports.c.source)
        heard = connection.execute(joined.order_by(reports.c.received_ms, reports.c.offset)).all()
        said = connection.execute(select(alerts).order_by(alerts.c.detected_ms, alerts.c.alert_id, alerts.c.version))
        told = [alert_of(row) for row in said]
    found = [Message(topics.shipments, one.shipment_id.encode(), _shipment(one), one.depart_at) for one in declared]
    found += [
        Message(topics.positions, row.seal_id.encode(), report_lines([row]).strip(), row.received_ms) for row in heard
    ]
    return found + [Message(topics.alerts, one.shipment_id.encode(), alert_json(one)) for one in told]


def _shipment(one: Any) -> bytes:
    found = msgspec.to_builtins(one)
    times = {
        name: time_text(found[name]) for name in ("depart_at", "arrive_by", "closed_at") if found[name] is not None
    }
    return msgspec.json.encode({name: value for name, value in (found | times).items() if value is not None})


def shown(store: Store) -> list[dict[str, Any]]:
    """The queue, without the times of this store's own."""
    own = ("opened_at", "updated_at", "due_at")
    with store.reading() as connection:
        items = page(connection, everybody(), Filter(status=("all",)), 1, 200)["items"]
    return [{name: value for name, value in item.items() if name not in own} for item in items]


class _Crash(Exception):  # noqa: N818 - not an error of ours
    pass


class _Dying(MemorySource):
    """A source after which the process is gone."""

    def __init__(self, broker: MemoryBroker, topics: Sequence[str], polls: int) -> None:
        super().__init__(broker, topics, poll_records=700)
        self._left = polls

    def poll(self, timeout_s: float) -> list[RecordBatch]:
        self._left -= 1
        if self._left < 0:
            raise _Crash
        return super().poll(timeout_s)


def test_from_topics_comes_what_comes_from_files(store: Store, empty: Store) -> None:
    broker = MemoryBroker()
    broker.append(*messages(store, SETTINGS.topics))
    intake = TopicIntake(empty, SETTINGS)
    for polls in (1, 3, 5):  # killed twice and more; each time it begins at the first records and knows what it has
        with pytest.raises(_Crash):
            intake.run(_Dying(broker, intake.topics, polls), lambda: False)
    intake.run(MemorySource(broker, intake.topics), lambda: False, until_end=True)
    assert shown(empty) == shown(store)
    with empty.reading() as one, store.reading() as other:
        counted = select(func.count()).select_from(reports)
        assert one.scalar(counted) == other.scalar(counted)
    broker.append(*messages(store, SETTINGS.topics)[-3:])
    intake.run(MemorySource(broker, intake.topics), lambda: False, until_end=True)
    assert shown(empty) == shown(store), "a version that is published twice changes nothing"


def test_a_poll_is_taken_whole_or_not_at_all(store: Store, empty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = MemoryBroker()
    broker.append(*messages(store, SETTINGS.topics))
    intake = TopicIntake(empty, SETTINGS)

    def fail(*_: object) -> None:
        raise _Crash

    with monkeypatch.context() as patched:
        patched.setattr("sealtrack.console.intake.topics.take_alerts", fail)
        with pytest.raises(_Crash):
            intake.run(MemorySource(broker, intake.topics), lambda: False, until_end=True)
    with empty.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(alerts)) == 0
    assert not any(topic == SETTINGS.topics.alerts for topic, _ in intake.starts())
    intake.run(MemorySource(broker, intake.topics), lambda: False, until_end=True)
    assert shown(empty) == shown(store)


def test_what_cannot_be_read_is_passed_over_and_named(empty: Store, caplog: pytest.LogCaptureFixture) -> None:
    broker = MemoryBroker()
    topics = SETTINGS.topics
    for topic in TopicIntake(empty, SETTINGS).topics:
        broker.append(Message(topic, b"x", b"{not json"), Message(topic, b"x", b'{"alert_id": 5}'))
    intake = TopicIntake(empty, SETTINGS)
    intake.run(MemorySource(broker, intake.topics), lambda: False, until_end=True)
    assert {topic for topic, _ in intake.starts()} == set(intake.topics)
    assert topics.alerts in caplog.text


def test_a_null_deletes_a_shipment_and_keeps_what_was_decided(store: Store, empty: Store) -> None:
    broker = MemoryBroker()
    broker.append(*messages(store, SETTINGS.topics))
    broker.append(Message(SETTINGS.topics.shipments, b"TQ26-0006", None))
    intake = TopicIntake(empty, SETTINGS)
    intake.run(MemorySource(broker, intake.topics), lambda: False, until_end=True)
    with empty.reading() as connection:
        gone = select(shipments.c.shipment_id).where(shipments.c.shipment_id == "TQ26-0006")
        assert connection.scalar(gone) is None
    [item] = [one for one in shown(empty) if one["shipment_id"] == "TQ26-0006"]
    assert item["alerts"] > 0


def test_kafka_is_read_on_from_where_the_store_stands_and_what_was_undone_never(
    broker: Broker, store: Store, tmp_path: Path
) -> None:
    name = uuid.uuid4().hex
    topics = Topics(**{each: f"{each}-{name}" for each in ("positions", "shipments", "sightings", "alerts")})
    settings = Settings(kafka=Kafka(bootstrap=broker.bootstrap), topics=topics)
    broker.create_topics({topics.positions: 2, topics.shipments: 1, topics.sightings: 1, topics.alerts: 2})
    empty = open_store(str(tmp_path / "live.db"))
    intake = TopicIntake(empty, settings)
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=name)
    producer.init_transactions()
    found = messages(store, topics)
    third = len(found) // 3 + 1
    for number, part in enumerate([found[:third], found[third : 2 * third], found[2 * third :]]):
        producer.begin_transaction()
        for one in part:
            producer.send(one.topic, one.value, one.key, timestamp_ms=one.timestamp_ms)
        producer.commit_transaction()
        producer.begin_transaction()
        ghost = b'{"shipment_id":"ghost","seal_id":"g","route_id":"r","depart_at":1773100000000}'
        producer.send(topics.shipments, ghost, b"ghost")
        producer.flush()
        producer.abort_transaction()
        before = intake.starts()
        with KafkaTail(settings.kafka, intake.topics, before) as source:
            intake.run(source, lambda: False, until_end=True)
        assert number == 0 or any(intake.starts()[place] > offset for place, offset in before.items())
    producer.close()
    assert shown(empty) == shown(store)
    with empty.reading() as connection:
        assert connection.scalar(select(shipments.c.shipment_id).where(shipments.c.shipment_id == "ghost")) is None
    empty.close()
