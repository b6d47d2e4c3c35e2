"""Routes that come back near themselves, found with numpy when geofences are loaded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.fences import Fences
from sealtrack.core.state import Rows

_BLOCK = 64
"""Vertices that are looked at together, and have a box."""
_AT_ONCE = 32
"""Blocks that they are held against at once."""
_ROUNDING = 1.0 + 1e-9


def routes_meeting_themselves(fences: Fences) -> NDArray[np.bool_]:
    """By route: whether its line comes back within two half widths of a part more than eight of them away along it."""
    lines = (fences.vertices[r["vertex_start"] : r["vertex_start"] + r["vertex_count"]] for r in fences.routes)
    found = [
        _meets_itself(line, 2 * half_m, 8 * half_m)
        for line, half_m in zip(lines, fences.routes["half_width_m"].tolist(), strict=True)
    ]
    return np.array(found, np.bool_)


def _meets_itself(line: Rows, near_m: float, far_m: float) -> bool:
    """Only blocks of vertices whose boxes may lie that near, and whose parts of the line that far, are measured."""
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
            if _meets(line[start : start + _BLOCK], line[numbers[numbers < len(line)]], near_m, far_m):
                return True
    return False


def _meets(part: Rows, others: Rows, near_m: float, far_m: float) -> bool:
    dy = (part["lat"][:, None] - others["lat"]) * part["m_per_lat"][:, None]
    dx = (part["lon"][:, None] - others["lon"]) * part["m_per_lon"][:, None]
    apart = np.abs(part["route_m"][:, None] - others["route_m"]) > far_m
    return bool(((dx * dx + dy * dy < near_m**2) & apart).any())
