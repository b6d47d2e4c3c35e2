"""A scenario's reports published a share at a time to workers that share its shipments."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sealtrack.io.ports import Message
from tests.broker import Broker
from tests.broker.expect import GEOFENCES, SCENARIOS, Watch, assert_told_once, replayed, wait_until
from tests.broker.feed import messages_in, produce
from tests.broker.worker import PATIENCE_S, Worker

SCENARIO = "haiphong-huunghi"
Start = Callable[..., subprocess.Popen[bytes]]


class Feed:
    """The scenario's reports, published a share at a time."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._left = list(messages_in(SCENARIOS / SCENARIO / "feed.csv.gz", worker.topics.positions))
        self._whole = len(self._left)

    def go_on(self, share: float = 1.0, changed: Callable[[Message], Message] = lambda one: one) -> None:
        """The next `share` of the whole feed, at most what is left; each as `changed` makes it."""
        count = round(share * self._whole)
        slice_: list[Message] = self._left[:count]
        self._left = self._left[count:]
        produce(self._worker.broker.bootstrap, map(changed, slice_))


def prepare(broker: Broker, folder: Path, **service: Any) -> Worker:
    """A service with topics of three partitions, the scenario's shipments declared; small batches, many checkpoints."""
    worker = Worker(broker, folder, GEOFENCES, **{"poll_records": 200, "checkpoint_reports": 1500} | service)
    worker.create_topics(3)
    worker.declare(SCENARIOS / SCENARIO / "shipments.csv")
    return worker


def end_with(worker: Worker, feed: Feed) -> None:
    """Publish the rest, judge everything, and hold it against the replay."""
    feed.go_on()
    worker.run_until_end()
    assert_told_once(worker.alerts(), replayed(SCENARIO))


def recover(worker: Worker, feed: Feed, process: subprocess.Popen[bytes]) -> None:
    """After an outage: it judges what comes, ends when it is asked to, and all of it is what the replay says."""
    feed.go_on(0.2)
    watch = Watch(worker)
    wait_until(lambda: watch.lag() == 0, worker, process)
    watch.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0, worker.said()
    assert "Traceback" not in worker.said()
    end_with(worker, feed)


def has_written(watch: Watch, records: int) -> bool:
    """Whether the state topic holds so many records, or there is nothing left to do."""
    return watch.written() >= records or watch.lag() == 0


def has_lanes(worker: Worker, log: str) -> bool:
    """Whether the worker of this log has been given lanes."""
    return re.search(r"taken: \[\d", worker.said(log)) is not None
