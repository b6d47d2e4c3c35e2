"""Whatever is killed, frozen or moved: each version of each alert is read once, in order, and the last ones are what a
replay says. On a real Kafka, with `sealtrack run` as its own processes.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from sealtrack import geofence, policy_file
from sealtrack.io.files import read_shipments
from sealtrack.io.ports import Message
from sealtrack.replay import replay
from sealtrack.schema import Alert
from sealtrack.service.recovery import reread_from_ms
from tests.broker import Broker
from tests.broker.expect import GEOFENCES, SCENARIOS, Watch, assert_told_once, replayed, wait_until
from tests.broker.feed import messages_in, produce
from tests.broker.worker import PATIENCE_S, Worker

SCENARIO = "haiphong-huunghi"
KILLS = int(os.environ.get("SEALTRACK_KILL_ROUNDS", "4"))
"""How often a worker is killed in the test of that; 50 by hand."""

Start = Callable[..., subprocess.Popen[bytes]]


class Feed:
    """The scenario's reports, published a share at a time."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._left = list(messages_in(SCENARIOS / SCENARIO / "feed.csv.gz", worker.topics.positions))
        self._whole = len(self._left)

    def go_on(self, share: float = 1.0) -> None:
        """The next `share` of the whole feed, at most what is left."""
        count = round(share * self._whole)
        slice_: list[Message] = self._left[:count]
        self._left = self._left[count:]
        produce(self._worker.broker.bootstrap, slice_)


def prepare(broker: Broker, folder: Path) -> Worker:
    worker = Worker(broker, folder, GEOFENCES, poll_records=200, checkpoint_reports=1500)
    worker.create_topics(3)
    worker.declare(SCENARIOS / SCENARIO / "shipments.csv")
    return worker


@pytest.fixture
def worker(broker: Broker, tmp_path: Path) -> Worker:
    return prepare(broker, tmp_path)


@pytest.fixture
def watch(worker: Worker) -> Iterator[Watch]:
    watch = Watch(worker)
    yield watch
    watch.close()


def end_with(worker: Worker, feed: Feed) -> None:
    """Publish the rest, judge everything, and hold it against the replay."""
    feed.go_on()
    worker.run_until_end()
    assert_told_once(worker.alerts(), replayed(SCENARIO))


def has_written(watch: Watch, records: int) -> bool:
    return watch.written() >= records or watch.lag() == 0


def test_killed_at_random_points(worker: Worker, watch: Watch, start: Start) -> None:
    feed, rng = Feed(worker), random.Random(7)
    for _ in range(KILLS):
        feed.go_on(1 / (KILLS + 1))
        process = start(worker)
        wait_until(partial(has_written, watch, watch.written() + rng.randint(1, 40)), worker, process)
        process.kill()
        process.wait()
    end_with(worker, feed)


def test_two_workers_share_the_work(worker: Worker) -> None:
    Feed(worker).go_on()
    first, second = worker.start("--until-end"), worker.start("--until-end")
    assert first.wait(PATIENCE_S) == 0, worker.said()
    assert second.wait(PATIENCE_S) == 0, worker.said()
    assert_told_once(worker.alerts(), replayed(SCENARIO))


def test_workers_that_join_leave_and_are_killed_under_load(worker: Worker, watch: Watch, start: Start) -> None:
    def has_lanes(log: str) -> bool:
        return "taken: [" in (worker.folder / log).read_text()

    feed = Feed(worker)
    first = start(worker)
    feed.go_on(0.2)
    second = start(worker, log="second.txt")
    wait_until(partial(has_lanes, "second.txt"), worker, first, second)
    feed.go_on(0.2)
    wait_until(lambda: watch.lag() == 0, worker, first, second)
    feed.go_on(0.2)
    second.send_signal(signal.SIGTERM)
    assert second.wait(PATIENCE_S) == 0, worker.said()
    third = start(worker, log="third.txt")
    wait_until(partial(has_lanes, "third.txt"), worker, first, third)
    feed.go_on(0.2)
    third.kill()
    third.wait()
    wait_until(lambda: watch.lag() == 0, worker, first)
    first.send_signal(signal.SIGTERM)
    assert first.wait(PATIENCE_S) == 0, worker.said()
    end_with(worker, feed)


