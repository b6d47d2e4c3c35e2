"""Replays recorded feeds through the engine: what the live service would have said, from files.

result = replay(["feed.csv.gz"], load("geofences"), read_shipments("shipments.csv"))
for alert in result.alerts: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from sealtrack.columns import Reports, concat, pack_sightings
from sealtrack.declared import last_terms
from sealtrack.engine import Engine
from sealtrack.errors import Rejected
from sealtrack.geofence import Catalogue
from sealtrack.io.files import read_reports
from sealtrack.policy import Policies
from sealtrack.schema import Alert, Shipment, Sighting, Status

BATCH = 50_000
"""Reports handed to the engine at once. The result does not depend on it; progress is shown after each."""

Progress = Callable[[str, int, int], None]
"""Called with ("read", bytes so far, bytes in all), then ("judge", reports so far, reports in all)."""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a replay found."""

    alerts: list[Alert]
    """The final version of every alert that stands (none retracted), by start."""
    history: list[Alert]
    """Every version, retractions too, in the order in which the service would have published them."""
    flagged: list[dict[str, Any]]
    """The `seal.flagged` record of every shipment that is flagged in the end, the highest score first."""
    reports: Reports
    """All reports, in the order of `received`."""
    rejected: list[Rejected] = field(default_factory=list)
    """Rows that could not be used."""
    problems: list[str] = field(default_factory=list)
    """One line for each shipment that cannot be judged, or seal that belongs to none."""
    readjudicate: list[dict[str, Any]] = field(default_factory=list)
    """The `seal.flagged` record of every shipment with reports beyond the horizon, flagged or not."""


def replay(
    feeds: Sequence[str | PathLike[str]],
    catalogue: Catalogue,
    shipments: Sequence[Shipment],
    policies: Policies | None = None,
    *,
    sightings: Sequence[Sighting] = (),
    on_progress: Progress | None = None,
) -> ReplayResult:
    """Judge the reports of these files, and the sightings, as one feed, in the order in which they were received.

    Reads them whole: 300 bytes of memory a report while they are put in order.

    InputError: a file as a whole cannot be read.
    """
    tell = on_progress or _silent
    reports, rejected = _read(feeds, tell)
    read = _in_received_order(concat([reports, pack_sightings(sightings)])) if sightings else reports
    engine = Engine(catalogue, policies or Policies())
    history, problems = engine.register(shipments)
    for start in range(0, len(read), BATCH):
        history += engine.process(read[start : start + BATCH])
        tell("judge", min(start + BATCH, len(read)), len(read))
    records = engine.flags([shipment.shipment_id for shipment in last_terms(shipments)])
    late = [record for record in records if record["readjudicate"]]
    flagged = [record for record in records if record["flagged"]]
    flagged.sort(key=lambda record: (-record["score"], record["shipment_id"]))
    problems += engine.unclaimed()
    return ReplayResult(final(history), history, flagged, reports, rejected, problems, late)


def final(history: Iterable[Alert]) -> list[Alert]:
    """The last version of each alert, without those retracted, by start."""
    last: dict[str, Alert] = {}
    for alert in history:
        if alert.alert_id not in last or alert.version > last[alert.alert_id].version:
            last[alert.alert_id] = alert
    standing = (alert for alert in last.values() if alert.status != Status.retracted)
    return sorted(standing, key=lambda alert: (alert.start, alert.shipment_id, alert.kind, alert.alert_id))


def _read(feeds: Sequence[str | PathLike[str]], tell: Progress) -> tuple[Reports, list[Rejected]]:
    batches: list[Reports] = []
    rejected: list[Rejected] = []
    sizes = [path.stat().st_size if (path := Path(feed)).is_file() else 0 for feed in feeds]
    for number, feed in enumerate(feeds):
        for batch, bad in read_reports(feed, on_progress=_after(sum(sizes[:number]), sum(sizes), tell)):
            batch.rows["partition"] = number  # so that an alert's evidence names the feed beside the row
            batches.append(batch)
            rejected += bad
    return _in_received_order(concat(batches)), rejected


def _after(before: int, total: int, tell: Progress) -> Callable[[int, int], None]:
    """Progress in one file as progress in all of them."""
    return lambda done, _size: tell("read", before + done, total)


def by_shipment(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    """Alerts grouped by shipment id, in their order."""
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(alert.shipment_id, []).append(alert)
    return groups


def _in_received_order(reports: Reports) -> Reports:
    received = reports.rows["received_ms"]
    if bool(np.all(received[1:] >= received[:-1])):
        return reports
    order = np.argsort(received, kind="stable")
    return reports.take(order)


def _silent(phase: str, done: int, total: int) -> None:
    """No progress is shown."""
