"""What could not be read of the topics that every worker reads, told once by one lane."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from sealtrack.errors import Rejected
from sealtrack.io.ports import RecordBatch

MOST_UNTOLD = 10_000
MOST_BYTES = 32 << 20
"""Unreadable records kept for the lane that tells of them, and what they hold; the oldest give way."""


class Letters:
    """Rejected records, and how far the topics have been read."""

    def __init__(self) -> None:
        self._rejected: deque[Rejected] = deque()
        self._bytes = 0
        self._read_to: dict[str, int] = {}

    def add(self, batch: RecordBatch, rejected: Iterable[Rejected]) -> None:
        """What was wrong in a batch."""
        for one in rejected:
            self._rejected.append(one)
            self._bytes += len(one.value)
            while len(self._rejected) > MOST_UNTOLD or self._bytes > MOST_BYTES:
                self._bytes -= len(self._rejected.popleft().value)
        self._read_to[f"{batch.topic}:{batch.partition}"] = int(batch.offsets[-1]) + 1

    def untold(self, dealt: dict[str, int]) -> tuple[list[Rejected], dict[str, int]]:
        """What came since `dealt` (`topic:partition` to offset), and up to where all is told with it."""
        found = [one for one in self._rejected if one.offset >= dealt.get(f"{one.source}:{one.partition}", 0)]
        return found, dealt | self._read_to
