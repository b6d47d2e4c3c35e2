"""Looking near first finds what looking everywhere finds."""

from __future__ import annotations

import math

import numba
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from sealtrack.core.fences import BOX_DTYPE, NEAR_M, Fences
from sealtrack.core.locate import locate_on_route
from sealtrack.core.zones import rules_near
from sealtrack.geofence.compile import compile_fences
from sealtrack.geofence.model import Fence
from sealtrack.geofence.nearness import rules_around

EMPTY = compile_fences([]).fences
METRES_PER_DEG = 111_000.0
FOREVER = np.iinfo(np.int64)


@numba.njit(error_model="numpy")
def _on_route(fences: Fences, lat: float, lon: float, hint: int) -> tuple[float, float, int]:
    return locate_on_route(fences, 0, lat, lon, hint)


@numba.njit(error_model="numpy")
def _rules_near(fences: Fences, lat: float, lon: float) -> int:
    return rules_near(fences, 0, lat, lon)


@st.composite
def _winding(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Steps of 20 m to 1.5 km; it turns by up to 170° at each vertex, so that it meets and crosses itself."""
    count = draw(st.integers(2, 60))
    length_m = draw(st.sampled_from([20.0, 150.0, 1_500.0]))
    lon, lat, heading = 106.0, draw(st.sampled_from([0.0, 21.0, 64.0])), 0.0
    points = [(lon, lat)]
    for _ in range(count):
        heading += math.radians(draw(st.integers(-170, 170)))
        lat += length_m / METRES_PER_DEG * math.cos(heading)
        lon += length_m / METRES_PER_DEG * math.sin(heading) / math.cos(math.radians(lat))
        points.append((lon, lat))
    return points


@settings(max_examples=200, deadline=None)
@given(points=_winding(), data=st.data())
def test_the_nearest_segment_does_not_depend_on_where_the_search_began(
    points: list[tuple[float, float]], data: st.DataObject
) -> None:
    fence = Fence(
        id="r", name="r", geometry=LineString(points), half_width_m=500, valid_from_ms=FOREVER.min,
        valid_to_ms=FOREVER.max,
    )  # fmt: skip
    fences = compile_fences([fence]).fences
    lon, lat = data.draw(st.sampled_from(points))
    lat += data.draw(st.integers(-300, 300)) * data.draw(st.sampled_from([0.1, 1.0, 10.0])) / METRES_PER_DEG
    lon += data.draw(st.integers(-300, 300)) / METRES_PER_DEG
    everywhere_m, _, _ = _on_route(fences, lat, lon, -1)
    hint = data.draw(st.integers(0, len(fences.vertices) - 2))
    near_m, at_m, segment = _on_route(fences, lat, lon, hint)
    assert near_m == everywhere_m
    assert fences.vertices[segment]["route_m"] <= at_m <= fences.vertices[segment + 1]["route_m"]


CORNER = st.tuples(st.integers(-170, 170), st.integers(-850, 850), st.integers(0, 30), st.integers(0, 30))


@settings(max_examples=200, deadline=None)
@given(corners=st.lists(CORNER, min_size=1, max_size=30), data=st.data())
def test_a_cell_knows_every_zone_around(corners: list[tuple[int, int, int, int]], data: st.DataObject) -> None:
    boxes = np.array([(lat / 10, lon / 1e3, (lat + h) / 10, (lon + w) / 1e3) for lon, lat, w, h in corners], BOX_DTYPE)
    rules = np.array([1 << (number % 6) for number in range(len(boxes))], np.uint8)
    fences = EMPTY._replace(**rules_around(boxes, rules)._asdict())
    number = data.draw(st.integers(0, len(boxes) - 1))
    box = boxes[number]
    aside_deg = data.draw(st.floats(-1, 1)) * 0.999 * NEAR_M / METRES_PER_DEG
    lat = np.clip(data.draw(st.sampled_from([box["lat_min"], box["lat_max"]])) + aside_deg, -89, 89)
    lon = data.draw(st.sampled_from([box["lon_min"], box["lon_max"]])) + aside_deg / math.cos(math.radians(lat))
    assert _rules_near(fences, lat, lon) & int(rules[number])


def test_far_from_all_zones_there_is_none() -> None:
    boxes = np.array([(21.0, 105.8, 21.1, 105.9)], BOX_DTYPE)
    fences = EMPTY._replace(**rules_around(boxes, np.array([4], np.uint8))._asdict())
    assert _rules_near(fences, 21.05, 105.85) == 4
    for lat, lon in ((21.2, 105.85), (20.9, 105.85), (21.05, 106.0), (-21.0, -105.0), (0.0, 0.0)):
        assert _rules_near(fences, lat, lon) == 0
