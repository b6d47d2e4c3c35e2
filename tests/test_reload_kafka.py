"""Geofences that change while the service runs, on a real broker: each shipment is judged by its own edition."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.io.kafka import KafkaSource
from sealtrack.schema import Alert, Shipment
from sealtrack.settings import Kafka
from tests.broker import Broker
from tests.broker.expect import assert_told_once, wait_until
from tests.broker.feed import messages_of, produce
from tests.broker.worker import PATIENCE_S, Worker
from tests.core.feeds import MINUTE, Raw, pack
from tests.core.roadworks import fed, move_road, shipment, way
from tests.core.world import catalogue

pytestmark = [pytest.mark.compiled, pytest.mark.filterwarnings("ignore:Generating overly large repr")]


def judged(geofences: Catalogue, records: list[Shipment], raws: list[Raw]) -> list[Alert]:
    """What a replay with these geofences says."""
    engine = Engine(geofences)
    told, _ = engine.register(records)
    return told + engine.process(pack(fed(raws)))


def of(alerts: Iterable[Alert], shipment_id: str) -> list[Alert]:
    return [alert for alert in alerts if alert.shipment_id == shipment_id]


def stamps(worker: Worker) -> list[int]:
    """Since when each edition of the topic is in force."""
    with KafkaSource(Kafka(bootstrap=worker.broker.bootstrap), [worker.topics.geofences]) as source:
        found: list[int] = []
        while not source.caught_up():
            found += [stamp for batch in source.poll(1) for stamp in batch.timestamps_ms.tolist()]
    return sorted(found)


def test_a_file_replaced_mid_feed_judges_what_departs_afterwards_whatever_is_killed_when(
    broker: Broker, tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    folder = tmp_path / "geofences"
    folder.mkdir()
    before = catalogue(folder)
    worker = Worker(broker, tmp_path, folder, geofences_look_s=0.2, checkpoint_reports=50)
    worker.create_topics(2)

    def send(raws: list[Raw]) -> None:
        produce(broker.bootstrap, messages_of(pack(fed(raws)), worker.topics.positions))

    begun = time.time_ns() // 1_000_000 - 30 * MINUTE
    old = shipment(1, begun)
    on_the_way = way(1, begun)
    worker.declare([old])
    send(on_the_way[:20])
    process = start(worker)
    wait_until(lambda: before.version in worker.said(), worker, process)
    after = move_road(folder)
    wait_until(lambda: after.version in worker.said(), worker, process)
    first, changed = stamps(worker)
    assert (first, changed > begun) == (0, True)
    new = shipment(2, changed + MINUTE)
    leaving = way(2, changed + MINUTE)
    worker.declare([new])
    send(on_the_way[20:60])
    send(leaving[:60])
    wait_until(worker.alerts, worker, process)
    process.kill()
    process.wait()
    process = start(worker)
    send(on_the_way[60:])
    wait_until(lambda: worker.said().count("shipments known") == 2, worker, process)
    process.kill()
    process.wait()
    send(leaving[60:])
    worker.run_until_end()
    everything = [*on_the_way, *leaving]
    expected = of(judged(before, [old, new], everything), "S1") + of(judged(after, [old, new], everything), "S2")
    said = worker.alerts()
    assert_told_once(said, expected)
    assert "route_deviation" in {alert.kind for alert in of(expected, "S2")}
    assert {alert.evidence["geofences"] for alert in of(said, "S1")} == {before.version}
    assert {alert.evidence["geofences"] for alert in of(said, "S2")} == {after.version}
    assert len(stamps(worker)) == 2, "restarts publish nothing"


def test_a_broken_file_is_told_and_the_service_goes_on(
    broker: Broker, tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    folder = tmp_path / "geofences"
    folder.mkdir()
    before = catalogue(folder)
    worker = Worker(broker, tmp_path, folder, geofences_look_s=0.2)
    worker.create_topics(1)
    begun = time.time_ns() // 1_000_000 - 2 * 60 * MINUTE
    worker.declare([shipment(1, begun)])
    process = start(worker)
    wait_until(lambda: before.version in worker.said(), worker, process)
    (folder / "country.geojson").write_text('{"type": "FeatureCollection", "features": [')
    wait_until(lambda: "stay in force" in worker.said(), worker, process)
    raws = way(1, begun, halt_m=30_000.0)
    produce(broker.bootstrap, messages_of(pack(fed(raws)), worker.topics.positions))
    wait_until(worker.alerts, worker, process)
    process.terminate()
    assert process.wait(PATIENCE_S) == 0, worker.said()
    worker.run_until_end()
    assert_told_once(worker.alerts(), judged(before, [shipment(1, begun)], raws))
    assert "Traceback" not in worker.said()


def test_geofences_are_published_by_command(broker: Broker, tmp_path: Path) -> None:
    folder = tmp_path / "geofences"
    folder.mkdir()
    before = catalogue(folder)
    worker = Worker(broker, tmp_path, folder)
    worker.create_topics(1)
    worker.run_until_end()
    moved = tmp_path / "moved"
    moved.mkdir()
    after = move_road(moved)
    begun = time.time_ns() // 1_000_000 - 5 * 60 * MINUTE
    assert worker.run_other("geofences", "publish", str(moved), "--from", "2026-01-01T00:00:00Z") == 0, worker.said()
    worker.declare([shipment(1, begun)])
    produce(broker.bootstrap, messages_of(pack(fed(way(1, begun))), worker.topics.positions))
    worker.run_until_end()
    assert_told_once(worker.alerts(), judged(after, [shipment(1, begun)], way(1, begun)))
    assert f"published {after.version}" in worker.said()
    assert f"the geofence files hold {before.version}, which {after.version} has replaced" in worker.said()
