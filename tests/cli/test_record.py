"""`sealtrack record` on a real Kafka: what it writes replays as the service judged it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from sealtrack import geofence
from sealtrack.cli.main import app
from sealtrack.differences import differences
from sealtrack.io.files import read_alerts, read_reports, read_shipments, read_sightings
from sealtrack.io.kafka import KafkaPublisher
from sealtrack.io.ports import Message
from sealtrack.replay import replay
from sealtrack.schema import Alert, Sighting
from sealtrack.settings import Kafka
from tests.broker import Broker
from tests.broker.expect import GEOFENCES, LOOK_EVERY_S, SCENARIOS
from tests.broker.feed import produce
from tests.broker.worker import PATIENCE_S, Worker

T0_MS = 1_772_600_400_000


def record(worker: Worker, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["record", "--config", str(worker.config), *map(str, arguments)])


@pytest.fixture
def worker(broker: Broker, tmp_path: Path) -> Worker:
    return Worker(broker, tmp_path, GEOFENCES)


def test_a_recorded_feed_replays_as_it_was_judged_live(worker: Worker, tmp_path: Path) -> None:
    worker.create_topics(3)
    worker.declare(SCENARIOS / "haiphong-huunghi" / "shipments.csv")
    count = worker.play(SCENARIOS / "haiphong-huunghi" / "feed.csv.gz")
    produce(worker.broker.bootstrap, [Message(worker.topics.positions, b"7900000001", b"{broken", T0_MS)])
    worker.run_until_end()
    shipments, alerts = tmp_path / "shipments.ndjson", tmp_path / "alerts.ndjson"
    assert record(worker, shipments, "--topic", "shipments").exit_code == 0
    cargo, unusable = read_shipments(shipments)
    assert not unusable
    catalogue = geofence.load(GEOFENCES)
    for name in ("feed.parquet", "feed.csv.gz", "feed.ndjson.zst"):
        done = record(worker, tmp_path / name)
        assert (done.exit_code, done.stdout) == (0, ""), done.stderr
        assert f"{count:,} rows of {count + 1:,} records" in done.stderr
        assert "1 with a fault" in done.stderr
        assert "not JSON" in done.stderr
        found = replay([tmp_path / name], catalogue, cargo)
        assert not found.rejected
        assert found.alerts
        assert differences(found.alerts, worker.alerts()) == []
    assert record(worker, alerts, "--topic", "alerts").exit_code == 0
    assert sorted(read_alerts(alerts), key=version) == sorted(worker.alerts(), key=version)


def version(alert: Alert) -> tuple[str, int]:
    return alert.alert_id, alert.version


@pytest.fixture
def ten(worker: Worker) -> Worker:
    """Ten reports in one partition, a second apart but for the last, whose stamp is that of the first."""
    worker.create_topics(1)
    stamps = [*(T0_MS + 1000 * n for n in range(9)), T0_MS]
    say(worker, stamps)
    return worker


def say(worker: Worker, stamps: list[int]) -> None:
    values = [json.dumps({"seal_id": "S1", "time": stamp}).encode() for stamp in stamps]
    messages = [Message(worker.topics.positions, b"S1", v, t) for v, t in zip(values, stamps, strict=True)]
    produce(worker.broker.bootstrap, messages)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("arguments", "offsets"),
    [
        ([], [*range(10)]),
        (["--from", "3"], [*range(3, 10)]),
        (["--from", "3", "--to", "5"], [3, 4]),
        (["--from", "2026-03-04T05:00:04Z"], [4, 5, 6, 7, 8]),
        (["--to", "2026-03-04T12:00:02+07:00"], [0, 1, 9]),
        (["--from", "2026-03-04T05:00:04Z", "--to", "7"], [4, 5, 6]),
        (["--partition", "0", "--to", "1"], [0]),
    ],
    ids=lambda given: " ".join(map(str, given)),
)
def test_a_stretch_by_offset_or_time(ten: Worker, tmp_path: Path, arguments: list[str], offsets: list[int]) -> None:
    done = record(ten, tmp_path / "feed.ndjson", *arguments)
    assert done.exit_code == 0, done.stderr
    assert [one["offset"] for one in lines(tmp_path / "feed.ndjson")] == offsets


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "noon"], "--from noon"),
        (["--from", "2026-03-04T05:00:04"], "--from 2026"),
        (["--from", "99"], "nothing to write"),
        (["--partition", "7"], "no partition 7"),
        (["--follow", "--to", "3"], "exclude"),
        (["--topic", "sightings"], "nothing to write"),
    ],
    ids=lambda given: given if isinstance(given, str) else " ".join(given),
)
def test_what_cannot_be_meant_is_one_line_and_no_file(
    ten: Worker, tmp_path: Path, arguments: list[str], said: str
) -> None:
    before = set(tmp_path.iterdir())
    done = record(ten, tmp_path / "feed.ndjson", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert set(tmp_path.iterdir()) == before


def test_a_topic_that_does_not_exist_is_named(worker: Worker, tmp_path: Path) -> None:
    done = record(worker, tmp_path / "feed.csv")
    assert done.exit_code == 2
    assert worker.topics.positions in done.stderr


def test_only_what_is_committed_is_recorded(ten: Worker, tmp_path: Path) -> None:
    kafka = Kafka(bootstrap=ten.broker.bootstrap, group=ten.name)
    value = json.dumps({"seal_id": "S2", "time": T0_MS}).encode()
    with KafkaPublisher(kafka) as publisher:
        publisher.publish([Message(ten.topics.positions, b"S2", value, T0_MS)], {})
    undone = KafkaProducer(bootstrap_servers=ten.broker.bootstrap, transactional_id=f"{ten.name}-undone", acks="all")
    undone.init_transactions()
    undone.begin_transaction()
    undone.send(ten.topics.positions, value, b"S3").get(PATIENCE_S)  # type: ignore[no-untyped-call]
    undone.abort_transaction()
    undone.close()
    assert record(ten, tmp_path / "feed.ndjson").exit_code == 0
    assert [one["seal_id"] for one in lines(tmp_path / "feed.ndjson")] == ["S1"] * 10 + ["S2"]


def test_sightings_keep_when_they_were_received_and_shipments_what_holds(worker: Worker, tmp_path: Path) -> None:
    worker.create_topics(1)
    seen = Sighting(
        sighting_id="s", time=T0_MS, received=T0_MS + 5000, source="camera", vehicle="15C-1", lat=20.9, lon=106.6
    )
    worker.see([seen])
    declared: dict[str, Any] = {"shipment_id": "VN1", "seal_id": "S1", "route_id": "r", "depart_at": T0_MS}
    values = [declared, declared | {"seal_id": "S2"}, declared | {"shipment_id": "VN2"}]
    messages = [
        Message(worker.topics.shipments, one["shipment_id"].encode(), json.dumps(one, indent=1).encode())
        for one in values
    ]
    produce(worker.broker.bootstrap, [*messages, Message(worker.topics.shipments, b"VN2", None)])
    for topic in ("sightings", "shipments"):
        done = record(worker, tmp_path / f"{topic}.ndjson", "--topic", topic)
        assert done.exit_code == 0, done.stderr
    assert read_sightings(tmp_path / "sightings.ndjson") == ([seen], [])
    (shipment,), _ = read_shipments(tmp_path / "shipments.ndjson")
    assert (shipment.shipment_id, shipment.seal_id) == ("VN1", "S2")


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    running: list[subprocess.Popen[str]] = []

    def start_one(worker: Worker, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "sealtrack", "record", "--config", str(worker.config), *arguments]
        running.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return running[-1]

    yield start_one
    for process in running:
        process.kill()
        process.communicate()


def test_follow_goes_on_until_it_is_stopped_and_keeps_what_came(
    ten: Worker, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    process = start(ten, str(tmp_path / "feed.ndjson"), "--follow")
    deadline = time.monotonic() + PATIENCE_S
    while not any(path.name.startswith(".feed") and path.stat().st_size for path in tmp_path.iterdir()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(LOOK_EVERY_S)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 0
    reports = [row for found, _ in read_reports(tmp_path / "feed.ndjson") for row in found.rows]
    assert len(reports) >= 10
