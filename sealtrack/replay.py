"""Replays recorded feeds through the engine: what the live service would have said, from files.

result = replay(["feed.csv.gz"], load("geofences"), read_shipments("shipments.csv"))
for alert in result.alerts: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from os import PathLike
from typing import Any

import numpy as np

from sealtrack.beside import processors
from sealtrack.columns import Reports, concat, pack_sightings
from sealtrack.declared import last_terms
from sealtrack.engine import Engine
from sealtrack.errors import Rejected
from sealtrack.feeds import Feeds, Whole, by_received
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies
from sealtrack.schema import FLAG_SIGHTING, Alert, Shipment, Sighting, Status

BATCH = 50_000
"""Reports handed to the engine at once. The result does not depend on it; progress is shown after each."""
MOST_THREADS = 4
"""Judging with more is no quicker than reading, which one thread does."""

Progress = Callable[[str, int, int], None]
"""Called with ("read", bytes so far, bytes in all) and ("judge", reports so far, reports in all), in turns or one after
the other; how many there are in all is estimated until they are read."""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a replay found."""

    alerts: list[Alert]
    """The final version of every alert that stands (none retracted), by start."""
    history: list[Alert]
    """Every version, retractions too, in the order in which the service would have published them."""
    flagged: list[dict[str, Any]]
    """The `seal.flagged` record of every shipment that is flagged in the end, the highest score first."""
    read: Whole
    """The feeds."""
    problems: list[str] = field(default_factory=list)
    """One line for each shipment that cannot be judged, or seal that belongs to none."""
    readjudicate: list[dict[str, Any]] = field(default_factory=list)
    """The `seal.flagged` record of every shipment with reports beyond the horizon, flagged or not."""

    @property
    def reports(self) -> Reports:
        """All reports, in the order of `received`."""
        return self.read.reports

    @property
    def rejected(self) -> list[Rejected]:
        """Rows that could not be used."""
        return self.read.rejected


def replay(
    feeds: Sequence[str | PathLike[str]],
    catalogue: Catalogue,
    shipments: Sequence[Shipment],
    policies: Policies | None = None,
    *,
    sightings: Sequence[Sighting] = (),
    on_progress: Progress | None = None,
    threads: int | None = None,
) -> ReplayResult:
    """Judge the reports of these files, and the sightings, as one feed, in the order in which they were received.

    They are judged while they are read, as long as they stand in that order; else they are put in order first, and
    judged then. `threads` judge them, None = as many as there are processors, up to MOST_THREADS; the result does not
    depend on it. Needs 100 bytes of memory a report, twice as many once the result's `reports` are asked for.

    InputError: a file as a whole cannot be read.
    """
    tell = on_progress or _silent
    recorded = Feeds(feeds)
    judged = partial(_Judged, catalogue, policies, shipments, threads or threads_for_replay())
    told = judged()

    def read(done: int, total: int) -> None:
        tell("read", done, total)
        if told.reports:
            tell("judge", told.reports, max(told.reports, told.reports * total // max(1, done)))

    for batch in _with(sightings, recorded.in_order(read)):
        told.judge(batch)
    whole = recorded.whole()
    if told.reports < whole.count:
        told, reports = judged(), whole.reports
        parts = (reports[start : start + BATCH] for start in range(0, len(reports), BATCH))
        for batch in _with(sightings, parts):
            told.judge(batch)
            tell("judge", told.reports, whole.count)
    tell("judge", told.reports, told.reports)
    return told.result(shipments, whole)


def threads_for_replay() -> int:
    """How many judge a replay where nobody says."""
    return min(MOST_THREADS, processors())


class _Judged:
    """What an engine has said so far."""

    def __init__(
        self, catalogue: Catalogue, policies: Policies | None, shipments: Sequence[Shipment], threads: int
    ) -> None:
        self._engine = Engine(catalogue, policies or Policies(), threads=threads)
        self._history, self._problems = self._engine.register(shipments)
        self.reports = 0
        """Judged so far, sightings aside."""

    def judge(self, batch: Reports) -> None:
        self._history += self._engine.process(batch)
        self.reports += int(np.count_nonzero(batch.rows["flags"] & FLAG_SIGHTING == 0))

    def result(self, shipments: Sequence[Shipment], read: Whole) -> ReplayResult:
        records = self._engine.flags([shipment.shipment_id for shipment in last_terms(shipments)])
        late = [record for record in records if record["readjudicate"]]
        flagged = [record for record in records if record["flagged"]]
        flagged.sort(key=lambda record: (-record["score"], record["shipment_id"]))
        problems = self._problems + self._engine.unclaimed()
        return ReplayResult(final(self._history), self._history, flagged, read, problems, late)


def _with(sightings: Sequence[Sighting], batches: Iterable[Reports]) -> Iterator[Reports]:
    """Batches in the order of `received`, each with what was seen up to its end; after reports of the same moment."""
    left = by_received(pack_sightings(sightings))
    for batch in batches:
        seen = np.searchsorted(left.rows["received_ms"], batch.rows["received_ms"][-1])  # the next may be as old
        yield by_received(concat([batch, left[:seen]])) if seen else batch
        left = left[seen:]
    if len(left):
        yield left


def final(history: Iterable[Alert]) -> list[Alert]:
    """The last version of each alert, without those retracted, by start."""
    last: dict[str, Alert] = {}
    for alert in history:
        if alert.alert_id not in last or alert.version > last[alert.alert_id].version:
            last[alert.alert_id] = alert
    standing = (alert for alert in last.values() if alert.status != Status.retracted)
    return sorted(standing, key=lambda alert: (alert.start, alert.shipment_id, alert.kind, alert.alert_id))


def by_shipment(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    """Alerts grouped by shipment id, in their order."""
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(alert.shipment_id, []).append(alert)
    return groups


def _silent(phase: str, done: int, total: int) -> None:
    """No progress is shown."""
