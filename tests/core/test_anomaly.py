"""position_anomaly: what a device says of place and time that cannot be true, and what only looks like it."""

from __future__ import annotations

import random

import pytest

from sealtrack.geofence import Catalogue
from tests.core.feeds import DAY, DEGREE_M, SECOND, START, Raw
from tests.core.test_rules import OPEN_ROAD_M, drive, raised, report
from tests.core.world import catalogue, point_on

pytestmark = pytest.mark.compiled
STRAIGHT_M = OPEN_ROAD_M + 500
"""From here the road is straight for nine kilometres."""


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def perfect(fixes: int, step_s: int, noise_m: float = 0.0) -> list[Raw]:
    """A straight drive at 40 km/h, by a receiver with this noise."""
    dice = random.Random(3)
    told = []
    for i in range(fixes):
        lon, lat = point_on("road", STRAIGHT_M + 40 / 3.6 * step_s * i)
        lon, lat = lon + dice.gauss(0, noise_m) / DEGREE_M, lat + dice.gauss(0, noise_m) / DEGREE_M
        told.append(report(step_s * i, lon=lon, lat=lat))
    return told


# a clock that is wrong


def test_a_clock_that_is_ahead_is_told_once_with_the_place_before(country: Catalogue) -> None:
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 3_000)
    way[3]["time_ms"] += DAY
    (alert,) = raised(country, "position_anomaly", way)
    assert (alert.severity, alert.start, alert.evidence["causes"]) == ("info", START + 91 * SECOND, ["clock"])
    assert (alert.lat, alert.lon) == pytest.approx((way[2]["lat"], way[2]["lon"]), abs=1e-6)
    assert "max_jump_m" not in alert.evidence


def test_a_clock_that_was_never_set_needs_no_fix(country: Catalogue) -> None:
    never_set = [report(30 * i, time_ms=DAY) for i in range(4)]
    (alert,) = raised(country, "position_anomaly", never_set)
    assert (alert.start, alert.evidence["causes"], alert.lat) == (START + SECOND, ["clock"], None)


def test_a_clock_a_little_ahead_or_hours_behind_is_no_fault(country: Catalogue) -> None:
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 3_000)
    way[3]["received_ms"] -= 200 * SECOND
    way[4]["received_ms"] += 5 * 3_600 * SECOND
    assert raised(country, "position_anomaly", way) == []


def test_a_copy_of_a_report_with_a_wrong_clock_is_the_same_report(country: Catalogue) -> None:
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 3_000)
    way[3]["time_ms"] += DAY
    quiet = report(3_600, OPEN_ROAD_M + 9_000)
    (alert,) = raised(country, "position_anomaly", [*way[:4], way[3].copy(), *way[4:], quiet])
    assert (alert.status, alert.evidence["reports"]) == ("closed", 1)


# a frozen position


def frozen(kmh: float, seconds: int = 150, step_s: int = 30) -> list[Raw]:
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 1_000, speed_kmh=60.0)
    standing = [report(s, OPEN_ROAD_M + 1_500, speed_kmh=kmh) for s in range(90, 91 + seconds, step_s)]
    return way + standing


def test_a_position_that_stays_while_the_truck_says_it_moves_is_frozen(country: Catalogue) -> None:
    (alert,) = raised(country, "position_anomaly", frozen(60.0))
    assert (alert.severity, alert.evidence["causes"]) == ("warning", ["frozen"])
    assert alert.start == START + (90 + 120) * SECOND, "told from the report on at which two minutes are full"


@pytest.mark.parametrize("step_s", [120, 300])
def test_three_of_a_sparse_feed_are_frozen(country: Catalogue, step_s: int) -> None:
    (alert,) = raised(country, "position_anomaly", frozen(60.0, 2 * step_s, step_s))
    assert alert.start == START + (90 + 2 * step_s) * SECOND
    assert raised(country, "position_anomaly", frozen(60.0, step_s, step_s)) == []


@pytest.mark.parametrize(
    ("kmh", "seconds", "step_s"),
    [(0.0, 1_500, 30), (10.0, 1_500, 30), (60.0, 110, 10), (60.0, 150, 75)],
    ids=["standing", "creeping", "too short", "too few"],
)
def test_what_stands_still_is_not_frozen(country: Catalogue, kmh: float, seconds: int, step_s: int) -> None:
    assert raised(country, "position_anomaly", frozen(kmh, seconds, step_s)) == []


