"""One partition after another: judge a feed, keep a checkpoint, lose the engine, come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.speed.feed import National, national
from sealtrack import geofence
from sealtrack.columns import Reports
from sealtrack.data import path
from sealtrack.engine import Engine
from sealtrack.schema import Alert
from sealtrack.service.state import Checkpoint, checkpoint_messages, state_of

REPORTS_EACH = 720
"""6 h at 30 s: the whole horizon."""
AGAIN = 200_000
"""`service.checkpoint_reports`: so many at most are judged again."""
BATCH = 10_000
A_PARTITION = 1_000
"""Shipments of one partition; more of them are more partitions, recovered one by one."""


class Recovered(NamedTuple):
    """Figures of one size; bytes and seconds for all its partitions."""

    shipments: int
    reports: int
    partitions: int
    snapshot_bytes: int
    checkpoint_bytes: int
    """As it lies in seal.state, compressed."""
    take_s: float
    """Snapshot and compression."""
    restore_s: float
    """Decompression, and an engine that stands where the snapshot was taken."""
    again_s: float
    """The reports since then, judged in silence, and what holds compared with what was published."""
    judged_again: int

    @property
    def a_shipment(self) -> float:
        """Bytes of the checkpoint."""
        return self.checkpoint_bytes / self.shipments


def recover(shipments: int, *, reports_each: int = REPORTS_EACH, again: int = AGAIN) -> Recovered:
    """The worst moment: `again` reports after the last checkpoint, of each partition."""
    sizes = [min(A_PARTITION, shipments - start) for start in range(0, shipments, A_PARTITION)]
    catalogue = geofence.load(path("geofences"))
    _warm_up(lambda: Engine(catalogue, shares_digests=True))
    parts = [
        _one(lambda: Engine(catalogue, shares_digests=True), national(size, reports_each), again) for size in sizes
    ]
    return Recovered(*(sum(values) for values in zip(*parts, strict=True)))


def _warm_up(make: Callable[[], Engine]) -> None:
    feed = national(2, 20)
    engine = make()
    engine.register(feed.shipments)
    engine.process(feed.reports)


def _one(make: Callable[[], Engine], feed: National, again: int) -> Recovered:
    cut = max(0, len(feed.reports) - again)
    engine = make()
    told, _ = engine.register(feed.shipments)
    told += _judge(engine, feed.reports[:cut])
    began_s = time.perf_counter()
    snapshot = engine.snapshot()
    messages = list(checkpoint_messages("state", 0, Checkpoint(offset=cut), snapshot, 0))
    take_s = time.perf_counter() - began_s
    told += _judge(engine, feed.reports[cut:])
    published = {alert.alert_id: alert for alert in told}
    stored = {message.key: message.value for message in messages if message.value is not None}
    began_s = time.perf_counter()
    another = make()
    another.restore(state_of(stored).snapshot)
    restore_s = time.perf_counter() - began_s
    began_s = time.perf_counter()
    _judge(another, feed.reports[cut:])
    news = another.adopt(published)
    again_s = time.perf_counter() - began_s
    if news:
        raise AssertionError(f"{len(news)} alerts differ after the recovery, e.g. {news[0]}")
    stored_bytes = sum(len(value) for value in stored.values())
    return Recovered(
        shipments=len(feed.shipments),
        reports=len(feed.reports),
        partitions=1,
        snapshot_bytes=len(snapshot),
        checkpoint_bytes=stored_bytes,
        take_s=take_s,
        restore_s=restore_s,
        again_s=again_s,
        judged_again=len(feed.reports) - cut,
    )


def _judge(engine: Engine, reports: Reports) -> list[Alert]:
    told: list[Alert] = []
    for start in np.arange(0, len(reports), BATCH).tolist():
        told += engine.process(reports[start : start + BATCH])
        engine.take_digests()
    return told
