"""Thinning keeps what an analyst must see."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sealtrack.view.thin import Points, thin, thin_all


def interpolated(track: Points, kept: np.ndarray) -> Points:
    """Where the thinned track says the truck was at each time of the full one."""
    east = np.interp(track[:, 0], track[kept, 0], track[kept, 1])
    north = np.interp(track[:, 0], track[kept, 0], track[kept, 2])
    return np.column_stack((track[:, 0], east, north))


def walk(steps_m: np.ndarray) -> Points:
    return np.column_stack((np.arange(len(steps_m)) * 30.0, np.cumsum(steps_m, axis=0)))


@given(arrays(np.float64, (60, 2), elements=st.floats(-500, 500)), st.floats(5, 200))
def test_every_dropped_fix_is_within_the_tolerance_at_its_time(steps_m: np.ndarray, tolerance_m: float) -> None:
    track = walk(steps_m)
    kept = thin(track, tolerance_m)
    off_m = np.hypot(*(interpolated(track, kept) - track)[:, 1:].T)
    assert off_m.max() <= tolerance_m + 1e-6
    assert {0, len(track) - 1} <= set(kept.tolist())


def test_a_straight_drive_at_one_speed_is_two_points() -> None:
    assert thin(walk(np.full((500, 2), 12.0)), 10).tolist() == [0, 499]


def test_a_halt_on_a_straight_road_stays_a_halt() -> None:
    steps_m = np.full((300, 2), 200.0)
    steps_m[100:200] = 0
    assert {99, 199} <= set(thin(walk(steps_m), 10).tolist())


def test_reports_of_the_same_second_do_not_disturb() -> None:
    track = np.array([[0.0, 0, 0], [0, 50, 0], [0, 0, 0]])
    assert thin(track, 10).tolist() == [0, 1, 2]


def test_many_tracks_fit_the_budget_and_keep_both_ends() -> None:
    rng = np.random.default_rng(7)
    tracks = [walk(rng.normal(0, 300, (400, 2))) for _ in range(10)]
    kept = thin_all(tracks, budget=500)
    assert sum(map(len, kept)) <= 500
    assert all(index[0] == 0 and index[-1] == 399 for index in kept)


def test_more_tracks_than_budget_keep_two_points_each() -> None:
    tracks = [walk(np.random.default_rng(n).normal(0, 300, (50, 2))) for n in range(10)]
    assert [len(index) for index in thin_all(tracks, budget=5)] == [2] * 10
