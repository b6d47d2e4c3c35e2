"""A broker that dies, freezes or is cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.broker import Broker
from tests.broker.expect import wait_until
from tests.broker.proxy import END_TXN, TXN_OFFSET_COMMIT, Proxy
from tests.faults.scene import Feed, Start, prepare, recover


def test_a_broker_that_is_killed_and_comes_back(own_broker: Broker, tmp_path: Path, start: Start) -> None:
    own_broker.start()
    worker = prepare(own_broker, tmp_path)
    feed, process = Feed(worker), start(worker)
    feed.go_on(0.5)
    wait_until(worker.alerts, worker, process)
    own_broker.kill()
    wait_until(lambda: "does not answer" in worker.said(), worker, process)
    own_broker.start()
    recover(worker, feed, process)


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
    recover(worker, feed, process)


@pytest.mark.parametrize(
    ("request_kind", "passed_on"),
    [(TXN_OFFSET_COMMIT, False), (END_TXN, False), (END_TXN, True)],
    ids=["offsets lost", "commit lost", "commit's answer lost"],
)
def test_a_network_that_is_cut_within_a_transaction(
    own_broker: Broker, tmp_path: Path, start: Start, request_kind: int, *, passed_on: bool
) -> None:
    with Proxy(own_broker) as network:
        own_broker.start()
        worker = prepare(own_broker, tmp_path)
        feed, process = Feed(worker), start(worker, SEALTRACK_KAFKA_BOOTSTRAP=network.bootstrap)
        feed.go_on(0.3)
        wait_until(worker.alerts, worker, process)
        network.cut_at(request_kind, passed_on=passed_on)
        feed.go_on(0.3)
        wait_until(lambda: network.is_cut, worker, process)
        wait_until(lambda: "does not answer" in worker.said() or "undone" in worker.said(), worker, process)
        network.mend()
        recover(worker, feed, process)
