"""More than fits: a service that comes back to a full topic reads as fast as it judges, not as fast as it can."""

from __future__ import annotations

import signal
from pathlib import Path

import msgspec

from sealtrack.io.ports import Message
from tests.broker import Broker
from tests.broker.expect import Watch, most_memory_mb, wait_until
from tests.broker.worker import PATIENCE_S
from tests.faults.scene import Feed, Start, end_with, prepare

PADDING = " " * 100_000
"""After each report: some 1,500 MB in all, and more once they are objects."""
MOST_MORE_MB = 900
"""Takes 300 to 600, however much there is to read: what one poll brings, a few times over."""


def padded(message: Message) -> Message:
    value = msgspec.json.decode(message.value or b"")
    return message._replace(value=msgspec.json.encode(value) + PADDING.encode())


def test_a_backlog_is_judged_in_bounded_memory(broker: Broker, tmp_path: Path, start: Start) -> None:
    worker = prepare(broker, tmp_path, poll_records=50_000)
    watch, feed = Watch(worker), Feed(worker)
    feed.go_on(0.05)
    process = start(worker)
    wait_until(lambda: watch.lag() == 0, worker, process)
    before_mb = most_memory_mb(process)
    process.send_signal(signal.SIGSTOP)
    feed.go_on(0.9, padded)
    process.send_signal(signal.SIGCONT)
    wait_until(lambda: watch.lag() == 0, worker, process)
    more_mb = most_memory_mb(process) - before_mb
    watch.close()
    process.terminate()
    assert process.wait(PATIENCE_S) == 0, worker.said()
    assert more_mb < MOST_MORE_MB, f"{before_mb} MB and {more_mb} MB more"
    end_with(worker, feed)
