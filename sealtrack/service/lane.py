"""One partition: its engine, and how far it has come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sealtrack.across import Digest
from sealtrack.columns import Reports, concat
from sealtrack.engine.atlas import Edition
from sealtrack.errors import Rejected
from sealtrack.io.codecs import Codec
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import Alert, Shipment
from sealtrack.service.book import Book
from sealtrack.service.judge import Judge
from sealtrack.service.sighted import in_order, merged
from sealtrack.service.state import LaneState, Position

log = logging.getLogger(__name__)

MOST_STRANGERS_BYTES = 200_000
"""Of strangers' names without a shipment: they are made up without end by whoever likes, and a checkpoint names them
all."""
DAY_MS = 86_400_000


@dataclass
class Output:
    """What a lane has to say and has not yet published."""

    alerts: list[Alert] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    digests: list[Digest] = field(default_factory=list)
    late: set[str] = field(default_factory=set)
    """Shipments whose flag changed though no alert did."""
    problems: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.alerts or self.rejected or self.digests or self.late)


class Lane:
    """A partition under judgement.

    After a start it judges again, muted, what an earlier holder had published; then it tells how what holds now differs
    from what readers have seen.
    """

    def __init__(self, number: int, judge: Judge, state: LaneState, book: Book, is_home: Callable[[str], bool]) -> None:
        """`is_home` tells whether reports of a seal belong in this lane."""
        self.number, self.judge, self._book, self._is_home = number, judge, book, is_home
        self.before = state
        """What its last holder left."""
        self.partly: Collection[str] = ()
        """Shipments of which only a part could be read again."""
        self.restored_at: int | None = None
        """The offset of the checkpoint that it began with."""
        self.strangers: set[str] = set()
        self._strangers_bytes = 0
        self.position = 0
        self.told_to = 0
        """The position of the last transaction."""
        self.told_clock_ms: int | None = None
        self.dealt = dict(state.position.dealt) if state.position else {}
        self.checkpoint_parts = state.checkpoint.parts if state.checkpoint else 0
        self.since_checkpoint = 0
        self.checkpoint_ms = judge.clock_ms
        """The engine's clock at its last checkpoint; None without one."""
        self._began_ms = judge.clock_ms
        self.waits_at_ms: int | None = None
        """When its next record was received, where it must not go on yet (see `convoy`)."""
        self.expects_ms: int | None = None
        """The same of its next sighting."""
        self.jump_ms: int | None = None
        """A stamp far ahead that ended the last batch."""
        self.muted_to: int | None = None if state.position is None else state.position.offset
        """Muted until it stands there; None when it speaks."""
        self.unreadable = 0
        """Records in a row that could not be read, not counting those that it repeated in silence."""
        self.output = Output()
        self.seen = concat([])
        """Sightings received later than any report so far."""

    @property
    def speaks(self) -> bool:
        """False while it repeats in silence what was published."""
        return self.muted_to is None

    @property
    def reached_ms(self) -> int | None:
        """Its clock; before its first record, when that was received."""
        return self.waits_at_ms if self.judge.clock_ms is None else self.judge.clock_ms

    def has_moved(self, least_ms: int) -> bool:
        """Whether it has come further since its last transaction; its clock alone by so much."""
        if self.position != self.told_to:
            return True
        now_ms, told_ms = self.reached_ms, self.told_clock_ms
        return now_ms is not None and (told_ms is None or now_ms - told_ms >= least_ms)

    def register(self, shipments: Iterable[Shipment]) -> None:
        """New and changed shipments; those that are not this lane's are left out."""
        mine = [one for one in shipments if self._is_home(one.seal_id) or one.seal_id in self.strangers]
        if mine:
            alerts, problems = self.judge.register(mine)
            self.output.problems += problems
            self._say(alerts)

    def follow(self, editions: Sequence[Edition]) -> None:
        """Other editions of the geofences are in force."""
        self._say(self.judge.follow(editions))

    def see(self, sightings: Reports) -> None:
        """Sightings; each is judged when the lane has come as far."""
        if len(sightings):
            self.seen = in_order(concat([self.seen, sightings]))

    def hear(self, digests: Sequence[Digest]) -> None:
        """What other lanes told."""
        if digests:
            self._say(self.judge.hear(digests))

    def hear_of(self, received_ms: int | None) -> None:
        """When others first heard anybody."""
        if received_ms is not None:
            self._say(self.judge.hear_of(received_ms))

    def take(self, batch: RecordBatch, codec: Codec) -> int:
        """Judge a batch; the number of reports in it."""
        if self.muted_to is None:
            return self._judge(batch, codec)
        cut = int(np.searchsorted(batch.offsets, self.muted_to))
        count = self._judge(batch.take(range(cut)), codec) if cut else 0
        if cut < len(batch):
            self.speak_up()
            count += self._judge(batch.take(range(cut, len(batch))), codec)
        return count

    def speak_up(self) -> None:
        """All that was published has been judged again: from here on it is news."""
        if self.muted_to is None:
            return
        if self.before.position is not None and self.before.position.clock_ms is not None:
            clock_ms = self.before.position.clock_ms
            due = self.seen.rows["received_ms"] <= clock_ms
            self._say(self.judge.process(self.seen.take(due), clock_ms))
            self.seen = self.seen.take(~due)
        self.muted_to = None
        self.judge.late_shipments()  # these were told
        news = self.judge.adopt(self.before.alerts, self.partly)
        if news:
            fields = {"event": "recovered_with_news", "lane": self.number, "alerts": len(news)}
            log.info("lane %(lane)d: %(alerts)d alerts differ from what was published before", fields)
        self._say(news)
        self.before = LaneState()

    def tick(self, clock_ms: int | None, sightings: int) -> None:
        """Judge the first of the sightings that wait, so many, and let time pass up to `clock_ms`."""
        if sightings:
            due = np.arange(len(self.seen)) < sightings
            self._say(self.judge.process(self.seen.take(due)))
            self.seen = self.seen.take(~due)
        now_ms = self.judge.clock_ms
        if clock_ms is not None and (now_ms is None or clock_ms > now_ms):
            self._say(self.judge.process(concat([]), clock_ms))

    def is_checkpoint_old(self) -> bool:
        """Whether a day has passed since, with or without reports: others keep what it would need to begin there."""
        now_ms = self.judge.clock_ms
        if now_ms is None:
            return False
        self._began_ms = now_ms if self._began_ms is None else self._began_ms
        since_ms = self._began_ms if self.checkpoint_ms is None else self.checkpoint_ms
        return now_ms - since_ms >= DAY_MS

    def where(self) -> Position:
        """What its next transaction says of it."""
        return Position(offset=self.position, clock_ms=self.judge.clock_ms, dealt=self.dealt)

    def _judge(self, batch: RecordBatch, codec: Codec) -> int:
        reports, rejected = codec.decode_reports(batch)
        self._meet(reports.seals)
        together, self.seen = merged(reports, self.seen)
        self._say(self.judge.process(together))
        if self.speaks:
            self.output.rejected += rejected
            self.unreadable = 0 if len(reports) else self.unreadable + len(rejected)
        self.since_checkpoint += len(batch)
        return len(reports)

    def _meet(self, seals: Sequence[str]) -> None:
        """A seal whose key belongs in another lane is judged in this one, where it speaks."""
        for seal in seals:
            if seal in self.strangers or self._is_home(seal):
                continue
            shipments = self._book.of_seals([seal])
            if not shipments:
                self._strangers_bytes += 4 + 6 * len(seal)
                if self._strangers_bytes > MOST_STRANGERS_BYTES:
                    continue
            if not self.strangers:
                log.warning(
                    "seal %(seal)s comes in partition %(lane)d, where records keyed by it do not belong: key reports "
                    "by seal_id, with Kafka's default partitioner, or silent seals are looked for in the wrong "
                    "partition",
                    {"event": "stranger", "seal": seal, "lane": self.number},
                )
            self.strangers.add(seal)
            self.register(shipments)

    def _say(self, alerts: Sequence[Alert]) -> None:
        digests = self.judge.take_digests()
        if self.speaks:
            self.output.alerts += alerts
            self.output.digests += digests
            self.output.late |= set(self.judge.late_shipments()) - set(self.partly)
        elif self.restored_at is None:
            self.output.digests += digests  # others may have been told otherwise
