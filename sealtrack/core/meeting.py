"""Where routes come back near themselves, found with numpy when geofences are loaded (judgement section 4, "Twice").

There one fix does not tell how far along the route it lies.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.fences import Fences
from sealtrack.core.jit import helper
from sealtrack.core.state import Rows, Rules

NEAR_WIDTHS, FAR_WIDTHS = 2.0, 4.0
"""In half widths: so near comes a part of the line that lies further away than that along it."""
AROUND_M = 1_000.0
"""So far along the line from such a vertex: no segment is longer."""
TWICE_DTYPE = np.dtype([("from_m", "f8"), ("to_m", "f8")])
"""A stretch of a route, in metres along it."""

_BLOCK = 64
"""Vertices that are looked at together, and have a box."""
_AT_ONCE = 32
"""Blocks that they are held against at once."""
_ROUNDING = 1.0 + 1e-9


def stretches_met_twice(fences: Fences) -> tuple[NDArray[np.void], NDArray[np.int32]]:
    """(TWICE_DTYPE rows by route, then `from_m`; by route its first row, then their number)."""
    rows: list[tuple[float, float]] = []
    starts = [0]
    for r in fences.routes:
        line = fences.vertices[r["vertex_start"] : r["vertex_start"] + r["vertex_count"]]
        half_m = float(r["half_width_m"])
        rows += _around(line["route_m"][_meeting(line, NEAR_WIDTHS * half_m, FAR_WIDTHS * half_m)])
        starts.append(len(rows))
    return np.array(rows, TWICE_DTYPE), np.array(starts, np.int32)


@helper
def is_met_twice(rules: Rules, route: int, at_m: float) -> bool:
    """True where one fix does not tell how far along the route it lies, here `at_m`."""
    for k in range(rules.twice_start[route], rules.twice_start[route + 1]):
        if rules.twice[k]["from_m"] <= at_m <= rules.twice[k]["to_m"]:
            return True
    return False


def _around(at_m: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Stretches around these places, joined where they touch."""
    if len(at_m) == 0:
        return []
    ends = np.flatnonzero(np.diff(at_m) > 2 * AROUND_M)
    first = at_m[np.concatenate([[0], ends + 1])] - AROUND_M
    last = at_m[np.concatenate([ends, [len(at_m) - 1]])] + AROUND_M
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _meeting(line: Rows, near_m: float, far_m: float) -> NDArray[np.bool_]:
    """By vertex: whether another one lies that near, though further than that away along the line.

    Only blocks of vertices whose boxes may lie that near, and whose parts of the line that far, are measured.
    """
    found = np.zeros(len(line), np.bool_)
    starts = np.arange(0, len(line), _BLOCK)
    low = {
        name: np.minimum.reduceat(line[name], starts) for name in ("lat", "lon", "route_m", "m_per_lat", "m_per_lon")
    }
    high = {name: np.maximum.reduceat(line[name], starts) for name in ("lat", "lon", "route_m")}
    for block, start in enumerate(starts.tolist()):
        gap = {
            name: np.maximum(low[name][block] - high[name], low[name] - high[name][block]) for name in ("lat", "lon")
        }
        dy, dx = (np.maximum(0.0, gap[name]) * low[f"m_per_{name}"][block] for name in ("lat", "lon"))
        along_m = np.maximum(high["route_m"][block] - low["route_m"], high["route_m"] - low["route_m"][block])
        others = starts[(dx * dx + dy * dy < near_m**2 * _ROUNDING) & (along_m > far_m)]
        for first in range(0, len(others), _AT_ONCE):
            numbers = (others[first : first + _AT_ONCE, None] + np.arange(_BLOCK)).ravel()
            part = slice(start, start + _BLOCK)
            found[part] |= _meets(line[part], line[numbers[numbers < len(line)]], near_m, far_m)
    return found


def _meets(part: Rows, others: Rows, near_m: float, far_m: float) -> NDArray[np.bool_]:
    dy = (part["lat"][:, None] - others["lat"]) * part["m_per_lat"][:, None]
    dx = (part["lon"][:, None] - others["lon"]) * part["m_per_lon"][:, None]
    apart = np.abs(part["route_m"][:, None] - others["route_m"]) > far_m
    return np.asarray(((dx * dx + dy * dy < near_m**2) & apart).any(axis=1))
