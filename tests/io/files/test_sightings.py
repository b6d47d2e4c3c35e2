from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sealtrack.errors import InputError
from sealtrack.io.files import read_sightings
from sealtrack.schema import Sighting

HEADER = "sighting_id,time,source,vehicle,lat,lon,received\n"
A = "A,2024-05-01T08:00:00Z,camera,15C-1,21.5,106.25,2024-05-01T15:00:09+07:00\n"
SIGHTING = Sighting(
    sighting_id="A",
    time=1_714_550_400_000,
    source="camera",
    vehicle="15C-1",
    lat=21.5,
    lon=106.25,
    received=1_714_550_409_000,
)
OBJECT = {
    "sighting_id": "A",
    "time": 1_714_550_400_000,
    "source": "camera",
    "vehicle": "15C-1",
    "lat": 21.5,
    "lon": 106.25,
    "received": 1_714_550_409_000,
}


def test_all_formats_read_the_same(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([OBJECT]), tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text(HEADER + A)
    (tmp_path / "a.ndjson").write_text(json.dumps(OBJECT) + "\n")
    (tmp_path / "a.json").write_text(json.dumps([OBJECT]))
    for name in ("a.parquet", "a.csv", "a.ndjson", "a.json"):
        assert read_sightings(tmp_path / name) == ([SIGHTING], [])


def test_rows_that_cannot_be_used_are_named_and_their_neighbours_used(tmp_path: Path) -> None:
    rows = [A, "B,soon,camera,15C-1,,,\n", "C,2024-05-01T08:00:00Z,camera,,,,\n", A.replace("A,", "D,", 1)]
    (tmp_path / "a.csv").write_text(HEADER + "".join(rows))
    sightings, rejected = read_sightings(tmp_path / "a.csv")
    assert [one.sighting_id for one in sightings] == ["A", "D"]
    assert [(one.offset, one.field, one.reason) for one in rejected] == [
        (2, "time", "not_a_time"),
        (3, "", "names_nothing"),
    ]
    assert "give one of shipment_id, vehicle, seal_id, plate" in rejected[1].message


def test_a_file_without_sightings_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER)
    with pytest.raises(InputError, match="holds no sightings"):
        read_sightings(tmp_path / "a.csv")
