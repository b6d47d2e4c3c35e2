"""Runs a feed through every stage by itself and takes the time.

The clock of the wall is meant: a user asks what this machine does, busy as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.bench.locating import locate
from sealtrack.columns import Reports, concat
from sealtrack.engine import Engine
from sealtrack.errors import InputError
from sealtrack.feeds import by_received
from sealtrack.geofence import Catalogue
from sealtrack.io.files import read_reports
from sealtrack.io.files.opening import BLOCK_BYTES, COMPRESSIONS, open_bytes
from sealtrack.io.messages import alert_message
from sealtrack.policy import Policies
from sealtrack.replay import replay, threads_for_replay
from sealtrack.schema import Alert, Shipment

SMALL_BATCH = 500
"""Reports a batch for the latency: what a busy topic brings in a quarter of a second."""
LARGE_BATCH = 50_000


class Stage(NamedTuple):
    """One stage of the way from file to alert."""

    name: str
    seconds: float
    reports_per_s: float
    doc: str


class Measured(NamedTuple):
    """What a feed took."""

    reports: int
    shipments: int
    alerts: int
    stages: list[Stage]
    latency_s: NDArray[np.float64]
    """Of each batch of SMALL_BATCH reports, from columns to alerts, in order."""
    state_bytes: float
    """The engine's state at the feed's end as a snapshot, a shipment's share."""
    memory_bytes: float
    """What the engine holds of a shipment in memory at the feed's end."""
    replayed_per_s: float
    """Reports, from the file to alerts, as `sealtrack replay` does it."""
    threads: int
    """So many judged in that; each stage by itself is one thread's."""

    def percentile_ms(self, share: float) -> float:
        """Latency that this share (0–100) of the batches did not exceed."""
        return float(1e3 * np.percentile(self.latency_s, share))


def measure(
    feeds: Sequence[str | PathLike[str]],
    catalogue: Catalogue,
    shipments: Sequence[Shipment],
    policies: Policies | None = None,
    threads: int | None = None,
) -> Measured:
    """Read, decode, judge and encode the feeds, each by itself; then replay them, as `threads` judge.

    InputError if one cannot be read, or they hold no report.
    """
    next(read_reports(feeds[0]), None)  # so that no import is timed
    read_s = _spent_s(lambda: sum(_bytes_of(Path(feed)) for feed in feeds))
    batches: list[Reports] = []
    decode_s = _spent_s(lambda: batches.extend(batch for feed in feeds for batch, _ in read_reports(feed)))
    reports = by_received(concat(batches))
    if not len(reports):
        raise InputError(f"{feeds[0]}: holds no report that can be used")
    _judge(catalogue, shipments, policies, reports[:1])  # so that no compiling is timed
    locate(catalogue, shipments, reports[:1])
    alerts, process_s = _judge(catalogue, shipments, policies, reports)
    locate_s = _spent_s(lambda: locate(catalogue, shipments, reports))
    publish_s = _spent_s(lambda: [alert_message("seal.alerts", alert) for alert in alerts])
    latency_s, state_bytes, memory_bytes = _in_small_batches(catalogue, shipments, policies, reports)
    judges = threads or threads_for_replay()
    replay_s = _spent_s(lambda: replay(feeds, catalogue, shipments, policies, threads=judges))
    n = len(reports)
    return Measured(
        reports=n,
        shipments=len(shipments),
        alerts=len(alerts),
        stages=_stages(n, read_s, decode_s, locate_s, process_s, publish_s),
        latency_s=latency_s,
        state_bytes=state_bytes,
        memory_bytes=memory_bytes,
        replayed_per_s=n / replay_s,
        threads=judges,
    )


def _stages(
    reports: int, read_s: float, decode_s: float, locate_s: float, process_s: float, publish_s: float
) -> list[Stage]:
    """Decoding includes reading, and judging (`process_s`) locating: each stage is told without the one inside it."""
    spent = (
        ("read", read_s, "the file's bytes, unpacked"),
        ("decode", max(0.0, decode_s - read_s), "bytes to columns"),
        ("locate", locate_s, "every fix along its shipment's route, alone"),
        ("rules", max(0.0, process_s - locate_s), "all else the engine does, alerts included"),
        ("publish", publish_s, "alert versions to messages"),
    )
    return [Stage(name, s, reports / s if s > 0 else np.inf, doc) for name, s, doc in spent]


def _spent_s(work: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    work()
    return time.perf_counter() - started_s


def _bytes_of(path: Path) -> int:
    """Read a file to its end as its reader does; what cannot be read is found by `read_reports`."""
    if not path.is_file():
        return 0
    total = 0
    with open_bytes(path, COMPRESSIONS.get(path.suffix.lower())) as (stream, _):
        while block := stream.read(BLOCK_BYTES):
            total += len(block)
    return total


def _judge(
    catalogue: Catalogue, shipments: Sequence[Shipment], policies: Policies | None, reports: Reports
) -> tuple[list[Alert], float]:
    engine = Engine(catalogue, policies)
    engine.register(shipments)
    alerts: list[Alert] = []
    started_s = time.perf_counter()
    for part in _parts(reports, LARGE_BATCH):
        alerts += engine.process(part)
    return alerts, time.perf_counter() - started_s


def _in_small_batches(
    catalogue: Catalogue, shipments: Sequence[Shipment], policies: Policies | None, reports: Reports
) -> tuple[NDArray[np.float64], float, float]:
    """Latency of each batch, and the size of a shipment's state, as a snapshot and in memory."""
    engine = Engine(catalogue, policies)
    engine.register(shipments)
    latency_s = [_spent_s(lambda part=part: engine.process(part)) for part in _parts(reports, SMALL_BATCH)]  # type: ignore[misc]
    count = max(1, len(shipments))
    return np.array(latency_s), len(engine.snapshot()) / count, engine.figures().memory_bytes / count


def _parts(reports: Reports, size: int) -> Iterator[Reports]:
    for start in range(0, len(reports), size):
        yield reports[start : start + size]
