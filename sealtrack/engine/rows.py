"""The kernels' output rows as plain values.

A field of a numpy row is an object made anew and costs ten times as much to read; a late report has dozens read.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.state import OUT_DTYPE


class Row(NamedTuple):
    """One row of OUT_DTYPE, field by field."""

    type: int
    kind: int
    status: int
    severity: int
    flag: int
    slot: int
    count: int  # type: ignore[assignment]  # the field hides `tuple.count`
    events: int
    card: int
    partition: int
    start_ms: int
    end_ms: int
    detected_ms: int
    step_ms: int
    first_offset: int
    last_offset: int
    before_fix_ms: int
    after_fix_ms: int
    lat: float
    lon: float
    peak: float
    start_route_m: float
    end_route_m: float


def plain(rows: NDArray[np.void]) -> list[Row]:
    """OUT_DTYPE rows as plain values."""
    return [Row._make(values) for values in rows.tolist()]


def to_bytes(row: Row) -> bytes:
    """As a row of OUT_DTYPE."""
    packed = np.zeros(1, OUT_DTYPE)
    packed[0] = row
    return packed.tobytes()


def from_bytes(data: bytes) -> Row:
    """The row of which `to_bytes` made these."""
    return plain(np.frombuffer(data, OUT_DTYPE))[0]


_UNSAID = ("type", "step_ms")
_what_it_says = itemgetter(*(at for at, name in enumerate(Row._fields) if name not in _UNSAID))


def said(row: Row) -> tuple[Any, ...]:
    """A row without what says nothing of the alert: how and when it was written. Equal when they say the same."""
    return tuple([None if value != value else value for value in _what_it_says(row)])  # noqa: PLR0124 - NaN
