"""Distances on the WGS84 ellipsoid.

Near (below 1,000 km): the plane at the middle latitude with the ellipsoid's two radii of curvature, which agrees with
the geodesic to 1e-5 at 100 km. Far: the great circle with Lambert's correction.
"""

from __future__ import annotations

import math

from sealtrack.core.jit import helper

A_M = 6_378_137.0
F = 1 / 298.257223563
E2 = F * (2 - F)
RAD = math.pi / 180
MOST_M_PER_DEG = 112_000.0
"""More than a degree of latitude or longitude measures anywhere."""


@helper
def metres_per_degree(lat: float) -> tuple[float, float]:
    """(metres a degree of latitude, metres a degree of longitude) at `lat`: the radii M and N cos(lat)."""
    s = math.sin(lat * RAD)
    w = 1 - E2 * s * s
    n = A_M / math.sqrt(w)
    return RAD * n * (1 - E2) / w, RAD * n * math.sqrt(1 - s * s)


@helper
def wrap_lon(dlon: float) -> float:
    """A difference of longitudes in [-180, 180]."""
    if dlon > 180.0:
        return dlon - 360.0
    if dlon < -180.0:
        return dlon + 360.0
    return dlon


@helper
def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Distance between two points, metres."""
    dlat = lat2 - lat1
    dlon = wrap_lon(lon2 - lon1)
    if abs(dlat) > 9.0 or abs(dlon) > 9.0:
        return _far_m(lat1, lat2, dlon)
    # as by `metres_per_degree`, with one root instead of three; hypot takes longer, for numbers that no distance has
    s = math.sin(0.5 * (lat1 + lat2) * RAD)
    over_w = 1.0 / (1.0 - E2 * s * s)
    y = dlat * (1.0 - E2) * over_w
    return RAD * A_M * math.sqrt((y * y + dlon * dlon * (1.0 - s * s)) * over_w)


@helper
def _far_m(lat1: float, lat2: float, dlon: float) -> float:
    """Lambert's formula: within 10 m over thousands of kilometres, except near antipodes."""
    b1 = math.atan((1 - F) * math.tan(lat1 * RAD))
    b2 = math.atan((1 - F) * math.tan(lat2 * RAD))
    h = math.sin((b2 - b1) / 2) ** 2 + math.cos(b1) * math.cos(b2) * math.sin(dlon * RAD / 2) ** 2
    sigma = 2 * math.asin(min(1.0, math.sqrt(h)))
    if sigma == 0.0 or sigma > 3.1:
        return A_M * sigma
    p, q = (b1 + b2) / 2, (b2 - b1) / 2
    x = (sigma - math.sin(sigma)) * (math.sin(p) * math.cos(q) / math.cos(sigma / 2)) ** 2
    y = (sigma + math.sin(sigma)) * (math.cos(p) * math.sin(q) / math.sin(sigma / 2)) ** 2
    return A_M * (sigma - F / 2 * (x + y))


@helper
def no_further(lat1: float, lon1: float, lat2: float, lon2: float, m: float) -> bool:
    """True when two points certainly lie within `m` metres of each other."""
    return (abs(lat1 - lat2) + abs(lon1 - lon2)) * MOST_M_PER_DEG <= m


@helper
def is_within(lat1: float, lon1: float, lat2: float, lon2: float, m: float) -> bool:
    """True when two points lie within `m` metres of each other; measured only where that is not plain to see."""
    return no_further(lat1, lon1, lat2, lon2, m) or distance_m(lat1, lon1, lat2, lon2) <= m
