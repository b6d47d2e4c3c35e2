"""From what the lanes have to say to one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from sealtrack.io.messages import alert_message, dead_letter_message, flag_message
from sealtrack.io.ports import Message
from sealtrack.service.lane import Lane, Output
from sealtrack.service.letters import Letters
from sealtrack.service.others import LaneClock, clock_message, digest_messages
from sealtrack.service.sighted import Sighted, places
from sealtrack.service.state import Checkpoint, alert_state, checkpoint_messages, forgotten_alert, position_message
from sealtrack.settings import Service, Topics

PROGRESS_S = 1.0
"""Positions from which nothing followed are committed so often."""
CLOCK_MS = 3_600_000
"""A clock that moved by so much is told though nothing was read: other lanes may wait for it."""
CHECKPOINT_REST = 20
"""While a backlog is read, a checkpoint comes not before so many times what the last one took: judging a stretch again
is quicker than keeping the state of all shipments before each."""
CHECKPOINT_CHEAP_S = 0.1
"""Not worth a thought."""


@dataclass
class Parcel:
    """One transaction."""

    messages: list[Message] = field(default_factory=list)
    offsets: dict[int, int] = field(default_factory=dict)
    """The positions of the lanes it concerns; without any there is nothing to publish."""
    clocks_ms: dict[int, int | None] = field(default_factory=dict)
    """Their clocks."""
    unreadable: dict[int, int] = field(default_factory=dict)
    """How many records in a row before their positions could not be read."""
    problems: list[str] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    """What they said: theirs no more."""
    alerts: int = 0
    rejected: int = 0


class Post:
    """Packs what lanes say."""

    def __init__(self, topics: Topics, settings: Service, sighted: Sighted) -> None:
        self._topics, self._settings, self._sighted = topics, settings, sighted
        self._sent_s = time.monotonic()
        self._checkpoint_s: dict[int, float] = {}
        self._took_s: dict[int, float] = {}
        """How long the last checkpoint of a lane took."""

    def collect(
        self, lanes: Iterable[Lane], letters: Letters, teller: Lane | None, *, force: bool = False, final: bool = False
    ) -> Parcel:
        """What there is to say, with the positions and, where it is time, the checkpoints of the lanes it concerns.

        `teller` is the lane that tells what could not be read of shipments and sightings; `force` has every lane say
        how far it has come, `final` with a checkpoint.
        """
        lanes = list(lanes)
        if teller is not None:
            self._tell_letters(teller, letters)
        due = force or final or time.monotonic() - self._sent_s >= PROGRESS_S
        parcel = Parcel()
        for lane in lanes:
            parcel.problems += lane.output.problems
            lane.output.problems = []
            moved = due and lane.has_moved(1 if force else CLOCK_MS)
            if lane.output or moved or (final and lane.since_checkpoint) or self._is_checkpoint_due(lane):
                self._add(parcel, lane, final=final)
        return parcel

    def sent(self, parcel: Parcel) -> None:
        """The parcel's transaction holds."""
        self._sent_s = time.monotonic()
        for lane in parcel.lanes:
            lane.told_to, lane.told_clock_ms = parcel.offsets[lane.number], parcel.clocks_ms[lane.number]

    def _tell_letters(self, lane: Lane, letters: Letters) -> None:
        rejected, dealt = letters.untold(lane.dealt)
        if rejected:
            lane.output.rejected += rejected
            lane.dealt = dealt

    def _add(self, parcel: Parcel, lane: Lane, *, final: bool) -> None:
        topics, output = self._topics, lane.output
        lane.output = Output()
        parcel.lanes.append(lane)
        parcel.outputs.append(output)
        parcel.clocks_ms[lane.number] = lane.reached_ms
        parcel.offsets[lane.number] = lane.position
        parcel.unreadable[lane.number] = lane.unreadable
        parcel.alerts += len(output.alerts)
        parcel.rejected += len(output.rejected)
        parcel.problems += map(str, output.rejected)
        parcel.messages += [dead_letter_message(topics.dead_letter, one) for one in output.rejected]
        parcel.messages += [alert_message(topics.alerts, alert) for alert in output.alerts]
        touched = sorted({alert.shipment_id for alert in output.alerts} | output.late)
        parcel.messages += [flag_message(topics.flagged, record) for record in lane.judge.flags(touched)]
        last = {alert.alert_id: alert for alert in output.alerts}
        parcel.messages += [alert_state(topics.state, lane.number, alert) for alert in last.values()]
        parcel.messages.append(position_message(topics.state, lane.number, lane.where()))
        parcel.messages += digest_messages(topics.digests, lane.number, output.digests)
        if final or self._is_checkpoint_due(lane):
            parcel.messages += self._checkpoint(lane)
        now_ms = lane.reached_ms
        if now_ms is not None:
            clock = LaneClock(clock_ms=now_ms, heard_ms=lane.judge.heard_ms, checkpoint_ms=lane.checkpoint_ms)
            parcel.messages.append(clock_message(topics.digests, lane.number, clock))

    def _is_checkpoint_due(self, lane: Lane) -> bool:
        since_s = time.monotonic() - self._checkpoint_s.setdefault(lane.number, time.monotonic())
        late = lane.since_checkpoint > 0 and since_s >= self._settings.checkpoint_s
        many = lane.since_checkpoint >= self._settings.checkpoint_reports
        rested = since_s >= self._took_s.get(lane.number, 0.0) * CHECKPOINT_REST
        return late or lane.is_checkpoint_old() or (many and rested)

    def _checkpoint(self, lane: Lane) -> list[Message]:
        began_s = time.monotonic()
        lane.since_checkpoint, lane.checkpoint_ms = 0, lane.judge.clock_ms
        forgotten = lane.judge.forget()
        head = Checkpoint(
            offset=lane.position,
            strangers=sorted(lane.strangers),
            seen=self._sighted.read_to,
            waiting=places(lane.seen),
        )
        snapshot, topic = lane.judge.snapshot(), self._topics.state
        messages = list(checkpoint_messages(topic, lane.number, head, snapshot, lane.checkpoint_parts))
        lane.checkpoint_parts = sum(message.value is not None for message in messages) - 1
        now_s = self._checkpoint_s[lane.number] = time.monotonic()
        self._took_s[lane.number] = now_s - began_s if now_s - began_s > CHECKPOINT_CHEAP_S else 0.0
        return [forgotten_alert(topic, lane.number, alert_id) for alert_id in forgotten] + messages
