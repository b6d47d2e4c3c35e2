"""Workers that share the work, join, leave and are killed or frozen."""

from __future__ import annotations

import signal
from functools import partial

from tests.broker.expect import Watch, assert_told_once, replayed, wait_until
from tests.broker.worker import PATIENCE_S, Worker
from tests.faults.scene import SCENARIO, Feed, Start, end_with, has_lanes


def test_two_workers_share_the_work(worker: Worker) -> None:
    Feed(worker).go_on()
    first, second = worker.start("--until-end"), worker.start("--until-end")
    assert first.wait(PATIENCE_S) == 0, worker.said()
    assert second.wait(PATIENCE_S) == 0, worker.said()
    assert_told_once(worker.alerts(), replayed(SCENARIO))


def test_workers_that_join_leave_and_are_killed_under_load(worker: Worker, watch: Watch, start: Start) -> None:
    feed = Feed(worker)
    first = start(worker)
    feed.go_on(0.2)
    second = start(worker, log="second.txt")
    wait_until(partial(has_lanes, worker, "second.txt"), worker, first, second)
    feed.go_on(0.2)
    wait_until(lambda: watch.lag() == 0, worker, first, second)
    feed.go_on(0.2)
    second.send_signal(signal.SIGTERM)
    assert second.wait(PATIENCE_S) == 0, worker.said()
    third = start(worker, log="third.txt")
    wait_until(partial(has_lanes, worker, "third.txt"), worker, first, third)
    feed.go_on(0.2)
    third.kill()
    third.wait()
    wait_until(lambda: watch.lag() == 0, worker, first)
    first.send_signal(signal.SIGTERM)
    assert first.wait(PATIENCE_S) == 0, worker.said()
    end_with(worker, feed)


def test_a_worker_frozen_while_another_takes_its_place_is_fenced(worker: Worker, watch: Watch, start: Start) -> None:
    feed, before = Feed(worker), watch.written()
    zombie = start(worker, log="zombie.txt", SEALTRACK_KAFKA_INSTANCE="one")
    feed.go_on(0.3)
    wait_until(lambda: watch.written() > before, worker, zombie)
    zombie.send_signal(signal.SIGSTOP)
    successor = start(worker, SEALTRACK_KAFKA_INSTANCE="one")
    wait_until(lambda: watch.lag() == 0, worker, successor)
    zombie.send_signal(signal.SIGCONT)
    feed.go_on(0.3)
    assert zombie.wait(PATIENCE_S) == 2
    assert "another worker runs as kafka.instance = 'one'" in worker.said("zombie.txt")
    wait_until(lambda: watch.lag() == 0, worker, successor)
    successor.send_signal(signal.SIGTERM)
    assert successor.wait(PATIENCE_S) == 0, worker.said()
    end_with(worker, feed)
