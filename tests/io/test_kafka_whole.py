"""Whole record batches and a record at a time give the same of the same bytes."""

from __future__ import annotations

import random
import struct
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any, NamedTuple

import kafka
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.protocol.consumer import IsolationLevel
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder
from kafka.record.util import calc_crc32c

from sealtrack.io.kafka import KafkaSource, whole
from sealtrack.io.kafka import source as source_module
from sealtrack.io.kafka.batch import batch_of
from sealtrack.io.kafka.reader import Reader
from sealtrack.io.kafka.whole import Block, batch_of_blocks, way_to_read
from sealtrack.settings import Kafka
from tests.broker import Broker

PART = TopicPartition("t", 3)
GZIP = 1
PATIENCE = 600
"""Polls of a second before a test gives up."""


class Aborted(NamedTuple):
    """As a fetch names it."""

    producer_id: int
    first_offset: int


class Fetched(NamedTuple):
    """What a fetch could bring."""

    text: bytes
    aborted: list[Aborted]
    end: int


def random_bytes(dice: random.Random, most: int) -> bytes:
    return dice.randbytes(dice.choice([0, 1, dice.randrange(most + 1)]))


def data_batch(dice: random.Random, offset: int, producer: int = -1, compression: int = 0) -> bytearray:
    """Some records, with gaps where others were compacted away; those of a known producer in a transaction."""
    epoch = 0 if producer >= 0 else -1
    builder = DefaultRecordBatchBuilder(2, compression, producer >= 0, producer, epoch, epoch, 1 << 30)
    stamp_ms = dice.choice([-1, 0, 1_773_100_800_000])
    last = 0
    for _ in range(dice.choice([1, 3, 50])):
        key = dice.choice([None, random_bytes(dice, 20)])
        value = dice.choice([None, random_bytes(dice, 400), random_bytes(dice, 3)])
        headers = [("h", None), ("some", b"\x80")] if dice.random() < 0.1 else []
        headers += [("é", b"1")] if dice.random() < 0.02 else []
        builder.append(last, stamp_ms + dice.choice([0, 70, -9_000_000, 10**12]), key, value, headers)
        last += dice.choice([1, 1, 1, 2, 9])
    return settled(builder.build(), offset, log_append=dice.random() < 0.2)


def settled(text: bytearray, offset: int, *, log_append: bool = False, control: bool = False) -> bytearray:
    """The batch as the broker would keep it from this offset on."""
    attributes_at = DefaultRecordBatch.ATTRIBUTES_OFFSET
    (attributes,) = struct.unpack_from(">h", text, attributes_at)
    struct.pack_into(">q", text, 0, offset)
    struct.pack_into(">h", text, attributes_at, attributes | (0x08 if log_append else 0) | (0x20 if control else 0))
    struct.pack_into(">I", text, DefaultRecordBatch.CRC_OFFSET, calc_crc32c(memoryview(text)[attributes_at:]))
    return text


def marker(offset: int, producer: int, *, commit: bool) -> bytearray:
    """The end of a transaction."""
    builder = DefaultRecordBatchBuilder(2, 0, True, producer, 0, -1, 1 << 20)
    builder.append(0, 1_773_100_800_000, struct.pack(">hh", 0, int(commit)), b"\0" * 6, [])
    return settled(builder.build(), offset, control=True)


def old_batch(dice: random.Random, offset: int) -> bytearray:
    """Of the format before transactions."""
    builder = MemoryRecordsBuilder(1, 0, 1 << 20, offset)
    for _ in range(3):
        builder.append(1_773_100_800_000, b"k", random_bytes(dice, 20))
    builder.close()
    return bytearray(builder.buffer())


def fetched(dice: random.Random) -> Fetched:
    """Batches of several producers, some of whose transactions were undone; the last may be cut short."""
    text, offset = bytearray(), dice.choice([0, 10**12])
    aborted: list[Aborted] = []
    opened: set[int] = set()
    for _ in range(dice.randrange(1, 12)):
        producer = dice.choice([-1, 5, 6])
        if producer in opened and dice.random() < 0.5:
            text += marker(offset, producer, commit=producer not in {one.producer_id for one in aborted})
            opened.discard(producer)
            offset += 1
            continue
        if producer > 0 and producer not in opened:
            opened.add(producer)
            aborted += [Aborted(producer, offset)] if dice.random() < 0.5 else []
        one = data_batch(dice, offset, producer, dice.choice([0, 0, GZIP]))
        if dice.random() < 0.1:
            one = old_batch(dice, offset)
        text += one
        offset += 60 * 9
    return Fetched(bytes(text[: len(text) - dice.choice([0, 0, 0, 7])]), aborted, offset)


def take_all(kind: Any, to_batch: Callable[..., Any], given: Fetched, start: int, sizes: list[int]) -> list[Any]:
    """What every `take` gave: records, or what was raised, and from where the next fetch would go on."""
    part = kind(
        start,
        PART,
        MemoryRecords(given.text),
        isolation_level=IsolationLevel.READ_COMMITTED,
        aborted_transactions=given.aborted,
    )
    found: list[Any] = []
    for size in sizes:
        if not part:
            break
        try:
            records = part.take(size)
        except Exception as error:  # noqa: BLE001 - the other one must raise the same
            found.append((type(error).__name__, str(error), part.next_fetch_offset))
            break
        drained: list[Any] = []
        drained.extend(records)  # as the fetcher does
        assert len(records) <= size
        if drained:
            batch = to_batch(PART, drained)
            columns = batch.offsets.tolist(), batch.timestamps_ms.tolist(), list(batch.keys), list(batch.values)
            found.append((len(records), *columns, part.next_fetch_offset))
        else:
            found.append((0, part.next_fetch_offset))
    return found


