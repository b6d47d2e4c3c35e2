"""The compiled arrays against pyproj's Geod and against the fences as they were drawn."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Geod
from shapely import LineString

from sealtrack import geofence
from sealtrack.core import fences as core
from sealtrack.core.fences import Fences
from sealtrack.geofence.compile import compile_fences
from sealtrack.geofence.model import Fence
from tests.geofence.builders import ROAD, YARD, feature, moved, road, square, write, yard

GEOD = Geod(ellps="WGS84")
NO_START, NO_END = np.iinfo(np.int64).min, np.iinfo(np.int64).max


def compiled(tmp_path: Path, *features: dict[str, Any]) -> Fences:
    return geofence.load(write(tmp_path / "fences.geojson", *features)).fences


def corridor(points: Any, half_width_m: float = 1000) -> Fences:
    line = LineString(points)
    fence = Fence(
        id="r", name="r", geometry=line, half_width_m=half_width_m, valid_from_ms=NO_START, valid_to_ms=NO_END
    )
    return compile_fences([fence]).fences


def plane_distance_m(vertices: NDArray[np.void], lat: float, lon: float) -> float:
    """What a kernel computes: on the plane at each segment's first vertex, with radii of the mid-latitude."""
    start, end = vertices[:-1], vertices[1:]

    def flat(to_lat: Any, to_lon: Any) -> tuple[Any, Any]:
        north = to_lat - start["lat"]
        x = (to_lon - start["lon"]) * (start["m_per_lon"] + start["half_m_per_lon_lat"] * north)
        return x, north * (start["m_per_lat"] + start["half_m_per_lat_lat"] * north)

    (px, py), (ex, ey) = flat(lat, lon), flat(end["lat"], end["lon"])
    along = np.clip((px * ex + py * ey) / (ex**2 + ey**2), 0, 1)
    return float(np.hypot(px - along * ex, py - along * ey).min())


def geod_distance_m(vertices: NDArray[np.void], lat: float, lon: float) -> float:
    """The same by brute force on the ellipsoid: many points of the line, then many around the nearest of them."""
    step = np.linspace(0, len(vertices) - 1, 100 * len(vertices))
    for _ in range(3):
        lats, lons = (np.interp(step, np.arange(len(vertices)), vertices[name]) for name in ("lat", "lon"))
        distances_m = np.asarray(GEOD.inv(lons, lats, np.full(len(step), lon), np.full(len(step), lat))[2])
        nearest = int(distances_m.argmin())
        step = np.linspace(step[max(nearest - 1, 0)], step[min(nearest + 1, len(step) - 1)], 100)
    return float(distances_m.min())


def test_distance_on_the_stored_plane_agrees_with_geod_within_half_a_metre_at_5_km() -> None:
    rng = np.random.default_rng(7)
    errors_m = []
    for _ in range(800):
        lat, heading, length_m = rng.uniform(-65, 65), rng.uniform(0, 360), rng.uniform(500, 4000)
        vertices = corridor([(106.0, lat), GEOD.fwd(106.0, lat, heading, length_m)[:2]]).vertices
        foot_lon, foot_lat, _ = GEOD.fwd(106.0, lat, heading, rng.uniform(0, length_m))
        fix_lon, fix_lat, _ = GEOD.fwd(foot_lon, foot_lat, rng.uniform(0, 360), rng.uniform(0, 5000))
        errors_m.append(plane_distance_m(vertices, fix_lat, fix_lon) - geod_distance_m(vertices, fix_lat, fix_lon))
    assert np.abs(errors_m).max() < 0.5


def test_the_slopes_of_the_plane_are_those_of_its_radii() -> None:
    vertices = corridor([(106.0, 20.9), (106.0, 21.1)]).vertices
    step = np.diff(vertices["lat"])
    for radius, half_slope in (("m_per_lon", "half_m_per_lon_lat"), ("m_per_lat", "half_m_per_lat_lat")):
        between = (vertices[half_slope][1:] + vertices[half_slope][:-1]) / 2
        assert np.diff(vertices[radius]) / step == pytest.approx(2 * between, rel=1e-4)


