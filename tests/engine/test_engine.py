"""What holds of the engine whatever it is fed: batches, order, copies, late declarations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealtrack.columns import Reports, concat, pack_sightings
from sealtrack.engine import Engine
from sealtrack.engine.evidence import alert_id
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policy
from sealtrack.replay import final
from sealtrack.schema import Alert, Kind, Shipment
from tests.core.feeds import DAY, HOUR, MINUTE, SECOND, START, Case, Raw, cases, pack
from tests.core.world import AREAS, catalogue, point_on

pytestmark = [pytest.mark.compiled, pytest.mark.filterwarnings("ignore:Generating overly large repr")]
messy = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
HORIZON_MS = int(Policy().horizon_s * 1_000)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def read(case: Case) -> Reports:
    """Reports and sightings of a case, in the order in which they were received."""
    both = concat([pack(case.reports), pack_sightings(case.sightings)])
    return both.take(np.argsort(both.rows["received_ms"], kind="stable"))


def history(country: Catalogue, case: Case, reports: Reports | list[Raw], cuts: Sequence[int] = ()) -> list[Alert]:
    """Every version, of the reports in this order, in batches that end at `cuts`."""
    engine = Engine(country, case.policies)
    told, _ = engine.register(case.shipments)
    packed = pack(reports) if isinstance(reports, list) else reports
    for start, end in pairwise([0, *cuts, len(reports)]):
        told += engine.process(packed[start:end])
    return told + engine.process(packed[:0], case.clock_ms)


def standing(told: list[Alert]) -> list[Alert]:
    """The alerts of the end. How many versions it took depends on the order in which the evidence came."""
    return [replace(alert, version=0) for alert in final(told)]


@messy
@given(case=cases(), data=st.data())
def test_batches_change_nothing(country: Catalogue, case: Case, data: st.DataObject) -> None:
    told = read(case)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(told)), max_size=12)))
    assert history(country, case, told, cuts) == history(country, case, told)


@messy
@given(case=cases())
def test_versions_count_up_and_each_says_something_new(country: Catalogue, case: Case) -> None:
    told = history(country, case, read(case))
    for _, group in groupby(sorted(told, key=lambda alert: alert.alert_id), key=lambda alert: alert.alert_id):
        versions = list(group)
        assert [alert.version for alert in versions] == list(range(1, len(versions) + 1))
        for before, after in pairwise(versions):
            assert replace(before, version=0) != replace(after, version=0)
    assert all(alert.alert_id == alert_id(alert.shipment_id, alert.kind, alert.start) for alert in told)


@messy
@given(case=cases(), data=st.data())
def test_order_and_copies_change_nothing_in_the_end(country: Catalogue, case: Case, data: st.DataObject) -> None:
    told = read(case)
    copied = data.draw(st.lists(st.integers(0, len(told) - 1), max_size=20))
    dice = data.draw(st.randoms(use_true_random=True))
    keyed = [(dice.uniform(*_when_read(told.rows[row])), row) for row in [*range(len(told)), *copied]]
    shuffled = told.take(np.array([row for _, row in sorted(keyed)], np.intp))
    assert standing(history(country, case, shuffled)) == standing(history(country, case, told))


def _when_read(raw: np.void) -> tuple[int, int]:
    """First and last moment of reading, by the clock of what has been received.

    Within the horizon a report may be read before everything but what is received more than the horizon after its
    time: so late it would count as too old, whenever it was received.
    """
    return int(raw["received_ms"]), max(int(raw["received_ms"]), int(raw["time_ms"]) + HORIZON_MS)


def test_the_feeds_of_these_properties_raise_every_kind(country: Catalogue) -> None:
    raised: set[str] = set()

    @settings(messy, max_examples=300, derandomize=True, database=None)
    @given(case=cases())
    def raise_some(case: Case) -> None:
        if len(raised) < len(Kind):
            raised.update(alert.kind for alert in history(country, case, read(case)))

    raise_some()
    assert raised == set(Kind)


@messy
@given(case=cases(), known=st.integers(0, 2), cut=st.floats(0, 1))
def test_a_shipment_may_be_registered_after_its_reports(country: Catalogue, case: Case, known: int, cut: float) -> None:
    case = _kept(case)
    engine = Engine(country, case.policies)
    told, _ = engine.register(case.shipments[:known])
    packed = pack(case.reports)
    middle = int(cut * len(packed))
    told += engine.process(packed[:middle])
    told += engine.register(case.shipments)[0]
    told += engine.process(packed[middle:], case.clock_ms)
    assert standing(told) == standing(history(country, case, case.reports))


@messy
@given(case=cases(), cut=st.floats(0, 1))
def test_a_shipment_may_be_amended_after_its_reports(country: Catalogue, case: Case, cut: float) -> None:
    case = _kept(case)
    engine = Engine(country, case.policies)
    told, _ = engine.register([_draft(shipment) for shipment in case.shipments])
    packed = pack(case.reports)
    middle = int(cut * len(packed))
    told += engine.process(packed[:middle])
    told += engine.register(case.shipments)[0]
    told += engine.process(packed[middle:], case.clock_ms)
    assert standing(told) == standing(history(country, case, case.reports))


def _kept(case: Case) -> Case:
    """The case without copies and without reports beyond the horizon.

    Neither is kept, so neither can move to another shipment: what was said of late ones stands, and when copies were
    heard is forgotten with the reports that move.
    """
    said: dict[str, Raw] = {}
    for raw in case.reports:
        content = sorted((name, str(value)) for name, value in raw.items() if name not in ("received_ms", "offset"))
        if raw["time_ms"] == 0 or raw["received_ms"] - raw["time_ms"] <= HORIZON_MS:
            said.setdefault(str(content), raw)
    return replace(case, reports=list(said.values()))


def _draft(shipment: Shipment) -> Shipment:
    """The declaration before it was put right."""
    return replace(
        shipment,
        route_id="bypass",
        depart_at=shipment.depart_at - HOUR,
        arrive_by=shipment.depart_at + 2 * HOUR,
        origin_zone="gate",
        destination_zone="rest",
        closed_at=None,
        open_cards=("nobody",),
    )


OPENED = {"seal": "seal", "lock": "unlocked", "received_ms": START, "time_ms": START, "partition": 0, "offset": 0}
TRIP = Shipment(shipment_id="S1", seal_id="seal", route_id="road", depart_at=START - MINUTE)


def feed(*reports: Raw) -> list[Raw]:
    """Reports at `time_ms` after START, received two seconds later unless they say when."""
    told = []
    for offset, raw in enumerate(reports):
        t = START + raw["time_ms"]
        told.append(
            {"seal": "seal", "received_ms": t + 2 * SECOND, "partition": 0, "offset": offset, **raw, "time_ms": t}
        )
    return told


@pytest.mark.parametrize("order", [1, -1])
def test_of_late_copies_the_one_received_first_counts(country: Catalogue, order: int) -> None:
    first = OPENED | {"received_ms": START + 7 * HOUR}
    second = OPENED | {"received_ms": START + 8 * HOUR, "offset": 1}
    case = Case([first, second][::order], [TRIP], START + 8 * HOUR)
    (alert,) = [a for a in standing(history(country, case, case.reports)) if a.kind == "seal_open"]
    assert alert.detected_at == START + 7 * HOUR


def test_a_stop_is_told_while_reports_go_on_without_fixes(country: Catalogue) -> None:
    lon, lat = point_on("road", 30_000)
    stands = [{"time_ms": i * MINUTE, "lat": lat, "lon": lon} for i in range(2)]
    reports = feed(*stands, *({"time_ms": i * MINUTE} for i in range(10, 61, 10)))
    told = history(country, Case(reports, [TRIP], 0), reports)
    stops = [alert for alert in told if alert.kind == "unauthorised_stop"]
    assert [(alert.version, alert.detected_at) for alert in stops] == [(1, START + 15 * MINUTE)]


def test_a_truck_in_a_shed_at_its_destination_may_fall_silent(country: Catalogue) -> None:
    lon, lat = AREAS["gate"][0][0]
    shed = ({"time_ms": i * 5 * MINUTE} for i in range(1, 200))
    reports = feed({"time_ms": 0, "lat": lat + 0.001, "lon": lon + 0.001}, *shed)
    trip = replace(TRIP, destination_zone="gate")
    case = Case(reports, [trip], reports[-1]["received_ms"] + 5 * HOUR)
    assert history(country, case, reports) == []


def test_many_silences_at_once_are_all_told_before_the_next_report(country: Catalogue) -> None:
    trips = [replace(TRIP, shipment_id=f"S{i}", seal_id=f"seal{i}") for i in range(1_500)]
    reports = [OPENED | {"seal": trip.seal_id, "lock": "locked", "offset": i} for i, trip in enumerate(trips)]
    wakes = OPENED | {"seal": "seal7", "lock": "locked", "time_ms": START + 2 * HOUR, "received_ms": START + 2 * HOUR}
    case = Case([*reports, wakes, wakes | {"seal": "seal1450"}], trips, 0)
    told = history(country, case, case.reports)
    opened = [alert.shipment_id for alert in told if alert.version == 1 and alert.status == "open"]
    assert sorted(opened) == sorted(trip.shipment_id for trip in trips if trip.seal_id != "seal7")
    assert told == history(country, case, case.reports, range(1, len(case.reports)))


def test_one_absurd_stamp_leaves_its_own_shipment_alone(country: Catalogue) -> None:
    lon, lat = point_on("road", 30_000)
    opened = [{"time_ms": i * MINUTE, "lat": lat, "lon": lon + i * 0.005, "lock": "unlocked"} for i in range(5)]
    absurd = {"time_ms": 5 * MINUTE, "received_ms": START + 3 * DAY}
    trip = replace(TRIP, closed_at=START + DAY)
    told = history(country, Case([], [trip], 0), feed(*opened, absurd))
    assert {alert.status for alert in told if alert.kind == "seal_open"} == {"open"}


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_cards_at_one_moment_the_one_that_stands_first_opened(country: Catalogue, order: int) -> None:
    lon, lat = point_on("road", 30_000)
    stranger, third = feed(*({"time_ms": 0, "lat": lat, "lon": lon, "lock": "unlocked"} for _ in range(2)))
    told = [stranger | {"card": "stranger"}, third | {"card": "third"}][::order]
    found = history(country, Case(told, [TRIP], 0), told, cuts=[1])
    (alert,) = [one for one in standing(found) if one.kind == "seal_open"]
    assert (alert.evidence["card"], alert.evidence["first_offset"]) == ("stranger", 0)
