"""The packed index finds exactly what looking at every box finds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sealtrack.core.fences import BOX_DTYPE, NODE
from sealtrack.geofence.index import Packed, pack


def boxes_of(corners: list[tuple[float, float, float, float]]) -> NDArray[np.void]:
    rows = [(lat, lon, lat + height, lon + width) for lat, lon, height, width in corners]
    return np.array(rows, BOX_DTYPE)


def holds(box: np.void, lat: float, lon: float) -> bool:
    return bool(box["lat_min"] <= lat <= box["lat_max"] and box["lon_min"] <= lon <= box["lon_max"])


def query(index: Packed, lat: float, lon: float) -> set[int]:
    """Down from the root, as a kernel does it."""
    starts = index.level_starts
    if len(index.order) == 0:
        return set()
    nodes = [0]
    for level in range(len(starts) - 2, 0, -1):
        inside = [node for node in nodes if holds(index.boxes[starts[level] + node], lat, lon)]
        below = int(starts[level] - starts[level - 1])
        nodes = [child for node in inside for child in range(node * NODE, min((node + 1) * NODE, below))]
    return {int(index.order[leaf]) for leaf in nodes if holds(index.boxes[leaf], lat, lon)}


GRID = st.integers(-20, 20).map(lambda n: n / 2)
BOXES = st.lists(st.tuples(GRID, GRID, st.integers(0, 6), st.integers(0, 6)), max_size=400)


@settings(max_examples=100, deadline=None)
@given(corners=BOXES, lat=GRID, lon=GRID)
def test_index_agrees_with_brute_force(
    corners: list[tuple[float, float, float, float]], lat: float, lon: float
) -> None:
    boxes = boxes_of(corners)
    expected = {number for number, box in enumerate(boxes) if holds(box, lat, lon)}
    assert query(pack(boxes), lat, lon) == expected


@pytest.mark.parametrize("count", [0, 1, 2, NODE, NODE + 1, NODE**2, NODE**2 + 1])
def test_levels_shrink_by_the_node_size_to_one_root(count: int) -> None:
    rng = np.random.default_rng(7)
    boxes = boxes_of([(*rng.uniform(-50, 50, 2), 1.0, 1.0) for _ in range(count)])
    index = pack(boxes)
    sizes = np.diff(index.level_starts).tolist()
    assert sizes[0] == count
    assert all(upper == -(-lower // NODE) for lower, upper in pairwise(sizes))
    assert sizes[-1] == min(count, 1)
    assert sorted(index.order.tolist()) == list(range(count))
    assert index.level_starts[-1] == len(index.boxes)
    assert np.array_equal(index.boxes[:count], boxes[index.order])


def test_neighbours_on_the_map_are_neighbours_in_the_index() -> None:
    towns = [(lat, lon) for lat in (10.0, 21.0) for lon in (105.0, 108.0)]
    rng = np.random.default_rng(7)
    boxes = boxes_of([(*(towns[n % 4] + rng.uniform(0, 0.1, 2)), 0.01, 0.01) for n in range(4 * NODE)])
    nodes = pack(boxes).order.reshape(4, NODE) % 4
    assert {len(set(node.tolist())) for node in nodes} == {1}
