"""Taking a lane over: from its state and its topic to an engine that goes on where the last holder stopped.

What the engine says on the way is muted, so that it need not repeat history step by step: in the end it is told what
readers have seen (`Judge.adopt`), and says how what holds now differs from that. The same for a crash, a rebalance, a
new version and other geofences.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from sealtrack.errors import InputError
from sealtrack.io.ports import Lanes
from sealtrack.schema import Shipment
from sealtrack.service.judge import Judge
from sealtrack.service.known import Known
from sealtrack.service.lane import Lane
from sealtrack.service.state import LaneState, Position

log = logging.getLogger(__name__)


class Recovery:
    """Makes lanes."""

    def __init__(
        self, make_engine: Callable[[], Judge], lanes: Lanes, known: Known, *, horizon_ms: int, limit_ms: int
    ) -> None:
        """Without a checkpoint, trips are read again at least `horizon_ms` and at most `limit_ms` back."""
        self._make_engine, self._lanes, self._known = make_engine, lanes, known
        self._horizon_ms, self._limit_ms = horizon_ms, max(limit_ms, horizon_ms)

    def lane(self, number: int, state: LaneState) -> Lane:
        """The lane that left this state, started in the source where it must be read from."""
        lane = self._restored(number, state) or self._make(number, self._make_engine(), state)
        position = state.position
        if position is None:
            offset = self._lanes.committed(number)
        elif position.offset > self._lanes.end(number):
            log.warning(
                "lane %(lane)d: its partition was made anew; it is read from the first record",
                {"event": "partition_made_anew", "lane": number},
            )
            lane = self._make(number, self._make_engine(), state)
            lane.muted_to, lane.partly, offset = 0, {one.shipment_id for one in self._known.book}, None
        elif lane.restored_at is not None:
            offset = lane.restored_at
        elif state.checkpoint is None:
            offset = None  # none was due yet: all that it ever read is little, and read whole
        else:
            offset = self._reread(lane, position)
        self._known.introduce(lane)
        lane.position = lane.told_to = self._lanes.start(number, offset)
        return lane

    def _restored(self, number: int, state: LaneState) -> Lane | None:
        if state.checkpoint is None:
            return None
        judge = self._make_engine()
        try:
            judge.restore(state.snapshot)
        except InputError as error:
            log.warning(
                "lane %(lane)d: its checkpoint is not used: %(why)s",
                {"event": "checkpoint_refused", "lane": number, "why": str(error)},
            )
            return None
        lane = self._make(number, judge, state)
        lane.restored_at = state.checkpoint.offset
        lane.strangers |= set(state.checkpoint.strangers)
        return lane

    def _make(self, number: int, judge: Judge, state: LaneState) -> Lane:
        return Lane(number, judge, state, self._known.book, lambda seal: self._lanes.lane_of(seal.encode()) == number)

    def _reread(self, lane: Lane, position: Position) -> int | None:
        """Where the trips under way began; shipments that departed before are read in part."""
        if position.clock_ms is None:
            return None
        from_ms = reread_from_ms(self._known.book.last_terms(), position.clock_ms, self._horizon_ms, self._limit_ms)
        lane.partly = {one.shipment_id for one in self._known.book.last_terms() if one.depart_at < from_ms}
        offset = min(position.offset, self._lanes.offset_at(lane.number, from_ms))
        fields = {"event": "lane_reread", "lane": lane.number, "offset": offset, "published_to": position.offset}
        log.info("lane %(lane)d: reading again from offset %(offset)d (published up to %(published_to)d)", fields)
        return offset


def reread_from_ms(shipments: Iterable[Shipment], clock_ms: int, horizon_ms: int, limit_ms: int) -> int:
    """The earliest departure of a shipment under way at `clock_ms`, or the horizon; not before the limit."""
    settled_ms = clock_ms - horizon_ms
    under_way = (one for one in shipments if one.closed_at is None or one.closed_at > settled_ms)
    earliest_ms = min((one.depart_at for one in under_way), default=settled_ms)
    return max(min(earliest_ms, settled_ms), clock_ms - limit_ms)
