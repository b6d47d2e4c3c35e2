"""Who reads the alerts: kafka-python's own console consumer, of what is committed only."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import msgspec
import pytest

from sealtrack.io.codecs.alerts import alert_of
from sealtrack.schema import Alert
from tests.broker.expect import Watch, assert_told_once, replayed, wait_until
from tests.broker.worker import Worker
from tests.faults.scene import SCENARIO, Feed, Start, has_lanes

Console = Callable[[], subprocess.Popen[bytes]]
LONG_MS = 1_200_000
"""Asleep for longer, it would lose its partitions, and read again what it had not yet committed."""


@pytest.fixture
def console(worker: Worker) -> Iterator[Console]:
    """Starts a console consumer of the alerts; what it prints stands in `console.txt`."""
    running: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        where = ["-b", worker.broker.bootstrap, "-t", worker.topics.alerts, "-g", f"duty-{worker.name}"]
        options = ["isolation_level=read_committed", "auto_offset_reset=earliest"]
        options += [f"session_timeout_ms={LONG_MS}", f"max_poll_interval_ms={LONG_MS}"]
        command = [sys.executable, "-m", "kafka.consumer", *where]
        command += [word for option in options for word in ("-C", option)]
        with (worker.folder / "console.txt").open("ab") as out, (worker.folder / "console.err").open("ab") as err:
            running.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err))
        return running[-1]

    yield begin
    for one in running:
        one.kill()
        one.wait()


def read(worker: Worker) -> list[Alert]:
    """What the console consumer has printed so far, in whole lines."""
    lines = (worker.folder / "console.txt").read_bytes().rpartition(b"\n")[0].splitlines()
    return [alert_of(msgspec.json.decode(line)) for line in lines]


def test_two_workers_one_of_them_killed_while_the_duty_room_reads(
    worker: Worker, watch: Watch, start: Start, console: Console
) -> None:
    reader = console()
    feed = Feed(worker)
    first, second = start(worker, log="first.txt"), start(worker, log="second.txt")
    for log in ("first.txt", "second.txt"):
        wait_until(lambda log=log: has_lanes(worker, log), worker, first, second)  # type: ignore[misc]
    before = watch.written()
    feed.go_on(0.5)
    wait_until(lambda: watch.written() > before, worker, first, second, reader)
    second.kill()
    second.wait()
    reader.send_signal(signal.SIGSTOP)  # the duty room is at lunch: nobody waits for it
    feed.go_on()
    wait_until(lambda: watch.lag() == 0, worker, first)
    first.terminate()
    first.wait()
    worker.run_until_end()
    expected = replayed(SCENARIO)
    assert_told_once(worker.alerts(), expected)
    reader.send_signal(signal.SIGCONT)
    wait_until(lambda: len(read(worker)) == len(worker.alerts()), worker, reader)
    assert_told_once(read(worker), expected)
