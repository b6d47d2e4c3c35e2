"""The live loop: poll, decode, advance the engine, publish, commit. It knows sources and sinks, not Kafka.

Offsets are committed after everything that was derived from the records before them has been acknowledged. The engine
keeps no state yet: after a restart it is empty, and the source reads the trips of the shipments under way again
(`Trips.restart_from`). Alert ids do not depend on when they are computed, so that what is published twice can be
recognised; nothing is lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from sealtrack.align import Aligner
from sealtrack.columns import Reports, concat
from sealtrack.declared import last_terms
from sealtrack.errors import Rejected
from sealtrack.io.codecs import Codec
from sealtrack.io.codecs.shipments import decode_shipments, record_named
from sealtrack.io.messages import alert_message, dead_letter_message, flag_message
from sealtrack.io.ports import Message, Reassigned, RecordBatch, Sink, Source
from sealtrack.schema import Alert, Shipment, Time
from sealtrack.seen import Seen
from sealtrack.settings import Topics

log = logging.getLogger(__name__)

LINES_SHOWN = 5
"""So many problems of one batch are logged, the others counted; all of them are in the dead-letter topic."""
PROGRESS_EVERY_S = 60.0


class Judge(Protocol):
    """What the service asks of `sealtrack.engine.Engine`."""

    @property
    def clock_ms(self) -> int | None:
        """The time up to which the rules have been applied; None before the first report."""

    def register(self, shipments: Sequence[Shipment]) -> tuple[list[Alert], list[str]]:
        """Take in new and changed shipments; alerts that changed, and a line for each that cannot be judged."""

    def process(self, reports: Reports, clock_ms: int | None = None) -> list[Alert]:
        """Every new version of an alert, in order. `clock_ms` lets time pass beyond the last report."""

    def flags(self, shipment_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The `seal.flagged` record of each of these: `sealtrack.schema.FlagRecord`."""

    def late_shipments(self) -> list[str]:
        """Shipments of which more reports beyond the horizon were read since the last call: their flags changed."""

    def unclaimed(self) -> list[str]:
        """A line for each seal that reports, and each name that was sighted, without a known shipment."""


@dataclass
class Trips:
    """The shipments known so far, and from when their reports are wanted after a restart."""

    horizon_ms: int
    """How late a report may come and still be judged."""
    limit_ms: int
    """Furthest that a restart goes back."""
    records: dict[str, dict[Time | None, Shipment]] = field(default_factory=dict)
    """By shipment_id and amended_at."""
    reached_ms: dict[int, int] = field(default_factory=dict)
    """By partition: up to which time all that follows from its reports was published before this start."""

    def note(self, records: Iterable[Shipment]) -> None:
        """Add records; one of the same shipment and `amended_at` replaces the one before."""
        for record in records:
            self.records.setdefault(record.shipment_id, {})[record.amended_at] = record

    def forget(self, key: str) -> None:
        """Remove the record that this key of the compacted topic names."""
        shipment_id, amended_at = record_named(key, self.records)
        terms = self.records.get(shipment_id, {})
        terms.pop(amended_at, None)
        if not terms:
            self.records.pop(shipment_id, None)

    def all_records(self) -> list[Shipment]:
        """Every record of every shipment."""
        return [record for terms in self.records.values() for record in terms.values()]

    def restart_from(self, part: tuple[str, int], reached_ms: int) -> int:
        """The earliest departure of a shipment under way at `reached_ms`, or the horizon; not before the limit."""
        self.reached_ms[part[1]] = reached_ms
        settled_ms = reached_ms - self.horizon_ms
        under_way = (s for s in last_terms(self.all_records()) if s.closed_at is None or s.closed_at > settled_ms)
        earliest_ms = min((s.depart_at for s in under_way), default=settled_ms)
        return max(min(earliest_ms, settled_ms), reached_ms - max(self.limit_ms, self.horizon_ms))

    def is_settled(self, alert: Alert) -> bool:
        """Whether an earlier run has published all there is to say about this.

        Of a shipment that was over by then a restart reads only the tail, and what follows from a tail alone is wrong:
        one that arrived in time would be overdue now. Such an alert names no partition.
        """
        shipment = self._last_terms(alert.shipment_id)
        everywhere_ms = min(self.reached_ms.values(), default=None)
        reached_ms = self.reached_ms.get(alert.evidence.get("partition", -1), everywhere_ms)
        if shipment is None or shipment.closed_at is None or reached_ms is None:
            return False
        return shipment.closed_at <= reached_ms - self.horizon_ms and alert.detected_at <= reached_ms

    def is_over(self, shipment_id: str) -> bool:
        """Whether the shipment was over before this start: what was read of it since does not tell its whole trip."""
        shipment = self._last_terms(shipment_id)
        reached_ms = min(self.reached_ms.values(), default=None)
        if shipment is None or shipment.closed_at is None or reached_ms is None:
            return False
        return shipment.closed_at <= reached_ms - self.horizon_ms

    def _last_terms(self, shipment_id: str) -> Shipment | None:
        return next(iter(last_terms(self.records.get(shipment_id, {}).values())), None)


