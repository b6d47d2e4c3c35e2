"""What every source and sink promises. `tests/io/conformance.py` holds each adapter to it."""

from __future__ import annotations

from collections.abc import Sequence
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


class Message(NamedTuple):
    """One record to publish."""

    topic: str
    key: bytes
    value: bytes
    timestamp_ms: int | None = None


class Source(Protocol):
    """Reads topics in order within each partition."""

    def poll(self, timeout_s: float) -> list[RecordBatch]:
        """What has arrived, waiting up to `timeout_s` for the first record; [] if nothing came."""

    def commit(self, positions: dict[tuple[str, int], int]) -> None:
        """Record, durably, that (topic, partition) has been dealt with up to but excluding this offset.

        A new source of the same group starts there.
        """

    def close(self) -> None:
        """Release connections; nothing is committed."""


class Sink(Protocol):
    """Publishes messages."""

    def publish(self, messages: Sequence[Message]) -> None:
        """Returns after every message is acknowledged; raises TransportError if one is not."""

    def close(self) -> None:
        """Release connections."""
