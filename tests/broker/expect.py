"""What tests of the running service wait for, and hold it to."""

from __future__ import annotations

import dataclasses
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from sealtrack import geofence
from sealtrack.differences import differences
from sealtrack.io.files import read_shipments
from sealtrack.replay import replay
from sealtrack.schema import Alert
from tests.broker.worker import PATIENCE_S, Worker

REPOSITORY = Path(__file__).parents[2]
GEOFENCES = REPOSITORY / "geofences"
SCENARIOS = REPOSITORY / "replay" / "scenarios"
LOOK_EVERY_S = 0.02
"""Shortest pause between two looks: a worker that is to be killed within a transaction has not ended it meanwhile."""


def wait_until(true: Callable[[], object], worker: Worker, *running: subprocess.Popen[bytes]) -> None:
    """Until it is true; a process that ends before, or never gets there, is a failure.

    Between two looks it pauses for several times as long as a look took: the processor is the worker's.
    """
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        began_s = time.monotonic()
        if true():
            return
        assert all(process.poll() is None for process in running), worker.said()
        now_s = time.monotonic()
        assert now_s < deadline_s, worker.said()
        time.sleep(min(max(LOOK_EVERY_S, 4 * (now_s - began_s)), 1.0))


def most_memory_mb(process: subprocess.Popen[bytes]) -> int:
    """The largest that the process ever was."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def without_places(alerts: Iterable[Alert]) -> list[Alert]:
    """A report has another place in a file (row) than in a topic (partition, offset); all else must be equal."""
    places = {"partition", "first_offset", "last_offset"}
    return [
        dataclasses.replace(alert, evidence={k: v for k, v in alert.evidence.items() if k not in places})
        for alert in alerts
    ]


def assert_told_once(versions: list[Alert], expected: list[Alert]) -> None:
    """Each version of each alert once, in order, and in the end what a replay says."""
    told: dict[str, list[int]] = {}
    for alert in versions:
        told.setdefault(alert.alert_id, []).append(alert.version)
    assert told == {alert_id: list(range(1, len(numbers) + 1)) for alert_id, numbers in told.items()}
    assert differences(without_places(expected), without_places(versions)) == []


def replayed(scenario: str) -> list[Alert]:
    """The final alerts of a scenario, from its file."""
    folder = SCENARIOS / scenario
    shipments, _ = read_shipments(folder / "shipments.csv")
    return replay([folder / "feed.csv.gz"], geofence.load(GEOFENCES), shipments).alerts


class Watch:
    """Looks at a worker's topics and group from outside."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._written = KafkaConsumer(
            bootstrap_servers=worker.broker.bootstrap, group_id=worker.name, enable_auto_commit=False
        )
        self._committed = KafkaConsumer(bootstrap_servers=worker.broker.bootstrap, isolation_level="read_committed")

    def written(self) -> int:
        """Records in the state topic, those of open transactions too."""
        return sum(self._ends(self._written, self._worker.topics.state).values())

    def lag(self) -> int:
        """Positions that the group has not dealt with."""
        ends = self._ends(self._committed, self._worker.topics.positions)
        return sum(end - (self._written.committed(part) or 0) for part, end in ends.items())

    def close(self) -> None:
        for client in (self._written, self._committed):
            client.close(autocommit=False)

    @staticmethod
    def _ends(consumer: KafkaConsumer, topic: str) -> dict[TopicPartition, int]:
        parts = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        return consumer.end_offsets(parts)
