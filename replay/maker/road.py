"""The road a truck follows: a corridor's centre line in a local plane, with speed limits and places to stop.

The plane is a transverse Mercator projection around the road's middle: within 150 km of it a metre is a metre to
0.03 %, which is far below what any scenario claims.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from replay.maker.catalogue import Area, Catalogue, Corridor, Zone

Floats = NDArray[np.float64]

STEP_M = 25.0
"""Distance between two nodes of a road."""
SMOOTHING = 5
"""Nodes averaged to round corners: a bend drawn as one vertex is driven as a curve of about 100 m."""
CLEAR_M = 800.0
"""Offences and their roadside twins keep this far from any zone that permits something."""
NEARBY_M = 10_000.0
INSIDE_M = 80.0
"""Trucks wait at least this far inside a zone's edge where the zone is large enough, so that noise keeps them in."""


class Plane(NamedTuple):
    """Degrees to metres and back."""

    proj: pyproj.Proj

    @classmethod
    def around(cls, lonlat: Floats) -> Plane:
        lon, lat = (lonlat.min(axis=0) + lonlat.max(axis=0)) / 2
        return cls(pyproj.Proj(proj="tmerc", ellps="WGS84", lon_0=round(lon, 3), lat_0=round(lat, 3)))

    def to_xy(self, lonlat: Floats) -> Floats:
        """(n, 2) longitude, latitude in degrees to (n, 2) metres."""
        return np.column_stack(self.proj(lonlat[:, 0], lonlat[:, 1]))

    def to_lonlat(self, xy: Floats) -> Floats:
        """(n, 2) metres to (n, 2) longitude, latitude in degrees."""
        return np.column_stack(self.proj(xy[:, 0], xy[:, 1], inverse=True))


class Yard(NamedTuple):
    """A zone beside the road that a truck can turn into."""

    zone_id: str
    role: str
    node: int
    xy: Floats
    area: Area
    """In the plane."""
    permits_stop: bool


class Road(NamedTuple):
    plane: Plane
    line: shapely.LineString
    """The approved line, in the plane."""
    half_width_m: float
    xy: Floats
    """(n, 2) nodes STEP_M apart, corners rounded, from inside the origin zone to inside the destination zone."""
    limit_ms: Floats
    """(n,) free-flow speed, m/s."""
    clear: NDArray[np.bool_]
    """(n,) no zone that permits anything within CLEAR_M."""
    permitting: shapely.Geometry
    """Union of the zones nearby that permit anything, in the plane."""
    yards: tuple[Yard, ...]
    """Where a truck may stop."""
    forbidden: tuple[Yard, ...]
    """Where it may not go."""
    dead: tuple[tuple[int, int], ...]
    """First and last node of each stretch that lies in a dead zone."""


def build_road(catalogue: Catalogue, route_id: str, origin: str, destination: str, rng: np.random.Generator) -> Road:
    """The road along corridor `route_id`, turned so that it leads from zone `origin` to zone `destination`."""
    corridor = catalogue.corridor(route_id)
    plane = Plane.around(corridor.lonlat)
    ends = catalogue.zone(origin), catalogue.zone(destination)
    line_xy, start, finish = _directed(plane, corridor, ends)
    way = np.vstack([*_approach(start, line_xy[0]), line_xy, *_approach(finish, line_xy[-1])])
    nodes = smooth(resample(way))
    line = shapely.LineString(line_xy)
    near = [(zone, _to_plane(plane, zone.polygon)) for zone in catalogue.zones.values() if zone.permits]
    near = [(zone, polygon) for zone, polygon in near if line.distance(polygon) < NEARBY_M]
    permitting = shapely.union_all([polygon for _, polygon in near])
    clear = np.asarray(shapely.distance(shapely.points(nodes), permitting) > CLEAR_M)
    stops = [(zone, area) for zone, area in near if "stop" in zone.permits and zone.id not in (origin, destination)]
    closed = [(zone, _to_plane(plane, zone.polygon)) for zone in catalogue.zones.values() if zone.forbidden]
    sides = _beside(stops, nodes), _beside(closed, nodes)
    dead = _inside([zone.polygon for zone in catalogue.zones.values() if zone.role == "dead_zone"], plane, nodes)
    flow = _free_flow(len(nodes), rng)
    return Road(plane, line, corridor.half_width_m, nodes, flow, clear, permitting, *sides, dead)


