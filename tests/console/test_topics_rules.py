"""The console beside a live service: which geofences judge what, and which trips are to be judged again."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from kafka import KafkaProducer
from sqlalchemy import select

from sealtrack.console.chores import tick
from sealtrack.console.desk import open_desk
from sealtrack.console.evidence.verify import verify
from sealtrack.console.intake.topics import TopicIntake
from sealtrack.console.intake.unjudged import unjudged_part
from sealtrack.console.store import Store
from sealtrack.console.store.tables.declared import shipments
from sealtrack.geofence import Catalogue, pack, unpack
from sealtrack.io.kafka.tail import KafkaTail
from sealtrack.io.memory import MemoryBroker, MemorySource
from sealtrack.io.messages import flag_message, geofences_message
from sealtrack.io.ports import Message
from sealtrack.settings import Console, Kafka, Settings, Topics
from tests.broker import Broker
from tests.console.people import DEMO, People

SETTINGS = Settings()
TOPIC = SETTINGS.topics.geofences
ROUTE = "haiphong-huunghi"
NOON_MS = 1_773_118_800_000  # 2026-03-10 05:00 UTC: some of the demo's trucks departed before, some after


def drawn(half_width_m: float) -> tuple[bytes, Catalogue]:
    """The demo's geofences with this width of its corridor."""
    text, _ = pack(*DEMO.geofences)
    features = msgspec.json.decode(text)
    [route] = [one for one in features["features"] if one["properties"]["id"] == ROUTE]
    route["properties"]["half_width_m"] = half_width_m
    changed = msgspec.json.encode(features)
    return changed, unpack(changed, "test")


def edition(half_width_m: float, from_ms: int, topic: str = TOPIC) -> Message:
    text, catalogue = drawn(half_width_m)
    return geofences_message(topic, text, catalogue.version, from_ms)


def take(store: Store, *found: Message) -> None:
    """What the topics hold, from their beginning."""
    broker = MemoryBroker()
    broker.append(*found)
    intake = TopicIntake(store, SETTINGS)
    intake.run(MemorySource(broker, intake.topics), lambda: False, until_end=True)


def width_of(people: People, shipment_id: str) -> float:
    routes = people("viewer", f"for-{shipment_id}").get(f"/shipments/{shipment_id}/track")["routes"]
    [route] = [one for one in routes if one["id"] == ROUTE]
    return float(route["half_width_m"])


def departed(store: Store, *, before: bool) -> str:
    """A shipment that departed before noon, or after."""
    with store.reading() as connection:
        where = shipments.c.depart_ms < NOON_MS if before else shipments.c.depart_ms >= NOON_MS
        return str(connection.scalar(select(shipments.c.shipment_id).where(where).order_by("shipment_id").limit(1)))


def test_each_shipment_is_drawn_in_the_geofences_that_judge_it(people: People, store: Store) -> None:
    early, late = departed(store, before=True), departed(store, before=False)
    take(store, edition(700, 0), edition(900, NOON_MS))
    cast("Any", people.app).state.desk.follow()  # as its chores do every few seconds
    assert (width_of(people, early), width_of(people, late)) == (700, 900)
    in_force = [route["half_width_m"] for route in people("viewer").get("/places")["routes"] if route["id"] == ROUTE]
    assert in_force == [900]


def test_an_edition_can_be_taken_back_but_never_the_last(store: Store) -> None:
    first, second = edition(700, 0), edition(900, NOON_MS)
    take(store, first, second, Message(TOPIC, second.key, None))
    assert [one.from_ms for one in open_desk(Console(), store).editions] == [0]


def test_the_last_edition_stays_whatever_is_deleted(store: Store) -> None:
    first = edition(700, 0)
    take(store, first, Message(TOPIC, first.key, None))
    assert [one.from_ms for one in open_desk(Console(), store).editions] == [0]


