"""Where a route comes back near itself, held against measuring every vertex against every other one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sealtrack.core.fences import VERTEX_DTYPE
from sealtrack.core.meeting import _meeting


def line_of(x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.void]:
    line = np.zeros(len(x_m), VERTEX_DTYPE)
    line["lat"] = 21.0 + y_m / 110_700.0
    line["m_per_lat"] = 110_700.0
    line["m_per_lon"] = 111_320.0 * np.cos(np.radians(line["lat"]))
    line["lon"] = 105.0 + x_m / 103_900.0
    line["route_m"][1:] = np.cumsum(np.hypot(np.diff(x_m), np.diff(y_m)))
    return line


def plainly(v: NDArray[np.void], near_m: float, far_m: float) -> NDArray[np.bool_]:
    """Every vertex against every other one."""
    part = v[:, None]
    dy = (part["lat"] - v["lat"]) * part["m_per_lat"]
    dx = (part["lon"] - v["lon"]) * part["m_per_lon"]
    apart = np.abs(part["route_m"] - v["route_m"]) > far_m
    return np.asarray(((dx * dx + dy * dy < near_m**2) & apart).any(axis=1))


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(2, 500),
    bend=st.sampled_from([0.02, 0.1, 0.3]),
    half_width_m=st.sampled_from([20.0, 100.0, 500.0, 2_000.0]),
)
def test_any_line(seed: int, n: int, bend: float, half_width_m: float) -> None:
    rng = np.random.default_rng(seed)
    heading = np.cumsum(rng.normal(0, bend, n))
    line = line_of(np.cumsum(150 * np.cos(heading)), np.cumsum(150 * np.sin(heading)))
    near_m, far_m = 2 * half_width_m, 4 * half_width_m
    assert (_meeting(line, near_m, far_m) == plainly(line, near_m, far_m)).all()


def test_the_way_back_on_the_other_side_of_the_valley() -> None:
    """Two straight roads 990 m apart, joined far away: near enough for half widths of 500 m, not for 490 m."""
    there = np.arange(0, 60_000, 300.0)
    line = line_of(np.concatenate([there, there[::-1]]), np.repeat([0.0, 990.0], len(there)))
    assert _meeting(line, 1_000, 4_000).any()
    assert not _meeting(line, 980, 3_920).any()
