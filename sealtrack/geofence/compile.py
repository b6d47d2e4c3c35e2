"""Checked fences to the flat arrays of `sealtrack.core.fences`."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon

from sealtrack.core import fences as core
from sealtrack.geofence.catalogue import Catalogue
from sealtrack.geofence.clearance import set_clearance
from sealtrack.geofence.index import pack
from sealtrack.geofence.model import Fence
from sealtrack.geofence.nearness import rules_around
from sealtrack.geofence.shapes import GEOD

MAX_SEGMENT_M = 1_000.0
_RULE_BITS = {"stop": core.PERMITS_STOP, "open": core.PERMITS_OPEN, "enter": core.FORBIDS_ENTER}
_ROLE_BITS = {"dead_zone": core.DEAD_ZONE, "checkpoint": core.CHECKPOINT}
_DEG = math.pi / 180


def compile_fences(fences: Sequence[Fence]) -> Catalogue:
    """Corridors and zones, each numbered in the order of their ids, as arrays with their index."""
    ordered = sorted(fences, key=lambda fence: fence.id)
    corridors = [fence for fence in ordered if fence.is_corridor]
    zones = [fence for fence in ordered if not fence.is_corridor]
    lines = [_vertices(fence.geometry) for fence in corridors]
    touching = _touching_zones(corridors, lines, zones)
    rings = [_rings(zone.geometry) for zone in zones]
    schedules, schedule_rows = _schedules(zones)
    boxes = _boxes_of_zones(zones)
    zone_rows = _zones(zones, rings, schedule_rows)
    index = pack(boxes)
    return Catalogue(
        fences=core.Fences(
            routes=_routes(corridors, lines, touching),
            vertices=_concatenate(lines, core.VERTEX_DTYPE),
            chunk_boxes=_concatenate([_chunk_boxes(line) for line in lines], core.BOX_DTYPE),
            route_zones=_concatenate(touching, np.dtype("i4")),
            zones=zone_rows,
            ring_lat=_concatenate([ring[:, 1] for ring in rings], np.dtype("f8")),
            ring_lon=_concatenate([ring[:, 0] for ring in rings], np.dtype("f8")),
            **index._asdict(),
            **rules_around(boxes, zone_rows["rules"])._asdict(),
            schedules=schedules,
            trees=core.one_tree(index.level_starts),
        ),
        route_ids=[fence.id for fence in corridors],
        route_names=[fence.name for fence in corridors],
        zone_ids=[fence.id for fence in zones],
        zone_names=[fence.name for fence in zones],
        zone_roles=[fence.role for fence in zones],
        sha256=_content_hash(ordered),
    )


def _vertices(line: Any) -> NDArray[np.void]:
    points = _densify(shapely.get_coordinates(line))
    lon, lat = points[:, 0], points[:, 1]
    vertices = np.zeros(len(points), core.VERTEX_DTYPE)
    vertices["lat"], vertices["lon"] = lat, lon
    vertices["route_m"][1:] = np.cumsum(GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])
    _set_plane(vertices)
    set_clearance(vertices)
    return vertices


def _densify(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Straight in longitude/latitude between vertices, as RFC 7946 section 3.1.1 defines a line."""
    # The plane at a vertex is turned against the one at the segment's end by the convergence of meridians; at 5 km
    # aside that is 0.39 m x tan(latitude) per kilometre of segment. Shorter segments keep it below 0.4 m up north.
    limit_m = MAX_SEGMENT_M / max(1.0, math.tan(np.abs(points[:, 1]).max() * _DEG))
    lon, lat = points[:, 0], points[:, 1]
    lengths_m = np.asarray(GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])
    pieces = []
    for start, end, length_m in zip(points[:-1], points[1:], lengths_m, strict=True):
        # Equal steps in degrees differ in metres where latitude changes; 1 % covers a 30 km step up to 60 degrees.
        count = math.ceil(1.01 * length_m / limit_m)
        pieces.append(start + (end - start) * (np.arange(count) / count)[:, None])
    return np.concatenate([*pieces, points[-1:]])


def _set_plane(vertices: NDArray[np.void]) -> None:
    """Radii of the ellipsoid at each vertex (M on the meridian, N cos(latitude) on the parallel) and their slopes.

    d(N cos)/d(latitude) = -M sin(latitude); dM/d(latitude) = 3 M e2 sin cos / (1 - e2 sin2).
    """
    sin, cos = np.sin(vertices["lat"] * _DEG), np.cos(vertices["lat"] * _DEG)
    w = 1 - GEOD.es * sin**2
    meridian_m = GEOD.a * (1 - GEOD.es) / w**1.5
    vertices["m_per_lat"] = meridian_m * _DEG
    vertices["m_per_lon"] = GEOD.a / np.sqrt(w) * cos * _DEG
    vertices["half_m_per_lon_lat"] = -meridian_m * sin * _DEG**2 / 2
    vertices["half_m_per_lat_lat"] = 3 * meridian_m * GEOD.es * sin * cos / w * _DEG**2 / 2


def _chunk_boxes(line: NDArray[np.void]) -> NDArray[np.void]:
    starts = range(0, len(line) - 1, core.CHUNK)
    boxes = np.zeros(len(starts), core.BOX_DTYPE)
    for box, start in zip(boxes, starts, strict=True):
        covered = line[start : start + core.CHUNK + 1]
        box["lat_min"], box["lat_max"] = covered["lat"].min(), covered["lat"].max()
        box["lon_min"], box["lon_max"] = covered["lon"].min(), covered["lon"].max()
    return boxes


