"""How clear a line lies of itself, held against measuring every segment against every other one."""

from __future__ import annotations

import cProfile
import pstats

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sealtrack.core.fences import BESIDE, VERTEX_DTYPE, WINDOW
from sealtrack.geofence.clearance import LEAST_M_PER_DEG, SAFETY, set_clearance


def line_of(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.void]:
    line = np.zeros(len(lon), VERTEX_DTYPE)
    line["lon"], line["lat"] = lon, lat
    line["m_per_lon"] = 111_320.0 * np.cos(np.radians(lat))
    steps_m = np.hypot(np.diff(lon) * line["m_per_lon"].mean(), np.diff(lat) * LEAST_M_PER_DEG)
    line["route_m"][1:] = np.cumsum(steps_m)
    return line


def plainly(line: NDArray[np.void]) -> dict[str, NDArray[np.float32]]:
    """Every segment against every other one."""
    x, y = line["lon"] * line["m_per_lon"].min(), line["lat"] * LEAST_M_PER_DEG
    middle_x, middle_y = (x[:-1] + x[1:]) / 2, (y[:-1] + y[1:]) / 2
    half_m = np.diff(line["route_m"]) / 2
    number = np.arange(len(half_m))
    apart_m = SAFETY * np.hypot(middle_x[:, None] - middle_x, middle_y[:, None] - middle_y)
    clear_m = apart_m - half_m[:, None] - half_m
    found = {}
    for name, window in (("clear_beside_m", BESIDE), ("clear_m", WINDOW)):
        clear_m[np.abs(number[:, None] - number) <= window] = np.inf
        found[name] = np.append(clear_m.min(axis=1), np.inf).astype(np.float32)
    return found


def assert_as_plainly(line: NDArray[np.void]) -> None:
    set_clearance(line)
    for name, wanted in plainly(line).items():
        np.testing.assert_array_equal(line[name], wanted, name)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(2, 700),
    bend=st.sampled_from([0.0, 0.05, 0.5, 3.0]),
    longest=st.sampled_from([1.0, 100.0]),
    at=st.floats(-80, 80),
)
def test_any_line(seed: int, n: int, bend: float, longest: float, at: float) -> None:
    """From nearly straight to a tangle, with segments much alike or not."""
    rng = np.random.default_rng(seed)
    heading = np.cumsum(rng.normal(0, bend, n - 1))
    step = 0.0001 * longest ** rng.random(n - 1)
    lon = 105.0 + np.concatenate([[0.0], np.cumsum(step * np.cos(heading))])
    lat = at + np.concatenate([[0.0], np.cumsum(step * np.sin(heading))])
    assert_as_plainly(line_of(lon, lat))


@pytest.mark.parametrize("n", [2, 3, 5, 8, 64, 65, 66, 129])
def test_a_straight_line(n: int) -> None:
    assert_as_plainly(line_of(np.linspace(105, 106, n), np.full(n, 20.0)))


def test_there_and_back_on_the_same_road() -> None:
    there = np.linspace(105, 106, 300)
    assert_as_plainly(line_of(np.concatenate([there, there[::-1]]), np.full(600, 20.0)))


def test_four_times_the_line_is_about_four_times_the_work() -> None:
    """Calls of numpy, each of which looks at about as much; every segment against every other would be 16 times."""

    def calls(n: int) -> int:
        angle = np.sqrt(np.arange(n)) / 3  # turns of a spiral, some way apart
        line = line_of(105.0 + 0.002 * angle * np.cos(angle), 20.0 + 0.002 * angle * np.sin(angle))
        profile = cProfile.Profile()
        profile.runcall(set_clearance, line)
        return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]

    assert calls(8_000) < 6 * calls(2_000)
