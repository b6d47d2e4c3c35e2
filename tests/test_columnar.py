"""Rows as columns of bytes: whatever they hold comes back, and ordinary reports become small."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from sealtrack.columnar import from_columns, to_columns
from sealtrack.core.state import KEPT_DTYPE, TRIP_DTYPE
from sealtrack.schema import REPORT_DTYPE

MIXED = np.dtype(
    [("a", "i8"), ("b", "f8"), ("c", "f4"), ("d", "u1"), ("e", "i4", (3,)), ("f", [("x", "f8"), ("y", "i2")])]
)
LAYOUTS = {"mixed": MIXED, "report": REPORT_DTYPE, "trip": TRIP_DTYPE, "kept": KEPT_DTYPE}


def same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return all(a[name].tobytes() == b[name].tobytes() for name in a.dtype.names or ())


@given(rows=arrays(MIXED, st.integers(0, 20)))
def test_any_rows_come_back_to_the_bit(rows: NDArray[Any]) -> None:
    assert same(from_columns(to_columns(rows), MIXED, len(rows)), rows)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("count", [0, 1, 50])
def test_noise_in_each_layout_comes_back(name: str, count: int) -> None:
    layout = LAYOUTS[name]
    rows = np.frombuffer(np.random.default_rng(1).bytes(count * layout.itemsize), layout)
    assert same(from_columns(to_columns(rows), layout, count), rows)


def test_fractions_with_few_digits_missing_ones_and_odd_ones_come_back() -> None:
    rows = np.zeros(6, MIXED)
    rows["b"] = [21.1234567, np.nan, -0.0, 1e300, np.inf, 0.1 + 0.2]
    rows["c"] = [64.7, np.nan, -0.0, 3e38, -np.inf, 1 / 3]
    for part in (rows, rows[:1], rows[:2], rows[2:3], rows[3:5]):
        assert same(from_columns(to_columns(part), MIXED, len(part)), part)


def test_reports_take_a_third_of_what_their_rows_take() -> None:
    dice = np.random.default_rng(2)
    rows = np.zeros(5_000, REPORT_DTYPE)
    rows["time_ms"] = 1_700_000_000_000 + np.arange(5_000) * 30_000
    rows["received_ms"] = rows["time_ms"] + 3_000
    rows["lat"] = (21 + np.cumsum(dice.normal(0, 0.002, 5_000))).round(6)
    rows["lon"] = (106 + np.cumsum(dice.normal(0, 0.002, 5_000))).round(6)
    rows["speed_kmh"] = dice.uniform(0, 80, 5_000).round(1)
    assert len(zlib.compress(to_columns(rows), 1)) < len(zlib.compress(rows.tobytes(), 1)) / 3


@pytest.mark.parametrize("data", [b"", b"\0", b"\0" * 10_000])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"reshape|bytes are not|buffer"):
        from_columns(data, MIXED, 3)
