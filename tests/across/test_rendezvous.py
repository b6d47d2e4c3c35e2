"""Trucks that stand together, and how they are found."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sealtrack.across import Meetings, Rendezvous, ShortStop, rendezvous
from sealtrack.policy import Policies, Policy
from sealtrack.schema import Severity
from tests.across.halts import HALTS, MINUTE, halt

POLICY = Policy()


def replaced(stop: ShortStop, **changes: object) -> ShortStop:
    return msgspec.structs.replace(stop, **changes)


def met(own: ShortStop, *others: ShortStop) -> Rendezvous:
    found = rendezvous(own, others, POLICY)
    assert found is not None
    return found


def test_what_they_share_is_the_meeting() -> None:
    a, b = halt("A", 0, 20), halt("B", 10, 30, 60)
    assert met(a, b) == Rendezvous(10 * MINUTE, 20 * MINUTE, ("B",), 600.0, Severity.warning, 15 * MINUTE)
    assert replace(met(b, a), partners=("B",)) == met(a, b)


def test_no_meeting() -> None:
    a = halt("A", 0, 20)
    others = {
        "too far": halt("B", 0, 20, 101),
        "too short": halt("B", 15.1, 20),
        "later": halt("B", 30, 20),
        "itself": halt("A", 5, 20),
        "the same seal": halt("B", 0, 20, seal=a.seal_id),
    }
    assert [name for name, other in others.items() if rendezvous(a, [other], POLICY)] == []


def test_it_is_open_while_both_stand_and_critical_once_the_later_one_stood_long() -> None:
    a, b = halt("A", 0, None), halt("B", 10, None)
    assert (met(a, b).end, met(a, b).severity) == (None, Severity.warning)
    long = halt("B", 10, 15)
    assert met(halt("A", 0, 40), long).severity == Severity.critical
    told = replaced(b, stood_until=25 * MINUTE)
    assert (met(a, told).severity, met(a, told).together_s) == (Severity.critical, 900.0)


def test_many_are_a_jam() -> None:
    others = [halt(name, i, 60) for i, name in enumerate("FEDCB")]
    assert met(halt("A", 0, 60), *others[:3]).severity == Severity.critical
    jam = met(halt("A", 0, 60), *others)
    assert (jam.severity, jam.partners) == (Severity.info, ("C", "D", "E", "F"))


def test_a_stop_whose_start_has_moved_may_be_there_twice_for_a_moment() -> None:
    """Digests of another worker come one by one: what replaces a stop may come before the old one is withdrawn."""
    twice = halt("B", 5, None), replaced(halt("B", 0, 40), opened_at=halt("B", 5, None).opened_at)
    assert met(replaced(halt("A", 10, None), stood_until=25 * MINUTE), *twice).partners == ("B",)


def test_a_partner_who_comes_back_is_one_partner() -> None:
    found = met(halt("A", 0, 60), halt("B", 5, 10), halt("B", 30, 10))
    assert (found.start, found.end, found.partners) == (5 * MINUTE, 40 * MINUTE, ("B",))
    assert found.severity == Severity.warning


@given(puts=HALTS, gone=st.lists(st.integers(0, 29), max_size=8))
def test_the_grid_finds_what_comparing_all_finds(puts: list[ShortStop], gone: list[int]) -> None:
    meetings = Meetings(Policies())
    for stop in puts:
        meetings.put(stop)
    for number in gone:
        if number < len(puts):
            stop = puts[number]
            meetings.put(replaced(stop, gone=True))
    left = [stop for number, stop in enumerate(puts) if number not in gone]
    assert {stop.key for stop in left} == set(meetings.stops)
    for stop in left:
        found = rendezvous(stop, meetings.with_whom(stop.key), POLICY)
        assert found == rendezvous(stop, left, POLICY)


@given(puts=HALTS)
def test_whoever_a_stop_concerns_is_named(puts: list[ShortStop]) -> None:
    meetings = Meetings(Policies())
    before: dict[tuple[str, int], Rendezvous | None] = {}
    for stop in puts:
        touched = meetings.put(stop)
        now = {key: rendezvous(own, meetings.with_whom(key), POLICY) for key, own in meetings.stops.items()}
        assert {key for key in now if now[key] != before.get(key)} <= touched
        before = now


def test_old_stops_are_forgotten_unless_one_they_met_still_stands() -> None:
    meetings = Meetings(Policies())
    for stop in (halt("A", 0, 20), halt("B", 0, None), halt("C", 0, 20, 5_000), halt("D", 300, 20, 5_000)):
        meetings.put(stop)
    meetings.prune(200 * MINUTE)
    assert {shipment for shipment, _ in meetings.stops} == {"A", "B", "D"}
