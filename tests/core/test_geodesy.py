"""Distances of the kernels against pyproj's geodesics."""

from __future__ import annotations

import math
from itertools import pairwise

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Geod

from sealtrack.core.fences import Fences
from sealtrack.core.geodesy import distance_m
from sealtrack.core.locate import locate_on_route
from tests.core.world import LINES, catalogue

GEOD = Geod(ellps="WGS84")
STEP_M = 20.0
NEAR_M, FAR_M = 5_000.0, 500_000.0
thorough = settings(max_examples=200, deadline=None)


@numba.njit(error_model="numpy")
def _between(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    return distance_m(lat1, lon1, lat2, lon2)


@numba.njit(error_model="numpy")
def _on_route(fences: Fences, route: int, lat: float, lon: float, hint: int) -> tuple[float, float, int]:
    return locate_on_route(fences, route, lat, lon, hint)


@pytest.fixture(scope="module")
def fences(tmp_path_factory: pytest.TempPathFactory) -> Fences:
    return catalogue(tmp_path_factory.mktemp("country")).fences


@thorough
@given(lat=st.floats(-65, 65), lon=st.floats(-180, 180), azimuth=st.floats(0, 360), power=st.floats(-1, 5.7))
def test_the_distance_between_two_points(lat: float, lon: float, azimuth: float, power: float) -> None:
    away_m = 10**power
    lon2, lat2, _ = GEOD.fwd(lon, lat, azimuth, away_m)
    assert _between(lat, lon, lat2, lon2) == pytest.approx(away_m, rel=1e-3, abs=0.01)


@pytest.mark.parametrize("away_m", [1.0, 1e3, 1e5, 9e5])
def test_the_distance_across_the_antimeridian(away_m: float) -> None:
    lon2, lat2, _ = GEOD.fwd(179.9999, 21.0, 80.0, away_m)
    assert _between(21.0, 179.9999, lat2, lon2) == pytest.approx(away_m, rel=1e-3)


@thorough
@given(
    name=st.sampled_from(sorted(LINES)),
    share=st.floats(0, 1),
    azimuth=st.floats(0, 360),
    power=st.floats(0, math.log10(FAR_M)),
    hint=st.integers(-1, 60),
)
def test_the_distance_to_a_route(
    fences: Fences, name: str, share: float, azimuth: float, power: float, hint: int
) -> None:
    lon0, lat0 = _along(name, share)
    lon, lat, _ = GEOD.fwd(lon0, lat0, azimuth, 10**power)
    true_m, along = _nearest(name, lon, lat)
    found_m, route_m, segment = _on_route(fences, sorted(LINES).index(name), lat, lon, hint)
    assert abs(found_m - true_m) <= (0.5 if true_m <= NEAR_M else 1e-3 * true_m)
    # Where two stretches are as near as each other either will do; its own distance must be that short, though.
    spot_lon, spot_lat = _at(along, route_m)
    there_m = GEOD.inv(lon, lat, spot_lon, spot_lat)[2]
    assert abs(there_m - true_m) <= (2.0 if true_m <= NEAR_M else 2e-3 * true_m + 1_000)
    again_m, again_route_m, _ = _on_route(fences, sorted(LINES).index(name), lat, lon, -1)
    assert (again_m, again_route_m) == pytest.approx((found_m, route_m), rel=1e-9, abs=1e-3)
    assert segment >= 0


def test_the_length_of_a_route(fences: Fences) -> None:
    for number, name in enumerate(sorted(LINES)):
        assert fences.routes[number]["length_m"] == pytest.approx(_dense(name)[1][-1], abs=1.0)


Dense = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Points (n, 2) of (lon, lat), and their distance along the line."""
_cache: dict[str, Dense] = {}


def _dense(name: str) -> Dense:
    """The line with a point every STEP_M, straight in degrees."""
    if name not in _cache:
        line = np.array(LINES[name])
        parts = []
        for a, b in pairwise(line):
            count = math.ceil(GEOD.inv(*a, *b)[2] / STEP_M)
            parts.append(a + (b - a) * (np.arange(count) / count)[:, None])
        points = np.concatenate([*parts, line[-1:]])
        lengths = GEOD.inv(*points[:-1].T, *points[1:].T)[2]
        _cache[name] = points, np.concatenate([[0.0], np.cumsum(lengths)])
    return _cache[name]


def _along(name: str, share: float) -> tuple[float, float]:
    dense = _dense(name)
    return _at(dense, share * dense[1][-1])


def _at(dense: Dense, along_m: float) -> tuple[float, float]:
    points, at = dense
    return float(np.interp(along_m, at, points[:, 0])), float(np.interp(along_m, at, points[:, 1]))


def _nearest(name: str, lon: float, lat: float) -> tuple[float, Dense]:
    """Geodesic distance to the line: the nearest of its points, then finer around the near ones."""
    dense = _dense(name)
    points, at = dense
    away = _away(lon, lat, points)
    best = float(away.min())
    for i in np.flatnonzero(away <= best + STEP_M):
        low, high = at[max(int(i) - 1, 0)], at[min(int(i) + 1, len(at) - 1)]
        spots = np.array([_at(dense, along) for along in np.linspace(low, high, 161)])
        best = min(best, float(_away(lon, lat, spots).min()))
        if away.min() > NEAR_M:
            break
    return best, dense


def _away(lon: float, lat: float, points: NDArray[np.float64]) -> NDArray[np.float64]:
    n = len(points)
    return np.asarray(GEOD.inv(np.full(n, lon), np.full(n, lat), points[:, 0], points[:, 1])[2])