def test_route_m_runs_along_the_ellipsoid() -> None:
    fences = corridor(ROAD)
    vertices = fences.vertices
    inverse = GEOD.inv(vertices["lon"][:-1], vertices["lat"][:-1], vertices["lon"][1:], vertices["lat"][1:])[2]
    assert np.diff(vertices["route_m"]) == pytest.approx(inverse, abs=1e-6)
    assert vertices["route_m"][0] == 0
    lons, lats = np.array(ROAD).T
    assert fences.routes["length_m"][0] == pytest.approx(GEOD.line_length(lons, lats), abs=0.1)


@settings(max_examples=50, deadline=None)
@given(lat=st.floats(-80, 80), heading=st.floats(0, 360), length_m=st.floats(10, 29_000))
def test_no_segment_is_longer_than_a_kilometre_and_none_leaves_the_drawn_line(
    lat: float, heading: float, length_m: float
) -> None:
    lon_end, lat_end, _ = GEOD.fwd(10.0, lat, heading, length_m)
    vertices = corridor([(10.0, lat), (lon_end, lat_end)]).vertices
    assert np.diff(vertices["route_m"]).max() <= 1000
    assert (vertices["lat"][0], vertices["lon"][0]) == (lat, 10.0)
    assert (vertices["lat"][-1], vertices["lon"][-1]) == (lat_end, lon_end)
    cross = (vertices["lon"] - 10.0) * (lat_end - lat) - (vertices["lat"] - lat) * (lon_end - 10.0)
    assert np.abs(cross).max() < 1e-12  # straight in longitude/latitude, RFC 7946 section 3.1.1


def test_a_corridor_keeps_the_direction_in_which_it_was_drawn(tmp_path: Path) -> None:
    there, back = compiled(tmp_path, road(id="a")), compiled(tmp_path, road(ROAD[::-1], id="a"))
    assert (there.vertices["lat"][0], there.vertices["lon"][0]) == (21.00, 105.80)
    assert (back.vertices["lat"][0], back.vertices["lon"][0]) == (21.05, 105.90)


def test_chunk_boxes_cover_their_segments_and_no_more(tmp_path: Path) -> None:
    fences = compiled(tmp_path, road(id="long", shape=ROAD), road(id="short", shape=moved(ROAD[:2], lat=1)))
    assert len(fences.routes) == 2
    for route in fences.routes:
        line = fences.vertices[route["vertex_start"] :][: route["vertex_count"]]
        count = math.ceil((route["vertex_count"] - 1) / core.CHUNK)
        for number, box in enumerate(fences.chunk_boxes[route["chunk_start"] :][:count]):
            part = line[number * core.CHUNK : (number + 1) * core.CHUNK + 1]
            assert tuple(box) == (part["lat"].min(), part["lon"].min(), part["lat"].max(), part["lon"].max())
    assert len(fences.chunk_boxes) == sum(math.ceil((n - 1) / core.CHUNK) for n in fences.routes["vertex_count"])


def test_a_corridor_knows_the_zones_it_touches(tmp_path: Path) -> None:
    lon, lat = ROAD[0]
    degree_m = GEOD.inv(lon, lat, lon - 0.01, lat)[2] / 0.01
    names = {"inside": 0, "near": 1400 / degree_m, "far": 1600 / degree_m}
    zones = [yard(square(lon - 0.01 - gap, lat - 0.005, 0.01), id=name) for name, gap in names.items()]
    catalogue = geofence.load(
        write(tmp_path / "fences.geojson", road(id="a"), *zones, road(moved(ROAD, lat=3), id="b"))
    )
    a, b = catalogue.fences.routes
    touched = catalogue.fences.route_zones[a["zone_start"] :][: a["zone_count"]]
    assert [catalogue.zone_ids[number] for number in touched] == ["inside", "near"]
    assert b["zone_count"] == 0


