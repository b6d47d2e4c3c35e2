"""Lanes keep together: how far each may go, and how time passes where no report comes.

What shipments say of each other is remembered for a day beyond the horizon (`engine/digest_store.py`). A lane that read
a backlog faster than the others would have forgotten what they tell of; so none goes further ahead of the slowest than
LEAD_MS, whoever holds that one. It then waits before its next record: nothing received earlier will come in it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from sealtrack.errors import TransportError
from sealtrack.io.codecs import Codec
from sealtrack.io.ports import Lanes, RecordBatch
from sealtrack.service.clock import Idle
from sealtrack.service.lane import Lane
from sealtrack.service.others import Others

log = logging.getLogger(__name__)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LEAD_MS = 9 * HOUR_MS
"""What a lane found while a backlog is read is told beside the next judging, so that it may lag by twice as much."""
PATIENCE_S = 300.0
"""A lane that does not move for so long, as when its worker hangs, is not waited for any longer."""

Held = Mapping[int, Lane]
"""The lanes of this worker, by number."""
NEVER = int(np.iinfo(np.int64).max)


class Convoy:
    """The lanes of this worker among all of them."""

    def __init__(
        self,
        ports: Lanes,
        others: Others,
        codec: Codec,
        look_every_s: float,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`look_every_s`: the broker is not asked more often while there is something to judge."""
        self._ports, self._others, self._codec = ports, others, codec
        self._look_every_s, self._now_s = look_every_s, now_s
        self._idle, self._looked_s = Idle(now_s), now_s()
        self._slowest_ms: int | None = None
        self._given_up = False
        self._since_s = now_s()

    def admit(self, lane: Lane, batch: RecordBatch, held: Held) -> RecordBatch:
        """As much of the batch as the lane may judge now; if that is not all, it is read on from there later."""
        self._idle.reset()
        if not lane.speaks:
            return batch
        limit_ms = self._limit_ms(held)
        if limit_ms is not None and batch.timestamps_ms.max() <= limit_ms:
            lane.jump_ms = None
            return batch
        rows = self._codec.decode_reports(batch)[0].rows  # what cannot be read moves no clock
        if not len(rows):
            return batch
        stamps_ms, clock_ms = rows["received_ms"], lane.judge.clock_ms
        if clock_ms is None:
            lane.waits_at_ms = int(stamps_ms.min())
            limit_ms = self._limit_ms(held)
        count = 0 if limit_ms is None else _within(stamps_ms, limit_ms, clock_ms, lane.jump_ms)
        if count == len(rows):
            lane.jump_ms, lane.waits_at_ms = int(stamps_ms[-1]), None
            return batch
        lane.waits_at_ms = lane.waits_at_ms if count == 0 and clock_ms is None else int(stamps_ms[count])
        offset = int(rows["offset"][count])
        self._ports.hold(lane.number, offset)
        return batch.take(range(int(np.searchsorted(batch.offsets, offset))))

    def go_on(self, held: Held) -> None:
        """Read lanes again that have waited."""
        limit_ms = self._limit_ms(held)
        for lane in held.values():
            if lane.waits_at_ms is not None and limit_ms is not None and lane.waits_at_ms <= limit_ms - LEAD_MS // 2:
                with suppress(TransportError):  # no answer: it waits until the next turn
                    self._ports.start(lane.number, self._ports.position(lane.number))
                    lane.waits_at_ms = None

    def pass_time(self, held: Held, *, quiet: bool, until_end: bool) -> bool:
        """Lanes that have read all there is, or wait, follow the furthest clock; True when all have read all.

        `quiet`: nothing has come, and no lane repeats what was published. Otherwise, and with `until_end`, no time
        passes but that of the reports.
        """
        now_s = self._now_s()
        if not quiet and now_s - self._looked_s < self._look_every_s:
            self._idle.interrupt()
            return False
        self._looked_s = now_s
        caught_up = self._ports.caught_up() & set(held)
        for number in caught_up:
            held[number].position = self._ports.position(number)  # beyond what is no record
        all_idle = quiet and caught_up == set(held) and all(lane.speaks for lane in held.values())
        furthest_ms = self._furthest_ms(held)
        if furthest_ms is not None and all_idle and not until_end:
            furthest_ms = max(furthest_ms, self._idle.pass_from(furthest_ms))
        else:
            self._idle.interrupt()
        for lane in held.values():
            if lane.speaks and (lane.number in caught_up or lane.waits_at_ms is not None):
                self._tick(lane, furthest_ms, held, caught_up)
        return all_idle

    def _tick(self, lane: Lane, furthest_ms: int | None, held: Held, caught_up: Collection[int]) -> None:
        limit_ms = self._limit_ms(held)
        if limit_ms is None:
            unread = any(one.reached_ms is None and one.number not in caught_up for one in held.values())
            if unread or lane.reached_ms is not None:
                return  # these first
            limit_ms = self._least_ms(held)
        if lane.waits_at_ms is not None:
            limit_ms = min(lane.waits_at_ms - 1, NEVER if limit_ms is None else limit_ms)
        seen_ms = lane.seen.rows["received_ms"]
        count = _within(seen_ms, NEVER if limit_ms is None else limit_ms, lane.judge.clock_ms, None)
        lane.expects_ms = int(seen_ms[count]) if count < len(seen_ms) else None
        lane.tick(min((ms for ms in (furthest_ms, limit_ms) if ms is not None), default=None), count)

    def _furthest_ms(self, held: Held) -> int | None:
        """The time that any lane has reached, or waits to reach."""
        known = [self._others.clock_ms]
        for lane in held.values():
            if lane.speaks:
                known += [lane.judge.clock_ms, lane.waits_at_ms, lane.expects_ms]
        return max((ms for ms in known if ms is not None), default=None)

    def _limit_ms(self, held: Held) -> int | None:
        """How far a lane may go; None: no further, for there is one of which nothing is known yet."""
        reached = self._reached(held)
        slowest_ms = None if None in reached else min((ms for ms in reached if ms is not None), default=None)
        if self._is_given_up(slowest_ms, [lane for lane in held.values() if lane.waits_at_ms is not None]):
            return NEVER
        return None if slowest_ms is None else slowest_ms + LEAD_MS

    def _is_given_up(self, slowest_ms: int | None, waiting: Sequence[Lane]) -> bool:
        """Whether the slowest has not moved for so long that nobody waits for it any longer, until it does."""
        now_s = self._now_s()
        if slowest_ms != self._slowest_ms:
            self._given_up = False
        if slowest_ms != self._slowest_ms or not (waiting or self._given_up):
            self._slowest_ms, self._since_s = slowest_ms, now_s
        if now_s - self._since_s > PATIENCE_S and not self._given_up:
            self._given_up = True
            fields = {"event": "lane_hangs", "for_s": PATIENCE_S}
            log.warning("a partition has not moved for %(for_s)g s; the others wait for it no longer", fields)
        return self._given_up

    def _least_ms(self, held: Held) -> int | None:
        """The earliest time that any lane has reached, as far as is known."""
        return min((ms for ms in self._reached(held) if ms is not None), default=None)

    def _reached(self, held: Held) -> list[int | None]:
        """How far each lane has come, whoever holds it."""
        return [
            held[number].reached_ms if number in held and held[number].speaks else self._others.reached_ms(number)
            for number in range(self._ports.count())
        ]


def _within(stamps_ms: NDArray[np.int64], limit_ms: int, clock_ms: int | None, jump_ms: int | None) -> int:
    """How many records come before the one that moves the clock beyond the limit.

    As the engine does, it takes no notice of one stamp alone that is more than a day ahead; `jump_ms` is one that was
    the last so far.
    """
    for row in np.flatnonzero(stamps_ms > limit_ms).tolist():
        earlier_ms = stamps_ms[:row]
        before_ms = max(
            int(earlier_ms[earlier_ms <= limit_ms].max(initial=0)), limit_ms if clock_ms is None else clock_ms
        )
        others_ms = [*stamps_ms[row - 1 : row].tolist(), *stamps_ms[row + 1 : row + 2].tolist()]
        if row == 0 and jump_ms is not None:
            others_ms.append(jump_ms)
        if stamps_ms[row] <= before_ms + DAY_MS or any(abs(ms - stamps_ms[row]) <= DAY_MS for ms in others_ms):
            return row
    return len(stamps_ms)
