from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sealtrack.errors import InputError, UsageError
from sealtrack.io.files import read_shipments
from sealtrack.schema import Shipment

HEADER = "shipment_id,seal_id,route_id,depart_at,closed_at,open_cards,cargo\n"
A = 'A,S1,r1,2024-05-01T08:00:00Z,2024-05-02T08:00:00+07:00,1;2,"steel, coils"\n'
SHIPMENT = Shipment(
    shipment_id="A",
    seal_id="S1",
    route_id="r1",
    depart_at=1_714_550_400_000,
    closed_at=1_714_611_600_000,
    open_cards=("1", "2"),
    cargo="steel, coils",
)
OBJECT = {
    "shipment_id": "A",
    "seal_id": "S1",
    "route_id": "r1",
    "depart_at": 1_714_550_400_000,
    "closed_at": 1_714_611_600_000,
    "open_cards": ["1", "2"],
    "cargo": "steel, coils",
}


def file(tmp_path: Path, content: str, name: str = "shipments.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode())
    return path


def test_all_formats_read_the_same(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([OBJECT]), tmp_path / "a.parquet")
    paths = [
        file(tmp_path, "\ufeff" + HEADER + A),
        file(tmp_path, json.dumps(OBJECT) + "\n", "a.ndjson"),
        file(tmp_path, json.dumps([OBJECT], indent=1), "a.json"),
        tmp_path / "a.parquet",
    ]
    for path in paths:
        assert read_shipments(path) == ([SHIPMENT], [])


def test_rows_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    rows = [
        A,
        "A,S2,r1,2024-05-01T08:00:00Z,,,\n",
        "B,S2,,2024-05-01T08:00:00Z,,,\n",
        "C,S3,r1,2024-05-01T08:00:00Z,2024-04-01T08:00:00Z,,\n",
        "D,S4,r1,soon,,,\n",
        "E,S5,r1\n",
        "F,S6,r1,2024-05-01T08:00:00Z,late,,\n",
    ]
    shipments, rejected = read_shipments(file(tmp_path, HEADER + "".join(rows)))
    assert [shipment.shipment_id for shipment in shipments] == ["A", "F"]
    assert shipments[0] == SHIPMENT, "the first of two with one id"
    assert [(one.offset, one.field, one.reason) for one in rejected] == [
        (2, "shipment_id", "duplicate"),
        (3, "route_id", "missing"),
        (4, "closed_at", "before_departure"),
        (5, "depart_at", "not_a_time"),
        (6, "", "wrong_columns"),
        (7, "closed_at", "not_a_time"),
    ]


def test_rows_of_one_shipment_stand_side_by_side_by_when_they_hold_from(tmp_path: Path) -> None:
    header = "shipment_id,seal_id,route_id,depart_at,amended_at\n"
    times = ["", "2024-05-01T12:00:00Z", "2024-05-01T14:00:00Z", "2024-05-01T12:00:00Z"]
    rows = [f"A,S1,r{i},2024-05-01T08:00:00Z,{time}\n" for i, time in enumerate(times)]
    shipments, rejected = read_shipments(file(tmp_path, header + "".join(rows)))
    assert [shipment.route_id for shipment in shipments] == ["r0", "r1", "r2"]
    assert [(one.offset, one.reason) for one in rejected] == [(4, "duplicate")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "column shipment_id is missing; columns found: none"),
        ("a.csv", HEADER, "holds no shipments"),
        ("a.csv", "shipment_id,seal_id,depart_at\n1,2,3\n", "column route_id is missing"),
        ("a.json", "{}", "an array of objects"),
        ("a.json", "[" * 100_000, "is no JSON"),
        ("a.json", "[]", "holds no shipments"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_shipments(file(tmp_path, content, name))


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"suffix \.xlsx is not known"):
        read_shipments(tmp_path / "a.xlsx")


def test_an_array_may_hold_rubbish_between_shipments(tmp_path: Path) -> None:
    shipments, rejected = read_shipments(file(tmp_path, json.dumps([7, OBJECT, None]), "a.json"))
    assert shipments == [SHIPMENT]
    assert [(one.offset, one.reason) for one in rejected] == [(1, "not_an_object"), (3, "not_an_object")]
