"""What every source and sink promises. `tests/io/test_conformance.py` holds each adapter to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sealtrack.io.texts import Texts


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Consecutive records of one topic partition, as columns, undecoded."""

    topic: str
    partition: int
    offsets: NDArray[np.int64]
    timestamps_ms: NDArray[np.int64]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    """Lists, or `Texts` where records came many at once."""

    def __len__(self) -> int:
        return len(self.offsets)

    def take(self, rows: Sequence[int]) -> RecordBatch:
        """These rows of the batch, by index."""
        kept = np.asarray(rows, np.intp)
        keys, values = _taken(self.keys, kept), _taken(self.values, kept)
        return RecordBatch(self.topic, self.partition, self.offsets[kept], self.timestamps_ms[kept], keys, values)


def _taken(column: Sequence[bytes | None], rows: NDArray[np.intp]) -> Sequence[bytes | None]:
    return column.take(rows) if isinstance(column, Texts) else [column[row] for row in rows.tolist()]


class Message(NamedTuple):
    """One record to publish."""

    topic: str
    key: bytes
    value: bytes | None
    """None deletes the key from a compacted topic."""
    timestamp_ms: int | None = None
    partition: int | None = None
    """None: by key."""


class Undone(Exception):  # noqa: N818 - news, not an error
    """A transaction failed, or nobody knows how it ended: forget everything since the last that held, and recover."""


class Source(Protocol):
    """Reads topics from their first records, in order within each partition; what a transaction left undone, never."""

    def poll(self, timeout_s: float) -> list[RecordBatch]:
        """What has arrived, waiting up to `timeout_s` for the first record; [] if nothing came."""

    def caught_up(self) -> bool:
        """True when all that the topics hold at this moment has been polled; False also when nobody can tell."""

    def close(self) -> None:
        """Release connections."""


class Moved(NamedTuple):
    """Which lanes went and came since the last poll. One in both was lost and given back: others may have had it."""

    lost: frozenset[int]
    taken: frozenset[int]


class Outlook(NamedTuple):
    """How a worker stands with its group and its broker."""

    joined: bool
    """The group has dealt out its lanes, and this worker has those that are its own."""
    answers: bool
    """The broker answered when it was asked last."""
    ends: Mapping[int, int]
    """By lane, the offset after its last record, as it was told last."""


class Lanes(Protocol):
    """The partitions of one topic that a group gives to this worker, each a lane read on its own.

    A lane that was taken is silent until `start` says from where it is read.
    """

    def poll(self, timeout_s: float) -> tuple[Moved, list[RecordBatch]]:
        """What has moved, and records of the lanes that are held and started; a timeout gives nothing."""

    def start(self, lane: int, offset: int | None) -> int:
        """Read a lane from `offset`, None: from its first record. Returns where that is."""

    def hold(self, lane: int, offset: int) -> None:
        """Read no further; `offset` is its position until `start`."""

    def position(self, lane: int) -> int:
        """The offset of the next record to be polled."""

    def end(self, lane: int) -> int:
        """The offset after the last record that the lane holds now."""

    def offset_at(self, lane: int, time_ms: int) -> int:
        """The offset of the first record stamped `time_ms` or later; the end if there is none."""

    def committed(self, lane: int) -> int | None:
        """Up to which offset the group has dealt with the lane, once no transaction is open that would move it."""

    def caught_up(self) -> frozenset[int]:
        """Started lanes of which all has been polled, as the broker just said; none when it does not answer."""

    def outlook(self) -> Outlook:
        """What is known without asking."""

    def all_done(self) -> bool:
        """True when the group has dealt with all that every partition holds, also those of other workers."""

    def count(self) -> int:
        """How many lanes there are, those of other workers too."""

    def lane_of(self, key: bytes) -> int:
        """The lane that records of this key come in."""

    def close(self) -> None:
        """Leave the group."""


class Publisher(Protocol):
    """Publishes in transactions: a reader sees all of one, or nothing."""

    def publish(self, messages: Sequence[Message], offsets: Mapping[int, int]) -> None:
        """Publish these messages and commit these positions of lanes, by lane, as one.

        Returns when all of it holds.

        Undone: it does not, or nobody knows; the lanes must recover.
        TransportError: the broker stayed away for too long or refuses it, or another worker took this one's place.
        """

    def close(self) -> None:
        """Release connections; an open transaction is undone."""


class State(Protocol):
    """The state that lanes left in a compacted topic, each in the partition of its own number."""

    def read(self, lane: int) -> dict[bytes, bytes]:
        """The last value of each key that is not deleted. Waits for transactions that were open at the call."""

    def close(self) -> None:
        """Release connections."""
