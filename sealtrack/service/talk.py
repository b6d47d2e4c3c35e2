"""What a worker says in its log."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sealtrack.service.lane import Lane

log = logging.getLogger(__name__)

LINES_SHOWN = 5
"""So many problems of one step are logged, the others counted; all of them are in the dead-letter topic."""
PROGRESS_EVERY_S = 60.0


@dataclass
class Counts:
    """What has passed through."""

    reports: int = 0
    alerts: int = 0
    rejected: int = 0

    def __str__(self) -> str:
        return f"{self.reports:,} reports judged, {self.alerts:,} alert versions, {self.rejected:,} records set aside"


class Progress:
    """Tells now and then what has passed through."""

    def __init__(self, counts: Counts) -> None:
        self._counts, self._told_s = counts, time.monotonic()

    def tell(self) -> None:
        """Say it, if it is time."""
        if time.monotonic() - self._told_s >= PROGRESS_EVERY_S:
            self._told_s = time.monotonic()
            log.info("%(counts)s", {"event": "progress", "counts": self._counts})


def list_problems(lines: Sequence[str]) -> None:
    """The first of them."""
    for line in lines[:LINES_SHOWN]:
        log.warning("%(problem)s", {"event": "problem", "problem": line})
    if len(lines) > LINES_SHOWN:
        log.warning("… and %(more)d more", {"event": "problems", "more": len(lines) - LINES_SHOWN})


def unclaimed(lanes: Collection[Lane]) -> list[str]:
    """What is said of seals; of a sighting only what all lanes say: each knows the shipments of its own seals."""
    said = Counter(line for lane in lanes for line in lane.judge.unclaimed())
    return [line for line, count in said.items() if line.startswith("seal ") or count == len(lanes)]
