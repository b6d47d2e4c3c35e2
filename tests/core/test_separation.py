"""Stories of separation: who saw the truck where the seal was not, and who only seems to have."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sealtrack.columns import concat, pack_sightings
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies, Policy
from sealtrack.replay import final
from sealtrack.schema import Alert, Kind, Shipment, Sighting
from tests.core.feeds import DAY, DEGREE_M, HOUR, MINUTE, SECOND, START, Raw, pack
from tests.core.world import AREAS, catalogue, point_on

pytestmark = pytest.mark.compiled
TRIP = Shipment(
    shipment_id="S1", seal_id="seal", route_id="road", depart_at=START - MINUTE, vehicle="15C-123.45"
)  # fmt: skip
M_A_MINUTE = 1_000
"""60 km/h."""


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def reports(minutes: Sequence[int], at_m: Sequence[float] | None = None) -> list[Raw]:
    """The seal at each of these minutes, there along the road; else as far as it comes at 60 km/h from kilometre 10."""
    told = []
    for offset, minute in enumerate(minutes):
        lon, lat = point_on("road", at_m[offset] if at_m else road_m(minute))
        t = START + minute * MINUTE
        told.append({"seal": "seal", "time_ms": t, "received_ms": t + SECOND, "lon": lon, "lat": lat, "lock": "locked"})
    return [raw | {"partition": 0, "offset": offset} for offset, raw in enumerate(told)]


def road_m(minute: float) -> float:
    return 10_000 + M_A_MINUTE * minute


def sighting(minute: float, at_m: float | None = None, aside_m: float = 0.0, **more: Any) -> Sighting:
    """By the vehicle's tracker, unless it says otherwise, that far along the road; None = no place."""
    number = more.pop("number", minute)
    said: dict[str, Any] = {"sighting_id": f"seen-{number}", "time": START + int(minute * MINUTE), "source": "tracker"}
    if at_m is not None:
        lon, lat = point_on("road", at_m)
        said |= {"lon": lon, "lat": lat + aside_m / DEGREE_M}
    return Sighting(**({"vehicle": "15c 12345"} | said | more))


def tracker(minutes: Sequence[int], *, stands_from: int = 99, **more: Any) -> list[Sighting]:
    """Beside the seal until it stands."""
    return [sighting(minute, road_m(min(minute, stands_from)), **more) for minute in minutes]


def judged(
    country: Catalogue,
    seal: list[Raw],
    seen: Sequence[Sighting],
    trips: Sequence[Shipment] = (TRIP,),
    clock: int = 0,
    **policy: float,
) -> list[Alert]:
    """The separations that stand in the end."""
    engine = Engine(country, Policies(replace(Policy(), **policy)))
    told, _ = engine.register(trips)
    both = concat([pack(seal), pack_sightings(seen)])
    told += engine.process(both.take(both.rows["received_ms"].argsort(kind="stable")), clock or None)
    return [alert for alert in final(told) if alert.kind == Kind.separation]


def test_a_tracker_that_stays_behind_while_the_seal_drives_on(country: Catalogue) -> None:
    seen = tracker(range(30), stands_from=10)
    [alert] = judged(country, reports(range(30)), seen)
    assert (alert.severity, alert.status) == ("critical", "open")
    assert START + 10 * MINUTE < alert.start < START + 20 * MINUTE
    assert alert.evidence["sighting_id"] == f"seen-{(alert.start - START) // MINUTE}"
    assert alert.evidence["max_apart_m"] > 4_000
    lon, lat = point_on("road", road_m(10))
    assert (alert.lat, alert.lon) == (round(lat, 6), round(lon, 6))
    assert "read" not in alert.evidence


def test_it_ends_when_the_tracker_is_beside_the_seal_again(country: Catalogue) -> None:
    away = tracker(range(12), stands_from=0)
    seen = [*away, *tracker(range(12, 15))]
    [alert] = judged(country, reports(range(20)), seen)
    assert (alert.status, alert.end) == ("closed", START + 12 * MINUTE)


def test_a_tracker_beside_the_seal_all_along_says_nothing_for_all_its_faults(country: Catalogue) -> None:
    dice = random.Random(4)
    seen = [sighting(minute + 10 / 60, road_m(minute), dice.gauss(0, 50), number=minute) for minute in range(50)]
    assert judged(country, reports(range(50)), seen) == []
    assert judged(country, reports(range(0, 50, 10)), seen) == []


def test_one_wild_position_of_a_tracker_says_nothing(country: Catalogue) -> None:
    seen = tracker(range(30))
    seen[12] = sighting(12, road_m(12), 40_000)
    assert judged(country, reports(range(30)), seen) == []


def test_a_camera_that_reads_another_plate_needs_no_place_and_no_second_look(country: Catalogue) -> None:
    seen = [sighting(10.5, source="anpr", shipment_id="s-1", plate="29A-999.99")]
    [alert] = judged(country, reports(range(20)), seen)
    assert (alert.severity, alert.start) == ("critical", seen[0].time)
    assert alert.evidence["read"] == ["plate"]
    lon, lat = point_on("road", road_m(10))
    assert (alert.lat, alert.lon) == (round(lat, 6), round(lon, 6)), "where the seal was last"


def test_the_same_plate_written_otherwise_is_the_same(country: Catalogue) -> None:
    seen = [sighting(10, road_m(10), source="anpr", shipment_id="S1", plate="15c12345", seal_id="SEAL")]
    assert judged(country, reports(range(20)), seen) == []


def test_another_seal_on_the_truck(country: Catalogue) -> None:
    seen = [sighting(10, road_m(10), source="officer", seal_id="other")]
    [alert] = judged(country, reports(range(20)), seen)
    assert alert.evidence["read"] == ["seal"]


