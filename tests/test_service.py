"""The loop between the ports, on the broker inside this process."""

from __future__ import annotations

import itertools
import json
import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, ClassVar

import pytest

from sealtrack.across import Heard
from sealtrack.errors import InputError, TransportError
from sealtrack.io.codecs import codec
from sealtrack.io.memory import MemoryBroker, MemoryLanes, MemoryPublisher, MemorySource, MemoryState
from sealtrack.io.ports import Message, Undone
from sealtrack.schema import Shipment
from sealtrack.service import Monitor, Ports, Worker
from sealtrack.service.book import Book
from sealtrack.service.clock import Idle
from sealtrack.service.recovery import reread_from_ms
from sealtrack.service.state import Checkpoint, checkpoint_messages, state_of
from sealtrack.settings import Service as Settings
from sealtrack.settings import Topics
from tests.simple_engine import SimpleEngine

TOPICS = Topics()
PATIENCE_S = 300
"""Longest wait for threads that are done in a moment where all is well."""
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
T0_MS = 1_700_000_000_000


class Bench:
    """A memory broker with a service on it, started as often as a test likes."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.law = ""
        self.engines: list[SimpleEngine] = []
        self.by_lane: dict[int, Any] = {}
        """The engines that the last run ended with: lanes begin in any order."""

    def engine(self) -> SimpleEngine:
        self.engines.append(SimpleEngine(self.law))
        return self.engines[-1]

    def worker(
        self,
        *,
        lanes: type[MemoryLanes] = MemoryLanes,
        publisher: type[MemoryPublisher] = MemoryPublisher,
        stop: Callable[[], bool] = lambda: False,
        monitor: Monitor | None = None,
        patience_s: float = PATIENCE_S,
        **settings: Any,
    ) -> Worker:
        held = lanes(self.broker, TOPICS.positions, poll_records=4)
        ports = Ports(
            MemorySource(self.broker, [TOPICS.shipments]),
            MemorySource(self.broker, [TOPICS.sightings]),
            MemorySource(self.broker, [TOPICS.digests]),
            held,
            MemoryState(self.broker, TOPICS.state),
            publisher(self.broker, held),
        )
        wanted = Settings(poll_timeout_s=0.01, poll_records=4, **settings)  # so that nearly every poll is of a backlog
        known: dict[str, Any] = {"horizon_ms": 6 * HOUR_MS, "patience_s": patience_s, "monitor": monitor, "stop": stop}
        return Worker(self.engine, ports, codec("json"), TOPICS, wanted, **known)

    def run(self, **options: Any) -> Worker:
        """From a start to the end of all topics; the worker is gone after it."""
        return self.finish(self.worker(**options))

    def finish(self, worker: Worker) -> Worker:
        """The same with a worker that is in the group already."""
        try:
            worker.run(until_end=True)
        finally:
            worker._ports.lanes.close()
        self.by_lane = {number: lane.judge for number, lane in worker._lanes.items()}
        return worker

    def ship(self, shipment_id: str, seal_id: str, **more: Any) -> None:
        record = {"shipment_id": shipment_id, "seal_id": seal_id, "route_id": "r", "depart_at": T0_MS} | more
        self.broker.append(Message(TOPICS.shipments, shipment_id.encode(), json.dumps(record).encode()))

    def report(self, seal_id: str, minute: int, **more: Any) -> None:
        time_ms = T0_MS + minute * 60_000
        record = {"seal_id": seal_id, "time": time_ms, "lat": 21.0, "lon": 106.0} | more
        self.say(seal_id, json.dumps(record).encode(), time_ms)

    def say(self, key: str, value: bytes, received_ms: int = T0_MS) -> None:
        self.broker.append(Message(TOPICS.positions, key.encode(), value, received_ms))

    def see(self, sighting_id: str, minute: int, **more: Any) -> None:
        time_ms = T0_MS + minute * 60_000
        record = {"sighting_id": sighting_id, "time": time_ms, "source": "camera", "plate": "15C-1"} | more
        self.broker.append(Message(TOPICS.sightings, sighting_id.encode(), json.dumps(record).encode(), time_ms))

    def read(self, topic: str) -> list[Any]:
        return [value if value is None else json.loads(value) for value in self.values(topic)]

    def values(self, topic: str) -> list[bytes | None]:
        return [value for batch in MemorySource(self.broker, [topic]).poll(0) for value in batch.values]

    def alert_ids(self) -> list[str]:
        return sorted(alert["alert_id"] for alert in self.read(TOPICS.alerts))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def alert_id(shipment_id: str, minute: int) -> str:
    return f"{shipment_id}-{T0_MS + minute * 60_000}"


def test_a_cut_seal_becomes_an_alert_and_a_flag_of_its_shipment(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 1)
    bench.report("seal-1", 2, lock="cut")
    bench.run()
    (alert,) = bench.read(TOPICS.alerts)
    assert (alert["alert_id"], alert["kind"]) == (alert_id("S1", 2), "seal_tamper")
    assert alert["start"] == "2023-11-14T22:15:20.000Z"
    (flag,) = bench.read(TOPICS.flagged)
    assert flag["shipment_id"] == "S1"


def test_alerts_and_flags_are_keyed_by_shipment(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 2, lock="cut")
    bench.run()
    for topic in (TOPICS.alerts, TOPICS.flagged):
        (batch,) = MemorySource(bench.broker, [topic]).poll(0)
        assert batch.keys == [b"S1"]


def test_a_flag_is_published_when_only_reports_beyond_the_horizon_came(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 0)
    bench.say("seal-1", json.dumps({"seal_id": "seal-1", "time": T0_MS}).encode(), T0_MS + 7 * HOUR_MS)
    for _ in range(2):
        bench.run()
        assert bench.read(TOPICS.alerts) == []
        assert [flag["shipment_id"] for flag in bench.read(TOPICS.flagged)] == ["S1"]


def test_a_restart_says_nothing_twice_and_goes_on(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 1, lock="cut")
    bench.run()
    bench.run()
    bench.report("seal-1", 2, lock="cut")
    bench.run()
    assert bench.alert_ids() == [alert_id("S1", 1), alert_id("S1", 2)]


def test_a_partition_gone_quiet_gets_its_checkpoint(bench: Bench) -> None:
    bench.report("seal-1", 0)
    turns = itertools.count()

    def is_there() -> bool:  # asked while it works: at its end it writes one anyway
        keys = [key for batch in MemorySource(bench.broker, [TOPICS.state]).poll(0) for key in batch.keys]
        return b"checkpoint" in keys

    bench.worker(stop=lambda: is_there() or next(turns) > 2_000, checkpoint_s=0.05).run()
    assert next(turns) < 2_000


class DiedError(Exception):
    """The process dies here."""


class DiesAfter(MemoryPublisher):
    """Dies at the start of transaction number `limit`."""

    limit = 0
    done = 0

    def publish(self, messages: Sequence[Message], offsets: Mapping[int, int]) -> None:
        if self.done == self.limit:
            raise DiedError
        super().publish(messages, offsets)
        self.done += 1


@pytest.mark.parametrize("checkpoint_reports", [1, 3, 1000])
@pytest.mark.parametrize("transactions", range(6))
def test_whenever_it_dies_each_alert_is_told_once(bench: Bench, transactions: int, checkpoint_reports: int) -> None:
    bench.ship("S1", "seal-1")
    bench.ship("S2", "seal-2")
    for minute in range(12):
        bench.report("seal-1", minute, lock="cut")
        bench.report("seal-2", minute, lock="cut" if minute % 2 else "locked")
    mortal = type("Mortal", (DiesAfter,), {"limit": transactions})
    for _ in range(2):
        with suppress(DiedError):
            bench.run(publisher=mortal, checkpoint_reports=checkpoint_reports)
    bench.run(checkpoint_reports=checkpoint_reports)
    expected = [alert_id("S1", minute) for minute in range(12)] + [alert_id("S2", minute) for minute in range(1, 12, 2)]
    assert bench.alert_ids() == sorted(expected)


def test_after_an_undone_transaction_the_lanes_recover(bench: Bench) -> None:
    class FailsTwice(MemoryPublisher):
        attempts = 0

        def publish(self, messages: Sequence[Message], offsets: Mapping[int, int]) -> None:
            self.attempts += 1
            if self.attempts in {2, 3}:
                raise Undone("no")
            super().publish(messages, offsets)

    bench.ship("S1", "seal-1")
    for minute in range(12):
        bench.report("seal-1", minute, lock="cut")
    bench.run(publisher=FailsTwice)
    assert bench.alert_ids() == sorted(alert_id("S1", minute) for minute in range(12))


def test_transactions_that_never_hold_end_it_with_the_reason(bench: Bench) -> None:
    class Fails(MemoryPublisher):
        def publish(self, messages: Sequence[Message], offsets: Mapping[int, int]) -> None:  # noqa: ARG002 - never
            raise Undone("the disk is full")

    bench.ship("S1", "seal-1")
    bench.report("seal-1", 0, lock="cut")
    with pytest.raises(TransportError, match="the disk is full"):
        bench.run(publisher=Fails, patience_s=0.5)


def test_a_checkpoint_spares_reading_again(bench: Bench) -> None:
    class Reads(MemoryLanes):
        began: ClassVar[list[int]] = []

        def start(self, lane: int, offset: int | None) -> int:
            if self.end(lane):
                self.began.append(super().start(lane, offset))
            return super().start(lane, offset)

    bench.ship("S1", "seal-1")
    for minute in range(12):
        bench.report("seal-1", minute)
    bench.run()
    bench.run(lanes=Reads)
    assert Reads.began == [12]


def test_a_checkpoint_that_does_not_fit_is_refused_with_a_line_and_only_differences_are_told(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 1, lock="cut")
    bench.run()
    bench.run()
    assert len(bench.read(TOPICS.alerts)) == 1
    bench.law = "another"
    with caplog.at_level(logging.WARNING, "sealtrack"):
        bench.run()
    assert any("taken under another law" in line for line in caplog.messages)
    said = [(alert["alert_id"], alert["version"], alert["status"]) for alert in bench.read(TOPICS.alerts)]
    assert said == [
        (alert_id("S1", 1), 1, "closed"),
        (alert_id("S1", 1), 2, "retracted"),
        (alert_id("S1", 2), 1, "closed"),
    ]


def test_a_damaged_checkpoint_is_done_without(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 1, lock="cut")
    bench.run()
    lane = bench.broker.partition_of(b"seal-1")
    bench.broker.append(Message(TOPICS.state, b"checkpoint/00000", b"damaged", partition=lane))
    bench.report("seal-1", 2, lock="cut")
    bench.run()
    assert bench.alert_ids() == [alert_id("S1", 1), alert_id("S1", 2)]


def test_of_a_shipment_that_was_over_a_part_alone_says_nothing_but_late_evidence_does(bench: Bench) -> None:
    bench.ship("over", "seal-1", closed_at=T0_MS + 20 * HOUR_MS)
    bench.ship("under way", "seal-2", depart_at=T0_MS + 10 * HOUR_MS)
    bench.report("seal-1", 60 * 11, lock="cut")
    for minute in range(9):
        bench.report("seal-1", 60 * 30 + minute)
        bench.report("seal-2", 60 * 30 + minute)
    bench.run()
    bench.law = "a"  # no checkpoint fits any more
    bench.run()
    assert bench.alert_ids() == [alert_id("over", 60 * 11)]


def test_large_checkpoints_are_kept_in_parts_and_shrink_again() -> None:
    noise = random.Random(1).randbytes(2_500_000)
    messages = list(checkpoint_messages("t", 3, Checkpoint(offset=77), noise, 0))
    assert len(messages) == 4
    assert all(len(message.value or b"") < 1_000_000 and message.partition == 3 for message in messages)
    smaller = list(checkpoint_messages("t", 3, Checkpoint(offset=99), b"small", 3))
    records = {message.key: message.value for message in [*messages, *smaller]}
    kept = {key: value for key, value in records.items() if value is not None}
    assert len(kept) == 2
    assert state_of(kept).snapshot == b"small"
    assert state_of({message.key: message.value or b"" for message in messages}).snapshot == noise


def test_two_workers_share_the_lanes_and_say_everything_once(bench: Bench) -> None:
    for number in range(8):
        bench.ship(f"S{number}", f"seal-{number}")
        for minute in range(5):
            bench.report(f"seal-{number}", minute, lock="cut")
    with ThreadPoolExecutor(2) as pool:
        first, second = (pool.submit(bench.run) for _ in range(2))
        first.result(PATIENCE_S)
        second.result(PATIENCE_S)
    assert bench.alert_ids() == sorted(alert_id(f"S{number}", minute) for number in range(8) for minute in range(5))


def test_a_worker_that_comes_and_one_that_goes_take_their_lanes_along(bench: Bench) -> None:
    stops = [threading.Event(), threading.Event()]

    def wait_for(alerts: int) -> None:
        with bench.broker.arrival:
            assert bench.broker.arrival.wait_for(lambda: len(bench.values(TOPICS.alerts)) >= alerts, PATIENCE_S)

    for number in range(8):
        bench.ship(f"S{number}", f"seal-{number}")
    with ThreadPoolExecutor(2) as pool:
        try:
            running = [pool.submit(bench.run, stop=stops[0].is_set)]
            for minute in range(6):
                for number in range(8):
                    bench.report(f"seal-{number}", minute, lock="cut")
                if minute == 1:
                    running.append(pool.submit(bench.run, stop=stops[1].is_set))
                if minute == 3:
                    stops[1].set()
                wait_for(8 * (minute + 1))
        finally:
            for stop in stops:
                stop.set()
        for one in running:
            one.result(PATIENCE_S)
    assert bench.alert_ids() == sorted(alert_id(f"S{number}", minute) for number in range(8) for minute in range(6))


def test_a_shipment_is_judged_only_where_its_seal_belongs_or_speaks(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    home = bench.broker.partition_of(b"seal-1")
    bench.run()
    assert {lane for lane, engine in bench.by_lane.items() if engine._shipments} == {home}
    away = (home + 1) % 3
    value = json.dumps({"seal_id": "seal-1", "time": T0_MS, "lock": "cut"}).encode()
    bench.broker.append(Message(TOPICS.positions, b"odd key", value, T0_MS, away))
    bench.run()
    assert bench.alert_ids() == [alert_id("S1", 0)]


def test_poison_goes_aside_with_reason_and_place_and_its_neighbours_are_judged(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 0)
    bench.say("seal-1", b"{not json")
    bench.say("seal-1", b"\xff\xfe\x00")
    bench.report("seal-1", 3, lock="cut")
    worker = bench.run()
    assert bench.alert_ids() == [alert_id("S1", 3)]
    letters = sorted(bench.read(TOPICS.dead_letter), key=lambda letter: int(letter["offset"]))
    (batch,) = MemorySource(bench.broker, [TOPICS.positions]).poll(0)
    assert [(letter["topic"], letter["partition"], letter["offset"]) for letter in letters] == [
        (TOPICS.positions, batch.partition, 1),
        (TOPICS.positions, batch.partition, 2),
    ]
    assert (letters[0]["reason"], letters[0]["value"]) == ("not_json", "{not json")
    assert (letters[1]["value"], letters[1]["encoding"]) == ("//4A", "base64")
    assert worker.counts.rejected == 2


def test_a_poison_megabyte_fits_into_its_dead_letter(bench: Bench) -> None:
    bench.say("seal-1", b"\x01" * 1_000_000)
    bench.run()
    (batch,) = MemorySource(bench.broker, [TOPICS.dead_letter]).poll(0)
    assert len(batch.values[0] or b"") < 1_000_000  # what a broker takes by default
    letter = json.loads(batch.values[0] or b"")
    assert letter["truncated"]


def test_nothing_but_poison_stops_it_once_that_many_dead_letters_are_published(bench: Bench) -> None:
    for number in range(20):
        bench.say("seal-1", b"\x00 %d" % number)
    with pytest.raises(InputError, match=rf"{TOPICS.positions}, partition \d: 8 records in a row before offset 8 "):
        bench.run(poison_ceiling=6)  # polls of 4: while four letters are published, it has judged eight records
    assert len(bench.read(TOPICS.dead_letter)) == 8
    bench.run()
    assert len(bench.read(TOPICS.dead_letter)) == 20


def test_an_unreadable_shipment_is_a_dead_letter_too(bench: Bench) -> None:
    bench.broker.append(Message(TOPICS.shipments, b"S9", b'{"shipment_id": "S9"}'))
    bench.run()
    letters = bench.read(TOPICS.dead_letter)
    assert {letter["topic"] for letter in letters} == {TOPICS.shipments}
    assert "seal_id" in {letter["field"] for letter in letters}


def test_a_deleted_shipment_is_no_dead_letter(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.broker.append(Message(TOPICS.shipments, b"S1", None))
    bench.run()
    assert bench.read(TOPICS.dead_letter) == []


def test_unreadable_shipments_are_told_of_once(bench: Bench) -> None:
    bench.broker.append(Message(TOPICS.shipments, b"S9", b"{"))
    bench.run()
    bench.broker.append(Message(TOPICS.shipments, b"S8", b"["))
    bench.run()
    bench.run()
    assert sorted(letter["value"] for letter in bench.read(TOPICS.dead_letter)) == ["[", "{"]


def test_a_shipment_that_comes_later_claims_the_reports_held_for_its_seal(bench: Bench) -> None:
    bench.report("seal-1", 0, lock="cut")
    bench.run()
    assert bench.alert_ids() == []
    bench.ship("S1", "seal-1")
    bench.run()
    assert bench.alert_ids() == [alert_id("S1", 0)]


def test_seals_and_shipments_that_do_not_fit_are_named(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.ship("S1", "seal-1", route_id="nowhere")
    bench.report("stray", 0, lock="cut")
    with caplog.at_level(logging.WARNING, "sealtrack"):
        bench.run()
    assert "shipment S1: no route nowhere" in caplog.messages
    assert "seal stray: no shipment" in caplog.messages


def test_lanes_that_have_read_all_follow_the_furthest_clock(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 7)
    bench.run()
    assert [engine.clock_ms for engine in bench.engines] == [T0_MS + 7 * 60_000] * 3


def test_time_passes_while_the_log_is_idle_and_stands_still_while_nobody_can_tell() -> None:
    now_s = 100.0
    idle = Idle(lambda: now_s)
    now_s += 5
    assert idle.pass_from(1000) == 6000
    now_s += 3600
    idle.interrupt()  # nobody could tell
    now_s += 2
    assert idle.pass_from(6000) == 8000
    idle.reset()
    now_s += 1
    assert idle.pass_from(50_000) == 51_000


def lane_of(bench: Bench, seal_id: str) -> SimpleEngine:
    """The engine of the last run in whose lane the seal is."""
    found: SimpleEngine = bench.by_lane[bench.broker.partition_of(seal_id.encode())]
    return found


def test_sightings_stand_among_the_reports_by_when_they_were_received(bench: Bench) -> None:
    for minute in (0, 2, 4):
        bench.report("seal", minute)
    for minute in (5, 3, 1):
        bench.see(f"seen-{minute}", minute)
    bench.run()
    assert lane_of(bench, "seal").read == ["seal", "seen-1", "seal", "seen-3", "seal", "seen-5"]


def test_what_a_checkpoint_holds_is_not_given_again(bench: Bench) -> None:
    bench.see("seen-1", 1)
    bench.report("seal", 0)
    bench.run()
    bench.see("seen-0", 0)  # received before, read after
    bench.report("seal", 2)
    bench.run()
    assert lane_of(bench, "seal").read == ["seen-0", "seal"]
    bench.law = "another"
    bench.run()
    assert lane_of(bench, "seal").read == ["seal", "seen-0", "seen-1", "seal"]


def test_sightings_that_wait_at_a_checkpoint_are_given_after_it(bench: Bench) -> None:
    class DiesSoon(DiesAfter):
        limit = 1

    bench.report("seal", 0)
    for minute in range(1, 9):
        bench.report("seal", minute)
    bench.see("seen", 7)
    with pytest.raises(DiedError):
        bench.run(publisher=DiesSoon, checkpoint_reports=1)
    bench.run()
    assert lane_of(bench, "seal").read[-4:] == ["seal", "seal", "seen", "seal"]


def test_the_state_of_what_is_forgotten_is_deleted_with_the_checkpoint(bench: Bench) -> None:
    class Forgets(SimpleEngine):
        def forget(self) -> list[str]:
            return [alert_id("S1", 1)]

    bench.ship("S1", "seal-1")
    bench.report("seal-1", 1, lock="cut")
    bench.report("seal-1", 2, lock="cut")
    bench.engine = Forgets  # type: ignore[method-assign]
    bench.run()
    state = MemoryState(bench.broker, TOPICS.state).read(bench.broker.partition_of(b"seal-1"))
    assert [key for key in state if key.startswith(b"alert/")] == [f"alert/{alert_id('S1', 2)}".encode()]
    assert len(bench.alert_ids()) == 2


def test_a_sighting_that_cannot_be_read_is_a_dead_letter(bench: Bench) -> None:
    bench.see("", 1)
    bench.see("good", 1)
    for _ in range(2):
        bench.run()
        [letter] = bench.read(TOPICS.dead_letter)
        assert (letter["topic"], letter["field"], letter["reason"]) == (TOPICS.sightings, "sighting_id", "missing")
    assert all(engine.read == ["good"] for engine in bench.engines[:3])


def test_lanes_hear_what_the_others_tell_and_not_themselves(bench: Bench) -> None:
    bench.report("seal-1", 0)
    bench.report("seal-2", 15)
    assert bench.broker.partition_of(b"seal-1") != bench.broker.partition_of(b"seal-2")
    for _ in range(2):
        bench.run()
        told = {Heard(("seal-1",), (0, 0), T0_MS // 600_000), Heard(("seal-2",), (0, 0), (T0_MS + 900_000) // 600_000)}
        heard = {seal: set(lane_of(bench, seal).heard) for seal in ("seal-1", "seal-2")}
        assert heard == {seal: {one for one in told if one.shipment_ids != (seal,)} for seal in heard}


def shipment(shipment_id: str, depart_at: int, closed_at: int | None = None, amended_at: int | None = None) -> Shipment:
    return Shipment(
        shipment_id=shipment_id,
        seal_id="s",
        route_id="r",
        depart_at=depart_at,
        closed_at=closed_at,
        amended_at=amended_at,
    )


@pytest.mark.parametrize(
    ("known", "back_ms"),
    [
        ([], 6 * HOUR_MS),
        ([shipment("young", T0_MS - HOUR_MS)], 6 * HOUR_MS),
        ([shipment("two days", T0_MS - 2 * DAY_MS)], 2 * DAY_MS),
        ([shipment("done", T0_MS - 2 * DAY_MS, T0_MS - DAY_MS)], 6 * HOUR_MS),
        ([shipment("just done", T0_MS - 2 * DAY_MS, T0_MS - HOUR_MS)], 2 * DAY_MS),
        ([shipment("forgotten", T0_MS - 90 * DAY_MS)], 7 * DAY_MS),
    ],
    ids=["no shipment", "young", "two days", "done", "just done", "forgotten"],
)
def test_without_a_checkpoint_the_departures_of_what_is_under_way_are_read_again(
    known: list[Shipment], back_ms: int
) -> None:
    assert T0_MS - reread_from_ms(known, T0_MS, 6 * HOUR_MS, 7 * DAY_MS) == back_ms


def test_of_an_amended_shipment_the_last_terms_say_whether_it_is_under_way() -> None:
    book = Book()
    book.note([shipment("closed by amendment", T0_MS - 2 * DAY_MS, T0_MS - DAY_MS, T0_MS - DAY_MS)])
    book.note([shipment("closed by amendment", T0_MS - 2 * DAY_MS)])
    assert T0_MS - reread_from_ms(book.last_terms(), T0_MS, 6 * HOUR_MS, 7 * DAY_MS) == 6 * HOUR_MS


def test_each_record_of_an_amended_shipment_is_deleted_by_its_own_key() -> None:
    noon = 1_700_006_400_000
    book = Book()
    book.note([shipment("S1", T0_MS), shipment("S1", T0_MS, amended_at=noon), shipment("a@1", T0_MS)])
    book.forget("S1@2023-11-15T00:00:00Z")
    assert list(book) == [shipment("S1", T0_MS), shipment("a@1", T0_MS)]
    book.note([shipment("S1", T0_MS, amended_at=noon)])
    book.forget("S1")
    assert list(book) == [shipment("S1", T0_MS, amended_at=noon), shipment("a@1", T0_MS)]
    for key in (f"S1@{noon}", "a@1", "never heard of", "S1@soon"):
        book.forget(key)
    assert len(book) == 0


def test_an_amendment_stands_beside_what_held_before(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.ship("S1", "seal-1", amended_at=T0_MS + HOUR_MS, closed_at=T0_MS + 2 * HOUR_MS)
    bench.report("seal-1", 1, lock="cut")
    bench.run()
    assert [record.amended_at for record in lane_of(bench, "seal-1").records] == [None, T0_MS + HOUR_MS]
