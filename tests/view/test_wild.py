"""What the map leaves out of its lines: what no truck can have driven, and nothing else."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sealtrack.policy import Policy
from sealtrack.view.thin import Points
from sealtrack.view.wild import believable


def drive(fixes: int = 100) -> Points:
    """72 km/h to the east, a fix every 30 s."""
    points = np.zeros((fixes, 3))
    points[:, 0] = np.arange(fixes) * 30.0
    points[:, 1] = np.arange(fixes) * 600.0
    return points


def test_an_ordinary_drive_is_believed_whole() -> None:
    assert believable(drive(), Policy()).all()


@given(st.sets(st.integers(0, 99), max_size=30))
def test_scattered_wild_positions_are_found(wild: set[int]) -> None:
    points = drive()
    for number, index in enumerate(sorted(wild)):
        points[index, 2] += 50_000.0 * (number + 1)
    assert set(np.flatnonzero(~believable(points, Policy())).tolist()) == wild


def test_a_run_of_shifted_positions_is_left_out() -> None:
    points = drive()
    points[40:65, 2] += 80_000
    assert np.flatnonzero(~believable(points, Policy())).tolist() == list(range(40, 65))


def test_after_a_gap_a_far_place_is_reachable() -> None:
    points = drive()
    points[50:, 0] += 3_600
    points[50:, 1] += 100_000
    assert believable(points, Policy()).all()


def test_no_fix_is_no_trouble() -> None:
    assert believable(np.zeros((0, 3)), Policy()).tolist() == []
