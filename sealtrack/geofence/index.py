"""A packed, static index of boxes: level upon level of NODE children, leaves in Hilbert order."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from sealtrack.core.fences import BOX_DTYPE, NODE


class Packed(NamedTuple):
    """The index part of `sealtrack.core.fences.Fences`; no boxes and `level_starts` [0, 0] for nothing to index."""

    boxes: NDArray[np.void]
    level_starts: NDArray[np.int32]
    order: NDArray[np.int32]


def pack(boxes: NDArray[np.void]) -> Packed:
    """Index these boxes (BOX_DTYPE); the same boxes give the same index."""
    order = _hilbert_order(boxes)
    levels = [boxes[order]]
    while len(levels[-1]) > 1:
        levels.append(_parents(levels[-1]))
    starts = np.cumsum([0, *(len(level) for level in levels)])
    return Packed(np.concatenate(levels), starts.astype(np.int32), order)


def _hilbert_order(boxes: NDArray[np.void]) -> NDArray[np.int32]:
    if len(boxes) < 2:
        return np.arange(len(boxes), dtype=np.int32)
    shapes = shapely.box(boxes["lon_min"], boxes["lat_min"], boxes["lon_max"], boxes["lat_max"])
    along = gpd.GeoSeries(shapes).hilbert_distance().to_numpy()
    return np.argsort(along, kind="stable").astype(np.int32)


def _parents(children: NDArray[np.void]) -> NDArray[np.void]:
    firsts = np.arange(0, len(children), NODE)
    parents = np.zeros(len(firsts), BOX_DTYPE)
    for name in ("lat_min", "lon_min"):
        parents[name] = np.minimum.reduceat(children[name], firsts)
    for name in ("lat_max", "lon_max"):
        parents[name] = np.maximum.reduceat(children[name], firsts)
    return parents
