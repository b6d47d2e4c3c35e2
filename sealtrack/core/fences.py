"""Compiled geofences: the flat arrays that the kernels read.

`sealtrack.geofence.compile` builds them with shapely and pyproj; nothing here imports either. All distances are metres
on the WGS84 ellipsoid, coordinates are degrees. Arrays are C-contiguous.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.by_reference import by_reference

VERTEX_DTYPE = np.dtype(
    [
        ("lat", "f8"),
        ("lon", "f8"),
        ("m_per_lon", "f8"),  # metres a degree of longitude at this latitude
        ("m_per_lat", "f8"),  # metres a degree of latitude at this latitude
        ("half_m_per_lon_lat", "f8"),  # half the change of m_per_lon with latitude, per degree
        ("half_m_per_lat_lat", "f8"),  # half the change of m_per_lat with latitude, per degree
        ("route_m", "f8"),  # distance along the line from its start
        # no nearer to the segment that starts here comes the line,
        ("clear_m", "f4"),  # WINDOW segments around it aside
        ("clear_beside_m", "f4"),  # those beside it aside
    ]
)
"""One vertex of a corridor's centre line. A segment runs from a vertex to the next one of the same route."""

BOX_DTYPE = np.dtype([("lat_min", "f8"), ("lon_min", "f8"), ("lat_max", "f8"), ("lon_max", "f8")])

BESIDE, WINDOW = 1, 3
"""Segments to either side that are looked at together with one: always, and where these do not suffice."""

CHUNK = 8
"""Segments under one box of `chunk_boxes`; a route's last box may cover fewer."""

ROUTE_DTYPE = np.dtype(
    [
        ("vertex_start", "i4"),  # first vertex in `vertices`
        ("vertex_count", "i4"),  # at least 2; segments = vertex_count - 1
        ("chunk_start", "i4"),  # first box in `chunk_boxes`; ceil(segments / CHUNK) of them
        ("half_width_m", "f8"),
        ("length_m", "f8"),
        ("valid_from_ms", "i8"),
        ("valid_to_ms", "i8"),
        ("zone_start", "i4"),  # first entry in `route_zones`
        ("zone_count", "i4"),  # zones that touch this corridor
    ]
)

PERMITS_STOP = 1
PERMITS_OPEN = 2
FORBIDS_ENTER = 4
DEAD_ZONE = 8
CHECKPOINT = 16
LIMITS_SPEED = 32
"""Bits of a zone's `rules`. DEAD_ZONE and CHECKPOINT come from `role`, LIMITS_SPEED from `speed_limit`."""

ZONE_DTYPE = np.dtype(
    [
        ("ring_start", "i4"),  # first vertex in `ring_lat`/`ring_lon`
        ("ring_end", "i4"),  # one past the last; rings (outer and holes, of all parts) are separated by a NaN vertex
        ("rules", "u1"),  # bits above
        ("valid_from_ms", "i8"),
        ("valid_to_ms", "i8"),
        ("schedule", "i4"),  # row in `schedules`, -1 = always
        ("speed_limit_kmh", "f4"),  # NaN = none
    ]
)

NODE = 16
"""Children under one node of the packed zone index."""

TREE_DTYPE = np.dtype([("first_level", "i4"), ("levels", "i4"), ("first_leaf", "i4")])
"""Where the packed index of one catalogue lies: in `level_starts`, and its leaves in `order`."""

NEAR_M = 500.0
"""How far around each zone the cells of `near_rules` know of it."""

GRID_DTYPE = np.dtype(
    [
        ("lat_min", "f8"),
        ("lon_min", "f8"),
        ("per_deg", "f8"),  # cells a degree
        ("rows", "i4"),
        ("cols", "i4"),
        ("start", "i8"),  # first cell in `near_rules`
    ]
)


@by_reference
class Fences(NamedTuple):
    """All geofences of one catalogue, or of several one after another (`join`).

    Names are parallel to `routes` and `zones` in `sealtrack.geofence.Catalogue`.
    """

    routes: NDArray[np.void]
    """ROUTE_DTYPE, one a corridor."""
    vertices: NDArray[np.void]
    """VERTEX_DTYPE of all routes; lines are densified so that no segment exceeds 1,000 m."""
    chunk_boxes: NDArray[np.void]
    """BOX_DTYPE, one for every CHUNK consecutive segments of a route."""
    route_zones: NDArray[np.int32]
    """Zone numbers, per route, of the zones that touch that corridor (within half_width_m of its line), ascending."""
    zones: NDArray[np.void]
    """ZONE_DTYPE, one a zone."""
    ring_lat: NDArray[np.float64]
    ring_lon: NDArray[np.float64]
    """Ring vertices, closed (first repeated last), rings separated by NaN. Even-odd rule: holes need no orientation."""
    boxes: NDArray[np.void]
    """BOX_DTYPE of the packed index, level by level, leaves first: boxes[i] for i < len(zones) is the box of
    zone `order[i]`; each later level has one box for NODE consecutive boxes of the level before; the last box is
    the root."""
    level_starts: NDArray[np.int32]
    """Where each level starts in `boxes`, then len(boxes)."""
    order: NDArray[np.int32]
    """Zone number of each leaf, in Hilbert order of box centres."""
    grid: NDArray[np.void]
    """GRID_DTYPE, one a catalogue: where the cells of `near_rules` lie. Outside of them there is no zone."""
    near_rules: NDArray[np.uint8]
    """By cell, row by row from south and west: `rules` of all zones whose box comes within NEAR_M of it."""
    schedules: NDArray[np.uint8]
    """(n, 168) 1 = in force, by hour of the week from Monday 00:00 UTC."""
    trees: NDArray[np.void]
    """TREE_DTYPE, one a catalogue."""


def one_tree(level_starts: NDArray[np.int32]) -> NDArray[np.void]:
    """`trees` of a catalogue that stands alone."""
    return np.array([(0, len(level_starts) - 1, 0)], TREE_DTYPE)


def join(parts: Sequence[Fences]) -> Fences:
    """Catalogues one after another: what the first ones number stays as it is."""
    moved = []
    at = dict.fromkeys(Fences._fields, 0)
    for part in parts:
        routes, zones, trees, grid = part.routes.copy(), part.zones.copy(), part.trees.copy(), part.grid.copy()
        routes["vertex_start"] += at["vertices"]
        routes["chunk_start"] += at["chunk_boxes"]
        routes["zone_start"] += at["route_zones"]
        zones["ring_start"] += at["ring_lat"]
        zones["ring_end"] += at["ring_lat"]
        zones["schedule"][zones["schedule"] >= 0] += at["schedules"]
        trees["first_level"] += at["level_starts"]
        trees["first_leaf"] += at["order"]
        grid["start"] += at["near_rules"]
        moved.append(
            part._replace(
                routes=routes,
                zones=zones,
                trees=trees,
                grid=grid,
                route_zones=part.route_zones + np.int32(at["zones"]),
                level_starts=part.level_starts + np.int32(at["boxes"]),
                order=part.order + np.int32(at["zones"]),
            )
        )
        at = {name: at[name] + len(getattr(part, name)) for name in Fences._fields}
    return Fences(*(np.concatenate(arrays) for arrays in zip(*moved, strict=True)))
