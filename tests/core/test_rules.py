"""Stories of each kind of alert that a report, the way gone or a deadline raises, and of what only looks like it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sealtrack.geofence import Catalogue, load
from sealtrack.policy import Policy
from sealtrack.schema import Alert, Shipment
from tests.core.compare import judge_case
from tests.core.feeds import DAY, DEGREE_M, HOUR, MINUTE, SECOND, START, Case, Raw
from tests.core.world import AREAS, LINES, catalogue, point_on
from tests.naive.geometry import on_line

pytestmark = pytest.mark.compiled
TRIP = Shipment(
    shipment_id="S1",
    seal_id="seal",
    route_id="road",
    depart_at=START - MINUTE,
    origin_zone="port",
    destination_zone="gate",
)
OPEN_ROAD_M = 33_000.0
"""Here and for the next kilometres no zone lies on the road."""


def along_m(lon: float, lat: float) -> float:
    """How far along the road a place lies."""
    return on_line((lon, lat), LINES["road"]).along_m


REST_M, VILLAGE_M = along_m(106.11, 20.9912), along_m(106.085, 21.002)
GORGE_M, DEPOT_M, SUNDAYS_M = along_m(106.155, 21.048), along_m(106.2525, 21.0598), along_m(106.4, 21.0513)
BEND_M = 5_800.0
"""Of the bypass, in the forbidden zone."""


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def report(seconds: int, at_m: float | None = None, aside_m: float = 0.0, **more: Any) -> Raw:
    """A report so many seconds after the start, that far along the road; None = without a fix."""
    raw: Raw = {"seal": "seal", "time_ms": START + seconds * SECOND, "lock": "locked"}
    raw["received_ms"] = raw["time_ms"] + SECOND
    if at_m is not None:
        lon, lat = point_on("road", at_m)
        raw |= {"lon": lon, "lat": lat + aside_m / DEGREE_M}
    return raw | more


def drive(from_m: float, to_m: float, begin_s: int = 0, kmh: float = 60.0, **more: Any) -> list[Raw]:
    """A report every 30 s."""
    steps = max(1, round(abs(to_m - from_m) / (kmh / 3.6 * 30)))
    return [report(begin_s + 30 * i, from_m + (to_m - from_m) * i / steps, **more) for i in range(steps + 1)]


def blind(begin_s: int, end_s: int, **more: Any) -> list[Raw]:
    """A report every 30 s, without a fix."""
    return [report(s, **more) for s in range(begin_s, end_s + 1, 30)]


def raised(
    country: Catalogue,
    kind: str,
    reports: list[Raw],
    trip: Shipment | list[Shipment] = TRIP,
    *,
    clock: int = 0,
    **policy: float,
) -> list[Alert]:
    """The alerts of one kind that stand in the end."""
    trips = trip if isinstance(trip, list) else [trip]
    told = [raw | {"partition": 0, "offset": offset} for offset, raw in enumerate(reports)]
    last = max((raw["received_ms"] for raw in reports), default=START)
    case = Case(told, trips, max(last, clock), replace(Policy(), **policy))
    return [alert for alert in judge_case(country, case) if alert.kind == kind]


# forbidden_zone


def test_a_truck_that_stands_in_a_forbidden_zone_is_there_from_the_first_fix_inside(country: Catalogue) -> None:
    inside = [report(s, DEPOT_M) for s in (60, 90, 120)]
    (alert,) = raised(
        country, "forbidden_zone", [report(0, DEPOT_M - 900), *inside, *drive(DEPOT_M + 900, DEPOT_M + 2_000, 180)]
    )
    assert (alert.severity, alert.status) == ("critical", "closed")
    assert (alert.start, alert.end) == (START + 60 * SECOND, START + 180 * SECOND)
    assert alert.detected_at == START + 91 * SECOND


def test_more_fixes_inside_may_be_asked_for(country: Catalogue) -> None:
    inside = [report(s, DEPOT_M) for s in (60, 90, 120)]
    assert raised(country, "forbidden_zone", inside, forbidden_fixes=4) == []
    assert len(raised(country, "forbidden_zone", inside, forbidden_fixes=3)) == 1


def test_a_zone_crossed_between_two_sparse_fixes_is_a_warning(country: Catalogue) -> None:
    (alert,) = raised(country, "forbidden_zone", [report(0, DEPOT_M - 700), report(120, DEPOT_M + 700)])
    assert (alert.severity, alert.start, alert.end) == ("warning", START, START + 120 * SECOND)
    assert alert.evidence["crossed_between_fixes"]


def test_one_fix_inside_between_two_sparse_ones_is_a_visit(country: Catalogue) -> None:
    visit = [report(0, DEPOT_M - 1_500), report(120, DEPOT_M), report(240, DEPOT_M + 1_500)]
    (alert,) = raised(country, "forbidden_zone", visit)
    assert (alert.severity, alert.status) == ("warning", "closed")
    assert (alert.start, alert.end) == (START + 120 * SECOND, START + 240 * SECOND)
    assert alert.evidence["reports"] == 1
    assert "crossed_between_fixes" not in alert.evidence


@pytest.mark.parametrize(("step_s", "away_m"), [(30, 500), (60, 1_500)], ids=["dense", "faster than a truck drives"])
def test_one_fix_inside_that_may_be_wild_is_nothing(country: Catalogue, step_s: int, away_m: int) -> None:
    way = [report(0, DEPOT_M - away_m), report(step_s, DEPOT_M), report(2 * step_s, DEPOT_M + away_m)]
    assert raised(country, "forbidden_zone", way) == []


def test_a_zone_on_the_road_between_two_sparse_fixes_is_crossed_where_the_straight_way_misses_it(
    country: Catalogue,
) -> None:
    places = [dict(zip(("lon", "lat"), point_on("bypass", BEND_M + m), strict=True)) for m in (-2_500, 2_500)]
    fixes = [report(300 * i, **place) for i, place in enumerate(places)]
    (alert,) = raised(country, "forbidden_zone", fixes, replace(TRIP, route_id="road|bypass"))
    assert (alert.severity, alert.start, alert.end) == ("warning", START, START + 300 * SECOND)
    assert raised(country, "forbidden_zone", fixes) == [], "no corridor leads along the bypass"


def test_who_drives_along_the_edge_of_the_corridor_does_not_cross_what_lies_on_its_line(country: Catalogue) -> None:
    beside = [report(0, DEPOT_M - 1_500, 700), report(120, DEPOT_M + 1_500, 700)]
    assert raised(country, "forbidden_zone", beside) == []


def test_driving_past_within_the_fixs_own_error_is_nothing(country: Catalogue) -> None:
    fixes = [report(30 * i, DEPOT_M + 200, accuracy_m=150.0) for i in range(6)]
    assert raised(country, "forbidden_zone", fixes) == []


def test_standing_at_the_edge_of_a_zone_crosses_nothing(country: Catalogue) -> None:
    dice = random.Random(1)
    west = AREAS["depot"][0][0][0]
    fixes = [report(120 * i, lon=west + dice.gauss(0, 8) / DEGREE_M, lat=21.0598) for i in range(60)]
    assert raised(country, "forbidden_zone", fixes) == []


def test_a_zone_is_forbidden_by_its_schedule_only(country: Catalogue) -> None:
    friday = [report(30 * i, SUNDAYS_M) for i in range(4)]
    saturday = [report(6 * 3_600 + 30 * i, SUNDAYS_M) for i in range(4)]
    assert raised(country, "forbidden_zone", friday) == []
    assert len(raised(country, "forbidden_zone", saturday)) == 1


# route_reversal


def test_seven_kilometres_back_are_a_reversal(country: Catalogue) -> None:
    there = drive(OPEN_ROAD_M, OPEN_ROAD_M + 8_000)
    (alert,) = raised(country, "route_reversal", there + drive(OPEN_ROAD_M + 7_500, OPEN_ROAD_M + 1_000, 510))
    assert (alert.severity, alert.status) == ("warning", "open")
    assert alert.evidence["max_back_m"] >= 5_000


@pytest.mark.parametrize("back_m", [(3_000, 7_500, 1_000), (6_000, 4_500, -1_000)], ids=["before", "after"])
def test_one_fix_far_back_needs_another_one_well_back(country: Catalogue, back_m: tuple[int, ...]) -> None:
    there = [report(300 * i, OPEN_ROAD_M + 4_000 * i) for i in range(4)]
    back = [report(1_200 + 300 * i, OPEN_ROAD_M + 12_000 - m) for i, m in enumerate(back_m)]
    (alert,) = raised(country, "route_reversal", there + back)
    assert alert.start == START + 1_200 * SECOND
    alone = [report(1_200, OPEN_ROAD_M + 5_000), report(1_500, OPEN_ROAD_M + 10_000)]
    assert raised(country, "route_reversal", there + alone) == []


def test_a_missed_turn_is_no_reversal(country: Catalogue) -> None:
    there = drive(OPEN_ROAD_M, OPEN_ROAD_M + 8_000)
    back = drive(OPEN_ROAD_M + 7_500, OPEN_ROAD_M + 4_000, 510)
    again = drive(OPEN_ROAD_M + 4_500, OPEN_ROAD_M + 9_000, 750)
    assert raised(country, "route_reversal", there + back + again) == []


def test_the_corridor_may_be_drawn_the_other_way(country: Catalogue) -> None:
    home = replace(TRIP, origin_zone="gate", destination_zone="port")
    way = drive(OPEN_ROAD_M + 8_000, OPEN_ROAD_M)
    assert raised(country, "route_reversal", way, home) == []
    assert raised(country, "route_reversal", way, replace(TRIP, origin_zone=None, destination_zone=None)) == []
    assert len(raised(country, "route_reversal", way)) == 1


def test_a_serpentine_hides_no_reversal_elsewhere_on_the_road(tmp_path: Path) -> None:
    """In so wide a corridor the legs of the hairpin, 23 to 28 and 35 to 40 km along, cannot be told apart."""
    wide = catalogue(tmp_path, road=2_000.0)
    beyond = drive(44_000, 53_000) + drive(52_000, 44_500, 570)
    assert len(raised(wide, "route_reversal", beyond)) == 1
    within = drive(34_500, 40_000) + drive(40_000, 34_500, 360)
    assert raised(wide, "route_reversal", within) == []
    before = drive(14_000, 39_000) + drive(38_000, 15_000, 1_530)
    (alert,) = raised(wide, "route_reversal", before)
    assert alert.evidence["max_back_m"] == pytest.approx(19_000, abs=500)


# shortcuts


def test_a_road_that_is_driven_both_ways_is_not_cut_short(tmp_path: Path) -> None:
    """Six kilometres east, six north, and back beside it: a fix does not tell on which carriageway it lies."""
    east, north = 6_000 / 103_900, 6_000 / DEGREE_M
    aside = 60 / DEGREE_M
    there = [(106.0, 21.0), (106.0 + east, 21.0), (106.0 + east, 21.0 + north)]
    back = [(106.0 + east - aside, 21.0 + north), (106.0 + east - aside, 21.0 + aside), (106.0, 21.0 + aside)]
    line = {"type": "LineString", "coordinates": there + back}
    named = {"id": "road", "kind": "corridor", "half_width_m": 400}
    path = tmp_path / "road.geojson"
    feature = {"type": "Feature", "properties": named, "geometry": line}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    before = report(0, lat=21.0, lon=106.0 + east * 2 / 3)
    after = report(240, lat=21.0 + north / 3, lon=106.0 + east - aside)
    trip = replace(TRIP, origin_zone=None, destination_zone=None)
    assert raised(load(path), "route_deviation", [before, after], trip) == []


# speeding


def test_a_minute_above_the_limit_is_speeding_until_the_truck_slows_down(country: Catalogue) -> None:
    fast = drive(OPEN_ROAD_M, OPEN_ROAD_M + 4_000, kmh=120, speed_kmh=120.0)
    slow = drive(OPEN_ROAD_M + 4_500, OPEN_ROAD_M + 6_000, 150, speed_kmh=80.0)
    (alert,) = raised(country, "speeding", fast + slow)
    assert (alert.severity, alert.start, alert.end) == ("warning", START, START + 150 * SECOND)
    assert (alert.evidence["max_speed_kmh"], alert.evidence["limit_kmh"]) == (120.0, 110.0)


def test_a_short_peak_is_no_speeding(country: Catalogue) -> None:
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 6_000, speed_kmh=80.0)
    way[4]["speed_kmh"] = way[9]["speed_kmh"] = 130.0
    assert raised(country, "speeding", way) == []


def test_a_zone_may_set_a_lower_limit(country: Catalogue) -> None:
    through = drive(VILLAGE_M - 900, VILLAGE_M + 900, speed_kmh=60.0)
    (alert,) = raised(country, "speeding", through)
    assert alert.evidence["limit_kmh"] == 50.0
    assert raised(country, "speeding", drive(OPEN_ROAD_M, OPEN_ROAD_M + 1_800, speed_kmh=60.0)) == []


def test_the_speed_of_a_lock_event_is_not_believed(country: Catalogue) -> None:
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 3_000, speed_kmh=140.0, events={"lock"})
    assert raised(country, "speeding", way) == []


def test_speed_that_no_device_reported_is_measured_between_fixes(country: Catalogue) -> None:
    slow = drive(OPEN_ROAD_M, OPEN_ROAD_M + 4_000, kmh=80)
    way = slow + drive(OPEN_ROAD_M + 5_050, OPEN_ROAD_M + 9_000, 210, kmh=125)
    (alert,) = raised(country, "speeding", way)
    assert (alert.status, alert.start, alert.detected_at) == ("open", START + 180 * SECOND, START + 271 * SECOND)
    assert alert.evidence["measured"]
    assert 110 < alert.evidence["max_speed_kmh"] < 125  # less than it was: errors might explain the rest
    assert len(raised(country, "speeding", [raw | {"speed_kmh": 0.0} for raw in way])) == 1  # what some make of none
    assert raised(country, "speeding", [raw | {"speed_kmh": 90.0} for raw in way]) == []


@pytest.mark.parametrize("step_s", [5, 10, 60])
def test_speed_is_measured_at_any_interval(country: Catalogue, step_s: int) -> None:
    fast = [report(s, OPEN_ROAD_M + s * 125 / 3.6) for s in range(0, 241, step_s)]
    (alert,) = raised(country, "speeding", fast)
    assert alert.start <= START + 60 * SECOND  # where the road bends it is faster than its fixes
    slow = [report(s, OPEN_ROAD_M + s * 100 / 3.6) for s in range(0, 241, step_s)]
    assert raised(country, "speeding", slow) == []


@pytest.mark.parametrize("aside_m", [900, 1_500])
def test_a_wild_fix_within_reach_is_no_measured_speed(country: Catalogue, aside_m: int) -> None:
    way = [report(60 * i, OPEN_ROAD_M + 1_340 * i) for i in range(8)]
    way[4] = report(240, OPEN_ROAD_M + 4 * 1_340, aside_m)
    assert raised(country, "speeding", way) == []


@pytest.mark.parametrize("noise_m", [10.0, 30.0])
@pytest.mark.parametrize("step_s", [1, 5, 15, 30])
def test_noise_is_no_measured_speed(country: Catalogue, noise_m: float, step_s: int) -> None:
    dice = random.Random(7)
    way = [report(s, OPEN_ROAD_M + s * 95 / 3.6 + dice.gauss(0, noise_m)) for s in range(0, 900, step_s)]
    assert raised(country, "speeding", way) == []


def test_a_zones_limit_holds_only_where_the_whole_way_between_two_fixes_lies_in_it(country: Catalogue) -> None:
    inside = [report(s, VILLAGE_M - 900 + s * 65 / 3.6) for s in range(0, 91, 5)]
    (alert,) = raised(country, "speeding", inside)
    assert alert.evidence["limit_kmh"] == 50.0
    through = [report(s, VILLAGE_M - 4_000 + s * 80 / 3.6) for s in range(0, 541, 180)]
    assert raised(country, "speeding", through) == []


def test_a_clock_that_is_wrong_measures_no_speed(country: Catalogue) -> None:
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 8_000, kmh=90)
    faulty = [raw | {"received_ms": raw["received_ms"] - 6_000 * i, "time_ms": 0} for i, raw in enumerate(way)]
    assert raised(country, "speeding", faulty) == []


# jamming


def test_fixes_that_stay_away_on_the_open_road_are_jamming(country: Catalogue) -> None:
    before = drive(OPEN_ROAD_M, OPEN_ROAD_M + 1_000)
    (alert,) = raised(country, "jamming", before + blind(90, 90 + 600))
    assert (alert.severity, alert.status, alert.start) == ("warning", "open", START + 90 * SECOND)
    assert alert.detected_at == START + 691 * SECOND
    assert alert.lon == pytest.approx(before[-1]["lon"], abs=1e-6)


@pytest.mark.parametrize("at_m", [GORGE_M, REST_M])
def test_a_tunnel_or_a_roofed_rest_area_is_no_jamming(country: Catalogue, at_m: float) -> None:
    reports = [*drive(at_m - 1_000, at_m), *blind(90, 90 + 3_000), *drive(at_m + 1_000, at_m + 2_000, 3_120)]
    assert raised(country, "jamming", reports) == []


def test_a_short_loss_of_fixes_is_no_jamming(country: Catalogue) -> None:
    reports = [*drive(OPEN_ROAD_M, OPEN_ROAD_M + 1_000), *blind(90, 90 + 570)]
    assert raised(country, "jamming", [*reports, *drive(OPEN_ROAD_M + 9_000, OPEN_ROAD_M + 10_000, 690)]) == []


def test_what_the_device_says_of_jamming_needs_no_time(country: Catalogue) -> None:
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 4_000)
    way[3]["events"] = {"jamming"}
    (alert,) = raised(country, "jamming", way)
    assert (alert.severity, alert.start, alert.end) == ("critical", START + 90 * SECOND, START + 120 * SECOND)
    assert alert.lon == pytest.approx(way[3]["lon"], abs=1e-6)


# low_battery


@pytest.mark.parametrize(("pct", "severity"), [(14.0, "info"), (4.0, "warning")])
def test_two_low_readings_are_a_low_battery_until_it_is_charged(country: Catalogue, pct: float, severity: str) -> None:
    charges = [40.0, pct, pct, 16.0, 16.0, 21.0, 22.0]
    way = [report(30 * i, OPEN_ROAD_M + 400 * i, battery_pct=charge) for i, charge in enumerate(charges)]
    (alert,) = raised(country, "low_battery", way)
    assert (alert.severity, alert.start, alert.end) == (severity, START + 30 * SECOND, START + 150 * SECOND)


def test_one_low_reading_is_nothing(country: Catalogue) -> None:
    charges = [40.0, 3.0, 40.0, 40.0]
    way = [report(30 * i, OPEN_ROAD_M + 400 * i, battery_pct=charge) for i, charge in enumerate(charges)]
    assert raised(country, "low_battery", way) == []


# overdue


def due(minutes: int) -> Shipment:
    return replace(TRIP, arrive_by=START + minutes * MINUTE)


def test_a_truck_still_on_its_way_is_overdue_from_the_deadline_until_it_arrives(country: Catalogue) -> None:
    way = drive(55_000, 67_600, kmh=30)
    (on_way,) = raised(country, "overdue", way[:30], due(10))
    assert (on_way.severity, on_way.status) == ("warning", "open")
    assert on_way.start == on_way.detected_at == START + 10 * MINUTE
    assert on_way.lon == pytest.approx(way[20]["lon"], abs=1e-6), "where the deadline found it"
    (arrived,) = raised(country, "overdue", way, due(10))
    assert arrived.end is not None
    assert START + 22 * MINUTE < arrived.end < START + 26 * MINUTE


def test_who_arrives_in_time_is_not_overdue(country: Catalogue) -> None:
    assert raised(country, "overdue", drive(64_000, 67_600), due(10), clock=START + DAY) == []


def test_hours_late_is_critical(country: Catalogue) -> None:
    (alert,) = raised(country, "overdue", drive(55_000, 60_000), due(10), clock=START + 7 * HOUR)
    assert alert.severity == "critical"


def test_a_deadline_that_cannot_be_met_any_more_is_told_before_it_passes(country: Catalogue) -> None:
    slow = drive(OPEN_ROAD_M, 38_000, kmh=30)  # 30 km are left, 22 min at the very best
    (alert,) = raised(country, "overdue", slow, due(16))
    assert (alert.status, alert.severity, alert.start) == ("open", "warning", START + 16 * MINUTE)
    at = next(raw for raw in slow if raw["received_ms"] == alert.detected_at)
    assert alert.lon == pytest.approx(at["lon"], abs=1e-6)
    assert alert.evidence["predicted_arrival"] > "2026-02-27T19:01:00"
    (before,) = raised(country, "overdue", slow[: slow.index(at) + 1], due(16))
    assert before.detected_at == at["received_ms"]
    assert raised(country, "overdue", slow[: slow.index(at)], due(16)) == []


def test_who_catches_up_is_not_bound_to_be_late_any_more(country: Catalogue) -> None:
    slow, fast = drive(OPEN_ROAD_M, 38_000, kmh=30), drive(48_000, 49_000, 610)
    assert len(raised(country, "overdue", slow, due(16))) == 1
    assert raised(country, "overdue", slow + fast, due(16)) == []


def test_what_was_predicted_and_came_about_was_detected_when_it_was_predicted(country: Catalogue) -> None:
    (alert,) = raised(country, "overdue", drive(OPEN_ROAD_M, 38_000, kmh=30), due(16), clock=START + HOUR)
    assert (alert.start, alert.status) == (START + 16 * MINUTE, "open")
    assert alert.detected_at < alert.start


# signal_loss


def silent(country: Catalogue, at_m: float, to_m: float, minutes: int) -> Alert:
    """What is said of a silence between two places on the road, after which the seal talks again."""
    before = drive(at_m - 3_000, at_m)
    after = drive(to_m, to_m + 3_000, before[-1]["time_ms"] // SECOND - START // SECOND + 60 * minutes)
    (alert,) = raised(country, "signal_loss", before + after)
    assert (alert.status, alert.evidence["backfilled"]) == ("closed", False)
    return alert


@pytest.mark.parametrize(
    ("minutes", "gone_m", "severity", "spare_s"),
    [
        (20, 22_000, "info", 0),
        (30, 22_000, "warning", 600),
        (30, 4_000, "warning", 1_500),
        (91, 20_000, "critical", 4_500),
    ],
)
def test_a_silence_is_graded_by_the_time_that_the_way_leaves(
    country: Catalogue, minutes: int, gone_m: float, severity: str, spare_s: int
) -> None:
    alert = silent(country, OPEN_ROAD_M, OPEN_ROAD_M + gone_m, minutes)
    assert (alert.severity, alert.evidence["spare_s"]) == (severity, spare_s)
    assert alert.evidence["could_detour_km"] == pytest.approx(spare_s / 2 * 80 / 3_600, abs=0.01)


def test_the_way_is_that_of_the_road_not_the_straight_one(country: Catalogue) -> None:
    bend_m = along_m(106.18, 21.03)  # the hairpin: 3.3 km on foot, 20 by road
    assert silent(country, bend_m - 6_000, bend_m + 10_000, 25).evidence["spare_s"] == 600


def test_a_silence_through_a_dead_zone_is_one_step_lower(country: Catalogue) -> None:
    alert = silent(country, GORGE_M - 800, GORGE_M + 800, 30)
    assert (alert.severity, alert.evidence["dead_zone"]) == ("info", True)
    assert silent(country, GORGE_M - 800, GORGE_M + 800, 90).severity == "warning"
    assert "dead_zone" not in silent(country, GORGE_M + 2_000, GORGE_M + 4_000, 30).evidence


def test_who_falls_silent_before_a_dead_zone_is_expected_to(country: Catalogue) -> None:
    near, away = drive(GORGE_M - 4_500, GORGE_M - 1_500), drive(OPEN_ROAD_M, OPEN_ROAD_M + 3_000)
    (expected,) = raised(country, "signal_loss", near, clock=START + 30 * MINUTE)
    assert (expected.status, expected.severity, expected.evidence["dead_zone"]) == ("open", "info", True)
    (unexpected,) = raised(country, "signal_loss", away, clock=START + 30 * MINUTE)
    assert (unexpected.severity, unexpected.evidence.get("dead_zone")) == ("warning", None)


def test_stored_reports_that_fill_the_hole_say_so(country: Catalogue) -> None:
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 30_000)
    stored = [raw | {"received_ms": way[-5]["received_ms"], "buffered": True} for raw in way[5:-5]]
    (alert,) = raised(country, "signal_loss", way[:5] + stored + way[-5:])
    assert (alert.severity, alert.evidence["backfilled"]) == ("info", True)
    assert "spare_s" not in alert.evidence


# silent_shipment


def other(seconds: int) -> Raw:
    """A report of a seal that belongs to nobody."""
    return report(seconds, seal="stranger", received_ms=START + seconds * SECOND)


def test_a_seal_heard_late_was_a_silent_shipment_until_then(country: Catalogue) -> None:
    trip = replace(TRIP, depart_at=START - 40 * MINUTE)
    (alert,) = raised(country, "silent_shipment", [other(-11 * 60), *drive(0, 9_000)], trip)
    assert (alert.severity, alert.start, alert.end) == ("warning", trip.depart_at, START + SECOND)
    assert alert.detected_at == trip.depart_at + 30 * MINUTE


def test_a_seal_never_heard_is_a_silent_shipment_by_the_clock(country: Catalogue) -> None:
    heard = [other(29 * 60 - 1)]
    assert raised(country, "silent_shipment", heard) == []
    (alert,) = raised(country, "silent_shipment", heard, clock=START + 29 * MINUTE)
    assert (alert.status, alert.lat) == ("open", None)


def test_before_anybody_was_heard_nobody_is_silent(country: Catalogue) -> None:
    trip = replace(TRIP, depart_at=START - 40 * MINUTE)
    assert raised(country, "silent_shipment", [], trip, clock=START + DAY) == []
    assert raised(country, "silent_shipment", [other(0)], trip, clock=START + DAY) == []
    assert len(raised(country, "silent_shipment", [other(0), other(-700)], trip, clock=START + DAY)) == 1


def test_a_seal_heard_soon_is_no_silent_shipment(country: Catalogue) -> None:
    assert raised(country, "silent_shipment", drive(0, 9_000), clock=START + 5 * HOUR) == []
    just_in_time = replace(TRIP, depart_at=START + SECOND - 30 * MINUTE)
    assert raised(country, "silent_shipment", drive(0, 9_000), just_in_time) == []
