"""The kernels' output rows as plain values."""

from __future__ import annotations

import math

import numpy as np

from sealtrack.core.state import OUT_DTYPE, STEP, VIEW
from sealtrack.engine.rows import Row, from_bytes, plain, said, to_bytes


def row() -> Row:
    """Every field another value; one of them unknown."""
    rows = np.zeros(1, OUT_DTYPE)
    for value, name in enumerate(OUT_DTYPE.names or (), start=1):
        rows[name] = value
    rows["end_route_m"] = math.nan
    return plain(rows)[0]


def test_fields_are_those_of_the_kernels() -> None:
    assert Row._fields == OUT_DTYPE.names
    assert [getattr(row(), name) for name in Row._fields[:-1]] == list(range(1, len(Row._fields)))


def test_a_row_comes_back_from_its_bytes() -> None:
    back = from_bytes(to_bytes(row()))
    assert back[:-1] == row()[:-1]
    assert math.isnan(back.end_route_m)


def test_rows_say_the_same_however_and_whenever_they_were_written() -> None:
    assert said(row()._replace(type=STEP, step_ms=5)) == said(row()._replace(type=VIEW, step_ms=6))
    assert said(row()) != said(row()._replace(after_fix_ms=0))
    assert said(row()) != said(row()._replace(end_route_m=0.0))
