"""Where a fix lies along a route (judgement section 3, "Place").

The nearest of all segments, exactly: the search goes from the last matched segment to the nearest around it, and as a
rule the line comes nowhere else as near to that one as the fix is. Where it may, the search visits the chunks whose box
may hold something nearer.
"""

from __future__ import annotations

import math

from sealtrack.core.fences import BESIDE, CHUNK, WINDOW, Fences
from sealtrack.core.geodesy import distance_m, metres_per_degree
from sealtrack.core.jit import helper
from sealtrack.core.state import Row

FAR_DEG = 3.0
"""Beyond this the local plane of a vertex no longer holds 0.1 %; distances to vertices serve."""

PLANE_M = 20_000.0
"""Beyond this the distance to the foot point is computed again on the ellipsoid."""

CLEAR = 0.95
"""A point within half a segment's clearance, times this, is nearer to it than to what lies beyond its window."""

BOX_SAFETY = 0.95
"""A box's distance is computed with the fix's own metres a degree; this keeps it a lower bound."""


@helper
def segment_foot(fences: Fences, i: int, lat: float, lon: float) -> tuple[float, float]:
    """(squared distance m², fraction 0..1 of the nearest point) for the segment from vertex `i` to `i + 1`."""
    a = fences.vertices[i]
    b = fences.vertices[i + 1]
    dlat = lat - a["lat"]
    px = (lon - a["lon"]) * (a["m_per_lon"] + a["half_m_per_lon_lat"] * dlat)
    py = dlat * (a["m_per_lat"] + a["half_m_per_lat_lat"] * dlat)
    elat = b["lat"] - a["lat"]
    ex = (b["lon"] - a["lon"]) * (a["m_per_lon"] + a["half_m_per_lon_lat"] * elat)
    ey = elat * (a["m_per_lat"] + a["half_m_per_lat_lat"] * elat)
    length2 = ex * ex + ey * ey
    f = 0.0
    if length2 > 0.0:
        f = min(1.0, max(0.0, (px * ex + py * ey) / length2))
    dx = px - f * ex
    dy = py - f * ey
    return dx * dx + dy * dy, f


@helper
def _box_m2(fences: Fences, chunk: int, lat: float, lon: float, m_per_lat: float, m_per_lon: float) -> float:
    box = fences.chunk_boxes[chunk]
    dlat = max(0.0, max(box["lat_min"] - lat, lat - box["lat_max"]))
    dlon = max(0.0, max(box["lon_min"] - lon, lon - box["lon_max"]))
    x = dlon * m_per_lon * BOX_SAFETY
    y = dlat * m_per_lat * BOX_SAFETY
    return x * x + y * y


@helper
def locate_on_route(fences: Fences, route: int, lat: float, lon: float, hint: int) -> tuple[float, float, int]:
    """(distance to the line m, distance along it m, segment) of the nearest point; `hint` is a segment or -1."""
    r = fences.routes[route]
    first = r["vertex_start"]
    segments = r["vertex_count"] - 1
    near = 0 <= hint < segments and abs(lat - fences.vertices[first + hint]["lat"]) < 1.0
    if not near and _is_far(fences, route, lat, lon):
        return _nearest_vertex(fences, route, lat, lon)
    best2, best_f, best = math.inf, 0.0, 0
    found = False
    if 0 <= hint < segments:
        best2, best_f, best = _nearest_around(fences, first, segments, lat, lon, hint, BESIDE)
        found = _is_clear(best2, fences.vertices[first + best]["clear_beside_m"])
        if not found:
            best2, best_f, best = _nearest_around(fences, first, segments, lat, lon, best, WINDOW)
            found = _is_clear(best2, fences.vertices[first + best]["clear_m"])
    if not found:
        best2, best_f, best = _nearest_of_all(fences, r, lat, lon, best2, best_f, best)
    a = fences.vertices[first + best]
    b = fences.vertices[first + best + 1]
    distance = math.sqrt(best2)
    if distance > PLANE_M:
        foot_lat = a["lat"] + best_f * (b["lat"] - a["lat"])
        foot_lon = a["lon"] + best_f * (b["lon"] - a["lon"])
        distance = distance_m(lat, lon, foot_lat, foot_lon)
    return distance, a["route_m"] + best_f * (b["route_m"] - a["route_m"]), best


@helper
def _is_clear(best2: float, clear_m: float) -> bool:
    """True when nothing that lies `clear_m` from a segment is as near as the segment, at the root of `best2`."""
    return clear_m > 0.0 and 4.0 * best2 <= (CLEAR * clear_m) ** 2


@helper
def _nearest_around(
    fences: Fences, first: int, segments: int, lat: float, lon: float, hint: int, window: int
) -> tuple[float, float, int]:
    """(squared distance, fraction, segment) of the nearest around `hint`: `window` segments beside it are further."""
    best2, best_f = segment_foot(fences, first + hint, lat, lon)
    best = low = high = hint
    while True:
        if high < min(best + window, segments - 1):
            high += 1
            segment = high
        elif low > max(best - window, 0):
            low -= 1
            segment = low
        else:
            return best2, best_f, best
        d2, f = segment_foot(fences, first + segment, lat, lon)
        if d2 < best2:
            best2, best_f, best = d2, f, segment


@helper
def _nearest_of_all(
    fences: Fences, r: Row, lat: float, lon: float, best2: float, best_f: float, best: int
) -> tuple[float, float, int]:
    """The nearest of all segments, if any is nearer than `best`."""
    first = r["vertex_start"]
    segments = r["vertex_count"] - 1
    m_per_lat, m_per_lon = metres_per_degree(lat)
    for chunk in range((segments + CHUNK - 1) // CHUNK):
        if _box_m2(fences, r["chunk_start"] + chunk, lat, lon, m_per_lat, m_per_lon) >= best2:
            continue
        for segment in range(chunk * CHUNK, min(segments, (chunk + 1) * CHUNK)):
            d2, f = segment_foot(fences, first + segment, lat, lon)
            if d2 < best2:
                best2, best_f, best = d2, f, segment
    return best2, best_f, best


@helper
def _is_far(fences: Fences, route: int, lat: float, lon: float) -> bool:
    """True when every chunk of the route is more than FAR_DEG away in latitude or longitude."""
    r = fences.routes[route]
    chunks = (r["vertex_count"] - 2 + CHUNK) // CHUNK
    for chunk in range(chunks):
        box = fences.chunk_boxes[r["chunk_start"] + chunk]
        dlat = max(box["lat_min"] - lat, lat - box["lat_max"])
        dlon = max(box["lon_min"] - lon, lon - box["lon_max"])
        if dlat <= FAR_DEG and dlon <= FAR_DEG:
            return False
    return True


@helper
def _nearest_vertex(fences: Fences, route: int, lat: float, lon: float) -> tuple[float, float, int]:
    r = fences.routes[route]
    best_m = math.inf
    best = 0
    for i in range(r["vertex_count"]):
        v = fences.vertices[r["vertex_start"] + i]
        d = distance_m(lat, lon, v["lat"], v["lon"])
        if d < best_m:
            best_m, best = d, i
    route_m = fences.vertices[r["vertex_start"] + best]["route_m"]
    return best_m, route_m, min(best, r["vertex_count"] - 2)
