"""What producers may send: nonsense, far too much, clocks that are years off."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from sealtrack import geofence
from sealtrack.engine import Engine
from sealtrack.io.files import read_reports, read_shipments
from sealtrack.io.ports import Message
from sealtrack.replay import final
from tests.broker import Broker
from tests.broker.expect import GEOFENCES, SCENARIOS, Watch, assert_told_once, replayed, wait_until
from tests.broker.feed import produce, producing, read_json
from tests.broker.worker import PATIENCE_S, Worker
from tests.faults.scene import SCENARIO, Feed, Start, end_with, prepare

YEAR_MS = 365 * 86_400_000
FORGIVING = {"max.message.bytes": "4000000", "message.timestamp.after.max.ms": str(2**63 - 1)}


@pytest.fixture
def worker(broker: Broker, tmp_path: Path) -> Worker:
    """Its positions topic takes large records, and stamps from any future."""
    worker = prepare(broker, tmp_path, poison_ceiling=300)
    with KafkaAdminClient(bootstrap_servers=broker.bootstrap) as admin:
        admin.alter_configs([ConfigResource("TOPIC", worker.topics.positions, FORGIVING)])
    return worker


def test_nothing_but_poison_stops_it_with_the_reason_and_the_next_start_goes_on(worker: Worker, watch: Watch) -> None:
    feed = Feed(worker)
    feed.go_on(0.3)
    poison = [Message(worker.topics.positions, b"k", b"\x00 %d" % i, 1_773_187_200_000, 0) for i in range(500)]
    produce(worker.broker.bootstrap, poison)
    assert worker.start("--until-end").wait(PATIENCE_S) == 2, worker.said()
    assert "records in a row before offset" in (last := worker.said().splitlines()[-1]), worker.said()
    assert worker.topics.dead_letter in last
    assert "service.codec" in last
    assert "Traceback" not in worker.said()
    told = len(read_json(worker.broker.bootstrap, worker.topics.dead_letter))
    assert 300 <= told <= 500
    end_with(worker, feed)
    assert len(read_json(worker.broker.bootstrap, worker.topics.dead_letter)) == 500
    assert watch.lag() == 0


def test_two_megabytes_of_nonsense_and_of_report_go_aside_and_hold_nobody_up(worker: Worker) -> None:
    feed = Feed(worker)
    feed.go_on(0.5)
    report = {"seal_id": "7900000001", "time": 1_773_187_200_000, "note": "x" * 2_000_000}
    with producing(worker.broker.bootstrap, max_request_size=4_000_000) as producer:
        for value in (b"\xff" * 2_000_000, msgspec.json.encode(report)):
            sent = producer.send(worker.topics.positions, value, b"7900000001", timestamp_ms=1_773_187_200_000)
            sent.get()  # type: ignore[no-untyped-call]
    end_with(worker, feed)
    letters = read_json(worker.broker.bootstrap, worker.topics.dead_letter)
    assert [(one["reason"], one["truncated"]) for one in letters] == [("too_large", True)] * 2


def with_odd_clocks(feed: Path, to: Path) -> None:
    """Some reports are stamped years off by the device, some by the gateway."""
    rows = pd.read_csv(feed, dtype={"seal_id": str})
    dice = np.random.default_rng(3)
    for name, years in [("time", 20), ("time", -20), ("received", 20), ("received", -3)]:
        ms = rows[name].map(lambda text: int(pd.Timestamp(text).timestamp() * 1000) if isinstance(text, str) else text)
        ms.iloc[dice.choice(len(rows), 15, replace=False)] += years * YEAR_MS
        rows[name] = ms
    rows.to_csv(to, index=False)


def test_clocks_that_are_years_off(worker: Worker, tmp_path: Path, start: Start) -> None:
    odd = tmp_path / "odd.csv"
    with_odd_clocks(SCENARIOS / SCENARIO / "feed.csv.gz", odd)
    engine = Engine(geofence.load(GEOFENCES))  # a replay would read in the order of the stamps
    history, _ = engine.register(read_shipments(SCENARIOS / SCENARIO / "shipments.csv")[0])
    for reports, rejected in read_reports(odd):
        assert not rejected
        history += engine.process(reports)
    worker.play(odd)
    process = start(worker)
    wait_until(worker.alerts, worker, process)
    process.kill()
    process.wait()
    worker.run_until_end()
    assert final(history) != replayed(SCENARIO)
    assert_told_once(worker.alerts(), final(history))