def _routes(
    corridors: Sequence[Fence], lines: Sequence[NDArray[np.void]], touching: Sequence[NDArray[np.int32]]
) -> NDArray[np.void]:
    routes = np.zeros(len(corridors), core.ROUTE_DTYPE)
    routes["vertex_count"] = [len(line) for line in lines]
    routes["vertex_start"] = _starts(routes["vertex_count"])
    routes["chunk_start"] = _starts(-(-(routes["vertex_count"] - 1) // core.CHUNK))
    routes["half_width_m"] = [fence.half_width_m for fence in corridors]
    routes["length_m"] = [line["route_m"][-1] for line in lines]
    routes["valid_from_ms"] = [fence.valid_from_ms for fence in corridors]
    routes["valid_to_ms"] = [fence.valid_to_ms for fence in corridors]
    routes["zone_count"] = [len(numbers) for numbers in touching]
    routes["zone_start"] = _starts(routes["zone_count"])
    return routes


def _touching_zones(
    corridors: Sequence[Fence], lines: Sequence[NDArray[np.void]], zones: Sequence[Fence]
) -> list[NDArray[np.int32]]:
    """Numbers of the zones within half_width_m of each line, ascending."""
    tree = shapely.STRtree([zone.geometry for zone in zones])
    touching = []
    for fence, vertices in zip(corridors, lines, strict=True):
        line = LineString(np.column_stack([vertices["lon"], vertices["lat"]]))
        reach_deg = 1.1 * fence.half_width_m / float(vertices["m_per_lon"].min())
        near = tree.query(line, predicate="dwithin", distance=reach_deg)
        numbers = [number for number in near if _distance_m(line, zones[number].geometry) <= fence.half_width_m]
        touching.append(np.array(sorted(numbers), np.int32))
    return touching


def _distance_m(line: LineString, zone: Any) -> float:
    """Metres between their nearest points, which are found where a degree is as long in longitude as in latitude."""
    squeeze = np.array([math.cos(zone.representative_point().y * _DEG), 1.0])
    near = shapely.shortest_line(*(shapely.transform(shape, lambda points: points * squeeze) for shape in (line, zone)))
    (lon, lat), (lon2, lat2) = shapely.get_coordinates(near) / squeeze
    return float(GEOD.inv(lon, lat, lon2, lat2)[2])


def _zones(
    zones: Sequence[Fence], rings: Sequence[NDArray[np.float64]], schedule_rows: Sequence[int]
) -> NDArray[np.void]:
    rows = np.zeros(len(zones), core.ZONE_DTYPE)
    counts = np.array([len(ring) for ring in rings], np.int64)
    rows["ring_start"] = _starts(counts)
    rows["ring_end"] = rows["ring_start"] + counts
    rows["rules"] = [_rules(zone) for zone in zones]
    rows["valid_from_ms"] = [zone.valid_from_ms for zone in zones]
    rows["valid_to_ms"] = [zone.valid_to_ms for zone in zones]
    rows["schedule"] = schedule_rows
    rows["speed_limit_kmh"] = [zone.speed_limit_kmh for zone in zones]
    return rows


def _rules(zone: Fence) -> int:
    limited = 0 if math.isnan(zone.speed_limit_kmh) else core.LIMITS_SPEED
    return sum(_RULE_BITS[word] for word in (*zone.permits, *zone.forbids)) | _ROLE_BITS.get(zone.role, 0) | limited


def _rings(area: Any) -> NDArray[np.float64]:
    """All rings, outer and holes, of all parts, with a NaN vertex between two."""
    gap = np.full((1, 2), np.nan)
    rings = [part for ring in _each_ring(area) for part in (gap, shapely.get_coordinates(ring))]
    return np.concatenate(rings[1:])


def _each_ring(area: Polygon | MultiPolygon) -> Iterator[Any]:
    for polygon in shapely.get_parts(area):
        yield polygon.exterior
        yield from polygon.interiors


def _schedules(zones: Sequence[Fence]) -> tuple[NDArray[np.uint8], list[int]]:
    """Each different schedule once, and every zone's row in that table (-1 = always)."""
    tables = sorted({zone.schedule for zone in zones if zone.schedule is not None})
    rows = [-1 if zone.schedule is None else tables.index(zone.schedule) for zone in zones]
    return np.array(tables, np.uint8).reshape(len(tables), 168), rows


def _boxes_of_zones(zones: Sequence[Fence]) -> NDArray[np.void]:
    west, south, east, north = shapely.bounds([zone.geometry for zone in zones]).reshape(-1, 4).T
    boxes = np.zeros(len(zones), core.BOX_DTYPE)
    boxes["lat_min"], boxes["lon_min"], boxes["lat_max"], boxes["lon_max"] = south, west, north, east
    return boxes


def _starts(counts: NDArray[Any]) -> NDArray[np.int64]:
    return np.asarray(np.cumsum(counts) - counts, np.int64)


def _concatenate(parts: Sequence[NDArray[Any]], dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(np.concatenate(parts), dtype) if parts else np.zeros(0, dtype)


def _content_hash(fences: Sequence[Fence]) -> str:
    """SHA-256 of what the fences say, in one spelling."""
    digest = hashlib.sha256()
    for fence in fences:
        said = [
            *(fence.id, fence.name, fence.half_width_m, fence.permits, fence.forbids, fence.role, fence.schedule),
            *(fence.valid_from_ms, fence.valid_to_ms, repr(fence.speed_limit_kmh)),
            fence.geometry.wkb_hex,
        ]
        digest.update(json.dumps(said, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()
