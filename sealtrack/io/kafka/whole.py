"""Whole record batches from kafka-python's fetcher, as columns: its way of an object a record costs ten times as much.

Everything but the records themselves stays the client's: checksums, compression, what a transaction left undone,
positions. Its fetcher takes a batch's records from an iterator; here the iterator gives one "record" whose value is a
`Block` of many. Batches of the old formats and odd ones give a record at a time, as ever, and both may be mixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import kafka
import numpy as np
from kafka import KafkaConsumer
from kafka.consumer.fetcher import ConsumerRecord, Fetcher
from kafka.record.default_records import DefaultRecord, DefaultRecordBatch
from kafka.record.memory_records import MemoryRecords
from kafka.structs import TopicPartition
from numpy.typing import NDArray

from sealtrack.io.kafka.batch import batch_of
from sealtrack.io.kafka.pieces import take_large_pieces
from sealtrack.io.ports import RecordBatch
from sealtrack.io.texts import PADDING, Texts

VERSIONS = ("3.0.",)
"""Of kafka-python, whose insides are known."""

Text = bytearray | memoryview


def way_to_read(consumer: KafkaConsumer) -> Callable[[TopicPartition, Sequence[ConsumerRecord]], RecordBatch]:
    """What makes a batch of what `poll` gives of a partition from now on.

    Of a client whose insides are known that is blocks; another one is left as it is.
    """
    if not kafka.__version__.startswith(VERSIONS):
        return batch_of
    take_large_pieces()
    consumer._fetcher.PartitionRecords = _PartOfFetch  # noqa: SLF001
    return batch_of_blocks


class Block:
    """Consecutive records of one batch."""

    __slots__ = ("offsets", "places", "stamps_ms", "text")

    def __init__(
        self, text: Text, places: NDArray[np.int64], offsets: NDArray[np.int64], stamps_ms: NDArray[np.int64]
    ) -> None:
        """`places`: (4, records), where keys start and stop in `text`, and values."""
        self.text, self.places, self.offsets, self.stamps_ms = text, places, offsets, stamps_ms

    def __len__(self) -> int:
        return len(self.offsets)

    def cut(self, start: int, stop: int) -> Block:
        """Some of them."""
        return Block(self.text, self.places[:, start:stop], self.offsets[start:stop], self.stamps_ms[start:stop])


def batch_of_blocks(part: TopicPartition, records: Sequence[ConsumerRecord]) -> RecordBatch:
    """What one poll gave of one partition."""
    blocks = [record.value for record in records if isinstance(record.value, Block)]
    if len(blocks) < len(records):
        return batch_of(part, [one for record in records for one in _one_by_one(record)])
    sizes = list(map(len, blocks))
    places = np.concatenate([block.places for block in blocks], axis=1)
    befores = np.cumsum([0, *(len(block.text) for block in blocks[:-1])])
    places += np.repeat(befores, sizes)
    text = b"".join([*(block.text for block in blocks), bytes(PADDING)])
    return RecordBatch(
        part.topic,
        part.partition,
        np.concatenate([block.offsets for block in blocks]),
        np.concatenate([block.stamps_ms for block in blocks]),
        Texts(text, places[0], places[1]),
        Texts(text, places[2], places[3]),
    )


def _one_by_one(record: ConsumerRecord) -> Iterator[ConsumerRecord]:
    """The records of a block, or the record that it is."""
    block = record.value
    if not isinstance(block, Block):
        yield record
        return
    for offset, stamp_ms, places in zip(
        block.offsets.tolist(), block.stamps_ms.tolist(), block.places.T.tolist(), strict=True
    ):
        start, stop, value_start, value_stop = places
        key = None if stop < start else bytes(block.text[start:stop])
        value = None if value_stop < value_start else bytes(block.text[value_start:value_stop])
        yield record._replace(offset=offset, timestamp=stamp_ms, key=key, value=value)


class _Taken(list[ConsumerRecord]):
    """What `take` gives: as long as there are records in it, which is what the fetcher counts."""

    records = 0

    def __len__(self) -> int:
        return self.records


class _PartOfFetch(Fetcher.PartitionRecords):
    """What a fetch brought of one partition."""

    def __init__(self, fetch_offset: int, tp: TopicPartition, records: MemoryRecords, **rest: Any) -> None:
        self.room = 0
        """Records that are still wanted."""
        super().__init__(fetch_offset, tp, _Batches(records._buffer, self), **rest)  # noqa: SLF001

    def take(self, n: int | None = None) -> _Taken:
        """Records up to this number in all. As the client's own, an error behind some records is raised after them."""
        self._maybe_raise_next_inline_exception()
        taken, self.room = _Taken(), n or 0
        try:
            while self.room > 0 and self.record_iterator is not None:
                record = next(self.record_iterator, None)
                if record is None:
                    break
                count = len(record.value) if isinstance(record.value, Block) else 1
                taken.append(record)
                taken.records += count
                self.room -= count
        except Exception as error:
            if not taken:
                raise
            self._next_inline_exception = error
        return taken


class _Batches(MemoryRecords):
    """The batches that a fetch brought of one partition."""

    __slots__ = ("_part",)

    def __init__(self, text: bytes, part: _PartOfFetch) -> None:
        self._part = part
        super().__init__(text)

    def next_batch(self, *_sizes: int) -> Any:
        """The next one, None behind the last."""
        piece = self._next_slice
        if piece is None or len(piece) < DefaultRecordBatch.HEADER_STRUCT.size or piece[self.MAGIC_OFFSET] != 2:
            return super().next_batch()
        self._cache_next()
        return _Batch(piece, self._part)


class _Batch(DefaultRecordBatch):
    """A batch whose iterator gives its records in blocks."""

    __slots__ = ("_part",)

    def __init__(self, text: memoryview, part: _PartOfFetch) -> None:
        # All that the client's own does, but for a copy of the text.
        self._buffer: Text = text
        self._header_data = self.HEADER_STRUCT.unpack_from(text)
        self._pos = self.HEADER_STRUCT.size
        self._num_records = self._header_data[12]
        self._next_record_index = 0
        self._decompressed = False
        self._part = part

    def __iter__(self) -> Iterator[Any]:
        self._maybe_uncompress()
        # What a batch says of itself is not believed: a record has seven bytes at least.
        count = self.records_count
        places = np.empty((6, count), np.int64) if 0 <= count <= len(self._buffer) else None
        if places is None or not _split(self._buffer, self._pos, places):
            self._buffer = bytearray(self._buffer)
            return iter(self.__next__, None)  # a record at a time
        return self._blocks(places)

    def _blocks(self, places: NDArray[np.int64]) -> Iterator[DefaultRecord]:
        stamps_ms = places[1] + self.first_timestamp
        if self.timestamp_type == self.LOG_APPEND_TIME:
            stamps_ms[:] = self.max_timestamp
        block = Block(self._buffer, places[2:], places[0] + self.base_offset, stamps_ms)
        at = int(np.searchsorted(block.offsets, self._part.fetch_offset))  # a fetch amid a batch brings all of it
        while at < len(block):
            part = block.cut(at, at + self._part.room)
            at += len(part)
            last, last_ms = int(part.offsets[-1]), int(part.stamps_ms[-1])
            yield DefaultRecord(0, last, last_ms, self.timestamp_type, None, part, [])


def _split(text: Text, pos: int, places: NDArray[np.int64]) -> bool:
    from sealtrack.io.codecs.scan.split import split  # noqa: PLC0415 - brings numba

    return split(np.frombuffer(text, np.uint8), pos, places)
