"""An entry point is compiled with numba's ways changed, and leaves them as they were."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import types
from numba.core.errors import TypingError

from sealtrack.core.part import EntryCompiler

pytestmark = pytest.mark.compiled

ROW = np.dtype([("count", "i4"), ("share", "f4"), ("at_ms", "i8")])


def entry(function: Callable[..., object]) -> Callable[..., object]:
    compiled: Callable[..., object] = numba.njit(pipeline_class=EntryCompiler)(function)
    return compiled


def mixed(rows: Any, i: int) -> Any:
    """The same operators on many types, with constants and without."""
    row = rows[i]
    row["count"] = row["count"] + 1
    row["share"] = row["share"] * 2 + row["count"]
    row["at_ms"] += 1_000_000_000_000 if row["count"] > 3 and row["share"] >= 1.5 else 7
    whole = row["at_ms"] // 10 - row["count"] % 3
    return whole / 4 + max(row["share"], 2.0) + math.sqrt(row["count"]) + (1 if whole == row["at_ms"] else -0.5)


def test_the_same_is_computed_as_by_numba_alone() -> None:
    ours, numbas = entry(mixed), numba.njit(mixed)
    rows = np.array([(1, 0.5, 10), (9, 1.25, 2**40), (-4, np.nan, 0)], ROW)
    others = rows.copy()
    for i in range(len(rows)):
        np.testing.assert_equal(ours(rows, i), numbas(others, i))
    np.testing.assert_equal(rows.tobytes(), others.tobytes())


def test_collector_and_numba_are_left_as_they_were() -> None:
    def wrong(text: str) -> int:
        return text - 1  # type: ignore[operator]

    before = gc.get_threshold(), types.Function.get_call_type
    assert entry(lambda n: n + 1)(2) == 3
    with pytest.raises(TypingError):
        entry(wrong)("a")
    assert (gc.get_threshold(), types.Function.get_call_type) == before
