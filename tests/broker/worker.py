"""`sealtrack run` as a process of its own, with topics and a group that belong to one test."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from sealtrack.io.codecs.alerts import alert_of
from sealtrack.io.files import read_shipments
from sealtrack.io.ports import Message
from sealtrack.schema import Alert, Shipment, Sighting
from sealtrack.settings import Topics
from tests.broker.broker import Broker
from tests.broker.feed import play, produce, publish_json, read_json

PATIENCE_S = 600
"""Longest wait for what comes within seconds where all is well: a busy machine may take many times as long, and a
worker that has to compile the kernels first another minute or two."""


class Worker:
    """One service on `broker`; start it as often as a test likes."""

    def __init__(
        self, broker: Broker, folder: Path, geofences: Path, kafka: Mapping[str, Any] | None = None, **service: Any
    ) -> None:
        """`service` are settings of that table, `kafka` of the other one."""
        self.broker, self.folder = broker, folder
        self.name = uuid.uuid4().hex
        self.topics = Topics(**{name: f"{name}-{self.name}" for name in Topics.__struct_fields__})
        self.config, self.log = folder / "sealtrack.toml", folder / "stderr.txt"
        tables = {
            "kafka": {
                "bootstrap": broker.bootstrap,
                "group": self.name,
                "session_timeout_s": 6,
                "transaction_timeout_s": 5,
            }
            | dict(kafka or {}),
            "topics": msgspec.to_builtins(self.topics),
            "service": {"geofences": str(geofences), "poll_records": 1000, "poll_timeout_s": 0.2} | service,
        }
        lines = [
            line
            for table, values in tables.items()
            for line in [
                f"[{table}]",
                *(f"{key} = {msgspec.json.encode(value).decode()}" for key, value in values.items()),
            ]
        ]
        self.config.write_text("\n".join(lines))

    def create_topics(self, partitions: int) -> None:
        self.broker.create_topics(dict.fromkeys(msgspec.to_builtins(self.topics).values(), partitions))

    def play(self, *feeds: Path) -> int:
        """Publish the reports of these files; how many there were."""
        return play(self.broker.bootstrap, feeds, self.topics.positions)

    def declare(self, shipments: Path | Sequence[Shipment]) -> list[Shipment]:
        """Publish shipments, given as they are or as a file."""
        known = read_shipments(shipments)[0] if isinstance(shipments, Path) else list(shipments)
        records = [{k: v for k, v in dataclasses.asdict(one).items() if v is not None} for one in known]
        publish_json(self.broker.bootstrap, self.topics.shipments, records, "shipment_id")
        return known

    def see(self, sightings: Sequence[Sighting]) -> None:
        """Publish sightings, each stamped with its `received`."""
        produce(
            self.broker.bootstrap,
            (
                Message(self.topics.sightings, one.sighting_id.encode(), msgspec.json.encode(one), one.received)
                for one in sightings
            ),
        )

    def start(
        self, *arguments: str, log: str = "", through: Sequence[str] = (), **environment: str
    ) -> subprocess.Popen[bytes]:
        """Run it beside the test; what it says is appended to `self.log`, or to the file of this name beside it.

        `through` are the words of a command that runs it.
        """
        command = [*through, sys.executable, "-m", "sealtrack", "run", "--config", str(self.config), *arguments]
        with (self.folder / log if log else self.log).open("ab") as said:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=os.environ | environment
            )

    def run_until_end(self) -> None:
        """Judge everything there is."""
        code = self.start("--until-end").wait(PATIENCE_S)
        assert code == 0, self.said()

    def said(self, log: str = "") -> str:
        """What stands in `self.log`, or in the file of this name beside it."""
        return (self.folder / log if log else self.log).read_text()

    def run_other(self, *words: str) -> int:
        """Another command of sealtrack with the same settings; its exit code."""
        command = [sys.executable, "-m", "sealtrack", *words, "--config", str(self.config)]
        with self.log.open("ab") as said:
            return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False).returncode

    def alerts(self) -> list[Alert]:
        """Every version published so far, in the order of the topic."""
        return [alert_of(value) for value in read_json(self.broker.bootstrap, self.topics.alerts)]
