"""Distances in metres on the WGS84 ellipsoid; positions are (lon, lat) in degrees."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

GEOD = Geod(ellps="WGS84")
SEGMENT_M = 1_000.0

Point = tuple[float, float]
Line = tuple[Point, ...]
Floats = NDArray[np.float64]


class OnLine(NamedTuple):
    distance_m: float
    along_m: float
    """Distance along the line from its start to the nearest point."""


def distance_m(a: Point, b: Point) -> float:
    return float(GEOD.inv(*a, *b)[2])


@cache
def densify(line: Line, step_m: float = SEGMENT_M) -> Floats:
    """Vertices (n, 2) of the line with points put in, straight in degrees, so that no segment exceeds `step_m`."""
    vertices = [line[0]]
    for a, b in pairwise(line):
        parts = max(1, int(np.ceil(distance_m(a, b) / step_m)))
        vertices += [(a[0] + (b[0] - a[0]) * i / parts, a[1] + (b[1] - a[1]) * i / parts) for i in range(1, parts + 1)]
    return np.array(vertices, float)


@cache
def lengths_m(line: Line) -> Floats:
    """Length of each segment of the densified line."""
    v = densify(line)
    return np.asarray(GEOD.inv(v[:-1, 0], v[:-1, 1], v[1:, 0], v[1:, 1])[2], float)


def project(centre: Point, lonlat: Floats) -> Floats:
    """(n, 2) metres east and north, azimuthal equidistant: distances from `centre` are exact."""
    n = len(lonlat)
    azimuth, _, away = GEOD.inv(np.full(n, centre[0]), np.full(n, centre[1]), lonlat[:, 0], lonlat[:, 1])
    angle = np.radians(azimuth)
    return np.column_stack([away * np.sin(angle), away * np.cos(angle)])


@lru_cache(100_000)
def on_line(point: Point, line: Line) -> OnLine:
    """The nearest point of the line."""
    xy = project(point, densify(line))
    a, step = xy[:-1], np.diff(xy, axis=0)
    squared = np.maximum((step**2).sum(axis=1), 1e-12)
    share = np.clip(-(a * step).sum(axis=1) / squared, 0, 1)
    away = np.hypot(*(a + step * share[:, None]).T)
    i = int(np.argmin(away))
    lengths = lengths_m(line)
    return OnLine(float(away[i]), float(lengths[:i].sum() + share[i] * lengths[i]))


def point_at(line: Line, along_m: float) -> Point:
    """The point of the line that far along it."""
    vertices, lengths = densify(line), lengths_m(line)
    for a, b, length in zip(vertices[:-1], vertices[1:], lengths, strict=True):
        if along_m <= length:
            share = max(along_m, 0.0) / length if length else 0.0
            return float(a[0] + share * (b[0] - a[0])), float(a[1] + share * (b[1] - a[1]))
        along_m -= float(length)
    return float(vertices[-1][0]), float(vertices[-1][1])


def is_inside(point: Point, polygon: Any) -> bool:
    """Whether the point lies in the polygon, or on its edge."""
    shapely.prepare(polygon)
    return bool(shapely.intersects_xy(polygon, *point))


def is_deeper(point: Point, polygon: Any, than_m: float) -> bool:
    """Whether the point lies inside, further than that from the nearest edge."""
    return is_inside(point, polygon) and depth_m(point, polygon) > than_m


@lru_cache(100_000)
def outside_m(point: Point, polygon: Any) -> float:
    """How far the point lies outside the polygon; 0 on its edge and inside."""
    if is_inside(point, polygon):
        return 0.0
    return min(on_line(point, ring).distance_m for ring in _rings(polygon))


@lru_cache(100_000)
def depth_m(point: Point, polygon: Any) -> float:
    """How far inside the polygon the point lies: distance to the nearest edge; negative outside."""
    edge_m = min(on_line(point, ring).distance_m for ring in _rings(polygon))
    return edge_m if is_inside(point, polygon) else -edge_m


@cache
def polygon_to_line_m(polygon: Any, line: Line) -> float:
    """Least distance between a polygon and a line."""
    centre = (polygon.centroid.x, polygon.centroid.y)
    flat = shapely.transform(polygon.segmentize(0.005), lambda v: project(centre, v))
    return float(flat.distance(shapely.LineString(project(centre, densify(line)))))


@cache
def _rings(polygon: Any) -> list[Line]:
    parts = getattr(polygon, "geoms", [polygon])
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    return [tuple((float(x), float(y)) for x, y in ring.coords) for ring in rings]


@cache
def _met_twice(line: Line, half_width_m: float) -> list[float]:
    """How far along the line its vertices lie that come near a part of it far away along it."""
    vertices = [(float(x), float(y)) for x, y in densify(line)]
    along_m = list(accumulate(lengths_m(line).tolist(), initial=0.0))
    return [
        m
        for a, m in zip(vertices, along_m, strict=True)
        if any(
            abs(m - n) > 4 * half_width_m and distance_m(a, b) < 2 * half_width_m
            for b, n in zip(vertices, along_m, strict=True)
        )
    ]


def is_met_twice(line: Line, half_width_m: float, at_m: float) -> bool:
    """Whether one fix does not tell that it lies so far along the line."""
    return any(abs(m - at_m) <= SEGMENT_M for m in _met_twice(line, half_width_m))