def test_rules_and_validity_of_a_zone(tmp_path: Path) -> None:
    fences = compiled(
        tmp_path,
        yard(id="a"),
        yard(id="b", permits=None, forbids=["enter"], valid_from="2026-01-01T00:00:00Z", valid_to=1_800_000_000_000),
        yard(id="c", permits=["stop"], role="checkpoint", speed_limit=40),
        yard(id="d", permits=None, role="dead_zone"),
    )
    stop_open = core.PERMITS_STOP | core.PERMITS_OPEN
    assert fences.zones["rules"].tolist() == [
        stop_open, core.FORBIDS_ENTER, core.PERMITS_STOP | core.CHECKPOINT | core.LIMITS_SPEED, core.DEAD_ZONE,
    ]  # fmt: skip
    assert fences.zones["valid_from_ms"].tolist()[:2] == [NO_START, 1_767_225_600_000]
    assert fences.zones["valid_to_ms"].tolist()[:2] == [NO_END, 1_800_000_000_000]
    assert fences.zones["speed_limit_kmh"].tolist()[2] == 40
    assert np.isnan(fences.zones["speed_limit_kmh"][0])


def test_validity_of_a_corridor(tmp_path: Path) -> None:
    (route,) = compiled(tmp_path, road(valid_to="2026-01-01T07:00:00+07:00")).routes
    assert (route["valid_from_ms"], route["valid_to_ms"]) == (NO_START, 1_767_225_600_000)


def test_rings_of_holes_and_parts_are_closed_and_set_apart_by_nan(tmp_path: Path) -> None:
    holed = [[YARD, square(105.798, 20.998, 0.004)], [square(106, 21, 0.01)]]
    zone = feature("MultiPolygon", holed, id="a", kind="zone", permits=["stop"])
    fences = compiled(tmp_path, zone, yard(id="b"))
    for row, rings in zip(fences.zones, (3, 1), strict=True):
        lat, lon = (ring[row["ring_start"] : row["ring_end"]] for ring in (fences.ring_lat, fences.ring_lon))
        parts = np.split(np.column_stack([lat, lon]), np.flatnonzero(np.isnan(lat)))
        assert len(parts) == rings
        for part in parts:
            ring = part[~np.isnan(part[:, 0])]
            assert len(ring) == 5
            assert ring[0].tolist() == ring[-1].tolist()


def hours(fences: Fences, zone: int = 0) -> list[int]:
    return np.flatnonzero(fences.schedules[fences.zones["schedule"][zone]]).tolist()


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("Mon 06:00-09:00 UTC", [6, 7, 8]),
        ("Tue 06:00-09:00 Asia/Ho_Chi_Minh", [23, 24, 25]),  # UTC+7: from Monday 23:00
        ("Mon 00:00-02:00 Asia/Ho_Chi_Minh", [161, 162]),  # Sunday 17:00 UTC
        ("Sun 23:00-01:00 UTC", [0, 167]),  # past the end of the week
        ("Sat-Mon 00:00-01:00 UTC", [0, 120, 144]),
        ("Mon 00:00-01:00 UTC, Wed 00:00-01:00 UTC", [0, 48]),
        ("Mon-Sun 00:00-24:00 UTC", list(range(168))),
    ],
)
def test_a_schedule_becomes_hours_of_the_week_in_utc(tmp_path: Path, schedule: str, expected: list[int]) -> None:
    assert hours(compiled(tmp_path, yard(schedule=schedule))) == expected


def test_equal_schedules_share_a_row_and_none_means_always(tmp_path: Path) -> None:
    said = ["Mon 06:00-09:00 UTC", "Mon 13:00-16:00 Asia/Ho_Chi_Minh", None, "Tue 06:00-09:00 UTC"]
    fences = compiled(tmp_path, *(yard(id=f"z{n}", schedule=text) for n, text in enumerate(said)))
    rows = fences.zones["schedule"].tolist()
    assert rows[0] == rows[1] != rows[3]
    assert rows[2] == -1
    assert fences.schedules.shape == (2, 168)


def test_a_catalogue_without_zones_or_without_corridors_compiles(tmp_path: Path) -> None:
    lone_road, lone_yard = compiled(tmp_path, road()), compiled(tmp_path, yard())
    assert (len(lone_road.zones), len(lone_road.boxes), lone_road.level_starts.tolist()) == (0, 0, [0, 0])
    assert (len(lone_yard.routes), len(lone_yard.vertices), lone_yard.order.tolist()) == (0, 0, [0])
