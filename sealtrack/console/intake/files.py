"""Fills the store from files: a feed and what was judged of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sealtrack import geofence, policy_file
from sealtrack.columns import Reports, concat
from sealtrack.console.clock import now_ms
from sealtrack.console.devices import measure, renew
from sealtrack.console.intake.alerts import take_alerts
from sealtrack.console.intake.declared import take_shipments, take_sightings
from sealtrack.console.intake.documents import keep_geofences, keep_policy
from sealtrack.console.intake.reports import note_clock, take_reports
from sealtrack.console.store import Store
from sealtrack.errors import Rejected
from sealtrack.geofence import Catalogue
from sealtrack.io.files import read_alerts, read_reports, read_shipments, read_sightings
from sealtrack.policy import Policies
from sealtrack.replay import Progress, replay
from sealtrack.schema import Alert, Shipment, Sighting
from sealtrack.settings import Console


@dataclass(frozen=True, slots=True)
class Files:
    """What `sealtrack console` is given. Without `alerts` the feeds are judged here, as `sealtrack replay` does."""

    feeds: Sequence[Path]
    shipments: Path
    geofences: Sequence[Path]
    alerts: Path | None = None
    sightings: Sequence[Path] = ()
    policy: Path | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """Alerts with what they were judged from."""

    alerts: Sequence[Alert]
    """Versions, in any order; a file that holds the final ones only gives incidents without a history."""
    reports: Reports
    """`partition` is the number of the feed."""
    shipments: Sequence[Shipment]
    sightings: Sequence[Sighting] = ()


def read_files(files: Files, on_progress: Progress) -> tuple[Judged, Catalogue, Policies, list[Rejected]]:
    """Everything in these files, and the rows that cannot be used."""
    catalogue, policies = geofence.load(*files.geofences), policy_file.load(files.policy)
    shipments, rejected = read_shipments(files.shipments)
    seen: list[Sighting] = []
    for path in files.sightings:
        found, bad = read_sightings(path)
        seen += found
        rejected += bad
    if files.alerts is None:
        result = replay(files.feeds, catalogue, shipments, policies, sightings=seen, on_progress=on_progress)
        judged = Judged(result.history, result.reports, shipments, seen)
        return judged, catalogue, policies, rejected + result.rejected
    reports, bad = _read_feeds(files.feeds)
    return Judged(read_alerts(files.alerts), reports, shipments, seen), catalogue, policies, rejected + bad


def fill(
    store: Store, judged: Judged, catalogue: Catalogue, policies: Policies, files: Files, settings: Console
) -> None:
    """Put it into the store, in one transaction. The same files a second time change nothing."""
    at_ms = now_ms()
    with store.writing() as connection:
        keep_geofences(connection, catalogue, files.geofences, at_ms)
        keep_policy(connection, policies, files.policy, at_ms)
        take_shipments(connection, judged.shipments)
        take_sightings(connection, judged.sightings, [(0, number) for number in range(len(judged.sightings))])
        take_reports(connection, judged.reports, {number: feed.name for number, feed in enumerate(files.feeds)})
        if judged.sightings:
            note_clock(connection, max(one.received or one.time for one in judged.sightings))
        take_alerts(connection, judged.alerts, settings, at_ms)
        renew(connection, measure(connection))


def _read_feeds(feeds: Sequence[Path]) -> tuple[Reports, list[Rejected]]:
    batches: list[Reports] = []
    rejected: list[Rejected] = []
    for number, feed in enumerate(feeds):
        for batch, bad in read_reports(feed):
            batch.rows["partition"] = number
            batches.append(batch)
            rejected += bad
    return concat(batches), rejected