def test_a_camera_far_ahead_of_the_seal(country: Catalogue) -> None:
    [alert] = judged(country, reports(range(20)), [sighting(10, 40_000, source="camera")])
    assert (alert.severity, alert.start) == ("warning", START + 10 * MINUTE)


def test_a_camera_that_only_the_next_fix_contradicts(country: Catalogue) -> None:
    """Twenty minutes after the last fix the truck may be 30 km on; the seal is back at its place a minute later."""
    seal = reports([0, 1, 21, 22], [10_000, 11_000, 11_000, 11_000])
    seen = [sighting(20, 40_000, source="camera")]
    [alert] = judged(country, seal, seen)
    assert (alert.start, alert.detected_at) == (seen[0].time, seal[2]["received_ms"])
    lon, lat = point_on("road", 40_000)
    assert (alert.lat, alert.lon) == (round(lat, 6), round(lon, 6))
    assert judged(country, reports([0, 1, 21, 22], [10_000, 11_000, 40_500, 41_000]), seen) == []


def test_a_zone_is_as_uncertain_as_it_is_large(country: Catalogue) -> None:
    seen = [sighting(10, source="scanner", zone_id="gate")]
    [alert] = judged(country, reports(range(20)), seen)
    lon, lat = (sum(x) / 2 for x in zip(*(AREAS["gate"][0][i] for i in (0, 2)), strict=True))
    assert [alert.lat, alert.lon] == pytest.approx([lat, lon], abs=1e-6)
    there = reports(range(20), [67_000.0] * 20)
    assert judged(country, there, seen) == []


def test_sightings_of_a_shipment_yet_to_be_declared_wait_for_it(country: Catalogue) -> None:
    seal, seen = reports(range(30)), tracker(range(30), stands_from=10)
    engine = Engine(country, Policies())
    told = engine.process(concat([pack(seal), pack_sightings(seen)]))
    [_, line] = engine.unclaimed()
    assert (
        line
        == "sightings of vehicle 15c 12345: 30 belong to no shipment under way at their time; register the shipment"
    )
    told += engine.register([TRIP])[0]
    assert engine.unclaimed() == []
    [alert] = [alert for alert in final(told) if alert.kind == Kind.separation]
    [known] = judged(country, seal, seen)
    assert replace(alert, version=0) == replace(known, version=0)


def test_a_tractor_that_is_put_right_in_the_declaration_takes_the_alert_back(country: Catalogue) -> None:
    engine = Engine(country, Policies())
    told, _ = engine.register([replace(TRIP, vehicle="29A-999.99")])
    seen = [sighting(10, road_m(10), source="anpr", vehicle=None, shipment_id="S1", plate="15C-123.45")]
    told += engine.process(concat([pack(reports(range(20))), pack_sightings(seen)]))
    assert [alert.kind for alert in final(told)] == [Kind.separation]
    told += engine.register([TRIP])[0]
    assert final(told) == []


def test_a_tractor_that_is_changed_on_the_way_has_the_plate_of_its_time(country: Catalogue) -> None:
    changed = replace(TRIP, vehicle="29A-999.99", amended_at=START + 20 * MINUTE)
    seen = [
        sighting(minute, road_m(minute), source="anpr", vehicle=None, shipment_id="S1", plate=plate)
        for minute, plate in ((10, TRIP.vehicle), (15, TRIP.vehicle), (25, changed.vehicle), (30, changed.vehicle))
    ]
    assert judged(country, reports(range(40)), seen, [TRIP, changed]) == []
    [alert] = judged(country, reports(range(40)), seen)
    assert alert.start == seen[2].time


def test_a_sighting_belongs_to_nobody_before_departure_or_after_the_end(country: Catalogue) -> None:
    trip = replace(TRIP, closed_at=START + 40 * MINUTE)
    seen = [sighting(minute, 60_000, source="camera") for minute in (-30, 90)]
    assert judged(country, reports(range(20)), seen, [trip]) == []


def test_what_nobody_heard_of_is_not_judged_by_sightings_alone(country: Catalogue) -> None:
    seen = [sighting(10, source="anpr", shipment_id="S1", plate="29A-999.99")]
    other = [raw | {"seal": "another"} for raw in reports(range(20))]
    assert judged(country, other, seen) == []
    [alert] = judged(country, other + reports([30]), seen)
    assert alert.start == seen[0].time


def test_two_containers_on_one_truck_are_both_missed(country: Catalogue) -> None:
    two = replace(TRIP, shipment_id="S2", seal_id="seal2")
    seal = [raw | {"seal": name} for raw in reports(range(20)) for name in ("seal", "seal2")]
    alerts = judged(country, seal, [sighting(10, 40_000, source="camera")], [TRIP, two])
    assert sorted(alert.shipment_id for alert in alerts) == ["S1", "S2"]


def test_sightings_are_not_heard_and_leave_the_silence_of_the_seal_alone(country: Catalogue) -> None:
    seal, seen = reports(range(10)), tracker(range(10, 50), stands_from=9)
    engine = Engine(country, Policies())
    told, _ = engine.register([TRIP])
    told += engine.process(concat([pack(seal), pack_sightings(seen)]))
    [silence] = [alert for alert in final(told) if alert.kind == Kind.signal_loss]
    assert (silence.start, silence.evidence["limit_s"]) == (seal[-1]["received_ms"], 600)


def test_a_sighting_beyond_the_horizon_is_not_judged(country: Catalogue) -> None:
    late = sighting(10, 60_000, source="camera", received=START + 10 * MINUTE + 7 * HOUR)
    assert judged(country, reports(range(20)), [late], clock=START + DAY) == []
    in_time = replace(late, received=START + 5 * HOUR)
    [alert] = judged(country, reports(range(20)), [in_time], clock=START + DAY)
    assert alert.start == late.time
