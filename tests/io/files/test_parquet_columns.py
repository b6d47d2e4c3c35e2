"""Whatever types a Parquet file has, a value that means nothing costs itself alone."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sealtrack.columns import Reports, concat
from sealtrack.errors import InputError, Rejected
from sealtrack.io.files import read_reports, read_shipments

TIME_MS = 1_714_550_400_000
TIMES = pa.array([TIME_MS, TIME_MS + 1, TIME_MS + 2], pa.timestamp("ms", "UTC"))
NO_YEAR = pa.array([1, 2**62, 3], pa.timestamp("us", "UTC"))
"""The one in the middle lies 146,000 years from now; Python's own times end with the year 9999."""


def text_of(*values: bytes) -> pa.Array:
    """A column of text with these bytes, UTF-8 or not."""
    array = pa.array(values, pa.binary())
    return pa.StringArray.from_buffers(len(array), array.buffers()[1], array.buffers()[2])


def reports(folder: Path, **columns: Any) -> tuple[Reports, list[Rejected]]:
    pq.write_table(pa.table({"seal_id": ["A", "B", "C"], "time": TIMES, **columns}), folder / "a.parquet")
    chunks = list(read_reports(folder / "a.parquet"))
    return concat([read for read, _ in chunks]), [one for _, bad in chunks for one in bad]


def shipments_file(folder: Path, **columns: Any) -> Path:
    said = {"shipment_id": ["V1", "V2", "V3"], "seal_id": ["A", "B", "C"], "route_id": ["R"] * 3, "depart_at": TIMES}
    pq.write_table(pa.table({**said, **columns}), folder / "s.parquet")
    return folder / "s.parquet"


def test_a_time_that_python_cannot_say_costs_its_report_alone(tmp_path: Path) -> None:
    read, [rejected] = reports(tmp_path, time=NO_YEAR)
    assert read.rows["offset"].tolist() == [1, 3]
    assert (rejected.offset, rejected.field, rejected.reason) == (2, "time", "out_of_range")
    assert str(2**62) in json.loads(rejected.value)["time"]


@pytest.mark.parametrize("column", [NO_YEAR, pa.array([[1], [2**62], None], pa.list_(pa.timestamp("us")))])
def test_times_in_a_field_of_text_cost_that_field(tmp_path: Path, column: pa.Array) -> None:
    read, rejected = reports(tmp_path, card=column)
    assert len(read) == 3
    assert {one.field for one in rejected} == {"card"}


def test_text_that_is_no_utf8_costs_its_report_alone(tmp_path: Path) -> None:
    read, [rejected] = reports(tmp_path, seal_id=text_of("Lạng".encode(), b"\xff\xfe", b"C"))
    assert [read.seals[code] for code in read.rows["seal"]] == ["Lạng", "C"]
    assert (rejected.offset, rejected.reason) == (2, "not_utf8")
    assert "\\xff" in rejected.message


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["Lạng", "2", None], pa.string_view()),
        pa.array(["Lạng".encode(), b"2", None], pa.binary()),
        pa.array(["Lạng", "2", None]).dictionary_encode(),
    ],
    ids=["view", "bytes", "dictionary"],
)
def test_text_is_text_however_it_is_stored(tmp_path: Path, column: pa.Array) -> None:
    read, rejected = reports(tmp_path, card=column, speed=pa.array(["1", "fast", ""], pa.string_view()))
    assert [None if code < 0 else read.cards[code] for code in read.rows["card"]] == ["Lạng", "2", None]
    assert [(one.offset, one.field) for one in rejected] == [(2, "speed")]


def test_numbers_of_a_database_are_numbers(tmp_path: Path) -> None:
    whole = pa.array([Decimal(TIME_MS + n) for n in range(3)], pa.decimal128(38, 0))
    read, rejected = reports(tmp_path, seal_id=whole, time=whole, lat=[Decimal("21.5")] * 3, lon=[Decimal(105)] * 3)
    assert not rejected
    assert read.seals == [str(TIME_MS + n) for n in range(3)]
    assert read.rows[["time_ms", "lat", "lon"]].tolist() == [(TIME_MS + n, 21.5, 105.0) for n in range(3)]


def test_a_shipment_with_an_odd_value_leaves_the_others_alone(tmp_path: Path) -> None:
    path = shipments_file(tmp_path, carrier=text_of(b"Minh", b"\xff", b"Anh"), arrive_by=NO_YEAR, note=NO_YEAR)
    shipments, rejected = read_shipments(path)
    assert [(one.shipment_id, one.carrier, one.arrive_by) for one in shipments] == [
        ("V1", "Minh", 0),
        ("V2", None, None),
        ("V3", "Anh", 0),
    ]
    assert [(one.offset, one.field) for one in rejected] == [(2, "arrive_by"), (2, "carrier")]


def test_nan_is_how_tables_write_null(tmp_path: Path) -> None:
    shipments, rejected = read_shipments(shipments_file(tmp_path, amended_at=pa.array([float("nan"), 5.0, None])))
    assert not rejected
    assert [one.amended_at for one in shipments] == [None, 5, None]


def test_what_is_no_table_of_shipments_is_one_line(tmp_path: Path) -> None:
    twice = pa.Table.from_arrays([pa.array(["x"])] * 2, names=["shipment_id", "shipment_id"])
    pq.write_table(twice, tmp_path / "twice.parquet")
    with pytest.raises(InputError, match="column seal_id is missing"):
        read_shipments(tmp_path / "twice.parquet")
    shipments_file(tmp_path)
    (tmp_path / "folder.parquet").mkdir()
    (tmp_path / "s.parquet").rename(tmp_path / "folder.parquet" / "s.parquet")
    with pytest.raises(InputError, match="is a folder; name a file"):
        read_shipments(tmp_path / "folder.parquet")
