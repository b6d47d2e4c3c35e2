"""What a worker remembers of what the lanes told each other."""

from __future__ import annotations

import msgspec

from sealtrack.across import Coverage, Heard, ShortStop, Silence
from sealtrack.core.state import SLOT_MS
from sealtrack.io.memory import MemoryBroker, MemorySource
from sealtrack.service.others import LaneClock, Others, clock_message, digest_messages

DAY_MS = 86_400_000
START_MS = 20_000 * DAY_MS
TOPIC = "digests"


def told(broker: MemoryBroker, lane: int, clock_ms: int, checkpoint_ms: int | None) -> None:
    clock = LaneClock(clock_ms=clock_ms, heard_ms=START_MS, checkpoint_ms=checkpoint_ms)
    heard = Heard((f"S{lane}",), (1, 1), clock_ms // SLOT_MS)
    broker.append(*digest_messages(TOPIC, lane, [heard]), clock_message(TOPIC, lane, clock))


def test_a_lane_that_hurries_ahead_makes_nobody_forget_what_one_behind_would_need() -> None:
    broker = MemoryBroker()
    others = Others(MemorySource(broker, [TOPIC]), 2 * DAY_MS)
    told(broker, 0, START_MS, START_MS)
    told(broker, 1, START_MS + 7 * DAY_MS, START_MS + 7 * DAY_MS)
    others.read()
    assert [one.shipment_ids for one in others.told_to(1) if isinstance(one, Heard)] == [("S0",)]
    told(broker, 0, START_MS + 7 * DAY_MS, START_MS)  # it has come on, but would begin there
    others.read()
    assert len(others.told_to(1)) == 2
    told(broker, 0, START_MS + 8 * DAY_MS, START_MS + 8 * DAY_MS)
    others.read()
    assert [one.slot * SLOT_MS - START_MS for one in others.told_to(1) if isinstance(one, Heard)] == [
        7 * DAY_MS,
        8 * DAY_MS,
    ]


def test_heard_cells_go_many_in_a_record_and_what_was_said_last_counts() -> None:
    broker = MemoryBroker()
    heard = [Heard((f"S{n}",), (n, -n), 100 + n) for n in range(2_500)]
    stop = ShortStop("S1", "seal", START_MS, None, 21.0, 105.0, START_MS, None, START_MS + 1)
    silence = Silence("S2", START_MS, None, (1, 2))
    ended = msgspec.structs.replace(silence, end=START_MS + 5)
    messages = digest_messages(TOPIC, 0, [*heard[:1_000], stop, silence, *heard[1_000:], ended])
    assert len(messages) == 5
    broker.append(*messages)
    broker.append(*digest_messages(TOPIC, 0, [msgspec.structs.replace(heard[7], gone=True)]))
    others = Others(MemorySource(broker, [TOPIC]), DAY_MS)
    told = others.read()[0]
    assert told[-1] == msgspec.structs.replace(heard[7], gone=True)
    assert [one for one in told if isinstance(one, Heard)][:-1] == heard
    kept = others.told_to(1)
    assert {one for one in kept if not isinstance(one, Heard)} == {stop, ended}
    assert others.told_to(0) == []
    coverage = Coverage()
    for one in kept:
        if isinstance(one, Heard):
            coverage.put_heard(one.place, *one.shipment_ids, gone=one.gone)
    assert {one for one in coverage.heard() if one.shipment_ids} == set(heard) - {heard[7]}


def test_records_of_one_key_say_the_same_and_long_names_make_small_records() -> None:
    heard = [Heard((f"{n:0>9000}",), (0, 0), 1) for n in range(30)]
    messages = digest_messages(TOPIC, 0, heard)
    assert digest_messages(TOPIC, 0, heard) == messages
    assert len({message.key for message in messages}) == len(messages) == 3
    assert all(len(message.value or b"") < 200_000 for message in messages)


def test_those_heard_together_stay_together_and_who_left_counts_by_the_order() -> None:
    broker = MemoryBroker()
    together = Heard(tuple(f"S{n}" for n in range(1_200)), (1, 2), 3)
    gone, back = Heard(("S7",), (1, 2), 3, gone=True), Heard(("S7",), (1, 2), 3)
    messages = digest_messages(TOPIC, 0, [together, gone, back])
    assert len(messages) == 2
    broker.append(*messages)
    told = [one for one in Others(MemorySource(broker, [TOPIC]), DAY_MS).read()[0] if isinstance(one, Heard)]
    assert sum((one.shipment_ids for one in told[:-2]), ()) == together.shipment_ids
    assert len(told) == 4
    assert told[-2:] == [gone, back]