def resample(way: Floats) -> Floats:
    """Points STEP_M apart (the last interval may be shorter or longer by half) along the line through `way`."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    count = max(2, round(along[-1] / STEP_M) + 1)
    at = np.linspace(0.0, along[-1], count)
    return np.column_stack([np.interp(at, along, way[:, axis]) for axis in (0, 1)])


def smooth(nodes: Floats) -> Floats:
    """Running mean over SMOOTHING nodes; the two ends stay where they are."""
    half = SMOOTHING // 2
    if len(nodes) <= SMOOTHING:
        return nodes
    total = np.cumsum(np.vstack([np.zeros((1, 2)), nodes - nodes[0]]), axis=0)
    out = nodes.copy()
    out[half:-half] = nodes[0] + (total[SMOOTHING:] - total[:-SMOOTHING]) / SMOOTHING
    return out


def _directed(plane: Plane, corridor: Corridor, ends: tuple[Zone, Zone]) -> tuple[Floats, Area, Area]:
    start, finish = (_to_plane(plane, zone.polygon) for zone in ends)
    line = plane.to_xy(corridor.lonlat)
    if start.distance(shapely.Point(line[0])) > start.distance(shapely.Point(line[-1])):
        line = line[::-1]
    return line, start, finish


def _approach(zone: Area, end: Floats) -> list[Floats]:
    """The way between the zone and the line's end: nothing where the line ends well inside the zone."""
    if zone.buffer(-INSIDE_M).contains(shapely.Point(end)):
        return []
    inside = zone.representative_point()
    return [np.array([[inside.x, inside.y]])]


def _to_plane(plane: Plane, area: Area) -> Area:
    return shapely.transform(area, plane.to_xy)


def _inside(areas: list[Area], plane: Plane, nodes: Floats) -> tuple[tuple[int, int], ...]:
    """First and last node in each of the areas that the road meets."""
    hits = [np.flatnonzero(shapely.contains_xy(_to_plane(plane, area), nodes[:, 0], nodes[:, 1])) for area in areas]
    return tuple((int(hit[0]), int(hit[-1])) for hit in hits if len(hit))


def _beside(zones: list[tuple[Zone, Area]], nodes: Floats) -> tuple[Yard, ...]:
    yards = []
    for zone, polygon in zones:
        middle = polygon.representative_point()
        away = np.hypot(nodes[:, 0] - middle.x, nodes[:, 1] - middle.y)
        node = int(np.argmin(away))
        # further than a kilometre is another road's yard; the first and last kilometres belong to the two ends
        if away[node] < 1_000 and 60 < node < len(nodes) - 60:
            yards.append(
                Yard(zone.id, zone.role, node, np.array([middle.x, middle.y]), polygon, "stop" in zone.permits)
            )
    return tuple(sorted(yards, key=lambda yard: yard.node))


def _free_flow(count: int, rng: np.random.Generator) -> Floats:
    """Open road at 60-75 km/h, with a town of 2-4 km at 32-42 km/h about every 18 km."""
    knots = np.arange(0, count + 400, 400)  # every 10 km
    kmh = np.interp(np.arange(count), knots, rng.uniform(60, 75, len(knots)))
    at = int(rng.uniform(100, 500))
    while at < count:
        length = int(rng.uniform(80, 160))
        kmh[at : at + length] = rng.uniform(32, 42)
        at += length + int(rng.uniform(450, 900))
    kmh[:40] = kmh[-40:] = 25.0  # inside the port and before the gate
    return kmh / 3.6
