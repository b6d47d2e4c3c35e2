"""The loop between the ports, on the broker inside this process."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from sealtrack.errors import TransportError
from sealtrack.io.codecs import codec
from sealtrack.io.memory import MemoryBroker, MemorySink, MemorySource
from sealtrack.io.ports import Message, Reassigned, RecordBatch
from sealtrack.schema import Shipment
from sealtrack.service import Ports, Service, Trips
from sealtrack.settings import Topics
from tests.simple_engine import SimpleEngine

TOPICS = Topics()
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
T0_MS = 1_700_000_000_000


class Bench:
    """A memory broker with a service on it, started as often as a test likes."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.engines: list[SimpleEngine] = []

    def engine(self) -> SimpleEngine:
        self.engines.append(SimpleEngine())
        return self.engines[-1]

    def positions(self, trips: Trips, kind: type[MemorySource] = MemorySource) -> MemorySource:
        return kind(self.broker, [TOPICS.positions], group="g", restart=trips.restart_from)

    def run(self, *, source: type[MemorySource] = MemorySource, sink: type[MemorySink] = MemorySink) -> Service:
        trips = Trips(6 * HOUR_MS, 7 * DAY_MS)
        shipments = MemorySource(self.broker, [TOPICS.shipments])
        sightings = MemorySource(self.broker, [TOPICS.sightings])
        ports = Ports(shipments, self.positions(trips, source), sightings, sink(self.broker))
        service = Service(self.engine, trips, ports, codec("json"), TOPICS, stop=lambda: False, poll_timeout_s=0.01)
        service.run(until_end=True)
        return service

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
        source = MemorySource(self.broker, [topic])
        values = [value for batch in source.poll(0) for value in batch.values]
        return [value if value is None else json.loads(value) for value in values]

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
    bench.run()
    assert bench.read(TOPICS.alerts) == []
    assert [flag["shipment_id"] for flag in bench.read(TOPICS.flagged)] == ["S1"]


def test_the_flag_of_a_trip_that_was_over_before_the_restart_stays_as_it_was(bench: Bench) -> None:
    bench.ship("S1", "seal-1", closed_at=T0_MS + HOUR_MS)
    bench.report("seal-1", 0)
    bench.say("seal-1", json.dumps({"seal_id": "seal-1", "time": T0_MS}).encode(), T0_MS + 9 * HOUR_MS)
    for minute in range(9):
        bench.report("seal-1", 9 * 60 + minute)  # fitted to something else by now
    bench.run()
    before = bench.read(TOPICS.flagged)
    assert len(before) == 1
    bench.run()
    assert bench.read(TOPICS.flagged) == before


def test_what_was_committed_and_is_long_past_is_not_published_again(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 0, lock="cut")
    for minute in range(9):
        bench.report("seal-1", 60 * 24 * 10 + minute)  # ten days later: a restart goes back seven
    bench.run()
    bench.run()
    assert bench.alert_ids() == [alert_id("S1", 0)]


def test_a_restart_reads_the_trips_under_way_again_and_says_the_same(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 1, lock="cut")
    bench.report("seal-1", 60 * 20)  # far beyond the horizon, but the shipment is under way
    bench.run()
    bench.report("seal-1", 60 * 20 + 1, lock="cut")
    bench.run()
    first, second = alert_id("S1", 1), alert_id("S1", 60 * 20 + 1)
    assert bench.alert_ids() == sorted([first, first, second])


class DiedError(Exception):
    """The process dies here."""


class DiesBeforeCommit(MemorySource):
    def commit(self, positions: dict[tuple[str, int], int]) -> None:  # noqa: ARG002 - never gets that far
        raise DiedError


class RefusesAlerts(MemorySink):
    def publish(self, messages: Sequence[Message]) -> None:
        if any(message.topic == TOPICS.alerts for message in messages):
            raise TransportError("no")
        super().publish(messages)


