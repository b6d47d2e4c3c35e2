"""What a worker tells of itself while it works: counts and measures, whether it is alive, whether it is ready.

The loop writes, and the HTTP server's threads read: what they read is replaced whole (`Status`), or a metric.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sealtrack.columns import Reports
from sealtrack.errors import Rejected
from sealtrack.io.codecs import Codec
from sealtrack.io.ports import Moved, Outlook, RecordBatch
from sealtrack.service.lane import Lane
from sealtrack.service.metrics import Metrics
from sealtrack.service.post import Parcel
from sealtrack.service.state import is_checkpoint_part

FIGURES_EVERY_S = 10.0
"""The engines are asked for figures so often: it costs some milliseconds."""
READY_TURN_S = 15.0
"""A worker that has not turned for so long waits for somebody: it is not ready."""


class Status(NamedTuple):
    """What the last turn found."""

    joined: bool = False
    """The group has dealt out its partitions."""
    answers: bool = False
    """The broker answered the last question."""
    lanes: tuple[int, ...] = ()
    """Partitions that are judged."""
    recovering: tuple[int, ...] = ()
    """Partitions that are to be judged, and whose state is still being restored."""


class Monitor:
    """Of one worker."""

    def __init__(self, stuck_after_s: float = 300.0, now_s: Callable[[], float] = time.monotonic) -> None:
        """A turn of the loop that takes longer than `stuck_after_s` will not end by itself."""
        self.metrics = Metrics()
        self.status = Status()
        self.stuck_after_s, self._now_s = stuck_after_s, now_s
        self._turned_s: float | None = None
        self._figures_s = 0.0
        self._taken_s: dict[int, float] = {}
        self._newest_ms: int | None = None
        self.metrics.turn_age.set_function(self.turn_age_s)
        self.metrics.newest_report_age.set_function(self._newest_age_s)

    def turn_age_s(self) -> float:
        """Since the last turn; 0 before the first one: until then a worker waits for its broker, with a limit."""
        return 0.0 if self._turned_s is None else self._now_s() - self._turned_s

    def is_alive(self) -> bool:
        """False when the loop is stuck: only a restart helps."""
        return self.turn_age_s() < self.stuck_after_s

    def unready(self) -> list[str]:
        """Why it does not judge what arrives; nothing when it does."""
        status, why = self.status, []
        if not status.joined:
            why.append("the group has not dealt out its partitions")
        if status.recovering:
            why.append(f"partitions {', '.join(map(str, status.recovering))}: their state is being restored")
        if not status.answers:
            why.append("the broker does not answer")
        if self.turn_age_s() > READY_TURN_S:
            why.append(f"the last turn was {self.turn_age_s():.0f} s ago")
        return why

    def counting(self, codec: Codec, horizon_ms: int) -> Codec:
        """The same codec, with what it decodes counted."""

        def decode(batch: RecordBatch) -> tuple[Reports, list[Rejected]]:
            reports, rejected = codec.decode_reports(batch)
            late = reports.rows["received_ms"] - reports.rows["time_ms"] > horizon_ms
            self.metrics.reports.inc(len(reports))
            self.metrics.late_reports.inc(int(np.count_nonzero(late)))
            return reports, rejected

        return Codec(codec.name, decode)

    def moved(self, moved: Moved) -> None:
        """Lanes came and went."""
        if moved.lost or moved.taken:
            self.metrics.rebalances.inc()
        for partition in moved.lost:
            self._taken_s.pop(partition, None)
            self.metrics.forget(partition)
        for partition in moved.taken:
            self._taken_s[partition] = self._now_s()

    def undone(self, partitions: Iterable[int]) -> None:
        """A transaction did not hold, and these lanes begin to recover."""
        self.metrics.undone.inc()
        self._taken_s |= dict.fromkeys(partitions, self._now_s())

    def judged(self, batches: Sequence[RecordBatch]) -> None:
        """These came in one poll."""
        if any(map(len, batches)):
            self.metrics.records.inc(sum(map(len, batches)))
            self._newest_ms = max(int(batch.timestamps_ms.max()) for batch in batches if len(batch))

    def published(self, parcel: Parcel) -> None:
        """A transaction holds."""
        self.metrics.transactions.inc()
        for output in parcel.outputs:
            for alert in output.alerts:
                self.metrics.alerts.labels(alert.kind, alert.severity).inc()
            for one in output.rejected:
                self.metrics.rejected.labels(one.reason).inc()
        sizes: Counter[int] = Counter()
        for message in parcel.messages:
            if message.partition is not None and is_checkpoint_part(message):
                sizes[message.partition] += len(message.value or b"")
        for partition, size in sizes.items():
            self.metrics.checkpoint_bytes.labels(partition).set(size)

    def turned(self, outlook: Outlook, lanes: Mapping[int, Lane], coming: Collection[int], shipments: int) -> None:
        """The loop has turned; `coming` are lanes whose state is being read, `shipments` how many are known."""
        now_s = self._turned_s = self._now_s()
        speaking = sorted(number for number, lane in lanes.items() if lane.speaks)
        recovering = sorted({*lanes, *coming} - set(speaking))
        for number in recovering:
            self._taken_s.setdefault(number, now_s)
        for number in set(self._taken_s) & set(speaking):
            self.metrics.recovery_s.observe(now_s - self._taken_s.pop(number))
        for number, lane in lanes.items():
            end = outlook.ends.get(number)
            if end is not None:
                self.metrics.lag.labels(number).set(max(0, end - lane.told_to))
        if not lanes and not coming:
            self._newest_ms = None  # others judge what comes
        self.metrics.lanes.set(len(speaking))
        self.metrics.recovering.set(len(recovering))
        self.metrics.broker_up.set(outlook.answers)
        self.metrics.shipments.set(shipments)
        self.status = Status(outlook.joined, outlook.answers, tuple(speaking), tuple(recovering))
        if now_s - self._figures_s >= FIGURES_EVERY_S:
            self._figures_s = now_s
            self._ask_engines(list(lanes.values()))

    def _ask_engines(self, lanes: Sequence[Lane]) -> None:
        figures = [lane.judge.figures() for lane in lanes]
        self.metrics.open_shipments.set(sum(one.open_shipments for one in figures))
        self.metrics.silent_seals.set(sum(one.silent_seals for one in figures))
        self.metrics.held_reports.set(sum(one.held_reports for one in figures))

    def _newest_age_s(self) -> float:
        return float("nan") if self._newest_ms is None else time.time() - self._newest_ms / 1000