def test_a_position_that_moves_by_a_metre_is_not_frozen(country: Catalogue) -> None:
    way = frozen(60.0)
    way[6]["lat"] += 1 / DEGREE_M
    assert raised(country, "position_anomaly", way) == []


# a track without noise


def test_a_track_without_any_noise_is_too_smooth(country: Catalogue) -> None:
    (alert,) = raised(country, "position_anomaly", perfect(40, 10))
    assert (alert.severity, alert.evidence["causes"]) == ("info", ["smooth"])
    assert alert.start == START + 310 * SECOND, "the thirtieth that lies where the two before it lead"


def test_a_receiver_has_noise(country: Catalogue) -> None:
    assert raised(country, "position_anomaly", perfect(40, 10, noise_m=1.0)) == []


def test_two_seconds_are_too_short_to_tell_a_filter_from_a_lie(country: Catalogue) -> None:
    assert raised(country, "position_anomaly", perfect(200, 2)) == []


def test_a_new_cause_is_a_new_version_of_the_same_alert(country: Catalogue) -> None:
    way = frozen(60.0)
    way[-1]["time_ms"] += DAY
    (alert,) = raised(country, "position_anomaly", way)
    assert (alert.version, alert.evidence["causes"]) == (2, ["clock", "frozen"])


def test_a_wild_fix_says_how_far(country: Catalogue) -> None:
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 3_000)
    way[3]["lat"] += 0.5
    (alert,) = raised(country, "position_anomaly", way)
    assert alert.evidence["causes"] == ["gross"]
    assert alert.evidence["max_jump_m"] == pytest.approx(55_400, rel=0.02)


# a jump to where coordinates could have lost a zero


def test_a_wild_first_fix_mends_no_true_one(country: Catalogue) -> None:
    """The whole degree without its decimals: next to it lies what 21.0x would be had it lost a zero."""
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 10_000)
    way[0]["lat"], way[0]["lon"] = 21.0, 106.0
    assert raised(country, "route_deviation", way) == []
    (alert,) = raised(country, "position_anomaly", way)
    assert alert.evidence["causes"] == ["jump", "gross"]


def northward(from_lat: float, fixes: int, begin_s: int) -> list[Raw]:
    """72 km/h, by a receiver with some noise, a fix every 30 s."""
    dice = random.Random(5)
    places = [(from_lat + (600 * i + dice.gauss(0, 5)) / DEGREE_M, dice.gauss(0, 5)) for i in range(fixes)]
    return [
        report(begin_s + 30 * i, lon=106.35 + aside_m / DEGREE_M, lat=lat) for i, (lat, aside_m) in enumerate(places)
    ]


def test_true_fixes_that_could_be_mended_are_not_mended_for_ever(country: Catalogue) -> None:
    """Frozen at 21.011, the receiver comes back at 21.11, as 21.011 does without its zero. But then it goes 36 km."""
    frozen = [report(30 * i, lon=106.35, lat=21.011) for i in range(12)]
    (alert,) = raised(country, "route_deviation", frozen + northward(21.11, 60, 360))
    assert alert.evidence["max_offset_m"] > 20_000
    assert alert.end is None


def test_a_queue_where_coordinates_lose_their_zero_is_mended_all_along(country: Catalogue) -> None:
    """21.05 sent as 21.5: at 5 km/h the false place moves at 50, and seems to be a truck's."""
    way = drive(OPEN_ROAD_M, OPEN_ROAD_M + 1_000)
    last = way[-1]
    dice = random.Random(7)
    queue = []
    for i in range(1, 30):
        lon, lat = last["lon"] + 4e-4 * i + dice.gauss(0, 3e-5), last["lat"] + dice.gauss(0, 3e-5)
        queue.append(report(90 + 30 * i, lon=lon, lat=21 + 10 * (lat - 21)))
    assert raised(country, "route_deviation", way + queue) == []
    (alert,) = raised(country, "position_anomaly", way + queue)
    assert "mended" in alert.evidence["causes"]