def test_geofences_that_cannot_be_used_leave_those_before_in_force(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    take(store, edition(700, 0), Message(TOPIC, b"bad", b'{"type": "FeatureCollection"}', NOON_MS))
    desk = open_desk(Console(), store)
    assert [one.from_ms for one in desk.editions] == [0]
    assert "holds no geofences that can be used" in caplog.text


def test_a_pack_holds_the_geofences_that_judged_it(people: People, store: Store, tmp_path: Path) -> None:
    files, catalogue = pack(*DEMO.geofences)
    take(store, geofences_message(TOPIC, files, catalogue.version, 0), edition(900, 1_900_000_000_000))
    cast("Any", people.app).state.desk.follow()
    [item] = people("viewer").get("/incidents", q="TQ26-0006")["items"]
    answer = people("analyst").ask("GET", f"/incidents/{item['incident_id']}/evidence.zip")
    assert answer.status_code == 200
    (tmp_path / "pack.zip").write_bytes(answer.content)
    proof = verify(tmp_path / "pack.zip")
    assert proof.faults == []
    assert proof.alerts == 3


def late(shipment_id: str, reports: int, topic: str = SETTINGS.topics.flagged) -> Message:
    record = {"shipment_id": shipment_id, "flagged": False, "late_reports": reports, "readjudicate": reports > 0}
    return flag_message(topic, record | ({"horizon_needed_s": 43_200} if reports else {}))


def test_a_trip_that_could_not_be_judged_whole_says_so(people: People, store: Store) -> None:
    take(store, late("TQ26-0006", 3), late("TQ26-0008", 2), late("TQ26-0008", 0), late("ghost", 1))
    viewer = people("viewer")
    told = {"late_reports": 3, "horizon_needed_s": 43_200}
    assert viewer.get("/shipments/TQ26-0006")["unjudged"] == told
    assert viewer.get("/shipments/TQ26-0008")["unjudged"] is None
    [item] = viewer.get("/incidents", q="TQ26-0006")["items"]
    assert viewer.get(f"/incidents/{item['incident_id']}")["unjudged"] == told
    assert [row["shipment_id"] for row in viewer.get("/handover")["unjudged"]] == ["TQ26-0006"]
    assert people("viewer", "elsewhere", ("Đội khác",)).get("/handover")["unjudged"] == []


def test_what_is_no_flag_is_passed_over(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    take(store, Message(SETTINGS.topics.flagged, b"x", b"[1]"), late("TQ26-0006", 3))
    with store.reading() as connection:
        assert unjudged_part(connection, "TQ26-0006")
    assert "is no flagged shipment" in caplog.text


@pytest.fixture
def publish(broker: Broker) -> Callable[..., None]:
    """Sends messages to the broker, in one transaction."""
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=uuid.uuid4().hex)
    producer.init_transactions()

    def send(*found: Message) -> None:
        producer.begin_transaction()
        for one in found:
            producer.send(one.topic, one.value, one.key, timestamp_ms=one.timestamp_ms)
        producer.commit_transaction()

    return send


def test_kafka_tells_of_geofences_and_late_trips_and_of_their_end(
    broker: Broker, store: Store, publish: Callable[..., None]
) -> None:
    name = uuid.uuid4().hex
    topics = Topics(**{each: f"{each}-{name}" for each in ("positions", "shipments", "sightings", "alerts")})
    topics = msgspec.structs.replace(topics, geofences=f"geofences-{name}", flagged=f"flagged-{name}")
    settings = Settings(kafka=Kafka(bootstrap=broker.bootstrap), topics=topics)
    broker.create_topics({topics.geofences: 1, topics.flagged: 2})
    desk, intake = open_desk(Console(), store), TopicIntake(store, settings)
    assert len(desk.editions) == 1, "the files of the demo"

    def follow() -> None:
        with KafkaTail(settings.kafka, intake.topics, intake.starts()) as source:
            intake.run(source, lambda: False, until_end=True)
        desk.follow()
        tick(desk, 1)

    early, late_one = edition(700, 0, topics.geofences), edition(900, NOON_MS, topics.geofences)
    publish(early, late("TQ26-0006", 3, topics.flagged))
    follow()
    assert [one.from_ms for one in desk.editions] == [0]
    publish(late_one, late("TQ26-0006", 0, topics.flagged), late("TQ26-0008", 1, topics.flagged))
    follow()
    assert [one.from_ms for one in desk.editions] == [0, NOON_MS]
    with store.reading() as connection:
        assert unjudged_part(connection, "TQ26-0006") is None
        assert unjudged_part(connection, "TQ26-0008") == {"late_reports": 1, "horizon_needed_s": 43_200}
