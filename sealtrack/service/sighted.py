"""The sightings' topic: every worker reads all, and every lane gets all, for only an engine knows whose they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from sealtrack.columns import Reports, concat
from sealtrack.io.codecs.sightings import decode_sightings
from sealtrack.io.ports import Source
from sealtrack.service.letters import Letters

MOST_RECENT = 200_000
"""Sightings remembered for lanes that come; the oldest give way."""

Place = tuple[int, int]
"""(partition, offset)"""


class Sighted:
    """All sightings of the last `keep_ms`: a lane that comes needs them again, and the source reads on."""

    def __init__(self, source: Source, letters: Letters, keep_ms: int) -> None:
        self._source, self._letters, self._keep_ms = source, letters, keep_ms
        self._recent = concat([])
        self.read_to: dict[int, int] = {}
        """By partition."""

    def read(self, timeout_s: float = 0) -> Reports:
        """What has arrived."""
        read: list[Reports] = []
        for batch in self._source.poll(timeout_s):
            sightings, unusable = decode_sightings(batch)
            self._letters.add(batch, unusable)
            self.read_to[batch.partition] = int(batch.offsets[-1]) + 1
            read.append(sightings)
        news = concat(read)
        if len(news):
            everything = concat([self._recent, news])
            received_ms = everything.rows["received_ms"]
            kept = np.flatnonzero(received_ms >= received_ms.max() - self._keep_ms)[-MOST_RECENT:]
            self._recent = concat([everything.take(kept)])
        return news

    def caught_up(self) -> bool:
        """True when all that the topic holds has been read."""
        return self._source.caught_up()

    def missing(self, seen: Mapping[int, int], waiting: Collection[Place]) -> Reports:
        """What a lane has not been given: all from `seen` on (partition to offset), and those that were `waiting`."""
        wanted = [
            offset >= seen.get(partition, 0) or (partition, offset) in waiting
            for partition, offset in places(self._recent)
        ]
        return self._recent.take(np.array(wanted, np.bool_))


def places(sightings: Reports) -> list[Place]:
    """Where each was read."""
    rows = sightings.rows
    return list(zip((-1 - rows["partition"]).tolist(), rows["offset"].tolist(), strict=True))


def merged(reports: Reports, sightings: Reports) -> tuple[Reports, Reports]:
    """Reports in their order with the sightings among them by when they were received; and those that are later."""
    if not len(sightings):
        return reports, sightings
    reached_ms = np.maximum.accumulate(reports.rows["received_ms"])
    received_ms = sightings.rows["received_ms"]
    due = received_ms <= (reached_ms[-1] if len(reached_ms) else np.iinfo(np.int64).min)
    together = concat([reports, sightings.take(due)])
    order = np.concatenate([reached_ms, received_ms[due]]).argsort(kind="stable")
    return together.take(order), sightings.take(~due)


def in_order(sightings: Reports) -> Reports:
    """By when they were received."""
    return sightings.take(sightings.rows["received_ms"].argsort(kind="stable"))
