"""Distances for what people look at, within a metre in a kilometre: the engine's own are in its compiled core."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.geofence import Catalogue

_DEGREE_M = 111_195.0
_AT_ONCE = 128
"""Fixes compared with all segments of a route at once: a route has hundreds, and all of it stays in the cache."""

Floats = NDArray[np.float64]


def degrees(metres: float, lat: float) -> tuple[float, float]:
    """So many metres as degrees of latitude and of longitude, at this latitude."""
    return metres / _DEGREE_M, metres / (_DEGREE_M * max(0.01, math.cos(math.radians(lat))))


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Between two points that are not far apart."""
    middle = math.cos(math.radians((lat1 + lat2) / 2))
    return math.hypot((lat2 - lat1) * _DEGREE_M, (lon2 - lon1) * _DEGREE_M * middle)


def is_inside(lat: float, lon: float, ring_lat: Sequence[float | None], ring_lon: Sequence[float | None]) -> bool:
    """Whether a point lies in an outline: even-odd over all its rings, which null parts. Degrees as a plane."""
    y, x = np.array(ring_lat, np.float64), np.array(ring_lon, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        across = (y[:-1] > lat) != (y[1:] > lat)
        across &= ~np.isnan(y[:-1]) & ~np.isnan(y[1:])
        at = x[:-1] + (lat - y[:-1]) / (y[1:] - y[:-1]) * (x[1:] - x[:-1])
        return bool(np.count_nonzero(across & (at > lon)) % 2)


def outline(catalogue: Catalogue, zone_id: str) -> tuple[list[float | None], list[float | None]]:
    """(latitudes, longitudes) of a zone's rings, each closed, None between them. ValueError without such a zone."""
    row = catalogue.fences.zones[catalogue.zone_ids.index(zone_id)]
    span = slice(int(row["ring_start"]), int(row["ring_end"]))
    columns = (catalogue.fences.ring_lat[span], catalogue.fences.ring_lon[span])
    lat, lon = ([None if np.isnan(value) else value for value in column.tolist()] for column in columns)
    return lat, lon


class Along(NamedTuple):
    """Where fixes are beside the nearest approved route; NaN where there is no fix or no route."""

    off_m: Floats
    """Distance from its centre line."""
    done_m: Floats
    """Driven of it."""
    left_m: Floats
    """Still to drive."""


def along(catalogue: Catalogue, route_id: str, lat: Floats, lon: Floats) -> Along:
    """Fixes beside a shipment's routes (`|` between alternatives): for each fix the nearest of them."""
    n = len(lat)
    best = Along(*(np.full(n, np.nan) for _ in range(3)))
    for one in route_id.split("|"):
        if one not in catalogue.route_ids:
            continue
        found = _beside(catalogue, catalogue.route_ids.index(one), lat, lon)
        nearer = ~(best.off_m <= found.off_m)
        best = Along(*(np.where(nearer, new, old) for new, old in zip(found, best, strict=True)))
    return best


def _beside(catalogue: Catalogue, number: int, lat: Floats, lon: Floats) -> Along:
    row = catalogue.fences.routes[number]
    line = catalogue.fences.vertices[row["vertex_start"] : row["vertex_start"] + row["vertex_count"]]
    parts = [
        _nearest(line, lat[first : first + _AT_ONCE], lon[first : first + _AT_ONCE])
        for first in range(0, len(lat), _AT_ONCE)
    ]
    off_m = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0)
    done_m = np.concatenate([part[1] for part in parts]) if parts else np.zeros(0)
    return Along(off_m, done_m, float(row["length_m"]) - done_m)


def _nearest(line: NDArray[np.void], lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """(distance, metres along) of the nearest point of a line, for each fix."""
    narrow = _DEGREE_M * np.cos(np.radians(lat))[:, None]  # of a degree of longitude, at each fix
    a_x, a_y = (line["lon"][:-1] - lon[:, None]) * narrow, (line["lat"][:-1] - lat[:, None]) * _DEGREE_M
    b_x, b_y = (line["lon"][1:] - lon[:, None]) * narrow, (line["lat"][1:] - lat[:, None]) * _DEGREE_M
    d_x, d_y = b_x - a_x, b_y - a_y
    square = np.maximum(d_x * d_x + d_y * d_y, 1e-9)
    share = np.clip(-(a_x * d_x + a_y * d_y) / square, 0, 1)
    away = np.hypot(a_x + share * d_x, a_y + share * d_y)
    segment = np.argmin(np.where(np.isnan(away), np.inf, away), axis=1)
    rows = np.arange(len(lat))
    start_m = line["route_m"][:-1][segment]
    done_m = start_m + share[rows, segment] * (line["route_m"][1:][segment] - start_m)
    return away[rows, segment], np.where(np.isnan(away[rows, segment]), np.nan, done_m)
