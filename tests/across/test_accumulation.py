"""Several stops, each too short to alert."""

from __future__ import annotations

import pytest

from sealtrack.across import ShortStop, accumulations
from sealtrack.policy import Policy
from tests.across.halts import MINUTE, halt

POLICY = Policy()


def three(**changes: float) -> list[ShortStop]:
    """Three stops of six minutes, half an hour and five kilometres apart."""
    every_min, apart_m, minutes = changes.get("every_min", 30), changes.get("apart_m", 5_000), changes.get("minutes", 6)
    return [halt("A", i * every_min, minutes, i * apart_m) for i in range(3)]


def test_three_stops_of_six_minutes_are_one_offence_when_the_third_is_over() -> None:
    stops = three()
    [found] = accumulations(stops, [], POLICY)
    assert (found.stops, found.halts, found.stood_s, found.probing) == (tuple(stops), 3, 18 * 60, False)
    assert found.completed_at == stops[2].closed_at


@pytest.mark.parametrize(
    "stops",
    [
        three()[:2],
        [*three()[:2], halt("A", 60, None, 10_000)],
        [*three()[:2], halt("A", 60, 15, 10_000)],
        three(minutes=4.9),
        three(every_min=61),
        three(apart_m=15_100),
    ],
    ids=["two", "third lasts", "third alerts itself", "too short in sum", "too rare", "too far apart"],
)
def test_less_is_none(stops: list[ShortStop]) -> None:
    assert accumulations(stops, [], POLICY) == []


def test_a_queue_that_creeps_is_one_stop() -> None:
    queue = [halt("A", 14 * i, 12, 400 * i) for i in range(10)]
    assert accumulations(queue, [], POLICY) == []
    [found] = accumulations([*queue[3:], halt("A", 150, 6, 20_000), halt("A", 160, 6, 30_000)], [], POLICY)
    assert (found.halts, len(found.stops)) == (3, 9)


def test_slow_progress_over_more_than_a_kilometre_is_a_queue_too() -> None:
    assert accumulations(three(every_min=20, apart_m=2_000), [], POLICY) == []


def test_a_stop_serves_one_accumulation_only() -> None:
    found = accumulations([halt("A", 25 * i, 6, 6_000 * (i % 3)) for i in range(9)], [], POLICY)
    assert [[stop.start // (25 * MINUTE) for stop in one.stops] for one in found] == [[0, 1, 2, 3, 4], [5, 6, 7, 8]]


@pytest.mark.parametrize(("act_min", "probing"), [(-120, [True]), (0, [True]), (-121, []), (1, [])])
def test_two_stops_after_a_tamper_are_probing(act_min: int, probing: list[bool]) -> None:
    found = accumulations(three()[:2], [act_min * MINUTE], POLICY)
    assert [one.probing for one in found] == probing


def test_probing_is_complete_with_the_second_stop() -> None:
    stops = three()
    [found] = accumulations(stops, [-MINUTE], POLICY)
    assert (found.halts, found.completed_at) == (3, stops[1].closed_at)
