"""Lanes that read a backlog keep together, so that what they tell each other is still of use."""

from __future__ import annotations

import dataclasses
import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from benchmarks.soak_feed import Rounds
from sealtrack import geofence
from sealtrack.columns import Reports, concat
from sealtrack.engine import Engine, digest_store
from sealtrack.errors import TransportError
from sealtrack.io.codecs import codec
from sealtrack.io.codecs.alerts import alert_of
from sealtrack.io.memory import MemoryLanes, MemorySource
from sealtrack.replay import final
from sealtrack.schema import Alert
from sealtrack.service.book import Book
from sealtrack.service.convoy import LEAD_MS, PATIENCE_S, Convoy
from sealtrack.service.lane import Lane
from sealtrack.service.others import LaneClock, Others, clock_message
from sealtrack.service.state import LaneState
from tests.broker.expect import GEOFENCES, SCENARIOS, assert_told_once
from tests.simple_engine import SimpleEngine
from tests.test_service import DAY_MS, T0_MS, TOPICS, Bench

HOUR_MS = 3_600_000
SEALS = ["a", "b", "c", "d", "e", "f"]
"""In all three partitions."""


class Observed(Bench):
    """Notes how far apart the clocks of the lanes were at most, of all workers."""

    def __init__(self) -> None:
        super().__init__()
        self.furthest_apart_ms = 0

    def engine(self) -> SimpleEngine:
        self.engines.append(_Observed(self))
        return self.engines[-1]

    def note(self) -> None:
        clocks = [engine.clock_ms for engine in self.engines if engine.clock_ms is not None]
        if clocks:
            self.furthest_apart_ms = max(self.furthest_apart_ms, max(clocks) - min(clocks))


class _Observed(SimpleEngine):
    def __init__(self, bench: Observed) -> None:
        super().__init__()
        self._bench = bench

    def process(self, reports: Reports, clock_ms: int | None = None) -> list[Alert]:
        alerts = super().process(reports, clock_ms)
        self._bench.note()
        return alerts


@pytest.fixture
def bench() -> Observed:
    return Observed()


class Greedy(MemoryLanes):
    """Polls a lane to its end before the next one."""

    def __init__(self, *given: Any, **_options: Any) -> None:
        super().__init__(*given, poll_records=1_000)


def test_what_lanes_tell_is_remembered_for_longer_than_one_may_lead() -> None:
    assert 2 * LEAD_MS <= digest_store.KEPT_MS - 6 * HOUR_MS


@pytest.mark.parametrize("workers", [1, 2])
def test_lanes_that_read_a_backlog_keep_together(bench: Observed, workers: int) -> None:
    for hour in range(10 * 24):
        for number, seal in enumerate(SEALS):
            bench.report(seal, 60 * hour + number)
    together = [bench.worker(lanes=Greedy) for _ in range(workers)]  # or one reads again what the other began with
    with ThreadPoolExecutor(workers) as pool:
        for one in [pool.submit(bench.finish, worker) for worker in together]:
            one.result(300)
    assert sum(len(engine.read) for engine in bench.engines) == 10 * 24 * len(SEALS)
    assert bench.furthest_apart_ms <= LEAD_MS


def test_a_gap_of_days_in_all_lanes_is_passed_by_all_together(bench: Observed) -> None:
    for hour in [*range(3), *range(7 * 24, 7 * 24 + 3), *range(8 * 24 + 2, 8 * 24 + 5)]:
        for number, seal in enumerate(SEALS):
            bench.report(seal, 60 * hour + number)
    bench.run(lanes=Greedy)
    assert sum(len(engine.read) for engine in bench.engines) == 9 * len(SEALS)
    assert bench.furthest_apart_ms <= LEAD_MS


def test_a_broker_that_does_not_answer_when_a_lane_is_to_go_on_is_asked_again(bench: Observed) -> None:
    silences = iter(range(3))

    class Deaf(Greedy):
        def start(self, lane: int, offset: int | None) -> int:
            if lane in self._on_hold and next(silences, None) is not None:
                raise TransportError("no answer within three seconds")
            return super().start(lane, offset)

    for hour in range(48):
        for number, seal in enumerate(SEALS):
            bench.report(seal, 60 * hour + number)
    bench.run(lanes=Deaf)
    assert next(silences, None) is None
    assert sum(len(engine.read) for engine in bench.engines) == 48 * len(SEALS)