def both(given: Fetched, start: int, sizes: list[int]) -> tuple[list[Any], list[Any]]:
    return (
        take_all(Fetcher.PartitionRecords, batch_of, given, start, sizes),
        take_all(whole._PartOfFetch, batch_of_blocks, given, start, sizes),
    )


@pytest.mark.parametrize("seed", range(150))
def test_same_bytes_same_records(seed: int) -> None:
    dice = random.Random(seed)
    given = fetched(dice)
    first = given.end - 60 * 9 * 12
    start = dice.choice([0, max(0, first) + dice.randrange(60 * 9 * 12)])
    most = dice.choice([1, 7, 10_000])
    plain, blocks = both(given, start, [dice.randrange(1, most + 1) for _ in range(3_000)])
    assert blocks == plain


def test_ordinary_records_come_in_blocks_also_those_of_a_compressed_batch() -> None:
    dice = random.Random(3)
    text = data_batch(dice, 0) + data_batch(dice, 500, compression=GZIP)
    part = whole._PartOfFetch(0, PART, MemoryRecords(bytes(text)))
    taken = list.copy(part.take(10_000))
    assert [type(record.value) for record in taken] == [Block, Block]


@pytest.mark.parametrize("seed", range(150))
def test_broken_bytes_same_records_and_same_complaint(seed: int) -> None:
    dice = random.Random(seed)
    text = data_batch(dice, 7)
    for _ in range(dice.randrange(1, 4)):
        at = dice.choice([57, dice.randrange(57, len(text)), dice.randrange(61, len(text))])
        text[at] = dice.randrange(256)
    text = settled(text, 7)  # a producer that writes nonsense, not a cable that does
    plain, blocks = both(Fetched(bytes(text), [], 0), 0, [1_000_000] * 3)
    assert blocks == plain


def test_a_checksum_that_does_not_fit_is_told() -> None:
    text = data_batch(random.Random(1), 0)
    text[-1] ^= 1
    plain, blocks = both(Fetched(bytes(text), [], 0), 0, [10])
    assert plain == blocks
    assert "failed crc check" in plain[0][1]


def test_a_count_that_no_batch_can_hold_is_not_believed() -> None:
    text = data_batch(random.Random(1), 0)
    struct.pack_into(">i", text, 57, 2**31 - 1)
    given = Fetched(bytes(settled(text, 0)), [], 0)
    plain, blocks = both(given, 0, [1_000_000] * 3)
    assert blocks == plain


def test_another_client_is_read_a_record_at_a_time(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "__version__", "3.1.0")
    assert topics_read_alike(broker)[1] is batch_of


@pytest.mark.parametrize("stamped_by", ["CreateTime", "LogAppendTime"])
def test_the_same_topic_both_ways(broker: Broker, stamped_by: str) -> None:
    same, way = topics_read_alike(broker, stamped_by)
    assert (same, way) == (True, batch_of_blocks)


def topics_read_alike(broker: Broker, stamped_by: str = "CreateTime") -> tuple[bool, Any]:
    """Compressed batches, of which some were undone, read by the lanes' reader and by a plain source; and the way."""
    topic = f"t-{uuid.uuid4().hex}"
    broker.create_topics({topic: 1}, {"message.timestamp.type": stamped_by})
    written = []
    with KafkaProducer(
        bootstrap_servers=broker.bootstrap, transactional_id=topic, compression_type="gzip", linger_ms=20
    ) as producer:
        producer.init_transactions()
        for number in range(6):
            producer.begin_transaction()
            for i in range(400):
                producer.send(topic, b"%d-%d" % (number, i), b"k" if i % 2 else None, timestamp_ms=1_000 + i)
            producer.flush()
            if number % 3 == 1:
                producer.abort_transaction()
            else:
                producer.commit_transaction()
                written += [b"%d-%d" % (number, i) for i in range(400)]
    settings = Kafka(bootstrap=broker.bootstrap)
    options: dict[str, Any] = source_module.READING | {"max_poll_records": 333}
    with closing(KafkaConsumer(topic, bootstrap_servers=broker.bootstrap, **options)) as consumer:
        plain = read(lambda: [batch_of(*one) for one in consumer.poll(1000).items()], len(written))
    with KafkaSource(settings, [topic], poll_records=333) as source:
        assert read(lambda: source.poll(1), len(written)) == plain
    with closing(Reader(settings, topic, 333, lambda: False)) as lanes_reader:
        lanes_reader.start(0, 150)
        blocks = read(lambda: lanes_reader.poll(1), len(written) - 150)
        way = lanes_reader._batch_of
    assert [value for _, _, _, value in plain] == written
    if stamped_by == "LogAppendTime":
        assert min(stamp for _, stamp, _, _ in plain) > 10_000
    return blocks == plain[150:], way


def read(poll: Callable[[], Any], count: int) -> list[tuple[Any, ...]]:
    """Offset, stamp, key and value of each record until there are so many."""
    found: list[tuple[Any, ...]] = []
    for _ in range(PATIENCE):
        for batch in poll():
            assert len(batch) <= 333
            found += zip(batch.offsets.tolist(), batch.timestamps_ms.tolist(), batch.keys, batch.values, strict=True)
        if len(found) >= count:
            return found
    raise AssertionError(len(found))


def test_a_client_without_the_insides_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "__version__", "4.0.0")
    assert way_to_read(object()) is batch_of  # type: ignore[arg-type]  # it is not even looked at
