"""Rows that are moved as bytes are the rows that numpy moves field by field."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sealtrack.schema import REPORT_DTYPE
from sealtrack.whole_rows import copied, joined, picked


@pytest.fixture
def rows() -> NDArray[np.void]:
    dice = np.random.default_rng(5)
    some = np.zeros(40, REPORT_DTYPE)
    for name in REPORT_DTYPE.names or ():
        some[name] = dice.integers(0, 100, len(some))
    some["lat"][3] = np.nan
    return some


def same(found: NDArray[np.void], wanted: NDArray[np.void]) -> bool:
    return found.dtype == wanted.dtype and all(
        found[name].tobytes() == wanted[name].tobytes() for name in wanted.dtype.names or ()
    )


def test_they_are_picked_by_number_and_by_mask(rows: NDArray[np.void]) -> None:
    for which in (np.array([7, 3, 3, 39]), np.zeros(0, np.intp), np.arange(40) % 3 == 0, np.zeros(40, np.bool_)):
        assert same(picked(rows, which), rows[which])


def test_they_are_joined_and_copied(rows: NDArray[np.void]) -> None:
    assert same(joined([rows[:3], rows[3:3], rows[::-2]]), np.concatenate([rows[:3], rows[::-2]]))
    copy = copied(rows[::3])
    assert same(copy, rows[::3])
    copy["lat"] = 0.0
    assert np.isnan(rows["lat"][3])
