"""skipped_checkpoint: who goes round a checkpoint, and who only seems to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sealtrack.core.fences import Fences
from sealtrack.core.spans import checkpoint_spans
from sealtrack.geofence import Catalogue, load
from tests.core.feeds import SECOND, START, Raw
from tests.core.test_rules import TRIP, along_m, drive, raised, report
from tests.core.world import AREAS, catalogue
from tests.geofence.builders import road, square, write, yard

pytestmark = pytest.mark.compiled
POST_M, WEIGHBRIDGE_M = along_m(106.325, 21.049), along_m(106.345, 21.0559)
OUTSIDE_M = 1_500.0
SATURDAY_S = 6 * 3_600


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def round_about(from_m: float, to_m: float, begin_s: int = 0, aside_m: float = OUTSIDE_M) -> list[Raw]:
    """A fix on the road every 30 s up to `from_m`, three beside it, and again on the road from `to_m`."""
    beside = [report(begin_s + 120 + 30 * i, from_m + (to_m - from_m) * i / 3, aside_m) for i in (1, 2, 3)]
    return [*drive(from_m - 1_500, from_m, begin_s), *beside, *drive(to_m, to_m + 1_500, begin_s + 240)]


def test_who_leaves_the_road_before_a_checkpoint_and_is_back_behind_it_skipped_it(country: Catalogue) -> None:
    way = round_about(POST_M - 600, POST_M + 800)
    (alert,) = raised(country, "skipped_checkpoint", way)
    left, back = way[3], way[7]
    assert (alert.severity, alert.status) == ("warning", "closed")
    assert (alert.start, alert.end, alert.detected_at) == (left["time_ms"], back["time_ms"], back["received_ms"])
    assert (alert.lat, alert.lon) == pytest.approx((left["lat"], left["lon"]), abs=1e-6)
    said = alert.evidence
    assert (said["zone"], said["checkpoints"]) == ("post", 1)
    assert said["left_route_km"] == pytest.approx((POST_M - 600) / 1_000, abs=0.01)
    assert said["rejoined_route_km"] == pytest.approx((POST_M + 800) / 1_000, abs=0.01)


def test_several_checkpoints_are_one_alert_that_names_the_first(country: Catalogue) -> None:
    (alert,) = raised(country, "skipped_checkpoint", round_about(POST_M - 600, WEIGHBRIDGE_M + 800))
    assert (alert.evidence["zone"], alert.evidence["checkpoints"]) == ("post", 2)
    home = replace(TRIP, origin_zone="gate", destination_zone="port")
    (back,) = raised(country, "skipped_checkpoint", round_about(WEIGHBRIDGE_M + 600, POST_M - 800), home)
    assert (back.evidence["zone"], back.evidence["checkpoints"]) == ("weighbridge", 2), "the first from where it left"


def test_a_checkpoint_that_is_closed_cannot_be_skipped(country: Catalogue) -> None:
    around = (WEIGHBRIDGE_M - 600, WEIGHBRIDGE_M + 800)
    assert len(raised(country, "skipped_checkpoint", round_about(*around))) == 1
    assert raised(country, "skipped_checkpoint", round_about(*around, begin_s=SATURDAY_S)) == []


def test_driving_through_it_seen_or_not_is_nothing(country: Catalogue) -> None:
    assert raised(country, "skipped_checkpoint", drive(POST_M - 5_000, POST_M + 5_000)) == []
    assert raised(country, "skipped_checkpoint", [report(0, POST_M - 5_000), report(600, POST_M + 5_000)]) == []


def test_a_detour_that_ends_before_the_checkpoint_is_nothing(country: Catalogue) -> None:
    assert raised(country, "skipped_checkpoint", round_about(POST_M - 2_500, POST_M - 800)) == []


def test_a_detour_through_the_checkpoint_is_nothing(country: Catalogue) -> None:
    way = round_about(POST_M - 600, POST_M + 800)
    way[5] |= {key: report(180, POST_M)[key] for key in ("lat", "lon")}
    assert raised(country, "skipped_checkpoint", way) == []


def test_beside_it_but_inside_the_corridor_is_skipped_too(country: Catalogue) -> None:
    way = [report(0, POST_M - 900), report(60, POST_M, 500), report(120, POST_M + 900)]
    (alert,) = raised(country, "skipped_checkpoint", way)
    assert (alert.start, alert.end) == (START, START + 120 * SECOND)
    way[1]["accuracy_m"] = 400.0
    assert raised(country, "skipped_checkpoint", way) == [], "it may have been inside, by what the fix says of itself"


def test_after_a_jump_nobody_knows_what_lies_between(country: Catalogue) -> None:
    beside = report(60, POST_M - 600, OUTSIDE_M)
    far = [report(90 + 30 * i, WEIGHBRIDGE_M + 3_000 + 300 * i) for i in range(4)]
    assert raised(country, "skipped_checkpoint", [report(0, POST_M - 1_500), beside, *far]) == []
    late = [raw | {"time_ms": raw["time_ms"] + 600_000, "received_ms": raw["received_ms"] + 600_000} for raw in far]
    assert len(raised(country, "skipped_checkpoint", [report(0, POST_M - 1_500), beside, *late])) == 1, "in reach"


def test_the_forbidden_zone_is_named(country: Catalogue) -> None:
    lon, lat = AREAS["depot"][0][0]
    inside = [report(30 * i, lon=lon + 0.0025, lat=lat + 0.0025) for i in range(3)]
    (alert,) = raised(country, "forbidden_zone", inside)
    assert alert.evidence["zone"] == "depot"


def test_spans_reach_from_the_first_point_of_the_line_inside_to_the_last(country: Catalogue) -> None:
    spans, start = checkpoint_spans(country.fences)
    on_road = spans[start[country.route_ids.index("road")] :][:2]
    assert [country.zone_ids[zone] for zone in on_road["zone"]] == ["post", "weighbridge"]
    half_m = POST_M - along_m(106.323, 21.049 - 0.002 * 24 / 70)
    assert on_road["from_m"] == pytest.approx([POST_M - half_m, WEIGHBRIDGE_M - half_m], abs=55)
    assert on_road["to_m"] == pytest.approx([POST_M + half_m, WEIGHBRIDGE_M + half_m], abs=55)
    assert start[-1] == len(spans) == 2, "no other corridor comes near"


def test_the_span_of_a_checkpoint_beside_the_line_is_the_point_abreast_of_it(tmp_path: Path) -> None:
    line = [[105.80, 21.00], [105.90, 21.00]]
    beside = yard(square(105.85, 21.005, 0.004), role="checkpoint", permits=None)
    spans, _ = checkpoint_spans(fences_of(tmp_path, road(line), beside))
    assert spans["from_m"] == spans["to_m"]
    assert spans["from_m"] == pytest.approx(0.5192 * 103_980 * 0.1, rel=0.01)  # 105.852 is 52 % of 10.4 km


def fences_of(folder: Path, *features: dict[str, Any]) -> Fences:
    return load(write(folder / "fences.geojson", *features)).fences


def test_a_country_without_checkpoints_has_no_spans(tmp_path: Path) -> None:
    spans, start = checkpoint_spans(fences_of(tmp_path, road(), yard()))
    assert len(spans) == 0
    assert np.array_equal(start, [0, 0])
