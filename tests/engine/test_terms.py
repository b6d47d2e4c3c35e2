"""A shipment that is amended on its way: each report is judged by the terms that held at its time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealtrack.columns import Reports
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies
from sealtrack.replay import final
from sealtrack.schema import Alert, Shipment
from tests.core.feeds import DAY, HOUR, MINUTE, SECOND, START, Case, Raw, cases, pack
from tests.core.world import AREAS, catalogue, point_on

pytestmark = [pytest.mark.compiled, pytest.mark.filterwarnings("ignore:Generating overly large repr")]

NOON = START + 20 * MINUTE
CLEARED = Shipment(
    shipment_id="S1",
    seal_id="seal",
    route_id="road",
    depart_at=START - MINUTE,
    origin_zone="port",
    destination_zone="yard",
    arrive_by=START + HOUR,
)
AMENDED = replace(CLEARED, route_id="bypass", destination_zone="gate", arrive_by=START + DAY, amended_at=NOON)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def fix(at_ms: int, route: str, along_m: float, **more: object) -> Raw:
    lon, lat = point_on(route, along_m)
    return {"seal": "seal", "time_ms": at_ms, "received_ms": at_ms + SECOND, "lat": lat, "lon": lon, **more}


def way() -> Reports:
    """20 minutes along the road at 60 km/h, then 12 minutes along the bypass; they meet where the bypass begins."""
    road = [fix(START + i * MINUTE, "road", i * 1_000.0) for i in range(20)]
    bypass = [fix(NOON + i * MINUTE, "bypass", i * 1_000.0) for i in range(12)]
    return pack([raw | {"partition": 0, "offset": n} for n, raw in enumerate(road + bypass)])


def judged(country: Catalogue, *records: Shipment, then: list[Shipment] | None = None) -> list[Alert]:
    """The alerts that stand after the whole way; `then` is registered after it."""
    engine = Engine(country)
    told, _ = engine.register(records)
    told += engine.process(way())
    told += engine.register(then or [])[0]
    return final(told)


def kinds(alerts: list[Alert]) -> list[str]:
    return [alert.kind for alert in alerts]


def test_who_leaves_the_road_for_what_was_amended_meanwhile_deviates_from_nothing(country: Catalogue) -> None:
    assert "route_deviation" not in kinds(judged(country, CLEARED, AMENDED))
    assert "route_deviation" in kinds(judged(country, CLEARED)), "the bypass was not approved"
    assert "route_deviation" in kinds(judged(country, replace(AMENDED, amended_at=None))), "nor was the road, at first"


def test_an_amendment_that_arrives_late_takes_the_deviation_back(country: Catalogue) -> None:
    engine = Engine(country)
    told, _ = engine.register([CLEARED])
    told += engine.process(way())
    (deviation,) = [alert for alert in final(told) if alert.kind == "route_deviation"]
    told, _ = engine.register([AMENDED])
    (taken_back,) = [alert for alert in told if alert.alert_id == deviation.alert_id]
    assert taken_back.status == "retracted"


def test_who_goes_on_along_the_old_road_deviates_from_the_amendment_on(country: Catalogue) -> None:
    engine = Engine(country)
    told, _ = engine.register([CLEARED, replace(AMENDED, amended_at=START + 10 * MINUTE)])
    told += engine.process(way()[:20])
    (deviation,) = [alert for alert in final(told) if alert.kind == "route_deviation"]
    assert deviation.start == START + 10 * MINUTE


def test_the_card_that_may_open_is_that_of_the_time_of_opening(country: Catalogue) -> None:
    lon, lat = AREAS["port"][0][0]
    opened = [
        fix(START + i * MINUTE, "road", 0, lon=lon + 0.002, lat=lat + 0.002, lock="unlocked", card="first") | more
        for i, more in enumerate([{}, {"lock": "locked"}, {}, {"lock": "locked"}])
    ]
    relieved = replace(CLEARED, open_cards=("second",), amended_at=START + 90 * SECOND)
    engine = Engine(country)
    told, _ = engine.register([replace(CLEARED, open_cards=("first",)), relieved])
    told += engine.process(pack(opened))
    assert [(alert.kind, alert.start) for alert in final(told)] == [("seal_open", START + 2 * MINUTE)]


def test_the_deadline_is_that_of_the_last_terms(country: Catalogue) -> None:
    engine = Engine(country)
    told, _ = engine.register([CLEARED, AMENDED])
    told += engine.process(way(), START + 2 * HOUR)
    assert "overdue" not in kinds(final(told))


def test_what_is_wrong_with_an_amendment_is_said_of_it_alone(country: Catalogue) -> None:
    engine = Engine(country)
    assert engine.register([CLEARED])[1] == []
    _, (problem,) = engine.register([CLEARED, replace(AMENDED, route_id="nowhere")])
    assert problem.startswith("shipment S1 as amended at 2026-02-27T18:50:00.000Z: unknown route nowhere")


def test_an_amendment_may_be_put_right(country: Catalogue) -> None:
    wrong = replace(AMENDED, route_id="road")
    assert judged(country, CLEARED, wrong, then=[AMENDED]) == judged(country, CLEARED, AMENDED)


def test_a_snapshot_keeps_all_terms(country: Catalogue) -> None:
    first = Engine(country)
    first.register([replace(CLEARED, shipment_id="S0", seal_id="other"), CLEARED, AMENDED])
    first.process(way()[:10])
    second = Engine(country)
    second.restore(first.snapshot())
    assert final(second.process(way()[10:])) == final(first.process(way()[10:]))
    assert second.register([CLEARED, AMENDED]) == ([], []), "nothing new"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(case=cases(), cut=st.floats(0, 1), at=st.floats(0, 1), known=st.integers(1, 3), data=st.data())
def test_when_an_amendment_becomes_known_changes_nothing_in_the_end(
    country: Catalogue, case: Case, cut: float, at: float, known: int, data: st.DataObject
) -> None:
    first = case.shipments[0]
    times = sorted(raw["time_ms"] for raw in case.reports if raw["time_ms"])
    when = [times[int(share * (len(times) - 1))] if times else START for share in (at, at / 2)]
    records = [
        replace(first, amended_at=when[0], route_id="bypass|road", destination_zone="rest", open_cards=("stranger",)),
        replace(first, amended_at=when[1], route_id=data.draw(st.sampled_from(["road", "loop", "unknown"]))),
    ]
    records = data.draw(st.permutations([*case.shipments, *records]))
    reports = _in_tail(case.reports)
    packed, middle = pack(reports), int(cut * len(reports))
    late = Engine(country, Policies(case.policy))
    told, _ = late.register(records[:known])
    told += late.process(packed[:middle])
    told += late.register(records[known:])[0]
    told += late.process(packed[middle:], case.clock_ms)
    once = Engine(country, Policies(case.policy))
    expected = once.register(records)[0] + once.process(packed, case.clock_ms)
    assert _standing(told) == _standing(expected)


def _in_tail(reports: list[Raw]) -> list[Raw]:
    """Without copies and without reports beyond the horizon: what is not kept cannot be judged again."""
    said: dict[str, Raw] = {}
    for raw in reports:
        content = sorted((name, str(value)) for name, value in raw.items() if name not in ("received_ms", "offset"))
        if raw["time_ms"] == 0 or raw["received_ms"] - raw["time_ms"] <= 6 * HOUR:
            said.setdefault(str(content), raw)
    return list(said.values())


def _standing(told: list[Alert]) -> list[Alert]:
    return [replace(alert, version=0) for alert in final(told)]
