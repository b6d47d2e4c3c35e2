"""Shipments that are declared late, amended on their way, and closed, while their seals report."""

from __future__ import annotations

from pathlib import Path

from sealtrack.declared import last_terms
from sealtrack.io.files import read_shipments
from tests.broker import Broker
from tests.broker.expect import GEOFENCES, SCENARIOS, Watch, assert_told_once, replayed, wait_until
from tests.broker.feed import messages_in, produce
from tests.broker.worker import Worker
from tests.faults.scene import Start

SCENARIO = "amended"


def test_reports_wait_for_their_shipment_and_amendments_hold_from_their_time(
    broker: Broker, tmp_path: Path, start: Start
) -> None:
    worker = Worker(broker, tmp_path, GEOFENCES, poll_records=100, checkpoint_reports=500)
    worker.create_topics(3)
    folder = SCENARIOS / SCENARIO
    records, _ = read_shipments(folder / "shipments.csv")
    messages = list(messages_in(folder / "feed.csv.gz", worker.topics.positions))
    half = len(messages) // 2
    watch, process = Watch(worker), start(worker, SEALTRACK_KAFKA_INSTANCE="one")
    produce(broker.bootstrap, messages[:half])
    wait_until(lambda: watch.lag() == 0, worker, process)
    assert worker.alerts() == []  # nobody knows whose they are
    process.kill()
    process.wait()
    process = start(worker, SEALTRACK_KAFKA_INSTANCE="one")
    worker.declare([one for one in records if one.amended_at is None])
    wait_until(worker.alerts, worker, process)
    produce(broker.bootstrap, messages[half:])
    wait_until(lambda: watch.lag() == 0, worker, process)
    worker.declare([one for one in records if one.amended_at is not None])
    process.kill()
    process.wait()
    worker.run_until_end()
    watch.close()
    assert any(one.closed_at for one in last_terms(records))
    assert_told_once(worker.alerts(), replayed(SCENARIO))
