"""What several stops or several trucks show, through the engine: whatever the order, the batches and the workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.replay import final
from sealtrack.schema import Alert, Shipment
from tests.core.feeds import HOUR, MINUTE, SECOND, START, Raw, pack
from tests.core.world import catalogue, point_on

pytestmark = [pytest.mark.compiled, pytest.mark.filterwarnings("ignore:Generating overly large repr")]
messy = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
DRIVE_MIN = 5
PLACES_M = (16_000, 16_050, 20_000, 24_000, 30_000)


@dataclass(frozen=True)
class Halt:
    """A truck drives to a place and stands there; `silent`: nothing is received meanwhile, `stored`: it comes later."""

    place: int
    minutes: int
    silent: bool = False
    stored: bool = False
    event: str = ""


Plan = list[Halt]
HALTS = st.builds(
    Halt,
    st.integers(0, len(PLACES_M) - 1),
    st.integers(3, 25),
    silent=st.sampled_from([False, False, False, True]),
    stored=st.booleans(),
    event=st.sampled_from(["", "", "", "wrong_password"]),
)
PLANS = st.lists(st.lists(HALTS, min_size=1, max_size=5), min_size=2, max_size=6)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def trips(plans: Sequence[Plan]) -> list[Shipment]:
    return [
        Shipment(shipment_id=f"S{i}", seal_id=f"seal{i}", route_id="road", depart_at=START - MINUTE)
        for i in range(len(plans))
    ]


def feed(plans: Sequence[Plan]) -> list[Raw]:
    """The reports of all trucks, one a minute each, in the order of `received`."""
    raws = [raw for number, plan in enumerate(plans) for raw in _drive(number, plan)]
    raws.sort(key=lambda raw: (raw["received_ms"], raw["seal"]))
    return [raw | {"offset": offset} for offset, raw in enumerate(raws)]


def _drive(number: int, plan: Plan) -> list[Raw]:
    at_m, minute, told = 12_000.0, 0, []
    for halt in plan:
        to_m = PLACES_M[halt.place]
        arrives, leaves = minute + DRIVE_MIN, minute + DRIVE_MIN + halt.minutes
        for m in range(minute, leaves):
            share = min(1.0, (m - minute) / DRIVE_MIN)
            lon, lat = point_on("road", at_m + (to_m - at_m) * share)
            stands = m >= arrives
            hidden = halt.silent and stands
            if hidden and not halt.stored:
                continue
            t = START + m * MINUTE + number * SECOND
            noise = ((m * 7 + number * 3) % 5) * 4e-5
            raw = {"seal": f"seal{number}", "time_ms": t, "lat": lat + noise, "lon": lon - noise, "partition": 0}
            raw["received_ms"] = START + leaves * MINUTE + number * SECOND if hidden else t + 2 * SECOND
            if halt.event and m == arrives:
                raw["events"] = {halt.event}
            told.append(raw)
        at_m, minute = to_m, leaves
    return told


CLOCK = START + 8 * HOUR


def history(country: Catalogue, plans: Sequence[Plan], raws: Sequence[Raw], cuts: Sequence[int] = ()) -> list[Alert]:
    engine = Engine(country)
    told, _ = engine.register(trips(plans))
    packed = pack(list(raws))
    for start, end in pairwise([0, *cuts, len(raws)]):
        told += engine.process(packed[start:end])
    return told + engine.process(packed[:0], CLOCK)


def standing(told: list[Alert]) -> list[Alert]:
    return [replace(alert, version=0) for alert in final(told)]


@messy
@given(plans=PLANS, data=st.data())
def test_batches_change_nothing(country: Catalogue, plans: list[Plan], data: st.DataObject) -> None:
    raws = feed(plans)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raws)), max_size=12)))
    assert history(country, plans, raws, cuts) == history(country, plans, raws)


@messy
@given(plans=PLANS, data=st.data())
def test_order_and_copies_change_nothing_in_the_end(country: Catalogue, plans: list[Plan], data: st.DataObject) -> None:
    raws = feed(plans)
    dice = data.draw(st.randoms(use_true_random=True))
    copied = [*raws, *dice.sample(raws, min(20, len(raws)))]
    dice.shuffle(copied)
    assert standing(history(country, plans, copied)) == standing(history(country, plans, raws))


@messy
@given(plans=PLANS, data=st.data())
def test_workers_that_tell_each_other_say_what_one_says(
    country: Catalogue, plans: list[Plan], data: st.DataObject
) -> None:
    raws = feed(plans)
    belongs = data.draw(st.lists(st.integers(0, 1), min_size=len(plans), max_size=len(plans)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raws)), max_size=6)))
    workers = [Engine(country, shares_digests=True) for _ in range(2)]
    told: list[Alert] = []
    for number, worker in enumerate(workers):
        told += worker.register([trip for trip, who in zip(trips(plans), belongs, strict=True) if who == number])[0]
    for start, end in pairwise([0, *cuts, len(raws), len(raws)]):
        for number, worker in enumerate(workers):
            mine = [raw for raw in raws[start:end] if belongs[int(raw["seal"].removeprefix("seal"))] == number]
            if mine or end == len(raws):
                told += worker.process(pack(mine), CLOCK if start == len(raws) else None)
        if data.draw(st.booleans()) or start == len(raws):
            said = [worker.take_digests() for worker in workers]
            told += workers[0].hear(said[1]) + workers[1].hear([*said[0], *said[0]])
    assert standing(told) == standing(history(country, plans, raws))


@messy
@given(plans=PLANS, cut=st.floats(0, 1))
def test_a_snapshot_goes_on_as_if_nothing_had_happened(country: Catalogue, plans: list[Plan], cut: float) -> None:
    raws = feed(plans)
    packed, middle = pack(raws), int(cut * len(raws))
    first, second = (Engine(country, shares_digests=True) for _ in range(2))
    first.register(trips(plans))
    first.process(packed[:middle])
    second.restore(first.snapshot())
    assert second.process(packed[middle:], CLOCK) == first.process(packed[middle:], CLOCK)
    assert second.take_digests() == first.take_digests()


def of_kind(alerts: list[Alert], kind: str) -> list[Alert]:
    return [alert for alert in alerts if alert.kind == kind]


def judged(country: Catalogue, *plans: Plan) -> list[Alert]:
    return standing(history(country, plans, feed(plans)))


def test_two_trucks_that_stand_together_meet(country: Catalogue) -> None:
    onward = Halt(4, 3)
    first, second = of_kind(judged(country, [Halt(0, 20), onward], [Halt(0, 12), onward]), "rendezvous")
    assert (first.evidence["partners"], second.evidence["partners"]) == (["S1"], ["S0"])
    assert first.start == second.start
    assert first.status == second.status == "closed"
    assert first.evidence["together_s"] == pytest.approx(12 * 60, abs=60)


def test_a_jam_is_no_meeting(country: Catalogue) -> None:
    meetings = of_kind(judged(country, *[[Halt(0, 12), Halt(4, 3)]] * 6), "rendezvous")
    assert [meeting.severity for meeting in meetings] == ["info"] * 6


def test_short_stops_along_the_way_add_up(country: Catalogue) -> None:
    stops = [Halt(0, 8), Halt(2, 8), Halt(3, 8), Halt(4, 3)]
    [alert] = of_kind(judged(country, stops), "unauthorised_stop")
    assert (alert.severity, alert.evidence["accumulated"], alert.evidence["stops"]) == ("warning", True, 3)


def test_two_short_stops_after_a_tamper_are_probing(country: Catalogue) -> None:
    [alert] = of_kind(
        judged(country, [Halt(1, 3, event="wrong_password"), Halt(2, 8), Halt(3, 8), Halt(4, 3)]), "unauthorised_stop"
    )
    assert (alert.severity, alert.evidence["probing"]) == ("critical", True)


def test_an_outage_weighs_less_than_one_silent_truck(country: Catalogue) -> None:
    silent, heard = [Halt(0, 25, silent=True), Halt(2, 3)], [Halt(2, 20), Halt(0, 20)]
    outage, alone = (
        [loss for loss in of_kind(judged(country, *plans), "signal_loss") if loss.status == "closed"]
        for plans in ([silent, silent], [silent, silent, heard])
    )
    assert [loss.evidence["others_lost"] for loss in [*outage, *alone]] == [1] * 4
    assert [loss.evidence["others_heard"] for loss in [*outage, *alone]] == [0, 0, 1, 1]
    assert {loss.severity for loss in outage} == {"info"}
    assert {loss.severity for loss in alone} == {"warning"}


def test_a_silence_that_is_given_up_after_weeks_keeps_the_neighbours_it_had(country: Catalogue) -> None:
    raws = feed([[Halt(0, 25, silent=True)], [Halt(0, 60)]])

    def waited(step_ms: int) -> list[Alert]:
        engine = Engine(country)
        told = engine.register(trips([[], []]))[0] + engine.process(pack(raws))
        for clock_ms in range(CLOCK, CLOCK + 32 * 24 * HOUR, step_ms):
            told += engine.process(pack([]), clock_ms)
        return of_kind(standing(told), "signal_loss")

    silent, last = waited(24 * HOUR)
    assert (silent.evidence["others_heard"], last.evidence["others_heard"]) == (1, 0)
    assert waited(31 * 24 * HOUR) == [silent, last]
