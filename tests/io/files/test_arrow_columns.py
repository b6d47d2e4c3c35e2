"""Columns through Arrow's parsers mean what each value means by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sealtrack.io.codecs.coerce import FieldError, coerce
from sealtrack.io.files.arrow_columns import draft_of_table
from sealtrack.schema import NO_TIME, Report, field

numerals = st.one_of(
    st.floats(allow_nan=False).map(repr),
    st.integers(-(10**17), 10**17).map(str),
    st.from_regex(r"[ +-]?[0-9]{0,3}\.?[0-9]{0,3}([eE][+-]?[0-9]{1,2})? ?", fullmatch=True),
    st.sampled_from(["", "0x1F", "1e3", "7.0", "nan", "inf", "1_0", "9007199254740993", "true", "०"]),
)
times = st.one_of(
    st.datetimes().map(lambda t: t.isoformat() + "Z"),
    st.sampled_from([
        "", "2024-05-01T08:00:00Z", "2024-05-01 08:00:00+07:00", "2024-05-01T08:00+07:00", "2024-05-01T08:00:00+07",
        "2024-05-01T08:00:00.1234567Z", "1969-12-31T23:59:59.9999Z", "2024-05-01T08:00:00", "2024-05-01",
        "20240501T080000Z",
        "2024-02-30T08:00:00Z", "2024-12-31T23:59:60Z", "1714550400000", "1714550400000.0", "1.7e12",
        "0001-01-01T00:00:00Z",
        "2024-05-01T24:00:00Z", "2024-05-01T08:00:00.Z", "2024-05-01T08:00:00-0700", "9999-12-31T23:59:59.999Z", "noon",
    ]),
)  # fmt: skip

unhurried = settings(deadline=None)


def check(name: str, values: list[Any], column: pa.Array) -> None:
    item = field(Report, name)
    n = len(values)
    draft = draft_of_table(pa.record_batch({"seal_id": ["S"] * n, name: column}))
    packed = draft.rows[item.f.column]
    absent = NO_TIME if name in ("time", "received") else item.f.missing
    faults = {fault.row: fault.reason for fault in draft.faults}
    for row, value in enumerate(values):
        try:
            expected, reason = coerce(item, value), None
        except FieldError as error:
            expected, reason = None, error.reason
        expected = np.array(absent if expected is None else expected).astype(packed.dtype)
        assert packed[row].tobytes() == expected.tobytes(), (value, packed[row], expected)
        assert faults.get(row) == reason, value


@pytest.mark.parametrize("name", ["lat", "speed", "accuracy", "satellites", "seq"])
@unhurried
@given(values=st.lists(numerals, min_size=1, max_size=6))
@example(values=["-0", "-0.0", "1"])
def test_numbers_written_as_text(name: str, values: list[str]) -> None:
    check(name, list(values), pa.array(values, pa.string()))


@unhurried
@given(values=st.lists(times, min_size=1, max_size=4))
def test_times_written_as_text(values: list[str]) -> None:
    check("received", list(values), pa.array(values, pa.string()))


@pytest.mark.parametrize(("unit", "per_ms"), [("us", 1_000), ("ns", 1_000_000)])
@unhurried
@given(ticks=st.lists(st.none() | st.integers(-(2**60), 2**60), min_size=1, max_size=6))
def test_stamps_are_rounded_down(unit: str, per_ms: int, ticks: list[int | None]) -> None:
    column = pa.array(ticks, pa.int64()).cast(pa.timestamp(unit, "UTC"))
    found = draft_of_table(pa.record_batch({"seal_id": ["S"] * len(ticks), "received": column})).rows["received_ms"]
    limits = -62_135_596_800_000, 253_402_300_799_999
    expected = [
        NO_TIME if tick is None or not limits[0] <= tick // per_ms <= limits[1] else tick // per_ms for tick in ticks
    ]
    assert found.tolist() == expected


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_coarse_stamps_are_milliseconds(unit: str) -> None:
    column = pa.array([1, None, -1], pa.int64()).cast(pa.timestamp(unit, "UTC"))
    found = draft_of_table(pa.record_batch({"seal_id": ["S"] * 3, "received": column})).rows["received_ms"]
    per = 1000 if unit == "s" else 1
    assert found.tolist() == [per, NO_TIME, -per]


def test_equal_texts_share_a_code_and_each_fault_is_named() -> None:
    locks = ["locked", "ajar", "Locked", None, "ajar", ""]
    draft = draft_of_table(pa.record_batch({"seal_id": ["B", "A", "B", None, "", "A"], "lock": locks}))
    assert draft.rows["seal"].tolist() == [0, 1, 0, -1, -1, 1]
    assert list(draft.seals) == ["B", "A"]
    assert draft.rows["lock"].tolist() == [1, 0, 1, 0, 0, 0]
    assert [(fault.row, fault.field) for fault in draft.faults] == [(1, "lock"), (4, "lock")]
