"""Play report files into a topic and read back what the service says: `sealtrack run` against `sealtrack replay`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from kafka import KafkaProducer

from sealtrack.columns import Reports
from sealtrack.io.files import read_reports
from sealtrack.io.kafka import KafkaSource
from sealtrack.io.ports import Message
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, Lock, Report, fields
from sealtrack.settings import Kafka

_NUMBERS = [item for item in fields(Report) if item.f.column and item.f.type in ("float", "int")]


def produce(bootstrap: str, messages: Iterable[Message]) -> int:
    """Publish as a gateway would, without transactions; how many there were."""
    with KafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        sent = [
            producer.send(one.topic, one.value, one.key, partition=one.partition, timestamp_ms=one.timestamp_ms)
            for one in messages
        ]
        for one in sent:
            one.get(600)  # type: ignore[no-untyped-call]
    return len(sent)


def play(bootstrap: str, files: Iterable[Path], topic: str = "seal.positions") -> int:
    """Publish the reports of `files`, each stamped with its `received`, keyed by seal; how many there were."""
    return produce(bootstrap, (message for file in files for message in messages_in(file, topic)))


def messages_in(file: Path, topic: str) -> Iterator[Message]:
    """The reports of a file, as they are published."""
    for reports, rejected in read_reports(file):
        assert not rejected, rejected[0]
        yield from messages_of(reports, topic)


def publish_json(bootstrap: str, topic: str, records: Iterable[dict[str, Any]], key: str) -> None:
    """Publish objects as JSON, keyed by their field `key`."""
    produce(bootstrap, (Message(topic, str(one[key]).encode(), msgspec.json.encode(one)) for one in records))


def read_json(bootstrap: str, topic: str) -> list[Any]:
    """The values of a topic as they stand now; None for a deleted key."""
    found: list[Any] = []
    with KafkaSource(Kafka(bootstrap=bootstrap), [topic]) as source:
        while True:
            batches = source.poll(1)
            if not batches and source.caught_up():
                return found
            values = [value for batch in batches for value in batch.values]
            found += [value if value is None else msgspec.json.decode(value) for value in values]


def messages_of(reports: Reports, topic: str) -> Iterator[Message]:
    """Packed reports as the JSON of the native codec."""
    for row in reports.rows:
        seal = reports.seals[row["seal"]]
        value: dict[str, Any] = {"seal_id": seal, "time": int(row["time_ms"])}
        for item in _NUMBERS:
            number = row[item.f.column].item()
            if number == number and not (item.f.type == "int" and number == item.f.missing):  # noqa: PLR0124 - NaN
                value[item.name] = number
        if row["lock"]:
            value["lock"] = Lock(int(row["lock"])).name
        if row["events"]:
            value["events"] = [name for name, bit in EVENT_BIT.items() if bit & int(row["events"])]
        if row["card"] >= 0:
            value["card"] = reports.cards[row["card"]]
        if row["flags"] & FLAG_INVALID:
            value["valid"] = False
        if row["flags"] & FLAG_BUFFERED:
            value["buffered"] = True
        yield Message(topic, seal.encode(), msgspec.json.encode(value), int(row["received_ms"]))
