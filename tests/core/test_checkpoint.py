"""skipped_checkpoint: who goes round a checkpoint, and who only seems to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sealtrack.columns import pack_sightings
from sealtrack.core.fences import Fences
from sealtrack.core.spans import checkpoint_spans
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue, load
from sealtrack.schema import Sighting
from tests.core.feeds import SECOND, START, Raw, pack
from tests.core.test_rules import TRIP, along_m, drive, raised, report
from tests.core.world import AREAS, catalogue
from tests.geofence.builders import road, write, yard

pytestmark = pytest.mark.compiled
POST_M, WEEKEND_M = along_m(106.325, 21.049), along_m(106.275, 21.0461)
"""Of the second post, and of the one that is open at weekends only."""
OUTSIDE_M = 1_500.0
SATURDAY_S = 6 * 3_600


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def round_about(from_m: float, to_m: float, begin_s: int = 0) -> list[Raw]:
    """Fixes on the road up to `from_m`, three beside it, and on the road again from `to_m`, at 60 km/h."""
    step_s = max(30, round(abs(to_m - from_m) / 4 / 16))
    left_s = begin_s + 90
    beside = [report(left_s + step_s * i, from_m + (to_m - from_m) * i / 4, OUTSIDE_M) for i in (1, 2, 3)]
    onward_m = 1_500 if to_m > from_m else -1_500
    before, after = drive(from_m - onward_m, from_m, begin_s), drive(to_m, to_m + onward_m, left_s + 4 * step_s)
    return [*before, *beside, *after]


def test_who_leaves_the_road_before_a_checkpoint_and_is_back_behind_it_skipped_it(country: Catalogue) -> None:
    way = round_about(POST_M - 600, POST_M + 800)
    (alert,) = raised(country, "skipped_checkpoint", way)
    left, back = way[3], way[7]
    assert (alert.severity, alert.status) == ("warning", "closed")
    assert (alert.start, alert.end, alert.detected_at) == (left["time_ms"], back["time_ms"], back["received_ms"])
    assert (alert.lat, alert.lon) == pytest.approx((left["lat"], left["lon"]), abs=1e-6)
    said = alert.evidence
    assert (said["zone"], said["checkpoints"]) == ("second_post", 1)
    assert said["left_route_km"] == pytest.approx((POST_M - 600) / 1_000, abs=0.01)
    assert said["rejoined_route_km"] == pytest.approx((POST_M + 800) / 1_000, abs=0.01)


def test_several_checkpoints_are_one_alert_that_names_the_first(country: Catalogue) -> None:
    there = round_about(WEEKEND_M - 600, POST_M + 800, SATURDAY_S)
    (alert,) = raised(country, "skipped_checkpoint", there)
    assert (alert.evidence["zone"], alert.evidence["checkpoints"]) == ("weekend_post", 2)
    home = replace(TRIP, origin_zone="gate", destination_zone="port")
    (back,) = raised(country, "skipped_checkpoint", round_about(POST_M + 800, WEEKEND_M - 600, SATURDAY_S), home)
    assert (back.evidence["zone"], back.evidence["checkpoints"]) == ("second_post", 2), "the first from where it left"


def test_a_checkpoint_that_is_closed_cannot_be_skipped(country: Catalogue) -> None:
    around = (WEEKEND_M - 600, WEEKEND_M + 800)
    assert raised(country, "skipped_checkpoint", round_about(*around)) == []
    assert len(raised(country, "skipped_checkpoint", round_about(*around, begin_s=SATURDAY_S))) == 1


def test_driving_through_it_seen_or_not_is_nothing(country: Catalogue) -> None:
    assert raised(country, "skipped_checkpoint", drive(POST_M - 5_000, POST_M + 5_000)) == []
    assert raised(country, "skipped_checkpoint", [report(0, POST_M - 5_000), report(600, POST_M + 5_000)]) == []


def test_a_detour_that_ends_before_the_checkpoint_is_nothing(country: Catalogue) -> None:
    assert raised(country, "skipped_checkpoint", round_about(POST_M - 2_500, POST_M - 800)) == []


def test_a_detour_through_the_checkpoint_is_nothing(country: Catalogue) -> None:
    way = round_about(POST_M - 600, POST_M + 800)
    way[5] |= {key: report(0, POST_M)[key] for key in ("lat", "lon")}
    assert raised(country, "skipped_checkpoint", way) == []


def test_beside_it_but_inside_the_corridor_is_skipped_too(country: Catalogue) -> None:
    way = [report(0, POST_M - 900), report(60, POST_M, 500), report(120, POST_M + 900)]
    (alert,) = raised(country, "skipped_checkpoint", way)
    assert (alert.start, alert.end) == (START, START + 120 * SECOND)
    way[1]["accuracy_m"] = 400.0
    assert raised(country, "skipped_checkpoint", way) == [], "it may have been inside, by what the fix says of itself"


def test_after_a_jump_nobody_knows_what_lies_between(country: Catalogue) -> None:
    beside = report(60, POST_M - 600, OUTSIDE_M)
    far = [report(90 + 30 * i, POST_M + 5_200 + 300 * i) for i in range(4)]
    assert raised(country, "skipped_checkpoint", [report(0, POST_M - 1_500), beside, *far]) == []
    late = [raw | {"time_ms": raw["time_ms"] + 600_000, "received_ms": raw["received_ms"] + 600_000} for raw in far]
    assert len(raised(country, "skipped_checkpoint", [report(0, POST_M - 1_500), beside, *late])) == 1, "in reach"


def test_an_order_that_comes_during_the_detour_excuses_it(country: Catalogue) -> None:
    way = round_about(POST_M - 600, POST_M + 800)
    ordered = replace(TRIP, amended_at=way[5]["time_ms"])
    assert raised(country, "skipped_checkpoint", way, [TRIP, ordered]) == []


def test_the_forbidden_zone_is_named(country: Catalogue) -> None:
    lon, lat = AREAS["depot"][0][0]
    inside = [report(30 * i, lon=lon + 0.0025, lat=lat + 0.0025) for i in range(3)]
    (alert,) = raised(country, "forbidden_zone", inside)
    assert alert.evidence["zone"] == "depot"


def test_spans_reach_from_where_the_line_enters_to_where_it_leaves_or_to_abreast_of_a_zone_beside_it(
    country: Catalogue,
) -> None:
    spans, start = checkpoint_spans(country.fences)
    route = country.route_ids.index("road")
    names = [country.zone_ids[zone] for zone in spans["zone"]]
    assert names[start[route] : start[route + 1]] == ["lay_by", "post", "second_post", "weekend_post"]
    span = spans[start[route] + 2]
    half_m = POST_M - along_m(106.323, 21.049 - 0.002 * 24 / 70)
    assert (span["from_m"], span["to_m"]) == pytest.approx((POST_M - half_m, POST_M + half_m), abs=55)
    beside = spans[start[route]]
    assert beside["from_m"] == beside["to_m"] == pytest.approx(along_m(106.03, 21.0105), abs=50)


def fences_of(folder: Path, *features: dict[str, Any]) -> Fences:
    return load(write(folder / "fences.geojson", *features)).fences


def test_a_country_without_checkpoints_has_no_spans(tmp_path: Path) -> None:
    spans, start = checkpoint_spans(fences_of(tmp_path, road(), yard()))
    assert len(spans) == 0
    assert np.array_equal(start, [0, 0])


@pytest.mark.parametrize(("plate", "skipped"), [(None, 0), ("15C-123.45", 0), ("29H-999.99", 1)])
def test_a_camera_at_the_checkpoint_saw_the_truck_that_no_fix_shows_there(
    country: Catalogue, plate: str | None, skipped: int
) -> None:
    way = round_about(POST_M - 600, POST_M + 800)
    seen = Sighting(
        sighting_id="camera-1",
        time=way[5]["time_ms"] + SECOND,
        source="camera",
        shipment_id=TRIP.shipment_id,
        plate=plate,
        lat=21.049,
        lon=106.325,
    )
    engine = Engine(country)
    engine.register([replace(TRIP, vehicle="15C 12345")])
    told = pack([raw | {"partition": 0, "offset": offset} for offset, raw in enumerate(way)])
    engine.process(told[:6])
    engine.process(pack_sightings([seen]))
    history = engine.process(told[6:])
    assert raised(country, "skipped_checkpoint", way)
    assert len([alert for alert in history if alert.kind == "skipped_checkpoint"]) == skipped
