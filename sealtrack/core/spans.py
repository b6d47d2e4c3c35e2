"""Where the checkpoints of each corridor lie along it: computed once, with numpy (judgement section 4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.fences import CHECKPOINT, Fences
from sealtrack.core.geodesy import A_M, E2

STEP_M = 50.0

SPAN_DTYPE = np.dtype([("zone", "i4"), ("from_m", "f8"), ("to_m", "f8")])
"""A checkpoint of a corridor: from where to where along the line its zone reaches."""


def checkpoint_spans(fences: Fences) -> tuple[NDArray[np.void], NDArray[np.int32]]:
    """(SPAN_DTYPE rows by route, then zone; by route its first row, then their number)."""
    rows: list[tuple[int, float, float]] = []
    starts = [0]
    for r in fences.routes:
        line = fences.vertices[r["vertex_start"] : r["vertex_start"] + r["vertex_count"]]
        zones = fences.route_zones[r["zone_start"] : r["zone_start"] + r["zone_count"]]
        zones = zones[fences.zones["rules"][zones] & CHECKPOINT != 0]
        rows += [(int(zone), *_span(fences, line, int(zone))) for zone in zones]
        starts.append(len(rows))
    return np.array(rows, SPAN_DTYPE), np.array(starts, np.int32)


def _span(fences: Fences, line: NDArray[np.void], zone: int) -> tuple[float, float]:
    """Least and largest distance along the line inside the zone; of a zone beside it, where it is nearest, twice."""
    z = fences.zones[zone]
    ring = slice(z["ring_start"], z["ring_end"])
    ring_lat, ring_lon = fences.ring_lat[ring], fences.ring_lon[ring]
    at_m = np.union1d(np.arange(0.0, line["route_m"][-1], STEP_M), line["route_m"])
    lat, lon = (np.interp(at_m, line["route_m"], line[name]) for name in ("lat", "lon"))
    held = at_m[_inside(lat, lon, ring_lat, ring_lon)]
    if len(held):
        return float(held[0]), float(held[-1])
    beside_m = _nearest_m(line, float(np.nanmean(ring_lat)), float(np.nanmean(ring_lon)))
    return beside_m, beside_m


def _inside(
    lat: NDArray[np.float64], lon: NDArray[np.float64], ring_lat: NDArray[np.float64], ring_lon: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which points lie inside the rings, by the even-odd rule."""
    south, north, west, east = (f(x) for x in (ring_lat, ring_lon) for f in (np.nanmin, np.nanmax))
    inside = np.asarray((lat >= south) & (lat <= north) & (lon >= west) & (lon <= east))
    near = np.flatnonzero(inside)
    y, x = lat[near, None], lon[near, None]
    ay, by, ax, bx = ring_lat[:-1], ring_lat[1:], ring_lon[:-1], ring_lon[1:]
    edges = ~np.isnan(ay) & ~np.isnan(by) & (ay != by)  # not the gap between two rings; a level edge is never crossed
    ay, by, ax, bx = ay[edges], by[edges], ax[edges], bx[edges]
    crossed = ((ay > y) != (by > y)) & (ax + (bx - ax) * (y - ay) / (by - ay) > x)
    inside[near] = crossed.sum(axis=1) % 2 == 1
    return inside


def _nearest_m(line: NDArray[np.void], lat: float, lon: float) -> float:
    """How far along the line its nearest point to the place lies."""
    w = 1 - E2 * np.sin(np.radians(lat)) ** 2
    m_per_lat = np.radians(A_M) * (1 - E2) / w**1.5
    m_per_lon = np.radians(A_M) / np.sqrt(w) * np.cos(np.radians(lat))
    y, x = (line["lat"] - lat) * m_per_lat, (line["lon"] - lon) * m_per_lon
    dy, dx = np.diff(y), np.diff(x)
    f = np.clip(-(y[:-1] * dy + x[:-1] * dx) / np.maximum(dy * dy + dx * dx, 1e-9), 0.0, 1.0)
    i = int(np.argmin(np.hypot(y[:-1] + f * dy, x[:-1] + f * dx)))
    return float(line["route_m"][i] + f[i] * (line["route_m"][i + 1] - line["route_m"][i]))
