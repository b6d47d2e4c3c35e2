"""What every source and sink promises. `tests/io/test_conformance.py` holds each adapter to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Consecutive records of one topic partition, as columns, undecoded."""

    topic: str
    partition: int
    offsets: NDArray[np.int64]
    timestamps_ms: NDArray[np.int64]
    keys: list[bytes | None]
    values: list[bytes | None]

    def __len__(self) -> int:
        return len(self.offsets)

    def take(self, rows: Sequence[int]) -> RecordBatch:
        """These rows of the batch, by index."""
        keys, values = [self.keys[row] for row in rows], [self.values[row] for row in rows]
        kept = np.asarray(rows, np.intp)
        return RecordBatch(self.topic, self.partition, self.offsets[kept], self.timestamps_ms[kept], keys, values)

    @property
    def reached_ms(self) -> int:
        """The time this batch ends at: the middle of its last timestamps, which one absurd stamp does not move."""
        return int(np.median(self.timestamps_ms[-9:]))


class Message(NamedTuple):
    """One record to publish."""

    topic: str
    key: bytes
    value: bytes | None
    """None deletes the key from a compacted topic."""
    timestamp_ms: int | None = None


Restart = Callable[[tuple[str, int], int], int]
"""(topic, partition) and the time (ms) up to which the group has dealt with it → the time to read again from."""


class Reassigned(Exception):  # noqa: N818 - news, not an error
    """Partitions went to another worker: forget what was read. The source starts anew with those it still holds."""


class Source(Protocol):
    """Reads topics in order within each partition.

    Without a group it reads every partition from its first record. With one it reads the partitions that the group
    gives it, each from the committed offset or, given a `Restart`, from as far before it as that asks.
    """

    def poll(self, timeout_s: float) -> list[RecordBatch]:
        """What has arrived, waiting up to `timeout_s` for the first record; [] if nothing came.

        A source with a `Restart` raises Reassigned when it has lost partitions.
        """

    def commit(self, positions: dict[tuple[str, int], int]) -> None:
        """Record, durably, that (topic, partition) has been dealt with up to but excluding this offset.

        A new source of the same group starts there.
        """

    def behind(self) -> set[tuple[str, int]]:
        """(topic, partition) that are known to hold more than has been polled, or not known yet. Asks nobody."""

    def caught_up(self) -> bool:
        """True when all that the partitions hold at this moment has been polled; False also when nobody can tell."""

    def close(self) -> None:
        """Release connections; nothing is committed."""


class Sink(Protocol):
    """Publishes messages."""

    def publish(self, messages: Sequence[Message]) -> None:
        """Returns after every message is acknowledged; raises TransportError if one is not."""

    def close(self) -> None:
        """Release connections."""
