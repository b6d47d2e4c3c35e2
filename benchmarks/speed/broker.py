"""What the measurements on a real broker share: a topic with reports in it, and a worker that is watched."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.speed.decode import native_values
from benchmarks.speed.feed import National
from benchmarks.speed.others import AbsentError, run_peer
from replay.maker.feed import CATALOGUE
from sealtrack.io.ports import Message
from tests.broker import Broker
from tests.broker.expect import Watch
from tests.broker.feed import produce
from tests.broker.worker import PATIENCE_S, Worker

PARTITIONS = 4


@contextmanager
def running_broker() -> Iterator[Broker]:
    """A broker of our own. BrokerUnavailableError."""
    with tempfile.TemporaryDirectory() as folder, Broker(Path(folder)) as broker:
        yield broker


def worker_on(broker: Broker, name: str) -> Worker:
    """A worker with the settings that it has by default, and topics of its own."""
    folder = broker.folder / name
    folder.mkdir()
    worker = Worker(broker, folder, CATALOGUE, poll_records=50_000, poll_timeout_s=1.0)
    worker.create_topics(PARTITIONS)
    return worker


def publish(worker: Worker, feed: National) -> None:
    """The shipments, then the reports, each stamped with its `received` and keyed by its seal."""
    worker.declare(feed.shipments)
    rows = feed.reports.rows
    keys = [feed.reports.seals[code].encode() for code in rows["seal"].tolist()]
    records = zip(keys, rows["received_ms"].tolist(), native_values(feed), strict=True)
    bootstrap, topic = worker.broker.bootstrap, worker.topics.positions
    path = worker.folder / "feed.tsv"
    try:
        with path.open("wb") as file:
            file.writelines(b"%s\t%d\t%s\n" % record for record in records)
        run_peer("confluent_produce", "confluent_kafka", bootstrap=bootstrap, topic=topic, file=str(path))
    except AbsentError:  # slower, and the same
        produce(bootstrap, (Message(topic, key, value, ms) for key, ms, value in _read(path)))
    path.unlink()


def _read(path: Path) -> Iterator[tuple[bytes, int, bytes]]:
    with path.open("rb") as file:
        for line in file:
            key, stamp, value = line.rstrip(b"\n").split(b"\t")
            yield key, int(stamp), value


class Ran(NamedTuple):
    """How workers dealt with a topic."""

    reports: int
    """Between the first and the last commit that was seen."""
    clock_s: float
    cpu_s: float
    """Of all workers."""


def watch_to_the_end(worker: Worker, workers: int = 1) -> Ran:
    """Start the workers, and see them commit all there is. The time starts with what is committed first."""
    watch = Watch(worker)
    whole = watch.lag()
    running = [worker.start("--until-end", log=f"worker-{number}.txt") for number in range(workers)]
    try:
        give_up_s = time.monotonic() + PATIENCE_S
        left, first = whole, (0, 0.0, 0.0)
        while left:
            time.sleep(0.05)
            left, now_s = watch.lag(), time.perf_counter()
            if any(process.poll() for process in running) or time.monotonic() > give_up_s:
                raise RuntimeError(f"a worker did not get to the end, {left:,} left: {_last_words(worker)}")
            if not first[1] and left < whole:
                first = left, now_s, cpu_of(running)
        return Ran(first[0], now_s - first[1], cpu_of(running) - first[2])
    finally:
        watch.close()
        for process in running:
            process.kill()
            process.wait()


def cpu_of(processes: Sequence[subprocess.Popen[bytes]]) -> float:
    """Processor time that they have used, seconds (Linux; elsewhere 0)."""
    ticks = 0
    for process in processes:
        try:
            words = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _last_words(worker: Worker) -> str:
    return " ".join(worker.said("worker-0.txt").strip().splitlines()[-1:])
