"""One partition after another: judge a feed, keep a checkpoint, lose the engine, come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np

from benchmarks.speed.feed import National, national
from sealtrack import geofence
from sealtrack.columns import Reports
from sealtrack.data import path
from sealtrack.engine import Engine
from sealtrack.schema import Alert
from sealtrack.service.state import Checkpoint, checkpoint_messages, state_of

Result = TypeVar("Result")

REPORTS_EACH = 720
"""6 h at 30 s: the whole horizon."""
AGAIN = 200_000
"""Reports that are judged again: an hour and a half of 1,000 shipments, where `service.checkpoint_s` keeps a checkpoint
every 5 minutes."""
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
    """The worst of each: a checkpoint with the whole horizon in it, and `again` reports after another one."""
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
    earlier = engine.snapshot()
    told += _judge(engine, feed.reports[cut:])
    messages, take_s = _timed(lambda: list(checkpoint_messages("t", 0, Checkpoint(offset=0), engine.snapshot(), 0)))
    stored = {message.key: message.value for message in messages if message.value is not None}
    _, restore_s = _timed(lambda: make().restore(state_of(stored).snapshot))
    another = make()
    another.restore(earlier)
    _, again_s = _timed(lambda: _judge(another, feed.reports[cut:]))
    news, adopt_s = _timed(lambda: another.adopt({alert.alert_id: alert for alert in told}))
    if news:
        raise AssertionError(f"{len(news)} alerts differ after the recovery, e.g. {news[0]}")
    return Recovered(
        shipments=len(feed.shipments),
        reports=len(feed.reports),
        partitions=1,
        snapshot_bytes=len(state_of(stored).snapshot),
        checkpoint_bytes=sum(len(value) for value in stored.values()),
        take_s=take_s,
        restore_s=restore_s,
        again_s=again_s + adopt_s,
        judged_again=len(feed.reports) - cut,
    )


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What it gives, and its processor time."""
    began_s = time.process_time()
    return work(), time.process_time() - began_s


def _judge(engine: Engine, reports: Reports) -> list[Alert]:
    told: list[Alert] = []
    for start in np.arange(0, len(reports), BATCH).tolist():
        told += engine.process(reports[start : start + BATCH])
        engine.take_digests()
    return told
