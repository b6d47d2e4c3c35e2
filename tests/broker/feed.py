"""Play report files into a topic and read back what the service says: `sealtrack run` against `sealtrack replay`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from sealtrack.columns import Reports
from sealtrack.io.files import read_reports
from sealtrack.io.kafka.source import READING
from sealtrack.io.ports import Message
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, Lock, Report, fields

PATIENCE_MS = 600_000
"""Longest time for a record to arrive at the broker."""
_NUMBERS = [item for item in fields(Report) if item.f.column and item.f.type in ("float", "int")]


def produce(bootstrap: str, messages: Iterable[Message]) -> int:
    """Publish as a gateway would, without transactions; how many there were."""
    with producing(bootstrap) as producer:
        sent = [
            producer.send(one.topic, one.value, one.key, partition=one.partition, timestamp_ms=one.timestamp_ms)
            for one in messages
        ]
        for one in sent:
            one.get()  # type: ignore[no-untyped-call]
    return len(sent)


def producing(bootstrap: str, **options: Any) -> KafkaProducer:
    """A producer without transactions, as patient as the tests are: by default it drops what waits for two minutes."""
    patience = dict.fromkeys(("delivery_timeout_ms", "max_block_ms"), PATIENCE_MS)
    return KafkaProducer(bootstrap_servers=bootstrap, acks="all", **patience | options)


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
    """The values of a topic as they stand now; None for a deleted key.

    What is written waits for the end of its transaction: a worker knows of that, and may have left, before readers do.
    """
    with closing(KafkaConsumer(bootstrap_servers=bootstrap)) as written:
        ends = written.end_offsets([TopicPartition(topic, n) for n in written.partitions_for_topic(topic) or ()])
    found: list[Any] = []
    with closing(KafkaConsumer(bootstrap_servers=bootstrap, **READING)) as reader:
        reader.assign(list(ends))
        while any((reader.position(part) or 0) < end for part, end in ends.items()):
            values = [record.value for records in reader.poll(timeout_ms=1000).values() for record in records]
            found += [value if value is None else msgspec.json.decode(value) for value in values]
    return found


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
