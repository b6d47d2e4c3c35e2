"""What a worker remembers of what the lanes told each other."""

from __future__ import annotations

from sealtrack.across import Heard
from sealtrack.core.state import SLOT_MS
from sealtrack.io.memory import MemoryBroker, MemorySource
from sealtrack.service.others import LaneClock, Others, clock_message, digest_messages

DAY_MS = 86_400_000
START_MS = 20_000 * DAY_MS
TOPIC = "digests"


def told(broker: MemoryBroker, lane: int, clock_ms: int, checkpoint_ms: int | None) -> None:
    clock = LaneClock(clock_ms=clock_ms, heard_ms=START_MS, checkpoint_ms=checkpoint_ms)
    heard = Heard(f"S{lane}", (1, 1), clock_ms // SLOT_MS)
    broker.append(*digest_messages(TOPIC, lane, [heard]), clock_message(TOPIC, lane, clock))


def test_a_lane_that_hurries_ahead_makes_nobody_forget_what_one_behind_would_need() -> None:
    broker = MemoryBroker()
    others = Others(MemorySource(broker, [TOPIC]), 2 * DAY_MS)
    told(broker, 0, START_MS, START_MS)
    told(broker, 1, START_MS + 7 * DAY_MS, START_MS + 7 * DAY_MS)
    others.read()
    assert [one.shipment_id for one in others.told_to(1)] == ["S0"]
    told(broker, 0, START_MS + 7 * DAY_MS, START_MS)  # it has come on, but would begin there
    others.read()
    assert len(others.told_to(1)) == 2
    told(broker, 0, START_MS + 8 * DAY_MS, START_MS + 8 * DAY_MS)
    others.read()
    assert [one.slot * SLOT_MS - START_MS for one in others.told_to(1) if isinstance(one, Heard)] == [
        7 * DAY_MS,
        8 * DAY_MS,
    ]