class Ports(NamedTuple):
    """Where the service reads and writes."""

    shipments: Source
    """Without a group: every worker needs all shipments, from the first."""
    positions: Source
    """With `Trips.restart_from` as its restart."""
    sightings: Source
    """Without a group: which worker has the shipment of a sighting shows only when its seal is heard."""
    sink: Sink


@dataclass
class Counts:
    """What has passed through."""

    reports: int = 0
    alerts: int = 0
    rejected: int = 0

    def __str__(self) -> str:
        return f"{self.reports:,} reports judged, {self.alerts:,} alert versions, {self.rejected:,} records set aside"


class Service:
    """One worker."""

    def __init__(
        self,
        make_engine: Callable[[], Judge],
        trips: Trips,
        ports: Ports,
        codec: Codec,
        topics: Topics,
        *,
        stop: Callable[[], bool],
        poll_timeout_s: float = 1.0,
    ) -> None:
        self._make_engine, self._engine = make_engine, make_engine()
        self._trips, self._ports, self._codec, self._topics = trips, ports, codec, topics
        self._stop, self._poll_timeout_s = stop, poll_timeout_s
        self._idle, self._aligner = _Idle(), Aligner()
        self._seen = Seen(ports.sightings, max(trips.limit_ms, trips.horizon_ms))
        self._told_s = time.monotonic()
        self._started = False
        self.counts = Counts()

    def run(self, *, until_end: bool = False) -> None:
        """Work until `stop()`, or with `until_end` until everything there is has been judged.

        Raises:
            TransportError: an output was not acknowledged. What it was derived from is not committed.
        """
        while not self._stop() and not self._read_shipments(self._poll_timeout_s):
            pass  # no report is judged before the shipments known at start are there
        log.info("%d shipments known", len(self._trips.records))
        while not self._stop() and not (self._step() and until_end):
            self._tell_progress()
        log.info("stopped: %s", self.counts)
        self._list_problems(self._engine.unclaimed())

    def _step(self) -> bool:
        """Judge what has arrived; True if nothing had, and nothing is waiting."""
        try:
            batches = self._ports.positions.poll(self._poll_timeout_s)
        except Reassigned:
            self._start_anew()
            return False
        self._read_shipments(0)
        rejected = self._seen.read_into(self._aligner) if self._positions_come(batches) else []
        if batches or rejected or self._aligner:
            self._judge(batches, rejected)
        elif self._ports.positions.caught_up() and self._ports.sightings.caught_up():
            self._let_time_pass()
            return True
        self._idle.interrupt()
        return False

    def _positions_come(self, batches: Sequence[RecordBatch]) -> bool:
        """Whether it is known where the positions start: sightings read before would move the clock past them."""
        self._started = self._started or bool(batches) or self._ports.positions.caught_up()
        return self._started

    def _judge(self, batches: Sequence[RecordBatch], rejected: list[Rejected]) -> None:
        for batch in batches:
            reports, unusable = self._codec.decode_reports(batch)
            self._aligner.add(batch, reports)
            rejected += unusable
        reports, positions = self._aligner.release(self._ports.positions.behind() | self._ports.sightings.behind())
        self._publish(self._engine.process(reports), rejected)
        ours = {part: offset for part, offset in positions.items() if part[0] == self._topics.positions}
        if ours:
            self._ports.positions.commit(ours)
        self.counts.reports += len(reports)
        self._idle.reset()

    def _let_time_pass(self) -> None:
        clock_ms = self._engine.clock_ms
        if clock_ms is not None:
            self._publish(self._engine.process(concat([]), self._idle.pass_from(clock_ms)), [])

    def _read_shipments(self, timeout_s: float) -> bool:
        """Register what has arrived; True if there was nothing to read and nothing is waiting."""
        batches = self._ports.shipments.poll(timeout_s)
        for batch in batches:
            shipments, rejected = decode_shipments(self._without_deleted(batch))
            self._trips.note(shipments)
            self._register(shipments, rejected)
        return not batches and (timeout_s == 0 or self._ports.shipments.caught_up())

    def _without_deleted(self, batch: RecordBatch) -> RecordBatch:
        # A null value deletes a finished shipment from the compacted topic. It is judged no more from the next start.
        kept = [row for row, value in enumerate(batch.values) if value is not None]
        for row, key in enumerate(batch.keys):
            if batch.values[row] is None and key is not None:
                self._trips.forget(key.decode(errors="replace"))
        return batch if len(kept) == len(batch) else batch.take(kept)

    def _register(self, shipments: Sequence[Shipment], rejected: Sequence[Rejected]) -> None:
        alerts, problems = self._engine.register(shipments)
        self._list_problems(problems)
        self._publish(alerts, rejected)

    def _start_anew(self) -> None:
        log.info("partitions went to another worker: reading the trips of the others again")
        self._engine, self._aligner, self._started = self._make_engine(), Aligner(), False
        self._seen.start_anew()
        self._register(self._trips.all_records(), [])
        self._idle.reset()

    def _publish(self, versions: Sequence[Alert], rejected: Sequence[Rejected]) -> None:
        alerts = [alert for alert in versions if not self._trips.is_settled(alert)]
        messages = [dead_letter_message(self._topics.dead_letter, one) for one in rejected]
        messages += [alert_message(self._topics.alerts, alert) for alert in alerts]
        messages += self._flags(alerts)
        if messages:
            self._ports.sink.publish(messages)
        self._list_problems(list(map(str, rejected)))
        self.counts.alerts += len(alerts)
        self.counts.rejected += len(rejected)

    def _flags(self, alerts: Iterable[Alert]) -> list[Message]:
        touched = {alert.shipment_id for alert in alerts}
        touched |= {late for late in self._engine.late_shipments() if not self._trips.is_over(late)}
        return [flag_message(self._topics.flagged, record) for record in self._engine.flags(sorted(touched))]

    def _list_problems(self, lines: Sequence[str]) -> None:
        for line in lines[:LINES_SHOWN]:
            log.warning("%s", line)
        if len(lines) > LINES_SHOWN:
            log.warning("… and %d more", len(lines) - LINES_SHOWN)

    def _tell_progress(self) -> None:
        if time.monotonic() - self._told_s >= PROGRESS_EVERY_S:
            self._told_s = time.monotonic()
            log.info("%s", self.counts)


class _Idle:
    """How long the log has been idle. Only the time between polls that found it idle counts: while the broker is away
    or a batch is judged, time stands still, or every seal would seem silent.
    """

    def __init__(self) -> None:
        self._marked_s = time.monotonic()
        self._since: tuple[int, float] | None = None

    def interrupt(self) -> None:
        """The log was not idle, or nobody could tell."""
        self._marked_s = time.monotonic()

    def pass_from(self, clock_ms: int) -> int:
        """The log was idle since the last call: the clock of the last record, moved on by all such time."""
        now_s = time.monotonic()
        start_ms, idle_s = self._since or (clock_ms, 0.0)
        self._since = start_ms, idle_s + now_s - self._marked_s
        self._marked_s = now_s
        return start_ms + int(self._since[1] * 1000)

    def reset(self) -> None:
        """A record came: its time is the clock's again."""
        self._since = None
