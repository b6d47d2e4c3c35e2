"""Which time a partition had reached at an offset: what a commit remembers for a later restart."""

from __future__ import annotations

from collections import defaultdict, deque

from sealtrack.io.ports import RecordBatch


class Reached:
    """Times of the batches polled and not yet committed, by partition."""

    def __init__(self) -> None:
        self._batches: dict[tuple[str, int], deque[tuple[int, int]]] = defaultdict(deque)

    def polled(self, batch: RecordBatch) -> None:
        """Take note of a batch."""
        self._batches[batch.topic, batch.partition].append((int(batch.offsets[0]), batch.reached_ms))

    def at(self, part: tuple[str, int], offset: int) -> int | None:
        """The time of the last batch that begins before `offset`; forgets those before it. None if none is known."""
        batches = self._batches[part]
        while len(batches) > 1 and batches[1][0] < offset:
            batches.popleft()
        return batches[0][1] if batches and batches[0][0] < offset else None