def test_an_idle_lane_and_one_that_begins_late_come_along(bench: Observed) -> None:
    for hour in range(5 * 24):
        bench.report("a", 60 * hour)
    late = next(seal for seal in SEALS if bench.broker.partition_of(seal.encode()) != bench.broker.partition_of(b"a"))
    for hour in (96, 97):
        bench.report(late, 60 * hour)
    for hour in (72, 73):
        bench.see("seen", 60 * hour)
    bench.run(lanes=Greedy)
    assert sum(engine.read.count("a") for engine in bench.engines) == 5 * 24
    assert [engine.read.count("seen") for engine in bench.engines] == [2, 2, 2]
    assert bench.furthest_apart_ms <= LEAD_MS


def test_a_lane_that_hangs_is_waited_for_and_then_given_up() -> None:
    bench, now_s = Bench(), 0.0
    for hour in range(0, 30, 2):
        bench.report("a", 60 * hour)
    number = bench.broker.partition_of(b"a")
    for other in {0, 1, 2} - {number}:
        hangs = LaneClock(clock_ms=T0_MS, heard_ms=None)
        bench.broker.append(clock_message(TOPICS.digests, other, hangs))
    others = Others(MemorySource(bench.broker, [TOPICS.digests]), DAY_MS)
    others.read()
    lanes = Greedy(bench.broker, TOPICS.positions)
    convoy = Convoy(lanes, others, codec("json"), 0.0, lambda: now_s)
    lane = Lane(number, bench.engine(), LaneState(), Book(), lambda _seal: True)
    lanes.poll(0)
    lanes.start(number, None)

    def turn() -> int:
        for batch in lanes.poll(0)[1]:
            lane.take(convoy.admit(lane, batch, {number: lane}), codec("json"))
        convoy.pass_time({number: lane}, quiet=False, until_end=False)
        convoy.go_on({number: lane})
        return len(bench.engines[0].read)

    assert [turn() for _ in range(3)] == [5, 5, 5]
    now_s += PATIENCE_S + 1
    assert [turn() for _ in range(3)][-1] == 15


class Real(Bench):
    """With the engine itself."""

    def engine(self) -> Any:
        return Engine(geofence.load(GEOFENCES), shares_digests=True)


@pytest.mark.compiled
def test_days_of_backlog_are_judged_as_by_one_engine() -> None:
    bench, whole = Real(), Engine(geofence.load(GEOFENCES))
    rounds = Rounds(SCENARIOS / "silences", TOPICS.positions, random.Random(1))
    history: list[Alert] = []
    for number in range(5):
        history += whole.register(rounds.shipments(number))[0]
        for one in rounds.shipments(number):
            record = {name: value for name, value in dataclasses.asdict(one).items() if value is not None}
            bench.ship(**record)
    messages = [message for _, message in itertools.takewhile(lambda pair: pair[0] < 5, rounds.messages())]
    bench.broker.append(*messages)
    bench.run(lanes=Greedy)
    log = MemorySource(bench.broker, [TOPICS.positions], poll_records=1_000_000).poll(0)
    reports = concat([codec("json").decode_reports(batch)[0] for batch in log])
    history += whole.process(reports.take(reports.rows["received_ms"].argsort(kind="stable")))
    heard: list[int] = [one.evidence["others_heard"] for one in final(history) if "others_heard" in one.evidence]
    assert max(heard) > 0
    assert_told_once([alert_of(value) for value in bench.read(TOPICS.alerts)], final(history))


@pytest.mark.compiled
def test_one_absurd_stamp_moves_nobody_nor_do_many_of_what_cannot_be_read() -> None:
    bench = Real()
    for hour in range(4):
        bench.report("a", 60 * hour)
        if hour in {0, 2}:
            bench.report("a", 60 * 24 * 400)
        for seal in "aaabbbccc":
            bench.say(seal, b"{poison", T0_MS + (200 + hour) * DAY_MS)
    bench.run(lanes=Greedy)
    clocks = [told["clock_ms"] for told in bench.read(TOPICS.digests) if "clock_ms" in told]
    assert max(clocks) == T0_MS + 3 * HOUR_MS
