"""Puts the reports of several partitions into one order of time.

After a stop one partition is read hours ahead of another. Judged as they come, the seals of the slower one would seem
silent until it has caught up: a storm of alerts, each retracted soon after. So reports wait until the partitions that
are known to hold earlier ones have delivered them, though not for long: a partition may be out of reach.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

import numpy as np

from sealtrack.columns import Reports, concat
from sealtrack.io.ports import RecordBatch

Part = tuple[str, int]

HOLD_S = 10.0
"""Longest time that reports wait for a partition that holds earlier ones and does not deliver them."""


class Aligner:
    """Reports read and not yet judged, of the partitions of one topic."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._waiting = concat([])
        self._read: dict[Part, tuple[int, int]] = {}
        self._delivered_s = now_s()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, batch: RecordBatch, reports: Reports) -> None:
        """Take in the reports that were decoded from `batch`."""
        self._read[batch.topic, batch.partition] = int(batch.offsets[-1]) + 1, batch.reached_ms
        self.put(reports)

    def put(self, reports: Reports) -> None:
        """Take in reports that are not read again after a restart of their source."""
        self._waiting = concat([self._waiting, reports])

    def release(self, behind: Collection[Part]) -> tuple[Reports, dict[Part, int]]:
        """The reports that can be judged, by `received`, and the positions up to which all has been released.

        `behind` are the partitions that hold more than has been read.
        """
        waiting, count = self._waiting, len(self._waiting)
        order = waiting.rows["received_ms"].argsort(kind="stable")
        waiting = waiting.take(order)
        if behind and self._now_s() - self._delivered_s < HOLD_S:
            unread = (0, np.iinfo(np.int64).min)
            safe_ms = min(self._read.get(part, unread)[1] for part in behind)
            count = int(np.searchsorted(waiting.rows["received_ms"], safe_ms, side="right"))
        if count or not len(waiting):
            self._delivered_s = self._now_s()
        self._waiting = waiting[count:]
        return waiting[:count], {part: self._position(part) for part in self._read}

    def _position(self, part: Part) -> int:
        held = self._waiting.rows["offset"][self._waiting.rows["partition"] == part[1]]
        return int(held.min()) if len(held) else self._read[part][0]
