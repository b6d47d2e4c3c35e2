"""How clear a line lies of itself: what lets a kernel say "the rest of it is further off" at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.fences import BESIDE, WINDOW

LEAST_M_PER_DEG = 110_000.0
"""Of latitude, anywhere; of longitude, times cos(latitude)."""
SAFETY = 0.9
"""Distances on one plane for a whole route are true to some per cent."""
_BLOCK = 64
"""Segments that are looked at together, and have a box."""
_AT_ONCE = 4
"""Blocks whose segments are measured before it is asked whether further ones may matter."""
_ROUNDING_M = 1e-3

_Numbers = NDArray[np.float64]


def set_clearance(line: NDArray[np.void]) -> None:
    """Fill `clear_m` and `clear_beside_m` of a route's vertices: no nearer to a segment comes the rest of the line.

    Lower bounds, from the middles of segments and their lengths. Of the line only the blocks of segments that may come
    nearer than what was found are measured.
    """
    line["clear_m"] = line["clear_beside_m"] = np.inf
    if len(line) < 2:
        return
    x, y = line["lon"] * line["m_per_lon"].min(), line["lat"] * LEAST_M_PER_DEG
    middles = np.array([(x[:-1] + x[1:]) / 2, (y[:-1] + y[1:]) / 2])
    half_m = np.diff(line["route_m"]) / 2
    for part, others in _pairs(middles, half_m, line):
        apart_m = SAFETY * np.hypot(*(axis[part, None] - axis[others] for axis in middles))
        clear_m = apart_m - half_m[part, None] - half_m[others]
        between = np.abs(np.arange(part.start, part.stop)[:, None] - others)
        for name, window in (("clear_beside_m", BESIDE), ("clear_m", WINDOW)):
            clear_m[between <= window] = np.inf
            np.minimum(line[name][part], clear_m.min(axis=1), out=line[name][part])


def _pairs(middles: _Numbers, half_m: _Numbers, line: NDArray[np.void]) -> Iterator[tuple[slice, NDArray[np.intp]]]:
    """Segments, and those of the others that may be the nearest to one of them; asks what was found meanwhile."""
    starts = np.arange(0, len(half_m), _BLOCK)
    low, high = np.minimum.reduceat(middles, starts, axis=1), np.maximum.reduceat(middles, starts, axis=1)
    longest_m = np.maximum.reduceat(half_m, starts)
    for block, start in enumerate(starts.tolist()):
        part = slice(start, min(start + _BLOCK, len(half_m)))
        gaps = np.maximum(0.0, np.maximum(low[:, block, None] - high, low - high[:, block, None]))
        least_m = SAFETY * np.hypot(*gaps) - longest_m[block] - longest_m - _ROUNDING_M
        order = np.argsort(least_m, kind="stable")
        for first in range(0, len(order), _AT_ONCE):
            if least_m[order[first]] > line["clear_m"][part].max():
                break
            others = (starts[order[first : first + _AT_ONCE], None] + np.arange(_BLOCK)).ravel()
            yield part, others[others < len(half_m)]
