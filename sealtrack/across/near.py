"""Distances between places of digests."""

from __future__ import annotations

import math
from typing import Protocol

from sealtrack.core import geodesy

_metres_per_degree = getattr(geodesy.metres_per_degree, "py_func", geodesy.metres_per_degree)
"""The core's own formula, as plain Python: with the JIT on a helper cannot be called from here."""


class Place(Protocol):
    """Something with a place, degrees."""

    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...


def distance_m(a: Place, b: Place) -> float:
    """As `core.geodesy.distance_m` where it is exact enough, below 1,000 km."""
    m_per_lat, m_per_lon = _metres_per_degree(0.5 * (a.lat + b.lat))
    dlon = (b.lon - a.lon + 180.0) % 360.0 - 180.0
    return math.hypot((b.lat - a.lat) * m_per_lat, dlon * m_per_lon)


def reach_degrees(lat: float, radius_m: float) -> tuple[float, float]:
    """Degrees of latitude and of longitude that hold everything within `radius_m`."""
    m_per_lat, m_per_lon = _metres_per_degree(min(abs(lat) + 0.1, 89.9))
    return 1.01 * radius_m / m_per_lat, 1.01 * radius_m / m_per_lon
