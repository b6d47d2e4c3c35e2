"""One worker: its lanes, and the loop around them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import NamedTuple

from sealtrack.beside import beside
from sealtrack.errors import TransportError
from sealtrack.io.codecs import Codec
from sealtrack.io.ports import Lanes, Moved, Publisher, RecordBatch, Source, State, Undone
from sealtrack.service.ahead import Ahead
from sealtrack.service.arrivals import Arrivals
from sealtrack.service.convoy import Convoy
from sealtrack.service.judge import Judge
from sealtrack.service.known import Known
from sealtrack.service.lane import Lane
from sealtrack.service.maps import Maps
from sealtrack.service.monitor import Monitor
from sealtrack.service.patience import Patience
from sealtrack.service.poison import look_for_poison
from sealtrack.service.post import Parcel, Post
from sealtrack.service.recovery import Recovery
from sealtrack.service.talk import Counts, Progress, list_problems, unclaimed
from sealtrack.settings import Service, Topics

log = logging.getLogger(__name__)

BACKLOG_SHARE = 0.4
"""Of the records that one poll may bring: as many, and more are waiting. No alert is late for being published beside
the next judging."""

Sent = tuple[Parcel, Future[None]]
"""A transaction under way."""


class Ports(NamedTuple):
    """Where the service reads and writes."""

    shipments: Source
    sightings: Source
    digests: Source
    lanes: Lanes
    state: State
    publisher: Publisher


class Worker:
    """Judges the lanes that the group gives it."""

    def __init__(
        self,
        make_engine: Callable[[], Judge],
        ports: Ports,
        codec: Codec,
        topics: Topics,
        settings: Service,
        *,
        stop: Callable[[], bool],
        horizon_ms: int,
        patience_s: float = 120.0,
        maps: Maps | None = None,
        monitor: Monitor | None = None,
    ) -> None:
        """`horizon_ms`: the longest that a report may be late; `patience_s`: how long something may fail in a row.

        `maps` knows the editions of the geofences; without it engines keep those that they are made with.
        """
        self._undone = Patience(patience_s, stop)
        self._monitor = monitor or Monitor()
        self._ports, self._settings, self._stop = ports, settings, stop
        self._ahead = Ahead(codec)
        self._codec = self._monitor.counting(self._ahead.codec, horizon_ms)
        limit_ms = int(settings.restart_limit_h * 3_600_000)
        whole = ports.shipments, ports.sightings, ports.digests
        self._known = Known(*whole, maps, horizon_ms=horizon_ms, limit_ms=limit_ms)
        recovery = Recovery(make_engine, ports.lanes, self._known, horizon_ms=horizon_ms, limit_ms=limit_ms)
        self._coming = Arrivals(ports.state, recovery, Patience(patience_s, stop))
        self._topics = topics
        self._post = Post(topics, settings, self._known.sighted)
        self._lanes: dict[int, Lane] = {}
        self._behind = False
        """A backlog is read: what was judged is published beside the next judging."""
        self._convoy = Convoy(ports.lanes, self._known.others, self._ahead.codec, settings.poll_timeout_s)
        self.counts = Counts()

    def run(self, *, until_end: bool = False) -> None:
        """Work until `stop()`, or with `until_end` until everything there is has been judged.

        Raises:
            TransportError: the broker stayed away, or another worker took this one's place. What was not published is
                not committed.
            InputError: `service.poison_ceiling` records in a row could not be read.
        """
        progress = Progress(self.counts)
        while not self._stop() and not (self._read_known(self._settings.poll_timeout_s) and self._known.is_whole()):
            self._look()  # no report is judged before what is known at start is there
        log.info("%(shipments)d shipments known", {"event": "known", "shipments": len(self._known.book)})
        while not self._stop() and not (self._step(until_end=until_end) and until_end):
            progress.tell()
        self._end(self._send(final=True))
        log.info("stopped: %(counts)s", {"event": "stopped", "counts": self.counts})
        list_problems(unclaimed(self._lanes.values()))

    def _step(self, *, until_end: bool) -> bool:
        """Judge what has arrived; True when there is nothing left to do."""
        with self._monitor.metrics.poll_s.time():
            moved, batches = self._ports.lanes.poll(0 if self._behind else self._settings.poll_timeout_s)
        self._monitor.moved(moved)
        self._move(moved)
        all_known = self._read_known()
        # Only while judging: a rebalance, which the next poll may bring, must find no transaction under way.
        sent = self._send() if self._behind else None
        self._judge(batches)
        self._end(sent)
        self._behind = sum(map(len, batches)) >= BACKLOG_SHARE * self._settings.poll_records
        self._welcome()
        waiting = bool(batches or self._coming) or not all(lane.speaks for lane in self._lanes.values())
        ended = self._convoy.pass_time(self._lanes, quiet=not waiting, until_end=until_end)
        self._convoy.go_on(self._lanes)
        if not self._behind:
            self._end(self._send(force=until_end and ended))
        self._look()
        return until_end and ended and all_known and self._is_all_done()

    def _look(self) -> None:
        lanes = self._ports.lanes
        self._monitor.turned(lanes.outlook(), self._lanes, self._coming, len(self._known.book))

    def _move(self, moved: Moved) -> None:
        for number in moved.lost:
            self._lanes.pop(number, None)
            self._coming.give_up(number)
        if moved.lost or moved.taken:
            fields = {"event": "lanes_moved", "lost": sorted(moved.lost), "taken": sorted(moved.taken)}
            log.info("lanes lost: %(lost)s, taken: %(taken)s", fields)
        for number in moved.taken:
            self._coming.expect(number)

    def _welcome(self) -> None:
        """Begin with the lanes whose state is there; let those speak that have repeated all."""
        for lane in self._coming.arrived():
            self._lanes[lane.number] = lane
        for lane in self._lanes.values():
            if lane.muted_to is not None and self._ports.lanes.position(lane.number) >= lane.muted_to:
                lane.speak_up()

    def _judge(self, batches: Sequence[RecordBatch]) -> None:
        if not batches:
            return
        admitted = []
        self._ahead.begin([batch for batch in batches if batch.partition in self._lanes])
        with self._monitor.metrics.judge_s.time():
            for batch in batches:
                lane = self._lanes.get(batch.partition)
                if lane is not None:  # else it starts anew after an undone transaction
                    admitted.append(self._convoy.admit(lane, batch, self._lanes))
                    self.counts.reports += lane.take(admitted[-1], self._codec)
                    lane.position = self._ports.lanes.position(lane.number)
        self._monitor.judged(admitted)

    def _read_known(self, timeout_s: float = 0) -> bool:
        return self._known.read(self._lanes.values(), timeout_s)

    def _is_all_done(self) -> bool:
        """With `until_end`: whether the other workers have come as far as this one, and all that they said is known."""
        if not (self._ports.lanes.all_done() and self._read_known() and self._known.is_whole()):
            return False
        furthest_ms = self._known.others.clock_ms
        clocks = {lane.judge.clock_ms for lane in self._lanes.values()}
        told = not any(lane.output or len(lane.seen) for lane in self._lanes.values())
        return told and clocks <= {furthest_ms} and not self._known.others.behind(furthest_ms) - set(self._lanes)

    def _send(self, *, force: bool = False, final: bool = False) -> Sent | None:
        """Begin to publish what there is to say."""
        speaking = [lane for lane in self._lanes.values() if lane.speaks]
        teller = self._lanes[0] if 0 in self._lanes and self._lanes[0].speaks else None
        parcel = self._post.collect(speaking, self._known.letters, teller, force=force, final=final)
        list_problems(parcel.problems)
        return (parcel, beside(partial(self._publish, parcel))) if parcel.offsets else None

    def _publish(self, parcel: Parcel) -> None:
        with self._monitor.metrics.commit_s.time():
            self._ports.publisher.publish(parcel.messages, parcel.offsets)

    def _end(self, sent: Sent | None) -> None:
        """Wait until that is published, or undone."""
        if sent is None:
            return
        parcel, published = sent
        try:
            published.result()
        except Undone as why:
            self._start_anew(why)
            return
        self._undone.succeed()
        self._monitor.published(parcel)
        self._post.sent(parcel)
        self.counts.alerts += parcel.alerts
        self.counts.rejected += parcel.rejected
        look_for_poison(parcel, self._settings.poison_ceiling, self._topics)

    def _start_anew(self, why: Undone) -> None:
        """After a transaction that did not hold, or of which nobody knows: the lanes recover from their state."""
        self._monitor.undone(self._lanes)
        log.warning("a transaction was undone (%(why)s); the lanes recover", {"event": "undone", "why": str(why)})
        if not self._undone.fail():
            raise TransportError(f"{self._undone.failures} transactions in a row were undone: {why}") from None
        numbers = list(self._lanes)
        self._lanes.clear()
        for number in numbers:
            self._coming.expect(number)
