"""What lets a kernel say "nothing near" at once: a grid of the rules of the zones around."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.fences import GRID_DTYPE, NEAR_M
from sealtrack.geofence.clearance import LEAST_M_PER_DEG

FINEST_PER_DEG = 64.0
MOST_CELLS = 4_000_000


class Grid(NamedTuple):
    """The part of `sealtrack.core.fences.Fences` that is looked at before the index."""

    grid: NDArray[np.void]
    near_rules: NDArray[np.uint8]


def rules_around(boxes: NDArray[np.void], rules: NDArray[np.uint8]) -> Grid:
    """Cells with the rules of all zones (their BOX_DTYPE boxes) that reach within NEAR_M of them."""
    grid = np.zeros(1, GRID_DTYPE)
    if not len(boxes):
        return Grid(grid, np.zeros(0, np.uint8))
    pad_lat = NEAR_M / LEAST_M_PER_DEG
    furthest = np.minimum(89.0, np.maximum(np.abs(boxes["lat_min"]), np.abs(boxes["lat_max"])) + pad_lat)
    pad_lon = pad_lat / np.cos(np.radians(furthest))
    south, north = boxes["lat_min"] - pad_lat, boxes["lat_max"] + pad_lat
    west, east = boxes["lon_min"] - pad_lon, boxes["lon_max"] + pad_lon
    per_deg = FINEST_PER_DEG
    while np.ptp([*south, *north]) * np.ptp([*west, *east]) * per_deg**2 > MOST_CELLS:
        per_deg /= 2
    grid["lat_min"], grid["lon_min"], grid["per_deg"] = south.min(), west.min(), per_deg
    first_row, end_row = _cells(south, south.min(), per_deg), _cells(north, south.min(), per_deg) + 1
    first_col, end_col = _cells(west, west.min(), per_deg), _cells(east, west.min(), per_deg) + 1
    cells = np.zeros((end_row.max(), end_col.max()), np.uint8)
    for row, row_end, col, col_end, bits in zip(first_row, end_row, first_col, end_col, rules, strict=True):
        cells[row:row_end, col:col_end] |= bits
    grid["rows"], grid["cols"] = cells.shape
    return Grid(grid, cells.ravel())


def _cells(degrees: NDArray[np.float64], least: float, per_deg: float) -> NDArray[np.int64]:
    return ((degrees - least) * per_deg).astype(np.int64)