def test_death_between_publishing_and_committing_repeats_and_loses_nothing(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    for minute in range(5):
        bench.report("seal-1", minute, lock="cut")
    with pytest.raises(DiedError):
        bench.run(source=DiesBeforeCommit)
    bench.run()
    assert bench.alert_ids() == sorted([alert_id("S1", minute) for minute in range(5)] * 2)


def test_of_a_shipment_that_was_over_the_tail_alone_says_nothing_but_late_evidence_does(bench: Bench) -> None:
    bench.ship("over", "seal-1", closed_at=T0_MS + 20 * HOUR_MS)
    bench.ship("under way", "seal-2", depart_at=T0_MS + 10 * HOUR_MS)
    bench.report("seal-1", 60 * 11, lock="cut")
    for minute in range(9):
        bench.report("seal-1", 60 * 30 + minute)
        bench.report("seal-2", 60 * 30 + minute)
    bench.run()
    bench.run()
    assert bench.alert_ids() == [alert_id("over", 60 * 11)]
    bench.report("seal-1", 60 * 40, lock="cut")
    bench.run()
    assert bench.alert_ids() == [alert_id("over", 60 * 11), alert_id("over", 60 * 40)]


def test_nothing_is_committed_before_it_is_acknowledged(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 0, lock="cut")
    with pytest.raises(TransportError):
        bench.run(sink=RefusesAlerts)
    assert bench.alert_ids() == []
    bench.run()
    assert bench.alert_ids() == [alert_id("S1", 0)]


def test_poison_goes_aside_with_reason_and_place_and_its_neighbours_are_judged(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.report("seal-1", 0)
    bench.say("seal-1", b"{not json")
    bench.say("seal-1", b"\xff\xfe\x00")
    bench.report("seal-1", 3, lock="cut")
    service = bench.run()
    assert bench.alert_ids() == [alert_id("S1", 3)]
    letters = sorted(bench.read(TOPICS.dead_letter), key=lambda letter: int(letter["offset"]))
    (batch,) = MemorySource(bench.broker, [TOPICS.positions]).poll(0)
    assert [(letter["topic"], letter["partition"], letter["offset"]) for letter in letters] == [
        (TOPICS.positions, batch.partition, 1),
        (TOPICS.positions, batch.partition, 2),
    ]
    assert (letters[0]["reason"], letters[0]["value"]) == ("not_json", "{not json")
    assert (letters[1]["value"], letters[1]["encoding"]) == ("//4A", "base64")
    assert service.counts.rejected == 2


def test_a_poison_megabyte_fits_into_its_dead_letter(bench: Bench) -> None:
    bench.say("seal-1", b"\x01" * 1_000_000)
    bench.run()
    (batch,) = MemorySource(bench.broker, [TOPICS.dead_letter]).poll(0)
    assert len(batch.values[0] or b"") < 1_000_000  # what a broker takes by default
    letter = json.loads(batch.values[0] or b"")
    assert letter["truncated"]


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


def test_a_shipment_that_comes_later_claims_the_reports_held_for_its_seal(bench: Bench) -> None:
    class ShipmentComesLate(MemorySource):
        def poll(self, timeout_s: float) -> list[RecordBatch]:
            batches = super().poll(timeout_s)
            if batches:
                bench.ship("S1", "seal-1")
            return batches

    bench.report("seal-1", 0, lock="cut")
    bench.run(source=ShipmentComesLate)
    assert bench.alert_ids() == [alert_id("S1", 0)]


def test_seals_and_shipments_that_do_not_fit_are_named(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.ship("S1", "seal-1", route_id="nowhere")
    bench.report("stray", 0, lock="cut")
    with caplog.at_level(logging.WARNING, "sealtrack"):
        bench.run()
    assert "shipment S1: no route nowhere" in caplog.messages
    assert "seal stray: no shipment" in caplog.messages


def test_partitions_taken_away_start_a_new_engine_that_says_the_same(bench: Bench) -> None:
    class LosesAPartition(MemorySource):
        lost = False

        def poll(self, timeout_s: float) -> list[RecordBatch]:
            batches = super().poll(timeout_s)
            if not batches and not self.lost:
                self.lost, self._positions = True, {}
                raise Reassigned
            return batches

    bench.ship("S1", "seal-1")
    bench.report("seal-1", 0, lock="cut")
    bench.run(source=LosesAPartition)
    assert len(bench.engines) == 2
    assert bench.alert_ids() == [alert_id("S1", 0)] * 2


def test_time_passes_while_the_log_is_idle_and_stands_still_while_nobody_can_tell(bench: Bench) -> None:
    class Unreachable(MemorySource):
        polls = 0

        def caught_up(self) -> bool:
            self.polls += 1
            return self.polls > 5

        def poll(self, timeout_s: float) -> list[RecordBatch]:
            if not self._positions or self.polls == 0:
                return super().poll(timeout_s)
            return []

    bench.report("seal-1", 0)
    bench.run()
    idle = bench.engines[-1].ticks
    assert len(idle) == 1
    assert idle[0] >= T0_MS
    bench.run(source=Unreachable)
    assert len(bench.engines[-1].ticks) == 1  # only the poll that found the log idle


def test_sightings_stand_among_the_reports_by_when_they_were_received(bench: Bench) -> None:
    for minute in (0, 2, 4):
        bench.report(f"seal-{minute}", minute)
    for minute in (5, 3, 1):
        bench.see(f"seen-{minute}", minute)
    bench.run()
    assert bench.engines[-1].read == ["seal-0", "seen-1", "seal-2", "seen-3", "seal-4", "seen-5"]


def test_a_restart_reads_all_sightings_again_and_commits_none(bench: Bench) -> None:
    bench.see("seen", 1)
    bench.run()
    bench.report("seal", 0)
    bench.run()
    assert [engine.read for engine in bench.engines] == [["seen"], ["seal", "seen"]]
    assert all(bench.broker.committed("g", TOPICS.sightings, n) is None for n in range(bench.broker.partitions))


def test_a_sighting_that_cannot_be_read_is_a_dead_letter(bench: Bench) -> None:
    bench.see("", 1)
    bench.see("good", 1)
    bench.run()
    assert bench.engines[-1].read == ["good"]
    [letter] = bench.read(TOPICS.dead_letter)
    assert (letter["topic"], letter["field"], letter["reason"]) == (TOPICS.sightings, "sighting_id", "missing")


def test_no_sighting_is_judged_while_it_is_not_known_where_the_positions_begin(bench: Bench) -> None:
    class NothingAssigned(MemorySource):
        polls = 0

        def poll(self, timeout_s: float) -> list[RecordBatch]:
            self.polls += 1
            return super().poll(timeout_s) if self.polls > 3 else []

        def caught_up(self) -> bool:
            return self.polls > 3 and super().caught_up()

        def behind(self) -> set[tuple[str, int]]:
            return super().behind() if self.polls > 3 else set()

    bench.report("seal", 0)
    bench.see("seen", 1)
    bench.run(source=NothingAssigned)
    assert bench.engines[-1].read == ["seal", "seen"]


def test_an_engine_that_starts_anew_gets_the_sightings_again(bench: Bench) -> None:
    class LosesAPartition(MemorySource):
        lost = False

        def poll(self, timeout_s: float) -> list[RecordBatch]:
            batches = super().poll(timeout_s)
            if not batches and not self.lost:
                self.lost, self._positions = True, {}
                raise Reassigned
            return batches

    bench.report("seal", 0)
    bench.see("seen", 1)
    bench.run(source=LosesAPartition)
    assert [engine.read for engine in bench.engines] == [["seal", "seen"], ["seal", "seen"]]


def trips(*shipments: Shipment) -> Trips:
    known = Trips(6 * HOUR_MS, 7 * DAY_MS)
    known.note(shipments)
    return known


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
        (trips(), 6 * HOUR_MS),
        (trips(shipment("young", T0_MS - HOUR_MS)), 6 * HOUR_MS),
        (trips(shipment("two days", T0_MS - 2 * DAY_MS)), 2 * DAY_MS),
        (trips(shipment("done", T0_MS - 2 * DAY_MS, T0_MS - DAY_MS)), 6 * HOUR_MS),
        (trips(shipment("just done", T0_MS - 2 * DAY_MS, T0_MS - HOUR_MS)), 2 * DAY_MS),
        (trips(shipment("forgotten", T0_MS - 90 * DAY_MS)), 7 * DAY_MS),
        (
            trips(
                shipment("closed by amendment", T0_MS - 2 * DAY_MS, T0_MS - DAY_MS, T0_MS - DAY_MS),
                shipment("closed by amendment", T0_MS - 2 * DAY_MS),
            ),
            6 * HOUR_MS,
        ),
    ],
    ids=["no shipment", "young", "two days", "done", "just done", "forgotten", "closed by amendment"],
)
def test_a_restart_goes_back_to_the_departures_of_what_is_under_way(known: Trips, back_ms: int) -> None:
    assert T0_MS - known.restart_from(("t", 0), T0_MS) == back_ms


def test_each_record_of_an_amended_shipment_is_deleted_by_its_own_key() -> None:
    noon = 1_700_006_400_000
    known = trips(shipment("S1", T0_MS), shipment("S1", T0_MS, amended_at=noon), shipment("a@1", T0_MS))
    known.forget("S1@2023-11-15T00:00:00Z")
    assert known.all_records() == [shipment("S1", T0_MS), shipment("a@1", T0_MS)]
    known.note([shipment("S1", T0_MS, amended_at=noon)])
    known.forget("S1")
    assert known.all_records() == [shipment("S1", T0_MS, amended_at=noon), shipment("a@1", T0_MS)]
    for key in (f"S1@{noon}", "a@1", "never heard of", "S1@soon"):
        known.forget(key)
    assert known.records == {}


def test_an_amendment_stands_beside_what_held_before(bench: Bench) -> None:
    bench.ship("S1", "seal-1")
    bench.ship("S1", "seal-1", amended_at=T0_MS + HOUR_MS, closed_at=T0_MS + 2 * HOUR_MS)
    bench.report("seal-1", 1, lock="cut")
    bench.run()
    (registered,) = bench.engines
    assert [record.amended_at for record in registered.records] == [None, T0_MS + HOUR_MS]
