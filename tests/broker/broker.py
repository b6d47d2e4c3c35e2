"""One Kafka broker in KRaft mode as a child process."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

from kafka import KafkaAdminClient
from kafka.admin import NewPartitions, NewTopic
from kafka.errors import KafkaError

from tests.broker.fetch import CACHE, fetch, java, version

_START_S = 600
"""Longest time to wait for the first answer, while the process lives."""

_CLUSTER_ID = "c2VhbHRyYWNrLXRlc3RzMQ"

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
# One node and small internal topics: quick to start.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# Tests name their topics; a topic that appears by itself would hide a wrong name.
auto.create.topics.enable=false
# Recordings are years old: the record's timestamp must not let retention remove them.
log.retention.ms=-1
# What a dead worker left open is ended when its time is over, not up to ten seconds later.
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
# On a busy machine, too, the controller must not take its one broker for dead: then there is none, and no topic.
broker.session.timeout.ms=60000
"""
QUICK_BACK = """
# After a kill the controller waits this long before it lets the same node in again.
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=500
"""


_GIVEN: set[int] = set()
"""Ports that this process has for itself, also those on which nobody listens yet."""


def free_ports(count: int) -> list[int]:
    """Distinct local TCP ports that nobody listens on at the moment, other ones each time."""
    ports: list[int] = []
    while len(ports) < count:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        if port not in _GIVEN:
            _GIVEN.add(port)
            ports.append(port)
    return ports


class Broker:
    """A broker whose data live as long as `folder`: after `stop` or `kill`, `start` brings the same one back."""

    def __init__(self, folder: Path, properties: str = "") -> None:
        """`properties` are lines that are added to the broker's own; a later one wins."""
        self.folder = folder
        self.port, self.controller_port = free_ports(2)
        self._classpath = f"{fetch()}/*"
        self._java = java()
        self._process: subprocess.Popen[bytes] | None = None
        self._config = folder / "server.properties"
        own = _PROPERTIES.format(port=self.port, controller=self.controller_port, folder=folder)
        self._config.write_text(own + properties)

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients, known before the broker runs."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Run the broker and return when an admin client is answered."""
        with (self.folder / "console.log").open("ab") as console:
            if not (self.folder / "data").exists():
                self._format(self.folder / "data", console)
            self._process = subprocess.Popen(
                self._jvm("kafka.Kafka", str(self._config)), stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and not self._has_ended(0.1):
            if self._answers():
                return
        self.kill()
        raise RuntimeError(f"the broker did not start:\n{(self.folder / 'console.log').read_text()[-2000:]}")

    def stop(self) -> None:
        """Shut down in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """End at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Freeze the process: connections stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)
        if self._process is not None:
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)  # until then, some of its threads still answer

    def resume(self) -> None:
        """Undo `pause`."""
        self._signal(signal.SIGCONT)

    def fill_disk(self) -> None:
        """From now on no file of the process may grow, until it is started again."""
        assert self._process is not None, "the broker does not run"
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (1, 1))

    def create_topics(self, partitions: Mapping[str, int], configs: Mapping[str, str] | None = None) -> None:
        """Create topics, given as name to number of partitions."""
        with KafkaAdminClient(bootstrap_servers=self.bootstrap) as admin:
            admin.create_topics([NewTopic(name, n, 1, topic_configs=configs) for name, n in partitions.items()])
            admin.wait_for_topics(list(partitions), timeout_ms=1000 * _START_S)

    def add_partitions(self, topic: str, count: int) -> None:
        """Give a topic so many partitions in all."""
        with KafkaAdminClient(bootstrap_servers=self.bootstrap) as admin:
            admin.create_partitions({topic: NewPartitions(count)})

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()

    def _format(self, data: Path, console: BinaryIO) -> None:
        """Make the folder of the data: nothing in it is this broker's own, the next ones get a copy without Java."""
        kept = CACHE / f"formatted-{version()}"
        if not kept.exists():
            command = ["kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(self._config)]
            subprocess.run(self._jvm(*command), check=True, stdout=console, stderr=console)
            with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
                copy = shutil.copytree(data, Path(scratch, "data"))
                with suppress(OSError):  # another process was quicker
                    copy.rename(kept)
        else:
            shutil.copytree(kept, data)

    def _has_ended(self, within_s: float) -> bool:
        assert self._process is not None
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            with KafkaAdminClient(bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=2000) as admin:
                return bool(admin.describe_cluster()["brokers"])
        except (KafkaError, OSError):
            return False

    def _jvm(self, *arguments: str) -> list[str]:
        quick = ["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]
        return [self._java, *quick, "-cp", self._classpath, *arguments]

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "the broker does not run"
        os.kill(self._process.pid, number)