def test_a_worker_frozen_while_another_takes_its_place_is_fenced(worker: Worker, watch: Watch, start: Start) -> None:
    feed = Feed(worker)
    zombie = start(worker, log="zombie.txt", SEALTRACK_KAFKA_INSTANCE="one")
    feed.go_on(0.3)
    before = watch.written()
    wait_until(lambda: watch.written() > before, worker, zombie)
    zombie.send_signal(signal.SIGSTOP)
    successor = start(worker, SEALTRACK_KAFKA_INSTANCE="one")
    wait_until(lambda: watch.lag() == 0, worker, successor)
    zombie.send_signal(signal.SIGCONT)
    feed.go_on(0.3)
    assert zombie.wait(PATIENCE_S) == 2
    assert "another worker runs as kafka.instance = 'one'" in (worker.folder / "zombie.txt").read_text()
    wait_until(lambda: watch.lag() == 0, worker, successor)
    successor.send_signal(signal.SIGTERM)
    assert successor.wait(PATIENCE_S) == 0, worker.said()
    end_with(worker, feed)


def test_a_broker_that_is_killed_and_comes_back(own_broker: Broker, tmp_path: Path, start: Start) -> None:
    own_broker.start()
    worker = prepare(own_broker, tmp_path)
    feed, process = Feed(worker), start(worker)
    feed.go_on(0.5)
    wait_until(worker.alerts, worker, process)
    own_broker.kill()
    wait_until(lambda: "does not answer" in worker.said(), worker, process)
    own_broker.start()
    feed.go_on(0.2)
    watch = Watch(worker)
    wait_until(lambda: watch.lag() == 0, worker, process)
    watch.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0, worker.said()
    assert "Traceback" not in worker.said()
    end_with(worker, feed)


def test_a_broker_that_freezes_for_longer_than_a_transaction_may_take(
    own_broker: Broker, tmp_path: Path, start: Start
) -> None:
    own_broker.start()
    worker = prepare(own_broker, tmp_path)
    feed, process = Feed(worker), start(worker)
    feed.go_on(0.5)
    wait_until(worker.alerts, worker, process)
    own_broker.pause()
    wait_until(lambda: "does not answer" in worker.said(), worker, process)
    own_broker.resume()
    feed.go_on(0.2)
    watch = Watch(worker)
    wait_until(lambda: watch.lag() == 0, worker, process)
    watch.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0, worker.said()
    end_with(worker, feed)


def test_other_thresholds_are_told_as_differences(worker: Worker, tmp_path: Path) -> None:
    Feed(worker).go_on()
    worker.run_until_end()
    before = worker.alerts()
    policy = tmp_path / "policy.toml"
    policy.write_text("[default]\nstop_warning_s = 300\n", encoding="utf-8")
    assert worker.start("--until-end", SEALTRACK_SERVICE_POLICY=str(policy)).wait(PATIENCE_S) == 0, worker.said()
    assert "its checkpoint is not used" in worker.said()
    folder, after = SCENARIOS / SCENARIO, worker.alerts()
    shipments, _ = read_shipments(folder / "shipments.csv")
    policies = policy_file.load(policy)
    result = replay([folder / "feed.csv.gz"], geofence.load(GEOFENCES), shipments, policies)
    clock_ms, horizon_ms = int(result.reports.rows["received_ms"].max()), int(policies.default.horizon_s * 1000)
    from_ms = reread_from_ms(shipments, clock_ms, horizon_ms, 7 * 86_400_000)
    again = {one.shipment_id for one in shipments if one.depart_at >= from_ms}
    assert 0 < len(again) < len(shipments)

    def of(alerts: Iterable[Alert], *, read_again: bool) -> list[Alert]:
        return [alert for alert in alerts if (alert.shipment_id in again) == read_again]

    assert of(after, read_again=False) == of(before, read_again=False)  # over: their word stands
    assert_told_once(of(after, read_again=True), of(result.alerts, read_again=True))
    assert all(version in after for version in before)
    assert len(before) < len(after) < len(before) + len(result.alerts)  # what holds under both was not told again
